// SPDX-License-Identifier: GPL-2.0-only
/*
 * task_exit_verdict - is this kernel's backport complete?
 *
 *	task_exit_verdict [-c CHANGELOG] [-k RELEASE] [-v] < results.ktap
 *
 * Says in one sentence what is missing; then what to pick, in the order of history, what
 * for, and what users suffer without; then what each of the other fixes is. With the
 * kernel's changelog it says as well where that and the results disagree. -k is the
 * kernel's release, where the results do not tell, -v names every test.
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

/* 0, or an error that has been told. */
static int read_claims(struct claims *claims, const char *changelog)
{
	FILE *from = fopen(changelog, "r");
	int err = from ? claims_read(claims, from) : -errno;

	if (from)
		fclose(from);
	if (err)
		fprintf(stderr, "task_exit_verdict: cannot read %s: %s\n",
			changelog,
			err == -EINVAL ? "it is no text" : strerror(-err));
	return err;
}

/* A last word about what is not there, where it cannot be overlooked. */
static void print_complaints(const struct verdict_text *text)
{
	const struct ktap *ktap = text->ktap;
	size_t i;

	for (i = 0; i < ktap->complaints.nr; i++)
		fprintf(stderr, "task_exit_verdict: %s\n",
			ktap->complaints.line[i]);
	if (text->verdict->not_run && (ktap->nr_results || ktap->nr_programs)) {
		fprintf(stderr, "task_exit_verdict: ");
		verdict_print_not_run(text, stderr);
	}
}

static int exit_status(const struct ktap *ktap, const struct verdict *verdict,
		       const struct claims *claims, const char *release)
{
	if (!verdict_is_complete(verdict, ktap))
		return 2;
	if (claims && claimed_count(claims, verdict, release, CONFLICT_MISSING))
		return STATUS_CLAIMED_AND_MISSING;
	if (claims &&
	    claimed_count(claims, verdict, release, CONFLICT_UNCLAIMED))
		return STATUS_PRESENT_AND_NOT_CLAIMED;
	if (verdict_count(verdict, CLASS_MISSING) || verdict->unexplained)
		return 1;
	return verdict_count(verdict, CLASS_PRESENT) ? 0 : KSFT_SKIP;
}

static void print_verdict(const struct verdict_text *text,
			  const struct claims *claims, const char *release)
{
	verdict_print_sentence(text);
	if (claims)
		claimed_print_conflicts(claims, text->verdict, text->ktap,
					release);
	verdict_print_picks(text);
	verdict_print_unexplained(text);
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
	if (ktap->nr_results || ktap->nr_programs)
		print_verdict(&text, claims, release);
	fflush(stdout);
	print_complaints(&text);
	return exit_status(ktap, &verdict, claims, release);
}

static int run_verdict(int argc, char **argv)
{
	struct options options = {};
	struct claims claims;
	struct ktap ktap;
	int err;

	if (parse_options(&options, argc, argv)) {
		fprintf(stderr,
			"%s: say task_exit_verdict [-c CHANGELOG] [-k RELEASE] [-v] < results.ktap\n",
			argv[0]);
		return 2;
	}
	if (options.changelog && read_claims(&claims, options.changelog))
		return 2;
	err = ktap_read(&ktap, stdin);
	if (err) {
		fprintf(stderr, "task_exit_verdict: cannot read: %s\n",
			strerror(-err));
		return 2;
	}
	err = judge(&ktap, options.changelog ? &claims : NULL, &options);
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
