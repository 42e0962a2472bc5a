// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict_text - the verdict as text. See verdict_text.h.
 */
#include <string.h>

#include "backports.h"
#include "compiler.h"
#include "releases.h"
#include "verdict_text.h"

void fix_print_name(const char *before, enum fix_id id, const char *after)
{
	const char *quote = fix_has_id(id) ? "" : "\"";

	printf("%s%s%s%s%s", before, quote, fix_name(id), quote, after);
}

/* --- The sentence ----------------------------------------------------------- */

/* The missing fix with the worst harm: one that a test shows, the oldest of those. */
static enum fix_id most_urgent(const struct verdict *verdict)
{
	static const enum fix_class classes[] = { CLASS_MISSING,
						  CLASS_PRESUMED };
	enum fix_id id, worst = FIX_NONE;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(classes); i++)
		for (id = FIX_NONE + 1; id < FIX_NR; id++)
			if (verdict_class(verdict, id) == classes[i] &&
			    (!worst ||
			     backports[id].harm > backports[worst].harm))
				worst = id;
	return worst;
}

static const char *be(size_t n)
{
	return n == 1 ? "is" : "are";
}

const char *verdict_spent_by(const struct verdict_text *text)
{
	const struct ktap *ktap = text->ktap;
	const char *by = NULL;
	size_t i;

	if (ktap->spent.nr)
		return ktap->spent.line[0];
	for (i = 0; i < ktap->nr_results && !by; i++)
		by = ktap_spent_by(ktap->result[i].reason);
	for (i = 0; i < ktap->nr_programs && !by; i++)
		by = ktap_spent_by(ktap->program[i].reason);
	return by;
}

static void print_missing(const struct verdict_text *text, bool all)
{
	const struct verdict *verdict = text->verdict;
	size_t missing = verdict_count(verdict, CLASS_MISSING);
	size_t presumed = verdict_count(verdict, CLASS_PRESUMED);
	size_t matter = missing + verdict_count(verdict, CLASS_PRESENT);
	enum fix_id urgent = most_urgent(verdict);

	if (!missing)
		printf("none of the %zu fixes that can be tested here is missing",
		       matter);
	else if (all)
		printf("%zu of the %zu fixes that matter %s missing", missing,
		       matter, be(missing));
	else
		printf("at least %zu fix%s missing", missing,
		       missing == 1 ? " is" : "es are");
	if (presumed)
		printf("%s %zu that cannot be tested here %s presumably missing",
		       missing ? ", and" : ", but", presumed, be(presumed));
	fix_print_name("; most urgent: ", urgent, "");
	printf(" (%s): %s", harm_name(backports[urgent].harm),
	       backports[urgent].without);
}

/* A reader must not take what is left for the whole. */
static void print_incomplete(const struct verdict_text *text)
{
	const struct verdict *verdict = text->verdict;

	printf("; the results are incomplete");
	if (verdict->spent_tests + verdict->spent_programs)
		printf(": tests were not run after %s", verdict_spent_by(text));
}

void verdict_print_sentence(const struct verdict_text *text)
{
	const struct verdict *verdict = text->verdict;
	size_t missing = verdict_count(verdict, CLASS_MISSING);
	size_t presumed = verdict_count(verdict, CLASS_PRESUMED);
	size_t matter = missing + verdict_count(verdict, CLASS_PRESENT);
	size_t untested = verdict_count(verdict, CLASS_UNTESTED);
	bool all = verdict_is_complete(verdict, text->ktap);

	printf("%s: ", text->kernel ?: "this kernel");
	if (missing || (all && presumed))
		print_missing(text, all);
	else if (!all)
		printf("no answer");
	else if (!matter)
		printf("no answer: no fix could be tested here");
	else
		printf("none of the %zu fixes that matter is missing", matter);
	if (!missing && all && matter && untested)
		printf("; %zu cannot be tested here", untested);
	if (verdict->unexplained)
		printf("; %zu failure(s) that no known commit fixes",
		       verdict->unexplained);
	if (!all)
		print_incomplete(text);
	printf("\n");
}

/* --- The tests that show it -------------------------------------------------- */

/* The tests that show the state; variants of a test count once. */
static size_t list_tests(const struct verdict_text *text, enum fix_id id,
			 bool print)
{
	const struct ktap *ktap = text->ktap;
	const struct ktap_result *last = NULL;
	bool missing = text->verdict->fix[id].state == FIX_MISSING;
	size_t i, n = 0;

	for (i = 0; i < ktap->nr_results; i++) {
		const struct ktap_result *result = &ktap->result[i];

		if (missing ? !result_blames(result, id) :
			      !result_proves(result, id))
			continue;
		if (last && !strcmp(ktap_test(result), ktap_test(last)) &&
		    !strcmp(result->program, last->program))
			continue;
		last = result;
		n++;
		if (print)
			printf("      shown by %s.%s\n", result->program,
			       ktap_test(result));
	}
	return n;
}

size_t verdict_count_tests(const struct verdict_text *text, enum fix_id id)
{
	return list_tests(text, id, false);
}

void verdict_print_tests(const struct verdict_text *text, enum fix_id id)
{
	if (text->verbose)
		list_tests(text, id, true);
}

/* --- The rest ---------------------------------------------------------------- */

/* Why nothing is known: the first reason that a test gave. */
static const char *why_left(const struct ktap *ktap, enum fix_id id)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++) {
		const struct ktap_result *result = &ktap->result[i];

		if (result->verdict != KTAP_PASS && *result->reason &&
		    result_guard(result, id))
			return result->reason;
	}
	return NULL;
}

static void why_unsure(const struct verdict_text *text, enum fix_id repaired,
		       char *why, size_t size);

/* If the fix that it repairs is unknown, that has a reason as well. */
static const char *why_unknown(const struct verdict_text *text, enum fix_id id,
			       char *why, size_t size)
{
	const struct fix_verdict *fix = &text->verdict->fix[id];
	const struct ktap_program *skipped = text->verdict->skipped;
	const char *left = why_left(text->ktap, id) ?: backports[id].untested;

	if (fix->moot_without)
		snprintf(why, size, "it repairs %s, which is missing",
			 fix_name(fix->moot_without));
	else if (fix->unsure_of)
		why_unsure(text, fix->unsure_of, why, size);
	else if (!left && !fix->left && skipped)
		snprintf(why, size, "no test of it was run; %s was skipped: %s",
			 skipped->name, skipped->reason);
	else
		snprintf(why, size, "%s", left ?: "its tests were skipped");
	return why;
}

static void why_unsure(const struct verdict_text *text, enum fix_id repaired,
		       char *why, size_t size)
{
	char below[256];

	snprintf(why, size,
		 "its tests pass, but it repairs %s, which is unknown: %s",
		 fix_name(repaired),
		 verdict_class(text->verdict, repaired) == CLASS_NOT_RUN ?
			 "no test of it was run" :
			 why_unknown(text, repaired, below, sizeof(below)));
}

static void print_row(const struct verdict_text *text, enum fix_id id,
		      const char *before, const char *after)
{
	printf("  %-*s %s%s%s\n", FIX_ID_LEN, fix_id_or_none(id), before,
	       fixes[id].title, after);
	if (text->verdict->fix[id].state != FIX_UNKNOWN)
		verdict_print_tests(text, id);
}

static void print_with_releases(const struct verdict_text *text, enum fix_id id)
{
	char released[80];

	snprintf(released, sizeof(released), " (%s)", fixes[id].released);
	print_row(text, id, "", released);
}

static void print_counted(const struct verdict_text *text, enum fix_id id,
			  size_t tests)
{
	char counted[32];

	snprintf(counted, sizeof(counted), "%2zu test%s  ", tests,
		 tests == 1 ? " " : "s");
	print_row(text, id, counted, "");
}

static void print_superseded(const struct verdict_text *text, enum fix_id id)
{
	char by[160];

	snprintf(by, sizeof(by), ", by %s",
		 fix_name(backports[id].replaced_by));
	print_row(text, id, "", by);
}

static void print_feature(const struct verdict_text *text, enum fix_id id)
{
	static const char *const states[] = {
		[FIX_UNKNOWN] = ": cannot tell",
		[FIX_PRESENT] = ": present",
		[FIX_MISSING] = ": missing",
	};

	print_row(text, id, "", states[text->verdict->fix[id].state]);
}

static void print_unaffected(const struct verdict_text *text, enum fix_id id)
{
	char since[RELEASE_TEXT + 16];

	snprintf(since, sizeof(since), " (bug since %s)", backports[id].since);
	print_row(text, id, "", since);
}

static void print_heading(const struct verdict *verdict, enum fix_class class,
			  const char *heading)
{
	if (verdict_count(verdict, class))
		printf("\n%s:\n", heading);
}

/* Prints all fixes with the same reason below the first of them. */
static void print_untested(const struct verdict_text *text, enum fix_id id)
{
	char why[512], other_why[512];
	int other;

	why_unknown(text, id, why, sizeof(why));
	for (other = FIX_NONE + 1; other < FIX_NR; other++) {
		if (verdict_class(text->verdict, other) != CLASS_UNTESTED ||
		    strcmp(why_unknown(text, other, other_why,
				       sizeof(other_why)),
			   why))
			continue;
		if (other < (int)id)
			return;
		if (other == (int)id)
			printf("  (%s)\n", why);
		print_with_releases(text, other);
	}
}

static void print_class(const struct verdict_text *text, enum fix_class class,
			const char *heading)
{
	int id;

	print_heading(text->verdict, class, heading);
	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (verdict_class(text->verdict, id) != class)
			continue;
		if (class == CLASS_PRESENT)
			print_counted(text, id, verdict_count_tests(text, id));
		else if (class == CLASS_SUPERSEDED)
			print_superseded(text, id);
		else if (class == CLASS_FEATURE)
			print_feature(text, id);
		else if (class == CLASS_UNAFFECTED)
			print_unaffected(text, id);
		else if (class == CLASS_UNTESTED)
			print_untested(text, id);
		else
			print_row(text, id, "", "");
	}
}

/* Each fix counts once, so that a reader can check the first sentence. */
static void print_totals(const struct verdict *verdict)
{
	static const struct {
		enum fix_class class;
		const char *what;
	} others[] = {
		{ CLASS_PRESUMED, "presumably missing" },
		{ CLASS_WITH, "to be picked with them" },
		{ CLASS_FEATURE, "a feature" },
		{ CLASS_SUPERSEDED, "superseded" },
		{ CLASS_UNAFFECTED, "for bugs of later kernels" },
		{ CLASS_UNTESTED, "not testable here" },
		{ CLASS_NOT_RUN, "not run" },
	};
	size_t present = verdict_count(verdict, CLASS_PRESENT);
	size_t missing = verdict_count(verdict, CLASS_MISSING);
	size_t i, n;

	printf("\nOf %d known fixes %zu matter here, %zu missing and %zu present",
	       FIX_NR - 1, missing + present, missing, present);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		n = verdict_count(verdict, others[i].class);
		if (n)
			printf("; %zu %s %s", n, be(n), others[i].what);
	}
	printf(".\n");
}

void verdict_print_table(const struct verdict_text *text)
{
	const struct verdict *verdict = text->verdict;

	print_class(text, CLASS_FEATURE, "Features (no need to pick them)");
	print_class(text, CLASS_PRESENT, "Present, and how many tests show it");
	print_class(text, CLASS_SUPERSEDED, "Superseded");
	print_class(text, CLASS_UNAFFECTED,
		    "Not needed: the bug is newer than this kernel");
	print_class(text, CLASS_UNTESTED,
		    "Cannot be tested here; look for them in the tree's log (in brackets: the releases)");
	print_class(text, CLASS_NOT_RUN, "Cannot tell: no test of it was run");
	print_totals(verdict);
}

void verdict_print_unexplained(const struct verdict_text *text)
{
	const struct ktap *ktap = text->ktap;
	size_t i;

	if (!text->verdict->unexplained)
		return;
	printf("\n%zu failure(s) that no known commit fixes: a new bug, or a backport without its follow-up fix:\n",
	       text->verdict->unexplained);
	for (i = 0; i < ktap->nr_results; i++)
		if (result_is_unexplained(&ktap->result[i]))
			printf("  %s: %s\n", ktap->result[i].name,
			       ktap->result[i].reason);
}

/* Results of the same test on several runs, or with the same reason, count once. */
static bool known_bug_is_printed(const struct ktap *ktap, size_t index)
{
	const struct ktap_result *other;
	size_t i;

	for (i = 0; i < index; i++) {
		other = &ktap->result[i];
		if (other->verdict == KTAP_XFAIL &&
		    !strcmp(other->reason, ktap->result[index].reason))
			return true;
	}
	return false;
}

void verdict_print_known_bugs(const struct verdict_text *text)
{
	const struct ktap *ktap = text->ktap;
	size_t i;

	if (!ktap_count(ktap, KTAP_XFAIL))
		return;
	printf("\nExpected failures: bugs that no release has fixed, and behaviour that upstream has not\n"
	       "decided on; see docs/findings.md:\n");
	for (i = 0; i < ktap->nr_results; i++)
		if (ktap->result[i].verdict == KTAP_XFAIL &&
		    ktap->result[i].invariant && !known_bug_is_printed(ktap, i))
			printf("  %s: %s\n", ktap->result[i].name,
			       ktap->result[i].reason);
}

static void print_counts_run(const struct verdict_text *text, FILE *to)
{
	const struct verdict *verdict = text->verdict;
	const struct ktap *ktap = text->ktap;

	fprintf(to, "task_exit-report: ");
	if (!ktap->suite_tests)
		fprintf(to, "%zu tests were run, and no program ended",
			verdict->tests);
	else if (verdict->programs < ktap->suite_programs)
		fprintf(to, "%zu of %zu programs and %zu of %zu tests were run",
			verdict->programs, ktap->suite_programs, verdict->tests,
			ktap->suite_tests);
	else
		fprintf(to, "%zu of %zu tests were run", verdict->tests,
			ktap->suite_tests);
	fprintf(to, "\n");
}

void verdict_print_not_run(const struct verdict_text *text, FILE *to)
{
	const struct verdict *verdict = text->verdict;
	size_t fixes_not_run = verdict_count(verdict, CLASS_NOT_RUN);

	if (verdict->spent_tests + verdict->spent_programs)
		fprintf(to,
			"task_exit-report: %zu tests and %zu programs were not run: the kernel is spent by %s\n",
			verdict->spent_tests, verdict->spent_programs,
			verdict_spent_by(text));
	if (verdict_lacks_tests(text->verdict, text->ktap))
		print_counts_run(text, to);
	else if (fixes_not_run)
		fprintf(to,
			"task_exit-report: the suite has no test of %zu fix(es): was it built without BPF?\n",
			fixes_not_run);
}
