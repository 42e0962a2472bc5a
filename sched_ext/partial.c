// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_partial - a BPF scheduler that leaves most tasks to the fair class sees all
 * of them come and go just as well.
 *
 * The invariant. With SCX_OPS_SWITCH_PARTIAL only tasks whose policy is SCHED_EXT
 * are the scheduler's. init_task and exit_task come for every task all the same,
 * since any task may become SCHED_EXT, and exit_task precedes the cgroup_exit of
 * its cgroup. enable and disable come only as a task becomes the scheduler's and
 * ceases to be, at the latest when it dies.
 *
 * Who broke it. Nobody for these tasks in particular: up to 6.18 they were told of
 * too late for the reasons that scx_exit_order gives (7900aa699c34, d245698d727a).
 *
 * How the window is opened. A task that never was SCHED_EXT is held while it
 * exits, its cgroup is removed, and a sentinel tells whether cgroup_exit has come
 * or was put off.
 *
 * What a failure means. A scheduler for some tasks keeps state for all, and loses
 * or leaks it.
 */
#include <sched.h>
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "offlining.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "partial.skel.h"

#ifndef SCHED_EXT
#define SCHED_EXT 7
#endif

FIXTURE(scx_partial)
{
	struct stage stage;
	struct scheduler scheduler;
	struct partial *skel;
	struct cgroup c;
	struct exiting task;
	struct removal removal;
};

FIXTURE_SETUP(scx_partial)
{
	struct reason *reason = &self->stage.reason;
	unsigned long long flag;

	SET_STAGE();
	ASSERT_EQ(0, offlining_keep_order());
	if (scheduler_possible_in(&self->stage.root, reason))
		LEAVE("%s", reason->text);
	if (kernel_btf_enum("scx_ops_flags", "SCX_OPS_SWITCH_PARTIAL", &flag))
		LEAVE("this kernel has no SCX_OPS_SWITCH_PARTIAL");
	self->skel = SCHEDULER_OPEN(&self->scheduler, partial);
	ASSERT_NE(NULL, self->skel);
	self->skel->struct_ops.ops->flags |= flag;
	story_use_log(&self->stage.story, &self->skel->bss->events);
	LOAD(&self->scheduler);
	STEP("the scheduler is loaded, with SCX_OPS_SWITCH_PARTIAL");
	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	story_name_cgroup(&self->stage.story, &self->c, "c");
}

FIXTURE_TEARDOWN(scx_partial)
{
	exiting_destroy(&self->task);
	deadline_abandon(&self->removal.call);
	cgroup_empty(&self->c);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

static bool notes(FIXTURE_DATA(scx_partial) * self, enum event_kind kind,
		  __u64 cgroup, pid_t pid)
{
	return scheduler_notes(&self->scheduler, self->stage.story.log, kind,
			       cgroup, pid);
}

/* Holds a task of c that never is SCHED_EXT, and removes c around it. */
static void remove_around(struct __test_metadata *_metadata,
			  FIXTURE_DATA(scx_partial) * self,
			  enum exiting_hold hold, enum fix_id fix)
{
	struct story *story = &self->stage.story;
	char callbacks[32];
	bool removed;

	HOLD(&self->task, hold, &self->c);
	story_name_task(story, self->task.pid, "the task");
	ASSERT_TRUE(event_noted(story->log, EV_CGROUP_INIT, self->c.id, 0));
	ASSERT_TRUE(event_noted(story->log, EV_INIT_TASK, self->c.id,
				self->task.pid));
	removed = removal_done(&self->removal, story, &self->c, BLOCKED_MS);
	ASSERT_TRUE(self->removal.tried);
	if (removed)
		ASSERT_TRUE(offlining_has_caught_up(story->log, EV_CGROUP_EXIT,
						    &self->stage.root));
	ASSERT_TRUE(exiting_is_held(&self->task));
	STEP("the task is released");
	ASSERT_EQ(0, exiting_release(&self->task));
	if (!removed)
		ASSERT_TRUE(removal_finish(&self->removal, story, &self->c));

	if (!notes(self, EV_EXIT_TASK, 0, self->task.pid))
		BROKEN(FIX_NONE, "exit_task of the task never comes");
	if (!notes(self, EV_CGROUP_EXIT, self->c.id, 0))
		BROKEN(FIX_NONE,
		       "cgroup_exit of the removed cgroup never comes");
	event_callbacks(story->log, self->task.pid, callbacks,
			sizeof(callbacks));
	if (strcmp(callbacks, "ix"))
		BROKEN(FIX_NONE,
		       "a task that is not the scheduler's has other callbacks than ix: %s",
		       callbacks);
	if (!scheduler_detach(&self->scheduler, story))
		return;
	JUDGE(ORDER_RULE(ORDER_R2), fix);
	JUDGE(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2), FIX_NONE);
}

TEST_F(scx_partial, exit_task_of_a_zombie_precedes_cgroup_exit)
{
	remove_around(_metadata, self, HOLD_ZOMBIE, FIX_SCX_EXIT_ORDER);
}

TEST_F(scx_partial, exit_task_of_a_hidden_task_precedes_cgroup_exit)
{
	remove_around(_metadata, self, HOLD_PIDNS, FIX_DEFER_UNLINK);
}

static int set_policy(pid_t pid, int policy)
{
	struct sched_param param = { .sched_priority = policy == SCHED_FIFO };

	return syscall(SYS_sched_setscheduler, pid, policy, &param) ? -errno :
								      0;
}

/*
 * Kills and reaps a task that stays on this CPU. The fair class goes before SCHED_EXT: on
 * kernels that do not set a part of each CPU aside for that (the ext_server, from 7.0 on)
 * tasks that never sleep can keep it from dying. -EAGAIN then; it has died as a task of
 * the fair class. A CPU that is idle meanwhile has no such tasks.
 */
static int kill_in_time(pid_t pid)
{
	int cpu = sched_getcpu();
	long long idle = proc_cpu_idle_ms(cpu);
	struct proc_stat stat;
	int status = spawn_kill(pid, PATIENCE_MS);

	if (status != -ETIMEDOUT || proc_stat(pid, &stat) ||
	    stat.state != 'R' || !proc_cpu_was_busy(cpu, idle, BUSY_IDLE_MS))
		return status;
	status = set_policy(pid, SCHED_OTHER) ?: spawn_wait(pid, PATIENCE_MS);
	return status < 0 ? status : -EAGAIN;
}

TEST_F(scx_partial, only_tasks_of_its_own_are_enabled)
{
	static const struct {
		const char *name;
		int policies[2];
		const char *callbacks;
	} tasks[] = {
		{ "never", { SCHED_OTHER, SCHED_BATCH }, "ix" },
		{ "to the end", { SCHED_EXT, SCHED_EXT }, "iedx" },
		{ "for a while", { SCHED_EXT, SCHED_OTHER }, "iedx" },
		{ "after FIFO", { SCHED_FIFO, SCHED_EXT }, "iedx" },
	};
	struct story *story = &self->stage.story;
	char callbacks[32];
	size_t i, j;
	int status;

	ASSERT_EQ(0, stay_on_this_cpu());
	for (i = 0; i < ARRAY_SIZE(tasks); i++) {
		pid_t pid = spawn_idle_in(&self->c);

		ASSERT_LE(0, pid);
		story_name_task(story, pid, tasks[i].name);
		for (j = 0; j < ARRAY_SIZE(tasks[i].policies); j++)
			ASSERT_EQ(0, set_policy(pid, tasks[i].policies[j]));
		status = kill_in_time(pid);
		if (status == -EAGAIN)
			SKIP(return,
				   "tasks of the fair class leave no CPU to a task that is SCHED_EXT: this machine is too busy");
		if (status == -ETIMEDOUT)
			BROKEN(FIX_NONE,
			       "a task that is killed is not run until it ends");
		ASSERT_LE(0, status);
		if (!notes(self, EV_EXIT_TASK, 0, pid))
			BROKEN(FIX_NONE, "exit_task of a task never comes");
		event_callbacks(story->log, pid, callbacks, sizeof(callbacks));
		STEP("the task that is SCHED_EXT %s has callbacks %s",
		     tasks[i].name, callbacks);
		if (strcmp(callbacks, tasks[i].callbacks))
			BROKEN(FIX_NONE,
			       "a task that is SCHED_EXT %s has callbacks %s, not %s",
			       tasks[i].name, callbacks, tasks[i].callbacks);
	}
	if (scheduler_detach(&self->scheduler, story))
		JUDGE(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2), FIX_NONE);
}

SCHEDULER_PROGRAM(scx_partial, partial, "SCX_OPS_SWITCH_PARTIAL")
