// SPDX-License-Identifier: GPL-2.0-only
/*
 * parse - saved results, or a serial log with results in it, for people to read: one
 * line per program, and below it each test that did not pass; at the end, the causes.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "causes.h"
#include "drawing.h"
#include "ktap.h"
#include "report.h"

static bool colours, draws;

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

/* On a terminal a drawing replaces the timeline where it is clearer. */
static void print_explanation(const struct ktap_text *said)
{
	bool in_timeline = false;
	struct drawing drawing;
	size_t i;

	if (!draws || !drawing_make_text(&drawing, said)) {
		print_said(said);
		return;
	}
	for (i = 0; i < said->nr; i++) {
		const char *line = said->line[i];

		if (drawing_begins(line)) {
			drawing_print_text(&drawing);
			in_timeline = true;
		} else if (!in_timeline || !drawing_has_line(line)) {
			printf("            %s\n", line);
		}
	}
	drawing_free(&drawing);
}

static void print_result(const struct ktap_result *result)
{
	if (result->verdict == KTAP_PASS)
		return;
	printf("    ");
	print_verdict(result->verdict);
	printf(" %s%s%s\n", result->name, *result->reason ? ": " : "",
	       result->reason);
	if (result->verdict != KTAP_FAIL)
		return;
	if (result->invariant)
		printf("            invariant: %s\n", result->invariant);
	print_explanation(&result->said);
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
	/* If it died, its last lines explain why. */
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
		return STATUS_INCOMPLETE;
	if (failed)
		return STATUS_FAILED;
	return ktap_count(ktap, KTAP_PASS) + ktap_count(ktap, KTAP_XFAIL) ?
		       STATUS_PASSED :
		       STATUS_SKIPPED;
}

static void print_programs(const struct ktap *ktap)
{
	size_t i, first = 0;

	for (i = 0; i < ktap->nr_programs; i++) {
		print_program(ktap, &ktap->program[i], first);
		first += ktap->program[i].seen;
	}
	if (ktap->nr_programs)
		printf("%zu programs: %zu passed, %zu failed, %zu skipped, %zu expected to fail\n",
		       ktap->nr_programs, ktap_count(ktap, KTAP_PASS),
		       ktap_count(ktap, KTAP_FAIL), ktap_count(ktap, KTAP_SKIP),
		       ktap_count(ktap, KTAP_XFAIL));
}

int parse_main(int argc, char **argv)
{
	struct ktap ktap;
	int status;
	size_t i;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr,
			"task_exit-report: parse takes no argument; say task_exit-report parse < RESULTS\n");
		return STATUS_INCOMPLETE;
	}
	if (read_results(&ktap))
		return STATUS_INCOMPLETE;
	colours = isatty(1) && !getenv("NO_COLOR");
	draws = isatty(1) || getenv("CLICOLOR_FORCE");
	setlocale(LC_CTYPE, "");
	print_programs(&ktap);
	if (status_of(&ktap) == STATUS_FAILED || ktap_count(&ktap, KTAP_FAIL)) {
		printf("\n");
		if (causes_print(&ktap))
			return STATUS_INCOMPLETE;
	}
	fflush(stdout);
	for (i = 0; i < ktap.complaints.nr; i++)
		fprintf(stderr, "task_exit-report: %s\n",
			ktap.complaints.line[i]);
	status = status_of(&ktap);
	ktap_free(&ktap);
	return status;
}
