// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_sub - sub-schedulers and the table of tids.
 *
 * The invariant. Only the root scheduler turns the table on. A sub-scheduler may set
 * SCX_OPS_TID_TO_TASK to say that it depends on it: under a root that has the table
 * it can look its tasks up, under one that has not it is rejected, with a message,
 * and the root does not notice. One that does not set the flag may attach under
 * either.
 *
 * Who established it. 41e3312861ea.
 *
 * How the window is opened. A root scheduler is loaded with the flag or without, then
 * a sub-scheduler for a cgroup with one sleeping task, which is woken. The kernel
 * tells of a rejection only by the exit info: the attach itself succeeds.
 *
 * What a failure means. A sub-scheduler that needs the table runs without it and
 * loses its tasks; or the mistake of a sub-scheduler, which may be a tenant's, takes
 * down the scheduler of the whole machine.
 */
#include <scx/common.h>

#include "test.h"
#include "grant.h"
#include "proc.h"
#include "resident.h"
#include "scheduler.h"
#include "tid_query.h"
#include "tid_sub.skel.h"

#define MESSAGE "SCX_OPS_TID_TO_TASK requires root scheduler to enable it"

FIXTURE(scx_tid_sub)
{
	struct stage stage;
	struct scheduler root;
	struct scheduler sub;
	struct tid_sub *skel;
	struct cgroup c;
	struct resident resident;
	unsigned long long flag;
};

FIXTURE_SETUP(scx_tid_sub)
{
	struct reason *reason = &self->stage.reason;

	SET_STAGE();
	if (scheduler_possible(reason) || tid_flag(&self->flag, reason))
		LEAVE("%s", reason->text);
	if (!kernel_btf_member("scx_sched", "sub_kset"))
		LEAVE("this kernel's sched_ext has no sub-schedulers: CONFIG_EXT_SUB_SCHED");

	self->skel = SCHEDULER_OPEN(&self->root, tid_sub);
	ASSERT_NE(NULL, self->skel);
	UEI_SET_SIZE(self->skel, sub_ops, sub_uei);
	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	self->skel->struct_ops.sub_ops->sub_cgroup_id = self->c.id;
}

FIXTURE_TEARDOWN(scx_tid_sub)
{
	scheduler_detach(&self->sub, &self->stage.story);
	scheduler_detach(&self->root, &self->stage.story);
	resident_end(&self->resident);
	STRIKE_STAGE();
}

/* The programs of both, which then have these flags. */
static int load(FIXTURE_DATA(scx_tid_sub) * self, unsigned long long root_flags,
		unsigned long long sub_flags)
{
	int err;

	self->skel->struct_ops.ops->flags |= root_flags;
	self->skel->struct_ops.sub_ops->flags |= sub_flags;
	err = scheduler_load(&self->root, &self->stage.reason);
	if (err)
		return err;
	self->sub.ops = self->skel->maps.sub_ops;
	self->sub.exit_info = &self->skel->data->sub_uei;
	grant_everything(&self->skel->bss->grant, self->skel->maps.arena,
			 self->c.id);
	return 0;
}

/* A root scheduler, a task in c, and a sub-scheduler for c; may that look? */
static void attach(struct __test_metadata *_metadata,
		   FIXTURE_DATA(scx_tid_sub) * self,
		   unsigned long long root_flags, unsigned long long sub_flags,
		   bool look)
{
	struct reason *reason = &self->stage.reason;

	ASSERT_STAGED(scheduler_attach(&self->root, reason));
	STEP("a root scheduler is loaded %s SCX_OPS_TID_TO_TASK",
	     root_flags ? "with" : "without");
	ASSERT_EQ(0, resident_start(&self->resident, &self->c));
	STEP("task %d is in c", self->resident.pid);
	if (look)
		self->skel->bss->init_trace.pid = self->resident.pid;
	ASSERT_STAGED(scheduler_attach(&self->sub, reason));
	STEP("a sub-scheduler for c is loaded %s SCX_OPS_TID_TO_TASK",
	     sub_flags ? "with" : "without");
}

/*
 * Without cmpxchg16b, which an emulated CPU may lack, the kernel says ENOMEM to a BPF
 * arena, and a scheduler of this form must have one.
 */
#define ATTACH_BOTH(root_flags, sub_flags, look)                      \
	do {                                                          \
		int __err = load(self, root_flags, sub_flags);        \
		if (__err == -ENOMEM)                                 \
			SKIP(return, "%s", self->stage.reason.text);  \
		ASSERT_STAGED(__err);                                 \
		attach(_metadata, self, root_flags, sub_flags, look); \
	} while (0)

static void expect_running(struct __test_metadata *_metadata,
			   FIXTURE_DATA(scx_tid_sub) * self,
			   const struct scheduler *sch, const char *who)
{
	struct reason why;

	if (scheduler_ejected(sch, &why))
		BROKEN(FIX_NONE, "the %s is ejected: %s", who, why.text);
}

/*
 * The task is woken; it runs, whoever schedules it. One that has just answered may not
 * have gone to sleep again: no scheduler would be told.
 */
static void wake(struct __test_metadata *_metadata,
		 FIXTURE_DATA(scx_tid_sub) * self)
{
	ASSERT_TRUE(WAIT_FOR(proc_sleeps(self->resident.pid), PATIENCE_MS));
	resident_ask(&self->resident);
	if (!resident_answered(&self->resident, PATIENCE_MS))
		BROKEN(FIX_NONE, "the task in c does not run");
}

static void expect_found(struct __test_metadata *_metadata,
			 FIXTURE_DATA(scx_tid_sub) * self,
			 const struct tid_trace *trace, const char *callback)
{
	ASSERT_LT(0U, trace->calls);
	STEP("%s of the sub-scheduler: %u lookups, %u times the task", callback,
	     trace->calls, trace->same);
	if (trace->same != trace->calls)
		BROKEN(FIX_NONE,
		       "%s of the sub-scheduler does not find its task",
		       callback);
}

/* It looks its task up when it is given it, and when the task wakes. */
static void sub_finds_its_task(struct __test_metadata *_metadata,
			       FIXTURE_DATA(scx_tid_sub) * self,
			       unsigned long long sub_flags)
{
	struct tid_trace *trace;

	ATTACH_BOTH(self->flag, sub_flags, true);
	trace = &self->skel->bss->runnable_trace;
	trace->pid = self->resident.pid;
	wake(_metadata, self);
	expect_found(_metadata, self, &self->skel->bss->init_trace,
		     "init_task");
	expect_found(_metadata, self, trace, "runnable");
	expect_running(_metadata, self, &self->sub, "sub-scheduler");
	expect_running(_metadata, self, &self->root, "root scheduler");
}

TEST_F(scx_tid_sub, sub_with_the_flag_is_rejected_by_a_root_without)
{
	struct reason why;

	ATTACH_BOTH(0, self->flag, false);
	if (!scheduler_falls(&self->sub, &self->stage.story, &why))
		BROKEN(FIX_NONE,
		       "a sub-scheduler that depends on the table runs without it");
	else if (strcmp(self->sub.exit_info->msg, MESSAGE))
		BROKEN(FIX_NONE, "it is rejected for another reason: %s",
		       why.text);
	wake(_metadata, self);
	expect_running(_metadata, self, &self->root, "root scheduler");
}

TEST_F(scx_tid_sub, sub_finds_the_tasks_of_its_cgroup)
{
	sub_finds_its_task(_metadata, self, self->flag);
}

TEST_F(scx_tid_sub, sub_without_the_flag_finds_them_as_well)
{
	sub_finds_its_task(_metadata, self, 0);
}

TEST_F(scx_tid_sub, sub_without_the_flag_attaches_under_a_root_without)
{
	ATTACH_BOTH(0, 0, false);
	wake(_metadata, self);
	expect_running(_metadata, self, &self->sub, "sub-scheduler");
	expect_running(_metadata, self, &self->root, "root scheduler");
}

TEST_F(scx_tid_sub, mistake_of_a_sub_does_not_eject_the_root)
{
	struct tid_trace *trace;
	struct reason why;

	ATTACH_BOTH(0, 0, false);
	wake(_metadata, self);
	ASSERT_FALSE(scheduler_ejected(&self->sub, &why));
	ASSERT_FALSE(scheduler_ejected(&self->root, &why));

	trace = &self->skel->bss->runnable_trace;
	trace->pid = self->resident.pid;
	wake(_metadata, self);
	ASSERT_LT(0U, trace->calls);
	trace->pid = 0;
	STEP("the sub-scheduler looks its task up: %u times, and finds it %u times",
	     trace->calls, trace->found);
	if (trace->found)
		BROKEN(FIX_NONE, "a tid finds a task without the table");

	/* The sub-scheduler may be, and is before the root's exit is complete. */
	WAIT_FOR(scheduler_ejected(&self->root, &why), BLOCKED_MS);
	if (scheduler_ejected(&self->sub, &why))
		scheduler_falls(&self->sub, &self->stage.story, &why);
	if (!scheduler_ejected(&self->root, &why))
		return;
	UNDECIDED(
		"a sub-scheduler looks a tid up, which it may not, and the root scheduler is ejected for it: %s",
		why.text);
	scheduler_falls(&self->root, &self->stage.story, &why);
}

TEST_PROGRAM(scx_tid_sub)
