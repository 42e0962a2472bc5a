// SPDX-License-Identifier: GPL-2.0-only
/*
 * pidless - a task that loses its pid first. See pidless.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "idle_exec.h"
#include "pidless.h"
#include "proc.h"
#include "spawn.h"
#include "test_run.h"
#include "wait.h"

/* The releaser's report when the task is there. */
struct announcement {
	pid_t pid;
	pid_t successor;
};

struct request {
	enum pidless_way way;
	int policy;
};

static const char *const way_names[] = {
	[PIDLESS_REAPED] = "a child that its parent reaps",
	[PIDLESS_IGNORED] = "a child whose parent ignores SIGCHLD",
	[PIDLESS_THREAD] = "a thread",
	[PIDLESS_EXEC] = "a leader whose thread calls execve",
	[PIDLESS_PREEMPTED] = "a child whose parent preempts it",
};

const char *pidless_way_name(enum pidless_way way)
{
	return way_names[way];
}

static void announce(int socket, pid_t pid, pid_t successor)
{
	struct announcement announcement = {
		.pid = pid,
		.successor = successor,
	};

	helper_report(socket, &announcement, sizeof(announcement));
}

static int exit_when_ordered(void *socket)
{
	helper_await((long)socket);
	exit_thread();
}

static pid_t fork_pidless(int socket)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		exit_when_ordered((void *)(long)socket);
	}
	return pid;
}

/* POLLHUP, the release of the pid, is reported without being asked for. */
static void await_release(pid_t pid, unsigned int flags)
{
	struct pollfd pidfd = { .events = 0 };

	pidfd.fd = syscall(SYS_pidfd_open, pid, flags);
	if (pidfd.fd < 0)
		_exit(EXIT_FAILURE);
	poll(&pidfd, 1, -1);
}

static void release_by_reaping(int socket)
{
	pid_t pid = fork_pidless(socket);

	announce(socket, pid, 0);
	waitpid(pid, NULL, 0);
}

static void release_by_ignoring(int socket)
{
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	pid = fork_pidless(socket);
	announce(socket, pid, 0);
	await_release(pid, 0);
}

static void release_by_being_a_thread(int socket)
{
	pid_t pid =
		start_thread(exit_when_ordered, (void *)(long)socket, false);

	announce(socket, pid, 0);
	await_release(pid, PIDFD_THREAD);
}

static int exec_when_ordered(void *socket)
{
	helper_await((long)socket);
	exec_idle();
	_exit(EXIT_FAILURE);
}

static void release_by_exec(int socket)
{
	announce(socket, getpid(),
		 start_thread(exec_when_ordered, (void *)(long)socket, false));
}

bool is_preempt_rt(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.version, "PREEMPT_RT");
}

static void release_by_preempting(int socket)
{
	long long until;
	char order;
	pid_t pid;

	if (stay_on_another_cpu(sched_getcpu()) || become_fifo_with(2))
		_exit(EXIT_FAILURE);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!become_fifo_with(1))
			exit_when_ordered((void *)(long)socket);
		_exit(EXIT_FAILURE);
	}
	announce(socket, pid, 0);
	waitpid(pid, NULL, 0);
	/* Sleeping would let the child run; the deadline gives the CPU back. */
	until = now_ms() + 3 * PATIENCE_MS;
	while (recv(socket, &order, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN &&
	       now_ms() < until)
		;
}

static void run_releaser(int socket, const void *arg)
{
	static void (*const releasers[])(int socket) = {
		[PIDLESS_REAPED] = release_by_reaping,
		[PIDLESS_IGNORED] = release_by_ignoring,
		[PIDLESS_THREAD] = release_by_being_a_thread,
		[PIDLESS_EXEC] = release_by_exec,
		[PIDLESS_PREEMPTED] = release_by_preempting,
	};
	const struct request *request = arg;
	struct sched_param param = {};

	if (stay_on_this_cpu() ||
	    sched_setscheduler(0, request->policy, &param))
		_exit(EXIT_FAILURE);
	/*
	 * Sleep once, as a scheduler gives a slice at wakeup. With the rest of
	 * an older slice the task might preempt us before we sleep: it would
	 * then exit without waking us.
	 */
	pause_ms(1);
	releasers[request->way](socket);
	idle_until_killed();
}

/* After the announcement the releaser sleeps only when it waits for the task. */
static bool releaser_waits(const struct pidless *task)
{
	struct proc_stat stat;

	return !proc_stat(task->releaser.pid, &stat) && stat.state == 'S';
}

static int start(struct pidless *task, const struct request *request)
{
	struct announcement announcement;
	int err = helper_start(&task->releaser, run_releaser, request);

	if (err)
		return err;
	if (!helper_hear(&task->releaser, &announcement, sizeof(announcement),
			 PATIENCE_MS))
		return -ETIMEDOUT;
	if (announcement.pid <= 0 || announcement.successor < 0)
		return -EAGAIN;
	task->pid = announcement.pid;
	task->successor = announcement.successor;
	return WAIT_FOR(releaser_waits(task), PATIENCE_MS) ? 0 : -ETIMEDOUT;
}

static void end(void *task)
{
	pidless_end(task);
}

int pidless_try_start(struct pidless *task, enum pidless_way way, int policy)
{
	const struct request request = { way, policy };
	int err;

	memset(task, 0, sizeof(*task));
	task->way = way;
	if (way == PIDLESS_PREEMPTED && sysconf(_SC_NPROCESSORS_ONLN) < 2)
		test_skip("this needs a second CPU");
	if (way == PIDLESS_PREEMPTED && is_preempt_rt())
		test_skip("a PREEMPT_RT kernel needs each CPU for RCU");
	test_at_end_first(end, task);
	err = start(task, &request);
	if (err)
		pidless_end(task);
	return err;
}

void pidless_start(struct pidless *task, enum pidless_way way, int policy)
{
	int err = pidless_try_start(task, way, policy);

	if (err)
		test_error("cannot start %s: %s", way_names[way],
			   strerror(-err));
}

int pidless_exit(struct pidless *task)
{
	return helper_order(&task->releaser);
}

void pidless_end(struct pidless *task)
{
	helper_kill(&task->releaser);
}
