/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_run - the running test: its steps, its failures, and how it ends.
 *
 * The harness forks a process for each test, so there is one running
 * test, and everything in lib/ and in the test reaches it here. Any function, at
 * any depth, may end the test: test_skip() where the kernel or the machine lacks
 * something, test_error() where the setup failed, test_stop() after a failure.
 * What a test creates is removed at its end, however it ends: lib/ registers
 * that by itself, a test does so with test_at_end().
 */
#ifndef TASK_EXIT_TEST_RUN_H
#define TASK_EXIT_TEST_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"
#include "compiler.h"
#include "events.h"
#include "fixes.h"
#include "klog.h"
#include "reason.h"

#define TEST_CASE_MAX_FIXES 8

/* A fix that a test guards: see FAILS_WITHOUT() and MAY_FAIL_WITHOUT() in test.h. */
struct guarded_fix {
	enum fix_id id;
	bool failure_only; /* the test may pass without it: a pass proves nothing */
};

/* What a test declares about itself. */
struct test_case {
	const char *program;
	const char *name;
	const char *invariant;
	struct guarded_fix fixes[TEST_CASE_MAX_FIXES];
	struct test_case *next;
};

/* The part of the harness's data that a result is written to. */
struct test_result {
	int timeout; /* in seconds: the harness kills the test then */
	int *exit_code; /* KSFT_PASS, ... */
	char *reason; /* is printed on the result line */
	size_t reason_size;
};

struct test {
	const struct test_case
		*test_case; /* NULL: no test runs in this process */
	struct cgroup root; /* this test's cgroup */
	struct event_log *log; /* the steps, and the events of a BPF scheduler */
	struct reason reason; /* why the last call into lib/ failed */
	struct klog klog; /* a message that a test reads here does not fail it */
};

extern struct test test;

/* For the harness's glue in test.h. */
void test_begin(const struct test_case *test_case,
		const struct test_result *result);
void test_end(void);
void test_assertion(const char *file, int line);

/* A step of the test, for the timeline. */
__printf(1, 2) void test_step(const char *fmt, ...);

/* The invariant does not hold; a kernel with @fix would not do this. */
__printf(2, 3) void test_fail(enum fix_id fix, const char *fmt, ...);

/*
 * An expected failure: a known bug that no release has fixed, or behaviour that
 * upstream has not decided on. It is a failure with TASK_EXIT_STRICT=1.
 */
__printf(1, 2) void test_xfail(const char *fmt, ...);

bool test_has_failed(void);

/* Each of these ends the test, from any depth. A test that has failed is not skipped. */
__noreturn void test_stop(void);
__printf(1, 2) __noreturn void test_skip(const char *fmt, ...);
__printf(1, 2) __noreturn void test_error(const char *fmt, ...);

/*
 * Ends the test unless @err is 0, with test.reason as the explanation: skipped
 * on -EOPNOTSUPP, as the kernel or the machine lacks something.
 */
void test_skip_or_error(int err);

/* Fails and ends the test unless @cond is true, as it is on a kernel with @fix. */
#define test_require(cond, fix, ...)                 \
	do {                                         \
		if (!(cond)) {                       \
			test_fail(fix, __VA_ARGS__); \
			test_stop();                 \
		}                                    \
	} while (0)

/* Ends the test unless @err is 0: "the formatted text: No such file or directory". */
__printf(2, 3) void test_must_call(int err, const char *fmt, ...);

/*
 * These call @fn(@arg) when the test ends, last registered first. @arg must not be on
 * the stack. Everything that others may wait for, such as a held task, is released
 * first. Before the last ones, all children of the test are killed.
 */
void test_at_end_first(void (*fn)(void *arg), void *arg);
void test_at_end(void (*fn)(void *arg), void *arg);
void test_at_end_last(void (*fn)(void *arg), void *arg);

/* Prints which upstream commit this kernel lacks; a skipped test may do so too. */
void test_print_missing(enum fix_id id);

/* @text, which must outlive the test, becomes part of a failure's explanation. */
void test_quote(const char *text);

/* Creates @name below @parent, named so in the timeline, or ends the test. */
void test_cgroup(struct cgroup *cg, const struct cgroup *parent,
		 const char *name);

/* A descriptor of @cg, for fork_into(); or ends the test. */
int test_open(const struct cgroup *cg);

/* Enables @controller for the children of @cg, or skips the test. */
void test_enable(const struct cgroup *cg, const char *controller);

/* Enables @controller in cgroup.subtree_control of @cg alone, or ends the test. */
void test_delegate(const struct cgroup *cg, const char *controller);

/*
 * These end the test where the file cannot be read, so that an error of the test is
 * not taken for an answer of the kernel. They are cgroup_read_key(),
 * cgroup_populated() and cgroup_lists() otherwise.
 */
long test_key(const struct cgroup *cg, const char *file, const char *key);
bool test_populated(const struct cgroup *cg);
bool test_lists(const struct cgroup *cg, const char *file, pid_t pid);

#endif /* TASK_EXIT_TEST_RUN_H */
