// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_visibility - cgroup.procs, cgroup.threads and /proc/PID/cgroup of exiting tasks.
 *
 * The invariant. Userspace sees a process until its last thread has exited: then
 * neither cgroup.procs nor cgroup.threads lists it, though the kernel still
 * counts the exiting task as a member. While another thread lives, cgroup.procs
 * lists a process whose leader has exited, and cgroup.threads lists only that
 * thread. /proc/PID/cgroup of an exiting task names its cgroup, with " (deleted)"
 * once that is removed.
 *
 * Who broke it. 6.19 deferred the unlinking of exiting tasks (d245698d727a), so
 * that both files listed them; a72f73c4dd9b hides them again. Up to 6.18 a reader
 * lost its place if the next task on the list moved to another cgroup: the kernel
 * first moved the task to another list, and the reader with it (5ee01f1a7343).
 *
 * How the window is opened. A task is held in zap_pid_ns_processes() or as a
 * zombie, alone or as the leader of a live process. To see a dead task before its
 * last context switch, the test is a FIFO task on the same CPU: the death wakes
 * the test, which preempts the task. It sees a thread that has released its tid,
 * and would be listed as 0, in the same way. Readers do not race: they stop in
 * the middle of the list, tasks around that place exit or move away, and the
 * readers continue.
 *
 * What a failure means. A service manager waits for dead processes, or takes a
 * service for dead while one of its threads runs. A reader of cgroup.procs misses
 * a live process and leaves it behind.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "helper.h"
#include "proc.h"
#include "spawn.h"
#include "test.h"

#define MANY 40

static struct cgroup c, elsewhere;
static struct held_task task;
static struct call rmdir_call;

/* The processes in c, and what has happened to them. */
static struct {
	pid_t pid;
	bool gone, moved;
	bool seen; /* by the reader */
} many[MANY];

static void setup(void)
{
	test_cgroup(&c, &test.root, "c");
	test_cgroup(&elsewhere, &test.root, "elsewhere");
}

/* Whether @file of c lists @pid. */
static bool is_listed(const char *file, pid_t pid)
{
	int listed = cgroup_lists(&c, file, pid);

	ASSERT_LE(0, listed);
	test_step("%s lists %d: %s", file, pid, listed ? "yes" : "no");
	return listed;
}

#define ROUNDS 20

static void wait_and_look(int cgroup_fd)
{
	siginfo_t info;
	pid_t pid = fork_into(cgroup_fd, 0);

	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(0);
	/* The task is dead and not reaped, before its last context switch. */
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	if (cgroup_lists(&c, "cgroup.procs", pid) ||
	    cgroup_lists(&c, "cgroup.threads", pid))
		test_fail(FIX_HIDE_DEAD,
			  "a task is listed after wait has returned it");
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	if (cgroup_lists(&c, "cgroup.procs", 0) ||
	    cgroup_lists(&c, "cgroup.threads", 0))
		test_fail(FIX_HIDE_DEAD, "a reaped task is listed, as 0");
}

TEST_INVARIANT(task_returned_by_wait_is_not_listed,
	       "neither cgroup.procs nor cgroup.threads lists a task after wait(2) has returned it",
	       FAILS_WITHOUT(FIX_HIDE_DEAD))
{
	int cgroup_fd = cgroup_open(&c, "");
	int i;

	ASSERT_EQ(0, run_before_children());
	for (i = 0; i < ROUNDS && !test_has_failed(); i++)
		wait_and_look(cgroup_fd);
	close(cgroup_fd);
	test_step("%d tasks have exited", i);
}

TEST_INVARIANT(zombie_is_not_listed,
	       "neither cgroup.procs nor cgroup.threads lists a zombie",
	       MAY_FAIL_WITHOUT(FIX_HIDE_DEAD))
{
	hold_task(&task, HOLD_ZOMBIE, &c);
	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&c), PATIENCE_MS));
	if (is_listed("cgroup.procs", task.pid) ||
	    is_listed("cgroup.threads", task.pid))
		test_fail(FIX_HIDE_DEAD, "a zombie is listed");
	assert_held(&task);
}

TEST_INVARIANT(process_with_a_zombie_leader_is_listed,
	       "a process with a live thread is in cgroup.procs, its dead leader is not in cgroup.threads",
	       NO_FIX)
{
	hold_task(&task, HOLD_ZOMBIE_LEADER, &c);
	/* A leader becomes a zombie shortly before its last context switch. */
	if (!WAIT_FOR(!cgroup_lists(&c, "cgroup.threads", task.pid),
		      PATIENCE_MS))
		test_fail(FIX_NONE, "cgroup.threads lists a dead leader");
	if (!is_listed("cgroup.procs", task.pid))
		test_fail(FIX_NONE,
			  "cgroup.procs does not list a process with a live thread");
	if (cgroup_populated(&c) != 1)
		test_fail(FIX_NONE, "populated is not 1 with a live thread");
	assert_held(&task);
}

TEST_INVARIANT(process_with_an_exiting_thread_is_listed,
	       "cgroup.procs lists a live process of which a thread is exiting",
	       NO_FIX)
{
	hold_task(&task, HOLD_THREAD, &c);
	if (!is_listed("cgroup.procs", task.process))
		test_fail(FIX_NONE,
			  "cgroup.procs does not list a live process");
	if (!is_listed("cgroup.threads", task.process))
		test_fail(FIX_NONE,
			  "cgroup.threads does not list a live leader");
	assert_held(&task);
}

/* The cgroup2 line of /proc/PID/cgroup, without its "0::". */
static bool read_proc_cgroup(pid_t pid, char *path, size_t size)
{
	char file[64], text[4096], *line, *save = NULL;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	if (read_file(file, text, sizeof(text)) <= 0)
		return false;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "0::", 3))
			continue;
		snprintf(path, size, "%s", line + 3);
		return true;
	}
	return false;
}

/* Whether /proc/PID/cgroup of the task names a path that ends with @end. */
static bool proc_cgroup_ends_with(const char *end)
{
	char path[PATH_MAX];
	size_t len, tail = strlen(end);

	ASSERT_TRUE(read_proc_cgroup(task.pid, path, sizeof(path)));
	test_step("/proc/%d/cgroup: ...%s", task.pid, strrchr(path, '/'));
	len = strlen(path);
	return len >= tail && !strcmp(path + len - tail, end);
}

TEST_INVARIANT(proc_pid_cgroup_names_the_cgroup_of_an_exiting_task,
	       "/proc/PID/cgroup of an exiting task names its cgroup, with \" (deleted)\" after rmdir",
	       NO_FIX)
{
	hold_task(&task, HOLD_PIDNS, &c);
	if (!proc_cgroup_ends_with("/c"))
		test_fail(FIX_NONE,
			  "/proc/PID/cgroup of an exiting task does not name its cgroup");
	if (call_rmdir(&rmdir_call, &c, BLOCKED_MS) &&
	    !proc_cgroup_ends_with("/c (deleted)"))
		test_fail(FIX_NONE,
			  "/proc/PID/cgroup of a task in a removed cgroup does not name that cgroup");
	assert_held(&task);
}

TEST_INVARIANT(exiting_task_does_not_migrate,
	       "writing an exiting process to cgroup.procs does not move it",
	       NO_FIX)
{
	bool stayed;
	int err;

	hold_task(&task, HOLD_PIDNS, &c);
	err = cgroup_add(&elsewhere, task.pid);
	test_step("moving task %d: %s", task.pid,
		  err ? strerror(-err) : "no error");
	stayed = proc_cgroup_ends_with("/c");
	assert_held(&task);
	if (!stayed)
		test_fail(FIX_NONE, "an exiting task moves to another cgroup");
	if (cgroup_populated(&elsewhere))
		test_fail(FIX_NONE,
			  "the destination of the move of an exiting task is populated");
	if (cgroup_rmdir(&elsewhere))
		test_fail(FIX_NONE,
			  "the destination of the move of an exiting task cannot be removed: %s",
			  strerror(errno));
}

static void kill_one(int i)
{
	spawn_kill(many[i].pid, PATIENCE_MS);
	many[i].gone = true;
}

/*
 * At every fifth process the next three exit. See cgroup_next_pid(): the kernel has
 * written the line of the first, has a reference to the second, and will continue
 * at the third. At the end all exit, so that none follows the one referenced.
 */
static void kill_next_three(int i)
{
	if (i % 5)
		return;
	kill_one(i + 1);
	kill_one(i + 2);
	kill_one(i + 3);
	if (i + 5 >= MANY)
		kill_one(i + 4);
}

/*
 * At every fourth process only the one exits to which the kernel has a reference.
 * Any other reaped task may or may not be on the list still, as its last context
 * switch may come after that.
 */
static void kill_referenced(int i)
{
	if (i % 4 == 0)
		kill_one(i + 2);
}

static void move_one(int i)
{
	many[i].moved = !cgroup_add(&elsewhere, many[i].pid) &&
			cgroup_lists(&elsewhere, "cgroup.procs", many[i].pid) ==
				1;
}

/*
 * At every fifth process the one moves away at which the kernel will continue, and
 * then the one at which it will continue instead. The next one stays.
 */
static void move_next_two(int i)
{
	if (i % 5 || i + 5 >= MANY)
		return;
	move_one(i + 3);
	move_one(i + 4);
}

static void fill_c(void)
{
	int i;

	for (i = 0; i < MANY; i++) {
		many[i].pid = spawn_idle_in(&c);
		ASSERT_LT(0, many[i].pid);
	}
	test_step("%d processes, some of which leave while the list is read",
		  MANY);
}

/* Reads @file, with a pause at each process for @leave. Returns how many lines are "0". */
static int read_while_tasks_leave(const char *file, void (*leave)(int i))
{
	int list = cgroup_open(&c, file);
	int pid, i, zeros = 0;

	ASSERT_GE(list, 0);
	while ((pid = cgroup_next_pid(list)) >= 0) {
		if (!pid) {
			zeros++;
			continue;
		}
		for (i = 0; i < MANY && many[i].pid != pid; i++)
			;
		if (i == MANY) {
			test_fail(FIX_NONE, "the list has a pid of no process");
			continue;
		}
		if (many[i].seen)
			test_fail(FIX_NONE, "the list has a pid twice");
		many[i].seen = true;
		leave(i);
	}
	close(list);
	return zeros;
}

TEST_INVARIANT(reader_sees_each_process_once_while_others_exit,
	       "a reader of cgroup.procs sees each live process exactly once while others exit",
	       NO_FIX)
{
	int i;

	fill_c();
	read_while_tasks_leave("cgroup.procs", kill_next_three);
	for (i = 0; i < MANY; i++)
		if (!many[i].gone && !many[i].seen)
			test_fail(FIX_NONE, "the list misses a live process");
}

TEST_INVARIANT(reader_sees_each_process_once_while_others_move,
	       "a reader of cgroup.procs sees each process that stays exactly once while others move away",
	       FAILS_WITHOUT(FIX_ITERATE_MIGRATING))
{
	int i, missed = 0;

	fill_c();
	read_while_tasks_leave("cgroup.procs", move_next_two);
	ASSERT_TRUE(many[0].seen);
	ASSERT_TRUE(many[3].moved);
	ASSERT_TRUE(many[4].moved);
	for (i = 0; i < MANY; i++)
		missed += !many[i].moved && !many[i].seen;
	test_step("the list misses %d processes that have not moved", missed);
	if (missed)
		test_fail(FIX_ITERATE_MIGRATING,
			  "cgroup.procs misses a process that stays, as another one moves away while it is read");
}

TEST_INVARIANT(paused_reader_does_not_list_a_reaped_task,
	       "a paused reader of cgroup.threads does not list a reaped task, neither as 0 nor otherwise",
	       NO_FIX)
{
	int zeros;

	fill_c();
	zeros = read_while_tasks_leave("cgroup.threads", kill_referenced);
	test_step("%d lines of cgroup.threads are \"0\"", zeros);
	ASSERT_TRUE(many[0].seen);
	ASSERT_TRUE(many[2].gone);
	if (zeros)
		test_xfail("%d lines of cgroup.threads are \"0\": tasks reaped between two reads",
			   zeros);
}

static struct helper quitter; /* a process in c, with a thread */
static int quitter_socket; /* in the helper */

/* The thread moves to @cg, and exits there. */
static int quit_when_ordered(void *cg)
{
	pid_t tid = syscall(SYS_gettid);

	if (!cgroup_write(cg, "cgroup.threads", "0"))
		helper_report(quitter_socket, &tid, sizeof(tid));
	helper_await(quitter_socket);
	exit_thread();
}

static void be_quitter(int socket, const void *cg)
{
	quitter_socket = socket;
	if (!cgroup_add(&c, getpid()) &&
	    start_thread(quit_when_ordered, (void *)cg, false) > 0)
		idle_until_killed();
}

/*
 * A thread releases its own tid, shortly before its last context switch. Polls
 * with events = 0, so that only POLLHUP (the tid is released) wakes the test,
 * which preempts the thread right then.
 */
static void let_quit(int pidfd)
{
	struct pollfd hangup = { .fd = pidfd };

	ASSERT_EQ(0, helper_order(&quitter));
	ASSERT_EQ(1, poll(&hangup, 1, PATIENCE_MS));
	ASSERT_TRUE(hangup.revents & POLLHUP);
}

/* The thread of threaded cgroup @t has released its tid. */
static void must_not_list_quitter(const struct cgroup *t)
{
	int listed = cgroup_lists(t, "cgroup.threads", 0);

	ASSERT_GE(listed, 0);
	if (cgroup_populated(t) != 1)
		test_skip("a thread leaves its cgroup before it releases its tid");
	test_step("the thread has no tid, populates its cgroup, and cgroup.threads %s",
		  listed ? "has a line \"0\"" : "is empty");
	if (listed)
		test_xfail("cgroup.threads has a line \"0\": a thread that has released its tid");
	if (!WAIT_FOR(!cgroup_populated(t), PATIENCE_MS) ||
	    cgroup_lists(t, "cgroup.threads", 0))
		test_fail(FIX_NONE,
			  "a thread that has exited stays in its cgroup");
}

TEST_INVARIANT(thread_without_a_tid_is_not_listed,
	       "cgroup.threads does not list, as 0, a thread without a tid before its last context switch",
	       NO_FIX)
{
	struct cgroup t;
	pid_t tid;
	int pidfd;

	test_cgroup(&t, &c, "t");
	ASSERT_EQ(0, cgroup_write(&t, "cgroup.type", "threaded"));
	ASSERT_EQ(0, run_before_children());
	ASSERT_EQ(0, helper_start(&quitter, be_quitter, &t));
	ASSERT_TRUE(helper_hear(&quitter, &tid, sizeof(tid), PATIENCE_MS));
	ASSERT_EQ(1, cgroup_lists(&t, "cgroup.threads", tid));
	pidfd = syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
	if (pidfd < 0)
		test_skip("this kernel has no pidfd of a thread: Linux 6.9");
	test_step("thread %d is alone in its cgroup, and exits", tid);
	let_quit(pidfd);
	must_not_list_quitter(&t);
}
