// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_init_order - a BPF scheduler is told of a cgroup before it is told of a
 * task in it.
 *
 * The invariant. When a scheduler is loaded it gets ops.cgroup_init() for every
 * cgroup and then ops.init_task() for every task, with the cgroup that the task
 * is in. That cgroup has been initialised by then, also if it has been removed
 * and its task is exiting. A task that has switched out for the last time is
 * none of the scheduler's business any more.
 *
 * Who broke it. Up to 6.18 do_exit() unlinked the task from its cgroup, so that
 * the cgroup could be removed and taken down around it; the task was still to
 * be initialised, in a cgroup that the load passes over (d245698d727a). And a
 * zombie was still initialised, as a task was one until the last reference to it
 * was dropped (7900aa699c34). scx_mitosis, which makes its state for a cgroup in
 * cgroup_init and needs it in init_task, ended with "cgrp_ctx lookup failed for
 * cgid".
 *
 * How the window is opened. A task of cgroup c is held, in do_exit() or as a
 * zombie, and c is removed, all before there is a scheduler. When the kernel has
 * had its turn with c (a cgroup that was removed after it is dead) the scheduler
 * is loaded, and the oracle reads the log. Where rmdir is refused or waits while
 * the task is held, c is there at the load, and all is well.
 *
 * What a failure means. A scheduler that keeps state for each cgroup cannot be
 * loaded while some service manager is cleaning up: it is ejected at once.
 */
#include <scx/common.h>

#include "test.h"
#include "offlining.h"
#include "resident.h"
#include "scheduler.h"
#include "spawn.h"
#include "init_order.h"
#include "init_order.skel.h"

#define DEPTH 4
#define MANY 200
#define HELD 100 /* of the many */
#define WORKERS 3
#define LOADS 2

FIXTURE(scx_init_order)
{
	struct stage stage;
	struct scheduler scheduler;
	struct init_order *skel;
	struct cgroup c, living;
	struct exiting task;
	struct exiting many[HELD];
	struct removal removal;
	struct resident resident;
	pid_t workers[WORKERS];
};

FIXTURE_SETUP(scx_init_order)
{
	struct reason *reason = &self->stage.reason;
	struct story *story = &self->stage.story;

	SET_STAGE();
	ASSERT_EQ(0, offlining_keep_order());
	if (scheduler_possible_in(&self->stage.root, reason))
		LEAVE("%s", reason->text);

	self->skel = SCHEDULER_OPEN(&self->scheduler, init_order);
	ASSERT_NE(NULL, self->skel);
	story_use_log(story, &self->skel->bss->events);

	/* What every load must see. */
	ASSERT_EQ(0, cgroup_create(&self->living, &self->stage.root, "living"));
	ASSERT_EQ(0, resident_start(&self->resident, &self->living));
	story_name_cgroup(story, &self->living, "living");
	story_name_task(story, self->resident.pid, "a live task");
}

FIXTURE_TEARDOWN(scx_init_order)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		if (self->workers[i] > 0)
			spawn_kill(self->workers[i], PATIENCE_MS);
	exiting_destroy(&self->task);
	exiting_destroy_all(self->many, HELD);
	deadline_abandon(&self->removal.call);
	resident_end(&self->resident);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

static bool noted(FIXTURE_DATA(scx_init_order) * self, enum event_kind kind,
		  const struct cgroup *cg, pid_t pid)
{
	return event_noted(self->stage.story.log, kind, cg->id, pid);
}

static void attach(struct __test_metadata *_metadata,
		   FIXTURE_DATA(scx_init_order) * self)
{
	ASSERT_STAGED(scheduler_attach(&self->scheduler, &self->stage.reason));
	STEP("the scheduler is loaded");
	ASSERT_EQ((size_t)0, event_lost(self->stage.story.log));
	/* The stage: this is what a load looks like. */
	ASSERT_TRUE(noted(self, EV_CGROUP_INIT, &self->living, 0));
	ASSERT_TRUE(
		noted(self, EV_INIT_TASK, &self->living, self->resident.pid));
}

static void load(struct __test_metadata *_metadata,
		 FIXTURE_DATA(scx_init_order) * self)
{
	ASSERT_STAGED(scheduler_load(&self->scheduler, &self->stage.reason));
	attach(_metadata, self);
}

/* All is over: the scheduler goes, and the oracle has its say. */
static void judge(struct __test_metadata *_metadata,
		  FIXTURE_DATA(scx_init_order) * self, enum fix_id fix)
{
	if (!scheduler_detach(&self->scheduler, &self->stage.story))
		return;
	JUDGE(ORDER_RULE(ORDER_R1), fix);
	JUDGE(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R1), FIX_NONE);
}

static void hold_in_c(struct __test_metadata *_metadata,
		      FIXTURE_DATA(scx_init_order) * self,
		      enum exiting_hold hold)
{
	struct story *story = &self->stage.story;

	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	story_name_cgroup(story, &self->c, "c");
	HOLD(&self->task, hold, &self->c);
	story_name_task(story, self->task.pid, "the task");
}

/*
 * Removes c around the task, and lets the kernel take it down if it will. While
 * rmdir sleeps, no cgroup can be made beside c.
 */
static void remove_c(struct __test_metadata *_metadata,
		     FIXTURE_DATA(scx_init_order) * self)
{
	struct reason *reason = &self->stage.reason;

	if (removal_done(&self->removal, &self->stage.story, &self->c,
			 BLOCKED_MS))
		ASSERT_STAGED(
			offlining_catch_up_unseen(&self->stage.root, reason));
	ASSERT_TRUE(self->removal.tried);
	ASSERT_TRUE(exiting_is_held(&self->task));
}

static void release(struct __test_metadata *_metadata,
		    FIXTURE_DATA(scx_init_order) * self)
{
	struct removal *removal = &self->removal;

	ASSERT_TRUE(exiting_is_held(&self->task));
	STEP("the task is released");
	ASSERT_EQ(0, exiting_release(&self->task));
	if (!removal->returned || removal->err)
		ASSERT_TRUE(
			removal_finish(removal, &self->stage.story, &self->c));
}

static void load_over_held(struct __test_metadata *_metadata,
			   FIXTURE_DATA(scx_init_order) * self,
			   enum exiting_hold hold)
{
	hold_in_c(_metadata, self, hold);
	remove_c(_metadata, self);
	load(_metadata, self);
	ASSERT_TRUE(noted(self, EV_INIT_TASK, &self->c, self->task.pid));
	release(_metadata, self);
	judge(_metadata, self, FIX_DEFER_UNLINK);
}

TEST_F(scx_init_order, held_task_comes_after_its_removed_cgroup)
{
	load_over_held(_metadata, self, HOLD_PIDNS);
}

/* One that all kernels hold to be in its cgroup. */
TEST_F(scx_init_order, linked_task_comes_after_its_cgroup)
{
	load_over_held(_metadata, self, HOLD_FUSE);
}

/* What is dead is not initialised; before it was, it came without its cgroup. */
static void load_over_dead(struct __test_metadata *_metadata,
			   FIXTURE_DATA(scx_init_order) * self)
{
	/* It is a zombie a moment before its last switch. */
	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&self->c), PATIENCE_MS));
	remove_c(_metadata, self);
	load(_metadata, self);
	if (noted(self, EV_INIT_TASK, &self->c, self->task.pid))
		BROKEN(FIX_SCX_EXIT_ORDER,
		       "init_task of a task that has switched out for the last time");
	release(_metadata, self);
	judge(_metadata, self, FIX_SCX_EXIT_ORDER);
}

TEST_F(scx_init_order, zombie_of_a_removed_cgroup_is_passed_over)
{
	hold_in_c(_metadata, self, HOLD_ZOMBIE);
	load_over_dead(_metadata, self);
}

/* Its process, which has a live thread, has moved away. */
TEST_F(scx_init_order, zombie_leader_of_a_removed_cgroup_is_passed_over)
{
	hold_in_c(_metadata, self, HOLD_ZOMBIE_LEADER);
	ASSERT_EQ(0, cgroup_add(&self->living, self->task.pid));
	STEP("its process moves to living");
	load_over_dead(_metadata, self);
}

/*
 * The user's bug, as scx_mitosis has it: the state of the task's cgroup is not
 * there, and that is an error. Whether the scheduler could be loaded.
 */
static bool loads_with_state(struct __test_metadata *_metadata,
			     FIXTURE_DATA(scx_init_order) * self,
			     enum state_kind kind)
{
	struct reason *reason = &self->stage.reason;
	int err;

	self->skel->bss->state_kind = kind;
	ASSERT_STAGED(scheduler_load(&self->scheduler, reason));
	err = scheduler_attach(&self->scheduler, reason);
	/* Some kernels call that a success and eject it all the same. */
	if (err || scheduler_ejected(&self->scheduler, reason)) {
		scheduler_unload(&self->scheduler, &self->stage.story);
		STEP("a scheduler that needs its cgroups' state is ejected");
		return false;
	}
	STEP("a scheduler that needs its cgroups' state is loaded");
	ASSERT_TRUE(
		noted(self, EV_INIT_TASK, &self->living, self->resident.pid));
	return true;
}

static void judge_with_state(struct __test_metadata *_metadata,
			     FIXTURE_DATA(scx_init_order) * self, bool loaded,
			     enum fix_id fix)
{
	if (loaded) {
		release(_metadata, self);
		judge(_metadata, self, fix);
		return;
	}
	BROKEN(fix, "a scheduler that needs its cgroups' state is ejected: %s",
	       self->stage.reason.text);
	JUDGE(ORDER_RULE(ORDER_R1), fix);
}

TEST_F(scx_init_order, state_is_there_for_a_held_task)
{
	bool loaded;

	hold_in_c(_metadata, self, HOLD_PIDNS);
	remove_c(_metadata, self);
	loaded = loads_with_state(_metadata, self, STATE_BY_ID);
	judge_with_state(_metadata, self, loaded, FIX_DEFER_UNLINK);
}

TEST_F(scx_init_order, state_is_there_beside_a_zombie)
{
	bool loaded;

	hold_in_c(_metadata, self, HOLD_ZOMBIE);
	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&self->c), PATIENCE_MS));
	remove_c(_metadata, self);
	loaded = loads_with_state(_metadata, self, STATE_BY_ID);
	judge_with_state(_metadata, self, loaded, FIX_SCX_EXIT_ORDER);
}

static bool none_is_dying(void)
{
	return !cgroup_read_key(&cgroup_run_root, "cgroup.stat",
				"nr_dying_descendants");
}

TEST_F(scx_init_order, state_in_a_removed_cgroup_is_there_for_a_held_task)
{
	bool loaded;

	/* What other tests have removed is none of this one's business. */
	ASSERT_TRUE(WAIT_FOR(none_is_dying(), PATIENCE_MS));
	hold_in_c(_metadata, self, HOLD_PIDNS);
	remove_c(_metadata, self);
	loaded = loads_with_state(_metadata, self, STATE_IN_CGROUP);
	if (self->skel->bss->refused && self->skel->bss->refused != self->c.id)
		SKIP(return,
			   "no BPF_MAP_TYPE_CGRP_STORAGE even for a live cgroup: where the CPU has no cmpxchg16b, as in QEMU here, that takes slab_debug=F");
	if (self->skel->bss->refused) {
		ASSERT_TRUE(exiting_is_held(&self->task));
		STEP("%s", self->stage.reason.text);
		UNDECIDED(
			"cgroup_init comes for a removed cgroup, in which no BPF_MAP_TYPE_CGRP_STORAGE can be made: a scheduler that needs one is ejected");
		return;
	}
	judge_with_state(_metadata, self, loaded, FIX_DEFER_UNLINK);
}

/* From the last on, in a child: the first that blocks ends it. */
struct row {
	const struct cgroup *cgroups;
	int nr;
};

static int remove_row(const void *arg)
{
	const struct row *row = arg;
	int i, err = 0;

	for (i = row->nr; i-- && !err;)
		err = cgroup_rmdir(&row->cgroups[i]);
	return err;
}

static void remove_all(struct __test_metadata *_metadata,
		       FIXTURE_DATA(scx_init_order) * self,
		       const struct row *row)
{
	struct deadline *call = &self->removal.call;

	ASSERT_EQ(0, deadline_start(call, remove_row, row));
	if (!deadline_wait(call, BLOCKED_MS)) {
		STEP("rmdir of all sleeps: %s", call->where);
		return;
	}
	STEP("rmdir of all: %s",
	     call->result ? strerror(-call->result) : "done");
	ASSERT_STAGED(offlining_catch_up_unseen(&self->stage.root,
						&self->stage.reason));
}

TEST_F(scx_init_order, held_task_comes_after_all_its_removed_ancestors)
{
	struct story *story = &self->stage.story;
	struct reason *reason = &self->stage.reason;
	struct cgroup chain[DEPTH];
	int i;

	for (i = 0; i < DEPTH; i++) {
		char name[16];

		snprintf(name, sizeof(name), "level%d", i);
		if (i)
			ASSERT_STAGED(
				cgroup_delegate(&chain[i - 1], "cpu", reason));
		ASSERT_EQ(0,
			  cgroup_create(&chain[i],
					i ? &chain[i - 1] : &self->stage.root,
					name));
		story_name_cgroup(story, &chain[i], name);
	}
	HOLD(&self->task, HOLD_PIDNS, &chain[DEPTH - 1]);
	story_name_task(story, self->task.pid, "the task");
	remove_all(_metadata, self, &(struct row){ chain, DEPTH });
	load(_metadata, self);
	ASSERT_TRUE(
		noted(self, EV_INIT_TASK, &chain[DEPTH - 1], self->task.pid));

	ASSERT_TRUE(exiting_is_held(&self->task));
	STEP("the task is released");
	ASSERT_EQ(0, exiting_release(&self->task));
	judge(_metadata, self, FIX_DEFER_UNLINK);
}

TEST_F(scx_init_order, many_held_tasks_come_after_their_removed_cgroups)
{
	struct reason *reason = &self->stage.reason;
	static struct cgroup many[MANY];
	int i;

	for (i = 0; i < MANY; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		ASSERT_EQ(0, cgroup_create(&many[i], &self->stage.root, name));
		if (i < HELD)
			ASSERT_STAGED(exiting_start(&self->many[i], HOLD_PIDNS,
						    &many[i], reason));
	}
	STEP("there are %d cgroups, with held tasks in %d of them", MANY, HELD);
	remove_all(_metadata, self, &(struct row){ many, HELD });
	load(_metadata, self);
	for (i = 0; i < MANY; i++)
		ASSERT_TRUE(i < HELD ?
				    noted(self, EV_INIT_TASK, &many[i],
					  self->many[i].pid) :
				    noted(self, EV_CGROUP_INIT, &many[i], 0));

	ASSERT_TRUE(exiting_all_held(self->many, HELD));
	STEP("they are released");
	ASSERT_EQ(0, exiting_release_all(self->many, HELD));
	judge(_metadata, self, FIX_DEFER_UNLINK);
}

/* Until they are killed, but not without a break: somebody has to load. */
static void fork_for_ever(const struct cgroup *cg, const struct cgroup *unused)
{
	int cgroup_fd = cgroup_open(cg, "");

	(void)unused;
	for (;; pause_ms(5)) {
		pid_t pid = fork_into(cgroup_fd, 0);

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void move_for_ever(const struct cgroup *one, const struct cgroup *other)
{
	for (;; pause_ms(5)) {
		cgroup_add(one, getpid());
		cgroup_add(other, getpid());
	}
}

/* A cgroup that is removed around its last task, again and again. */
static void remove_for_ever(const struct cgroup *parent,
			    const struct cgroup *unused)
{
	(void)unused;
	for (;; pause_ms(5)) {
		struct cgroup cg;
		int cgroup_fd;
		pid_t pid;

		if (cgroup_create(&cg, parent, "brief"))
			continue;
		cgroup_fd = cgroup_open(&cg, "");
		pid = fork_into(cgroup_fd, 0);
		if (!pid)
			_exit(0);
		close(cgroup_fd);
		waitpid(pid, NULL, 0);
		WAIT_FOR(cgroup_rmdir(&cg) != -EBUSY, PATIENCE_MS);
	}
}

static pid_t employ(void (*work)(const struct cgroup *, const struct cgroup *),
		    const struct cgroup *one, const struct cgroup *other)
{
	pid_t pid = spawn(-1);

	if (!pid)
		work(one, other);
	return pid;
}

static void begin_storm(struct __test_metadata *_metadata,
			FIXTURE_DATA(scx_init_order) * self,
			const struct cgroup *yard, const struct cgroup *a,
			const struct cgroup *b)
{
	int i;

	self->workers[0] = employ(fork_for_ever, a, NULL);
	self->workers[1] = employ(move_for_ever, a, b);
	self->workers[2] = employ(remove_for_ever, yard, NULL);
	for (i = 0; i < WORKERS; i++)
		ASSERT_LT(0, self->workers[i]);
	STEP("one forks, one migrates, one makes and removes cgroups");
}

static void end_storm(struct __test_metadata *_metadata,
		      FIXTURE_DATA(scx_init_order) * self)
{
	int i;

	for (i = 0; i < WORKERS; i++) {
		ASSERT_LE(0, spawn_kill(self->workers[i], PATIENCE_MS));
		self->workers[i] = 0;
	}
	STEP("the storm is over");
}

TEST_F(scx_init_order, tasks_come_after_their_cgroups_in_a_storm)
{
	struct story *story = &self->stage.story;
	struct reason *reason = &self->stage.reason;
	struct cgroup yard, a, b;
	int i;

	ASSERT_EQ(0, cgroup_create(&yard, &self->stage.root, "yard"));
	ASSERT_STAGED(cgroup_delegate(&yard, "cpu", reason));
	ASSERT_EQ(0, cgroup_create(&a, &yard, "a"));
	ASSERT_EQ(0, cgroup_create(&b, &yard, "b"));
	hold_in_c(_metadata, self, HOLD_PIDNS);
	remove_c(_metadata, self);
	ASSERT_STAGED(scheduler_load(&self->scheduler, reason));
	for (i = 0; i < LOADS; i++) {
		begin_storm(_metadata, self, &yard, &a, &b);
		attach(_metadata, self);
		/* In an unload a new task may come after its cgroup has gone. */
		end_storm(_metadata, self);
		if (i < LOADS - 1 && !scheduler_detach(&self->scheduler, story))
			return;
	}
	ASSERT_TRUE(noted(self, EV_INIT_TASK, &self->c, self->task.pid));
	release(_metadata, self);
	if (!scheduler_detach(&self->scheduler, story))
		return;
	JUDGE(ORDER_RULE(ORDER_R1), FIX_DEFER_UNLINK);
}

SCHEDULER_PROGRAM(scx_init_order, init_order, NULL)
