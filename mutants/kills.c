// SPDX-License-Identifier: GPL-2.0-only
/*
 * kills - the tests that notice a mutant.
 *
 *	kills BASE MUTANT WHY
 *
 * BASE and MUTANT are saved results, of the kernel without a mutant (any number of
 * runs) and of one run with one. A test that fails on the mutant only has killed it, and
 * so has a program in which the machine went down. vm/run gives it a verdict of its own;
 * if the time was up, it has none, and WHY says so.
 * One line each: the test, or the program; the fix that it says is missing, or "-";
 * what it says; with a tab between.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "text.h"
#include "verdict.h"

static int read_results(struct ktap *ktap, const char *path)
{
	FILE *from = fopen(path, "r");
	int err = from ? ktap_read(ktap, from) : -errno;

	if (from)
		fclose(from);
	if (err)
		fprintf(stderr, "mutants/kills: cannot read %s: %s\n", path,
			strerror(-err));
	return err;
}

/* What the base has not run cannot have been noticed on it either. */
static bool fails_on(const struct ktap *base, const char *name)
{
	size_t i;

	for (i = 0; i < base->nr_results; i++)
		if (!strcmp(base->result[i].name, name))
			return base->result[i].verdict == KTAP_FAIL;
	return false;
}

static void print_fixes(const struct ktap_result *result)
{
	const char *comma = "";
	enum fix_id id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!result_names(result, id))
			continue;
		printf("%s%s", comma, fix_name(id));
		comma = ",";
	}
	if (!*comma)
		putchar('-');
}

/* Without a reason: an assertion has printed where it failed, a crash that it was one. */
static const char *message_of(const struct ktap_result *result)
{
	size_t i;

	if (*result->reason)
		return result->reason;
	for (i = 0; i < result->said.nr; i++)
		if (strstr(result->said.line[i], ":Expected ") ||
		    strstr(result->said.line[i], "Test terminated "))
			return result->said.line[i];
	return "";
}

static void print_kills(const struct ktap *base, const struct ktap *mutant)
{
	size_t i;

	for (i = 0; i < mutant->nr_results; i++) {
		const struct ktap_result *result = &mutant->result[i];

		if (result->verdict != KTAP_FAIL ||
		    fails_on(base, result->name))
			continue;
		printf("%s\t", result->name);
		print_fixes(result);
		printf("\t%s\n", message_of(result));
	}
}

/* The runner gives a failed program its exit status as the reason. */
static bool went_down(const struct ktap_program *program)
{
	return program->verdict == KTAP_FAIL && *program->reason &&
	       !begins(program->reason, "exit=") &&
	       !begins(program->reason, "TIMEOUT ");
}

static void print_unfinished(const struct ktap *mutant, const char *why)
{
	size_t i;

	for (i = 0; i < mutant->nr_programs; i++) {
		const struct ktap_program *program = &mutant->program[i];

		if (program->ended && !went_down(program))
			continue;
		printf("%s\t-\t%s%s%s\n", program->name,
		       program->ended ? program->reason : why,
		       program->running ? ", in " : "", program->running ?: "");
	}
}

int main(int argc, char **argv)
{
	struct ktap base = {}, mutant = {};
	int err;

	if (argc != 4) {
		fputs("usage: kills BASE MUTANT WHY\n", stderr);
		return 2;
	}
	err = read_results(&base, argv[1]) ?: read_results(&mutant, argv[2]);
	if (!err) {
		print_kills(&base, &mutant);
		print_unfinished(&mutant, argv[3]);
	}
	ktap_free(&base);
	ktap_free(&mutant);
	return err ? 2 : 0;
}
