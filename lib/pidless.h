/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pidless - a task that loses its pid before its last context switch.
 *
 * release_task() takes a task's pid away, and finish_task_switch() ends the task
 * for good; either may come first. Here the pid goes first: the exiting task wakes
 * the task that releases it, on the same CPU. A BPF scheduler lets the woken task
 * preempt the exiting one and then delays the exiting one, which is runnable and
 * has no pid (sched_ext/pidless.bpf.h). There are four ways:
 *
 * PIDLESS_REAPED
 *	A child. Its parent sleeps in wait(2), is woken, and reaps it.
 *
 * PIDLESS_IGNORED
 *	A child whose parent ignores SIGCHLD: the child releases itself. The
 *	parent polls a pidfd with events = 0, so that only POLLHUP (the pid is
 *	released) wakes it, and not the exit.
 *
 * PIDLESS_THREAD
 *	A thread, which releases itself. The leader polls its pidfd.
 *
 * PIDLESS_EXEC
 *	The leader of a process whose other thread, the successor, calls
 *	execve(2). The successor waits for the leader's exit, takes over its pid and
 *	releases it.
 *
 * One more way needs no scheduler but a second CPU:
 *
 * PIDLESS_PREEMPTED
 *	A SCHED_FIFO child on another CPU. Its parent runs there with a higher
 *	priority: it preempts the child, reaps it, and keeps the CPU until the
 *	next order.
 */
#ifndef TASK_EXIT_PIDLESS_H
#define TASK_EXIT_PIDLESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "helper.h"

enum pidless_way {
	PIDLESS_REAPED,
	PIDLESS_IGNORED,
	PIDLESS_THREAD,
	PIDLESS_EXEC,
	PIDLESS_PREEMPTED,
};

struct pidless {
	enum pidless_way way;
	pid_t pid; /* of the task, while it has one */
	pid_t successor; /* PIDLESS_EXEC: its tid, before it takes over @pid */
	struct helper releaser; /* the parent, or the process */
};

/* "a thread" */
const char *pidless_way_name(enum pidless_way way);

/*
 * Starts such a task and its releaser on this CPU, with this scheduling policy, and
 * returns when both are ready. Ends the test where this fails: skipped if there
 * is no second CPU.
 */
void pidless_start(struct pidless *task, enum pidless_way way, int policy);

/* The same for a test that explains a failure itself: 0 or -errno. */
int pidless_try_start(struct pidless *task, enum pidless_way way, int policy);

/*
 * Orders the task to exit; 0 or -errno. PIDLESS_PREEMPTED: a second order lets the
 * task reach its last context switch.
 */
int pidless_exit(struct pidless *task);

/* Kills and reaps both; the end of the test does so, too. */
void pidless_end(struct pidless *task);

/*
 * On PREEMPT_RT, RCU needs a thread on each CPU, so a task that keeps a CPU blocks
 * every grace period; and a task that an exiting one wakes may not preempt it.
 */
bool is_preempt_rt(void);

#endif /* TASK_EXIT_PIDLESS_H */
