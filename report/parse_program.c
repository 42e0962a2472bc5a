// SPDX-License-Identifier: GPL-2.0-only
/*
 * task_exit_parse - saved results, or a serial log that has them in it, for
 * people to read.
 *
 *	task_exit_parse < console.log
 *
 * One line per program, and below it what is not simply a pass, with its
 * explanation. Exit status: 0 all passed, 1 something failed, 2 the results are
 * not all there (what there is has been told), 4 all was skipped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "ktap.h"
#include "program.h"

static bool colours;

static void print_in(const char *colour, const char *text)
{
	if (colours)
		printf("\033[%sm%s\033[m", colour, text);
	else
		printf("%s", text);
}

static void print_verdict(enum ktap_verdict verdict)
{
	static const struct {
		const char *colour, *word;
	} how[KTAP_NR_VERDICTS] = {
		[KTAP_PASS] = { "32", "ok   " },
		[KTAP_FAIL] = { "31", "FAIL " },
		[KTAP_SKIP] = { "33", "skip " },
		[KTAP_XFAIL] = { "33", "xfail" },
	};

	print_in(how[verdict].colour, how[verdict].word);
}

static void print_said(const struct ktap_text *said)
{
	size_t i;

	for (i = 0; i < said->nr; i++)
		printf("            %s\n", said->line[i]);
}

static void print_result(const struct ktap_result *result)
{
	if (result->verdict == KTAP_PASS)
		return;
	printf("    ");
	print_verdict(result->verdict);
	printf(" %s%s%s\n", result->name, *result->reason ? ": " : "",
	       result->reason);
	if (result->verdict == KTAP_FAIL)
		print_said(&result->said);
}

static void print_program(const struct ktap *ktap,
			  const struct ktap_program *program, size_t first)
{
	size_t i, counts[KTAP_NR_VERDICTS] = { 0 };
	const char *separator = "";
	int verdict;

	for (i = first; i < first + program->seen; i++)
		counts[ktap->result[i].verdict]++;
	if (program->ended)
		print_verdict(program->verdict);
	else
		print_in("33", "?    ");
	printf(" %-34s", program->name);
	for (verdict = 0; verdict < KTAP_NR_VERDICTS; verdict++) {
		if (!counts[verdict])
			continue;
		printf("%s %zu %s", separator, counts[verdict],
		       ktap_verdict_name(verdict));
		separator = ",";
	}
	printf("\n");
	for (i = first; i < first + program->seen; i++)
		print_result(&ktap->result[i]);
	/* One that died explains itself by what it said last. */
	if (program->ended && program->verdict == KTAP_FAIL &&
	    program->seen != program->planned)
		print_said(&program->said);
}

static int status_of(const struct ktap *ktap)
{
	size_t i, failed = ktap_count(ktap, KTAP_FAIL);

	for (i = 0; i < ktap->nr_programs; i++)
		failed += ktap->program[i].ended &&
			  ktap->program[i].verdict == KTAP_FAIL;
	if (ktap->complaints.nr)
		return 2;
	if (failed)
		return KSFT_FAIL;
	return ktap_count(ktap, KTAP_PASS) + ktap_count(ktap, KTAP_XFAIL) ?
		       KSFT_PASS :
		       KSFT_SKIP;
}

static int run_parse(int argc, char **argv)
{
	size_t i, first = 0;
	struct ktap ktap;
	int err;

	if (argc > 1) {
		fprintf(stderr,
			"%s: it takes no argument: task_exit_parse < results.ktap\n",
			argv[0]);
		return 2;
	}
	err = ktap_read(&ktap, stdin);
	if (err) {
		fprintf(stderr, "task_exit_parse: cannot read: %s\n",
			strerror(-err));
		return 2;
	}
	colours = isatty(1) && !getenv("NO_COLOR");

	for (i = 0; i < ktap.nr_programs; i++) {
		print_program(&ktap, &ktap.program[i], first);
		first += ktap.program[i].seen;
	}
	if (ktap.nr_programs)
		printf("%zu programs: %zu passed, %zu failed, %zu skipped, %zu expected to fail\n",
		       ktap.nr_programs, ktap_count(&ktap, KTAP_PASS),
		       ktap_count(&ktap, KTAP_FAIL),
		       ktap_count(&ktap, KTAP_SKIP),
		       ktap_count(&ktap, KTAP_XFAIL));
	fflush(stdout);
	for (i = 0; i < ktap.complaints.nr; i++)
		fprintf(stderr, "task_exit_parse: %s\n",
			ktap.complaints.line[i]);
	err = status_of(&ktap);
	ktap_free(&ktap);
	return err;
}

static struct program this_program = {
	.name = "task_exit_parse",
	.run = run_parse,
	.only_reads = true,
};

static void __attribute__((constructor)) register_program(void)
{
	program_register(&this_program);
}
