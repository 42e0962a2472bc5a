// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_freeze - a cgroup can be frozen while a task in it is exiting.
 *
 * The invariant. An exiting task does not freeze: it never returns to user
 * space, where tasks freeze. Freezing its cgroup freezes all other tasks, and
 * the cgroup reports frozen 1, with a notification, when the last task that is
 * not frozen is gone. A parent reports frozen 1 only when all its children do.
 *
 * History. The kernel calls a cgroup frozen when it has as many frozen
 * tasks as tasks. Since 6.19 (d245698d727a) a task counts until its last context
 * switch. So an exiting task delays frozen 1 although no file lists it; upstream
 * has not decided whether that is right. Since 7.0.9 (93618edf7538) a cgroup can
 * be removed while it is freezing but, because of that task, not frozen. rmdir
 * subtracts a frozen cgroup from nr_frozen_descendants of its ancestors, but not
 * this one; when the task is gone the removed cgroup becomes frozen after all
 * and is added to that count permanently. The kernel compares the count with
 * nr_descendants: from then on the ancestors never become frozen, or become
 * frozen before a new child does. No release has a fix. From 6.19 until
 * a72f73c4dd9b (7.0, 6.19.9) the freezer set TIF_SIGPENDING on exiting tasks, and a task
 * that slept in do_exit() spun.
 *
 * The window. The task is the init process of a pid namespace, was
 * killed, and waits in do_exit() for the last process of its namespace
 * (HOLD_ZAP_PIDNS); or it blocks in exit_files(), as a process (HOLD_EXIT_FILES) or as a
 * thread of a process that can freeze (HOLD_THREAD). A live process beside it
 * answers while it runs. One test needs no hold: it is a FIFO task that the
 * death of each task wakes, so that it runs before that task's last context switch.
 *
 * Consequence. A program that waits for frozen 1, to snapshot or to
 * suspend a container, waits forever or continues too early.
 */
#include "notification.h"
#include "proc.h"
#include "responder.h"
#include "spawn.h"
#include "test.h"

/* A process that should be frozen, or asleep, is watched for this long. */
#define QUIET_MS 200

/* A task that spins uses far more than three clock ticks in this time. */
#define SPIN_MS 400

static struct cgroup p, c, d; /* p/c and p/d */
static struct held_task task, other;
static struct responder responder;
static struct call rmdir_call, freeze_call, move_call;

static void setup(void)
{
	test_cgroup(&p, &test.root, "p");
	test_cgroup(&c, &p, "c");
}

static int frozen(const struct cgroup *cg)
{
	return test_key(cg, "cgroup.events", "frozen");
}

static bool becomes_frozen(const struct cgroup *cg)
{
	return WAIT_FOR(frozen(cg) == 1, PATIENCE_MS);
}

static void write_freeze(const struct cgroup *cg, const char *text)
{
	call_write(&freeze_call, cg, "cgroup.freeze", text);
	test_require(call_succeeded(&freeze_call, BLOCKED_MS), FIX_NONE,
		     "a write of %s to cgroup.freeze does not succeed: %s",
		     text, call_failure(&freeze_call));
}

static void must_freeze_and_thaw_beside(enum hold_kind hold, const char *beside)
{
	/* Hold first: a walk over the tasks then meets the exiting one first. */
	hold_task(&task, hold, &c);
	responder_start(&responder, &c);

	write_freeze(&c, "1");
	responder_ask(&responder);
	if (responder_answered(&responder, QUIET_MS))
		test_fail(FIX_NONE,
			  "a live task beside %s runs after cgroup.freeze",
			  beside);
	test_step("frozen is %d", frozen(&c));

	write_freeze(&c, "0");
	if (!responder_answered(&responder, PATIENCE_MS))
		test_fail(FIX_NONE,
			  "a live task beside %s does not run after the thaw",
			  beside);
	if (frozen(&c))
		test_fail(FIX_NONE, "frozen of c is still 1 after the thaw");
	assert_held(&task);
	release_task(&task);
}

TEST_INVARIANT(live_task_freezes_and_thaws_beside_an_exiting_one,
	       "freezing a cgroup stops its live tasks and thawing resumes them, also beside an exiting task",
	       NO_FIX)
{
	must_freeze_and_thaw_beside(HOLD_ZAP_PIDNS, "an exiting task");
}

TEST_INVARIANT(live_task_freezes_and_thaws_beside_an_early_exiting_one,
	       "freezing a cgroup stops its live tasks and thawing resumes them, also beside a task in exit_files()",
	       NO_FIX)
{
	must_freeze_and_thaw_beside(HOLD_EXIT_FILES, "a task in exit_files()");
}

TEST_INVARIANT(live_task_freezes_and_thaws_beside_an_exiting_thread,
	       "freezing a cgroup stops its live tasks and thawing resumes them, also beside an exiting thread of another process",
	       NO_FIX)
{
	must_freeze_and_thaw_beside(HOLD_THREAD, "an exiting thread");
}

static bool is_asleep(void)
{
	struct proc_stat stat;

	return !proc_stat(task.pid, &stat) && strchr("SID", stat.state);
}

static void must_sleep(void)
{
	char where[384];

	if (WAIT_FOR(is_asleep(), PATIENCE_MS))
		return;
	proc_describe(task.pid, where, sizeof(where));
	test_fail(FIX_NONE, "exiting task %d does not sleep: %s", task.pid,
		  where);
	test_stop();
}

static unsigned long cpu_ticks(void)
{
	struct proc_stat stat;

	test_must_call(proc_stat(task.pid, &stat),
		       "cannot read the CPU time of task %d", task.pid);
	return stat.ticks;
}

static long nr_switches(void)
{
	long nr = proc_switches(task.pid);

	if (nr < 0)
		test_error("cannot read the context switches of task %d: %s",
			   task.pid, strerror(-nr));
	return nr;
}

/*
 * Before 7.3 a task with TIF_SIGPENDING set cannot sleep again in zap_pid_ns_processes()
 * and spins. A single look at its state may still show it asleep, so this reads its CPU
 * time. Since 7.3 it sleeps in TASK_IDLE, and no signal wakes it.
 */
TEST_INVARIANT(exiting_task_is_not_woken,
	       "freezing a cgroup does not wake an exiting task in it",
	       MAY_FAIL_WITHOUT(FIX_HIDE_DEAD))
{
	unsigned long before;

	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	must_sleep();
	write_freeze(&c, "1");
	before = cpu_ticks();
	if (WAIT_FOR(cpu_ticks() > before + 3, SPIN_MS))
		test_fail(FIX_HIDE_DEAD,
			  "cgroup.freeze wakes an exiting task, which spins");
	assert_held(&task);
	release_task(&task);
}

/* This sleep is interruptible: its FUSE daemon would get an INTERRUPT request. */
TEST_INVARIANT(early_exiting_task_is_not_woken,
	       "freezing a cgroup does not interrupt the sleep of a task that has begun to exit in it",
	       FAILS_WITHOUT(FIX_HIDE_DEAD))
{
	long before;

	hold_task(&task, HOLD_EXIT_FILES, &c);
	must_sleep();
	if (test_lists(&c, "cgroup.procs", task.pid))
		test_skip("this kernel lists a task in exit_files(), and so freezes it");
	before = nr_switches();
	write_freeze(&c, "1");
	if (WAIT_FOR(nr_switches() > before, QUIET_MS))
		test_fail(FIX_HIDE_DEAD,
			  "cgroup.freeze wakes a task that cgroup.procs does not list");
	assert_held(&task);
	release_task(&task);
}

/* So that the notification in c is for the end of the thread, not of its process. */
static void move_process_to_d(void)
{
	int err;

	test_cgroup(&d, &p, "d");
	err = call_add(&move_call, &d, task.process);
	test_require(!err, FIX_NONE,
		     "a process with an exiting thread cannot be moved: %s",
		     strerror(-err));
	test_step("its process moves to d");
	write_freeze(&d, "1");
	test_require(becomes_frozen(&d), FIX_NONE,
		     "a process that left an exiting thread behind does not freeze");
}

static void must_notify_when_frozen(enum hold_kind hold)
{
	struct notification notification;
	bool notified;

	/* With a live task c stays populated: each notification is about frozen. */
	responder_start(&responder, &c);
	hold_task(&task, hold, &c);
	if (hold == HOLD_THREAD)
		move_process_to_d();
	if (!notification_start(&notification, &c))
		test_error("cannot watch cgroup.events of c: %s",
			   strerror(errno));

	write_freeze(&c, "1");
	assert_held(&task);
	release_task(&task);
	notified = notification_came(&notification);
	test_step("frozen is %d, notified: %s", frozen(&c),
		  notified ? "yes" : "no");
	if (!notified)
		test_fail(FIX_NONE,
			  "cgroup.events of c sends no notification when the cgroup becomes frozen");
	if (frozen(&c) != 1)
		test_fail(FIX_NONE,
			  "frozen of c is not 1 when all tasks that are left are frozen");
}

TEST_INVARIANT(frozen_is_notified_when_the_exiting_task_is_gone,
	       "cgroup.events reports frozen 1, with a notification, no later than the last context switch of an exiting task that is the only one not frozen",
	       NO_FIX)
{
	must_notify_when_frozen(HOLD_ZAP_PIDNS);
}

TEST_INVARIANT(frozen_is_notified_when_the_early_exiting_task_is_gone,
	       "cgroup.events reports frozen 1, with a notification, at the latest when the only task that is not frozen, one in exit_files(), is gone",
	       NO_FIX)
{
	must_notify_when_frozen(HOLD_EXIT_FILES);
}

TEST_INVARIANT(frozen_is_notified_when_the_exiting_thread_is_gone,
	       "cgroup.events reports frozen 1, with a notification, at the latest when the only task that is not frozen, an exiting thread, is gone",
	       NO_FIX)
{
	must_notify_when_frozen(HOLD_THREAD);
}

static void must_freeze_if_nothing_is_listed(enum hold_kind hold)
{
	int listed, now;

	hold_task(&task, hold, &c);
	write_freeze(&c, "1");
	now = frozen(&c);
	listed = test_lists(&c, "cgroup.procs", task.process);
	assert_held(&task);
	test_step("frozen is %d, cgroup.procs %s", now,
		  listed ? "lists the task" : "is empty");
	if (now != 1 && !listed)
		test_xfail("cgroup.procs of c is empty, but exiting task %d counts as not frozen",
			   task.pid);

	release_task(&task);
	if (!becomes_frozen(&c))
		test_fail(FIX_NONE,
			  "frozen of c is still 0 after the task is gone");
}

TEST_INVARIANT(empty_looking_cgroup_with_an_exiting_task_freezes,
	       "a cgroup that only has an exiting task, which cgroup.procs does not list, is frozen as soon as cgroup.freeze is written",
	       NO_FIX)
{
	must_freeze_if_nothing_is_listed(HOLD_ZAP_PIDNS);
}

TEST_INVARIANT(empty_looking_cgroup_with_an_early_exiting_task_freezes,
	       "a cgroup that only has a task in exit_files() is frozen as soon as cgroup.freeze is written, unless cgroup.procs lists the task",
	       NO_FIX)
{
	must_freeze_if_nothing_is_listed(HOLD_EXIT_FILES);
}

/* Reads the parent first: here frozen only changes from 0 to 1. */
static bool parent_is_frozen_before(const struct cgroup *child)
{
	int parent_frozen = frozen(&p);
	int child_frozen = frozen(child);

	test_step("frozen is %d in p, %d in its child", parent_frozen,
		  child_frozen);
	return parent_frozen == 1 && child_frozen == 0;
}

TEST_INVARIANT(parent_is_not_frozen_before_its_children,
	       "a cgroup reports frozen 1 only when all its children do",
	       NO_FIX)
{
	test_cgroup(&d, &p, "d");
	responder_start(&responder, &d);
	hold_task(&task, HOLD_ZAP_PIDNS, &c);

	write_freeze(&p, "1");
	if (!becomes_frozen(&d))
		test_fail(FIX_NONE,
			  "d, a child with a live task, does not freeze");
	if (parent_is_frozen_before(&c))
		test_fail(FIX_NONE,
			  "p reports frozen 1 while c, its child, reports 0");
	assert_held(&task);

	release_task(&task);
	if (!becomes_frozen(&p) || frozen(&c) != 1)
		test_fail(FIX_NONE,
			  "frozen is still %d in p and %d in c after the task is gone",
			  frozen(&p), frozen(&c));

	write_freeze(&p, "0");
	if (frozen(&p) || frozen(&c))
		test_fail(FIX_NONE,
			  "frozen is still %d in p and %d in c after the thaw",
			  frozen(&p), frozen(&c));
}

static bool has_no_dying_child(void)
{
	return !test_key(&p, "cgroup.stat", "nr_dying_descendants");
}

static void removed_child_must_be_freed(void)
{
	test_require(WAIT_FOR(has_no_dying_child(), PATIENCE_MS), FIX_NONE,
		     "nr_dying_descendants of p does not become 0: the removed child is never freed");
}

static void remove_freezing_child(void)
{
	write_freeze(&c, "1");
	test_step("frozen is %d in c", frozen(&c));
	call_rmdir_or_skip(&rmdir_call, &c);
	assert_held(&task);
	release_task(&task);
	removed_child_must_be_freed();
}

static const char removed_counts[] =
	"nr_frozen_descendants still counts a removed child";

/* An empty cgroup without children is frozen when the write returns. */
static void parent_must_freeze(void)
{
	write_freeze(&p, "1");
	test_step("frozen is %d in p, nr_descendants %ld", frozen(&p),
		  test_key(&p, "cgroup.stat", "nr_descendants"));
	if (frozen(&p) != 1)
		test_xfail("frozen of p stays 0 although p is empty: %s",
			   removed_counts);
}

TEST_INVARIANT(parent_freezes_after_rmdir_of_a_freezing_child,
	       "a cgroup can be frozen after a freezing child with an exiting task was removed",
	       NO_FIX)
{
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	remove_freezing_child();
	parent_must_freeze();
}

TEST_INVARIANT(parent_is_not_frozen_before_a_new_child,
	       "a cgroup whose freezing child was removed reports frozen 1 only when its next child does",
	       NO_FIX)
{
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	remove_freezing_child();
	test_cgroup(&d, &p, "d");
	hold_task(&other, HOLD_ZAP_PIDNS, &d);

	write_freeze(&p, "1");
	if (parent_is_frozen_before(&d))
		test_xfail("p reports frozen 1 while d, its only child, reports 0: %s",
			   removed_counts);
	assert_held(&other);
}

TEST_INVARIANT(freezing_parent_freezes_after_rmdir_of_its_child,
	       "a freezing cgroup reports frozen 1 at the latest when the exiting task of its removed child is gone",
	       NO_FIX)
{
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	write_freeze(&p, "1");
	remove_freezing_child();
	test_step("frozen is %d in p, nr_descendants %ld", frozen(&p),
		  test_key(&p, "cgroup.stat", "nr_descendants"));
	if (frozen(&p) != 1)
		test_xfail("p is empty and never freezes: %s", removed_counts);
}

TEST_INVARIANT(parent_freezes_after_rmdir_of_a_frozen_child,
	       "a cgroup can be frozen after a frozen child was removed",
	       NO_FIX)
{
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	write_freeze(&c, "1");
	release_task(&task);
	test_require(becomes_frozen(&c), FIX_NONE,
		     "frozen of c is still 0 after the task is gone");
	test_require(call_rmdir(&rmdir_call, &c, BLOCKED_MS), FIX_NONE,
		     "rmdir of a frozen cgroup does not succeed: %s",
		     call_failure(&rmdir_call));
	write_freeze(&p, "1");
	test_step("frozen is %d in p", frozen(&p));
	if (frozen(&p) != 1)
		test_fail(FIX_NONE,
			  "frozen of p stays 0 although p is empty: its frozen child was removed");
}

#define ROUNDS 20

static void write_file_of_c(const char *file)
{
	int err = cgroup_write(&c, file, "1");

	test_require(!err, FIX_NONE, "a write of 1 to %s of c fails: %s", file,
		     strerror(-err));
}

static pid_t start_idle_child(void)
{
	int fd = cgroup_open(&c, "");
	pid_t pid = fork_into(fd, 0);

	if (!pid)
		idle_until_killed();
	if (pid < 0)
		test_error("cannot clone a process into c: %s",
			   strerror(errno));
	close(fd);
	return pid;
}

static void must_die_by_cgroup_kill(pid_t pid)
{
	int err;

	write_file_of_c("cgroup.kill");
	err = spawn_await_death(pid, PATIENCE_MS);
	test_require(err != -ETIMEDOUT, FIX_NONE,
		     "a frozen process does not die after cgroup.kill");
	test_must_call(err, "cannot wait for process %d", pid);
	test_require(waitpid(pid, NULL, WNOHANG) == pid, FIX_NONE,
		     "wait(2) does not return process %d, which is dead", pid);
}

/* Whether rmdir came before the last context switch of the child's task. */
static bool freeze_kill_and_remove_child(void)
{
	bool populated;
	pid_t pid;
	int err;

	test_must_call(cgroup_create(&c, &p, "c"), "cannot create c");
	pid = start_idle_child();
	write_file_of_c("cgroup.freeze");
	test_require(becomes_frozen(&c), FIX_NONE,
		     "a cgroup with only an idle task does not freeze");
	must_die_by_cgroup_kill(pid);
	populated = test_populated(&c);
	test_require(WAIT_FOR(!(err = cgroup_rmdir(&c)), PATIENCE_MS), FIX_NONE,
		     "rmdir of c does not succeed after its task is reaped: %s",
		     strerror(-err));
	return populated;
}

TEST_INVARIANT(parent_freezes_after_freeze_kill_rmdir_in_a_loop,
	       "a cgroup can be frozen after children of it were frozen, killed, reaped and removed",
	       NO_FIX)
{
	int i, in_time = 0;

	test_must_call(run_before_children(), "cannot become a FIFO task");
	test_require(call_rmdir(&rmdir_call, &c, BLOCKED_MS), FIX_NONE,
		     "rmdir of an empty cgroup fails: %s",
		     call_failure(&rmdir_call));
	for (i = 0; i < ROUNDS; i++)
		in_time += freeze_kill_and_remove_child();
	test_step("%d rounds of fork, freeze, kill, wait, rmdir: %d before the last switch",
		  ROUNDS, in_time);
	removed_child_must_be_freed();
	parent_must_freeze();
	if (!in_time)
		test_skip("no task was in c after wait(2): this takes preemption and %s",
			  fix_name(FIX_DEFER_UNLINK));
}
