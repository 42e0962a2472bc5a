/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * supervise - a process that watches the test, and explains a test that never ends.
 *
 * On a broken kernel a system call of the test may sleep for the rest of the boot, in
 * its setup and cleanup as well, and SIGKILL does not end it. So the process that the
 * harness waits for, the supervisor, makes no such call. It forks the process that runs
 * the test, waits for it with a time limit, and reports what does not return. It
 * also copies the test's output, as a process that cannot be killed must not keep the
 * runner's pipe open.
 */
#ifndef TASK_EXIT_SUPERVISE_H
#define TASK_EXIT_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "compiler.h"
#include "reason.h"

struct supervised {
	pid_t pid; /* the process that runs the test */
	int pidfd;
	int output; /* a pipe: its standard output and error */
	bool ended; /* with this wait status: */
	int status;
};

/* Forks: 1 in the process that runs the test, 0 in the supervisor, or -errno. */
int supervise_fork(struct supervised *test_process);

/*
 * Waits until the test's process has ended, and returns true. Returns false if the process
 * has slept in one call for too long, or has run for @limit_ms; @why then names the call and
 * @stack says where the process sleeps.
 */
bool supervise_wait(struct supervised *test_process, int limit_ms,
		    struct reason *why, struct reason *stack);

/*
 * Kills all processes of the test. Returns false if one of them does not die, and sets @why,
 * unless NULL, to where it sleeps.
 */
bool supervise_kill(struct supervised *test_process, struct reason *why);

/* Copies memory of the test's process, which may sleep in the kernel. */
bool supervise_read(const struct supervised *test_process, const void *from,
		    void *to, size_t size);

/*
 * The test's process calls these before and after a call that may never return. The text
 * describes the call in a failure: "write of +cpu to cgroup.subtree_control of c".
 */
__printf(1, 2) void supervise_enter(const char *fmt, ...);
void supervise_leave(void);

#endif /* TASK_EXIT_SUPERVISE_H */
