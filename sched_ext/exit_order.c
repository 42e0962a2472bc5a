// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_exit_order - a BPF scheduler sees all tasks leave a cgroup before the
 * cgroup itself leaves.
 *
 * The invariant. Between ops.cgroup_init() and ops.cgroup_exit() of a cgroup a
 * scheduler keeps state for it, and every task in it may use that state until
 * its own ops.exit_task(). So exit_task of every task precedes cgroup_exit; it
 * comes when the task has switched out for the last time, whoever still wants
 * to know of the task. And a child's cgroup_exit precedes its parent's.
 *
 * Who broke it. It never held before 6.19, for two reasons that each have a fix.
 * exit_task was called when the last reference to the task_struct was dropped,
 * which an unreaped zombie puts off at will (7900aa699c34 moved it to the last
 * context switch). And do_exit() unlinked the task from its cgroup while it had
 * still to run, so that the cgroup could be removed around it (d245698d727a).
 *
 * How the window is opened. The scheduler is loaded first and only watches. A
 * task of cgroup c is held: as a zombie of one kind or another, or in do_exit()
 * itself. Then c is removed. Whether the kernel calls cgroup_exit for it now is
 * not waited for but asked: a second cgroup is removed after c, and when its
 * cgroup_exit has come, that of c has come too or has been put off. Then the
 * task is released, and the oracle reads the log.
 *
 * Where rmdir is refused or waits while the task is held (6.19), the cgroup goes
 * after the task all the same, and the order is right: that rmdir should have
 * succeeded is for cgroup_rmdir to say.
 *
 * What a failure means. A scheduler frees or reuses a cgroup's state while one
 * of its tasks still needs it: lookups fail, and the scheduler is ejected.
 */
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "offlining.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "exit_order.skel.h"

#define DEPTH 3
#define LEAVES 4
#define PER_LEAF 3

FIXTURE(scx_exit_order)
{
	struct stage stage;
	struct scheduler scheduler;
	struct exit_order *skel;
	struct cgroup c;
	struct exiting task;
	struct removal removal;
	bool removed; /* while the task was held */
	pid_t live[LEAVES * PER_LEAF];
};

FIXTURE_SETUP(scx_exit_order)
{
	struct reason *reason = &self->stage.reason;

	SET_STAGE();
	ASSERT_EQ(0, offlining_keep_order());
	if (scheduler_possible_in(&self->stage.root, reason))
		LEAVE("%s", reason->text);

	self->skel = SCHEDULER_OPEN(&self->scheduler, exit_order);
	ASSERT_NE(NULL, self->skel);
	story_use_log(&self->stage.story, &self->skel->bss->events);
	LOAD(&self->scheduler);
	STEP("the scheduler is loaded");
}

FIXTURE_TEARDOWN(scx_exit_order)
{
	size_t i;

	exiting_destroy(&self->task);
	for (i = 0; i < ARRAY_SIZE(self->live); i++)
		if (self->live[i] > 0)
			spawn_kill(self->live[i], PATIENCE_MS);
	deadline_abandon(&self->removal.call);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

static bool notes(FIXTURE_DATA(scx_exit_order) * self, enum event_kind kind,
		  __u64 cgroup, pid_t pid)
{
	return scheduler_notes(&self->scheduler, self->stage.story.log, kind,
			       cgroup, pid);
}

static bool noted(FIXTURE_DATA(scx_exit_order) * self, enum event_kind kind,
		  __u64 cgroup, pid_t pid)
{
	return event_noted(self->stage.story.log, kind, cgroup, pid);
}

static int create(FIXTURE_DATA(scx_exit_order) * self, struct cgroup *cg,
		  const struct cgroup *parent, const char *name)
{
	int err = cgroup_create(cg, parent, name);

	if (!err)
		story_name_cgroup(&self->stage.story, cg, name);
	return err;
}

/* The stage: the scheduler knows this cgroup, and this task in it. */
static void must_be_known(struct __test_metadata *_metadata,
			  FIXTURE_DATA(scx_exit_order) * self,
			  const struct cgroup *cg, pid_t pid)
{
	ASSERT_EQ((size_t)0, event_lost(self->stage.story.log))
	{
		ksft_print_msg(
			"this machine has more threads than the event log has room for\n");
	}
	ASSERT_TRUE(noted(self, EV_CGROUP_INIT, cg->id, 0));
	ASSERT_TRUE(noted(self, EV_INIT_TASK, cg->id, pid));
}

/* Removes it around the task; what comes of that has come when this returns. */
static void remove_around(struct __test_metadata *_metadata,
			  FIXTURE_DATA(scx_exit_order) * self)
{
	self->removed = removal_done(&self->removal, &self->stage.story,
				     &self->c, BLOCKED_MS);
	ASSERT_TRUE(self->removal.tried);
	if (self->removed)
		ASSERT_TRUE(offlining_has_caught_up(self->stage.story.log,
						    EV_CGROUP_EXIT,
						    &self->stage.root));
	ASSERT_TRUE(exiting_is_held(&self->task));
}

static void release(struct __test_metadata *_metadata,
		    FIXTURE_DATA(scx_exit_order) * self)
{
	STEP("the task is released");
	ASSERT_EQ(0, exiting_release(&self->task));
	if (!self->removed)
		ASSERT_TRUE(removal_finish(&self->removal, &self->stage.story,
					   &self->c));
}

/* All is over: the scheduler goes, and the oracle has its say. */
static void judge(struct __test_metadata *_metadata,
		  FIXTURE_DATA(scx_exit_order) * self, enum fix_id fix)
{
	if (!scheduler_detach(&self->scheduler, &self->stage.story))
		return;
	JUDGE(ORDER_RULE(ORDER_R2), fix);
	JUDGE(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2), FIX_NONE);
}

static void must_exit(struct __test_metadata *_metadata,
		      FIXTURE_DATA(scx_exit_order) * self,
		      const struct cgroup *cg, pid_t pid)
{
	if (!notes(self, EV_EXIT_TASK, 0, pid))
		BROKEN(FIX_NONE, "exit_task of task %d never comes", pid);
	if (!notes(self, EV_CGROUP_EXIT, cg->id, 0))
		BROKEN(FIX_NONE,
		       "cgroup_exit of the removed cgroup never comes");
}

/*
 * Nothing of a zombie runs any more. It is one a moment before its last switch;
 * when its cgroup is empty, that is behind it.
 */
static void must_have_exited(struct __test_metadata *_metadata,
			     FIXTURE_DATA(scx_exit_order) * self)
{
	const struct event *gone;

	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&self->c), PATIENCE_MS));
	gone = event_last_of_pid(self->stage.story.log, EV_EXIT_TASK,
				 self->task.pid);
	if (!gone)
		BROKEN(FIX_SCX_EXIT_ORDER,
		       "a task has switched out for the last time, and exit_task does not come while something refers to it");
	else if (gone->flags & EVF_UNLINKED)
		BROKEN(FIX_SCX_EXIT_ORDER,
		       "exit_task comes for a task that has left its cgroup, which nothing keeps any more");
}

static void judge_held(struct __test_metadata *_metadata,
		       FIXTURE_DATA(scx_exit_order) * self, enum fix_id fix)
{
	remove_around(_metadata, self);
	release(_metadata, self);
	must_exit(_metadata, self, &self->c, self->task.pid);
	judge(_metadata, self, fix);
}

static void hold_in_c(struct __test_metadata *_metadata,
		      FIXTURE_DATA(scx_exit_order) * self,
		      enum exiting_hold hold)
{
	ASSERT_EQ(0, create(self, &self->c, &self->stage.root, "c"));
	HOLD(&self->task, hold, &self->c);
	story_name_task(&self->stage.story, self->task.pid, "the task");
	must_be_known(_metadata, self, &self->c, self->task.pid);
}

TEST_F(scx_exit_order, zombie_exits_before_its_cgroup)
{
	hold_in_c(_metadata, self, HOLD_ZOMBIE);
	must_have_exited(_metadata, self);
	judge_held(_metadata, self, FIX_SCX_EXIT_ORDER);
}

/* By its tracer, by an open directory of /proc, and by a pidfd. */
TEST_F(scx_exit_order, pinned_zombie_exits_before_its_cgroup)
{
	char path[32];
	int dir, pidfd;

	hold_in_c(_metadata, self, HOLD_TRACED);
	snprintf(path, sizeof(path), "/proc/%d", self->task.pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, dir);
	pidfd = syscall(SYS_pidfd_open, self->task.pid, 0);
	ASSERT_LE(0, pidfd);
	STEP("its directory in /proc and a pidfd of it are open");

	must_have_exited(_metadata, self);
	judge_held(_metadata, self, FIX_SCX_EXIT_ORDER);
	close(pidfd);
	close(dir);
}

TEST_F(scx_exit_order, vforked_zombie_exits_before_its_cgroup)
{
	hold_in_c(_metadata, self, HOLD_VFORK);
	must_have_exited(_metadata, self);
	judge_held(_metadata, self, FIX_SCX_EXIT_ORDER);
}

TEST_F(scx_exit_order, held_task_exits_before_its_cgroup)
{
	hold_in_c(_metadata, self, HOLD_PIDNS);
	if (noted(self, EV_EXIT_TASK, 0, self->task.pid))
		BROKEN(FIX_NONE, "exit_task of a task that still runs");
	judge_held(_metadata, self, FIX_DEFER_UNLINK);
}

TEST_F(scx_exit_order, zombie_leader_exits_before_its_cgroup)
{
	hold_in_c(_metadata, self, HOLD_ZOMBIE_LEADER);
	ASSERT_EQ(0, kill(self->task.pid, SIGKILL));
	self->task.hold = HOLD_ZOMBIE;
	ASSERT_TRUE(WAIT_FOR(exiting_is_held(&self->task), PATIENCE_MS));
	STEP("its other thread is killed: it is a zombie now");
	must_have_exited(_metadata, self);
	judge_held(_metadata, self, FIX_SCX_EXIT_ORDER);
}

/* The live thread moves away, and the dead leader cannot. */
TEST_F(scx_exit_order, leader_left_behind_exits_before_its_cgroup)
{
	struct cgroup elsewhere;

	ASSERT_EQ(0, create(self, &elsewhere, &self->stage.root, "elsewhere"));
	hold_in_c(_metadata, self, HOLD_ZOMBIE_LEADER);
	ASSERT_EQ(0, cgroup_add(&elsewhere, self->task.pid));
	STEP("its process moves to elsewhere");
	must_have_exited(_metadata, self);
	judge_held(_metadata, self, FIX_SCX_EXIT_ORDER);
}

TEST_F(scx_exit_order, leader_exits_before_its_cgroup_during_exec)
{
	struct cgroup domain;

	ASSERT_EQ(0, create(self, &domain, &self->stage.root, "domain"));
	ASSERT_STAGED(cgroup_delegate(&domain, "cpu", &self->stage.reason));
	ASSERT_EQ(0, create(self, &self->c, &domain, "c"));
	ASSERT_EQ(0, cgroup_write(&self->c, "cgroup.type", "threaded"));
	HOLD(&self->task, HOLD_EXEC, &self->c);
	story_name_task(&self->stage.story, self->task.pid, "the leader");
	must_be_known(_metadata, self, &self->c, self->task.pid);

	must_have_exited(_metadata, self);
	judge_held(_metadata, self, FIX_SCX_EXIT_ORDER);
}

/* Born there; it keeps nothing open, as the scheduler is there as long as that. */
static pid_t start_in(const struct cgroup *cg)
{
	int cgroup_fd = cgroup_open(cg, "");
	pid_t pid = fork_into(cgroup_fd, 0);

	if (!pid) {
		syscall(SYS_close_range, 0, ~0U, 0);
		idle_until_killed();
	}
	close(cgroup_fd);
	return pid;
}

static void populate(struct __test_metadata *_metadata,
		     FIXTURE_DATA(scx_exit_order) * self,
		     const struct cgroup *leaf, pid_t *live)
{
	int i;

	for (i = 0; i < PER_LEAF; i++) {
		live[i] = start_in(leaf);
		ASSERT_LT(0, live[i]);
		story_name_task(&self->stage.story, live[i], "one of them");
	}
}

/* c, two branches of it, and two leaves of each. */
static void plant(struct __test_metadata *_metadata,
		  FIXTURE_DATA(scx_exit_order) * self, struct cgroup *branches,
		  struct cgroup *leaves)
{
	struct reason *reason = &self->stage.reason;
	char name[16];
	int i;

	ASSERT_EQ(0, create(self, &self->c, &self->stage.root, "c"));
	ASSERT_STAGED(cgroup_delegate(&self->c, "cpu", reason));
	for (i = 0; i < LEAVES / 2; i++) {
		snprintf(name, sizeof(name), "branch%d", i);
		ASSERT_EQ(0, create(self, &branches[i], &self->c, name));
		ASSERT_STAGED(cgroup_delegate(&branches[i], "cpu", reason));
	}
	for (i = 0; i < LEAVES; i++) {
		snprintf(name, sizeof(name), "leaf%d", i);
		ASSERT_EQ(0, create(self, &leaves[i], &branches[i / 2], name));
		populate(_metadata, self, &leaves[i],
			 &self->live[i * PER_LEAF]);
	}
}

static void fell(struct __test_metadata *_metadata,
		 FIXTURE_DATA(scx_exit_order) * self, struct cgroup *branches,
		 struct cgroup *leaves)
{
	int i;

	ASSERT_EQ(0, cgroup_write(&self->c, "cgroup.kill", "1"));
	STEP("cgroup.kill of c");
	for (i = 0; i < LEAVES * PER_LEAF; i++)
		ASSERT_TRUE(
			WAIT_FOR(proc_is_zombie(self->live[i]), PATIENCE_MS));
	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&self->c), PATIENCE_MS));
	for (i = 0; i < LEAVES; i++)
		ASSERT_EQ(0, cgroup_rmdir(&leaves[i]));
	for (i = 0; i < LEAVES / 2; i++)
		ASSERT_EQ(0, cgroup_rmdir(&branches[i]));
	ASSERT_EQ(0, cgroup_rmdir(&self->c));
	STEP("all are zombies, and the cgroups are removed");
}

TEST_F(scx_exit_order, killed_tree_exits_after_its_tasks)
{
	struct cgroup branches[LEAVES / 2], leaves[LEAVES];
	int i;

	plant(_metadata, self, branches, leaves);
	fell(_metadata, self, branches, leaves);
	ASSERT_TRUE(offlining_has_caught_up(self->stage.story.log,
					    EV_CGROUP_EXIT, &self->stage.root));
	for (i = 0; i < LEAVES * PER_LEAF; i++) {
		must_be_known(_metadata, self, &leaves[i / PER_LEAF],
			      self->live[i]);
		ASSERT_TRUE(proc_is_zombie(self->live[i]));
	}
	STEP("they are reaped");
	for (i = 0; i < LEAVES * PER_LEAF; i++) {
		ASSERT_LE(0, spawn_wait(self->live[i], PATIENCE_MS));
		must_exit(_metadata, self, &leaves[i / PER_LEAF],
			  self->live[i]);
		self->live[i] = 0;
	}
	must_exit(_metadata, self, &self->c, 0);
	judge(_metadata, self, FIX_SCX_EXIT_ORDER);
}

/* From the last on, for as long as the kernel lets it; how many are left. */
static int remove_upwards(FIXTURE_DATA(scx_exit_order) * self,
			  const struct cgroup *chain, int nr)
{
	while (nr && removal_done(&self->removal, &self->stage.story,
				  &chain[nr - 1], BLOCKED_MS))
		nr--;
	return nr;
}

TEST_F(scx_exit_order, children_exit_before_their_parents)
{
	static const char *const names[DEPTH] = { "c", "child", "grandchild" };
	struct cgroup chain[DEPTH];
	int i, left;

	for (i = 0; i < DEPTH; i++) {
		if (i)
			ASSERT_STAGED(cgroup_delegate(&chain[i - 1], "cpu",
						      &self->stage.reason));
		ASSERT_EQ(0, create(self, &chain[i],
				    i ? &chain[i - 1] : &self->stage.root,
				    names[i]));
	}
	HOLD(&self->task, HOLD_PIDNS, &chain[DEPTH - 1]);
	story_name_task(&self->stage.story, self->task.pid, "the task");
	must_be_known(_metadata, self, &chain[DEPTH - 1], self->task.pid);

	left = remove_upwards(self, chain, DEPTH);
	ASSERT_TRUE(self->removal.tried);
	if (!left)
		ASSERT_TRUE(offlining_has_caught_up(self->stage.story.log,
						    EV_CGROUP_EXIT,
						    &self->stage.root));
	ASSERT_TRUE(exiting_is_held(&self->task));

	STEP("the task is released");
	ASSERT_EQ(0, exiting_release(&self->task));
	for (; left; left--)
		ASSERT_TRUE(removal_finish(&self->removal, &self->stage.story,
					   &chain[left - 1]));
	for (i = 0; i < DEPTH; i++)
		must_exit(_metadata, self, &chain[i], self->task.pid);
	judge(_metadata, self, FIX_DEFER_UNLINK);
}

SCHEDULER_PROGRAM(scx_exit_order, exit_order, NULL)
