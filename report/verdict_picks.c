// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict_picks - what is to be picked, why, and the commands. See verdict_text.h.
 */
#include <string.h>

#include "releases.h"
#include "verdict_text.h"

/* The other commits of its series that stand before it, or after it. */
static void print_companions(enum fix_id id, bool before)
{
	const char *series = fixes[id].series ?: "", *at;
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

/* What is picked and cannot be without it; FIX_NONE: nothing. */
static enum fix_id stands_under(const struct verdict *verdict, enum fix_id id)
{
	enum fix_id other = fixes[id].groundwork_of;

	if (verdict->fix[other].pick)
		return other;
	for (other = FIX_NONE + 1; other < FIX_NR; other++)
		if (fixes[other].repairs == id && verdict->fix[other].pick &&
		    verdict->fix[other].state != FIX_MISSING)
			return other;
	return FIX_NONE;
}

/* What it is for, where it is not picked for its own sake alone. */
static void print_purpose(const struct verdict *verdict, enum fix_id id)
{
	const struct fix_verdict *fix = &verdict->fix[id];
	enum fix_id repaired = fixes[id].repairs;
	enum fix_id above = stands_under(verdict, id);

	if (repaired && verdict->fix[repaired].pick)
		fix_print_name("repairs ", repaired,
			       fix->state == FIX_MISSING ?
				       "; " :
				       ", which brings this bug: pick both; ");
	else if (above && fixes[id].groundwork_of == above)
		fix_print_name("needed by ", above, "; ");
	else if (above && fix->state != FIX_MISSING)
		fix_print_name("needed by ", above, ", which repairs it; ");
	if (fix->state == FIX_UNKNOWN && !fix->moot_without)
		printf("not told here: leave it out if the kernel has it; ");
}

static void print_pick(const struct verdict_text *text, enum fix_id id)
{
	const struct fix_verdict *fix = &text->verdict->fix[id];
	char released[RELEASES_TEXT];
	size_t tests;

	print_companions(id, true);
	printf("  %-*s %s (%s)\n      ", FIX_ID_LEN, fix_id_or_none(id),
	       fixes[id].title, fix_releases(id, released));
	print_purpose(text->verdict, id);
	printf("%s: %s", harm_name(fixes[id].harm), fixes[id].without);
	if (fix->state == FIX_MISSING) {
		tests = verdict_count_tests(text, id);
		printf("; said by %zu test%s", tests, tests == 1 ? "" : "s");
	}
	printf("\n");
	if (fix->state == FIX_MISSING)
		verdict_print_tests(text, id);
	print_companions(id, false);
}

/*
 * A fix's series is one command, and the next begins when that has succeeded: a
 * conflict stops the rest.
 */
static void print_commands(const struct verdict *verdict)
{
	const char *next = "";
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!verdict->fix[id].pick || !fix_has_id(id))
			continue;
		printf("%sgit cherry-pick -x %s", next,
		       fixes[id].series ?: fixes[id].commit);
		next = " &&\n";
	}
	printf("%s", *next ? "\n" : "");
}

/* Those whose id nobody knows: the first release that has it has its title. */
static void print_searches(const struct verdict *verdict)
{
	char released[RELEASES_TEXT];
	bool any = false;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!verdict->fix[id].pick || fix_has_id(id))
			continue;
		if (!any)
			printf("# these have no known id: in the stable tree, find the commit of exactly this title, then pick it:\n");
		fix_releases(id, released);
		printf("git log --oneline -F --grep=\"%s\" v%.*s\n",
		       fixes[id].title, (int)strcspn(released, ","), released);
		any = true;
	}
}

static void print_nothing_to_pick(const struct verdict_text *text)
{
	if (!verdict_is_complete(text->verdict, text->ktap))
		printf("What to pick cannot be told: the results are not all there.\n");
	else if (verdict_count(text->verdict, CLASS_UNTESTED))
		printf("Nothing to pick, of what can be tested here.\n");
	else
		printf("Nothing to pick.\n");
}

/* Of all that is picked, with the rest of each series. */
static size_t count_commits(const struct verdict *verdict)
{
	size_t n = 0;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (verdict->fix[id].pick)
			n += 1 + (fixes[id].series ? strlen(fixes[id].series) /
							     (FIX_ID_LEN + 1) :
						     0);
	return n;
}

void verdict_print_picks(const struct verdict_text *text)
{
	const struct verdict *verdict = text->verdict;
	size_t missing = verdict_count(verdict, CLASS_MISSING);
	size_t with = verdict_count(verdict, CLASS_WITH);
	size_t commits = count_commits(verdict);
	int id;

	printf("\n");
	if (!commits) {
		print_nothing_to_pick(text);
		return;
	}
	printf("To pick: %zu commit%s: %zu missing, %zu to go with what is missing, %zu of their series.\n",
	       commits, commits == 1 ? "" : "s", missing, with,
	       commits - missing - with);
	printf("Oldest first, so that they apply; that has not been tried. Below each: what users suffer\n"
	       "without it. In brackets: the releases that have it.\n");
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (verdict->fix[id].pick)
			print_pick(text, id);
	printf("\n");
	print_commands(verdict);
	print_searches(verdict);
}
