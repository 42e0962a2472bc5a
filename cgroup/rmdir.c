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
#include "test.h"

FIXTURE(cgroup_rmdir)
{
	struct stage stage;
	struct cgroup c;
	struct exiting task;
	struct removal removal;
};

FIXTURE_SETUP(cgroup_rmdir)
{
	SET_STAGE();
	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	HOLD(&self->task, HOLD_PIDNS, &self->c);
}

FIXTURE_TEARDOWN(cgroup_rmdir)
{
	exiting_destroy(&self->task);
	deadline_abandon(&self->removal.call);
	STRIKE_STAGE();
}

static void release(FIXTURE_DATA(cgroup_rmdir) * self)
{
	STEP("the task is released and reaped: %s",
	     exiting_release(&self->task) ? "it does not end" : "it is gone");
}

TEST_F(cgroup_rmdir, hidden_task_does_not_keep_the_cgroup_busy)
{
	struct removal *removal = &self->removal;
	struct story *story = &self->stage.story;
	bool removed = removal_done(removal, story, &self->c, BLOCKED_MS);

	/* Judge only what was done while the task was in the window. */
	ASSERT_TRUE(exiting_is_held(&self->task));

	if (!removal->returned)
		BROKEN(FIX_DEFER_RMDIR_KILL,
		       "rmdir of a cgroup with only an exiting task sleeps until the task is gone");
	else if (!removed)
		BROKEN(FIX_DEFER_RMDIR_KILL,
		       "rmdir of a cgroup with only an exiting task fails: %s",
		       strerror(-removal->err));

	release(self);
	if (!removed && !removal_finish(removal, story, &self->c))
		BROKEN(FIX_NONE,
		       "rmdir does not succeed even now that the task is gone");
}

static const char *const lists[] = { "cgroup.procs", "cgroup.threads" };

TEST_F(cgroup_rmdir, hidden_task_is_not_listed)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		int listed = cgroup_lists(&self->c, lists[i], self->task.pid);

		ASSERT_GE(listed, 0);
		STEP("%s lists task %d: %s", lists[i], self->task.pid,
		     listed ? "yes" : "no");
		if (listed)
			BROKEN(FIX_HIDE_DEAD, "%s lists a task that is exiting",
			       lists[i]);
	}
	ASSERT_TRUE(exiting_is_held(&self->task));
}

TEST_F(cgroup_rmdir, populated_until_the_last_switch)
{
	struct pollfd events = { .events = POLLPRI };
	char text[256];
	int populated, notified;

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
