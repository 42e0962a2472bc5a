// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_pairing - every task gets one init_task and then one exit_task.
 *
 * The invariant. A BPF scheduler frees in ops.exit_task() the state of a task that
 * it allocated in ops.init_task(). So exactly one exit_task follows each init_task, also
 * if the fork fails after init_task, if a thread calls execve(2) and takes over its
 * leader's pid, if the task dies while the scheduler is being enabled, or if it is
 * exiting when the scheduler is disabled.
 *
 * History. 6.19 (7900aa699c34) moved exit_task from the release of the last
 * reference to the task_struct to the last context switch. The enable path holds a
 * reference, which does not delay the last context switch. So a task could die during
 * its init_task, when the kernel did not consider it initialised yet, and got no
 * exit_task (fixed in 7.1, c941d7391f25). No release has fixed another bug: init_task of
 * a task that is forked while the scheduler is being disabled comes after cgroup_exit of
 * its cgroup. If init_task needs the state of the cgroup, it fails, and so does fork(2).
 *
 * The window. init_task of one task reads a page that blocks until the
 * test releases it (blocking_page.h). So init_task blocks in the middle of a fork, or
 * while the scheduler is being enabled, and the test kills a task meanwhile. In
 * the same way cgroup_exit blocks while the scheduler is being disabled.
 *
 * Consequence. A scheduler leaks the state of a task, or frees it twice.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

#include <scx/common.h>

#include "test.h"
#include "blocking_load.h"
#include "helper.h"
#include "scheduler.h"
#include "spawn.h"
#include "steps.h"
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
	c_fd = test_open(&c);
}

static void create_page(void)
{
	blocking_page_create(&page);
	SET_BLOCKING_PAGE(skel, &page);
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

/* Forks a child that exits at once, and reaps it. 0, or -errno of the fork. */
static int fork_and_reap(int cgroup_fd, pid_t *child)
{
	int err;

	*child = spawn_into(cgroup_fd);
	err = *child < 0 ? -errno : 0;
	if (!*child)
		_exit(0);
	if (!err)
		test_require(spawn_wait(*child, PATIENCE_MS) >= 0, FIX_NONE,
			     "task %d exits and never becomes a zombie",
			     *child);
	return err;
}

/* For comparison with a fork that fails. */
static void successful_fork_must_get_both(void)
{
	pid_t pid;
	int err = fork_and_reap(c_fd, &pid);

	test_require(!err, FIX_NONE, "a fork that nothing refuses fails: %s",
		     strerror(-err));
	timeline_name_task(pid, "the task");
	must_have_init_task(&c, pid);
	must_get_exit_task(&scheduler, pid);
}

static void fork_into_removed_cgroup(void)
{
	static struct cgroup removed;
	static struct call rmdir_call;
	pid_t pid;
	int fd, err;

	test_cgroup(&removed, &test.root, "removed");
	fd = cgroup_open(&removed, "");
	test_must_call(fd < 0 ? fd : 0, "cannot open the cgroup");
	must_rmdir(&rmdir_call, &removed);
	err = fork_and_reap(fd, &pid);
	test_step("a fork into a removed cgroup: %s", strerror(-err));
	if (err != -ENODEV && err != -ENOENT)
		test_fail(FIX_NONE,
			  "a fork into a removed cgroup does not fail: %s",
			  strerror(-err));
	if (event_logged(test.log, EV_INIT_TASK, removed.id, 0))
		test_fail(FIX_NONE,
			  "init_task comes for a fork into a removed cgroup");
}

TEST_INVARIANT(fork_refused_by_a_cgroup_is_paired,
	       "a fork that a cgroup refuses (pids.max is reached, or the cgroup is removed) gets both init_task and exit_task, or neither",
	       NO_FIX)
{
	pid_t pid;
	int err;

	test_enable(&test.root, "pids");
	scheduler_attach(&scheduler);
	test_must_call(cgroup_write(&c, "pids.max", "0"),
		       "cannot write to pids.max");
	err = fork_and_reap(c_fd, &pid);
	test_step("a fork into c, whose pids.max is 0: %s", strerror(-err));
	if (err != -EAGAIN)
		test_fail(FIX_NONE,
			  "a fork beyond pids.max does not fail with EAGAIN: %s",
			  strerror(-err));
	fork_into_removed_cgroup();

	test_must_call(cgroup_write(&c, "pids.max", "max"),
		       "cannot write to pids.max");
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
	test_must_call(helper_start(&forker, fork_when_ordered, NULL),
		       "cannot start a process");
	test_must_call(cgroup_add(&c, forker.pid),
		       "cannot move the parent to c");
	timeline_name_task(forker.pid, "the parent");
}

/* Returns when init_task of the forker's child blocks: that event. */
static const struct event *fork_until_init_task(void)
{
	const struct event *init_task = NULL;

	skel->bss->blocked_pid = forker.pid;
	test_must_call(helper_order(&forker),
		       "cannot order the parent to fork");
	if (blocking_page_reached(&page, PATIENCE_MS))
		init_task = event_last(test.log, EV_INIT_TASK, c.id, 0);
	test_require(init_task && init_task->flags & EVF_FORK, FIX_NONE,
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
	must_kill(forker.pid);
	test_must_call(blocking_page_release(&page), "cannot release the page");
	test_require(helper_wait(&forker, PATIENCE_MS) >= 0, FIX_NONE,
		     "the parent is killed during its fork and does not end");
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
	test_require(bss->refused_pid, FIX_NONE,
		     "a forked child gets no init_task");
	timeline_name_task(bss->refused_pid, "the child");
	test_step("init_task refuses the child, pid %d: fork: %s",
		  bss->refused_pid, strerror(-err));
	if (err != -EDQUOT)
		test_fail(FIX_NONE,
			  "fork does not fail with the error of init_task: %s",
			  strerror(-err));
	if (event_logged(test.log, EV_EXIT_TASK, 0, bss->refused_pid))
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

	test_require(is_thread, FIX_NONE,
		     "a new thread of process %d gets no init_task in c",
		     process);
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
	int status;
	pid_t pid;

	scheduler_attach(&scheduler);
	test_must_call(helper_start(&process, exec_from_thread_when_ordered,
				    NULL),
		       "cannot start a process");
	pid = process.pid;
	test_must_call(cgroup_add(&c, pid), "cannot move the process to c");
	timeline_name_task(pid, "the leader, or the thread with its pid");
	leader = event_last_of_pid(test.log, EV_INIT_TASK, pid);
	test_require(leader, FIX_NONE, "a forked process gets no init_task");
	test_must_call(helper_order(&process), "cannot order the exec");
	status = helper_wait(&process, PATIENCE_MS);
	test_require(status != -ETIMEDOUT, FIX_NONE,
		     "an exec from a thread does not end");
	/* A program that lists its tests ends with KSFT_SKIP. */
	if (status != KSFT_SKIP << 8)
		test_error("the exec from a thread fails: status %#x", status);
	thread = init_task_of_thread(pid);
	test_step("the thread has executed a program, which has ended");

	must_exit(leader, "old leader");
	exit_task = must_exit(thread, "thread");
	if (exit_task && exit_task->pid != pid)
		test_fail(FIX_NONE,
			  "the thread that calls execve(2) does not take over the leader's pid");
	disable_and_check_order(FIX_NONE);
}

TEST_INVARIANT(task_that_dies_during_init_task_gets_exit_task,
	       "a task that dies during its init_task, while the scheduler is being enabled, gets an exit_task",
	       FAILS_WITHOUT(FIX_SCX_INIT_DEATH))
{
	pid_t pid;

	create_page();
	pid = start_idle_in(&c, "the task");
	skel->bss->blocked_pid = pid;
	enable_until_init_task(&scheduler, &page, &c, pid);

	test_step("init_task of the task blocks; the task is killed");
	must_die(pid);
	/* Before 6.19 a task leaves its cgroup earlier, in do_exit(). */
	wait_for_last_switch(&c);
	test_step("the task is gone; its init_task returns");
	test_must_call(blocking_page_release(&page), "cannot release the page");
	scheduler_attach_must_end(&scheduler);

	if (!scheduler_wait_event(&scheduler, EV_EXIT_TASK, 0, pid))
		test_fail(FIX_SCX_INIT_DEATH,
			  "exit_task never comes for a task that died during its init_task");
	disable_and_check_order(FIX_SCX_INIT_DEATH);
}

/* The default hierarchy's root cgroup: disabling a scheduler exits it last. */
#define ROOT_CGROUP_ID 1

static void disable_until_cgroups_are_exited(void)
{
	bool reached;

	skel->bss->blocked_cgroup = ROOT_CGROUP_ID;
	test_must_call(scheduler_detach_begin(&scheduler),
		       "cannot start a thread");
	reached = blocking_page_reached(&page, PATIENCE_MS);
	test_require(reached, FIX_NONE,
		     "cgroup_exit of the root cgroup does not come when the scheduler is disabled");
	test_require(event_logged(test.log, EV_CGROUP_EXIT, c.id, 0), FIX_NONE,
		     "cgroup_exit of c does not come before that of the root cgroup");
}

/* The errno of a fork in c while the scheduler is being disabled. */
static int fork_during_disable(void)
{
	int status;

	test_step("cgroup_exit of c is over; a task in c forks");
	test_must_call(helper_order(&forker),
		       "cannot order the parent to fork");
	status = helper_wait(&forker, BLOCKED_MS);
	test_must_call(blocking_page_release(&page), "cannot release the page");
	if (!scheduler_detach_end(&scheduler))
		test_stop();
	/* A kernel may also let the fork wait until the scheduler is disabled. */
	if (status == -ETIMEDOUT)
		status = helper_wait(&forker, PATIENCE_MS);
	test_require(status != -ETIMEDOUT, FIX_NONE,
		     "a fork during the disable never returns");
	if (status < 0 || !WIFEXITED(status))
		test_error("the forking process has ended: %d", status);
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
	must_have_init_task(&c, forker.pid);
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

/* The first NR_RUNNABLE tasks still have their last context switch before them. */
static const enum hold_kind holds[] = {
	HOLD_ZAP_PIDNS,
	HOLD_EXIT_FILES,
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

/* A zombie may get both callbacks or none, which the check of the order decides. */
static void must_end_paired(struct held_task *task, bool is_runnable)
{
	test_require(!held_task_finish(task), FIX_NONE,
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
		must_have_init_task(&c, tasks[i].pid);
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
	test_must_call(cgroup_add(elsewhere, pid),
		       "cannot move task %d to elsewhere", pid);
	test_must_call(cgroup_add(&c, pid), "cannot move task %d to c", pid);
	must_die(pid);
	must_get_exit_task(&scheduler, pid);
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
	older = start_idle_in(&c, "the older");
	scheduler_attach(&scheduler);
	younger = start_idle_in(&c, "the younger");

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
