// SPDX-License-Identifier: GPL-2.0-only
/*
 * spawn - children and threads that end with the test. See spawn.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "compiler.h"
#include "proc.h"
#include "spawn.h"
#include "supervise.h"
#include "wait.h"

static void close_all_but(int keep_fd)
{
	int null = open("/dev/null", O_RDWR);
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (fd != keep_fd)
			dup2(null, fd);

	if (keep_fd < 3) {
		syscall(SYS_close_range, 3, ~0U, 0);
	} else {
		syscall(SYS_close_range, 3, keep_fd - 1, 0);
		syscall(SYS_close_range, keep_fd + 1, ~0U, 0);
	}
}

void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have died before. */
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
}

static void become_spawn(pid_t parent, int keep_fd)
{
	die_with(parent);
	close_all_but(keep_fd);
}

pid_t spawn(int keep_fd)
{
	pid_t parent = getpid();
	pid_t pid;

	/* The child would print buffered output a second time. */
	fflush(NULL);

	pid = fork();
	if (!pid)
		become_spawn(parent, keep_fd);
	return pid;
}

pid_t spawn_into(int cgroup_fd)
{
	pid_t parent = getpid();
	pid_t pid;

	fflush(NULL);
	pid = fork_into(cgroup_fd, 0);
	if (!pid)
		become_spawn(parent, -1);
	return pid;
}

pid_t fork_into(int cgroup_fd, unsigned long long flags)
{
	struct clone_args args = {
		.flags = flags | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = cgroup_fd,
	};

	pid_t pid;

	supervise_enter("fork into a cgroup");
	pid = syscall(SYS_clone3, &args, sizeof(args));
	supervise_leave();
	return pid;
}

void idle_until_killed(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

pid_t start_thread(int (*fn)(void *), void *arg, bool own_files)
{
	static char stacks[4][16384] __aligned(16);
	static unsigned int nr;

	if (nr == ARRAY_SIZE(stacks)) {
		errno = EAGAIN;
		return -1;
	}
	nr++;
	return clone(fn, stacks[nr - 1] + sizeof(stacks[0]),
		     CLONE_VM | CLONE_FS | (own_files ? 0 : CLONE_FILES) |
			     CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		     arg);
}

void exit_thread(void)
{
	for (;;)
		syscall(SYS_exit, 0);
}

int idle_thread(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return 0;
}

pid_t spawn_idle_in(const struct cgroup *cg)
{
	int fd = cgroup_open(cg, "");
	pid_t pid;

	if (fd < 0)
		return fd;
	pid = spawn_into(fd);
	if (!pid)
		idle_until_killed();
	if (pid < 0)
		pid = -errno;
	close(fd);
	return pid;
}

int keep_on_cpu(pid_t pid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(pid, sizeof(set), &set) ? -errno : 0;
}

int stay_on_cpu(int cpu)
{
	return keep_on_cpu(0, cpu);
}

int stay_on_this_cpu(void)
{
	return stay_on_cpu(sched_getcpu());
}

int stay_on_another_cpu(int cpu)
{
	int other, nr = sysconf(_SC_NPROCESSORS_CONF);

	for (other = 0; other < nr; other++)
		if (other != cpu && !stay_on_cpu(other))
			return 0;
	return -ENODEV;
}

int keep_off_cpu(pid_t pid, int cpu)
{
	cpu_set_t others;

	if (sched_getaffinity(0, sizeof(others), &others))
		return -errno;
	CPU_CLR(cpu, &others);
	return sched_setaffinity(pid, sizeof(others), &others) ? -errno : 0;
}

int become_fifo(void)
{
	struct sched_param param = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param))
		return -errno;
	return 0;
}

int become_fifo_with(int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(0, SCHED_FIFO, &param) ? -errno : 0;
}

int run_before_children(void)
{
	return stay_on_this_cpu() ?: become_fifo();
}

/* Whether the wait is over; sets the wait status, or -errno. */
static bool try_to_reap(pid_t pid, int *status)
{
	pid_t ret = waitpid(pid, status, WNOHANG);

	if (ret < 0)
		*status = -errno;
	return ret != 0;
}

int spawn_wait(pid_t pid, int ms)
{
	int status;

	if (!WAIT_FOR(try_to_reap(pid, &status), ms))
		return -ETIMEDOUT;
	return status;
}

int spawn_kill(pid_t pid, int ms)
{
	/* The pid of a failed fork would kill every process. */
	if (pid <= 0)
		return -ESRCH;
	kill(pid, SIGKILL);
	return spawn_wait(pid, ms);
}

/* A child with its own session restores something, and ends by itself. */
static bool is_child(pid_t pid, const void *unused)
{
	struct proc_stat stat;

	(void)unused;
	return !proc_stat(pid, &stat) && stat.ppid == getpid() &&
	       stat.session != pid;
}

static bool kill_if_child(pid_t pid, const void *unused)
{
	return is_child(pid, unused) && !kill(pid, SIGKILL);
}

void spawn_explain_survivor(pid_t pid, struct reason *why)
{
	char where[64];

	proc_where(pid, where, sizeof(where));
	reason_set(why, "a process of the test cannot be killed: it %s", where);
}

bool spawn_survives(struct reason *why)
{
	pid_t survivor = proc_find(is_child, NULL);

	if (survivor)
		spawn_explain_survivor(survivor, why);
	return survivor;
}

/* A subreaper inherits the children of a dead child: this repeats for them. */
static bool reap_everything(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	if (pid < 0)
		return true;
	proc_find(kill_if_child, NULL);
	return false;
}

bool spawn_kill_all(int ms)
{
	return WAIT_FOR(reap_everything(), ms);
}

int spawn_await_death(pid_t pid, int ms)
{
	struct pollfd death = { .events = POLLIN };
	int nr, err;

	death.fd = syscall(SYS_pidfd_open, pid, 0);
	if (death.fd < 0)
		return -errno;
	nr = poll(&death, 1, ms);
	err = nr < 0 ? -errno : nr ? 0 : -ETIMEDOUT;
	close(death.fd);
	return err;
}
