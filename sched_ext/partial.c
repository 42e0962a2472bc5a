// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_partial - a partial scheduler gets init_task and exit_task of all tasks.
 *
 * The invariant. With SCX_OPS_SWITCH_PARTIAL a BPF scheduler runs only tasks with
 * policy SCHED_EXT. Still every task gets init_task and exit_task, as any task may
 * become SCHED_EXT, and exit_task precedes cgroup_exit of the task's cgroup. enable
 * comes when a task becomes SCHED_EXT, and disable when it gets another policy or dies.
 *
 * History. Up to 6.18 exit_task came too late, for these tasks as for all others: see
 * scx_exit_order (7900aa699c34, d245698d727a).
 *
 * The window. A task that never was SCHED_EXT is held while it exits.
 * Its cgroup is removed, and a second cgroup after it tells whether the first
 * cgroup_exit has come or is deferred (offline_barrier.h).
 *
 * Consequence. A partial scheduler keeps state for all tasks, and uses it
 * after it was freed, or leaks it.
 */
#include <sched.h>
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "offline_barrier.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "steps.h"
#include "partial.skel.h"

PRELOAD_SCHEDULER(partial, "SCX_OPS_SWITCH_PARTIAL")

static struct scheduler scheduler;
static struct cgroup c;
static struct held_task task;
static struct call rmdir_call;

static void setup(void)
{
	struct partial *skel;
	unsigned long long flag;

	offline_barrier_begin();
	need_cgroup_sched_ext();
	if (kernel_btf_enum("scx_ops_flags", "SCX_OPS_SWITCH_PARTIAL", &flag))
		test_skip("this kernel has no SCX_OPS_SWITCH_PARTIAL");
	skel = SCHEDULER_OPEN(&scheduler, partial);
	skel->struct_ops.ops->flags |= flag;
	timeline_use_log(&skel->bss->events);
	scheduler_load(&scheduler);
	scheduler_attach(&scheduler);
	test_cgroup(&c, &test.root, "c");
}

static void remove_c_and_release(void)
{
	bool removed = call_rmdir(&rmdir_call, &c, BLOCKED_MS);

	if (removed)
		scheduler_offline_barrier(&scheduler, &test.root);
	assert_held(&task);
	release_task(&task);
	if (!removed)
		finish_rmdir(&rmdir_call, &c);
}

/* A task is held that was never SCHED_EXT, and its cgroup is removed meanwhile. */
static void remove_around_held_task(enum hold_kind hold, enum fix_id fix)
{
	char callbacks[32];

	hold_task(&task, hold, &c);
	timeline_name_task(task.pid, "the task");
	scheduler_must_know(&c, task.pid);
	remove_c_and_release();

	must_get_exit_task(&scheduler, task.pid);
	must_get_cgroup_exit(&scheduler, &c);
	event_callbacks(test.log, task.pid, callbacks, sizeof(callbacks));
	if (strcmp(callbacks, "ix"))
		test_fail(FIX_NONE,
			  "a task that never was SCHED_EXT has callbacks %s, not ix",
			  callbacks);
	if (!scheduler_detach(&scheduler))
		return;
	test_check_order(ORDER_RULE(ORDER_R2), fix);
	test_check_order(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2), FIX_NONE);
}

TEST_INVARIANT(exit_task_of_a_zombie_precedes_cgroup_exit,
	       "a partial scheduler gets exit_task of a zombie that it never ran before cgroup_exit of its cgroup",
	       FAILS_WITHOUT(FIX_SCX_EXIT_ORDER))
{
	remove_around_held_task(HOLD_ZOMBIE, FIX_SCX_EXIT_ORDER);
}

TEST_INVARIANT(exit_task_of_an_exiting_task_precedes_cgroup_exit,
	       "a partial scheduler gets exit_task of an exiting task that it never ran before cgroup_exit of its cgroup",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	remove_around_held_task(HOLD_ZAP_PIDNS, FIX_DEFER_UNLINK);
}

static int set_policy(pid_t pid, int policy)
{
	struct sched_param param = { .sched_priority = policy == SCHED_FIFO };

	return syscall(SYS_sched_setscheduler, pid, policy, &param) ? -errno :
								      0;
}

/*
 * Kills and reaps a task that stays on this CPU. Fair tasks precede SCHED_EXT tasks: on
 * kernels without an ext_server (before 7.0), fair tasks that never sleep can keep the
 * killed task from running. The test is skipped then. If the CPU was idle meanwhile,
 * there were no such tasks.
 */
static void kill_and_reap(pid_t pid)
{
	int cpu = sched_getcpu();
	long long idle = proc_cpu_idle_ms(cpu);
	int status = spawn_kill(pid, PATIENCE_MS);
	struct proc_stat stat;
	bool too_busy;

	if (status >= 0)
		return;
	if (status != -ETIMEDOUT)
		test_must_call(status, "cannot reap task %d", pid);
	too_busy = !proc_stat(pid, &stat) && stat.state == 'R' &&
		   proc_cpu_was_busy(cpu, idle, BUSY_IDLE_MS);
	/* As a fair task it can end. */
	if (too_busy && !set_policy(pid, SCHED_OTHER) &&
	    spawn_wait(pid, PATIENCE_MS) >= 0)
		test_skip("fair tasks leave no CPU to a SCHED_EXT task: this machine is too busy");
	test_fail(FIX_NONE, "task %d is killed and does not end", pid);
	test_stop();
}

struct policies {
	const char *name;
	int policy[2]; /* the task's policies, one after the other */
	const char *callbacks; /* that the task must get */
};

static void give_policies(pid_t pid, const struct policies *policies)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(policies->policy); i++) {
		int policy = policies->policy[i];
		int err = set_policy(pid, policy);

		/* With CONFIG_RT_GROUP_SCHED a cgroup may have no time for it. */
		if (err == -EPERM && policy == SCHED_FIFO)
			test_skip("a task of a cgroup cannot be SCHED_FIFO here");
		test_must_call(err, "cannot give a task policy %d", policy);
	}
}

static void callbacks_must_match(const struct policies *policies)
{
	pid_t pid = start_idle_in(&c, policies->name);
	char callbacks[32];

	give_policies(pid, policies);
	kill_and_reap(pid);
	must_get_exit_task(&scheduler, pid);
	event_callbacks(test.log, pid, callbacks, sizeof(callbacks));
	test_step("a task that is %s has callbacks %s", policies->name,
		  callbacks);
	if (strcmp(callbacks, policies->callbacks))
		test_fail(FIX_NONE,
			  "a task that is %s has callbacks %s, not %s",
			  policies->name, callbacks, policies->callbacks);
}

TEST_INVARIANT(only_sched_ext_tasks_get_enable_and_disable,
	       "with SCX_OPS_SWITCH_PARTIAL every task gets init_task and exit_task, and only a task that becomes SCHED_EXT gets enable and disable",
	       NO_FIX)
{
	static const struct policies cases[] = {
		{ "never SCHED_EXT", { SCHED_OTHER, SCHED_BATCH }, "ix" },
		{ "SCHED_EXT until its end", { SCHED_EXT, SCHED_EXT }, "iedx" },
		{ "SCHED_EXT for a while", { SCHED_EXT, SCHED_OTHER }, "iedx" },
		{ "SCHED_EXT after FIFO", { SCHED_FIFO, SCHED_EXT }, "iedx" },
	};
	size_t i;

	test_must_call(stay_on_this_cpu(), "cannot stay on one CPU");
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		callbacks_must_match(&cases[i]);
	if (scheduler_detach(&scheduler))
		test_check_order(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2),
				 FIX_NONE);
}
