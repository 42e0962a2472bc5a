/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * steps - steps that the tests of several programs have in common.
 *
 * What the kernel does not do here that it should is a failure, in words. Functions
 * without which a test cannot go on end it.
 */
#ifndef TASK_EXIT_STEPS_H
#define TASK_EXIT_STEPS_H

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "call.h"
#include "cgroup.h"
#include "scheduler.h"
#include "spawn.h"
#include "test_run.h"
#include "timeline.h"
#include "wait.h"

/* Without this, an event that is not in the log may have come. */
static inline void log_must_be_complete(void)
{
	if (event_lost(test.log))
		test_error("the event log is too small for this machine");
}

/* A task becomes a zombie shortly before its last context switch. */
static inline void wait_for_last_switch(const struct cgroup *cg)
{
	test_require(WAIT_FOR(!test_populated(cg), PATIENCE_MS), FIX_NONE,
		     "%s stays populated although all its tasks are dead",
		     cgroup_name(cg));
}

/* Ends the test unless the log has init_task of @pid in @cg. */
static inline void must_have_init_task(const struct cgroup *cg, pid_t pid)
{
	const struct event *ev;

	if (event_logged(test.log, EV_INIT_TASK, cg->id, pid))
		return;
	log_must_be_complete();
	ev = event_last_of_pid(test.log, EV_INIT_TASK, pid);
	test_require(ev, FIX_NONE, "task %d in %s gets no init_task", pid,
		     cgroup_name(cg));
	test_fail(FIX_NONE,
		  "init_task of task %d names cgroup %llu, but it is in %llu",
		  pid, (unsigned long long)ev->cgroup, cg->id);
	test_stop();
}

static inline void must_get_exit_task(const struct scheduler *sch, pid_t pid)
{
	if (scheduler_wait_event(sch, EV_EXIT_TASK, 0, pid))
		return;
	log_must_be_complete();
	test_fail(FIX_NONE, "exit_task of task %d never comes", pid);
}

static inline void must_get_cgroup_exit(const struct scheduler *sch,
					const struct cgroup *cg)
{
	if (scheduler_wait_event(sch, EV_CGROUP_EXIT, cg->id, 0))
		return;
	log_must_be_complete();
	test_fail(FIX_NONE, "cgroup_exit of %s never comes", cgroup_name(cg));
}

/* rmdir of a cgroup without tasks. @call must outlive the test's function. */
static inline void must_rmdir(struct call *call, const struct cgroup *cg)
{
	test_require(call_rmdir(call, cg, PATIENCE_MS), FIX_NONE,
		     "rmdir of %s, which has no tasks, fails: %s",
		     cgroup_name(cg), call_failure(call));
}

/* rmdir of a cgroup whose last task is gone; an rmdir that still sleeps must return. */
static inline void finish_rmdir(struct call *call, const struct cgroup *cg)
{
	test_require(call_rmdir_until_done(call, cg), FIX_NONE,
		     "rmdir of %s fails after the task is gone: %s",
		     cgroup_name(cg), call_failure(call));
}

/* @pid is the result of a fork. */
static inline void must_have_forked(pid_t pid)
{
	test_must_call(pid < 0 ? errno : 0, "cannot fork");
}

/* A task that sleeps in @cg until it is killed, named so in the timeline. */
static inline pid_t start_idle_in(const struct cgroup *cg, const char *name)
{
	pid_t pid = spawn_idle_in(cg);

	test_must_call(pid < 0 ? pid : 0, "cannot fork into %s",
		       cgroup_name(cg));
	timeline_name_task(pid, name);
	return pid;
}

static inline void must_kill(pid_t pid)
{
	test_must_call(kill(pid, SIGKILL) ? errno : 0, "cannot kill task %d",
		       pid);
}

/* Kills and reaps a task that has nothing to wait for. */
static inline void must_die(pid_t pid)
{
	int status = spawn_kill(pid, PATIENCE_MS);

	test_require(status != -ETIMEDOUT, FIX_NONE,
		     "task %d is killed and does not end", pid);
	if (status < 0)
		test_must_call(status, "cannot reap task %d", pid);
}

#endif /* TASK_EXIT_STEPS_H */
