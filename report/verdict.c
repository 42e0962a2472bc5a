// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict - from test results to the upstream fixes that a kernel has.
 *
 * A fix is missing where a test failed and named it; a test that fails for
 * another reason says nothing of it. It is present where a test of it passed,
 * unless that test may pass without it.
 *
 * But a fix that repairs another one has nothing to mend where that is missing:
 * its tests pass there and prove nothing. So such a fix is unknown until the one
 * it repairs is known to be in, and is to be picked together with it.
 */
#include <string.h>

#include "verdict.h"

#define NAMED "missing fix: "

/* By its title, if there is one: two commits may have no known id. */
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

static const struct invariant *invariant_of(const struct ktap_result *result)
{
	return invariant_find(result->program, ktap_test(result));
}

static bool is_about(const struct invariant *inv, enum fix_id id)
{
	int i;

	for (i = 0; inv && i < INVARIANT_MAX_FIXES; i++)
		if (inv->fixes[i] == id)
			return true;
	return false;
}

bool result_is_about(const struct ktap_result *result, enum fix_id id)
{
	return is_about(invariant_of(result), id);
}

static bool proves(const struct ktap_result *result,
		   const struct invariant *inv, enum fix_id id)
{
	return result->verdict == KTAP_PASS && is_about(inv, id) &&
	       !inv->one_sided;
}

bool result_proves(const struct ktap_result *result, enum fix_id id)
{
	return proves(result, invariant_of(result), id);
}

/*
 * Results may have been saved without their explanation. Then only a test that
 * can miss one fix alone tells which it was.
 */
bool result_blames(const struct ktap_result *result, enum fix_id id)
{
	const struct invariant *inv;
	int other;

	for (other = 0; other < FIX_NR; other++)
		if (result_names(result, other))
			return result_names(result, id);
	inv = invariant_find(result->program, ktap_test(result));
	return inv && result->verdict == KTAP_FAIL && inv->fixes[0] == id &&
	       !inv->fixes[1];
}

bool result_is_unexplained(const struct ktap_result *result)
{
	enum fix_id id;

	if (result->verdict != KTAP_FAIL ||
	    !invariant_find(result->program, ktap_test(result)))
		return false;
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (result_blames(result, id))
			return false;
	return true;
}

static void hear(struct verdict *verdict, const struct ktap_result *result,
		 const struct invariant *inv)
{
	enum fix_id id;

	verdict->asked[inv - invariants] = true;
	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		struct fix_verdict *fix = &verdict->fix[id];

		/* A skipped test may say so, too: what it needs is not there. */
		if (result->verdict != KTAP_PASS && result_blames(result, id))
			fix->failed++;
		else if (proves(result, inv, id))
			fix->passed++;
		else if (is_about(inv, id))
			fix->left++;
	}
	verdict->unexplained += result_is_unexplained(result);
}

/* A program that was skipped as a whole has no results, and an answer. */
static void hear_program(struct verdict *verdict,
			 const struct ktap_program *program)
{
	size_t i;

	if (!program->ended || program->verdict != KTAP_SKIP)
		return;
	for (i = 0; i < nr_invariants; i++)
		if (!strcmp(invariants[i].program, program->name))
			verdict->asked[i] = true;
}

static void miss_what_was_not_run(struct verdict *verdict)
{
	size_t row;
	int i;

	for (row = 0; row < nr_invariants; row++) {
		if (verdict->asked[row])
			continue;
		verdict->not_run++;
		for (i = 0; i < INVARIANT_MAX_FIXES; i++)
			if (invariants[row].fixes[i])
				verdict->fix[invariants[row].fixes[i]].not_run++;
	}
}

static void settle(struct verdict *verdict, enum fix_id id)
{
	struct fix_verdict *fix = &verdict->fix[id];
	enum fix_id before = fixes[id].repairs;

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
	enum fix_id by = fixes[id].replaced_by;

	return by &&
	       (verdict->fix[by].state != FIX_UNKNOWN || verdict->fix[by].pick);
}

/* Something that is picked repairs it, and has not failed: a failure has all it needs. */
static bool is_needed(const struct verdict *verdict, enum fix_id id)
{
	enum fix_id other;

	for (other = FIX_NONE + 1; other < FIX_NR; other++)
		if (fixes[other].repairs == id && verdict->fix[other].pick &&
		    verdict->fix[other].state != FIX_MISSING)
			return true;
	return false;
}

/*
 * To be picked is what is missing; and, unless it is known to be there, what repairs a
 * pick, what a pick stands on, and what a pick repairs. Not what something later
 * replaces, and no feature.
 */
static bool is_due(const struct verdict *verdict, enum fix_id id)
{
	const struct fix_verdict *fix = &verdict->fix[id];

	if (fix->replaced || fixes[id].feature || fix->state == FIX_PRESENT)
		return false;
	return fix->state == FIX_MISSING ||
	       verdict->fix[fixes[id].repairs].pick ||
	       verdict->fix[fixes[id].groundwork_of].pick ||
	       is_needed(verdict, id);
}

/* Whether anything has changed: one choice leads to others, before and after it. */
static bool choose(struct verdict *verdict)
{
	bool changed = false;
	enum fix_id id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		struct fix_verdict *fix = &verdict->fix[id];
		bool was = fix->pick;

		fix->replaced = is_replaced(verdict, id);
		fix->pick = is_due(verdict, id);
		changed |= fix->pick != was;
	}
	return changed;
}

void verdict_reach(struct verdict *verdict, const struct ktap *ktap)
{
	enum fix_id id;
	size_t i;

	memset(verdict, 0, sizeof(*verdict));
	for (i = 0; i < ktap->nr_results; i++) {
		const struct ktap_result *result = &ktap->result[i];
		const struct invariant *inv = invariant_of(result);

		if (!inv)
			verdict->foreign++;
		else
			hear(verdict, result, inv);
	}
	for (i = 0; i < ktap->nr_programs; i++)
		hear_program(verdict, &ktap->program[i]);
	miss_what_was_not_run(verdict);
	/* The table is in the order of history: a repair stands after the repaired. */
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		settle(verdict, id);
	for (i = 0; i < FIX_NR && choose(verdict); i++)
		;
}

enum fix_class verdict_class(const struct verdict *verdict, enum fix_id id)
{
	const struct fix_verdict *fix = &verdict->fix[id];

	if (fixes[id].feature)
		return CLASS_FEATURE;
	if (fix->state == FIX_PRESENT)
		return CLASS_PRESENT;
	if (fix->replaced)
		return CLASS_SUPERSEDED;
	if (fix->state == FIX_MISSING)
		return CLASS_MISSING;
	if (fix->pick)
		return CLASS_WITH;
	return fix->not_run ? CLASS_NOT_RUN : CLASS_UNTESTED;
}

size_t verdict_count(const struct verdict *verdict, enum fix_class class)
{
	size_t n = 0;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		n += verdict_class(verdict, id) == class;
	return n;
}

bool verdict_is_complete(const struct verdict *verdict, const struct ktap *ktap)
{
	return !verdict->not_run && !ktap->complaints.nr;
}
