// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_populated - a cgroup is populated until its last task's last switch.
 *
 * The invariant. "populated" in cgroup.events is 1 in a cgroup and all its
 * ancestors while a task in it has not switched out for the last time, exiting
 * or not, removed or not. Then it turns 0, once, with one notification for
 * poll(2) and inotify(7) on every cgroup.events that is still there.
 *
 * Who broke it. Up to 6.18 do_exit() unlinked the task early, and populated was
 * 0 while it still ran (d245698d727a mended that).
 *
 * How the window is opened. A task is held in zap_pid_ns_processes(); in one test
 * a live one is beside it, stays longer and then moves away.
 *
 * What a failure means. Whoever waits for "populated 0" (systemd does) goes on
 * to tear down what the task still uses; one who is never notified waits for
 * ever.
 */
#include "resident.h"
#include "test.h"
#include "watch.h"

FIXTURE(cgroup_populated)
{
	struct stage stage;
	struct cgroup p, c, elsewhere; /* p/c */
	struct exiting task;
	struct resident resident;
	struct removal removal;
};

FIXTURE_SETUP(cgroup_populated)
{
	SET_STAGE();
	ASSERT_EQ(0, cgroup_create(&self->p, &self->stage.root, "p"));
	ASSERT_EQ(0, cgroup_create(&self->c, &self->p, "c"));
	ASSERT_EQ(0, cgroup_create(&self->elsewhere, &self->stage.root,
				   "elsewhere"));
}

FIXTURE_TEARDOWN(cgroup_populated)
{
	exiting_destroy(&self->task);
	resident_end(&self->resident);
	deadline_abandon(&self->removal.call);
	STRIKE_STAGE();
}

TEST_F(cgroup_populated, in_all_ancestors_until_the_last_switch)
{
	const struct cgroup *const all[] = { &self->c, &self->p,
					     &self->stage.root };
	static const char *const names[] = { "c", "p", "the top" };
	size_t i;

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		int populated = cgroup_populated(all[i]);

		STEP("populated of %s is %d", names[i], populated);
		if (populated != 1)
			BROKEN(FIX_DEFER_UNLINK,
			       "populated is %d while a task below still exits",
			       populated);
	}
	ASSERT_TRUE(exiting_is_held(&self->task));

	ASSERT_EQ(0, exiting_release(&self->task));
	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (!WAIT_FOR(!cgroup_populated(all[i]), PATIENCE_MS))
			BROKEN(FIX_NONE, "populated of %s never turns 0",
			       names[i]);
}

TEST_F(cgroup_populated, turns_once_with_a_notification)
{
	struct watch watches[2];
	size_t i;

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	ASSERT_TRUE(watch_start(&watches[0], &self->c));
	ASSERT_TRUE(watch_start(&watches[1], &self->p));
	if (cgroup_populated(&self->c) != 1)
		BROKEN(FIX_DEFER_UNLINK,
		       "populated is not 1 while a task is still exiting");
	ASSERT_TRUE(exiting_is_held(&self->task));
	for (i = 0; i < ARRAY_SIZE(watches); i++)
		ASSERT_TRUE(watch_quiet(&watches[i]));

	ASSERT_EQ(0, exiting_release(&self->task));
	STEP("the task is released");
	for (i = 0; i < ARRAY_SIZE(watches) && !self->stage.story.broken; i++)
		if (!watch_notified(&watches[i]))
			BROKEN(FIX_NONE,
			       "no notification when the last task is gone");
	for (i = 0; i < ARRAY_SIZE(watches); i++)
		watch_stop(&watches[i]);
	if (cgroup_populated(&self->c) || cgroup_populated(&self->p))
		BROKEN(FIX_NONE, "populated is 1 after the last task is gone");
}

TEST_F(cgroup_populated, turns_when_the_last_task_moves_away)
{
	struct watch watch;
	int populated;

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	ASSERT_EQ(0, resident_start(&self->resident, &self->c));
	ASSERT_EQ(0, exiting_release(&self->task));
	STEP("the task is released; a live one is left");
	ASSERT_TRUE(watch_start(&watch, &self->c));
	if (cgroup_populated(&self->c) != 1)
		BROKEN(FIX_NONE, "populated is not 1 with a live task");

	ASSERT_EQ(0, cgroup_add(&self->elsewhere, self->resident.pid));
	/* The other one may have its last switch to come. */
	WAIT_FOR(!cgroup_populated(&self->c), PATIENCE_MS);
	populated = cgroup_populated(&self->c);
	STEP("it moves away: populated is %d there, %d where it goes",
	     populated, cgroup_populated(&self->elsewhere));
	if (populated)
		BROKEN(FIX_NONE, "populated is 1 where the last task has left");
	else if (!watch_notified(&watch))
		BROKEN(FIX_NONE, "no notification when the last task has left");
	if (!WAIT_FOR(!cgroup_populated(&self->p), PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "populated is 1 above where the last task has left");
	if (cgroup_populated(&self->elsewhere) != 1)
		BROKEN(FIX_NONE, "populated is not 1 where a task has gone to");
	watch_stop(&watch);
}

TEST_F(cgroup_populated, parent_outlasts_a_removed_child)
{
	struct watch watch;
	int populated;

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	if (!removal_done(&self->removal, &self->stage.story, &self->c,
			  BLOCKED_MS))
		SKIP(return,
			   "rmdir around an exiting task does not succeed here: cgroup_rmdir judges that");
	populated = cgroup_populated(&self->p);
	ASSERT_TRUE(exiting_is_held(&self->task));
	STEP("populated of the parent is %d after c is removed", populated);
	if (populated != 1) {
		BROKEN(FIX_DEFER_UNLINK,
		       "populated of the parent is %d while a task in its removed child still exits",
		       populated);
		return;
	}

	ASSERT_TRUE(watch_start(&watch, &self->p));
	ASSERT_EQ(0, exiting_release(&self->task));
	STEP("the task is released");
	if (!watch_notified(&watch))
		BROKEN(FIX_NONE,
		       "no notification in the parent when the removed child is empty");
	watch_stop(&watch);
	if (cgroup_populated(&self->p))
		BROKEN(FIX_NONE,
		       "populated of the parent is 1 after the last task is gone");
}

TEST_PROGRAM(cgroup_populated)
