/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fork_events - stop in the middle of a fork.
 *
 * The kernel's process connector reports a fork when the child has its pid, and
 * before cgroup_post_fork() adds it to a cgroup. A listener that is a SCHED_FIFO task on
 * the parent's CPU preempts the parent there: the fork continues when the listener
 * sleeps. This needs a preemptible kernel (PREEMPT_LAZY, PREEMPT, PREEMPT_RT).
 */
#ifndef TASK_EXIT_FORK_EVENTS_H
#define TASK_EXIT_FORK_EVENTS_H

#include <sys/types.h>

#include "reason.h"

/* A descriptor; or -errno and the reason, -EOPNOTSUPP if the kernel reports no forks. */
int fork_events_open(struct reason *reason);

/* The next child of @parent, or -ETIMEDOUT. */
pid_t fork_events_next(int events, pid_t parent, int ms);

#endif /* TASK_EXIT_FORK_EVENTS_H */
