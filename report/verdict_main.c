// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict_main - is this kernel's backport complete? See usage[] in main.c.
 *
 * The verdict says in one sentence what is missing; then what to pick, in the order
 * of history, why, and what users suffer without it; then the state of each other fix.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "claimed.h"
#include "presumed.h"
#include "report.h"
#include "verdict_text.h"

enum {
	STATUS_CLAIMED_AND_MISSING = 5,
	STATUS_PRESENT_AND_NOT_CLAIMED = 6,
};

struct options {
	const char *changelog;
	const char *release;
	bool verbose;
};

static int parse_options(struct options *options, int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "c:k:v")) != -1) {
		if (opt == 'c')
			options->changelog = optarg;
		else if (opt == 'k')
			options->release = optarg;
		else if (opt == 'v')
			options->verbose = true;
		else
			return -EINVAL;
	}
	return optind == argc ? 0 : -EINVAL;
}

/* 0, or an error with a message on stderr. */
static int read_claims(struct claims *claims, const char *changelog)
{
	FILE *from = fopen(changelog, "r");
	int err = from ? claims_read(claims, from) : -errno;

	if (from)
		fclose(from);
	if (err)
		fprintf(stderr, "task_exit-report: cannot read %s: %s\n",
			changelog,
			err == -EINVAL ? "it is not text" : strerror(-err));
	return err;
}

/* Before the verdict: it is to be read with them in mind. */
static void print_complaints(const struct verdict_text *text)
{
	const struct ktap *ktap = text->ktap;
	const struct verdict *verdict = text->verdict;
	size_t i;

	for (i = 0; i < ktap->complaints.nr; i++)
		fprintf(stderr, "task_exit-report: %s\n",
			ktap->complaints.line[i]);
	if (verdict->older)
		fprintf(stderr,
			"task_exit-report: results without \"# invariant:\" and \"# suite:\" lines: they are from an older version or another suite; run this one\n");
	else if (verdict->unknown_guard)
		fprintf(stderr,
			"task_exit-report: lib/fixes.c does not have \"%s\", which a test guards: a newer suite saved these results\n",
			verdict->unknown_guard);
	else if (ktap->nr_results || ktap->nr_programs)
		verdict_print_not_run(text, stderr);
}

static int exit_status(const struct ktap *ktap, const struct verdict *verdict,
		       const struct claims *claims, const char *release)
{
	if (!verdict_is_complete(verdict, ktap))
		return STATUS_INCOMPLETE;
	if (claims && claimed_count(claims, verdict, release, CONFLICT_MISSING))
		return STATUS_CLAIMED_AND_MISSING;
	if (claims &&
	    claimed_count(claims, verdict, release, CONFLICT_UNCLAIMED))
		return STATUS_PRESENT_AND_NOT_CLAIMED;
	if (verdict_count(verdict, CLASS_MISSING) ||
	    verdict_count(verdict, CLASS_PRESUMED) || verdict->unexplained)
		return STATUS_FAILED;
	return verdict_count(verdict, CLASS_PRESENT) ? STATUS_PASSED :
						       STATUS_SKIPPED;
}

static void print_verdict(const struct verdict_text *text,
			  const struct claims *claims, const char *release)
{
	verdict_print_sentence(text);
	if (claims)
		claimed_print_conflicts(claims, text->verdict, text->ktap,
					release);
	else
		printf("Not compared with a changelog: CHANGELOG=FILE or TREE=DIR names one.\n");
	verdict_print_picks(text);
	verdict_print_update(text);
	verdict_print_unexplained(text);
	verdict_print_known_bugs(text);
	verdict_print_table(text);
	if (claims)
		claimed_print_table(claims, text->verdict, release);
}

/* @claims is NULL where there is no changelog. */
static int judge(const struct ktap *ktap, struct claims *claims,
		 const struct options *options)
{
	struct verdict verdict;
	struct verdict_text text = { .verdict = &verdict, .ktap = ktap };
	const char *release = ktap->kernel ?: options->release;

	text.verbose = options->verbose;
	if (claims) {
		release = release ?: claims->version;
		claims_add_version(claims, release);
	}
	text.kernel = release;
	verdict_reach(&verdict, ktap);
	presume_untested(&verdict, claims, release);
	print_complaints(&text);
	if ((ktap->nr_results || ktap->nr_programs) && !verdict.older)
		print_verdict(&text, claims, release);
	return exit_status(ktap, &verdict, claims, release);
}

int verdict_main(int argc, char **argv)
{
	struct options options = {};
	struct claims claims;
	struct ktap ktap;
	int status;

	opterr = 0;
	if (parse_options(&options, argc, argv)) {
		fprintf(stderr,
			"task_exit-report: say task_exit-report verdict [-c CHANGELOG] [-k RELEASE] [-v] < RESULTS\n");
		return STATUS_INCOMPLETE;
	}
	if ((options.changelog && read_claims(&claims, options.changelog)) ||
	    read_results(&ktap))
		return STATUS_INCOMPLETE;
	status = judge(&ktap, options.changelog ? &claims : NULL, &options);
	ktap_free(&ktap);
	return status;
}
