/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * call - a system call that may never return.
 *
 * A broken kernel may put rmdir(2) into an uninterruptible sleep that never
 * ends. So a child makes such a call, and the test waits for it with a deadline.
 * Where the call sleeps, the child is released and reaped at the end of the test.
 */
#ifndef TASK_EXIT_CALL_H
#define TASK_EXIT_CALL_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"

struct call {
	pid_t pid; /* the child that makes the call; 0: none */
	bool returned; /* the call has returned ... */
	int err; /* ... this: 0, or -errno */
	char where[384]; /* where it sleeps, if it has not returned */
	char what[96]; /* "rmdir c", for the timeline */
	const struct cgroup *cg; /* of call_write() */
	char file[32];
	char text[64];
};

/*
 * Starts @fn(@arg) in a child. Its result must fit -127..127. @call and @arg
 * must outlive the test's function.
 */
int call_start(struct call *call, int (*fn)(const void *arg), const void *arg,
	       const char *what);

/*
 * Waits @ms for the call to return. After that, waits until the call has returned or the
 * child is in uninterruptible sleep: on a slow machine the child may still be running. If
 * neither happens within PATIENCE_MS, the test fails and ends. Returns whether the call has
 * returned.
 */
bool call_wait(struct call *call, int ms);

/* The same, for rmdir(2) of @cg, which is started unless it runs. Whether it succeeded. */
bool call_rmdir(struct call *call, const struct cgroup *cg, int ms);

/*
 * The same for a cgroup around held tasks. Skips the test unless rmdir(2) succeeds: what
 * the test looks at comes after it. The tests of cgroup_rmdir fail on such a kernel.
 */
void call_rmdir_or_skip(struct call *call, const struct cgroup *cg);

/* Repeats rmdir(2) of @cg while it returns EBUSY. Whether it succeeded. */
bool call_rmdir_until_done(struct call *call, const struct cgroup *cg);

/* Starts a write of @text to @file of @cg. */
void call_write(struct call *call, const struct cgroup *cg, const char *file,
		const char *text);

/*
 * Moves process @pid to @cg: 0 or -errno. If the write does not return, the test fails and
 * ends.
 */
int call_add(struct call *call, const struct cgroup *cg, pid_t pid);

/*
 * Waits until the call has returned or sleeps in the kernel, or PATIENCE_MS have
 * passed, so that the test's next step comes after it. Whether it has returned.
 */
bool call_settled(struct call *call);

/* Returns whether the call is in uninterruptible sleep now. */
bool call_is_blocked(const struct call *call);

/* Waits for @ms at most. Whether the call has succeeded. */
bool call_succeeded(struct call *call, int ms);

/* Why a call has not succeeded: its error, or that it has not returned. */
const char *call_failure(const struct call *call);

/* Kills the child if it can be killed. */
void call_kill(struct call *call);

#endif /* TASK_EXIT_CALL_H */
