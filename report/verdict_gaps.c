// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict_gaps - the programs and tests that have no result. See verdict_text.h.
 */
#include <string.h>

#include "verdict_text.h"

#define NAMES_SHOWN 3

static bool is_first_of_program(size_t row)
{
	return !row || strcmp(invariants[row].program,
			      invariants[row - 1].program) != 0;
}

static bool program_was_asked(const struct verdict *verdict,
			      const char *program)
{
	size_t i;

	for (i = 0; i < nr_invariants; i++)
		if (verdict->asked[i] &&
		    !strcmp(invariants[i].program, program))
			return true;
	return false;
}

/* Whether the row stands for something that was not run: a program, or one test. */
static bool is_gap(const struct verdict *verdict, size_t row, bool program)
{
	bool asked = program_was_asked(verdict, invariants[row].program);

	return program ? is_first_of_program(row) && !asked :
			 asked && !verdict->asked[row];
}

/* The first few names, or all. */
static void print_gaps(const struct verdict_text *text, bool program, FILE *to)
{
	size_t row, n = 0;

	for (row = 0; row < nr_invariants; row++) {
		if (!is_gap(text->verdict, row, program))
			continue;
		if (n++ < NAMES_SHOWN || text->verbose)
			fprintf(to, "%s%s%s%s", n > 1 ? ", " : ": ",
				invariants[row].program, program ? "" : ".",
				program ? "" : invariants[row].test);
	}
	if (n > NAMES_SHOWN && !text->verbose)
		fprintf(to, " and %zu more", n - NAMES_SHOWN);
}

/* Of programs: those that load a scheduler, or the others; not run, or all. */
static size_t count_programs(const struct verdict *verdict, bool scx,
			     bool not_run)
{
	size_t row, n = 0;

	for (row = 0; row < nr_invariants; row++)
		n += is_first_of_program(row) &&
		     !strncmp(invariants[row].program, "scx_", 4) == scx &&
		     (!not_run || is_gap(verdict, row, true));
	return n;
}

/* Where there is no BPF no scheduler can be loaded, and most of the others are there. */
static bool lacks_bpf(const struct verdict *verdict)
{
	return count_programs(verdict, true, true) ==
		       count_programs(verdict, true, false) &&
	       2 * count_programs(verdict, false, true) <
		       count_programs(verdict, false, false);
}

void verdict_print_not_run(const struct verdict_text *text, FILE *to)
{
	const struct verdict *verdict = text->verdict;
	size_t programs = count_programs(verdict, true, true) +
			  count_programs(verdict, false, true);
	size_t row, tests = 0;

	for (row = 0; row < nr_invariants; row++)
		tests += is_gap(verdict, row, false);
	if (programs) {
		fprintf(to, "%zu of %zu programs were not run", programs,
			count_programs(verdict, true, false) +
				count_programs(verdict, false, false));
		print_gaps(text, true, to);
	}
	/* Not where a run was cut short. */
	if (programs && !text->ktap->complaints.nr && lacks_bpf(verdict))
		fprintf(to, " (was the suite built without BPF?)");
	if (tests) {
		fprintf(to, "%s%zu test(s) have no result",
			programs ? "; " : "", tests);
		print_gaps(text, false, to);
	}
	fprintf(to, "\n");
}
