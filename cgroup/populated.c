// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_populated - a cgroup is populated until its last task's last switch.
 *
 * The invariant. "populated" in cgroup.events is 1 in a cgroup and all its
 * ancestors until the last task in it has switched out for the last time, even
 * if the task is exiting or the cgroup has been removed. Then it becomes 0, once,
 * with a notification for poll(2) and inotify(7) on the cgroup.events of each of
 * these cgroups that still exists.
 *
 * Who broke it. Up to 6.18 do_exit() unlinked the task early, and populated was
 * 0 while the task still ran. d245698d727a fixed that.
 *
 * How the window is opened. A task is held in zap_pid_ns_processes(). In one
 * test a live task is in the same cgroup, outlives the held one and moves away.
 *
 * What a failure means. A service manager that waits for populated 0 (systemd
 * does) removes resources that the task still uses. Without the notification
 * it waits forever.
 */
#include "notification.h"
#include "responder.h"
#include "test.h"

static struct cgroup p, c, elsewhere; /* p/c */
static struct held_task task;
static struct responder responder;
static struct call rmdir_call;

static void setup(void)
{
	test_cgroup(&p, &test.root, "p");
	test_cgroup(&c, &p, "c");
	test_cgroup(&elsewhere, &test.root, "elsewhere");
}

TEST_INVARIANT(ancestors_are_populated_until_the_last_switch,
	       "populated is 1 in a cgroup and all its ancestors until the last task's last context switch",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	const struct cgroup *const all[] = { &c, &p, &test.root };
	static const char *const names[] = { "c", "p", "the root" };
	size_t i;

	hold_task(&task, HOLD_PIDNS, &c);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		int populated = cgroup_populated(all[i]);

		test_step("populated of %s is %d", names[i], populated);
		if (populated != 1)
			test_fail(FIX_DEFER_UNLINK,
				  "populated is %d while a task below is exiting",
				  populated);
	}
	assert_held(&task);

	release_task(&task);
	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (!WAIT_FOR(!cgroup_populated(all[i]), PATIENCE_MS))
			test_fail(FIX_NONE, "populated of %s never becomes 0",
				  names[i]);
}

TEST_INVARIANT(becomes_0_once_with_a_notification,
	       "populated becomes 0 once, at the last task's last context switch, with a notification for poll and inotify",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	struct notification notifications[2];
	size_t i;

	hold_task(&task, HOLD_PIDNS, &c);
	ASSERT_TRUE(notification_start(&notifications[0], &c));
	ASSERT_TRUE(notification_start(&notifications[1], &p));
	if (cgroup_populated(&c) != 1)
		test_fail(FIX_DEFER_UNLINK,
			  "populated is not 1 while a task is exiting");
	assert_held(&task);
	for (i = 0; i < ARRAY_SIZE(notifications); i++)
		ASSERT_TRUE(notification_none(&notifications[i]));

	release_task(&task);
	for (i = 0; i < ARRAY_SIZE(notifications) && !test_has_failed(); i++)
		if (!notification_came(&notifications[i]))
			test_fail(FIX_NONE,
				  "no notification when the last task is gone");
	if (cgroup_populated(&c) || cgroup_populated(&p))
		test_fail(FIX_NONE,
			  "populated is 1 after the last task is gone");
}

static void must_be_unpopulated_after_move(struct notification *notification)
{
	int populated;

	/* The exited task may not have switched out for the last time yet. */
	WAIT_FOR(!cgroup_populated(&c), PATIENCE_MS);
	populated = cgroup_populated(&c);
	test_step("the live task moves: populated is %d in c, %d in elsewhere",
		  populated, cgroup_populated(&elsewhere));
	if (populated)
		test_fail(FIX_NONE,
			  "populated is 1 in the cgroup that the last task left");
	else if (!notification_came(notification))
		test_fail(FIX_NONE,
			  "no notification when the last task moves away");
	if (!WAIT_FOR(!cgroup_populated(&p), PATIENCE_MS))
		test_fail(FIX_NONE,
			  "populated is 1 in the parent of the cgroup that the last task left");
	if (cgroup_populated(&elsewhere) != 1)
		test_fail(FIX_NONE,
			  "populated is not 1 in the cgroup that a task moved to");
}

TEST_INVARIANT(becomes_0_when_the_last_task_moves_away,
	       "populated becomes 0, with a notification, when the last task moves away",
	       NO_FIX)
{
	struct notification notification;

	hold_task(&task, HOLD_PIDNS, &c);
	responder_start(&responder, &c);
	release_task(&task);
	ASSERT_TRUE(notification_start(&notification, &c));
	if (cgroup_populated(&c) != 1)
		test_fail(FIX_NONE, "populated is not 1 with a live task");

	ASSERT_EQ(0, cgroup_add(&elsewhere, responder.pid));
	must_be_unpopulated_after_move(&notification);
}

TEST_INVARIANT(parent_stays_populated_after_rmdir_of_its_child,
	       "a parent is populated until the last context switch of the last task in its removed child, and is notified then",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	struct notification notification;
	int populated;

	hold_task(&task, HOLD_PIDNS, &c);
	if (!call_rmdir(&rmdir_call, &c, BLOCKED_MS))
		test_skip("rmdir does not succeed while a task is exiting: see cgroup_rmdir");
	populated = cgroup_populated(&p);
	assert_held(&task);
	test_step("populated of p is %d after c is removed", populated);
	if (populated != 1) {
		test_fail(FIX_DEFER_UNLINK,
			  "populated of the parent is %d while a task in its removed child is exiting",
			  populated);
		return;
	}

	ASSERT_TRUE(notification_start(&notification, &p));
	release_task(&task);
	if (!notification_came(&notification))
		test_fail(FIX_NONE,
			  "no notification in the parent when the removed child becomes empty");
	if (cgroup_populated(&p))
		test_fail(FIX_NONE,
			  "populated of the parent is 1 after the last task is gone");
}
