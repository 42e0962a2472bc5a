// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict - from test results to the upstream fixes that a kernel has.
 *
 * A fix is missing where a test failed and named it; a test that fails for
 * another reason says nothing of it. It is present where a test of it passed.
 *
 * But a fix that repairs another one has nothing to mend where that is missing:
 * its tests pass there and prove nothing. So such a fix is unknown until the one
 * it repairs is in, and is to be picked together with it.
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
		else if (!result_is_about(result, id))
			continue;
		else if (result->verdict == KTAP_PASS)
			fix->passed++;
		else
			fix->left++;
	}
	verdict->unexplained += result_is_unexplained(result);
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
		fix->state = FIX_PRESENT;
	}
}

/* What is missing, and what repairs it; not what something later replaces. */
static void choose(struct verdict *verdict, enum fix_id id)
{
	struct fix_verdict *fix = &verdict->fix[id];
	enum fix_id by = fixes[id].replaced_by;

	if (by) {
		const struct fix_verdict *later = &verdict->fix[by];

		fix->replaced = later->state != FIX_UNKNOWN || later->pick;
	}
	if (fixes[id].groundwork_of && fix->state == FIX_UNKNOWN)
		fix->pick = verdict->fix[fixes[id].groundwork_of].pick;
	else
		fix->pick = !fix->replaced && !fixes[id].feature &&
			    (fix->state == FIX_MISSING ||
			     (fix->moot_without &&
			      verdict->fix[fix->moot_without].pick));
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
	/* The table is in the order of history: a repair stands after the repaired. */
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		settle(verdict, id);
	/* Twice, as what replaces a fix stands after it. */
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		choose(verdict, id);
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		choose(verdict, id);
}
