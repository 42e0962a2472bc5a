// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_rmdir - a cgroup can be removed while a task in it is exiting.
 *
 * The invariant. When the last thread of a process is exiting, no file of its cgroup
 * lists the process any more, and wait(2) may have returned. So rmdir of a cgroup whose
 * lists are empty succeeds at once. In the kernel the task exists until its last context
 * switch: it runs, allocates and schedules in its cgroup. So the cgroup stays
 * populated until that switch, and goes offline after it.
 *
 * History. Up to 6.18 do_exit() unlinked the task from its cgroup, and the
 * task then ran in a cgroup that could be offline. 6.19 moved the unlinking
 * behind the last context switch (d245698d727a), which made exiting tasks
 * visible: rmdir after a successful wait(2) failed with EBUSY. Hiding them
 * (a72f73c4dd9b) fixed the files but not rmdir. Waiting for them in rmdir
 * (1b164b876c36) put service managers into D state. Since 93618edf7538
 * rmdir returns at once, and the kernel kills the csses later.
 *
 * The window. The task is the init process of a pid namespace,
 * was killed, and waits in do_exit() for the last process of its namespace
 * (HOLD_ZAP_PIDNS).
 *
 * Consequence. If rmdir fails with EBUSY or sleeps, container and service managers
 * fail or hang when they clean up. If populated becomes 0 too early, a controller or a
 * manager frees resources that a task still uses. If nr_dying_descendants does not fall,
 * every removed cgroup leaks its memory.
 */
#include "dying.h"
#include "share.h"
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
			  "rmdir does not succeed even after the task is gone: %s",
			  call_failure(&rmdir_call));
}

TEST_INVARIANT(exiting_task_does_not_block_rmdir,
	       "rmdir of a cgroup whose only process is exiting succeeds at once",
	       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
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
	hold_tasks(many, MANY, HOLD_ZAP_PIDNS, &c);
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
	test_require(WAIT_FOR(!test_populated(&c), PATIENCE_MS), FIX_NONE,
		     "c is still populated %d s after its only task, %d, has become a zombie",
		     PATIENCE_MS / 1000, task.pid);
	call_rmdir(&rmdir_call, &c, BLOCKED_MS);
	assert_held(&task);
	rmdir_must_have_succeeded("a zombie");

	release_task(&task);
	finish_rmdir(&c);
}

static const char *const lists[] = { "cgroup.procs", "cgroup.threads" };

/* In one line. */
static void read_list(const char *list, char *text, size_t size)
{
	ssize_t ret = cgroup_read(&c, list, text, size);

	test_must_call(ret < 0 ? ret : 0, "cannot read %s of c", list);
	while ((text = strchr(text, '\n')))
		*text = ' ';
}

/* A "0", for a task without a pid in this namespace, counts as well. */
static bool lists_a_task(void)
{
	char procs[256], threads[256];

	read_list("cgroup.procs", procs, sizeof(procs));
	read_list("cgroup.threads", threads, sizeof(threads));
	return procs[0] || threads[0];
}

/*
 * Kernels before 7.0 (and 6.19.9) list a task in exit_files(). If a file lists a task,
 * rmdir must fail; otherwise it must succeed.
 */
static void rmdir_must_agree_with_lists(void)
{
	bool listed = lists_a_task();

	test_step("cgroup.procs and cgroup.threads are %s",
		  listed ? "not empty" : "empty");
	call_rmdir(&rmdir_call, &c, BLOCKED_MS);
	assert_held(&task);

	if (!listed)
		rmdir_must_have_succeeded("an exiting task");
	else if (rmdir_call.returned && !rmdir_call.err)
		test_fail(FIX_NONE,
			  "rmdir of a cgroup that lists a task succeeds");
	else if (rmdir_call.err != -EBUSY)
		test_fail(FIX_NONE,
			  "rmdir of a cgroup that lists a task does not fail with EBUSY: %s",
			  call_failure(&rmdir_call));
	release_task(&task);
	finish_rmdir(&c);
}

TEST_INVARIANT(rmdir_agrees_with_the_lists_on_an_early_exiting_task,
	       "rmdir of a cgroup with only a task in exit_files() fails with EBUSY if cgroup.procs or cgroup.threads lists the task, and succeeds otherwise",
	       MAY_FAIL_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	hold_task(&task, HOLD_EXIT_FILES, &c);
	rmdir_must_agree_with_lists();
}

TEST_INVARIANT(rmdir_agrees_with_the_lists_on_a_zombie_leader,
	       "rmdir of a cgroup with a live thread whose leader is a zombie fails with EBUSY",
	       NO_FIX)
{
	hold_task(&task, HOLD_ZOMBIE_LEADER, &c);
	test_require(lists_a_task(), FIX_NONE,
		     "neither cgroup.procs nor cgroup.threads lists process %d, which has a live thread",
		     task.process);
	rmdir_must_agree_with_lists();
}

TEST_INVARIANT(rmdir_agrees_with_the_lists_on_an_exiting_thread,
	       "rmdir of a cgroup with only an exiting thread of a process that has moved away fails with EBUSY if cgroup.threads lists the thread, and succeeds otherwise",
	       MAY_FAIL_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	static struct cgroup elsewhere;
	static struct call move;

	test_cgroup(&elsewhere, &test.root, "elsewhere");
	hold_task(&task, HOLD_THREAD, &c);
	test_require(test_lists(&c, "cgroup.procs", task.process), FIX_NONE,
		     "cgroup.procs does not list process %d, which has a live thread",
		     task.process);
	test_require(!call_add(&move, &elsewhere, task.process), FIX_NONE,
		     "process %d, which has an exiting and a live thread, cannot be moved: %s",
		     task.process, call_failure(&move));
	rmdir_must_agree_with_lists();
}

TEST_INVARIANT(dying_child_does_not_block_rmdir_of_its_parent,
	       "rmdir succeeds on a cgroup whose only child was removed while a task in it was exiting",
	       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	static struct cgroup child;

	test_cgroup(&child, &c, "child");
	hold_task(&task, HOLD_ZAP_PIDNS, &child);
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
		test_fail(FIX_NONE, "both cgroups have the id %llu", c.id);
	if (test_populated(new))
		test_fail(FIX_NONE,
			  "the new cgroup is populated by the task of the old one");
	release_task(&task);
	if (!call_rmdir(&rmdir_call, new, BLOCKED_MS))
		test_fail(FIX_NONE,
			  "rmdir of the new cgroup, which has no task, fails: %s",
			  call_failure(&rmdir_call));
}

TEST_INVARIANT(name_of_a_dying_cgroup_can_be_reused,
	       "mkdir under the name of a dying cgroup creates another, unpopulated cgroup",
	       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	static struct cgroup new;
	int err;

	hold_task(&task, HOLD_ZAP_PIDNS, &c);
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

/* Shared with the child that runs the rounds. */
struct rounds {
	int done, busy;
	int in_time; /* the reaped task was still in its cgroup */
	const char *refused; /* "mkdir" or "rmdir", if that failed */
};

static int refused(struct rounds *rounds, const char *call, int err)
{
	rounds->refused = err ? call : NULL;
	return err;
}

/* One round: a task exits, is reaped, and its cgroup is removed. 0 or -errno. */
static int rmdir_after_wait(struct rounds *rounds)
{
	int fd, err;
	pid_t pid;

	err = refused(rounds, "mkdir", cgroup_create(&c, &test.root, "c"));
	if (err)
		return err;
	fd = cgroup_open(&c, "");
	pid = fork_into(fd, 0);
	if (!pid)
		_exit(0);
	close(fd);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		return -errno;
	rounds->in_time += cgroup_populated(&c) == 1;
	err = cgroup_rmdir(&c);
	if (err == -EBUSY) {
		rounds->busy++;
		WAIT_FOR((err = cgroup_rmdir(&c)) != -EBUSY, PATIENCE_MS);
	}
	return refused(rounds, "rmdir", err);
}

/* In a child, as rmdir may never return. */
static int run_rounds(const void *arg)
{
	long long until = now_ms() + PATIENCE_MS;
	struct rounds *rounds = (void *)arg;
	int err = run_before_children();

	while (!err && rounds->done < ROUNDS && now_ms() < until) {
		err = rmdir_after_wait(rounds);
		rounds->done += !err;
	}
	return err;
}

static void rounds_must_end(struct rounds *rounds)
{
	static struct call call;

	test_must_call(call_start(&call, run_rounds, rounds, "the rounds"),
		       "cannot fork");
	test_require(call_wait(&call, 2 * PATIENCE_MS), FIX_NONE,
		     "rmdir after wait(2) for the last task does not return in round %d: %s",
		     rounds->done, call.where);
	test_step("%d rounds of fork, exit, wait, rmdir: %d before the last switch, %d EBUSY",
		  rounds->done, rounds->in_time, rounds->busy);
	test_require(!rounds->refused, FIX_NONE, "%s in round %d fails: %s",
		     rounds->refused, rounds->done, strerror(-call.err));
	test_must_call(call.err, "round %d", rounds->done);
}

TEST_INVARIANT(reaped_task_does_not_block_rmdir,
	       "rmdir after a successful wait(2) for the last task never fails with EBUSY",
	       MAY_FAIL_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	struct rounds *rounds = share_memory(sizeof(*rounds));

	if (!rounds)
		test_error("mmap: %s", strerror(errno));
	test_require(call_rmdir(&rmdir_call, &c, BLOCKED_MS), FIX_NONE,
		     "rmdir of a cgroup without a task fails: %s",
		     call_failure(&rmdir_call));
	rounds_must_end(rounds);
	if (rounds->busy)
		test_fail(FIX_DEFER_RMDIR_KILL,
			  "rmdir after wait(2) for the last task fails with EBUSY, in %d of %d rounds",
			  rounds->busy, rounds->done);
	if (!rounds->in_time)
		test_skip("no task was in c after wait(2): this takes preemption and %s",
			  fix_name(FIX_DEFER_UNLINK));
}

static void list_must_have_only(const char *list, pid_t live)
{
	bool listed = test_lists(&c, list, task.pid);
	char expected[16], text[256];

	snprintf(expected, sizeof(expected), "%d ", live);
	read_list(list, text, sizeof(text));
	test_step("%s lists task %d: %s", list, task.pid,
		  listed ? "yes" : "no");
	if (listed)
		test_fail(FIX_HIDE_DEAD, "%s lists task %d, which is exiting",
			  list, task.pid);
	else if (strcmp(text, expected))
		test_fail(FIX_NONE,
			  "%s does not list exactly task %d, which is alive: %s",
			  list, live, text[0] ? text : "it is empty");
}

TEST_INVARIANT(exiting_task_is_not_listed,
	       "neither cgroup.procs nor cgroup.threads lists an exiting process",
	       FAILS_WITHOUT(FIX_HIDE_DEAD))
{
	pid_t live = spawn_idle_in(&c);
	size_t i;

	test_must_call(live < 0 ? live : 0, "cannot start a task in c");
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	for (i = 0; i < ARRAY_SIZE(lists); i++)
		list_must_have_only(lists[i], live);
	assert_held(&task);
}

static void must_stay_populated(struct pollfd *events)
{
	bool populated, notified;
	char text[256];

	events->fd = cgroup_open(&c, "cgroup.events");
	/* After this read, poll(2) waits for the next notification. */
	if (events->fd < 0 || read(events->fd, text, sizeof(text)) < 0)
		test_error("cannot read cgroup.events of c");
	/* A kernel may unlink the task a little later, which is still too early. */
	notified = poll(events, 1, 100) == 1;
	populated = test_populated(&c);
	assert_held(&task);
	if (!populated)
		test_fail(FIX_DEFER_UNLINK,
			  "populated becomes 0 while a task is exiting");
	else if (notified)
		test_fail(FIX_DEFER_UNLINK,
			  "cgroup.events notifies of a change while a task is exiting");
}

TEST_INVARIANT(populated_until_the_last_switch,
	       "populated is 1 until the last task's last context switch, then 0 with a notification",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	struct pollfd events = { .events = POLLPRI };
	bool populated, notified;

	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	populated = test_populated(&c);
	assert_held(&task);
	test_step("populated is %d while the task is held", populated);
	test_require(populated, FIX_DEFER_UNLINK,
		     "populated is 0 while a task is exiting");
	must_stay_populated(&events);

	release_task(&task);
	notified = poll(&events, 1, PATIENCE_MS) == 1 &&
		   events.revents & POLLPRI;
	populated = test_populated(&c);
	test_step("populated is %d, notified: %s", populated,
		  notified ? "yes" : "no");
	if (populated)
		test_fail(FIX_NONE,
			  "populated is still 1 after the last task is gone");
	else if (!notified)
		test_fail(FIX_NONE,
			  "cgroup.events sends no notification when the last task is gone");
}

TEST_INVARIANT(dying_cgroup_is_freed,
	       "a cgroup removed while a task was exiting leaves nr_dying_descendants when the task is gone",
	       NO_FIX)
{
	long base = dying_cgroups(&test.root), now;
	bool populated;

	/* The css of a controller must be freed, too. */
	if (cgroup_enable(&test.root, "pids", &test.reason))
		test_step("without a controller: %s", test.reason.text);
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	populated = test_populated(&c);
	call_rmdir_or_skip(&rmdir_call, &c);
	now = dying_cgroups(&test.root);
	test_step("nr_dying_descendants is %ld, was %ld", now, base);
	assert_held(&task);

	/* A populated cgroup cannot be freed. */
	if (populated && now != base + 1)
		test_fail(FIX_NONE,
			  "nr_dying_descendants goes from %ld to %ld when one cgroup is removed",
			  base, now);

	release_task(&task);
	if (!WAIT_FOR(dying_cgroups(&test.root) == base, PATIENCE_MS))
		test_fail(FIX_NONE,
			  "nr_dying_descendants is %ld and was %ld: the removed cgroup is never freed",
			  dying_cgroups(&test.root), base);
}
