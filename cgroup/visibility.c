// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_visibility - cgroup.procs, cgroup.threads and /proc/PID/cgroup of exiting tasks.
 *
 * The invariant. cgroup.procs and cgroup.threads list a process until its last thread
 * begins to exit. After that neither lists it, though the exiting task is in the cgroup
 * until its last context switch. While another thread lives, cgroup.procs lists a process
 * whose leader is dead, and after the leader's last context switch cgroup.threads does not
 * list the leader. /proc/PID/cgroup of an exiting task names its cgroup, with " (deleted)"
 * once that is removed.
 *
 * History. 6.19 deferred the unlinking of exiting tasks (d245698d727a), so
 * that both files listed them; a72f73c4dd9b hides them again. Up to 6.19 a reader
 * lost its place if the next task on the list moved to another cgroup: the kernel
 * first moved the task to another list, and the reader with it (5ee01f1a7343).
 *
 * The window. A task is held in zap_pid_ns_processes() or as a
 * zombie, alone or as the leader of a live process. Two tests look at a task between
 * its death and its last context switch: there the test is a FIFO task on the same
 * CPU, and the death wakes it, so that it preempts the dead task. One of them looks
 * at a thread that has released its tid; cgroup.threads would list that as 0. The
 * readers do not race: they stop in the middle of the list, then tasks around that
 * place exit or move away, and the readers continue.
 *
 * Consequence. A service manager waits for dead processes, or takes a
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
static struct call rmdir_call, move_call;

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
	bool listed = test_lists(&c, file, pid);

	test_step("%s lists %d: %s", file, pid, listed ? "yes" : "no");
	return listed;
}

#define ROUNDS 20

static bool any_file_lists(pid_t pid)
{
	return test_lists(&c, "cgroup.procs", pid) ||
	       test_lists(&c, "cgroup.threads", pid);
}

/* Returns before the last context switch of the task, which is dead and not reaped. */
static void wait_for_death(pid_t pid)
{
	int err = spawn_await_death(pid, PATIENCE_MS);
	siginfo_t info;

	test_require(err != -ETIMEDOUT, FIX_NONE,
		     "task %d, which exits, does not become a zombie", pid);
	test_must_call(err, "cannot wait for task %d", pid);
	if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT | WNOHANG))
		test_error("waitid fails: %s", strerror(errno));
}

/* Whether the last context switch of the task was still to come at the last look. */
static bool wait_and_look(int cgroup_fd)
{
	pid_t pid;

	test_require(WAIT_FOR(!test_populated(&c), PATIENCE_MS), FIX_NONE,
		     "populated of c is 1 after the only task in it is reaped");
	pid = fork_into(cgroup_fd, 0);
	if (pid < 0)
		test_error("cannot clone a process into c: %s",
			   strerror(errno));
	if (!pid)
		_exit(0);
	wait_for_death(pid);
	if (any_file_lists(pid))
		test_fail(FIX_HIDE_DEAD,
			  "task %d is listed after wait(2) has returned it",
			  pid);
	test_require(waitpid(pid, NULL, WNOHANG) == pid, FIX_NONE,
		     "wait(2) does not reap task %d, which is dead", pid);
	if (any_file_lists(0))
		test_fail(FIX_HIDE_DEAD, "a reaped task is listed, as 0");
	return test_populated(&c);
}

TEST_INVARIANT(task_returned_by_wait_is_not_listed,
	       "neither cgroup.procs nor cgroup.threads lists a task after wait(2) has returned it",
	       FAILS_WITHOUT(FIX_HIDE_DEAD))
{
	int cgroup_fd = test_open(&c);
	int i, in_time = 0;

	test_must_call(run_before_children(), "cannot become a FIFO task");
	for (i = 0; i < ROUNDS && !test_has_failed(); i++)
		in_time += wait_and_look(cgroup_fd);
	close(cgroup_fd);
	test_step("%d tasks have exited, and %d of them had not left c when it was read",
		  i, in_time);
	if (!in_time)
		test_skip("no task was in c after wait(2): this takes preemption and %s",
			  fix_name(FIX_DEFER_UNLINK));
}

TEST_INVARIANT(zombie_is_not_listed,
	       "neither cgroup.procs nor cgroup.threads lists a zombie",
	       MAY_FAIL_WITHOUT(FIX_HIDE_DEAD))
{
	hold_task(&task, HOLD_ZOMBIE, &c);
	test_require(WAIT_FOR(!test_populated(&c), PATIENCE_MS), FIX_NONE,
		     "populated of c is still 1 after the last context switch of its only task");
	if (is_listed("cgroup.procs", task.pid) ||
	    is_listed("cgroup.threads", task.pid))
		test_fail(FIX_HIDE_DEAD, "zombie %d is listed", task.pid);
	assert_held(&task);
}

TEST_INVARIANT(process_with_a_zombie_leader_is_listed,
	       "a process with a live thread is in cgroup.procs, its dead leader is not in cgroup.threads",
	       NO_FIX)
{
	hold_task(&task, HOLD_ZOMBIE_LEADER, &c);
	/* A leader becomes a zombie shortly before its last context switch. */
	if (!WAIT_FOR(!test_lists(&c, "cgroup.threads", task.pid), PATIENCE_MS))
		test_fail(FIX_NONE,
			  "cgroup.threads lists leader %d, which is dead",
			  task.pid);
	if (!is_listed("cgroup.procs", task.pid))
		test_fail(FIX_NONE,
			  "cgroup.procs does not list process %d, which has a live thread",
			  task.pid);
	if (!test_populated(&c))
		test_fail(FIX_NONE,
			  "populated of c is 0 although it has a live thread");
	assert_held(&task);
}

TEST_INVARIANT(process_with_an_exiting_thread_is_listed,
	       "cgroup.procs lists a live process of which a thread is exiting",
	       NO_FIX)
{
	hold_task(&task, HOLD_THREAD, &c);
	if (!is_listed("cgroup.procs", task.process))
		test_fail(FIX_NONE,
			  "cgroup.procs does not list process %d, which is live",
			  task.process);
	if (!is_listed("cgroup.threads", task.process))
		test_fail(FIX_NONE,
			  "cgroup.threads does not list leader %d, which is live",
			  task.process);
	assert_held(&task);
}

/* The cgroup2 line of /proc/PID/cgroup of the task, without its "0::"; "" without one. */
static void read_proc_cgroup(char *path, size_t size)
{
	char text[4096], *line, *save = NULL;
	ssize_t len;

	len = proc_read(task.pid, "cgroup", text, sizeof(text));
	if (len < 0)
		test_error("cannot read /proc/%d/cgroup: %s", task.pid,
			   strerror(-len));
	path[0] = '\0';
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, "0::", 3))
			snprintf(path, size, "%s", line + 3);
}

/* Whether /proc/PID/cgroup of the task names a path that ends with @end. */
static bool proc_cgroup_ends_with(const char *end)
{
	char path[PATH_MAX];
	size_t len, tail = strlen(end);

	read_proc_cgroup(path, sizeof(path));
	test_step("/proc/%d/cgroup: ...%s", task.pid,
		  strrchr(path, '/') ?: path);
	len = strlen(path);
	return len >= tail && !strcmp(path + len - tail, end);
}

TEST_INVARIANT(proc_pid_cgroup_names_the_cgroup_of_an_exiting_task,
	       "/proc/PID/cgroup of an exiting task names its cgroup, with \" (deleted)\" after rmdir",
	       NO_FIX)
{
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	if (!proc_cgroup_ends_with("/c"))
		test_fail(FIX_NONE,
			  "/proc/%d/cgroup of an exiting task does not name its cgroup",
			  task.pid);
	call_rmdir_or_skip(&rmdir_call, &c);
	if (!proc_cgroup_ends_with("/c (deleted)"))
		test_fail(FIX_NONE,
			  "/proc/%d/cgroup of an exiting task does not name its removed cgroup as deleted",
			  task.pid);
	assert_held(&task);
}

TEST_INVARIANT(exiting_task_does_not_migrate,
	       "writing an exiting process to cgroup.procs does not move it",
	       NO_FIX)
{
	bool stayed;
	int err;

	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	err = call_add(&move_call, &elsewhere, task.pid);
	test_step("moving task %d: %s", task.pid,
		  err ? strerror(-err) : "no error");
	stayed = proc_cgroup_ends_with("/c");
	assert_held(&task);
	if (!stayed)
		test_fail(FIX_NONE,
			  "exiting task %d leaves c when it is written to cgroup.procs of elsewhere",
			  task.pid);
	if (test_populated(&elsewhere))
		test_fail(FIX_NONE,
			  "elsewhere is populated, to which exiting task %d was to be moved",
			  task.pid);
	if (!call_rmdir(&rmdir_call, &elsewhere, BLOCKED_MS))
		test_fail(FIX_NONE,
			  "elsewhere, to which exiting task %d was to be moved, cannot be removed: %s",
			  task.pid, call_failure(&rmdir_call));
}

static void kill_one(int i)
{
	int status;

	/* A broken kernel may list a process twice. */
	if (many[i].gone)
		return;
	status = spawn_kill(many[i].pid, PATIENCE_MS);
	test_require(status != -ETIMEDOUT, FIX_NONE,
		     "process %d does not die by SIGKILL", many[i].pid);
	if (status < 0)
		test_error("cannot reap process %d: %s", many[i].pid,
			   strerror(-status));
	many[i].gone = true;
}

/*
 * When the reader is at every fifth process, the next three exit. See cgroup_next_pid():
 * the kernel has written the line of the first, holds a reference to the second, and will
 * continue at the third. At the end of the list the rest exits as well, so that no task
 * follows the one to which the kernel holds a reference.
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
 * When the reader is at every fourth process, one task exits: the one to which the kernel
 * holds a reference. Any other reaped task stays on the list until its last context
 * switch, so whether the reader lists it would depend on chance.
 */
static void kill_referenced(int i)
{
	if (i % 4 == 0)
		kill_one(i + 2);
}

static void move_one(int i)
{
	int err = cgroup_add(&elsewhere, many[i].pid);

	test_require(!err, FIX_NONE,
		     "process %d, which is idle, cannot be moved: %s",
		     many[i].pid, strerror(-err));
	test_require(test_lists(&elsewhere, "cgroup.procs", many[i].pid),
		     FIX_NONE,
		     "cgroup.procs of elsewhere does not list process %d, which has moved there",
		     many[i].pid);
	many[i].moved = true;
}

/*
 * When the reader is at every fifth process, the task at which the kernel will continue
 * moves away, and then the next one, at which it would continue instead.
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
		if (many[i].pid < 0)
			test_error("cannot clone a process into c: %s",
				   strerror(-many[i].pid));
	}
	test_step("%d processes, some of which leave while the list is read",
		  MANY);
}

static pid_t next_pid(int list, const char *file)
{
	pid_t pid;

	errno = 0;
	pid = cgroup_next_pid(list);
	if (pid < 0 && errno)
		test_error("cannot read %s of c: %s", file, strerror(errno));
	return pid;
}

/* Reads @file, with a pause at each process for @leave. Returns how many lines are "0". */
static int read_while_tasks_leave(const char *file, void (*leave)(int i))
{
	int list = cgroup_open(&c, file);
	int pid, i, zeros = 0;

	if (list < 0)
		test_error("cannot open %s of c: %s", file, strerror(-list));
	while ((pid = next_pid(list, file)) >= 0) {
		if (!pid) {
			zeros++;
			continue;
		}
		for (i = 0; i < MANY && many[i].pid != pid; i++)
			;
		if (i == MANY) {
			test_fail(FIX_NONE,
				  "%s of c lists %d, which is no process of c",
				  file, pid);
			continue;
		}
		if (many[i].seen)
			test_fail(FIX_NONE, "%s of c lists process %d twice",
				  file, pid);
		many[i].seen = true;
		leave(i);
	}
	close(list);
	return zeros;
}

/* The first process never exits or moves, so every reader must list it. */
static void must_list_first(const char *file)
{
	test_require(many[0].seen, FIX_NONE,
		     "%s of c does not list process %d, its first", file,
		     many[0].pid);
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
			test_fail(FIX_NONE,
				  "cgroup.procs misses process %d, which is live, as others exit while it is read",
				  many[i].pid);
}

TEST_INVARIANT(reader_sees_each_process_once_while_others_move,
	       "a reader of cgroup.procs sees each process that stays exactly once while others move away",
	       FAILS_WITHOUT(FIX_ITERATE_MIGRATING))
{
	int i, missed = 0;

	fill_c();
	read_while_tasks_leave("cgroup.procs", move_next_two);
	must_list_first("cgroup.procs");
	for (i = 0; i < MANY; i++)
		missed += !many[i].moved && !many[i].seen;
	test_step("the list misses %d processes that have not moved", missed);
	if (missed)
		test_fail(FIX_ITERATE_MIGRATING,
			  "cgroup.procs misses %d processes that stay, as others move away while it is read",
			  missed);
}

TEST_INVARIANT(paused_reader_does_not_list_a_reaped_task,
	       "a paused reader of cgroup.threads does not list a reaped task, neither as 0 nor otherwise",
	       NO_FIX)
{
	int zeros;

	fill_c();
	zeros = read_while_tasks_leave("cgroup.threads", kill_referenced);
	test_step("%d lines of cgroup.threads are \"0\"", zeros);
	must_list_first("cgroup.threads");
	if (zeros)
		test_xfail("%d lines of cgroup.threads are \"0\": tasks reaped between two reads",
			   zeros);
}

/* The exit status of a process that reads @file of c in a pid namespace of its own. */
static int read_in_new_namespace(const char *file)
{
	int cgroup_fd = cgroup_open(&elsewhere, "");
	pid_t pid = fork_into(cgroup_fd, CLONE_NEWPID);
	int status;

	if (!pid)
		_exit(cgroup_lists(&c, file, 0) == 1 ? 0 : 1);
	if (pid < 0)
		test_skip("no new pid namespace (CONFIG_PID_NS, user.max_pid_namespaces): %s",
			  strerror(errno));
	close(cgroup_fd);
	if (waitpid(pid, &status, 0) != pid)
		test_error("cannot reap process %d: %s", pid, strerror(errno));
	return status;
}

TEST_INVARIANT(live_task_of_another_pid_namespace_is_listed,
	       "cgroup.procs and cgroup.threads list a live task as 0 if it is not in the pid namespace of the reader",
	       NO_FIX)
{
	static const char *const files[] = { "cgroup.procs", "cgroup.threads" };
	size_t i;

	ASSERT_LT(0, spawn_idle_in(&c));
	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (read_in_new_namespace(files[i]))
			test_fail(FIX_NONE,
				  "%s of c has no line for a live task of another pid namespace",
				  files[i]);
}

static struct helper quitter; /* a process in c, with a thread */
static int quitter_socket; /* in the helper */

/* The thread's report. */
struct quitter_report {
	pid_t tid;
	int err; /* of its move */
};

/* The thread moves to @cg, and exits there. */
static int quit_when_ordered(void *cg)
{
	struct quitter_report report = {
		.tid = syscall(SYS_gettid),
		.err = cgroup_write(cg, "cgroup.threads", "0"),
	};

	helper_report(quitter_socket, &report, sizeof(report));
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

/* A thread alone in threaded cgroup @t; its tid. */
static pid_t start_quitter(const struct cgroup *t)
{
	struct quitter_report report;

	test_must_call(helper_start(&quitter, be_quitter, t), "cannot fork");
	if (!helper_hear(&quitter, &report, sizeof(report), PATIENCE_MS))
		test_error("a process with a thread does not start in c");
	test_require(!report.err, FIX_NONE,
		     "a thread cannot move to a threaded cgroup: %s",
		     strerror(-report.err));
	test_require(test_lists(t, "cgroup.threads", report.tid), FIX_NONE,
		     "cgroup.threads of t does not list thread %d, which has moved there",
		     report.tid);
	return report.tid;
}

static int open_thread(pid_t tid)
{
	int pidfd = syscall(SYS_pidfd_open, tid, PIDFD_THREAD);

	if (pidfd < 0 && errno == EINVAL)
		test_skip("this kernel has no pidfd of a thread: Linux 6.9");
	if (pidfd < 0)
		test_error("cannot open a pidfd of thread %d: %s", tid,
			   strerror(errno));
	return pidfd;
}

/*
 * A thread releases its own tid, shortly before its last context switch. Polls
 * with events = 0, so that only POLLHUP (the tid is released) wakes the test,
 * which preempts the thread right then.
 */
static void let_quit(pid_t tid, int pidfd)
{
	struct pollfd hangup = { .fd = pidfd };
	int nr;

	test_must_call(helper_order(&quitter), "cannot order a thread to exit");
	nr = poll(&hangup, 1, PATIENCE_MS);
	if (nr < 0)
		test_error("poll fails: %s", strerror(errno));
	test_require(nr, FIX_NONE,
		     "thread %d, which exits, does not release its tid", tid);
	test_require(hangup.revents & POLLHUP, FIX_NONE,
		     "the pidfd of thread %d, which exits, reports %#x instead of POLLHUP",
		     tid, hangup.revents);
}

/* The thread of threaded cgroup @t has released its tid. */
static void must_not_list_quitter(const struct cgroup *t)
{
	bool listed = test_lists(t, "cgroup.threads", 0);

	if (!test_populated(t))
		test_skip("the thread has left its cgroup: an older kernel, or a slow machine");
	test_step("the thread has no tid, populates its cgroup, and cgroup.threads %s",
		  listed ? "has a line \"0\"" : "is empty");
	if (listed)
		test_xfail("cgroup.threads has a line \"0\": a thread that has released its tid");
	if (!WAIT_FOR(!test_populated(t), PATIENCE_MS))
		test_fail(FIX_NONE,
			  "populated of t is still 1 after its only thread is gone");
	else if (test_lists(t, "cgroup.threads", 0))
		test_fail(FIX_NONE,
			  "cgroup.threads of t still has a line \"0\" after its only thread is gone");
}

TEST_INVARIANT(thread_without_a_tid_is_not_listed,
	       "cgroup.threads does not list, as 0, a thread without a tid before its last context switch",
	       NO_FIX)
{
	struct cgroup t;
	int pidfd, err;
	pid_t tid;

	test_cgroup(&t, &c, "t");
	err = cgroup_write(&t, "cgroup.type", "threaded");
	test_require(!err, FIX_NONE, "an empty cgroup cannot be threaded: %s",
		     strerror(-err));
	test_must_call(run_before_children(), "cannot become a FIFO task");
	tid = start_quitter(&t);
	pidfd = open_thread(tid);
	test_step("thread %d is alone in its cgroup, and exits", tid);
	let_quit(tid, pidfd);
	must_not_list_quitter(&t);
}
