// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_dying_scheduling - an exiting task is scheduled, in its cgroup, until its last
 * context switch.
 *
 * The invariant. An exiting task sleeps, wakes and competes for a CPU like any other. A
 * BPF scheduler with SCX_OPS_ENQ_EXITING gets ops.enqueue() for it. At that time
 * scx_bpf_task_cgroup() returns the cgroup that the task was in when it began to exit,
 * the cpu controller of that cgroup is online, and its cgroup_exit has not come.
 *
 * History. Up to 6.18 a removed cgroup went offline while tasks were exiting in it
 * (fixed by d245698d727a); up to 7.1 so did the css of a disabled controller
 * (1dffd95575eb).
 *
 * The window. The task waits in zap_pid_ns_processes(). Then its cgroup
 * is removed, or its controller is disabled, and a second cgroup after it tells whether
 * cgroup_exit has come or is deferred (offline_barrier.h). Then the task is released: it
 * wakes up, is enqueued and exits.
 *
 * Consequence. A scheduler looks up the queue of a cgroup after its
 * cgroup_exit: the lookup fails or finds freed memory, and the kernel ejects the
 * scheduler.
 */
#include <scx/common.h>

#include "test.h"
#include "offline_barrier.h"
#include "proc.h"
#include "scheduler.h"
#include "steps.h"
#include "dying_scheduling.skel.h"

PRELOAD_SCHEDULER(dying_scheduling, "SCX_OPS_ENQ_EXITING")

/* The watchdog's timeout: on a slow machine a shorter one would expire by itself. */
#define STALL_MS 3000

static struct scheduler scheduler;
static struct dying_scheduling *skel;
static struct cgroup parent, c;
static struct held_task task;
static struct call rmdir_call, disabling;

static unsigned long long enq_exiting; /* SCX_OPS_ENQ_EXITING */

static void setup(void)
{
	offline_barrier_begin();
	need_cgroup_sched_ext();
	if (kernel_btf_enum("scx_ops_flags", "SCX_OPS_ENQ_EXITING",
			    &enq_exiting))
		test_skip("this kernel has no SCX_OPS_ENQ_EXITING");
	test_cgroup(&parent, &test.root, "parent");
	test_delegate(&parent, "cpu");
	test_cgroup(&c, &parent, "c");

	skel = SCHEDULER_OPEN(&scheduler, dying_scheduling);
	skel->struct_ops.ops->flags |= enq_exiting;
	timeline_use_log(&skel->bss->events);
}

static void hold_in_c(void)
{
	scheduler_load(&scheduler);
	scheduler_attach(&scheduler);
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	timeline_name_task(task.pid, "the task");
	scheduler_must_know(&c, task.pid);
	/* Up to 6.17 a scheduler that cannot be enabled leaves later ones in bypass mode. */
	if (!skel->bss->enqueued_any)
		test_skip("sched_ext is in bypass mode since an earlier scheduler failed");
}

static void check_enqueue(const struct event *ev, bool cgroup_exited,
			  enum fix_id fix)
{
	if (ev->cgroup != c.id)
		test_fail(fix,
			  "an exiting task is enqueued in cgroup %llu instead of its own",
			  (unsigned long long)ev->cgroup);
	if (ev->flags & EVF_OFFLINE)
		test_fail(fix,
			  "the cpu controller of an exiting task's cgroup is offline when the task is enqueued");
	if (cgroup_exited)
		test_fail(fix,
			  "an exiting task is enqueued after the cgroup_exit of its cgroup");
}

/* Checks each enqueue of the exiting task; @released: the events before its release. */
static void check_all_enqueues(size_t released, enum fix_id fix)
{
	size_t i, nr = event_count(test.log);
	bool cgroup_exited = false;
	int enqueued = 0;

	for (i = 0; i < nr && !test_has_failed(); i++) {
		const struct event *ev = &test.log->event[i];

		if (ev->kind == EV_CGROUP_EXIT && ev->cgroup == c.id)
			cgroup_exited = true;
		if (ev->kind != EV_ENQUEUE || ev->pid != task.pid)
			continue;
		enqueued += i >= released;
		check_enqueue(ev, cgroup_exited, fix);
	}
	if (!enqueued && !test_has_failed())
		test_fail(FIX_NONE,
			  "an exiting task wakes up without ops.enqueue()");
}

/* A task that is not dequeued yet would be woken without ops.enqueue(). */
static void must_sleep(void)
{
	if (!WAIT_FOR(proc_sleeps(task.pid), PATIENCE_MS))
		test_error("task %d does not sleep where it is held", task.pid);
}

static void release_and_check(enum fix_id fix)
{
	size_t released;

	assert_held(&task);
	must_sleep();
	released = event_count(test.log);
	release_task(&task);
	must_get_exit_task(&scheduler, task.pid);
	log_must_be_complete();
	check_all_enqueues(released, fix);
}

TEST_INVARIANT(exiting_task_is_enqueued_in_its_cgroup,
	       "an exiting task gets ops.enqueue() with SCX_OPS_ENQ_EXITING, and is in the cgroup in which it began to exit",
	       NO_FIX)
{
	hold_in_c();
	release_and_check(FIX_NONE);
}

TEST_INVARIANT(removed_cgroup_is_online_while_a_task_exits,
	       "an exiting task is enqueued in its cgroup, whose cpu controller is online although the cgroup was removed",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	bool removed;

	hold_in_c();
	removed = call_rmdir(&rmdir_call, &c, BLOCKED_MS);
	if (removed)
		scheduler_offline_barrier(&scheduler, &test.root);
	release_and_check(FIX_DEFER_UNLINK);
	if (!removed)
		finish_rmdir(&rmdir_call, &c);
}

TEST_INVARIANT(disabled_controller_is_online_while_a_task_exits,
	       "an exiting task is enqueued in its cgroup, whose cpu controller is online although it was disabled",
	       FAILS_WITHOUT(FIX_PER_CSS_KILL))
{
	hold_in_c();
	call_write(&disabling, &parent, "cgroup.subtree_control", "-cpu");
	test_require(call_succeeded(&disabling, BLOCKED_MS), FIX_NONE,
		     "the cpu controller cannot be disabled: %s",
		     call_failure(&disabling));
	scheduler_offline_barrier(&scheduler, &test.root);
	release_and_check(FIX_PER_CSS_KILL);
}

/* The watchdog's message ends in "comm[pid] failed to run for 3.0s". */
static void check_ejection(void)
{
	const struct user_exit_info *info = scheduler.exit_info;
	char name[16];

	snprintf(name, sizeof(name), "[%d]", task.pid);
	if (strstr(info->msg, "failed to run for") && !strstr(info->msg, name))
		test_skip("this machine is too slow: %.200s", info->msg);
	if (!strstr(info->msg, name))
		test_fail(FIX_NONE,
			  "the kernel does not name the task that was not run: %s",
			  test.reason.text);
	else if (!scheduler.dump[0])
		test_fail(FIX_NONE, "the kernel writes no dump");
}

/* The timeout must be set before the load. */
static void open_with_timeout(void)
{
	skel = SCHEDULER_OPEN_ANEW(&scheduler, dying_scheduling);
	skel->struct_ops.ops->flags |= enq_exiting;
	skel->struct_ops.ops->timeout_ms = STALL_MS;
	timeline_use_log(&skel->bss->events);
}

TEST_INVARIANT(watchdog_names_a_stalled_exiting_task,
	       "the kernel ejects a scheduler that does not run an exiting task and names the task, which then exits",
	       NO_FIX)
{
	bool ended;

	open_with_timeout();
	hold_in_c();
	must_sleep();
	scheduler.expect_ejection = true;
	skel->bss->stalled_pid = task.pid;
	test_step("from now on the scheduler does not run the task");
	ended = !held_task_finish(&task);
	if (!scheduler_wait_ejected(&scheduler, &test.reason))
		test_fail(FIX_NONE,
			  "a scheduler that does not run a task is not ejected");
	if (!event_logged(test.log, EV_ENQUEUE, 0, task.pid))
		test_fail(FIX_NONE,
			  "an exiting task wakes up without ops.enqueue()");
	if (!ended)
		test_fail(FIX_NONE,
			  "the task does not end after the scheduler was ejected");
	if (!test_has_failed())
		check_ejection();
}
