// SPDX-License-Identifier: GPL-2.0-only
/*
 * call - a system call in a child, with a deadline. See call.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call.h"
#include "proc.h"
#include "spawn.h"
#include "test_run.h"
#include "wait.h"

static void kill_at_end(void *call)
{
	call_kill(call);
}

int call_start(struct call *call, int (*fn)(const void *arg), const void *arg,
	       const char *what)
{
	call->returned = false;
	call->err = 0;
	snprintf(call->what, sizeof(call->what), "%s", what);
	call->pid = spawn(-1);
	if (!call->pid)
		_exit((unsigned char)fn(arg));
	if (call->pid < 0) {
		call->pid = 0;
		return -errno;
	}
	test_at_end(kill_at_end, call);
	return 0;
}

bool call_is_blocked(const struct call *call)
{
	struct proc_stat stat;

	return !proc_stat(call->pid, &stat) && stat.state == 'D';
}

/* Whether there is nothing to wait for any more; sets what the call returned. */
static bool has_returned(struct call *call, int ms)
{
	int status;

	if (!call->pid)
		return true;
	status = spawn_wait(call->pid, ms);
	if (status == -ETIMEDOUT)
		return false;
	call->pid = 0;
	call->returned = true;
	call->err = status >= 0 && WIFEXITED(status) ?
			    (signed char)WEXITSTATUS(status) :
			    -EINTR;
	return true;
}

/* Whether it has returned; if not, it sleeps, unless the machine is too slow. */
static bool wait_or_block(struct call *call, int ms, bool *blocked)
{
	*blocked = false;
	if (has_returned(call, ms))
		return true;
	/* A look is enough: it may sleep several times before it returns. */
	WAIT_FOR(has_returned(call, 0) || (*blocked = call_is_blocked(call)),
		 PATIENCE_MS);
	pause_ms(1);
	if (has_returned(call, 0))
		return true;
	proc_describe(call->pid, call->where, sizeof(call->where));
	return false;
}

static void print_outcome(const struct call *call, int ms)
{
	if (call->pid)
		test_step("%s: has not returned after %d ms: %s", call->what,
			  ms, call->where);
	else
		test_step("%s: %s", call->what,
			  call->err < 0 ? strerror(-call->err) : "done");
}

bool call_wait(struct call *call, int ms)
{
	bool had_returned = !call->pid, blocked;

	if (had_returned)
		return call->returned;
	if (!wait_or_block(call, ms, &blocked) && !blocked && test.test_case) {
		test_fail(FIX_NONE, "%s neither returns nor sleeps: %s",
			  call->what, call->where);
		test_stop();
	}
	print_outcome(call, ms);
	return call->returned;
}

static void start_rmdir(struct call *call, const struct cgroup *cg)
{
	char what[sizeof(call->what)];

	snprintf(what, sizeof(what), "rmdir %.80s", cgroup_name(cg));
	if (call_start(call, cgroup_rmdir, cg, what))
		test_error("cannot fork");
}

bool call_rmdir(struct call *call, const struct cgroup *cg, int ms)
{
	if (!call->pid)
		start_rmdir(call, cg);
	return call_wait(call, ms) && !call->err;
}

void call_rmdir_or_skip(struct call *call, const struct cgroup *cg)
{
	if (!call_rmdir(call, cg, BLOCKED_MS))
		test_skip("rmdir of %s with an exiting task does not succeed: %s: this takes %s",
			  cgroup_name(cg), call_failure(call),
			  fix_name(FIX_DEFER_RMDIR_KILL));
}

/* Like call_rmdir(), but without a step in the timeline. */
static bool try_rmdir(struct call *call, const struct cgroup *cg)
{
	bool blocked;

	if (!call->pid)
		start_rmdir(call, cg);
	wait_or_block(call, PATIENCE_MS, &blocked);
	return call->returned && !call->err;
}

bool call_rmdir_until_done(struct call *call, const struct cgroup *cg)
{
	bool removed;

	WAIT_FOR((removed = try_rmdir(call, cg)) || call->err != -EBUSY,
		 PATIENCE_MS);
	test_step("%s: %s", call->what, removed ? "done" : call_failure(call));
	return removed;
}

static int do_write(const void *arg)
{
	const struct call *call = arg;

	return cgroup_write(call->cg, call->file, call->text);
}

void call_write(struct call *call, const struct cgroup *cg, const char *file,
		const char *text)
{
	char what[sizeof(call->what)];

	call->cg = cg;
	snprintf(call->file, sizeof(call->file), "%s", file);
	snprintf(call->text, sizeof(call->text), "%s", text);
	snprintf(what, sizeof(what), "write of \"%s\" to %.30s/%s", text,
		 cgroup_name(cg), file);
	if (call_start(call, do_write, call, what))
		test_error("cannot fork");
}

int call_add(struct call *call, const struct cgroup *cg, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	call_write(call, cg, "cgroup.procs", text);
	test_require(call_wait(call, BLOCKED_MS), FIX_NONE,
		     "%s does not return: %s", call->what, call->where);
	return call->err;
}

bool call_settled(struct call *call)
{
	bool blocked;

	if (!call->pid)
		return call->returned;
	wait_or_block(call, 0, &blocked);
	print_outcome(call, 0);
	return call->returned;
}

bool call_succeeded(struct call *call, int ms)
{
	return call_wait(call, ms) && !call->err;
}

const char *call_failure(const struct call *call)
{
	return call->returned ? strerror(-call->err) : "it does not return";
}

void call_kill(struct call *call)
{
	if (call->pid > 0)
		spawn_kill(call->pid, BLOCKED_MS);
	call->pid = 0;
}
