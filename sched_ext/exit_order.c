// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_exit_order - a BPF scheduler sees all tasks leave a cgroup before the
 * cgroup itself leaves.
 *
 * The invariant. Between ops.cgroup_init() and ops.cgroup_exit() of a cgroup a
 * scheduler keeps state for it, and every task in it may use that state until
 * its own ops.exit_task(). So exit_task of every task precedes cgroup_exit.
 *
 * Who broke it. It never held before 6.19, for two reasons that each have a fix.
 * exit_task was called when the last reference to the task_struct was dropped,
 * which an unreaped zombie puts off at will (7900aa699c34 moved it to the last
 * context switch). And do_exit() unlinked the task from its cgroup while it had
 * still to run, so that the cgroup could be removed around it (d245698d727a).
 *
 * How the window is opened. The scheduler is loaded first and only watches. A
 * task of cgroup c is held: as a zombie, as a zombie that was a leader with a
 * live thread, or in do_exit() itself. Then c is removed. Whether the kernel
 * calls cgroup_exit for it now is not waited for but asked: a second cgroup is
 * removed after c, and when its cgroup_exit has come, that of c has come too or
 * has been put off. Then the task is released, and the oracle reads the log.
 *
 * Where rmdir is refused or waits while the task is held (6.19), the cgroup goes
 * after the task all the same, and the order is right: that rmdir should have
 * succeeded is for cgroup_rmdir to say.
 *
 * What a failure means. A scheduler frees or reuses a cgroup's state while one
 * of its tasks still needs it: lookups fail, and the scheduler is ejected.
 */
#include <scx/common.h>

#include "test.h"
#include "offlining.h"
#include "scheduler.h"
#include "exit_order.skel.h"

FIXTURE(scx_exit_order)
{
	struct stage stage;
	struct scheduler scheduler;
	struct exit_order *skel;
	struct cgroup c;
	struct exiting task;
	struct removal removal;
};

FIXTURE_VARIANT(scx_exit_order)
{
	enum exiting_hold hold;
	enum fix_id fix;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(scx_exit_order, zombie)
{
	.hold = HOLD_ZOMBIE,
	.fix = FIX_SCX_EXIT_ORDER,
};

FIXTURE_VARIANT_ADD(scx_exit_order, zombie_leader)
{
	.hold = HOLD_ZOMBIE_LEADER,
	.fix = FIX_SCX_EXIT_ORDER,
};

FIXTURE_VARIANT_ADD(scx_exit_order, pidns)
{
	.hold = HOLD_PIDNS,
	.fix = FIX_DEFER_UNLINK,
};
/* clang-format on */

FIXTURE_SETUP(scx_exit_order)
{
	struct reason *reason = &self->stage.reason;

	SET_STAGE();
	ASSERT_EQ(0, offlining_keep_order());
	if (cgroup_enable(&self->stage.root, "cpu", reason) ||
	    scheduler_possible(reason))
		LEAVE("%s", reason->text);
	if (!scheduler_member("sched_ext_ops", "cgroup_init"))
		LEAVE("this kernel's sched_ext does not know cgroups: CONFIG_EXT_GROUP_SCHED");

	self->skel = SCHEDULER_OPEN(&self->scheduler, exit_order);
	ASSERT_NE(NULL, self->skel);
	story_use_log(&self->stage.story, &self->skel->bss->events);
	LOAD(&self->scheduler);
	STEP("the scheduler is loaded");
}

FIXTURE_TEARDOWN(scx_exit_order)
{
	exiting_destroy(&self->task);
	deadline_abandon(&self->removal.call);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

/* Waits until it is noted; from a scheduler that was ejected nothing comes. */
static bool comes(FIXTURE_DATA(scx_exit_order) * self, enum event_kind kind,
		  __u64 cgroup, pid_t pid)
{
	const struct event_log *log = self->stage.story.log;
	struct reason unused;

	WAIT_FOR(event_noted(log, kind, cgroup, pid) ||
			 scheduler_ejected(&self->scheduler, &unused),
		 PATIENCE_MS);
	return event_noted(log, kind, cgroup, pid);
}

TEST_F(scx_exit_order, exit_task_precedes_cgroup_exit)
{
	struct story *story = &self->stage.story;
	bool removed;

	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	story_name_cgroup(story, &self->c, "c");
	HOLD(&self->task, variant->hold, &self->c);
	story_name_task(story, self->task.pid, "the task");
	if (variant->hold == HOLD_ZOMBIE_LEADER) {
		ASSERT_EQ(0, kill(self->task.pid, SIGKILL));
		self->task.hold = HOLD_ZOMBIE;
		ASSERT_TRUE(
			WAIT_FOR(exiting_is_held(&self->task), PATIENCE_MS));
		STEP("its other thread is killed: it is a zombie now");
	}

	ASSERT_EQ((size_t)0, event_lost(story->log))
	{
		ksft_print_msg(
			"this machine has more threads than the event log has room for\n");
	}
	/* The stage: the scheduler knows this cgroup, and this task in it. */
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

	if (!comes(self, EV_EXIT_TASK, 0, self->task.pid))
		BROKEN(FIX_NONE, "exit_task of the task never comes");
	if (!comes(self, EV_CGROUP_EXIT, self->c.id, 0))
		BROKEN(FIX_NONE,
		       "cgroup_exit of the removed cgroup never comes");
	if (!scheduler_detach(&self->scheduler, story))
		return;
	JUDGE(ORDER_RULE(ORDER_R2), variant->fix);
	JUDGE(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2), FIX_NONE);
}

TEST_PROGRAM(scx_exit_order)
