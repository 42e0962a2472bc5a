// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_rmdir - a cgroup can be removed while a task in it is exiting.
 *
 * The invariant. Userspace no longer sees an exiting task: wait(2) may have
 * returned, and no file of its cgroup lists it. So rmdir of a cgroup that looks
 * empty succeeds at once. In the kernel the task exists until its last context
 * switch: it runs, allocates and schedules in its cgroup. So the cgroup stays
 * populated until that switch, and goes offline after it.
 *
 * Who broke it. Up to 6.18 do_exit() unlinked the task from its cgroup, and the
 * task then ran in a cgroup that could be offline. 6.19 moved the unlinking
 * behind the last context switch (d245698d727a), which made exiting tasks
 * visible: rmdir after a successful wait(2) failed with EBUSY. Hiding them
 * (a72f73c4dd9b) fixed the files but not rmdir. Waiting for them in rmdir
 * (1b164b876c36) put service managers into D state. Finally the cgroup's
 * destruction was deferred instead of rmdir (93618edf7538).
 *
 * How the window is opened. The task is the init process of a pid namespace,
 * was killed, and waits in do_exit() for the last process of its namespace
 * (HOLD_PIDNS).
 *
 * What a failure means. EBUSY, or an rmdir that sleeps: container and service
 * managers fail or hang when they clean up. populated 0 too early: a controller,
 * or a manager that waits for it, frees resources that a task still uses. A count that
 * stays up: every removed cgroup leaks its memory.
 */
#include "spawn.h"
#include "test.h"

#define MANY 50

static struct cgroup c;
static struct held_task task;
static struct held_task many[MANY];
static struct call rmdir_call;

static void setup(void)
{
	test_cgroup(&c, &test.root, "c");
}

/* rmdir_call was made while all tasks of the cgroup were held. */
static void rmdir_must_have_succeeded(const char *tasks)
{
	if (!rmdir_call.returned)
		test_fail(FIX_DEFER_RMDIR_KILL,
			  "rmdir of a cgroup with only %s sleeps", tasks);
	else if (rmdir_call.err)
		test_fail(FIX_DEFER_RMDIR_KILL,
			  "rmdir of a cgroup with only %s fails: %s", tasks,
			  strerror(-rmdir_call.err));
}

/* The tasks are gone: an rmdir that did not succeed before does so now. */
static void finish_rmdir(const struct cgroup *cg)
{
	if (rmdir_call.returned && !rmdir_call.err)
		return;
	if (!call_rmdir_until_done(&rmdir_call, cg))
		test_fail(FIX_NONE,
			  "rmdir does not succeed even after the task is gone");
}

TEST_INVARIANT(exiting_task_does_not_block_rmdir,
	       "rmdir of a cgroup whose only task is exiting succeeds at once",
	       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	hold_task(&task, HOLD_PIDNS, &c);
	call_rmdir(&rmdir_call, &c, BLOCKED_MS);
	assert_held(&task);
	rmdir_must_have_succeeded("an exiting task");

	release_task(&task);
	finish_rmdir(&c);
}

TEST_INVARIANT(many_exiting_tasks_do_not_block_rmdir,
	       "rmdir of a cgroup whose 50 tasks are all exiting succeeds at once",
	       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	hold_tasks(many, MANY, HOLD_PIDNS, &c);
	call_rmdir(&rmdir_call, &c, BLOCKED_MS);
	assert_all_held(many, MANY);
	rmdir_must_have_succeeded("exiting tasks");

	release_tasks(many, MANY);
	finish_rmdir(&c);
}

TEST_INVARIANT(zombie_does_not_block_rmdir,
	       "rmdir of a cgroup whose only task is a zombie succeeds", NO_FIX)
{
	hold_task(&task, HOLD_ZOMBIE, &c);
	/* A task becomes a zombie shortly before its last context switch. */
	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&c), PATIENCE_MS));
	call_rmdir(&rmdir_call, &c, BLOCKED_MS);
	assert_held(&task);
	rmdir_must_have_succeeded("a zombie");

	release_task(&task);
	finish_rmdir(&c);
}

/* A "0", for a task without a pid in this namespace, counts as well. */
static bool lists_a_task(const struct cgroup *cg)
{
	char text[256];
	ssize_t procs = cgroup_read(cg, "cgroup.procs", text, sizeof(text));
	ssize_t threads;

	threads = cgroup_read(cg, "cgroup.threads", text, sizeof(text));
	ASSERT_LE(0, procs);
	ASSERT_LE(0, threads);
	return procs + threads > 0;
}

/*
 * Early in its exit a task may still be listed: before 6.19 it was, until
 * do_exit() unlinked it. Whatever the files say, rmdir agrees with them.
 */
static void rmdir_must_agree_with_lists(void)
{
	bool listed = lists_a_task(&c);

	test_step("cgroup.procs and cgroup.threads are %s",
		  listed ? "not empty" : "empty");
	call_rmdir(&rmdir_call, &c, BLOCKED_MS);
	assert_held(&task);

	if (!listed)
		rmdir_must_have_succeeded("an exiting task");
	else if (rmdir_call.err != -EBUSY)
		test_fail(FIX_NONE, "rmdir of a cgroup that lists a task: %s",
			  rmdir_call.returned ? strerror(-rmdir_call.err) :
						"it sleeps");
	release_task(&task);
	finish_rmdir(&c);
}

TEST_INVARIANT(rmdir_agrees_with_the_lists_on_an_early_exiting_task,
	       "rmdir succeeds if cgroup.procs and cgroup.threads are empty, and fails with EBUSY otherwise",
	       MAY_FAIL_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	hold_task(&task, HOLD_FUSE, &c);
	rmdir_must_agree_with_lists();
}

TEST_INVARIANT(rmdir_agrees_with_the_lists_on_a_zombie_leader,
	       "rmdir of a cgroup with a live thread of a zombie leader fails with EBUSY",
	       NO_FIX)
{
	hold_task(&task, HOLD_ZOMBIE_LEADER, &c);
	if (!lists_a_task(&c)) {
		test_fail(FIX_NONE,
			  "neither list has the process, which has a live thread");
		test_stop();
	}
	rmdir_must_agree_with_lists();
}

TEST_INVARIANT(rmdir_agrees_with_the_lists_on_an_exiting_thread,
	       "rmdir succeeds if the process of an exiting thread has moved away and the lists are empty",
	       MAY_FAIL_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	struct cgroup elsewhere;

	test_cgroup(&elsewhere, &test.root, "elsewhere");
	hold_task(&task, HOLD_THREAD, &c);
	ASSERT_EQ(1, cgroup_lists(&c, "cgroup.procs", task.process));
	ASSERT_EQ(0, cgroup_add(&elsewhere, task.process));
	test_step("the process of the exiting thread moves to elsewhere");
	rmdir_must_agree_with_lists();
}

TEST_INVARIANT(dying_child_does_not_block_rmdir_of_its_parent,
	       "rmdir succeeds on a cgroup whose only child was removed while a task in it was exiting",
	       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	static struct cgroup child;

	test_cgroup(&child, &c, "child");
	hold_task(&task, HOLD_PIDNS, &child);
	call_rmdir(&rmdir_call, &child, BLOCKED_MS);
	rmdir_must_have_succeeded("an exiting task");
	if (!test_has_failed()) {
		call_rmdir(&rmdir_call, &c, BLOCKED_MS);
		rmdir_must_have_succeeded("a dying child");
	}
	assert_held(&task);
	release_task(&task);
}

static void check_new_cgroup(const struct cgroup *new)
{
	test_step("c is created again, as cgroup %llu", new->id);
	if (new->id == c.id)
		test_fail(FIX_NONE, "two cgroups have the same id");
	if (cgroup_populated(new))
		test_fail(FIX_NONE,
			  "the new cgroup is populated by the task of the old one");
	release_task(&task);
	if (cgroup_rmdir(new))
		test_fail(FIX_NONE, "rmdir of the new cgroup fails: %s",
			  strerror(errno));
}

TEST_INVARIANT(name_of_a_dying_cgroup_can_be_reused,
	       "mkdir under the name of a dying cgroup creates another, unpopulated cgroup",
	       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	struct cgroup new;
	int err;

	hold_task(&task, HOLD_PIDNS, &c);
	if (!call_rmdir(&rmdir_call, &c, BLOCKED_MS)) {
		rmdir_must_have_succeeded("an exiting task");
		release_task(&task);
		finish_rmdir(&c);
		return;
	}
	err = cgroup_create(&new, &test.root, "c");
	assert_held(&task);
	if (err)
		test_fail(FIX_NONE,
			  "mkdir under the name of a dying cgroup fails: %s",
			  strerror(-err));
	else
		check_new_cgroup(&new);
}

#define ROUNDS 300

/* One round: a task exits, is reaped, and its cgroup is removed. False on EBUSY. */
static bool rmdir_after_wait(void)
{
	int fd, err;
	pid_t pid;

	ASSERT_EQ(0, cgroup_create(&c, &test.root, "c"));
	fd = cgroup_open(&c, "");
	pid = fork_into(fd, 0);
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(0);
	close(fd);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	err = cgroup_rmdir(&c);
	if (!err)
		return true;
	ASSERT_EQ(-EBUSY, err);
	ASSERT_TRUE(WAIT_FOR(!cgroup_rmdir(&c), PATIENCE_MS));
	return false;
}

TEST_INVARIANT(reaped_task_does_not_block_rmdir,
	       "rmdir after a successful wait(2) for the last task never fails with EBUSY",
	       MAY_FAIL_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	int i, busy = 0;

	ASSERT_EQ(0, run_before_children());
	ASSERT_EQ(0, cgroup_rmdir(&c));
	for (i = 0; i < ROUNDS; i++)
		busy += !rmdir_after_wait();
	test_step("%d rounds of fork, exit, wait, rmdir: %d times EBUSY",
		  ROUNDS, busy);
	if (busy)
		test_fail(FIX_DEFER_RMDIR_KILL,
			  "rmdir after wait(2) for the last task fails with EBUSY");
}

static const char *const lists[] = { "cgroup.procs", "cgroup.threads" };

static void list_must_have_only(const char *list, pid_t live)
{
	int listed = cgroup_lists(&c, list, task.pid);
	char expected[16], text[256];

	snprintf(expected, sizeof(expected), "%d\n", live);
	ASSERT_LT(0, cgroup_read(&c, list, text, sizeof(text)));
	test_step("%s lists task %d: %s", list, task.pid,
		  listed ? "yes" : "no");
	if (listed)
		test_fail(FIX_HIDE_DEAD, "%s lists an exiting task", list);
	else if (strcmp(text, expected))
		test_fail(FIX_NONE, "%s does not list exactly the live task",
			  list);
}

TEST_INVARIANT(exiting_task_is_not_listed,
	       "neither cgroup.procs nor cgroup.threads lists an exiting task",
	       FAILS_WITHOUT(FIX_HIDE_DEAD))
{
	pid_t live = spawn_idle_in(&c);
	size_t i;

	ASSERT_LT(0, live);
	hold_task(&task, HOLD_PIDNS, &c);
	for (i = 0; i < ARRAY_SIZE(lists); i++)
		list_must_have_only(lists[i], live);
	assert_held(&task);
}

static void must_stay_populated(struct pollfd *events)
{
	char text[256];
	int populated, notified;

	/* Each read rearms the notification. */
	events->fd = cgroup_open(&c, "cgroup.events");
	ASSERT_GE(events->fd, 0);
	ASSERT_LT(0, read(events->fd, text, sizeof(text)));
	/* Leave time to a kernel that unlinks the task late, but too early. */
	notified = poll(events, 1, 100);
	populated = cgroup_populated(&c);
	assert_held(&task);
	if (notified || populated != 1)
		test_fail(FIX_DEFER_UNLINK,
			  "populated becomes %d while a task is exiting",
			  populated);
}

TEST_INVARIANT(populated_until_the_last_switch,
	       "populated is 1 until the last task's last context switch, then 0 with a notification",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	struct pollfd events = { .events = POLLPRI };
	int populated, notified;

	hold_task(&task, HOLD_PIDNS, &c);
	populated = cgroup_populated(&c);
	assert_held(&task);
	test_step("populated is %d while the task is held", populated);
	if (populated != 1) {
		test_fail(FIX_DEFER_UNLINK,
			  "populated is %d while a task is exiting", populated);
		return;
	}
	must_stay_populated(&events);

	release_task(&task);
	notified = poll(&events, 1, PATIENCE_MS);
	populated = cgroup_populated(&c);
	test_step("populated is %d, notified: %s", populated,
		  notified == 1 ? "yes" : "no");
	if (notified != 1 || !(events.revents & POLLPRI))
		test_fail(FIX_NONE,
			  "cgroup.events sends no notification when the last task is gone");
	if (populated)
		test_fail(FIX_NONE,
			  "populated is still %d after the last task is gone",
			  populated);
}

static long nr_dying(void)
{
	return cgroup_read_key(&test.root, "cgroup.stat",
			       "nr_dying_descendants");
}

TEST_INVARIANT(dying_cgroup_is_freed,
	       "a cgroup removed while a task was exiting leaves nr_dying_descendants when the task is gone",
	       NO_FIX)
{
	long base = nr_dying(), now;
	bool removed, populated;

	ASSERT_GE(base, 0);
	/* The css of a controller must be freed, too. */
	if (cgroup_enable(&test.root, "pids", &test.reason))
		test_step("without a controller: %s", test.reason.text);
	hold_task(&task, HOLD_PIDNS, &c);
	populated = cgroup_populated(&c) == 1;
	removed = call_rmdir(&rmdir_call, &c, BLOCKED_MS);
	now = nr_dying();
	test_step("nr_dying_descendants is %ld, was %ld", now, base);
	assert_held(&task);

	/* A populated cgroup cannot be freed. */
	if (removed && populated && now != base + 1)
		test_fail(FIX_NONE,
			  "nr_dying_descendants goes from %ld to %ld when one cgroup is removed",
			  base, now);

	release_task(&task);
	/* Other tests judge a kernel whose rmdir sleeps or fails. */
	if (!removed)
		finish_rmdir(&c);
	if (!WAIT_FOR(nr_dying() == base, PATIENCE_MS))
		test_fail(FIX_NONE,
			  "nr_dying_descendants is %ld and was %ld: the removed cgroup is never freed",
			  nr_dying(), base);
}
