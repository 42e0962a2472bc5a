// SPDX-License-Identifier: GPL-2.0-only
/*
 * causes - the failures of a run by their cause. See causes.h.
 *
 * A failure that names several missing fixes counts for the oldest. Failures without a
 * known fix have the same cause if their messages differ in numbers only. Tests that were
 * not run because an earlier one left the kernel in a bad state stand below that test's
 * cause, or have one of their own if that test did not fail.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "backports.h"
#include "causes.h"
#include "report.h"
#include "verdict.h"

static enum fix_id fix_of(const struct ktap_result *result)
{
	enum fix_id id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (result_blames(result, id))
			return id;
	return FIX_NONE;
}

static bool is_unexplained(const struct ktap_result *result)
{
	return result->verdict == KTAP_FAIL && !fix_of(result);
}

/* Equal but for numbers: pids, cgroup ids, times. */
static bool say_the_same(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, "0123456789");
			b += strspn(b, "0123456789");
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return *a == *b;
}

/* Whether an earlier failure without a known fix has this message. */
static bool is_repetition(const struct ktap *ktap, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (is_unexplained(&ktap->result[i]) &&
		    say_the_same(ktap->result[i].reason,
				 ktap->result[index].reason))
			return true;
	return false;
}

static bool has_a_failed_test(const struct ktap *ktap,
			      const struct ktap_program *program)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++)
		if (ktap->result[i].verdict == KTAP_FAIL &&
		    !strcmp(ktap->result[i].program, program->name))
			return true;
	return false;
}

/* It failed for another reason than its tests: it died, or ran out of time. */
static bool program_failed_alone(const struct ktap *ktap, size_t index)
{
	const struct ktap_program *program = &ktap->program[index];
	const char *reason = program->reason ?: "";

	if (!program->ended || program->verdict != KTAP_FAIL)
		return false;
	return (*reason && strncmp(reason, "exit=", 5)) ||
	       program->seen != program->planned ||
	       !has_a_failed_test(ktap, program);
}

/* --- Tests that were not run ----------------------------------------------------- */

/* Both begin with "PROGRAM.TEST:". */
static bool are_same_test(const char *by, const char *spent)
{
	size_t len = strcspn(spent, ":");

	return !strncmp(by, spent, len) && strcspn(by, ":") == len;
}

static bool is_by(const char *reason, const char *spent)
{
	const char *by = ktap_spent_by(reason);

	return by && are_same_test(by, spent);
}

static void print_not_run(const struct ktap *ktap, const char *spent,
			  const char *indent)
{
	size_t i, tests = 0, programs = 0;

	for (i = 0; i < ktap->nr_results; i++)
		tests += is_by(ktap->result[i].reason, spent);
	for (i = 0; i < ktap->nr_programs; i++)
		programs += !ktap->program[i].seen &&
			    is_by(ktap->program[i].reason, spent);
	printf("%sit left the kernel in a bad state:%s\n", indent,
	       spent + strcspn(spent, ":") + !!strchr(spent, ':'));
	if (tests + programs)
		printf("%s%zu test%s and %zu program%s were not run after it\n",
		       indent, tests, tests == 1 ? "" : "s", programs,
		       programs == 1 ? "" : "s");
}

static const char *spent_by_result(const struct ktap *ktap,
				   const struct ktap_result *result)
{
	size_t i, len = strlen(result->name);

	for (i = 0; i < ktap->spent.nr; i++)
		if (!strncmp(ktap->spent.line[i], result->name, len) &&
		    ktap->spent.line[i][len] == ':')
			return ktap->spent.line[i];
	return NULL;
}

static bool has_failed(const struct ktap *ktap, const char *spent)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++)
		if (ktap->result[i].verdict == KTAP_FAIL &&
		    spent_by_result(ktap, &ktap->result[i]) == spent)
			return true;
	return false;
}

/* --- Causes ----------------------------------------------------------------------- */

static void print_failure(const struct ktap *ktap,
			  const struct ktap_result *result, bool message)
{
	const char *spent = spent_by_result(ktap, result);

	printf("    %s%s%s\n", result->name, message ? ": " : "",
	       !message	       ? "" :
	       *result->reason ? result->reason :
				 "no reason");
	if (spent)
		print_not_run(ktap, spent, "        ");
}

static size_t count_failures(const struct ktap *ktap, enum fix_id id)
{
	size_t i, n = 0;

	for (i = 0; i < ktap->nr_results; i++)
		n += ktap->result[i].verdict == KTAP_FAIL &&
		     fix_of(&ktap->result[i]) == id;
	return n;
}

static void print_missing_fix(const struct ktap *ktap, enum fix_id id)
{
	size_t i, n = count_failures(ktap, id);

	printf("\nmissing fix: %s%s%s (released in %s): %zu test%s\n",
	       fix_has_id(id) ? fixes[id].commit : "",
	       fix_has_id(id) ? " " : "", fixes[id].title, fixes[id].released,
	       n, n == 1 ? "" : "s");
	for (i = 0; i < ktap->nr_results; i++)
		if (ktap->result[i].verdict == KTAP_FAIL &&
		    fix_of(&ktap->result[i]) == id)
			print_failure(ktap, &ktap->result[i], true);
}

static void print_message(const struct ktap *ktap, size_t first)
{
	const char *reason = ktap->result[first].reason;
	size_t i;

	printf("\nno known fix: %s\n", *reason ? reason : "no reason");
	for (i = first; i < ktap->nr_results; i++)
		if (is_unexplained(&ktap->result[i]) &&
		    say_the_same(ktap->result[i].reason, reason))
			print_failure(ktap, &ktap->result[i], false);
}

static void print_program(const struct ktap_program *program)
{
	printf("\nno known fix: %s%s%s\n", program->name,
	       program->reason && *program->reason ? ": " :
						     " failed without a reason",
	       program->reason ?: "");
}

static void print_spent_alone(const struct ktap *ktap, const char *spent)
{
	printf("\nno known fix: %.*s\n", (int)strcspn(spent, ":"), spent);
	print_not_run(ktap, spent, "    ");
}

struct causes {
	size_t failures, fixes, others;
};

static void count_causes(const struct ktap *ktap, struct causes *causes)
{
	size_t i;
	int id;

	memset(causes, 0, sizeof(*causes));
	causes->failures = ktap_count(ktap, KTAP_FAIL);
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		causes->fixes += count_failures(ktap, id) != 0;
	for (i = 0; i < ktap->nr_results; i++)
		causes->others += is_unexplained(&ktap->result[i]) &&
				  !is_repetition(ktap, i);
	for (i = 0; i < ktap->nr_programs; i++) {
		causes->failures += program_failed_alone(ktap, i);
		causes->others += program_failed_alone(ktap, i);
	}
	for (i = 0; i < ktap->spent.nr; i++)
		causes->others += !has_failed(ktap, ktap->spent.line[i]);
}

void causes_print(const struct ktap *ktap)
{
	struct causes causes;
	size_t i;
	int id;

	count_causes(ktap, &causes);
	if (!causes.fixes && !causes.others)
		return;
	printf("%zu failure%s, %zu cause%s: %zu missing fix%s, %zu without a known fix\n",
	       causes.failures, causes.failures == 1 ? "" : "s",
	       causes.fixes + causes.others,
	       causes.fixes + causes.others == 1 ? "" : "s", causes.fixes,
	       causes.fixes == 1 ? "" : "es", causes.others);
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (count_failures(ktap, id))
			print_missing_fix(ktap, id);
	for (i = 0; i < ktap->nr_results; i++)
		if (is_unexplained(&ktap->result[i]) && !is_repetition(ktap, i))
			print_message(ktap, i);
	for (i = 0; i < ktap->nr_programs; i++)
		if (program_failed_alone(ktap, i))
			print_program(&ktap->program[i]);
	for (i = 0; i < ktap->spent.nr; i++)
		if (!has_failed(ktap, ktap->spent.line[i]))
			print_spent_alone(ktap, ktap->spent.line[i]);
}

int causes_main(int argc, char **argv)
{
	struct ktap ktap;
	int status = 0;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr,
			"task_exit-report: causes takes no argument; say task_exit-report causes < RESULTS\n");
		return STATUS_INCOMPLETE;
	}
	if (read_results(&ktap))
		return STATUS_INCOMPLETE;
	causes_print(&ktap);
	if (!ktap.nr_programs && !ktap.nr_results)
		status = STATUS_INCOMPLETE;
	ktap_free(&ktap);
	return status;
}
