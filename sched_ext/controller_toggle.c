// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_controller_toggle - the cpu controller comes and goes, and a BPF scheduler
 * is not misled on who is in which cgroup.
 *
 * The invariant. To a scheduler a cgroup is one that has the cpu controller.
 * Where that is disabled the cgroup leaves it, with ops.cgroup_exit(), and its
 * tasks move to the parent; an exiting task cannot move, so cgroup_exit comes
 * after its ops.exit_task(). Enabled again, the cgroup is a new one: it is
 * initialised again, and the tasks that live in it move back. If it is removed
 * meanwhile it has left already, and does not do so twice.
 *
 * Who broke it. It never held before 1dffd95575eb (7.2): disabling a controller
 * took its state down at once, whoever was still exiting in it. (Before 6.19 the
 * removal of a whole cgroup did that as well, see scx_exit_order.)
 *
 * How the window is opened. The scheduler is loaded first and only watches. A
 * task of p/c is held in do_exit(), another lives in c. The controller is
 * disabled in p. Whether c has left by then is not waited for but asked: a
 * cgroup is removed after it, and when its cgroup_exit has come, that of c has
 * come too or has been put off. Then the controller is enabled, which waits for
 * the task from 7.2 on, the task is released, and the oracle reads the log.
 *
 * What a failure means. A service manager that reconfigures a unit takes its
 * state away from a scheduler that still has a task in it; lookups fail, and the
 * scheduler is ejected.
 */
#include <scx/common.h>

#include "test.h"
#include "offlining.h"
#include "resident.h"
#include "scheduler.h"
#include "spawn.h"
#include "writing.h"
#include "controller_toggle.skel.h"

/* A storm ends after so many rounds, or when that takes too long. */
#define ROUNDS 20
#define STORM_MS 1500
#define WORKERS 2

FIXTURE(scx_controller_toggle)
{
	struct stage stage;
	struct scheduler scheduler;
	struct controller_toggle *skel;
	struct cgroup p, c; /* p/c */
	struct exiting task;
	struct resident resident;
	struct writing disabling, enabling;
	struct removal removal;
	pid_t workers[WORKERS];
};

FIXTURE_SETUP(scx_controller_toggle)
{
	struct reason *reason = &self->stage.reason;
	struct story *story = &self->stage.story;

	SET_STAGE();
	ASSERT_EQ(0, offlining_keep_order());
	if (scheduler_possible_in(&self->stage.root, reason))
		LEAVE("%s", reason->text);

	self->skel = SCHEDULER_OPEN(&self->scheduler, controller_toggle);
	ASSERT_NE(NULL, self->skel);
	story_use_log(story, &self->skel->bss->events);
	LOAD(&self->scheduler);
	STEP("the scheduler is loaded");

	ASSERT_EQ(0, cgroup_create(&self->p, &self->stage.root, "p"));
	story_name_cgroup(story, &self->p, "p");
	ASSERT_STAGED(cgroup_delegate(&self->p, "cpu", reason));
	ASSERT_EQ(0, cgroup_create(&self->c, &self->p, "c"));
	story_name_cgroup(story, &self->c, "c");
}

FIXTURE_TEARDOWN(scx_controller_toggle)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		if (self->workers[i] > 0)
			spawn_kill(self->workers[i], PATIENCE_MS);
	exiting_destroy(&self->task);
	resident_end(&self->resident);
	deadline_abandon(&self->disabling.call);
	deadline_abandon(&self->enabling.call);
	deadline_abandon(&self->removal.call);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

static bool notes(FIXTURE_DATA(scx_controller_toggle) * self,
		  enum event_kind kind, __u64 cgroup, pid_t pid)
{
	return scheduler_notes(&self->scheduler, self->stage.story.log, kind,
			       cgroup, pid);
}

/* The place in the log of the last event of this kind, of c; -1: none. */
static long last_of(FIXTURE_DATA(scx_controller_toggle) * self,
		    enum event_kind kind, int *times)
{
	const struct event_log *log = self->stage.story.log;
	long i, last = -1, nr = event_count(log);

	*times = 0;
	for (i = 0; i < nr; i++) {
		if (log->event[i].kind != kind ||
		    log->event[i].cgroup != self->c.id)
			continue;
		last = i;
		(*times)++;
	}
	return last;
}

/* Whether the live task has moved, after the event at @since. */
static bool has_moved(FIXTURE_DATA(scx_controller_toggle) * self,
		      const struct cgroup *from, const struct cgroup *to,
		      long since)
{
	const struct event_log *log = self->stage.story.log;
	long i, nr = event_count(log);

	for (i = since + 1; i < nr; i++) {
		const struct event *ev = &log->event[i];

		if (ev->kind == EV_MOVE && ev->pid == self->resident.pid &&
		    ev->cgroup == from->id && ev->to == to->id)
			return true;
	}
	return false;
}

static void hold_in_c(struct __test_metadata *_metadata,
		      FIXTURE_DATA(scx_controller_toggle) * self,
		      enum exiting_hold hold)
{
	struct story *story = &self->stage.story;
	const struct event_log *log = story->log;

	HOLD(&self->task, hold, &self->c);
	story_name_task(story, self->task.pid, "the task");
	/* The stage: the scheduler knows this cgroup, and this task in it. */
	ASSERT_EQ((size_t)0, event_lost(log));
	ASSERT_TRUE(event_noted(log, EV_CGROUP_INIT, self->c.id, 0));
	ASSERT_TRUE(event_noted(log, EV_INIT_TASK, self->c.id, self->task.pid));
}

static void live_in_c(struct __test_metadata *_metadata,
		      FIXTURE_DATA(scx_controller_toggle) * self)
{
	ASSERT_EQ(0, resident_start(&self->resident, &self->c));
	story_name_task(&self->stage.story, self->resident.pid, "a live task");
}

/* Disables what @controllers says; what comes of that has come on return. */
static void disable(struct __test_metadata *_metadata,
		    FIXTURE_DATA(scx_controller_toggle) * self,
		    const char *controllers)
{
	ASSERT_EQ(0, writing_begin(&self->disabling, &self->p,
				   "cgroup.subtree_control", controllers));
	ASSERT_TRUE(
		writing_done(&self->disabling, &self->stage.story, BLOCKED_MS));
	ASSERT_TRUE(offlining_has_caught_up(self->stage.story.log,
					    EV_CGROUP_EXIT, &self->stage.root));
	ASSERT_TRUE(exiting_is_held(&self->task));
}

/* Begins to; from 7.2 on it is done when the task is gone, and not before. */
static void enable(struct __test_metadata *_metadata,
		   FIXTURE_DATA(scx_controller_toggle) * self,
		   const char *controllers)
{
	ASSERT_EQ(0, writing_begin(&self->enabling, &self->p,
				   "cgroup.subtree_control", controllers));
	writing_settled(&self->enabling, &self->stage.story);
	ASSERT_TRUE(exiting_is_held(&self->task));
}

static void release(struct __test_metadata *_metadata,
		    FIXTURE_DATA(scx_controller_toggle) * self)
{
	STEP("the task is released");
	ASSERT_EQ(0, exiting_release(&self->task));
	if (!notes(self, EV_EXIT_TASK, 0, self->task.pid))
		BROKEN(FIX_NONE, "exit_task of the task never comes");
	if (!notes(self, EV_CGROUP_EXIT, self->c.id, 0))
		BROKEN(FIX_NONE, "cgroup_exit of c never comes");
}

/* The live task left c with the controller, and is back with it. */
static void must_be_back(struct __test_metadata *_metadata,
			 FIXTURE_DATA(scx_controller_toggle) * self)
{
	int times;
	long again = last_of(self, EV_CGROUP_INIT, &times);

	if (times != 2)
		BROKEN(FIX_NONE,
		       "the controller is there again, and cgroup_init has come %d times in all",
		       times);
	if (!has_moved(self, &self->c, &self->p, -1))
		BROKEN(FIX_NONE,
		       "a live task does not move to the parent when the controller is disabled");
	if (!has_moved(self, &self->p, &self->c, again))
		BROKEN(FIX_NONE,
		       "a live task does not move back when the controller is enabled");
}

static void judge(struct __test_metadata *_metadata,
		  FIXTURE_DATA(scx_controller_toggle) * self)
{
	if (!scheduler_detach(&self->scheduler, &self->stage.story))
		return;
	JUDGE(ORDER_RULE(ORDER_R2), FIX_PER_CSS_KILL);
	JUDGE(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2), FIX_NONE);
}

/* Off and on again, around an exiting task and a live one. */
static void toggle(struct __test_metadata *_metadata,
		   FIXTURE_DATA(scx_controller_toggle) * self,
		   enum exiting_hold hold, const char *off, const char *on)
{
	hold_in_c(_metadata, self, hold);
	live_in_c(_metadata, self);
	disable(_metadata, self, off);
	enable(_metadata, self, on);
	release(_metadata, self);
	if (!writing_done(&self->enabling, &self->stage.story, PATIENCE_MS))
		BROKEN(FIX_NONE, "\"%s\" after the task has gone: %s", on,
		       writing_failure(&self->enabling));
	must_be_back(_metadata, self);
}

TEST_F(scx_controller_toggle, held_task_exits_before_its_disabled_cgroup)
{
	toggle(_metadata, self, HOLD_PIDNS, "-cpu", "+cpu");
	judge(_metadata, self);
}

/* A task that every kernel still counts as one of the cgroup's. */
TEST_F(scx_controller_toggle, linked_task_exits_before_its_disabled_cgroup)
{
	toggle(_metadata, self, HOLD_FUSE, "-cpu", "+cpu");
	judge(_metadata, self);
}

TEST_F(scx_controller_toggle, held_task_exits_first_if_memory_goes_as_well)
{
	struct reason *reason = &self->stage.reason;

	if (cgroup_enable(&self->stage.root, "memory", reason) ||
	    cgroup_delegate(&self->p, "memory", reason))
		SKIP(return, "%s", reason->text);
	toggle(_metadata, self, HOLD_PIDNS, "-cpu -memory", "+cpu +memory");
	judge(_metadata, self);
}

/* When the task exits relative to that is for the tests above. */
TEST_F(scx_controller_toggle, disabled_and_removed_cgroup_exits_once)
{
	struct story *story = &self->stage.story;
	struct removal *removal = &self->removal;
	int times;

	hold_in_c(_metadata, self, HOLD_PIDNS);
	disable(_metadata, self, "-cpu");
	removal_done(removal, story, &self->c, BLOCKED_MS);
	ASSERT_TRUE(removal->tried);
	ASSERT_TRUE(exiting_is_held(&self->task));

	release(_metadata, self);
	if (!removal->returned || removal->err)
		ASSERT_TRUE(removal_finish(removal, story, &self->c));
	/* p goes after it, and with it all that was put off in c. */
	ASSERT_EQ(0, cgroup_rmdir(&self->p));
	if (!notes(self, EV_CGROUP_EXIT, self->p.id, 0))
		BROKEN(FIX_NONE, "cgroup_exit of p never comes");
	last_of(self, EV_CGROUP_EXIT, &times);
	if (times != 1)
		BROKEN(FIX_NONE, "cgroup_exit of c comes %d times", times);
	if (!scheduler_detach(&self->scheduler, story))
		return;
	JUDGE(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2), FIX_NONE);
}

/* In c, or from outside into it; with breaks, as somebody has to toggle. */
static pid_t employ(const struct cgroup *cg, bool inside)
{
	pid_t pid = spawn(-1);
	int cgroup_fd;

	if (pid)
		return pid;
	cgroup_fd = cgroup_open(cg, "");
	if (inside && cgroup_add(cg, getpid()))
		_exit(1);
	for (;; pause_ms(2)) {
		pid = inside ? fork() : fork_into(cgroup_fd, 0);
		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static bool changes(FIXTURE_DATA(scx_controller_toggle) * self,
		    struct writing *writing, const char *what)
{
	struct story *story = &self->stage.story;

	return !writing_begin(writing, &self->p, "cgroup.subtree_control",
			      what) &&
	       writing_done(writing, story, PATIENCE_MS);
}

/* A kernel that fails at a single toggle would fail here by chance only. */
TEST_F(scx_controller_toggle, tasks_exit_before_their_cgroup_in_a_storm)
{
	long long end;
	int i;

	toggle(_metadata, self, HOLD_PIDNS, "-cpu", "+cpu");
	JUDGE(ORDER_RULE(ORDER_R2), FIX_PER_CSS_KILL);
	if (self->stage.story.broken)
		return;

	for (i = 0; i < WORKERS; i++) {
		self->workers[i] = employ(&self->c, i);
		ASSERT_LT(0, self->workers[i]);
	}
	STEP("%d processes fork, and their children exit", WORKERS);
	end = now_ms() + STORM_MS;
	for (i = 0; i < ROUNDS && now_ms() < end; i++) {
		ASSERT_TRUE(changes(self, &self->disabling, "-cpu"));
		ASSERT_TRUE(changes(self, &self->enabling, "+cpu"));
	}
	for (i = 0; i < WORKERS; i++) {
		ASSERT_LE(0, spawn_kill(self->workers[i], PATIENCE_MS));
		self->workers[i] = 0;
	}
	STEP("they are gone");
	judge(_metadata, self);
}

SCHEDULER_PROGRAM(scx_controller_toggle, controller_toggle, NULL)
