/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pidless - a task that loses its pid before its last context switch.
 *
 * To exit is to be released, which takes the pid away, and to switch out for the
 * last time; either may come first. What releases the task here is woken by it,
 * on the CPU of both: a scheduler that lets the woken one preempt the task, and
 * then keeps the task waiting, has one that is still to be scheduled and has no
 * pid any more (see sched_ext/pidless.bpf.h). There are four ways to go:
 *
 * PIDLESS_REAPED
 *	A child. Its parent sleeps in wait(2), is woken, and reaps it.
 *
 * PIDLESS_IGNORED
 *	A child whose parent ignores SIGCHLD: it releases itself. The parent
 *	polls its pidfd for nothing but the end, which comes when the pid is
 *	taken away and not, as other news, when the task has exited.
 *
 * PIDLESS_THREAD
 *	A thread, which releases itself. The leader polls its pidfd.
 *
 * PIDLESS_EXEC
 *	The leader of a process whose other thread, the heir, calls execve(2).
 *	The heir waits for its end, takes its pid, and releases it.
 *
 * And one that takes no scheduler, but a second CPU:
 *
 * PIDLESS_BEHIND
 *	A child on another CPU, of policy SCHED_FIFO. Its parent is too, above
 *	it: it preempts the child, reaps it, and then keeps the CPU for itself
 *	until it is told again.
 */
#ifndef TASK_EXIT_PIDLESS_H
#define TASK_EXIT_PIDLESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "reason.h"

/* The C library's headers are older than this policy. */
#ifndef SCHED_EXT
#define SCHED_EXT 7
#endif

enum pidless_way {
	PIDLESS_REAPED,
	PIDLESS_IGNORED,
	PIDLESS_THREAD,
	PIDLESS_EXEC,
	PIDLESS_BEHIND,
};

struct pidless {
	enum pidless_way way;
	pid_t pid; /* of the task, while it has one */
	pid_t heir; /* PIDLESS_EXEC: of the heir, before it takes @pid */
	pid_t holder; /* our child: the parent, or the process; 0 for none */
	int control; /* a socket to them */
};

const char *pidless_way_name(enum pidless_way way);

/*
 * Starts such a task and who releases it, on this CPU and of this scheduling
 * policy. Returns when it is ready to go; 0, or -errno with the reason,
 * -EOPNOTSUPP where there is no second CPU to be had.
 */
void pidless_start(struct pidless *task, enum pidless_way way, int policy);

/*
 * There RCU has a thread on each CPU for what an interrupt does elsewhere: who keeps
 * a CPU for himself keeps every grace period from ending. And not every wakeup by
 * a task that exits preempts it.
 */
bool is_preempt_rt(void);

/*
 * Lets it exit; 0 or -errno. PIDLESS_BEHIND: and, the second time, get to its last
 * switch.
 */
int pidless_go(struct pidless *task);

/* Kills and reaps all of them; harmless where there is none. */
void pidless_end(struct pidless *task);

#endif /* TASK_EXIT_PIDLESS_H */
