// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_pairing - every task gets one init_task and then one exit_task.
 *
 * The invariant. A BPF scheduler frees in ops.exit_task() the state of a task that
 * it allocated in ops.init_task(). So every init_task is followed by one exit_task,
 * however the task starts and ends: with a fork that fails half-way, an exec from a
 * thread, a death while the scheduler is being enabled, an exit that is under way
 * when the scheduler is disabled.
 *
 * Who broke it. 6.19 (7900aa699c34) moved exit_task from the last reference to the
 * task_struct to the last context switch. The enable path holds a reference, but does
 * not delay that switch: a task that died during its init_task did not count as
 * initialized yet and got no exit_task (fixed in 7.1, c941d7391f25). To this day,
 * init_task of a task that is forked while the scheduler is being disabled comes
 * after cgroup_exit of its cgroup: a scheduler that needs the cgroup's state there
 * makes fork(2) fail.
 *
 * How the window is opened. init_task of one task reads a page that blocks until the
 * test releases it (blocking_page.h). So init_task blocks in the middle of a fork, or
 * while the scheduler is being enabled, and the test kills a task meanwhile. In
 * the same way cgroup_exit blocks while the scheduler is being disabled.
 *
 * What a failure means. A scheduler leaks the state of a task, or frees it twice.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

#include <scx/common.h>

#include "test.h"
#include "blocking_page.h"
#include "helper.h"
#include "scheduler.h"
#include "spawn.h"
#include "pairing.skel.h"

PRELOAD_SCHEDULER(pairing, NULL)

static struct scheduler scheduler;
static struct pairing *skel;
static struct cgroup c;
static int c_fd;
static struct blocking_page page;
static struct helper forker; /* a process in c */

static void setup(void)
{
	need_cgroup_sched_ext();
	skel = SCHEDULER_OPEN(&scheduler, pairing);
	timeline_use_log(&skel->bss->events);
	scheduler_load(&scheduler);
	test_cgroup(&c, &test.root, "c");
	c_fd = cgroup_open(&c, "");
	ASSERT_LE(0, c_fd);
}

static void create_page(void)
{
	blocking_page_create(&page);
	skel->bss->blocking_page.owner = page.owner;
	skel->bss->blocking_page.address = page.address;
}

static void stop_unless(bool condition, const char *failure)
{
	if (condition)
		return;
	test_fail(FIX_NONE, "%s", failure);
	test_stop();
}

static void must_get_init_task(pid_t pid)
{
	stop_unless(event_noted(test.log, EV_INIT_TASK, c.id, pid),
		    "a task in c gets no init_task");
}

static void must_get_exit_task(pid_t pid)
{
	if (!scheduler_wait_event(&scheduler, EV_EXIT_TASK, 0, pid))
		test_fail(FIX_NONE, "exit_task of task %d never comes", pid);
}

static void kill_and_reap(pid_t pid)
{
	stop_unless(spawn_kill(pid, PATIENCE_MS) >= 0,
		    "a killed task does not end");
}

/* Disables the scheduler, which completes the log, and checks the order of events. */
static void disable_and_check_order(enum fix_id fix)
{
	if (!scheduler_detach(&scheduler))
		test_stop();
	test_check_order(ORDER_RULE(ORDER_R3) | ORDER_RULE(ORDER_R6), fix);
	test_check_order(ORDER_RULE(ORDER_R1) | ORDER_RULE(ORDER_R4) |
				 ORDER_RULE(ORDER_R5),
			 FIX_NONE);
}

/* Forks a child that exits at once, and reaps it; 0 or -errno. */
static int fork_and_reap(int cgroup_fd, pid_t *child)
{
	int err;

	*child = spawn_into(cgroup_fd);
	err = *child < 0 ? -errno : 0;
	if (!*child)
		_exit(0);
	if (!err)
		waitpid(*child, NULL, 0);
	return err;
}

/* For comparison with a fork that fails. */
static void successful_fork_must_get_both(void)
{
	pid_t pid;

	ASSERT_EQ(0, fork_and_reap(c_fd, &pid));
	timeline_name_task(pid, "the task");
	must_get_init_task(pid);
	must_get_exit_task(pid);
}

static void fork_into_removed_cgroup(void)
{
	struct cgroup removed;
	pid_t pid;
	int fd, err;

	test_cgroup(&removed, &test.root, "removed");
	fd = cgroup_open(&removed, "");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, cgroup_rmdir(&removed));
	err = fork_and_reap(fd, &pid);
	test_step("a fork into a removed cgroup: %s", strerror(-err));
	if (err != -ENODEV && err != -ENOENT)
		test_fail(FIX_NONE,
			  "a fork into a removed cgroup does not fail: %s",
			  strerror(-err));
	if (event_noted(test.log, EV_INIT_TASK, removed.id, 0))
		test_error("init_task comes for a fork into a removed cgroup");
}

TEST_INVARIANT(fork_refused_by_a_cgroup_is_paired,
	       "a fork that a cgroup refuses (pids.max is reached, the cgroup is removed) gets no init_task without an exit_task",
	       NO_FIX)
{
	pid_t pid;
	int err;

	test_enable(&test.root, "pids");
	scheduler_attach(&scheduler);
	ASSERT_EQ(0, cgroup_write(&c, "pids.max", "0"));
	err = fork_and_reap(c_fd, &pid);
	test_step("a fork into c, whose pids.max is 0: %s", strerror(-err));
	if (err != -EAGAIN)
		test_fail(FIX_NONE,
			  "a fork beyond pids.max does not fail with EAGAIN: %s",
			  strerror(-err));
	fork_into_removed_cgroup();

	ASSERT_EQ(0, cgroup_write(&c, "pids.max", "max"));
	successful_fork_must_get_both();
	disable_and_check_order(FIX_NONE);
}

/* Exits with the errno of its fork(2). */
static void fork_when_ordered(int socket, const void *unused)
{
	(void)unused;
	if (helper_await(socket) && fork() < 0)
		_exit(errno);
}

static void start_forker(void)
{
	ASSERT_EQ(0, helper_start(&forker, fork_when_ordered, NULL));
	ASSERT_EQ(0, cgroup_add(&c, forker.pid));
	timeline_name_task(forker.pid, "the parent");
}

/* Returns when init_task of the forker's child blocks: that event. */
static const struct event *fork_until_init_task(void)
{
	const struct event *init_task = NULL;

	skel->bss->blocked_pid = forker.pid;
	ASSERT_EQ(0, helper_order(&forker));
	if (blocking_page_reached(&page, PATIENCE_MS))
		init_task = event_last(test.log, EV_INIT_TASK, c.id, 0);
	stop_unless(init_task && init_task->flags & EVF_FORK,
		    "a forked child gets no init_task in c");
	timeline_name_task(init_task->pid, "the child");
	return init_task;
}

TEST_INVARIANT(fork_that_fails_after_init_task_gets_exit_task,
	       "a fork that fails after init_task gets an exit_task with args->cancelled set",
	       NO_FIX)
{
	const struct event *init_task, *exit_task;

	create_page();
	scheduler_attach(&scheduler);
	start_forker();
	init_task = fork_until_init_task();

	/* copy_process() fails late if a fatal signal is pending for the parent. */
	test_step("init_task of the child blocks; the parent is killed");
	ASSERT_EQ(0, kill(forker.pid, SIGKILL));
	ASSERT_EQ(0, blocking_page_release(&page));
	stop_unless(helper_wait(&forker, PATIENCE_MS) >= 0,
		    "a killed task does not end");
	test_step("the parent has ended; there is a child: %s",
		  kill(init_task->pid, 0) ? "no" : "yes");

	exit_task = event_last(test.log, EV_EXIT_TASK, 0, init_task->task);
	if (!exit_task || exit_task < init_task)
		test_fail(FIX_NONE,
			  "exit_task of a fork that failed never comes");
	else if (!(exit_task->flags & EVF_CANCELLED))
		test_fail(FIX_NONE,
			  "exit_task of a fork that failed does not have args->cancelled set");
	disable_and_check_order(FIX_NONE);
}

TEST_INVARIANT(fork_that_init_task_refuses_gets_no_exit_task,
	       "a fork fails with the error of init_task, and then gets no exit_task",
	       NO_FIX)
{
	struct pairing__bss *bss = skel->bss;
	pid_t pid;
	int err;

	scheduler_attach(&scheduler);
	bss->refusal = EDQUOT;
	bss->refused_forker = getpid();
	err = fork_and_reap(c_fd, &pid);
	bss->refused_forker = 0;
	stop_unless(bss->refused_pid, "a forked child gets no init_task");
	timeline_name_task(bss->refused_pid, "the child");
	test_step("init_task refuses the child, pid %d: fork: %s",
		  bss->refused_pid, strerror(-err));
	if (err != -EDQUOT)
		test_fail(FIX_NONE,
			  "fork does not fail with the error of init_task: %s",
			  strerror(-err));
	if (event_noted(test.log, EV_EXIT_TASK, 0, bss->refused_pid))
		test_fail(FIX_NONE,
			  "exit_task comes for a task that init_task refused");

	successful_fork_must_get_both();
	disable_and_check_order(FIX_NONE);
}

/* With -l a program only lists its tests, here to /dev/null. */
static int exec_and_exit(void *unused)
{
	char *const argv[] = { "scx_pairing", "-l", NULL };

	(void)unused;
	execv("/proc/self/exe", argv);
	_exit(EXIT_FAILURE);
}

static void exec_from_thread_when_ordered(int socket, const void *unused)
{
	(void)unused;
	if (helper_await(socket))
		start_thread(exec_and_exit, NULL, false);
	idle_until_killed();
}

/* The thread got its init_task when it was forked. */
static const struct event *init_task_of_thread(pid_t process)
{
	const struct event *init_task =
		event_last(test.log, EV_INIT_TASK, c.id, 0);
	bool is_thread = init_task && init_task->pid != process &&
			 init_task->tgid == process;

	stop_unless(is_thread, "a new thread gets no init_task in c");
	timeline_name_task(init_task->pid, "the thread");
	return init_task;
}

/* The exit_task of the task of @init_task. */
static const struct event *must_exit(const struct event *init_task,
				     const char *name)
{
	if (!WAIT_FOR(event_last(test.log, EV_EXIT_TASK, 0, init_task->task),
		      PATIENCE_MS))
		test_fail(FIX_NONE, "exit_task of the %s never comes", name);
	return event_last(test.log, EV_EXIT_TASK, 0, init_task->task);
}

TEST_INVARIANT(exec_from_a_thread_gets_one_exit_task_per_thread,
	       "after an exec from a thread, the old leader and the thread that took over its pid get one exit_task each",
	       NO_FIX)
{
	const struct event *leader, *thread, *exit_task;
	static struct helper process;
	pid_t pid;

	scheduler_attach(&scheduler);
	ASSERT_EQ(0,
		  helper_start(&process, exec_from_thread_when_ordered, NULL));
	pid = process.pid;
	ASSERT_EQ(0, cgroup_add(&c, pid));
	timeline_name_task(pid, "the leader, or the thread with its pid");
	leader = event_last_of_pid(test.log, EV_INIT_TASK, pid);
	stop_unless(leader, "a forked process gets no init_task");
	ASSERT_EQ(0, helper_order(&process));
	/* A program that lists its tests ends with KSFT_SKIP. */
	ASSERT_EQ(KSFT_SKIP << 8, helper_wait(&process, PATIENCE_MS));
	thread = init_task_of_thread(pid);
	test_step("the thread has executed a program, which has ended");

	must_exit(leader, "old leader");
	exit_task = must_exit(thread, "thread");
	if (exit_task && exit_task->pid != pid)
		test_fail(FIX_NONE,
			  "the thread that calls execve(2) does not take over the leader's pid");
	disable_and_check_order(FIX_NONE);
}

/* Returns when the enable path has called init_task of @pid, which blocks. */
static void enable_until_init_task(pid_t pid)
{
	skel->bss->blocked_pid = pid;
	ASSERT_EQ(0, scheduler_attach_begin(&scheduler));
	test_step("the scheduler is being enabled");
	if (!blocking_page_reached(&page, PATIENCE_MS)) {
		blocking_page_release(&page);
		scheduler_attach_must_end(&scheduler);
		test_error("init_task of task %d does not block", pid);
	}
	must_get_init_task(pid);
}

TEST_INVARIANT(task_that_dies_during_init_task_gets_exit_task,
	       "a task that dies during its init_task, while the scheduler is being enabled, gets an exit_task",
	       FAILS_WITHOUT(FIX_SCX_INIT_DEATH))
{
	pid_t pid;

	create_page();
	pid = spawn_idle_in(&c);
	ASSERT_LT(0, pid);
	timeline_name_task(pid, "the task");
	enable_until_init_task(pid);

	test_step("init_task of the task blocks; the task is killed");
	kill_and_reap(pid);
	/* From 6.19 on, the last context switch is over when this is true. */
	stop_unless(WAIT_FOR(!cgroup_populated(&c), PATIENCE_MS),
		    "c is still populated after its only task is gone");
	test_step("the task is gone; its init_task returns");
	ASSERT_EQ(0, blocking_page_release(&page));
	scheduler_attach_must_end(&scheduler);
	test_step("the scheduler is enabled");

	if (!scheduler_wait_event(&scheduler, EV_EXIT_TASK, 0, pid))
		test_fail(FIX_SCX_INIT_DEATH,
			  "exit_task never comes for a task that died during its init_task");
	disable_and_check_order(FIX_SCX_INIT_DEATH);
}

/* The default hierarchy's root cgroup: disabling a scheduler exits it last. */
#define ROOT_CGROUP_ID 1

static void disable_until_cgroups_are_exited(void)
{
	bool is_there;

	skel->bss->blocked_cgroup = ROOT_CGROUP_ID;
	ASSERT_EQ(0, scheduler_detach_begin(&scheduler));
	is_there = blocking_page_reached(&page, PATIENCE_MS) &&
		   event_noted(test.log, EV_CGROUP_EXIT, c.id, 0);
	stop_unless(is_there,
		    "cgroup_exit of c and then of the root never come");
}

/* The errno of a fork in c while the scheduler is being disabled. */
static int fork_during_disable(void)
{
	int status;

	test_step("cgroup_exit of c is over; a task in c forks");
	ASSERT_EQ(0, helper_order(&forker));
	status = helper_wait(&forker, BLOCKED_MS);
	ASSERT_EQ(0, blocking_page_release(&page));
	if (!scheduler_detach_end(&scheduler))
		test_stop();
	/* A fork that waits until the scheduler is disabled is right, too. */
	if (status == -ETIMEDOUT)
		status = helper_wait(&forker, PATIENCE_MS);
	stop_unless(status >= 0, "a fork in c never returns");
	return WEXITSTATUS(status);
}

TEST_INVARIANT(fork_during_disable_gets_no_init_task_after_cgroup_exit,
	       "a task that is forked while the scheduler is being disabled gets no init_task after cgroup_exit of its cgroup",
	       NO_FIX)
{
	int err;

	create_page();
	start_forker();
	scheduler_attach(&scheduler);
	must_get_init_task(forker.pid);
	skel->bss->needed_cgroup = c.id;
	disable_until_cgroups_are_exited();

	err = fork_during_disable();
	if (skel->bss->failed_lookups)
		test_xfail("init_task of a fork follows cgroup_exit of its cgroup; fork fails: %s",
			   strerror(err));
	else if (err)
		test_fail(FIX_NONE,
			  "fork fails while the scheduler is being disabled: %s",
			  strerror(err));
	test_check_order(ORDER_RULE(ORDER_R3) | ORDER_RULE(ORDER_R4), FIX_NONE);
}

/* The first NR_RUNNABLE have not switched out for the last time. */
static const enum hold_kind holds[] = {
	HOLD_PIDNS,
	HOLD_FUSE,
	HOLD_ZOMBIE_LEADER,
	HOLD_ZOMBIE,
};

#define NR_HOLDS ((int)ARRAY_SIZE(holds))
#define NR_RUNNABLE 2

/* Whether these are the callbacks of @pid so far; see event_callbacks(). */
static bool callbacks_are(pid_t pid, const char *expected)
{
	char callbacks[32];

	event_callbacks(test.log, pid, callbacks, sizeof(callbacks));
	return !strcmp(callbacks, expected);
}

/* A zombie may get callbacks or none; the check of the order pairs them. */
static void must_end_paired(struct held_task *task, bool is_runnable)
{
	stop_unless(!held_task_finish(task),
		    "a task that was exiting when the scheduler was enabled never ends");
	if (is_runnable &&
	    !WAIT_FOR(callbacks_are(task->pid, "ixix"), PATIENCE_MS))
		test_fail(FIX_NONE,
			  "exit_task never comes for a task that was exiting when the scheduler was enabled");
}

TEST_INVARIANT(exiting_tasks_are_paired_across_disable_and_enable,
	       "init_task pairs with exit_task, and cgroup_init with cgroup_exit, each time that a scheduler is enabled and disabled while tasks are exiting",
	       NO_FIX)
{
	static struct held_task tasks[NR_HOLDS];
	int i;

	for (i = 0; i < NR_HOLDS; i++) {
		hold_task(&tasks[i], holds[i], &c);
		timeline_name_task(tasks[i].pid, hold_name(holds[i]));
	}
	scheduler_attach(&scheduler);
	for (i = 0; i < NR_RUNNABLE; i++)
		must_get_init_task(tasks[i].pid);
	assert_all_held(tasks, NR_HOLDS);
	disable_and_check_order(FIX_NONE);

	scheduler_attach(&scheduler);
	assert_all_held(tasks, NR_HOLDS);
	for (i = 0; i < NR_HOLDS; i++)
		must_end_paired(&tasks[i], i < NR_RUNNABLE);
	disable_and_check_order(FIX_NONE);
}

/* Moves the task away and back, and kills it: the callbacks that it got. */
static void move_and_kill(pid_t pid, const struct cgroup *elsewhere,
			  char *callbacks, size_t size)
{
	ASSERT_EQ(0, cgroup_add(elsewhere, pid));
	ASSERT_EQ(0, cgroup_add(&c, pid));
	kill_and_reap(pid);
	must_get_exit_task(pid);
	event_callbacks(test.log, pid, callbacks, size);
}

TEST_INVARIANT(tasks_forked_before_and_after_enable_get_the_same_callbacks,
	       "a task that was forked before the scheduler was enabled gets the same callbacks as a task that was forked after it",
	       NO_FIX)
{
	struct cgroup elsewhere;
	char older_got[32], younger_got[32];
	pid_t older, younger;

	test_cgroup(&elsewhere, &test.root, "elsewhere");
	older = spawn_idle_in(&c);
	ASSERT_LT(0, older);
	timeline_name_task(older, "the older");
	scheduler_attach(&scheduler);
	younger = spawn_idle_in(&c);
	ASSERT_LT(0, younger);
	timeline_name_task(younger, "the younger");

	move_and_kill(older, &elsewhere, older_got, sizeof(older_got));
	move_and_kill(younger, &elsewhere, younger_got, sizeof(younger_got));
	test_step("the older got %s, the younger %s", older_got, younger_got);
	if (strcmp(younger_got, "ipmpmx"))
		test_fail(FIX_NONE,
			  "a task that moves twice gets %s, not ipmpmx",
			  younger_got);
	if (strcmp(older_got, younger_got))
		test_fail(FIX_NONE,
			  "a task from before the scheduler was enabled gets other callbacks: %s, not %s",
			  older_got, younger_got);
	disable_and_check_order(FIX_NONE);
}
