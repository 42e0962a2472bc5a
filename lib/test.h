/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test - the glue between a test program and kselftest's harness.
 *
 * The Makefile defines TEST_PROGRAM as the program's name. A program defines
 * setup(), which runs before each of its tests, and its tests:
 *
 *	TEST_INVARIANT(zombie_does_not_block_rmdir,
 *		       "rmdir of a cgroup with only a zombie in it succeeds",
 *		       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL))
 *	{
 *		...
 *	}
 *
 * Each test has a process, so its data may be static variables.
 * Functions use test_fail() and the like (test_run.h) for the kernel's promises, and
 * ASSERT_*() for the machine: a fork, an open file.
 */
#ifndef TASK_EXIT_TEST_H
#define TASK_EXIT_TEST_H

#include <poll.h>
#include <signal.h>

#include "kselftest_harness.h"

/*
 * The harness prints a failed assertion with this macro. test_assertion() saves its place
 * for the result line.
 */
#undef __TH_LOG
#define __TH_LOG(fmt, ...)                                               \
	do {                                                             \
		test_assertion(__FILE__, __LINE__);                      \
		fprintf(TH_LOG_STREAM, "# %s:%d:%s:" fmt "\n", __FILE__, \
			__LINE__, _metadata->name, ##__VA_ARGS__);       \
	} while (0)

/*
 * After this many seconds the harness kills the test and the supervisor. The supervisor
 * gives up on the test EXPLANATION_S earlier and prints why (test_run.c).
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 180

#include "call.h"
#include "cgroup.h"
#include "held_task.h"
#include "program.h"
#include "test_run.h"
#include "timeline.h"
#include "wait.h"

#define TEST_STRING_(name) #name
#define TEST_STRING(name) TEST_STRING_(name)
#define TEST_F_(program, name) TEST_F(program, name)
#define FIXTURE_(program) FIXTURE(program)
#define FIXTURE_SETUP_(program) FIXTURE_SETUP(program)
#define FIXTURE_TEARDOWN_(program) FIXTURE_TEARDOWN(program)
#define FIXTURE_VARIANT_(program) FIXTURE_VARIANT(program)
#define FIXTURE_VARIANT_ADD_(program, name) FIXTURE_VARIANT_ADD(program, name)

/* Runs before each test of the program. */
static void setup(void);

/*
 * ASSERT_*() and EXPECT_*() refer to a variable of this name: it allows them in
 * every function of a test program.
 */
static struct __test_metadata *_metadata;

/* The variant of the test, in a program that has variants. */
static const FIXTURE_VARIANT_(TEST_PROGRAM) * variant;

FIXTURE_(TEST_PROGRAM)
{
	int unused;
};

/* setup() is called within the test, where a failure is cleaned up after. */
FIXTURE_SETUP_(TEST_PROGRAM)
{
}

FIXTURE_TEARDOWN_(TEST_PROGRAM)
{
	test_end();
}

static inline void run_test(struct __test_metadata *metadata,
			    const FIXTURE_VARIANT_(TEST_PROGRAM) * this_variant,
			    const struct test_case *test_case,
			    void (*body)(void))
{
	const struct test_result result = {
		.timeout = metadata->timeout,
		.exit_code = &metadata->exit_code,
		.reason = metadata->results->reason,
		.reason_size = sizeof(metadata->results->reason),
	};

	_metadata = metadata;
	variant = this_variant;
	test_begin(test_case, &result);
	setup();
	body();
	test_stop();
}

/*
 * The fixes that a test guards. The test fails on every kernel that has the bug and lacks
 * the fix. So a pass proves that the kernel has the fix or never had the bug. A failure that
 * names the fix in test_fail() proves that the kernel lacks it.
 */
#define FAILS_WITHOUT(fix) { .id = (fix) }

/* The test may pass without the fix: only a failure proves something. */
#define MAY_FAIL_WITHOUT(fix) { .id = (fix), .failure_only = true }

/* No known fix establishes the invariant. */
#define NO_FIX { .id = FIX_NONE }

/* TEST_INVARIANT(name, "invariant", FAILS_WITHOUT(FIX_...), ...) { body } */
#define TEST_INVARIANT(test_name, text, ...)                                \
	static void test_name(void);                                        \
	static struct test_case test_name##_case = {                        \
		.program = TEST_STRING(TEST_PROGRAM),                       \
		.name = #test_name,                                         \
		.invariant = text,                                          \
		.fixes = { __VA_ARGS__ },                                   \
	};                                                                  \
	static void __attribute__((constructor)) list_##test_name(void)     \
	{                                                                   \
		test_case_register(&test_name##_case);                      \
	}                                                                   \
	TEST_F_(TEST_PROGRAM, test_name)                                    \
	{                                                                   \
		run_test(_metadata, variant, &test_name##_case, test_name); \
	}                                                                   \
	static void test_name(void)

/* kselftest reports a program as skipped only by its exit status. */
static inline void conclude_program(void)
{
	if (!ksft_plan)
		return;
	print_suite();
	fflush(NULL);
	if (ksft_cnt.ksft_xskip == ksft_plan)
		_exit(KSFT_SKIP);
}

static int run_program(int argc, char **argv);

static struct program this_program = {
	.name = TEST_STRING(TEST_PROGRAM),
	.run = run_program,
};

static int run_program(int argc, char **argv)
{
	if (this_program.prepare)
		this_program.prepare();
	atexit(conclude_program);
	return test_harness_run(argc, argv);
}

static void __attribute__((constructor)) register_program(void)
{
	program_register(&this_program);
}

#endif /* TASK_EXIT_TEST_H */
