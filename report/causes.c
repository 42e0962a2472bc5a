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
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backports.h"
#include "causes.h"
#include "report.h"
#include "verdict.h"

struct causes {
	const struct ktap *ktap;
	enum fix_id *fix; /* of each result that failed */
	size_t failures, fixes, others;
};

static enum fix_id fix_of(const struct ktap_result *result)
{
	enum fix_id id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (result_blames(result, id))
			return id;
	return FIX_NONE;
}

static bool is_failure_of(const struct causes *causes, size_t index,
			  enum fix_id id)
{
	return causes->ktap->result[index].verdict == KTAP_FAIL &&
	       causes->fix[index] == id;
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

/* Whether this is a failure without a known fix, and the first one with its message. */
static bool is_first_with_message(const struct causes *causes, size_t index)
{
	const struct ktap_result *result = causes->ktap->result;
	size_t i;

	if (!is_failure_of(causes, index, FIX_NONE))
		return false;
	for (i = 0; i < index; i++)
		if (is_failure_of(causes, i, FIX_NONE) &&
		    say_the_same(result[i].reason, result[index].reason))
			return false;
	return true;
}

/*
 * A program that failed for another reason than its tests: it died, or ran out of time.
 * @first is the index of its first result.
 */
static bool program_failed_alone(const struct ktap *ktap,
				 const struct ktap_program *program,
				 size_t first)
{
	const char *reason = program->reason ?: "";
	size_t i;

	if (!program->ended || program->verdict != KTAP_FAIL)
		return false;
	if ((*reason && strncmp(reason, "exit=", 5)) ||
	    program->seen != program->planned)
		return true;
	for (i = first; i < first + program->seen; i++)
		if (ktap->result[i].verdict == KTAP_FAIL)
			return false;
	return true;
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

/* Whether @spent begins with "PROGRAM.TEST:" or "PROGRAM.VARIANT.TEST:" of the result. */
static bool is_spent_by(const char *spent, const struct ktap_result *result)
{
	char test[160];

	if (are_same_test(result->name, spent))
		return true;
	snprintf(test, sizeof(test), "%s.%s", result->program,
		 ktap_test(result));
	return are_same_test(test, spent);
}

static const char *spent_by_result(const struct ktap *ktap,
				   const struct ktap_result *result)
{
	size_t i;

	for (i = 0; i < ktap->spent.nr; i++)
		if (is_spent_by(ktap->spent.line[i], result))
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

static size_t count_failures(const struct causes *causes, enum fix_id id)
{
	size_t i, n = 0;

	for (i = 0; i < causes->ktap->nr_results; i++)
		n += is_failure_of(causes, i, id);
	return n;
}

static void print_missing_fix(const struct causes *causes, enum fix_id id)
{
	const struct ktap *ktap = causes->ktap;
	size_t i, n = count_failures(causes, id);

	if (!n)
		return;
	printf("\nmissing fix: %s%s%s (released in %s): %zu test%s\n",
	       fix_has_id(id) ? fixes[id].commit : "",
	       fix_has_id(id) ? " " : "", fixes[id].title, fixes[id].released,
	       n, n == 1 ? "" : "s");
	for (i = 0; i < ktap->nr_results; i++)
		if (is_failure_of(causes, i, id))
			print_failure(ktap, &ktap->result[i], true);
}

static void print_message(const struct causes *causes, size_t first)
{
	const struct ktap *ktap = causes->ktap;
	const char *reason = ktap->result[first].reason;
	size_t i;

	printf("\nno known fix: %s\n", *reason ? reason : "no reason");
	for (i = first; i < ktap->nr_results; i++)
		if (is_failure_of(causes, i, FIX_NONE) &&
		    say_the_same(ktap->result[i].reason, reason))
			print_failure(ktap, &ktap->result[i], false);
}

static void print_program(const struct ktap_program *program)
{
	const char *reason = program->reason ?: "";

	printf("\nno known fix: %s%s%s\n", program->name,
	       *reason ? ": " : " failed without a reason", reason);
}

static void print_programs(const struct ktap *ktap)
{
	size_t i, first = 0;

	for (i = 0; i < ktap->nr_programs; i++) {
		if (program_failed_alone(ktap, &ktap->program[i], first))
			print_program(&ktap->program[i]);
		first += ktap->program[i].seen;
	}
}

static void print_spent_alone(const struct ktap *ktap, const char *spent)
{
	printf("\nno known fix: %.*s\n", (int)strcspn(spent, ":"), spent);
	print_not_run(ktap, spent, "    ");
}

static void count_causes(struct causes *causes)
{
	const struct ktap *ktap = causes->ktap;
	size_t i, first = 0;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		causes->fixes += count_failures(causes, id) != 0;
	for (i = 0; i < ktap->nr_results; i++)
		causes->others += is_first_with_message(causes, i);
	causes->failures = ktap_count(ktap, KTAP_FAIL);
	for (i = 0; i < ktap->nr_programs; i++) {
		bool alone =
			program_failed_alone(ktap, &ktap->program[i], first);

		causes->failures += alone;
		causes->others += alone;
		first += ktap->program[i].seen;
	}
	for (i = 0; i < ktap->spent.nr; i++)
		causes->others += !has_failed(ktap, ktap->spent.line[i]);
}

static const char *plural(size_t n, const char *ending)
{
	return n == 1 ? "" : ending;
}

static void print_all(const struct causes *causes)
{
	const struct ktap *ktap = causes->ktap;
	size_t i, n = causes->fixes + causes->others;
	int id;

	printf("%zu failure%s, %zu cause%s: %zu missing fix%s, %zu without a known fix\n",
	       causes->failures, plural(causes->failures, "s"), n,
	       plural(n, "s"), causes->fixes, plural(causes->fixes, "es"),
	       causes->others);
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		print_missing_fix(causes, id);
	for (i = 0; i < ktap->nr_results; i++)
		if (is_first_with_message(causes, i))
			print_message(causes, i);
	print_programs(ktap);
	for (i = 0; i < ktap->spent.nr; i++)
		if (!has_failed(ktap, ktap->spent.line[i]))
			print_spent_alone(ktap, ktap->spent.line[i]);
}

int causes_print(const struct ktap *ktap)
{
	struct causes causes = { .ktap = ktap };
	size_t i;

	causes.fix = calloc(ktap->nr_results + 1, sizeof(*causes.fix));
	if (!causes.fix) {
		fprintf(stderr, "task_exit-report: out of memory\n");
		return -ENOMEM;
	}
	for (i = 0; i < ktap->nr_results; i++)
		if (ktap->result[i].verdict == KTAP_FAIL)
			causes.fix[i] = fix_of(&ktap->result[i]);
	count_causes(&causes);
	if (causes.fixes + causes.others)
		print_all(&causes);
	free(causes.fix);
	return 0;
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
	if (causes_print(&ktap) || (!ktap.nr_programs && !ktap.nr_results))
		status = STATUS_INCOMPLETE;
	ktap_free(&ktap);
	return status;
}
