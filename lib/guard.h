/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard - the process that cleans up, whatever happens to the tests.
 *
 * A test program is two processes: the guard, which is the one that was
 * started, and its child, which runs the tests. The guard makes the run's
 * cgroup root, waits, and when the child has ended (by itself, by a crash, by
 * SIGINT or SIGTERM to the guard) kills and reaps every descendant and removes
 * the root. It is their subreaper, so that none gets away; if the guard itself
 * is killed, the descendants get SIGKILL through a lifeline, and the cgroups
 * are swept by the next run.
 */
#ifndef TASK_EXIT_GUARD_H
#define TASK_EXIT_GUARD_H

#include "reason.h"

/* Runs the tests under guard; returns the exit status for main(). */
int guard_run(int (*run)(int argc, char **argv), int argc, char **argv);

/* In a test's process: die when the guard does, with the whole process group. */
void guard_hold_lifeline(void);

#endif /* TASK_EXIT_GUARD_H */
