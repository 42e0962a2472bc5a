// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict - from test results to the upstream fixes that a kernel has.
 *
 * A fix is missing if a test fails and names it; a failure for another reason says
 * nothing about it. It is present if a test that guards it passes, unless that test
 * may pass without it (GUARD_FAILURE_ONLY).
 *
 * A fix that repairs another fix has nothing to repair where that one is missing:
 * its tests pass there and prove nothing. Such a fix is unknown until the one that
 * it repairs is known to be present, and is picked together with it.
 *
 * A fix that no test can judge here is presumed missing if the kernel's version or its
 * changelog says so (presumed.h).
 */
#include <string.h>

#include "backports.h"
#include "text.h"
#include "verdict.h"

#define NAMED "missing fix: "

/* By the title, if the line has one: several fixes have no known id. */
static bool line_names(const char *line, const struct fix *fix)
{
	const char *named = strstr(line, NAMED);
	const char *title;
	size_t len;

	if (!named)
		return false;
	title = strchr(named, '"');
	if (!title)
		return !strcmp(named + strlen(NAMED), fix->commit);
	len = strlen(fix->title);
	return !strncmp(title + 1, fix->title, len) && title[len + 1] == '"';
}

bool result_names(const struct ktap_result *result, enum fix_id id)
{
	size_t i;

	for (i = 0; i < result->said.nr; i++)
		if (line_names(result->said.line[i], &fixes[id]))
			return true;
	return false;
}

enum fix_id guard_fix(const char *guard, enum guard *how)
{
	static const char suffix[] = " (failure only)";
	size_t len = strlen(guard), suffix_len = strlen(suffix);
	enum fix_id id;

	*how = GUARD_FULL;
	if (len > suffix_len && !strcmp(guard + len - suffix_len, suffix)) {
		*how = GUARD_FAILURE_ONLY;
		len -= suffix_len;
	}
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (strlen(fix_name(id)) == len &&
		    !strncmp(guard, fix_name(id), len))
			return id;
	return FIX_NONE;
}

enum guard result_guard(const struct ktap_result *result, enum fix_id id)
{
	enum guard how;
	size_t i;

	for (i = 0; i < result->guards.nr; i++)
		if (guard_fix(result->guards.line[i], &how) == id)
			return how;
	return GUARD_NONE;
}

bool result_proves(const struct ktap_result *result, enum fix_id id)
{
	return result->verdict == KTAP_PASS &&
	       result_guard(result, id) == GUARD_FULL;
}

/*
 * Results may be saved without the explanation. Then a failure tells only if the
 * test guards one fix.
 */
bool result_blames(const struct ktap_result *result, enum fix_id id)
{
	int other;

	for (other = 0; other < FIX_NR; other++)
		if (result_names(result, other))
			return result_names(result, id);
	return result->verdict == KTAP_FAIL && result->guards.nr == 1 &&
	       result_guard(result, id) &&
	       !begins(result->reason, "the setup failed");
}

bool result_is_unexplained(const struct ktap_result *result)
{
	enum fix_id id;

	if (result->verdict != KTAP_FAIL || !result->invariant)
		return false;
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (result_blames(result, id))
			return false;
	return true;
}

static void count_result(struct verdict *verdict,
			 const struct ktap_result *result)
{
	enum guard how;
	enum fix_id id;
	size_t i;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		struct fix_verdict *fix = &verdict->fix[id];

		if (ktap_spent_by(result->reason))
			continue;
		/* A skipped test may name a missing fix, too. */
		if (result->verdict != KTAP_PASS && result_blames(result, id))
			fix->failed++;
		else if (result_proves(result, id))
			fix->passed++;
		else if (result_guard(result, id))
			fix->left++;
	}
	for (i = 0; i < result->guards.nr; i++)
		if (!guard_fix(result->guards.line[i], &how))
			verdict->unknown_guard = result->guards.line[i];
	verdict->unexplained += result_is_unexplained(result);
	verdict->spent_tests += ktap_spent_by(result->reason) != NULL;
	if (result->verdict != KTAP_SKIP && begins(result->program, "scx_"))
		verdict->sched_ext = true;
}

/* Variants and repeated runs of a test are one. */
static bool is_counted(const struct ktap *ktap, size_t index)
{
	const struct ktap_result *result = &ktap->result[index], *other;

	while (index--) {
		other = &ktap->result[index];
		if (other->invariant &&
		    !strcmp(other->program, result->program) &&
		    !strcmp(ktap_test(other), ktap_test(result)))
			return true;
	}
	return false;
}

static bool program_is_counted(const struct ktap *ktap, size_t index)
{
	const char *name = ktap->program[index].name;

	while (index--)
		if (!strcmp(ktap->program[index].name, name))
			return true;
	return false;
}

/* Whether it is of this suite and was run, or skipped as a whole. */
static bool program_was_run(const struct ktap *ktap,
			    const struct ktap_program *program)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++)
		if (ktap->result[i].invariant &&
		    !strcmp(ktap->result[i].program, program->name))
			return true;
	return program->ended && program->verdict == KTAP_SKIP &&
	       !program->seen && !strcmp(program->collection, "task_exit");
}

static void count_programs(struct verdict *verdict, const struct ktap *ktap)
{
	size_t i;

	for (i = 0; i < ktap->nr_programs; i++) {
		const struct ktap_program *program = &ktap->program[i];

		if (program_is_counted(ktap, i) ||
		    !program_was_run(ktap, program))
			continue;
		verdict->programs++;
		if (ktap_spent_by(program->reason))
			verdict->spent_programs++;
		else if (!program->seen)
			verdict->skipped = program;
	}
}

static void count_results(struct verdict *verdict, const struct ktap *ktap)
{
	size_t i, foreign = 0;

	for (i = 0; i < ktap->nr_results; i++) {
		if (!ktap->result[i].invariant) {
			foreign++;
			continue;
		}
		count_result(verdict, &ktap->result[i]);
		verdict->tests += !is_counted(ktap, i);
	}
	verdict->older = foreign && !ktap->suite_tests;
}

static void decide_state(struct verdict *verdict, enum fix_id id)
{
	struct fix_verdict *fix = &verdict->fix[id];
	enum fix_id before = backports[id].repairs;

	if (fix->failed) {
		fix->state = FIX_MISSING;
	} else if (before && (verdict->fix[before].state == FIX_MISSING ||
			      verdict->fix[before].moot_without)) {
		fix->moot_without = before;
	} else if (fix->passed) {
		if (before && verdict->fix[before].state != FIX_PRESENT)
			fix->unsure_of = before;
		else
			fix->state = FIX_PRESENT;
	}
}

static bool is_replaced(const struct verdict *verdict, enum fix_id id)
{
	enum fix_id by = backports[id].replaced_by;

	return by &&
	       (verdict->fix[by].state != FIX_UNKNOWN || verdict->fix[by].pick);
}

/* Something of this set repairs it, and has not failed: what fails has all that it needs. */
static bool is_needed(const struct verdict *verdict, const bool *set,
		      enum fix_id id)
{
	enum fix_id other;

	for (other = FIX_NONE + 1; other < FIX_NR; other++)
		if (backports[other].repairs == id && set[other] &&
		    verdict->fix[other].state != FIX_MISSING)
			return true;
	return false;
}

/*
 * Pick what is missing and does at least this harm. Pick as well, unless it is known to be
 * present, a fix that repairs a pick, that a pick needs, or that a pick repairs. Do not
 * pick what a later fix replaces, nor a feature, nor what this kernel cannot need.
 */
static bool is_pick(const struct verdict *verdict, const bool *set,
		    enum fix_id id, enum harm least)
{
	const struct fix_verdict *fix = &verdict->fix[id];

	if (fix->replaced || fix->unaffected || backports[id].feature ||
	    fix->state == FIX_PRESENT)
		return false;
	if ((fix->state == FIX_MISSING || fix->presumed) &&
	    backports[id].harm >= least)
		return true;
	return set[backports[id].repairs] || set[backports[id].groundwork_of] ||
	       is_needed(verdict, set, id);
}

/* One pick leads to others, before and after it: returns whether any changed. */
static bool update_picks(struct verdict *verdict, bool *set, enum harm least)
{
	bool changed = false;
	enum fix_id id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		bool was = set[id];

		set[id] = is_pick(verdict, set, id, least);
		changed |= set[id] != was;
	}
	return changed;
}

static bool update_all_picks(struct verdict *verdict)
{
	bool set[FIX_NR], changed;
	enum fix_id id;

	for (id = FIX_NONE; id < FIX_NR; id++) {
		set[id] = verdict->fix[id].pick;
		verdict->fix[id].replaced = is_replaced(verdict, id);
	}
	changed = update_picks(verdict, set, HARM_ANSWER);
	for (id = FIX_NONE; id < FIX_NR; id++)
		verdict->fix[id].pick = set[id];
	return changed;
}

void verdict_decide_picks(struct verdict *verdict)
{
	bool urgent[FIX_NR] = {};
	enum fix_id id;
	size_t i;

	for (i = 0; i < FIX_NR && update_all_picks(verdict); i++)
		;
	for (i = 0; i < FIX_NR && update_picks(verdict, urgent, HARM_KILL); i++)
		;
	for (id = FIX_NONE; id < FIX_NR; id++)
		verdict->fix[id].urgent = urgent[id];
}

void verdict_reach(struct verdict *verdict, const struct ktap *ktap)
{
	enum fix_id id;

	memset(verdict, 0, sizeof(*verdict));
	count_results(verdict, ktap);
	count_programs(verdict, ktap);
	/* In the order of history: a repair comes after the repaired. */
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		decide_state(verdict, id);
	verdict_decide_picks(verdict);
}

void verdict_presume(struct verdict *verdict, enum fix_id id, bool affected)
{
	enum fix_class class = verdict_class(verdict, id);

	if (class == CLASS_UNTESTED)
		verdict->fix[id].presumed = affected;
	if (class == CLASS_UNTESTED || class == CLASS_WITH)
		verdict->fix[id].unaffected = !affected;
}

enum fix_class verdict_class(const struct verdict *verdict, enum fix_id id)
{
	const struct fix_verdict *fix = &verdict->fix[id];

	if (backports[id].feature)
		return CLASS_FEATURE;
	if (fix->state == FIX_PRESENT)
		return CLASS_PRESENT;
	if (fix->replaced)
		return CLASS_SUPERSEDED;
	if (fix->state == FIX_MISSING)
		return CLASS_MISSING;
	if (fix->presumed)
		return CLASS_PRESUMED;
	if (fix->unaffected)
		return CLASS_UNAFFECTED;
	if (fix->pick)
		return CLASS_WITH;
	if (fix->left || fix->passed || backports[id].untested ||
	    verdict->skipped)
		return CLASS_UNTESTED;
	return CLASS_NOT_RUN;
}

size_t verdict_count(const struct verdict *verdict, enum fix_class class)
{
	size_t n = 0;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		n += verdict_class(verdict, id) == class;
	return n;
}

/* How many tests a program has that was skipped as a whole is unknown. */
bool verdict_lacks_tests(const struct verdict *verdict, const struct ktap *ktap)
{
	return verdict->programs < ktap->suite_programs ||
	       (!verdict->skipped &&
		(!ktap->suite_tests || verdict->tests < ktap->suite_tests));
}

bool verdict_is_complete(const struct verdict *verdict, const struct ktap *ktap)
{
	return !ktap->complaints.nr && !verdict->older &&
	       !verdict->unknown_guard && !verdict_lacks_tests(verdict, ktap) &&
	       !verdict->spent_tests && !verdict->spent_programs &&
	       !verdict_count(verdict, CLASS_NOT_RUN);
}
