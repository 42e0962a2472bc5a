/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard - the process that cleans up after the tests.
 *
 * The process that the user starts is the guard. It creates the run's root cgroup and
 * forks a child, which runs the tests. When the child has ended, or the guard has received
 * SIGINT, SIGTERM, SIGHUP or SIGQUIT, it kills and reaps all descendants (it is their
 * subreaper) and removes the root. If the guard itself is killed, the hangup of a pipe kills the
 * descendants, and the next run removes the cgroups. Each wait of the guard has
 * a time limit: it ends on a kernel that keeps a descendant or a cgroup, too.
 */
#ifndef TASK_EXIT_GUARD_H
#define TASK_EXIT_GUARD_H

#include "reason.h"

/* Runs the tests under guard; returns the exit status for main(). */
int guard_run(int (*run)(int argc, char **argv), int argc, char **argv);

/* In a test's process: the kernel kills its process group when the guard dies. */
void guard_join(void);

#endif /* TASK_EXIT_GUARD_H */
