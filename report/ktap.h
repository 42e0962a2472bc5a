/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ktap - reads test results from wherever they were saved.
 *
 * That may be vm/run's results, the output of run_kselftest.sh or of one test
 * program, or the log of a serial console with the kernel's own lines between
 * and within. It is read as far as it goes; what does not add up is complained
 * of, as a test that has left no result may be the one that matters.
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

/* Lines, in one block of text each. */
struct ktap_text {
	char **line;
	size_t nr;
};

struct ktap_result {
	char *program; /* cgroup_rmdir */
	char *name; /* cgroup_rmdir.[variant.]test */
	char *reason; /* what stands behind the verdict; "" if nothing does */
	enum ktap_verdict verdict;
	struct ktap_text said; /* its explanation */
};

struct ktap_program {
	char *name;
	char *reason;
	enum ktap_verdict verdict;
	bool ended; /* the runner has told its verdict */
	int planned; /* results; -1 if it has not told */
	int seen;
	char *running; /* the test that had begun last; NULL once it has ended */
	struct ktap_text said; /* since its last result */
};

struct ktap {
	struct ktap_result *result;
	size_t nr_results;
	struct ktap_program *program;
	size_t nr_programs;
	int planned; /* programs; -1 if nobody has told */
	size_t garbled; /* lines that others have written into */
	struct ktap_text complaints;
	char *kernel; /* its release, as uname -r has it; NULL: nobody has told */
};

const char *ktap_verdict_name(enum ktap_verdict verdict);

/* Reads all of @from; 0, or -errno. What is wrong with it is in ->complaints. */
int ktap_read(struct ktap *ktap, FILE *from);

size_t ktap_count(const struct ktap *ktap, enum ktap_verdict verdict);

/* The test in a result's name: what stands behind the last dot. */
const char *ktap_test(const struct ktap_result *result);

void ktap_free(struct ktap *ktap);

#endif /* TASK_EXIT_KTAP_H */
