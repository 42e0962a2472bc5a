// SPDX-License-Identifier: GPL-2.0-only
/*
 * supervise - watch the test's process. See supervise.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"
#include "spawn.h"
#include "supervise.h"
#include "wait.h"

/* The process that runs the test may sleep uninterruptibly in one call for this time. */
#define SLEEP_LIMIT_MS (2 * PATIENCE_MS)

#define LOOK_MS 1000

static pid_t entering_pid; /* 0 in all processes but the one that runs a test */
static char entered[256];

/* Threads and children of the test do not record their calls. */
static bool is_entering(void)
{
	return entering_pid && syscall(SYS_gettid) == entering_pid;
}

void supervise_enter(const char *fmt, ...)
{
	va_list args;

	if (!is_entering())
		return;
	va_start(args, fmt);
	vsnprintf(entered, sizeof(entered), fmt, args);
	va_end(args);
}

void supervise_leave(void)
{
	if (is_entering())
		entered[0] = '\0';
}

static void become_test(pid_t supervisor, int output)
{
	die_with(supervisor);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	/* The supervisor needs the output of a process that never flushes its buffer. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	entering_pid = getpid();
}

int supervise_fork(struct supervised *test_process)
{
	pid_t supervisor = getpid();
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	fflush(NULL);
	test_process->pid = fork();
	err = -errno;
	test_process->ended = false;
	if (!test_process->pid) {
		become_test(supervisor, fds[1]);
		close(fds[0]);
		close(fds[1]);
		return 1;
	}
	close(fds[1]);
	test_process->output = fds[0];
	if (test_process->pid < 0)
		return err;
	test_process->pidfd = syscall(SYS_pidfd_open, test_process->pid, 0);
	return 0;
}

/* Closes the pipe at its end, so that poll() no longer returns for it. */
static void copy_output(struct supervised *test_process)
{
	char buf[4096];
	ssize_t len;

	while ((len = read(test_process->output, buf, sizeof(buf))) > 0)
		if (write(STDOUT_FILENO, buf, len) != len)
			break;
	if (!len) {
		close(test_process->output);
		test_process->output = -1;
	}
}

static bool has_ended(struct supervised *test_process)
{
	if (!test_process->ended)
		test_process->ended = waitpid(test_process->pid,
					      &test_process->status,
					      WNOHANG) == test_process->pid;
	return test_process->ended;
}

/* A zombie leader counts as asleep: another thread of the test may sleep. */
static bool is_asleep(pid_t pid)
{
	struct proc_stat stat;

	return !proc_stat(pid, &stat) &&
	       (stat.state == 'D' || stat.state == 'Z');
}

/* The youngest thread, as the leader may be a zombie. */
static pid_t thread_to_describe(pid_t pid)
{
	pid_t youngest = 0;

	if (proc_is_zombie(pid))
		youngest = thread_find(pid, NULL, NULL);
	return youngest ?: pid;
}

static void explain_wait(const struct supervised *test_process, long long ms,
			 struct reason *why, struct reason *stack)
{
	pid_t tid = thread_to_describe(test_process->pid);
	char where[64], call[sizeof(entered)];

	proc_describe(tid, stack->text, sizeof(stack->text));
	proc_where(tid, where, sizeof(where));
	if (!supervise_read(test_process, entered, call, sizeof(call)))
		call[0] = '\0';
	call[sizeof(call) - 1] = '\0';
	if (call[0])
		reason_set(why,
			   "the test's own %s has not returned after %lld s: it %s",
			   call, ms / 1000, where);
	else
		reason_set(why, "the test has not ended after %lld s: it %s",
			   ms / 1000, where);
}

/* Copies its output until it ends, for @ms at most. */
static bool wait_for_end(struct supervised *test_process, int ms)
{
	long long until = now_ms() + ms, left;

	while ((left = until - now_ms()) > 0 && !has_ended(test_process)) {
		struct pollfd fds[] = {
			{ .fd = test_process->pidfd, .events = POLLIN },
			{ .fd = test_process->output, .events = POLLIN },
		};

		poll(fds, 2, left);
		copy_output(test_process);
	}
	if (has_ended(test_process))
		copy_output(test_process);
	return test_process->ended;
}

/*
 * Counts checks, and not the time between them: if the whole machine stops for some
 * seconds, that counts as one check.
 */
bool supervise_wait(struct supervised *test_process, int limit_ms,
		    struct reason *why, struct reason *stack)
{
	long long began = now_ms(), slept_since = began;
	long switches = -1, before;
	int looks = 0;

	while (!wait_for_end(test_process, LOOK_MS)) {
		before = switches;
		switches = proc_switches(test_process->pid);
		looks++;
		if (switches != before || !is_asleep(test_process->pid)) {
			slept_since = now_ms();
			looks = 0;
		}
		if (looks >= SLEEP_LIMIT_MS / LOOK_MS) {
			explain_wait(test_process, now_ms() - slept_since, why,
				     stack);
			return false;
		}
		if (now_ms() - began >= limit_ms) {
			explain_wait(test_process, now_ms() - began, why,
				     stack);
			return false;
		}
	}
	return true;
}

/* The harness gives each test a process group. */
static bool is_of_the_test(pid_t pid, struct proc_stat *stat)
{
	return pid != getpid() && pid != getppid() && !proc_stat(pid, stat) &&
	       stat->group == getpgrp();
}

static bool kill_if_of_the_test(pid_t pid, const void *unused)
{
	struct proc_stat stat;

	(void)unused;
	if (!is_of_the_test(pid, &stat) || stat.state == 'Z')
		return false;
	kill(pid, SIGKILL);
	return true;
}

bool supervise_kill(struct supervised *test_process, struct reason *why)
{
	pid_t alive;

	/* The guard reaps orphans. */
	WAIT_FOR(!(alive = proc_find(kill_if_of_the_test, NULL)), BLOCKED_MS);
	if (!has_ended(test_process) && !alive)
		alive = thread_to_describe(test_process->pid);
	if (!alive)
		return true;
	spawn_explain_survivor(alive, why);
	return false;
}

bool supervise_read(const struct supervised *test_process, const void *from,
		    void *to, size_t size)
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem",
		 thread_to_describe(test_process->pid));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = pread(fd, to, size, (off_t)(unsigned long)from);
	close(fd);
	return len == (ssize_t)size;
}
