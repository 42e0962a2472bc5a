// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_explore - random sequences of operations on cgroups and exiting tasks.
 *
 * The invariant. After each operation all files show what a model of Linux 7.3
 * promises (explore/view.c has the rules): cgroups are created, removed, frozen and
 * killed, controllers enabled and disabled, tasks started, moved, held while they exit,
 * released and reaped, in an order that nobody has chosen.
 *
 * History. Any change: the other programs of the suite test the sequences
 * that their authors thought of.
 *
 * The window. A task is held in exit_files() or in
 * zap_pid_ns_processes() (explore/machine.h), or is seen at the moment at which its
 * exit wakes the explorer, a SCHED_FIFO task on the same CPU.
 *
 * Consequence. The failure names the rule, and the shortest sequence that
 * breaks it; "task_exit explore --replay" replays it.
 */
#include "test.h"
#include "in_test.h"

/* Of the fixed seeds of this test: what they take on an emulated CPU is about 5 s. */
#define SEQUENCES 40

static void setup(void)
{
	start_machine();
}

TEST_INVARIANT(random_sequences_show_what_is_promised,
	       "after each operation of a random sequence, the files of all cgroups and tasks show what a model of Linux 7.3 promises",
	       MAY_FAIL_WITHOUT(FIX_DEFER_UNLINK),
	       MAY_FAIL_WITHOUT(FIX_HIDE_DEAD),
	       MAY_FAIL_WITHOUT(FIX_DEFER_RMDIR_KILL),
	       MAY_FAIL_WITHOUT(FIX_PER_CSS_KILL),
	       MAY_FAIL_WITHOUT(FIX_CLONE_INTO_KILLED))
{
	bool whole = explore(&campaign, 1, SEQUENCES, MAX_SECONDS, fail_test);

	machine_stop();
	test_require(whole, FIX_NONE, "%s", campaign.broken.text);
}

static int run_or_explore(int argc, char **argv)
{
	return getenv("TASK_EXIT_EXPLORE") ? explore_instead_of_suite() :
					     run_program(argc, argv);
}

static void __attribute__((constructor)) replace_run(void)
{
	this_program.run = run_or_explore;
}
