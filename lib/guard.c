// SPDX-License-Identifier: GPL-2.0-only
/*
 * guard - clean up after the tests. See guard.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"

#include "cgroup_root.h"
#include "guard.h"
#include "spawn.h"
#include "spent.h"
#include "wait.h"

/* A pipe. The guard has the write end and never writes: its death is a hangup. */
static int death_pipe = -1;
static pid_t guard_group;
static pid_t guard_pid;

static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/*
 * F_SETSIG makes the kernel send SIGKILL to the process group when the pipe hangs
 * up. PDEATHSIG is not enough: the test is not a child of the guard but of the
 * harness's processes, which do not pass it on.
 */
void guard_join(void)
{
	/* The harness gives each test a group; the guard's group has other processes. */
	if (death_pipe < 0 || getpgrp() == guard_group)
		return;
	fcntl(death_pipe, F_SETOWN, -getpgrp());
	fcntl(death_pipe, F_SETSIG, SIGKILL);
	fcntl(death_pipe, F_SETFL, O_ASYNC | O_NONBLOCK);
}

static void end_children(void)
{
	struct reason why;

	if (!spawn_kill_all(spent_is(NULL) ? BLOCKED_MS : PATIENCE_MS) &&
	    spawn_survives(&why))
		spent_mark("%s", why.text);
}

/* Each step has a time limit, so that the guard of a spent kernel ends as well. */
static void clean_up(void)
{
	end_children();
	spent_look_for_scheduler();
	cgroup_root_remove();
	spent_print();
}

/* Waits for the end of the tests' process or for a signal, and reaps orphans. */
static int watch_over(pid_t tests, const sigset_t *signals, int *status)
{
	for (;;) {
		int sig = sigwaitinfo(signals, NULL);
		pid_t pid;

		if (sig < 0)
			continue;
		if (sig != SIGCHLD)
			return sig;
		while ((pid = waitpid(-1, status, WNOHANG)) > 0)
			if (pid == tests)
				return 0;
	}
}

static void die_of(int sig)
{
	sigset_t set;

	fflush(NULL);
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void run_tests(int (*run)(int, char **), int argc, char **argv,
		      const sigset_t *mask)
{
	die_with(guard_pid);
	sigprocmask(SIG_SETMASK, mask, NULL);
	exit(run(argc, argv));
}

static void skip_all(const char *reason)
{
	ksft_print_header();
	spent_print();
	ksft_exit_skip("%s\n", reason);
}

int guard_run(int (*run)(int, char **), int argc, char **argv)
{
	sigset_t signals, mask;
	struct reason reason;
	int pipe_fds[2], sig, err, status = 0;
	pid_t tests;
	size_t i;

	if (geteuid())
		skip_all("not root: run it with sudo");

	/* Before anything is created that must be removed. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	for (i = 0; i < ARRAY_SIZE(ending_signals); i++)
		sigaddset(&signals, ending_signals[i]);
	sigprocmask(SIG_BLOCK, &signals, &mask);
	signal(SIGPIPE, SIG_IGN);
	/* Ignored SIGCHLD is inherited, and would let children be reaped unseen. */
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	guard_group = getpgrp();
	guard_pid = getpid();

	spent_share();
	wait_share();
	if (spent_was(&reason))
		skip_all(reason.text);
	err = cgroup_root_create(&reason);
	if (err || spent_is(&reason))
		skip_all(reason.text);

	if (pipe2(pipe_fds, O_CLOEXEC))
		skip_all("cannot create a pipe");
	fflush(NULL);
	tests = fork();
	if (!tests) {
		close(pipe_fds[1]);
		death_pipe = pipe_fds[0];
		cgroup_root_disown();
		run_tests(run, argc, argv, &mask);
	}
	close(pipe_fds[0]);

	sig = tests < 0 ? 0 : watch_over(tests, &signals, &status);
	clean_up();
	if (sig)
		die_of(sig);
	if (tests < 0 || !WIFEXITED(status))
		return KSFT_FAIL;
	return WEXITSTATUS(status);
}
