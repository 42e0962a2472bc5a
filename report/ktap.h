/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ktap - the one reader of test results.
 *
 * The input may be vm/run's results, the output of run_kselftest.sh or of one test
 * program, or the log of a serial console with kernel messages between and within
 * the lines. The reader takes what it can, and lists in ->complaints what does not
 * add up: the result that is missing may be the one that matters.
 */
#ifndef TASK_EXIT_KTAP_H
#define TASK_EXIT_KTAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum ktap_verdict {
	KTAP_PASS,
	KTAP_FAIL,
	KTAP_SKIP,
	KTAP_XFAIL,
	KTAP_NR_VERDICTS,
};

struct ktap_text {
	char **line;
	size_t nr;
};

struct ktap_result {
	char *program; /* cgroup_rmdir */
	char *name; /* cgroup_rmdir.[variant.]test */
	char *reason; /* the text after the verdict, or "" */
	enum ktap_verdict verdict;
	char *invariant; /* NULL: the test did not print one */
	struct ktap_text guards; /* fixes: "93618edf7538 (failure only)" */
	struct ktap_text said; /* its other diagnostic lines */
};

struct ktap_program {
	char *name;
	char *collection; /* "" if the runner's lines were not saved */
	char *reason;
	enum ktap_verdict verdict;
	bool ended; /* the runner has printed its verdict */
	int planned; /* results; -1 if it printed no plan */
	int seen;
	char *running; /* the test that began last, until it has a result */
	struct ktap_text said; /* after its last result */
};

struct ktap {
	struct ktap_result *result;
	size_t nr_results;
	struct ktap_program *program;
	size_t nr_programs;
	int planned; /* programs; -1 if there is no plan */
	size_t garbled; /* lines with a kernel message inside */
	struct ktap_text complaints;
	char *kernel; /* its release, as in uname -r; NULL if unknown */
	struct ktap_text spent; /* "PROGRAM.TEST: reason", each once */
	/* The size of the suite, by its "# suite:" line; 0 if there is none. */
	size_t suite_programs, suite_tests;
};

/* The meaning of a line. A new program or result is the last one in struct ktap. */
enum ktap_event {
	KTAP_NOTHING,
	KTAP_PLAN, /* of programs or of results */
	KTAP_PROGRAM_BEGINS,
	KTAP_SAID,
	KTAP_RESULT,
	KTAP_PROGRAM_ENDS,
};

const char *ktap_verdict_name(enum ktap_verdict verdict);

/* Reads all of @from; 0 or -errno. */
int ktap_read(struct ktap *ktap, FILE *from);

/*
 * The same line by line: ktap_take() changes @line, and ktap_end() completes the
 * complaints. Both fail with -ENOMEM only.
 */
struct ktap_reader *ktap_begin(struct ktap *ktap);
int ktap_take(struct ktap_reader *reader, char *line);
int ktap_end(struct ktap_reader *reader);

/* After KTAP_SAID: the line that was said. */
const char *ktap_last_said(const struct ktap_reader *reader);

/* After KTAP_PLAN: a number of programs, or of one program's results; else -1. */
int ktap_loose_plan(const struct ktap_reader *reader);

size_t ktap_count(const struct ktap *ktap, enum ktap_verdict verdict);

/*
 * For the reason of a test or a program that was not run because an earlier test left the
 * kernel in a bad state: "PROGRAM.TEST: reason" of that test. Otherwise NULL.
 */
const char *ktap_spent_by(const char *reason);

/* Whether the reason is in words: not empty, and no expression or assertion of C. */
bool ktap_is_in_words(const char *reason);

/* The test in a result's name: the part after the last dot. */
const char *ktap_test(const struct ktap_result *result);

/* A result's name without its program: "[variant.]test". */
const char *ktap_short_name(const struct ktap_result *result);

void ktap_free(struct ktap *ktap);

#endif /* TASK_EXIT_KTAP_H */
