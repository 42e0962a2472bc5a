/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exiting - a task that is held while it exits, for as long as the test wants.
 *
 * Between exit_signals(), which sets PF_EXITING, and its last context switch a
 * task still runs. That window is what this suite looks into; a hold keeps it
 * open without racing anything:
 *
 * HOLD_PIDNS
 *	The task is the init of a pid namespace and has been killed. It waits
 *	in zap_pid_ns_processes(), called from do_exit(), until the last
 *	process of its namespace is reaped; the parent of that one is a helper
 *	outside, which reaps it when the test says so. The task has switched
 *	out many times by then, but not for the last time.
 *
 * HOLD_ZOMBIE
 *	The task is dead and its parent does not reap it. It has switched out
 *	for the last time: nothing of it runs, only its task_struct is there.
 *
 * HOLD_ZOMBIE_LEADER
 *	The leader of a process has exited, another thread of it lives on.
 *
 * HOLD_FUSE
 *	The task exits with a file open whose close blocks (stuck_file.h). It
 *	waits in exit_files(), early in do_exit(): even kernels that unlink a
 *	task from its cgroup in do_exit() have not done so yet.
 *
 * HOLD_THREAD
 *	The same, but the task is a thread other than the leader, and its
 *	process lives on.
 *
 * HOLD_TRACED
 *	A zombie that nobody can reap, its parent neither: its tracer has first
 *	call, and does not wait for it.
 *
 * HOLD_VFORK
 *	A zombie whose parent slept in vfork(2) until it exited.
 *
 * HOLD_EXEC
 *	A thread other than the leader executes a program, for which all others
 *	have to die. The leader has: it is a zombie, as yet in the process. The
 *	execution waits for a third thread, which is held in exit_files(). The
 *	cgroup must be threaded: of its process only the leader dies there,
 *	the other two have moved to the parent.
 */
#ifndef TASK_EXIT_EXITING_H
#define TASK_EXIT_EXITING_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"
#include "reason.h"

enum exiting_hold {
	HOLD_PIDNS,
	HOLD_ZOMBIE,
	HOLD_ZOMBIE_LEADER,
	HOLD_FUSE,
	HOLD_THREAD,
	HOLD_TRACED,
	HOLD_VFORK,
	HOLD_EXEC,
};

struct exiting {
	enum exiting_hold hold;
	pid_t pid; /* the exiting task; a tid, with HOLD_THREAD */
	pid_t process; /* its process */
	pid_t witness; /* HOLD_PIDNS: the process whose reaping releases it */
	pid_t holder; /* our child, its parent; 0 once it is released */
	int control; /* a socket to the holder */
};

const char *exiting_hold_name(enum exiting_hold hold);

/*
 * Starts a task in @cg, lets it exit and returns when it is seen to be held.
 * 0, or -errno with the reason; -EOPNOTSUPP where this kernel cannot hold one
 * this way.
 */
int exiting_start(struct exiting *task, enum exiting_hold hold,
		  const struct cgroup *cg, struct reason *reason);

/* Whether it is still in the window, by what /proc says now. */
bool exiting_is_held(const struct exiting *task);

/* Lets it finish and has it reaped; 0 or -errno. */
int exiting_release(struct exiting *task);

/*
 * The first half of that, for a process beside the one that started the task, which
 * still has to call exiting_release().
 */
int exiting_let_go(const struct exiting *task);

/* For teardown: the same by force, and harmless on one that is gone. */
void exiting_destroy(struct exiting *task);

/* The same for @nr tasks; if one cannot be started, none is. */
int exiting_start_all(struct exiting *tasks, int nr, enum exiting_hold hold,
		      const struct cgroup *cg, struct reason *reason);
bool exiting_all_held(const struct exiting *tasks, int nr);
int exiting_release_all(struct exiting *tasks, int nr);
void exiting_destroy_all(struct exiting *tasks, int nr);

#endif /* TASK_EXIT_EXITING_H */
