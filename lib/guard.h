/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard - the process that cleans up after the tests.
 *
 * A test program is two processes: the guard, which the user started, and its
 * child, which runs the tests. The guard creates the run's root cgroup and waits.
 * When the child has ended (by itself, by a crash, or as the guard got SIGINT or
 * SIGTERM), the guard kills and reaps all descendants, as their subreaper, and
 * removes the root. If the guard itself is killed, the kernel kills the
 * descendants through a pipe, and the next run removes the cgroups.
 */
#ifndef TASK_EXIT_GUARD_H
#define TASK_EXIT_GUARD_H

#include "reason.h"

/* Runs the tests under guard; returns the exit status for main(). */
int guard_run(int (*run)(int argc, char **argv), int argc, char **argv);

/* In a test's process: the kernel kills its process group when the guard dies. */
void guard_join(void);

#endif /* TASK_EXIT_GUARD_H */
