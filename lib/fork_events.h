/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fork_events - news of forks that are not done yet.
 *
 * The kernel's process connector tells of a fork when the child has its pid, and
 * before cgroup_post_fork() puts it into a cgroup. Who listens as a FIFO task, on
 * the CPU of the parent, preempts it there: the fork goes on when he sleeps. That
 * takes a kernel that can be preempted (PREEMPT_LAZY, PREEMPT, PREEMPT_RT).
 */
#ifndef TASK_EXIT_FORK_EVENTS_H
#define TASK_EXIT_FORK_EVENTS_H

#include <sys/types.h>

#include "reason.h"

/* A descriptor; or -errno and the reason, -EOPNOTSUPP where there is no such news. */
int fork_events_open(struct reason *reason);

/* The next child of @parent, or -ETIMEDOUT. */
pid_t fork_events_next(int events, pid_t parent, int ms);

#endif /* TASK_EXIT_FORK_EVENTS_H */
