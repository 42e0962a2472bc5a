/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test - what every test program includes: kselftest's harness, and the way
 * from a test of it to a story.
 *
 * A program has one fixture, named after the program, whose data begin with a
 * struct stage. BROKEN() is this suite's EXPECT: it notes the breach and the
 * commit that mends it, and the test goes on to see what else there is to see.
 * ASSERT_*() are for the stage: a test that cannot set it fails, or leaves with
 * SKIP() where the machine lacks something.
 */
#ifndef TASK_EXIT_TEST_H
#define TASK_EXIT_TEST_H

#include <poll.h>
#include <signal.h>

#include "kselftest_harness.h"

/*
 * The harness kills a test after this many seconds, and its explanation with it:
 * so give it more than all waits of one test can take together.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 120

#include "cgroup.h"
#include "exiting.h"
#include "guard.h"
#include "klog.h"
#include "program.h"
#include "removal.h"
#include "story.h"
#include "wait.h"

struct stage {
	struct story story;
	struct klog klog;
	struct cgroup root; /* this test's own, below the run's root */
	struct reason reason; /* why something could not be had */
};

static inline int stage_set(struct stage *stage, const char *program,
			    const char *test)
{
	int err;

	guard_hold_lifeline();
	klog_start(&stage->klog);
	err = story_begin(&stage->story, program, test);
	if (err) {
		ksft_print_msg("lib/fixes.c has no invariant for %s.%s\n",
			       program, test);
		return err;
	}
	err = cgroup_create(&stage->root, NULL, test);
	/* Left by another variant of this test, which died on the stage. */
	if (err == -EEXIST)
		err = cgroup_remove(&stage->root) ?:
			      cgroup_create(&stage->root, NULL, test);
	return err;
}

static inline void print_kernel_report(char *report)
{
	char *line, *save = NULL;

	for (line = strtok_r(report, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		ksft_print_msg("kernel: %s\n", line);
}

static inline bool strict(void)
{
	const char *value = getenv("TASK_EXIT_STRICT");

	return value && !strcmp(value, "1");
}

/* What the story so far makes of the test's result. */
static inline void stage_conclude(struct stage *stage,
				  struct __test_metadata *_metadata)
{
	struct story *story = &stage->story;

	if (story->broken)
		_metadata->exit_code = KSFT_FAIL;
	else if (story->undecided && _metadata->exit_code == KSFT_PASS)
		_metadata->exit_code = strict() ? KSFT_FAIL : KSFT_XFAIL;
	if (story->broken || story->undecided)
		snprintf(_metadata->results->reason,
			 sizeof(_metadata->results->reason), "%s",
			 story->broken ? story->first : story->first_undecided);
}

/* Explains the test if it failed, and removes what it made. */
static inline void stage_strike(struct stage *stage,
				struct __test_metadata *_metadata)
{
	struct story *story = &stage->story;
	char report[4096];
	int alarms;

	if (!story->log)
		return;
	alarms = klog_stop(&stage->klog, report, sizeof(report));
	if (alarms)
		story_broken(story, FIX_NONE,
			     "the kernel log has %d line(s) of trouble",
			     alarms);
	stage_conclude(stage, _metadata);
	if (_metadata->exit_code == KSFT_FAIL ||
	    _metadata->exit_code == KSFT_XFAIL)
		story_explain(story);
	if (alarms)
		print_kernel_report(report);

	/* Last, as it may take long, or for ever. */
	if (cgroup_remove(&stage->root)) {
		story_broken(story, FIX_NONE,
			     "the test's cgroups cannot be removed afterwards");
		stage_conclude(stage, _metadata);
		ksft_print_msg("failure: %s\n", story->first);
	}
	story_end(story);
}

#define SET_STAGE()                                                    \
	ASSERT_EQ(0, stage_set(&self->stage, _metadata->fixture->name, \
			       _metadata->name))

#define STRIKE_STAGE() stage_strike(&self->stage, _metadata)

/*
 * SKIP() for a setup, after which the harness runs no teardown; in a test that
 * holds something SKIP() is right.
 */
#define LEAVE(fmt, ...)                 \
	SKIP(                           \
		{                       \
			STRIKE_STAGE(); \
			return;         \
		},                      \
		fmt, ##__VA_ARGS__)

/* The reason is told where the stage cannot be set but should be. */
#define ASSERT_STAGED(err)                                       \
	ASSERT_EQ(0, err)                                        \
	{                                                        \
		ksft_print_msg("%s\n", self->stage.reason.text); \
	}

#define STEP(fmt, ...) story_step(&self->stage.story, fmt, ##__VA_ARGS__)

#define BROKEN(fix, fmt, ...)                                              \
	do {                                                               \
		_metadata->exit_code = KSFT_FAIL;                          \
		story_broken(&self->stage.story, fix, fmt, ##__VA_ARGS__); \
	} while (0)

/* See story_undecided(). */
#define UNDECIDED(fmt, ...) \
	story_undecided(&self->stage.story, fmt, ##__VA_ARGS__)

/* In a test: holds a task in @cg, or leaves, skipped where the kernel cannot. */
#define HOLD(task, hold, cg)                                                \
	do {                                                                \
		int __err =                                                 \
			exiting_start(task, hold, cg, &self->stage.reason); \
		if (__err == -EOPNOTSUPP)                                   \
			SKIP(return, "%s", self->stage.reason.text);        \
		ASSERT_STAGED(__err);                                       \
		STEP("task %d exits and is %s", (task)->pid,                \
		     exiting_hold_name(hold));                              \
	} while (0)

/* The oracle's word on the rules of a mask; see story_judge(). */
#define JUDGE(rules, fix)                                                  \
	do {                                                               \
		ASSERT_EQ(0, story_judge(&self->stage.story, rules, fix)); \
		if (self->stage.story.broken)                              \
			_metadata->exit_code = KSFT_FAIL;                  \
	} while (0)

/* In a setup: a scheduler's load and attach, or leave the stage. */
#define LOAD(scheduler)                                                       \
	do {                                                                  \
		int __err = scheduler_load(scheduler, &self->stage.reason) ?: \
				    scheduler_attach(scheduler,               \
						     &self->stage.reason);    \
		if (__err == -EBUSY)                                          \
			LEAVE("%s", self->stage.reason.text);                 \
		ASSERT_STAGED(__err);                                         \
	} while (0)

/* In a test: attaches a scheduler that is loaded, or leaves the test. */
#define ATTACH(scheduler)                                                     \
	do {                                                                  \
		int __err = scheduler_attach(scheduler, &self->stage.reason); \
		if (__err == -EBUSY)                                          \
			SKIP(return, "%s", self->stage.reason.text);          \
		ASSERT_STAGED(__err);                                         \
		STEP("the scheduler is loaded");                              \
	} while (0)

/* kselftest reports a program as skipped only by its exit status. */
static inline void exit_skipped_if_all_were(void)
{
	if (!ksft_plan || ksft_cnt.ksft_xskip != ksft_plan)
		return;
	fflush(NULL);
	_exit(KSFT_SKIP);
}

static inline void print_suite(void)
{
	if (ksft_plan)
		program_print_suite();
}

/* @prepare is done once, before the harness forks a process for each test. */
#define DEFINE_TEST_PROGRAM(program_name, prepare)                      \
	static int run_program(int argc, char **argv)                   \
	{                                                               \
		prepare;                                                \
		atexit(exit_skipped_if_all_were);                       \
		atexit(print_suite);                                    \
		return test_harness_run(argc, argv);                    \
	}                                                               \
	static struct program this_program = { .name = #program_name,   \
					       .run = run_program };    \
	static void __attribute__((constructor)) register_program(void) \
	{                                                               \
		program_register(&this_program);                        \
	}

/* At the end of a test program, in the place of TEST_HARNESS_MAIN. */
#define TEST_PROGRAM(program_name) DEFINE_TEST_PROGRAM(program_name, (void)0)

#endif /* TASK_EXIT_TEST_H */
