// SPDX-License-Identifier: GPL-2.0-only
/*
 * task_exit_verdict - is this kernel's backport complete?
 *
 *	task_exit_verdict [-c CHANGELOG [-k VERSION]] < results.ktap
 *
 * Says of each upstream fix, in the order of history, whether the results prove
 * it present or missing, or why they tell neither; and what to pick next. With the
 * kernel's changelog it first says where that and the results disagree. -k is the
 * kernel's version, if the changelog's first entry does not tell.
 *
 * Exit status: 0 nothing is missing, 1 something is, 2 the results are not all
 * there (what there is has been told), 4 they tell nothing, 5 something is missing
 * that the changelog claims, 6 something is there that it does not claim.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "claimed.h"
#include "kselftest.h"
#include "program.h"
#include "releases.h"
#include "verdict.h"

static const char *const state_names[] = {
	[FIX_UNKNOWN] = "cannot tell",
	[FIX_PRESENT] = "present",
	[FIX_MISSING] = "missing",
};

static const char *name_of(enum fix_id id)
{
	return fix_has_id(id) ? fixes[id].commit : fixes[id].title;
}

/* A commit to go by; its title where nobody knows the id. */
static void print_commits(enum fix_id id)
{
	if (fix_has_id(id))
		printf(" %s", fixes[id].series ?: fixes[id].commit);
	else
		printf(" (\"%s\")", fixes[id].title);
}

/* The tests that speak for a state, once each, whatever their variants. */
static void print_tests(const struct ktap *ktap, enum fix_id id,
			enum fix_state state)
{
	const char *last = "", *separator = "said by: ";
	const char *last_program = "";
	size_t i;

	for (i = 0; i < ktap->nr_results; i++) {
		const struct ktap_result *result = &ktap->result[i];
		const char *test = ktap_test(result);
		bool speaks = state == FIX_PRESENT ? result_proves(result, id) :
						     result_blames(result, id);

		if (!speaks || (!strcmp(test, last) &&
				!strcmp(result->program, last_program)))
			continue;
		printf("%s%s.%s", separator, result->program, test);
		separator = ",\n                      ";
		last = test;
		last_program = result->program;
	}
	printf("\n");
}

/* Why nothing is known: the first reason that a test of it gave. */
static const char *why_left(const struct ktap *ktap, enum fix_id id)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++) {
		const struct ktap_result *result = &ktap->result[i];

		if (result->verdict != KTAP_PASS && result_is_about(result, id))
			return result->reason;
	}
	return NULL;
}

static void print_why_unknown(const struct ktap *ktap,
			      const struct verdict *verdict, enum fix_id id)
{
	const struct fix_verdict *fix = &verdict->fix[id];
	const char *left = why_left(ktap, id);

	if (fix->moot_without)
		printf("it repairs %s, which is not there\n",
		       name_of(fix->moot_without));
	else if (fix->replaced)
		printf("%s has taken its place\n",
		       fixes[fixes[id].replaced_by].commit);
	else if (left)
		printf("its tests were left out: %s\n", left);
	else if (fixes[id].untold)
		printf("%s\n", fixes[id].untold);
	else
		printf("no result of a test of it\n");
}

static void print_fix(const struct ktap *ktap, const struct verdict *verdict,
		      enum fix_id id)
{
	const struct fix_verdict *fix = &verdict->fix[id];
	char released[RELEASES_TEXT];

	printf("%-11s %s \"%s\" (%s)\n", state_names[fix->state],
	       fixes[id].commit, fixes[id].title, fix_releases(id, released));
	if (fix->state == FIX_MISSING)
		printf("            without it: %s\n", fixes[id].without);
	printf("            ");
	if (fix->state == FIX_UNKNOWN)
		print_why_unknown(ktap, verdict, id);
	else
		print_tests(ktap, id, fix->state);
}

static size_t count_state(const struct verdict *verdict, enum fix_state state)
{
	size_t n = 0;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		n += verdict->fix[id].state == state;
	return n;
}

static void print_picks(const struct verdict *verdict)
{
	bool any = false;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		any |= verdict->fix[id].pick;
	if (!any) {
		printf("pick next: nothing\n");
		return;
	}
	printf("pick next, in this order:");
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (verdict->fix[id].pick)
			print_commits(id);
	printf("\n");
}

static void print_failures_without_fix(const struct ktap *ktap,
				       const struct verdict *verdict)
{
	size_t i;

	if (!verdict->unexplained)
		return;
	printf("%zu failure(s) that no known commit mends; a bug, or a fix of the fix that is lost:\n",
	       verdict->unexplained);
	for (i = 0; i < ktap->nr_results; i++)
		if (result_is_unexplained(&ktap->result[i]))
			printf("            %s: %s\n", ktap->result[i].name,
			       ktap->result[i].reason);
}

enum {
	STATUS_CLAIMED_AND_MISSING = 5,
	STATUS_PRESENT_AND_NOT_CLAIMED = 6,
};

struct options {
	const char *changelog;
	const char *version;
};

static int parse_options(struct options *options, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "c:k:")) != -1) {
		if (opt == 'c')
			options->changelog = optarg;
		else if (opt == 'k')
			options->version = optarg;
		else
			return -EINVAL;
	}
	return optind == argc ? 0 : -EINVAL;
}

/* 0, or an error that has been told. */
static int read_claims(struct claims *claims, struct options *options)
{
	FILE *from = fopen(options->changelog, "r");
	int err = from ? claims_read(claims, from) : -errno;

	if (from)
		fclose(from);
	if (err) {
		fprintf(stderr, "task_exit_verdict: cannot read %s: %s\n",
			options->changelog,
			err == -EINVAL ? "it is no text" : strerror(-err));
		return err;
	}
	if (!options->version)
		options->version = claims->version;
	claims_add_version(claims, options->version);
	return 0;
}

static void print_complaints(const struct ktap *ktap)
{
	size_t i;

	for (i = 0; i < ktap->complaints.nr; i++)
		fprintf(stderr, "task_exit_verdict: %s\n",
			ktap->complaints.line[i]);
}

static int exit_status(const struct ktap *ktap, const struct verdict *verdict,
		       const struct claims *claims, const char *version)
{
	if (ktap->complaints.nr)
		return 2;
	if (claims && claimed_count(claims, verdict, version, CONFLICT_MISSING))
		return STATUS_CLAIMED_AND_MISSING;
	if (claims &&
	    claimed_count(claims, verdict, version, CONFLICT_UNCLAIMED))
		return STATUS_PRESENT_AND_NOT_CLAIMED;
	if (count_state(verdict, FIX_MISSING) || verdict->unexplained)
		return 1;
	return count_state(verdict, FIX_UNKNOWN) == FIX_NR - 1 ? KSFT_SKIP : 0;
}

static void print_verdict(const struct ktap *ktap,
			  const struct verdict *verdict)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		print_fix(ktap, verdict, id);
	print_failures_without_fix(ktap, verdict);
	printf("%zu present, %zu missing, %zu cannot tell\n",
	       count_state(verdict, FIX_PRESENT),
	       count_state(verdict, FIX_MISSING),
	       count_state(verdict, FIX_UNKNOWN));
	print_picks(verdict);
}

static int run_verdict(int argc, char **argv)
{
	struct options options = {};
	struct claims claims;
	struct verdict verdict;
	struct ktap ktap;
	int err;

	if (parse_options(&options, argc, argv)) {
		fprintf(stderr,
			"%s: say task_exit_verdict [-c CHANGELOG [-k VERSION]] < results.ktap\n",
			argv[0]);
		return 2;
	}
	if (options.changelog && read_claims(&claims, &options))
		return 2;
	err = ktap_read(&ktap, stdin);
	if (err) {
		fprintf(stderr, "task_exit_verdict: cannot read: %s\n",
			strerror(-err));
		return 2;
	}
	verdict_reach(&verdict, &ktap);
	if (ktap.nr_results || ktap.nr_programs) {
		if (options.changelog)
			claimed_print(&claims, &verdict, &ktap,
				      options.version);
		print_verdict(&ktap, &verdict);
	}
	fflush(stdout);
	print_complaints(&ktap);
	err = exit_status(&ktap, &verdict, options.changelog ? &claims : NULL,
			  options.version);
	ktap_free(&ktap);
	return err;
}

static struct program this_program = {
	.name = "task_exit_verdict",
	.run = run_verdict,
	.only_reads = true,
};

static void __attribute__((constructor)) register_program(void)
{
	program_register(&this_program);
}
