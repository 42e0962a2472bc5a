/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * held_task - a task that is held while it exits, for as long as the test wants.
 *
 * Between exit_signals(), which sets PF_EXITING, and its last context switch a
 * task still runs. This suite looks into that window; a hold keeps it open
 * without a race:
 *
 * HOLD_ZAP_PIDNS
 *	The task is the init process of a pid namespace and was killed. do_exit() calls
 *	zap_pid_ns_processes(), which waits until every other process of the namespace is
 *	reaped. One is left, the witness. Its parent is a helper outside of the
 *	namespace, which reaps it when the test says so. While it waits the task
 *	sleeps, but its last context switch is still to come.
 *
 * HOLD_ZOMBIE
 *	The task is dead and its parent does not reap it. It has switched out
 *	for the last time: only its task_struct is left.
 *
 * HOLD_ZOMBIE_LEADER
 *	The leader of a process has exited, another thread of the process has not.
 *
 * HOLD_EXIT_FILES
 *	The task exits with a file open whose close blocks (blocking_file.h). It
 *	waits in exit_files(). Kernels before 6.19 unlink a task from its cgroup in
 *	do_exit(), after exit_files(): there the task is still in its cgroup.
 *
 * HOLD_THREAD
 *	The same, but the task is a thread other than the leader, and its process
 *	keeps running.
 *
 * HOLD_TRACED
 *	A zombie that its parent cannot reap, because a tracer would have to reap it first
 *	and does not.
 *
 * HOLD_VFORK
 *	A zombie whose parent slept in vfork(2) until it exited.
 *
 * HOLD_EXEC
 *	A thread other than the leader executes a program, which kills all other
 *	threads. The leader is a zombie and still part of the process, as the exec
 *	waits for a third thread, which is held in exit_files(). The cgroup must be
 *	threaded: only the leader dies there, the other two threads have moved to
 *	the parent cgroup.
 */
#ifndef TASK_EXIT_HELD_TASK_H
#define TASK_EXIT_HELD_TASK_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"
#include "helper.h"
#include "reason.h"

enum hold_kind {
	HOLD_ZAP_PIDNS,
	HOLD_ZOMBIE,
	HOLD_ZOMBIE_LEADER,
	HOLD_EXIT_FILES,
	HOLD_THREAD,
	HOLD_TRACED,
	HOLD_VFORK,
	HOLD_EXEC,
};

struct held_task {
	enum hold_kind hold;
	pid_t pid; /* the exiting task; a tid, with HOLD_THREAD */
	pid_t process; /* its process */
	pid_t witness; /* HOLD_ZAP_PIDNS: the process whose reaping releases the task */
	struct helper holder; /* the task's parent */
};

/* "a zombie" */
const char *hold_name(enum hold_kind hold);

/*
 * Starts a task in @cg, which exits, and returns when the task is held. Ends the
 * test where this fails: skipped where the kernel cannot hold a task this way. The
 * task is released at the end of the test, before anything else is cleaned up.
 */
void hold_task(struct held_task *task, enum hold_kind hold,
	       const struct cgroup *cg);

/* The same for @nr tasks. */
void hold_tasks(struct held_task *tasks, int nr, enum hold_kind hold,
		const struct cgroup *cg);

/* Ends the test unless the task is in the window, by what /proc says now. */
void assert_held(const struct held_task *task);
void assert_all_held(const struct held_task *tasks, int nr);

/* Lets the task finish and has it reaped. A task that does not end ends the test. */
void release_task(struct held_task *task);
void release_tasks(struct held_task *tasks, int nr);

/*
 * The parts of these, for tests that need them: 0, or -errno and the reason;
 * -EOPNOTSUPP where the kernel cannot hold a task this way.
 */
int held_task_start(struct held_task *task, enum hold_kind hold,
		    const struct cgroup *cg, struct reason *reason);
bool held_task_is_held(const struct held_task *task);
int held_task_finish(struct held_task *task);

/*
 * The first half of held_task_finish(), for a process other than the one that
 * started the task, which still calls held_task_finish().
 */
int held_task_let_go(const struct held_task *task);

#endif /* TASK_EXIT_HELD_TASK_H */
