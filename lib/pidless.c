// SPDX-License-Identifier: GPL-2.0-only
/*
 * pidless - tasks that lose their pid first. See pidless.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler.h"
#include "pidless.h"
#include "idle_exec.h"
#include "proc.h"
#include "spawn.h"
#include "test_run.h"
#include "wait.h"

#define THREAD_FLAGS                                                        \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | \
	 CLONE_SYSVSEM)

/* Of pidfd_open(2); the C library may not know it. */
#define PIDFD_OF_THREAD O_EXCL

/* What the holder says when the task is there. */
struct announcement {
	pid_t pid;
	pid_t heir;
};

static const char *const way_names[] = {
	[PIDLESS_REAPED] = "a child that its parent reaps",
	[PIDLESS_IGNORED] = "a child whose parent ignores its end",
	[PIDLESS_THREAD] = "a thread",
	[PIDLESS_EXEC] = "a leader whose thread calls execve",
	[PIDLESS_BEHIND] = "a child whose parent keeps the CPU for itself",
};

const char *pidless_way_name(enum pidless_way way)
{
	return way_names[way];
}

static void announce(int control, pid_t pid, pid_t heir)
{
	struct announcement news = { .pid = pid, .heir = heir };

	send(control, &news, sizeof(news), MSG_NOSIGNAL);
}

/* The test's word, or its end. */
static void await_word(int control)
{
	char word;

	(void)!read(control, &word, 1);
}

/* Only this thread: exit(3) and _exit(2) are exit_group(2). */
static int exit_at_a_word(void *control)
{
	await_word((long)control);
	syscall(SYS_exit, 0);
	return 0;
}

static pid_t start_thread(int (*fn)(void *), int control)
{
	static char stack[16384] __aligned(16);

	return clone(fn, stack + sizeof(stack), THREAD_FLAGS,
		     (void *)(long)control);
}

static pid_t fork_pidless(int control)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		exit_at_a_word((void *)(long)control);
	}
	return pid;
}

/* POLLHUP, which nobody has to ask for, is the end of the pid. */
static void await_end_of(int pidfd)
{
	struct pollfd end = { .fd = pidfd };

	poll(&end, 1, -1);
}

static void hold_reaped(int control)
{
	pid_t pid = fork_pidless(control);

	announce(control, pid, 0);
	waitpid(pid, NULL, 0);
}

static void hold_ignored(int control)
{
	pid_t pid;
	int pidfd;

	signal(SIGCHLD, SIG_IGN);
	pid = fork_pidless(control);
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		_exit(EXIT_FAILURE);
	announce(control, pid, 0);
	await_end_of(pidfd);
}

static void hold_thread(int control)
{
	pid_t pid = start_thread(exit_at_a_word, control);
	int pidfd = syscall(SYS_pidfd_open, pid, PIDFD_OF_THREAD);

	if (pidfd < 0)
		_exit(EXIT_FAILURE);
	announce(control, pid, 0);
	await_end_of(pidfd);
}

static int exec_at_a_word(void *control)
{
	await_word((long)control);
	exec_idle();
	_exit(EXIT_FAILURE);
}

static void hold_exec(int control)
{
	pid_t heir = start_thread(exec_at_a_word, control);

	announce(control, getpid(), heir);
}

static bool move_to_another_cpu(void)
{
	int cpu = (sched_getcpu() + 1) % sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t other;

	CPU_ZERO(&other);
	CPU_SET(cpu, &other);
	return cpu != sched_getcpu() &&
	       !sched_setaffinity(0, sizeof(other), &other);
}

static bool be_fifo(int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return !sched_setscheduler(0, SCHED_FIFO, &param);
}

bool is_preempt_rt(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.version, "PREEMPT_RT");
}

static void hold_behind(int control)
{
	long long until;
	char word;
	pid_t pid;

	if (!move_to_another_cpu() || !be_fifo(2))
		_exit(EXIT_FAILURE);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (be_fifo(1))
			exit_at_a_word((void *)(long)control);
		_exit(EXIT_FAILURE);
	}
	announce(control, pid, 0);
	waitpid(pid, NULL, 0);
	/* To sleep is to let the child run; for ever would be to lose the CPU. */
	until = now_ms() + 3 * PATIENCE_MS;
	while (recv(control, &word, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN &&
	       now_ms() < until)
		;
}

static void be_holder(int control, enum pidless_way way, int policy)
{
	static void (*const holders[])(int control) = {
		[PIDLESS_REAPED] = hold_reaped,
		[PIDLESS_IGNORED] = hold_ignored,
		[PIDLESS_THREAD] = hold_thread,
		[PIDLESS_EXEC] = hold_exec,
		[PIDLESS_BEHIND] = hold_behind,
	};
	struct sched_param param = {};

	if (stay_on_this_cpu() || sched_setscheduler(0, policy, &param))
		_exit(EXIT_FAILURE);
	/*
	 * A scheduler gives a task a slice when it wakes up. With what is left
	 * of an older one we might be put behind the task when we are about to
	 * sleep: it would not wake us then, and exit with nobody to preempt it.
	 */
	pause_ms(1);
	holders[way](control);
	idle_until_killed();
}

/* Where its holder sleeps, after its announcement, it sleeps until the end. */
static bool is_awaited(const struct pidless *task)
{
	struct proc_stat stat;

	return !proc_stat(task->holder, &stat) && stat.state == 'S';
}

static int hear_announcement(struct pidless *task)
{
	struct pollfd socket = { .fd = task->control, .events = POLLIN };
	struct announcement news;

	if (poll(&socket, 1, PATIENCE_MS) != 1 ||
	    recv(task->control, &news, sizeof(news), MSG_DONTWAIT) !=
		    sizeof(news))
		return -ETIMEDOUT;
	if (news.pid <= 0 || news.heir < 0)
		return -EAGAIN;
	task->pid = news.pid;
	task->heir = news.heir;
	return WAIT_FOR(is_awaited(task), PATIENCE_MS) ? 0 : -ETIMEDOUT;
}

static int start(struct pidless *task, enum pidless_way way, int policy,
		 struct reason *reason)
{
	int sockets[2], err;

	memset(task, 0, sizeof(*task));
	task->way = way;
	if (way == PIDLESS_BEHIND && sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		reason_set(reason, "this needs a second CPU");
		return -EOPNOTSUPP;
	}
	if (way == PIDLESS_BEHIND && is_preempt_rt()) {
		reason_set(reason,
			   "a PREEMPT_RT kernel needs each CPU for its RCU");
		return -EOPNOTSUPP;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) {
		reason_set(reason, "socketpair: %s", strerror(errno));
		return -errno;
	}
	task->holder = spawn(sockets[1]);
	if (!task->holder)
		be_holder(sockets[1], way, policy);
	task->control = sockets[0];
	close(sockets[1]);

	err = task->holder < 0 ? -errno : hear_announcement(task);
	if (err) {
		reason_set(reason, "%s cannot be started: %s", way_names[way],
			   strerror(-err));
		pidless_end(task);
	}
	return err;
}

static void end(void *task)
{
	pidless_end(task);
}

void pidless_start(struct pidless *task, enum pidless_way way, int policy)
{
	test_need(start(task, way, policy, &test.reason));
	test_at_end_first(end, task);
}

int pidless_go(struct pidless *task)
{
	return send(task->control, "g", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

void pidless_end(struct pidless *task)
{
	if (task->holder <= 0)
		return;
	spawn_kill(task->holder, PATIENCE_MS);
	task->holder = 0;
	close(task->control);
}
