// SPDX-License-Identifier: GPL-2.0-only
/*
 * causes - the failures of a run by their cause. See causes.h.
 *
 * A failure that names several missing fixes counts for the oldest. Failures without a
 * known fix have the same cause if their messages differ in numbers only, or if they left
 * the kernel in a bad state because a task sleeps in the same function. Tests that were not
 * run after such a failure are counted with it.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backports.h"
#include "causes.h"
#include "report.h"
#include "text.h"
#include "verdict.h"

/* A failure without a known fix, of a test, a program, or of what a passed test left. */
struct unexplained {
	char name[160];
	const char *reason;
	const char *spent; /* it left the kernel in this state, or NULL */
	char sleeps_in[64]; /* a task does so, for that reason */
};

struct causes {
	const struct ktap *ktap;
	enum fix_id *fix; /* of each result that failed */
	size_t failures, fixes, others;
	struct unexplained *unexplained;
	size_t nr_unexplained;
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
	if ((*reason && !begins(reason, "exit=")) ||
	    program->seen != program->planned)
		return true;
	for (i = first; i < first + program->seen; i++)
		if (ktap->result[i].verdict == KTAP_FAIL)
			return false;
	return true;
}

static const char *plural(size_t n, const char *ending)
{
	return n == 1 ? "" : ending;
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
	if (tests)
		printf("%snot run after it: %zu test%s\n", indent, tests,
		       plural(tests, "s"));
	if (programs)
		printf("%snot run after it: %zu program%s\n", indent, programs,
		       plural(programs, "s"));
}

static void print_spent(const struct ktap *ktap, const char *spent)
{
	const char *colon = strchr(spent, ':');

	printf("        it left the kernel in a bad state%s\n", colon ?: "");
	print_not_run(ktap, spent, "        ");
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
			  const struct ktap_result *result)
{
	const char *spent = spent_by_result(ktap, result);

	printf("    %s: %s\n", result->name,
	       *result->reason ? result->reason : "no reason");
	if (spent)
		print_spent(ktap, spent);
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
			print_failure(ktap, &ktap->result[i]);
}

/* "... sleeps in FUNCTION ...", "... state D, in FUNCTION ..." */
static void find_sleep(struct unexplained *failure)
{
	static const char *const words[] = { "sleeps in ", "state D, in " };
	const char *at = NULL;
	size_t i;

	for (i = 0; i < 2 && !at; i++) {
		at = strstr(failure->spent, words[i]);
		if (at)
			at += strlen(words[i]);
	}
	if (at)
		snprintf(failure->sleeps_in, sizeof(failure->sleeps_in), "%.*s",
			 (int)strcspn(at, " ();,<"), at);
}

static void add(struct causes *causes, const char *name, int name_length,
		const char *reason, const char *spent)
{
	struct unexplained *failure =
		&causes->unexplained[causes->nr_unexplained++];

	snprintf(failure->name, sizeof(failure->name), "%.*s", name_length,
		 name);
	failure->reason = reason;
	failure->spent = spent;
	if (spent)
		find_sleep(failure);
}

static void find_unexplained(struct causes *causes)
{
	const struct ktap *ktap = causes->ktap;
	size_t i, first = 0;

	for (i = 0; i < ktap->nr_results; i++) {
		const struct ktap_result *result = &ktap->result[i];

		if (is_failure_of(causes, i, FIX_NONE))
			add(causes, result->name, -1,
			    *result->reason ? result->reason : "no reason",
			    spent_by_result(ktap, result));
	}
	for (i = 0; i < ktap->nr_programs; i++) {
		const struct ktap_program *program = &ktap->program[i];

		if (program_failed_alone(ktap, program, first))
			add(causes, program->name, -1,
			    program->reason && *program->reason ?
				    program->reason :
				    "the program failed without a reason",
			    NULL);
		first += program->seen;
	}
	for (i = 0; i < ktap->spent.nr; i++) {
		const char *spent = ktap->spent.line[i];

		if (!has_failed(ktap, spent))
			add(causes, spent, strcspn(spent, ":"),
			    "it passed, but left the kernel in a bad state",
			    spent);
	}
}

static bool have_the_same_cause(const struct unexplained *a,
				const struct unexplained *b)
{
	if (*a->sleeps_in || *b->sleeps_in)
		return !strcmp(a->sleeps_in, b->sleeps_in);
	return say_the_same(a->reason, b->reason);
}

static bool is_first_of_cause(const struct causes *causes, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (have_the_same_cause(&causes->unexplained[i],
					&causes->unexplained[index]))
			return false;
	return true;
}

static void print_unexplained(const struct causes *causes, size_t first)
{
	const struct unexplained *failure = &causes->unexplained[first];
	const char *sleeps_in = failure->sleeps_in;
	size_t i;

	if (*sleeps_in)
		printf("\nno known fix: a task sleeps in %s() and never wakes up\n",
		       sleeps_in);
	else
		printf("\nno known fix: %s\n", failure->reason);
	for (i = first; i < causes->nr_unexplained; i++) {
		failure = &causes->unexplained[i];
		if (!have_the_same_cause(failure, &causes->unexplained[first]))
			continue;
		printf("    %s%s%s\n", failure->name, *sleeps_in ? ": " : "",
		       *sleeps_in ? failure->reason : "");
		if (*sleeps_in)
			print_not_run(causes->ktap, failure->spent, "        ");
		else if (failure->spent)
			print_spent(causes->ktap, failure->spent);
	}
}

static void count_causes(struct causes *causes)
{
	size_t i;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		size_t n = count_failures(causes, id);

		causes->fixes += n != 0;
		causes->failures += n;
	}
	causes->failures += causes->nr_unexplained;
	for (i = 0; i < causes->nr_unexplained; i++)
		causes->others += is_first_of_cause(causes, i);
}

static void print_all(const struct causes *causes)
{
	size_t i, n = causes->fixes + causes->others;
	int id;

	printf("%zu failure%s, %zu cause%s: %zu missing fix%s, %zu without a known fix\n",
	       causes->failures, plural(causes->failures, "s"), n,
	       plural(n, "s"), causes->fixes, plural(causes->fixes, "es"),
	       causes->others);
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		print_missing_fix(causes, id);
	for (i = 0; i < causes->nr_unexplained; i++)
		if (is_first_of_cause(causes, i))
			print_unexplained(causes, i);
}

int causes_print(const struct ktap *ktap)
{
	struct causes causes = { .ktap = ktap };
	size_t i;

	causes.fix = calloc(ktap->nr_results + 1, sizeof(*causes.fix));
	causes.unexplained = calloc(ktap->nr_results + ktap->nr_programs +
					    ktap->spent.nr + 1,
				    sizeof(*causes.unexplained));
	if (!causes.fix || !causes.unexplained) {
		fprintf(stderr, "task_exit-report: out of memory\n");
		return -ENOMEM;
	}
	for (i = 0; i < ktap->nr_results; i++)
		if (ktap->result[i].verdict == KTAP_FAIL)
			causes.fix[i] = fix_of(&ktap->result[i]);
	find_unexplained(&causes);
	count_causes(&causes);
	if (causes.fixes + causes.others)
		print_all(&causes);
	free(causes.fix);
	free(causes.unexplained);
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
