// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_dying_scheduling - a task goes on being scheduled while it exits, in the
 * cgroup that it lived in.
 *
 * The invariant. Until its last context switch an exiting task sleeps, wakes and
 * competes for a CPU like any other. A scheduler that asks for it
 * (SCX_OPS_ENQ_EXITING) has it in ops.enqueue(), and scx_bpf_task_cgroup() of it
 * is the cgroup that it lived in, whose cpu controller is online and for which
 * cgroup_exit has not come: so the scheduler knows where to put it.
 *
 * Who broke it. Up to 6.18 a cgroup went offline around its exiting tasks as it
 * was removed (d245698d727a), up to 7.1 as its controller was disabled
 * (1dffd95575eb).
 *
 * How the window is opened. The task waits in zap_pid_ns_processes(). Then its
 * cgroup is removed, or loses the controller, and a sentinel tells whether
 * cgroup_exit has come or was put off. Then the task is released: it wakes up, is
 * enqueued, and comes to its end.
 *
 * What a failure means. A scheduler looks for the queue of a cgroup that it was
 * told to forget: the lookup fails, or finds freed memory; the scheduler is
 * ejected.
 */
#include <scx/common.h>

#include "test.h"
#include "offlining.h"
#include "proc.h"
#include "scheduler.h"
#include "writing.h"
#include "dying_scheduling.skel.h"

/* What stalls this long is the watchdog's; less would be a slow machine's. */
#define STALL_MS 3000

FIXTURE(scx_dying_scheduling)
{
	struct stage stage;
	struct scheduler scheduler;
	struct dying_scheduling *skel;
	struct cgroup parent;
	struct cgroup c;
	struct exiting task;
	struct removal removal;
	struct writing writing;
};

FIXTURE_SETUP(scx_dying_scheduling)
{
	struct reason *reason = &self->stage.reason;
	unsigned long long flag;

	SET_STAGE();
	ASSERT_EQ(0, offlining_keep_order());
	if (scheduler_possible_in(&self->stage.root, reason))
		LEAVE("%s", reason->text);
	if (kernel_btf_enum("scx_ops_flags", "SCX_OPS_ENQ_EXITING", &flag))
		LEAVE("this kernel has no SCX_OPS_ENQ_EXITING");
	ASSERT_EQ(0, cgroup_create(&self->parent, &self->stage.root, "parent"));
	ASSERT_STAGED(cgroup_delegate(&self->parent, "cpu", reason));
	ASSERT_EQ(0, cgroup_create(&self->c, &self->parent, "c"));
	story_name_cgroup(&self->stage.story, &self->parent, "the parent");
	story_name_cgroup(&self->stage.story, &self->c, "c");

	self->skel = SCHEDULER_OPEN(&self->scheduler, dying_scheduling);
	ASSERT_NE(NULL, self->skel);
	self->skel->struct_ops.ops->flags |= flag;
	story_use_log(&self->stage.story, &self->skel->bss->events);
}

FIXTURE_TEARDOWN(scx_dying_scheduling)
{
	exiting_destroy(&self->task);
	deadline_abandon(&self->removal.call);
	deadline_abandon(&self->writing.call);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

/*
 * In a test: the scheduler runs, is asked to run tasks, and the task is held in c; or
 * it leaves. Up to 6.17 a load that fails leaves all later schedulers bypassed.
 */
#define HOLD_IN_C()                                                                                                              \
	do {                                                                                                                     \
		struct event_log *__log = self->stage.story.log;                                                                 \
		ASSERT_STAGED(scheduler_load(&self->scheduler,                                                                   \
					     &self->stage.reason));                                                              \
		ATTACH(&self->scheduler);                                                                                        \
		HOLD(&self->task, HOLD_PIDNS, &self->c);                                                                         \
		story_name_task(&self->stage.story, self->task.pid,                                                              \
				"the task");                                                                                     \
		ASSERT_TRUE(                                                                                                     \
			event_noted(__log, EV_CGROUP_INIT, self->c.id, 0));                                                      \
		ASSERT_TRUE(event_noted(__log, EV_INIT_TASK, self->c.id,                                                         \
					self->task.pid));                                                                        \
		if (!self->skel->bss->asked)                                                                                     \
			SKIP(return,                                                                                             \
				   "the kernel runs all tasks past the scheduler: some load before has left it in bypass mode"); \
	} while (0)

/* Judges one enqueue of the task while it was exiting. */
static void judge_enqueue(struct __test_metadata *_metadata,
			  FIXTURE_DATA(scx_dying_scheduling) * self,
			  const struct event *ev, bool cgroup_exited,
			  enum fix_id fix)
{
	if (ev->cgroup != self->c.id)
		BROKEN(fix,
		       "an exiting task is enqueued in cgroup %llu, not in the one it lived in",
		       (unsigned long long)ev->cgroup);
	if (ev->flags & EVF_OFFLINE)
		BROKEN(fix,
		       "the cpu controller of an exiting task's cgroup is offline as the task is enqueued");
	if (cgroup_exited)
		BROKEN(fix,
		       "an exiting task is enqueued after the cgroup_exit of its cgroup");
}

/* Releases the task, and judges what was noted of it. */
static void release_and_judge(struct __test_metadata *_metadata,
			      FIXTURE_DATA(scx_dying_scheduling) * self,
			      enum fix_id fix)
{
	struct event_log *log = self->stage.story.log;
	bool cgroup_exited = false;
	size_t i, nr, released;
	int enqueued = 0;

	ASSERT_TRUE(exiting_is_held(&self->task));
	ASSERT_TRUE(WAIT_FOR(proc_sleeps(self->task.pid), PATIENCE_MS));
	released = event_count(log);
	STEP("the task is released");
	ASSERT_EQ(0, exiting_release(&self->task));
	if (!scheduler_notes(&self->scheduler, log, EV_EXIT_TASK, 0,
			     self->task.pid))
		BROKEN(FIX_NONE, "exit_task of the task never comes");
	ASSERT_EQ((size_t)0, event_lost(log));

	nr = event_count(log);
	for (i = 0; i < nr && !self->stage.story.broken; i++) {
		const struct event *ev = &log->event[i];

		if (ev->kind == EV_CGROUP_EXIT && ev->cgroup == self->c.id)
			cgroup_exited = true;
		if (ev->kind != EV_ENQUEUE || ev->pid != self->task.pid)
			continue;
		enqueued += i >= released;
		judge_enqueue(_metadata, self, ev, cgroup_exited, fix);
	}
	if (!enqueued && !self->stage.story.broken)
		BROKEN(FIX_NONE,
		       "an exiting task wakes up, and the scheduler is not asked to run it");
}

TEST_F(scx_dying_scheduling, exiting_task_is_enqueued_in_its_cgroup)
{
	HOLD_IN_C();
	release_and_judge(_metadata, self, FIX_NONE);
}

TEST_F(scx_dying_scheduling, removed_cgroup_is_online_for_an_exiting_task)
{
	struct story *story = &self->stage.story;
	bool removed;

	HOLD_IN_C();
	removed = removal_done(&self->removal, story, &self->c, BLOCKED_MS);
	ASSERT_TRUE(self->removal.tried);
	if (removed)
		ASSERT_TRUE(offlining_has_caught_up(story->log, EV_CGROUP_EXIT,
						    &self->stage.root));
	release_and_judge(_metadata, self, FIX_DEFER_UNLINK);
	if (!removed)
		ASSERT_TRUE(removal_finish(&self->removal, story, &self->c));
}

TEST_F(scx_dying_scheduling, disabled_cgroup_is_online_for_an_exiting_task)
{
	struct story *story = &self->stage.story;

	HOLD_IN_C();
	ASSERT_EQ(0, writing_begin(&self->writing, &self->parent,
				   "cgroup.subtree_control", "-cpu"));
	ASSERT_TRUE(writing_done(&self->writing, story, BLOCKED_MS));
	ASSERT_TRUE(offlining_has_caught_up(story->log, EV_CGROUP_EXIT,
					    &self->stage.root));
	release_and_judge(_metadata, self, FIX_PER_CSS_KILL);
}

TEST_F(scx_dying_scheduling, forgotten_exiting_task_is_named)
{
	const struct user_exit_info *info = self->scheduler.exit_info;
	struct reason *reason = &self->stage.reason;
	char name[16];
	bool ended;

	self->skel->struct_ops.ops->timeout_ms = STALL_MS;
	HOLD_IN_C();
	ASSERT_TRUE(WAIT_FOR(proc_sleeps(self->task.pid), PATIENCE_MS));
	self->scheduler.doomed = true;
	self->skel->bss->forgotten_pid = self->task.pid;
	STEP("the task is released, and is not run");
	ended = !exiting_release(&self->task);
	if (!WAIT_FOR(scheduler_ejected(&self->scheduler, reason), PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "a scheduler that does not run a task is not ejected");
	else
		STEP("the scheduler is ejected: %s", reason->text);
	ASSERT_TRUE(event_noted(self->stage.story.log, EV_ENQUEUE, 0,
				self->task.pid));
	if (!ended)
		BROKEN(FIX_NONE,
		       "the task does not come to its end when the scheduler is gone");

	snprintf(name, sizeof(name), "[%d]", self->task.pid);
	if (strstr(info->msg, "failed to run for") && !strstr(info->msg, name))
		SKIP(return, "this machine is too slow: %.200s", info->msg);
	if (!self->stage.story.broken && !strstr(info->msg, name))
		BROKEN(FIX_NONE,
		       "the kernel does not name the task that was not run: %s",
		       reason->text);
	if (!self->stage.story.broken && !self->scheduler.dump[0])
		BROKEN(FIX_NONE, "the kernel gives no dump");
}

TEST_PROGRAM(scx_dying_scheduling)
