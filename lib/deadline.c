// SPDX-License-Identifier: GPL-2.0-only
/*
 * deadline - a call in a child, with a limit. See deadline.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deadline.h"
#include "proc.h"
#include "spawn.h"
#include "wait.h"

int deadline_start(struct deadline *d, int (*fn)(const void *arg),
		   const void *arg)
{
	memset(d, 0, sizeof(*d));
	d->pid = spawn(-1);
	if (d->pid < 0) {
		d->pid = 0;
		return -errno;
	}
	if (!d->pid)
		_exit((unsigned char)fn(arg));
	return 0;
}

static bool is_blocked(pid_t pid)
{
	struct proc_stat stat;

	return !proc_stat(pid, &stat) && stat.state == 'D';
}

/* The wait status if it returns first, or -ETIMEDOUT. */
static int wait_until_blocked(pid_t pid)
{
	int status = -ETIMEDOUT;

	WAIT_FOR((status = spawn_wait(pid, 10)) != -ETIMEDOUT ||
			 is_blocked(pid),
		 PATIENCE_MS);
	return status;
}

bool deadline_wait(struct deadline *d, int ms)
{
	int status;

	if (!d->pid)
		return true;

	status = spawn_wait(d->pid, ms);
	if (status == -ETIMEDOUT && !is_blocked(d->pid))
		status = wait_until_blocked(d->pid);
	if (status == -ETIMEDOUT) {
		d->slow = !is_blocked(d->pid);
		proc_describe(d->pid, d->where, sizeof(d->where));
		return false;
	}
	d->pid = 0;
	d->result = status >= 0 && WIFEXITED(status) ?
			    (signed char)WEXITSTATUS(status) :
			    -EINTR;
	return true;
}

void deadline_abandon(struct deadline *d)
{
	if (d->pid)
		spawn_kill(d->pid, BLOCKED_MS);
	d->pid = 0;
}
