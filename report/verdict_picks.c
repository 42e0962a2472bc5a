// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict_picks - what to pick, why, and the commands. See verdict_text.h.
 */
#include <string.h>

#include "backports.h"
#include "verdict_text.h"

/* The commits of its series before it, or after it. */
static void print_companions(enum fix_id id, bool before)
{
	const char *series = backports[id].series ?: "", *at;
	const char *self = strstr(series, fixes[id].commit);

	for (at = series; *at; at += strspn(at, " ")) {
		if (at != self && (at < self) == before)
			printf("  %.*s %s (%s %s)\n", FIX_ID_LEN, at,
			       commit_title(at),
			       before ? "needed by" : "belongs to",
			       fixes[id].commit);
		at += strcspn(at, " ");
	}
}

/* The pick that needs this one, or FIX_NONE. */
static enum fix_id needed_by(const struct verdict *verdict, enum fix_id id)
{
	enum fix_id other = backports[id].groundwork_of;

	if (verdict->fix[other].pick)
		return other;
	for (other = FIX_NONE + 1; other < FIX_NR; other++)
		if (backports[other].repairs == id &&
		    verdict->fix[other].pick &&
		    verdict->fix[other].state != FIX_MISSING)
			return other;
	return FIX_NONE;
}

/* Why it is picked, if not only because it is missing. */
static void print_purpose(const struct verdict *verdict, enum fix_id id)
{
	const struct fix_verdict *fix = &verdict->fix[id];
	enum fix_id repaired = backports[id].repairs;
	enum fix_id above = needed_by(verdict, id);

	if (repaired && verdict->fix[repaired].pick)
		fix_print_name("repairs ", repaired,
			       fix->state == FIX_MISSING ?
				       "; " :
				       ", which introduces this bug: pick both; ");
	else if (above && backports[id].groundwork_of == above)
		fix_print_name("needed by ", above, "; ");
	else if (above && fix->state != FIX_MISSING)
		fix_print_name("needed by ", above, ", which repairs it; ");
	if (fix->presumed)
		printf("not tested here, presumably missing: leave it out if the kernel has it; ");
	else if (fix->state == FIX_UNKNOWN && !fix->moot_without)
		printf("not tested here: leave it out if the kernel has it; ");
}

static void print_pick(const struct verdict_text *text, enum fix_id id)
{
	const struct fix_verdict *fix = &text->verdict->fix[id];
	size_t tests;

	print_companions(id, true);
	printf("  %-*s %s (%s)\n      ", FIX_ID_LEN, fix_id_or_none(id),
	       fixes[id].title, fixes[id].released);
	print_purpose(text->verdict, id);
	printf("%s: %s", harm_name(backports[id].harm), backports[id].without);
	if (fix->state == FIX_MISSING) {
		tests = verdict_count_tests(text, id);
		printf("; shown by %zu test%s", tests, tests == 1 ? "" : "s");
	}
	printf("\n");
	if (backports[id].brings)
		printf("      brings a bug that no release has fixed: %s\n",
		       backports[id].brings);
	if (fix->state == FIX_MISSING)
		verdict_print_tests(text, id);
	print_companions(id, false);
}

static bool is_in_set(const struct verdict *verdict, enum fix_id id,
		      bool urgent)
{
	return urgent ? verdict->fix[id].urgent : verdict->fix[id].pick;
}

/* One command, a line for each series: git continues it after a conflict. */
static void print_command(const struct verdict *verdict, bool urgent)
{
	const char *before = "git cherry-pick -x \\\n\t";
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!is_in_set(verdict, id, urgent) || !fix_has_id(id))
			continue;
		printf("%s%s", before,
		       backports[id].series ?: fixes[id].commit);
		before = " \\\n\t";
	}
	printf("%s", before[0] == ' ' ? "\n" : "");
}

/* Find a fix without a known id by its title, in the first release that has it. */
static void print_searches(const struct verdict *verdict, bool urgent)
{
	const char *released;
	bool any = false;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!is_in_set(verdict, id, urgent) || fix_has_id(id))
			continue;
		if (!any)
			printf("# and then, from the stable tree, the commits with these titles (no id is known):\n");
		released = fixes[id].released;
		printf("git log --oneline -F --grep=\"%s\" v%.*s\n",
		       fixes[id].title, (int)strcspn(released, ","), released);
		any = true;
	}
}

static void print_nothing_to_pick(const struct verdict_text *text)
{
	if (!verdict_is_complete(text->verdict, text->ktap))
		printf("Cannot tell what to pick: the results are incomplete.\n");
	else if (verdict_count(text->verdict, CLASS_UNTESTED))
		printf("Nothing to pick among the fixes that can be tested here.\n");
	else
		printf("Nothing to pick.\n");
}

/* The picks of a set, with the rest of each series. */
static size_t count_commits(const struct verdict *verdict, bool urgent)
{
	size_t n = 0;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (is_in_set(verdict, id, urgent))
			n += 1 + (backports[id].series ?
					  strlen(backports[id].series) /
						  (FIX_ID_LEN + 1) :
					  0);
	return n;
}

static void print_counts(const struct verdict *verdict, size_t commits)
{
	size_t missing = verdict_count(verdict, CLASS_MISSING);
	size_t presumed = verdict_count(verdict, CLASS_PRESUMED);
	size_t with = verdict_count(verdict, CLASS_WITH);

	printf("To pick: %zu commit%s: %zu missing", commits,
	       commits == 1 ? "" : "s", missing);
	if (presumed)
		printf(", %zu presumably missing", presumed);
	printf(", %zu that belong with a missing one, %zu from their series.\n",
	       with, commits - missing - presumed - with);
}

/* The commands for all picks, and for those that prevent the worst. */
static void print_commands(const struct verdict *verdict, size_t commits)
{
	size_t urgent = count_commits(verdict, true);

	printf("\nAll of them (after a conflict: git cherry-pick --continue):\n\n");
	print_command(verdict, false);
	print_searches(verdict, false);
	if (!urgent || urgent == commits)
		return;
	printf("\nOr at least the %zu against crashes and wrong kills:\n\n",
	       urgent);
	print_command(verdict, true);
	print_searches(verdict, true);
}

void verdict_print_picks(const struct verdict_text *text)
{
	const struct verdict *verdict = text->verdict;
	size_t commits = count_commits(verdict, false);
	int id;

	printf("\n");
	if (!commits) {
		print_nothing_to_pick(text);
		return;
	}
	print_counts(verdict, commits);
	printf("Oldest first; whether they apply has not been tried. Below each: what users suffer without\n"
	       "it. In brackets: the releases that have it.\n");
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (verdict->fix[id].pick)
			print_pick(text, id);
	print_commands(verdict, commits);
}
