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

bool result_is_about(const struct ktap_result *result, enum fix_id id)
{
	const struct invariant *inv;
	int i;

	inv = invariant_find(result->program, ktap_test(result));
	for (i = 0; inv && i < INVARIANT_MAX_FIXES; i++)
		if (inv->fixes[i] == id)
			return true;
	return false;
}

bool result_proves(const struct ktap_result *result, enum fix_id id)
{
	const struct invariant *inv;

	inv = invariant_find(result->program, ktap_test(result));
	return inv && !inv->one_sided && result->verdict == KTAP_PASS &&
	       result_is_about(result, id);
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

static void hear(struct verdict *verdict, const struct ktap_result *result)
{
	enum fix_id id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		struct fix_verdict *fix = &verdict->fix[id];

		/* A skipped test may say so, too: what it needs is not there. */
		if (result->verdict != KTAP_PASS && result_blames(result, id))
			fix->failed++;
		else if (result_proves(result, id))
			fix->passed++;
		else if (result_is_about(result, id))
			fix->left++;
	}
	verdict->unexplained += result_is_unexplained(result);
}

bool invariant_has_result(const struct invariant *inv, const struct ktap *ktap)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++)
		if (!strcmp(ktap->result[i].program, inv->program) &&
		    !strcmp(ktap_test(&ktap->result[i]), inv->test))
			return true;
	return false;
}

bool invariant_was_asked(const struct invariant *inv, const struct ktap *ktap)
{
	size_t i;

	if (invariant_has_result(inv, ktap))
		return true;
	for (i = 0; i < ktap->nr_programs; i++)
		if (!strcmp(ktap->program[i].name, inv->program) &&
		    ktap->program[i].ended &&
		    ktap->program[i].verdict == KTAP_SKIP)
			return true;
	return false;
}

static void miss(struct verdict *verdict, const struct invariant *inv)
{
	int i;

	verdict->not_run++;
	for (i = 0; i < INVARIANT_MAX_FIXES; i++)
		if (inv->fixes[i])
			verdict->fix[inv->fixes[i]].not_run++;
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

		if (!invariant_find(result->program, ktap_test(result)))
			verdict->foreign++;
		else
			hear(verdict, result);
	}
	for (i = 0; i < nr_invariants; i++)
		if (!invariant_was_asked(&invariants[i], ktap))
			miss(verdict, &invariants[i]);
	/* The table is in the order of history: a repair stands after the repaired. */
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		settle(verdict, id);
	for (i = 0; i < FIX_NR && choose(verdict); i++)
		;
}
