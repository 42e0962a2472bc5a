// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_sub - sub-schedulers and the table of tids.
 *
 * The invariant. Only the root scheduler enables the table. A sub-scheduler sets
 * SCX_OPS_TID_TO_TASK to declare that it needs the table: if the root has the flag,
 * the sub-scheduler can look its tasks up; if not, the kernel rejects it with a
 * message, and the root keeps running. A sub-scheduler without the flag may attach
 * under either.
 *
 * History. 41e3312861ea established it.
 *
 * The window. The test enables a root scheduler with or without the
 * flag, then a sub-scheduler for a cgroup with one sleeping task, and wakes that
 * task. The exit info alone shows a rejection, as the attach succeeds.
 *
 * Consequence. A sub-scheduler that needs the table runs without it and
 * loses its tasks; or a bug in one tenant's sub-scheduler ejects the root scheduler
 * of the machine.
 */
#include <scx/common.h>

#include "test.h"
#include "grant.h"
#include "proc.h"
#include "responder.h"
#include "scheduler.h"
#include "tid_query.h"
#include "tid_sub.skel.h"

#define MESSAGE "SCX_OPS_TID_TO_TASK requires root scheduler to enable it"

static struct scheduler sub, root;
static struct tid_sub *skel;
static struct cgroup c;
static struct responder task; /* in c */
static unsigned long long flag;

static void setup(void)
{
	need_sched_ext();
	test_skip_or_error(tid_flag(&flag, &test.reason));
	if (!kernel_btf_member("scx_sched", "sub_kset"))
		test_skip("this kernel's sched_ext has no sub-schedulers: CONFIG_EXT_SUB_SCHED");

	skel = SCHEDULER_OPEN(&root, tid_sub);
	UEI_SET_SIZE(skel, sub_ops, sub_uei);
	test_cgroup(&c, &test.root, "c");
	skel->struct_ops.sub_ops->sub_cgroup_id = c.id;
}

/* The programs of both, with these flags. */
static void load(unsigned long long root_flags, unsigned long long sub_flags)
{
	int err;

	skel->struct_ops.ops->flags |= root_flags;
	skel->struct_ops.sub_ops->flags |= sub_flags;
	err = scheduler_try_load(&root, &test.reason);
	/* A scheduler of the cid form must have an arena. */
	if (err)
		need_arena();
	test_skip_or_error(err);
	sub.ops = skel->maps.sub_ops;
	sub.exit_info = &skel->data->sub_uei;
	grant_everything(&skel->bss->grant, skel->maps.arena, c.id);
}

static void attach(struct scheduler *sch, const char *name, bool has_flag)
{
	scheduler_attach(sch);
	test_step("the %s is attached %s SCX_OPS_TID_TO_TASK", name,
		  has_flag ? "with" : "without");
}

/* A root scheduler, a task in c, and a sub-scheduler for c. */
static void attach_both(unsigned long long root_flags,
			unsigned long long sub_flags)
{
	load(root_flags, sub_flags);
	attach(&root, "root scheduler", root_flags);
	responder_start(&task, &c);
	test_step("task %d is in c", task.pid);
	if (root_flags)
		skel->bss->init_trace.pid = task.pid;
	attach(&sub, "sub-scheduler for c", sub_flags);
}

static void must_not_be_ejected(const struct scheduler *sch, const char *name)
{
	if (scheduler_ejected(sch, &test.reason))
		test_fail(FIX_NONE, "the %s is ejected: %s", name,
			  test.reason.text);
}

static void both_must_run(void)
{
	must_not_be_ejected(&sub, "sub-scheduler");
	must_not_be_ejected(&root, "root scheduler");
	if (test_has_failed())
		test_stop();
}

/* An ejection is the reason then, if there was one. */
static void fail_as_not_run(const char *failure)
{
	must_not_be_ejected(&root, "root scheduler");
	test_fail(FIX_NONE, "task %d in c %s", task.pid, failure);
	test_stop();
}

/*
 * Wakes the task, which then runs under either scheduler. It must sleep before: a
 * task that has just answered may not be dequeued yet, and its wakeup would bypass
 * the scheduler.
 */
static void wake(void)
{
	if (!WAIT_FOR(proc_sleeps(task.pid), PATIENCE_MS))
		fail_as_not_run("does not go to sleep in recv(2)");
	responder_ask(&task);
	if (!responder_answered(&task, PATIENCE_MS))
		fail_as_not_run("does not run after it was woken");
}

static void must_find_task(const struct tid_trace *trace, const char *callback)
{
	test_step("%s looks the task up %u times and finds it %u times",
		  callback, trace->calls, trace->same);
	if (!trace->calls)
		test_fail(FIX_NONE,
			  "%s of the sub-scheduler is not called for its task %d",
			  callback, task.pid);
	else if (trace->same != trace->calls)
		test_fail(FIX_NONE,
			  "%s of the sub-scheduler does not find its task %d by tid",
			  callback, task.pid);
}

/* With a live task, which goes back to the root and then to the fair class. */
static void detach_both(void)
{
	scheduler_detach(&sub);
	scheduler_detach(&root);
}

/* Under a root with the flag. */
static void sub_must_find_task(unsigned long long sub_flags)
{
	attach_both(flag, sub_flags);
	skel->bss->runnable_trace.pid = task.pid;
	wake();
	both_must_run();
	must_find_task(&skel->bss->init_trace, "init_task");
	must_find_task(&skel->bss->runnable_trace, "runnable");
	both_must_run();
	detach_both();
}

TEST_INVARIANT(sub_with_the_flag_is_rejected_under_a_root_without,
	       "a sub-scheduler with SCX_OPS_TID_TO_TASK is rejected with a message under a root scheduler without it, which keeps running",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	attach_both(0, flag);
	if (!scheduler_wait_ejected(&sub, &test.reason))
		test_fail(FIX_NONE,
			  "a sub-scheduler that depends on the table runs without it");
	else if (strcmp(sub.exit_info->msg, MESSAGE))
		test_fail(FIX_NONE,
			  "the sub-scheduler is rejected for another reason: %s",
			  test.reason.text);
	wake();
	must_not_be_ejected(&root, "root scheduler");
	scheduler_detach(&root);
}

TEST_INVARIANT(sub_with_the_flag_finds_its_tasks,
	       "a sub-scheduler with SCX_OPS_TID_TO_TASK finds the tasks of its cgroup by tid under a root scheduler with it",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	sub_must_find_task(flag);
}

TEST_INVARIANT(sub_without_the_flag_finds_its_tasks,
	       "a sub-scheduler without SCX_OPS_TID_TO_TASK may attach under a root scheduler with it, and finds its tasks by tid",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	sub_must_find_task(0);
}

TEST_INVARIANT(sub_without_the_flag_attaches_under_a_root_without,
	       "a sub-scheduler without SCX_OPS_TID_TO_TASK may attach under a root scheduler without it",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	attach_both(0, 0);
	wake();
	both_must_run();
}

/* The sub-scheduler is called for its task, whose tid must find nothing. */
static void look_up_without_table(void)
{
	struct tid_trace *trace = &skel->bss->runnable_trace;

	trace->pid = task.pid;
	wake();
	trace->pid = 0;
	test_step("runnable looks the task up %u times and finds it %u times",
		  trace->calls, trace->found);
	test_require(trace->calls, FIX_NONE,
		     "runnable of the sub-scheduler is not called for its task %d",
		     task.pid);
	if (trace->found)
		test_fail(FIX_NONE, "a tid finds a task without the table");
}

TEST_INVARIANT(lookup_by_a_sub_does_not_eject_the_root,
	       "a lookup by a sub-scheduler under a root scheduler without SCX_OPS_TID_TO_TASK does not eject the root scheduler",
	       NO_FIX)
{
	struct reason why;

	attach_both(0, 0);
	wake();
	both_must_run();
	look_up_without_table();

	/* The kernel may eject the sub-scheduler, and does so before the root. */
	WAIT_FOR(scheduler_ejected(&root, &why), BLOCKED_MS);
	if (scheduler_ejected(&sub, &why))
		scheduler_wait_ejected(&sub, &why);
	if (!scheduler_ejected(&root, &why))
		return;
	test_xfail("the root scheduler is ejected for a tid lookup of a sub-scheduler: %s",
		   why.text);
	scheduler_wait_ejected(&root, &why);
}
