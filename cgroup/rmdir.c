// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_rmdir - a cgroup can be removed around a task that is exiting.
 *
 * The invariant. To userspace an exiting task is gone: wait(2) may have
 * returned, no file of its cgroup lists it. So rmdir of a cgroup that looks
 * empty succeeds, at once. To the kernel the task is still there, until its
 * last context switch: it runs, allocates and schedules in its cgroup. So the
 * cgroup stays populated, and is taken apart only after that switch.
 *
 * Who broke it. Up to 6.18 do_exit() unlinked the task from its cgroup, and
 * what the task did after that was done in a cgroup that could be offline. 6.19
 * moved the unlinking behind the last switch (d245698d727a) and so made exiting
 * tasks visible: rmdir after a successful wait(2) failed with EBUSY. Hiding them
 * (a72f73c4dd9b) mended the files but not rmdir, waiting for them in rmdir
 * (1b164b876c36) put service managers to sleep in D state; at last the dying of
 * the cgroup was put off instead of rmdir (93618edf7538).
 *
 * How the window is opened. The task is the init of a pid namespace, killed,
 * and waits in do_exit() for the last process of its namespace (HOLD_PIDNS).
 *
 * What a failure means. EBUSY, or a blocked rmdir: container and service
 * managers fail or hang on cleaning up. Populated 0 too early: whoever waits
 * for it, or a controller, takes resources away from a task that still uses
 * them. A count that stays up: every removed cgroup leaks its memory.
 */
#include "spawn.h"
#include "test.h"

#define MANY 50

FIXTURE(cgroup_rmdir)
{
	struct stage stage;
	struct cgroup c;
	struct exiting task;
	struct exiting many[MANY];
	struct removal removal;
};

FIXTURE_SETUP(cgroup_rmdir)
{
	SET_STAGE();
	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
}

FIXTURE_TEARDOWN(cgroup_rmdir)
{
	exiting_destroy(&self->task);
	exiting_destroy_all(self->many, MANY);
	deadline_abandon(&self->removal.call);
	STRIKE_STAGE();
}

static void release(FIXTURE_DATA(cgroup_rmdir) * self)
{
	STEP("the task is released and reaped: %s",
	     exiting_release(&self->task) ? "it does not end" : "it is gone");
}

/* Judges a removal that was tried while all tasks were in the window. */
static void judge_removal(struct __test_metadata *_metadata,
			  FIXTURE_DATA(cgroup_rmdir) * self, const char *around)
{
	struct removal *removal = &self->removal;

	ASSERT_TRUE(removal->tried);
	if (!removal->returned)
		BROKEN(FIX_DEFER_RMDIR_KILL,
		       "rmdir of a cgroup with only %s sleeps until it is gone",
		       around);
	else if (removal->err)
		BROKEN(FIX_DEFER_RMDIR_KILL,
		       "rmdir of a cgroup with only %s fails: %s", around,
		       strerror(-removal->err));
}

/* After the release: a removal that did not succeed then must do so now. */
static void finish_removal(struct __test_metadata *_metadata,
			   FIXTURE_DATA(cgroup_rmdir) * self,
			   const struct cgroup *cg)
{
	struct removal *removal = &self->removal;

	if (removal->returned && !removal->err)
		return;
	if (!removal_finish(removal, &self->stage.story, cg))
		BROKEN(FIX_NONE,
		       "rmdir does not succeed even now that the task is gone");
}

TEST_F(cgroup_rmdir, hidden_task_does_not_keep_the_cgroup_busy)
{
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	removal_done(&self->removal, &self->stage.story, &self->c, BLOCKED_MS);
	ASSERT_TRUE(exiting_is_held(&self->task));
	judge_removal(_metadata, self, "an exiting task");

	release(self);
	finish_removal(_metadata, self, &self->c);
}

TEST_F(cgroup_rmdir, many_hidden_tasks_do_not_keep_the_cgroup_busy)
{
	struct story *story = &self->stage.story;

	ASSERT_STAGED(exiting_start_all(self->many, MANY, HOLD_PIDNS, &self->c,
					&self->stage.reason));
	STEP("%d tasks exit and are held", MANY);
	removal_done(&self->removal, story, &self->c, BLOCKED_MS);
	ASSERT_TRUE(exiting_all_held(self->many, MANY));
	judge_removal(_metadata, self, "exiting tasks");

	ASSERT_EQ(0, exiting_release_all(self->many, MANY));
	STEP("they are released and reaped");
	finish_removal(_metadata, self, &self->c);
}

TEST_F(cgroup_rmdir, zombie_does_not_keep_the_cgroup_busy)
{
	HOLD(&self->task, HOLD_ZOMBIE, &self->c);
	/* A task is a zombie a moment before its last switch. */
	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&self->c), PATIENCE_MS));
	removal_done(&self->removal, &self->stage.story, &self->c, BLOCKED_MS);
	ASSERT_TRUE(exiting_is_held(&self->task));
	judge_removal(_metadata, self, "a zombie");
	release(self);
	finish_removal(_metadata, self, &self->c);
}

/* 1 if one of the files lists anything at all, a "0" for what it hides too. */
static int lists_anything(const struct cgroup *cg)
{
	char text[256];
	ssize_t procs = cgroup_read(cg, "cgroup.procs", text, sizeof(text));
	ssize_t threads;

	threads = cgroup_read(cg, "cgroup.threads", text, sizeof(text));
	return procs < 0 || threads < 0 ? -EIO : procs + threads > 0;
}

/*
 * Early in its exit a task may still be listed (before 6.19 it was until it was
 * unlinked). Whatever the files say, rmdir must agree with them.
 */
static void removal_agrees_with_lists(struct __test_metadata *_metadata,
				      FIXTURE_DATA(cgroup_rmdir) * self)
{
	int listed = lists_anything(&self->c);

	ASSERT_GE(listed, 0);
	STEP("cgroup.procs and cgroup.threads are %s",
	     listed ? "not empty" : "empty");
	removal_done(&self->removal, &self->stage.story, &self->c, BLOCKED_MS);
	ASSERT_TRUE(exiting_is_held(&self->task));

	if (!listed)
		judge_removal(_metadata, self, "an exiting task");
	else if (self->removal.err != -EBUSY)
		BROKEN(FIX_NONE, "rmdir of a cgroup that lists a task: %s",
		       self->removal.returned ? strerror(-self->removal.err) :
						"it sleeps");
}

TEST_F(cgroup_rmdir, agrees_with_the_lists_on_a_task_that_closes_its_files)
{
	HOLD(&self->task, HOLD_FUSE, &self->c);
	removal_agrees_with_lists(_metadata, self);
	release(self);
	finish_removal(_metadata, self, &self->c);
}

TEST_F(cgroup_rmdir, agrees_with_the_lists_on_a_zombie_leader)
{
	HOLD(&self->task, HOLD_ZOMBIE_LEADER, &self->c);
	ASSERT_EQ(1, lists_anything(&self->c));
	removal_agrees_with_lists(_metadata, self);
	release(self);
	finish_removal(_metadata, self, &self->c);
}

TEST_F(cgroup_rmdir, agrees_with_the_lists_on_a_thread_that_was_left_behind)
{
	struct cgroup elsewhere;

	ASSERT_EQ(0, cgroup_create(&elsewhere, &self->stage.root, "elsewhere"));
	HOLD(&self->task, HOLD_THREAD, &self->c);
	ASSERT_EQ(1,
		  cgroup_lists(&self->c, "cgroup.procs", self->task.process));
	ASSERT_EQ(0, cgroup_add(&elsewhere, self->task.process));
	STEP("its process moves away");
	removal_agrees_with_lists(_metadata, self);
	release(self);
	finish_removal(_metadata, self, &self->c);
}

TEST_F(cgroup_rmdir, child_then_parent_around_a_hidden_task)
{
	struct story *story = &self->stage.story;
	struct cgroup child;

	ASSERT_EQ(0, cgroup_create(&child, &self->c, "child"));
	HOLD(&self->task, HOLD_PIDNS, &child);
	removal_done(&self->removal, story, &child, BLOCKED_MS);
	judge_removal(_metadata, self, "an exiting task");
	if (!_metadata->exit_code) {
		removal_done(&self->removal, story, &self->c, BLOCKED_MS);
		judge_removal(_metadata, self, "a dying child");
	}
	ASSERT_TRUE(exiting_is_held(&self->task));
	release(self);
}

TEST_F(cgroup_rmdir, same_name_again_while_the_old_one_drains)
{
	struct story *story = &self->stage.story;
	struct cgroup again;

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	if (removal_done(&self->removal, story, &self->c, BLOCKED_MS)) {
		int err = cgroup_create(&again, &self->stage.root, "c");

		ASSERT_TRUE(exiting_is_held(&self->task));
		if (err) {
			BROKEN(FIX_NONE,
			       "no cgroup can be made under the name of one that was removed: %s",
			       strerror(-err));
			return;
		}
		STEP("c is made again, as cgroup %llu", again.id);
		if (again.id == self->c.id)
			BROKEN(FIX_NONE,
			       "two cgroups at once have the same id");
		if (cgroup_populated(&again))
			BROKEN(FIX_NONE,
			       "the new cgroup has the old one's task");
		release(self);
		if (cgroup_rmdir(&again))
			BROKEN(FIX_NONE, "the new cgroup cannot be removed: %s",
			       strerror(errno));
	} else {
		judge_removal(_metadata, self, "an exiting task");
		release(self);
		finish_removal(_metadata, self, &self->c);
	}
}

#define ROUNDS 300

TEST_F(cgroup_rmdir, reaped_task_does_not_keep_the_cgroup_busy)
{
	int i, busy = 0;

	ASSERT_EQ(0, run_before_children());
	ASSERT_EQ(0, cgroup_rmdir(&self->c));
	for (i = 0; i < ROUNDS; i++) {
		int fd, err;
		pid_t pid;

		ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
		fd = cgroup_open(&self->c, "");
		pid = fork_into(fd, 0);
		ASSERT_GE(pid, 0);
		if (!pid)
			_exit(0);
		close(fd);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		err = cgroup_rmdir(&self->c);
		if (!err)
			continue;
		ASSERT_EQ(-EBUSY, err);
		busy++;
		ASSERT_TRUE(WAIT_FOR(!cgroup_rmdir(&self->c), PATIENCE_MS));
	}
	STEP("%d rounds of fork, exit, wait, rmdir: %d times EBUSY", ROUNDS,
	     busy);
	if (busy)
		BROKEN(FIX_DEFER_RMDIR_KILL,
		       "rmdir after wait of the last task fails with EBUSY");
}

static const char *const lists[] = { "cgroup.procs", "cgroup.threads" };

TEST_F(cgroup_rmdir, hidden_task_is_not_listed)
{
	int cgroup_fd = cgroup_open(&self->c, "");
	char only_live[16], text[256];
	pid_t live;
	size_t i;

	/* The lists are at work: they have the live task, and only that. */
	live = fork_into(cgroup_fd, 0);
	ASSERT_GE(live, 0);
	if (!live)
		idle_until_killed();
	close(cgroup_fd);
	snprintf(only_live, sizeof(only_live), "%d\n", live);

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		int listed = cgroup_lists(&self->c, lists[i], self->task.pid);

		ASSERT_LT(0,
			  cgroup_read(&self->c, lists[i], text, sizeof(text)));
		STEP("%s lists task %d: %s", lists[i], self->task.pid,
		     listed ? "yes" : "no");
		if (listed)
			BROKEN(FIX_HIDE_DEAD, "%s lists a task that is exiting",
			       lists[i]);
		else if (strcmp(text, only_live))
			BROKEN(FIX_NONE,
			       "%s does not list just the one live task",
			       lists[i]);
	}
	ASSERT_TRUE(exiting_is_held(&self->task));
	ASSERT_LE(0, spawn_kill(live, PATIENCE_MS));
}

TEST_F(cgroup_rmdir, populated_until_the_last_switch)
{
	struct pollfd events = { .events = POLLPRI };
	char text[256];
	int populated, notified;

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	populated = cgroup_populated(&self->c);
	ASSERT_TRUE(exiting_is_held(&self->task));
	STEP("populated is %d while the task is held", populated);
	if (populated != 1) {
		BROKEN(FIX_DEFER_UNLINK,
		       "populated is %d while a task is still exiting",
		       populated);
		return;
	}

	/* A notification is news since the last read: read, then let it happen. */
	events.fd = cgroup_open(&self->c, "cgroup.events");
	ASSERT_GE(events.fd, 0);
	ASSERT_LT(0, read(events.fd, text, sizeof(text)));
	/* A kernel that only comes late with an early unlink has time to. */
	notified = poll(&events, 1, 100);
	populated = cgroup_populated(&self->c);
	ASSERT_TRUE(exiting_is_held(&self->task));
	if (notified || populated != 1)
		BROKEN(FIX_DEFER_UNLINK,
		       "populated turns %d while a task is still exiting",
		       populated);

	release(self);
	notified = poll(&events, 1, PATIENCE_MS);
	populated = cgroup_populated(&self->c);
	STEP("populated is %d, notified: %s", populated,
	     notified == 1 ? "yes" : "no");
	if (notified != 1 || !(events.revents & POLLPRI))
		BROKEN(FIX_NONE,
		       "no notification on cgroup.events when the last task is gone");
	if (populated)
		BROKEN(FIX_NONE,
		       "populated is still %d after the last task is gone",
		       populated);
	close(events.fd);
}

static long dying(FIXTURE_DATA(cgroup_rmdir) * self)
{
	return cgroup_read_key(&self->stage.root, "cgroup.stat",
			       "nr_dying_descendants");
}

TEST_F(cgroup_rmdir, dying_cgroup_is_released)
{
	struct removal *removal = &self->removal;
	struct story *story = &self->stage.story;
	long base = dying(self), now;
	bool removed, populated;

	ASSERT_GE(base, 0);
	/* What a controller keeps for c must go as well. */
	if (cgroup_enable(&self->stage.root, "pids", &self->stage.reason))
		STEP("no controller: %s", self->stage.reason.text);
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	populated = cgroup_populated(&self->c) == 1;
	removed = removal_done(removal, story, &self->c, BLOCKED_MS);
	now = dying(self);
	STEP("nr_dying_descendants is %ld, was %ld", now, base);
	ASSERT_TRUE(exiting_is_held(&self->task));

	/* Where the task still counts, its cgroup cannot be gone for good yet. */
	if (removed && populated && now != base + 1)
		BROKEN(FIX_NONE,
		       "nr_dying_descendants went from %ld to %ld when one cgroup was removed",
		       base, now);

	release(self);
	/* A kernel whose rmdir waits or refuses is judged above, not here. */
	if (!removed)
		ASSERT_TRUE(removal_finish(removal, story, &self->c));
	if (!WAIT_FOR(dying(self) == base, PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "nr_dying_descendants is %ld and was %ld: the removed cgroup is never freed",
		       dying(self), base);
}

TEST_PROGRAM(cgroup_rmdir)
