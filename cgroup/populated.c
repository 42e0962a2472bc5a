// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_populated - a cgroup is populated until its last task's last switch.
 *
 * The invariant. "populated" in cgroup.events is 1 in a cgroup and all its
 * ancestors until the last task in it has switched out for the last time, even
 * if the task is exiting or the cgroup has been removed. Then it becomes 0, with one
 * notification for poll(2) and inotify(7) on the cgroup.events of each of these
 * cgroups that still exists.
 *
 * History. Up to 6.18 do_exit() unlinked the task early, and populated was
 * 0 while the task still ran. d245698d727a fixed that.
 *
 * The window. A task is held in zap_pid_ns_processes(). In one
 * test a live task is in the same cgroup, outlives the held one and moves away.
 *
 * Consequence. A service manager that waits for populated 0 (systemd
 * does) removes resources that the task still uses. Without the notification
 * it waits forever.
 */
#include "notification.h"
#include "responder.h"
#include "test.h"

/* A second notification, which should not come, is awaited for this long. */
#define QUIET_MS 100

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

static void watch_events(struct notification *notification,
			 const struct cgroup *cg, const char *name)
{
	if (!notification_start(notification, cg))
		test_error("cannot watch cgroup.events of %s: %s", name,
			   strerror(errno));
}

TEST_INVARIANT(ancestors_are_populated_until_the_last_switch,
	       "populated is 1 in a cgroup and all its ancestors until the last task's last context switch",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	const struct cgroup *const all[] = { &c, &p, &test.root };
	static const char *const names[] = { "c", "p", "the test's cgroup" };
	size_t i;

	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		bool populated = test_populated(all[i]);

		test_step("populated of %s is %d", names[i], populated);
		if (!populated)
			test_fail(FIX_DEFER_UNLINK,
				  "populated of %s is 0 while task %d of c is exiting",
				  names[i], task.pid);
	}
	assert_held(&task);

	release_task(&task);
	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (!WAIT_FOR(!test_populated(all[i]), PATIENCE_MS))
			test_fail(FIX_NONE,
				  "populated of %s is still 1 after the last task is gone",
				  names[i]);
}

/* @notifications are of c and p, whose last task is gone. */
static void must_be_notified_once(struct notification *notifications)
{
	static const char *const names[] = { "c", "p" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		test_require(notification_came(&notifications[i]), FIX_NONE,
			     "cgroup.events of %s sends no notification when the last task is gone",
			     names[i]);
		if (!notification_renew(&notifications[i]))
			test_error("cannot read cgroup.events of %s: %s",
				   names[i], strerror(errno));
	}
	pause_ms(QUIET_MS);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!notification_none(&notifications[i]))
			test_fail(FIX_NONE,
				  "cgroup.events of %s sends a second notification when the last task is gone",
				  names[i]);
}

TEST_INVARIANT(becomes_0_once_with_a_notification,
	       "populated becomes 0 at the last task's last context switch, with one notification for poll and inotify",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	struct notification notifications[2];
	bool populated, notified;

	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	watch_events(&notifications[0], &c, "c");
	watch_events(&notifications[1], &p, "p");
	populated = test_populated(&c);
	notified = !notification_none(&notifications[0]) ||
		   !notification_none(&notifications[1]);
	assert_held(&task);
	if (!populated)
		test_fail(FIX_DEFER_UNLINK,
			  "populated of c is 0 while task %d of c is exiting",
			  task.pid);
	else if (notified)
		test_fail(FIX_NONE,
			  "cgroup.events sends a notification while task %d of c is exiting",
			  task.pid);

	release_task(&task);
	if (!test_has_failed())
		must_be_notified_once(notifications);
	if (test_populated(&c) || test_populated(&p))
		test_fail(FIX_NONE,
			  "populated of c or p is still 1 after the last task is gone");
}

static void must_be_unpopulated_after_move(struct notification *notification)
{
	/* The exited task may not have switched out for the last time yet. */
	bool empty = WAIT_FOR(!test_populated(&c), PATIENCE_MS);

	test_step("the live task moves: populated is %d in c, %d in elsewhere",
		  !empty, test_populated(&elsewhere));
	if (!empty)
		test_fail(FIX_NONE,
			  "populated of c is 1 after its last task has moved away");
	else if (!notification_came(notification))
		test_fail(FIX_NONE,
			  "cgroup.events of c sends no notification when the last task moves away");
	if (!WAIT_FOR(!test_populated(&p), PATIENCE_MS))
		test_fail(FIX_NONE,
			  "populated of p is 1 after the last task of c, its child, has moved away");
	if (!test_populated(&elsewhere))
		test_fail(FIX_NONE,
			  "populated of elsewhere is 0 after a task has moved there");
}

TEST_INVARIANT(becomes_0_when_the_last_task_moves_away,
	       "populated becomes 0, with a notification, when the last task moves away",
	       NO_FIX)
{
	struct notification notification;
	int err;

	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	responder_start(&responder, &c);
	release_task(&task);
	watch_events(&notification, &c, "c");
	if (!test_populated(&c))
		test_fail(FIX_NONE, "populated of c is 0 with a live task");

	err = cgroup_add(&elsewhere, responder.pid);
	test_require(!err, FIX_NONE,
		     "process %d, which is live, cannot be moved: %s",
		     responder.pid, strerror(-err));
	must_be_unpopulated_after_move(&notification);
}

TEST_INVARIANT(parent_stays_populated_after_rmdir_of_its_child,
	       "a parent is populated until the last context switch of the last task in its removed child, and is notified then",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	struct notification notification;
	bool populated;

	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	if (!call_rmdir(&rmdir_call, &c, BLOCKED_MS))
		test_skip("rmdir does not succeed while a task is exiting: see cgroup_rmdir");
	populated = test_populated(&p);
	assert_held(&task);
	test_step("populated of p is %d after c is removed", populated);
	test_require(populated, FIX_DEFER_UNLINK,
		     "populated of p is 0 while task %d of c, its removed child, is exiting",
		     task.pid);

	watch_events(&notification, &p, "p");
	release_task(&task);
	if (!notification_came(&notification))
		test_fail(FIX_NONE,
			  "cgroup.events of p sends no notification when the last task of its removed child is gone");
	if (test_populated(&p))
		test_fail(FIX_NONE,
			  "populated of p is still 1 after the last task of its removed child is gone");
}
