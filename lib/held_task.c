// SPDX-License-Identifier: GPL-2.0-only
/*
 * held_task - how an exiting task is held. See held_task.h.
 *
 * Every hold has a holder: a child of the test that is the parent of the task
 * and so decides when it is reaped. The two talk over a socket pair: the
 * holder announces the pids, the test says when to let go, the holder reports
 * that it has reaped everything. If the holder dies, its children die or are
 * reparented to the guard, which reaps them: that releases them too.
 */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocking_file.h"
#include "compiler.h"
#include "held_task.h"
#include "proc.h"
#include "spawn.h"
#include "test_run.h"
#include "wait.h"

/* What a holder says when its task is on the way, or cannot be made. */
struct announcement {
	int err;
	pid_t pid;
	pid_t process;
	pid_t witness;
	char failed[32];
};

static const char *const hold_names[] = {
	[HOLD_PIDNS] = "held in zap_pid_ns_processes()",
	[HOLD_ZOMBIE] = "a zombie",
	[HOLD_ZOMBIE_LEADER] = "a zombie leader with a live thread",
	[HOLD_FUSE] = "held in exit_files()",
	[HOLD_THREAD] = "a thread held in exit_files()",
	[HOLD_TRACED] = "a zombie that its tracer keeps",
	[HOLD_VFORK] = "a zombie that was vforked",
	[HOLD_EXEC] = "a zombie leader whose process executes a program",
};

const char *hold_name(enum hold_kind hold)
{
	return hold_names[hold];
}

static int idle_thread(void *unused)
{
	(void)unused;
	for (;;)
		syscall(SYS_pause);
	return 0;
}

static void announce(int control, pid_t pid, pid_t process, pid_t witness)
{
	struct announcement news = {
		.pid = pid,
		.process = process,
		.witness = witness,
	};

	send(control, &news, sizeof(news), MSG_NOSIGNAL);
}

static __noreturn void give_up(int control, const char *failed, int err)
{
	struct announcement news = { .err = err };

	snprintf(news.failed, sizeof(news.failed), "%s", failed);
	send(control, &news, sizeof(news), MSG_NOSIGNAL);
	_exit(EXIT_FAILURE);
}

/* The test's word to let go, or its end. */
static void await_release(int control)
{
	char word;

	(void)!read(control, &word, 1);
}

static void hold_pidns(int control, int cgroup_fd)
{
	pid_t init, witness;
	int init_fd;

	init = fork_into(cgroup_fd, CLONE_NEWPID);
	if (init < 0)
		give_up(control, "clone3(CLONE_NEWPID)", -errno);
	if (!init)
		idle_until_killed();

	init_fd = syscall(SYS_pidfd_open, init, 0);
	if (init_fd < 0 || setns(init_fd, CLONE_NEWPID))
		give_up(control, "setns(CLONE_NEWPID)", -errno);
	witness = fork();
	if (witness < 0)
		give_up(control, "fork", -errno);
	if (!witness)
		idle_until_killed();

	kill(init, SIGKILL);
	announce(control, init, init, witness);

	await_release(control);
	waitpid(witness, NULL, 0);
	waitpid(init, NULL, 0);
}

static void hold_born_zombie(int control, int cgroup_fd,
			     unsigned long long flags)
{
	pid_t pid = fork_into(cgroup_fd, flags);

	if (pid < 0)
		give_up(control, "clone3(CLONE_INTO_CGROUP)", -errno);
	if (!pid)
		_exit(EXIT_SUCCESS);
	announce(control, pid, pid, 0);

	await_release(control);
	waitpid(pid, NULL, 0);
}

static void hold_zombie(int control, int cgroup_fd)
{
	hold_born_zombie(control, cgroup_fd, 0);
}

static void hold_vfork(int control, int cgroup_fd)
{
	hold_born_zombie(control, cgroup_fd, CLONE_VFORK);
}

/* A child that has attached to @pid when it is returned; or -errno. */
static pid_t start_tracer(pid_t pid)
{
	int ready[2], err = 0;
	pid_t tracer;

	if (pipe2(ready, O_CLOEXEC))
		return -errno;
	tracer = fork();
	if (!tracer) {
		if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
			err = errno;
		(void)!write(ready[1], &err, sizeof(err));
		idle_until_killed();
	}
	close(ready[1]);
	if (tracer < 0 || read(ready[0], &err, sizeof(err)) != sizeof(err))
		err = EIO;
	close(ready[0]);
	return err ? -err : tracer;
}

static void hold_traced(int control, int cgroup_fd)
{
	pid_t pid, tracer;

	pid = fork_into(cgroup_fd, 0);
	if (pid < 0)
		give_up(control, "clone3(CLONE_INTO_CGROUP)", -errno);
	if (!pid)
		idle_until_killed();
	tracer = start_tracer(pid);
	if (tracer < 0)
		give_up(control, "ptrace(PTRACE_SEIZE)", tracer);

	kill(pid, SIGKILL);
	WAIT_FOR(proc_is_zombie(pid), PATIENCE_MS);
	if (waitpid(pid, NULL, WNOHANG))
		give_up(control, "keeping it from its parent", -EIO);
	announce(control, pid, pid, 0);

	await_release(control);
	spawn_kill(tracer, PATIENCE_MS);
	waitpid(pid, NULL, 0);
}

static void live_on_without_leader(void)
{
	static char stack[16384] __aligned(16);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (clone(idle_thread, stack + sizeof(stack),
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			  CLONE_THREAD | CLONE_SYSVSEM,
		  NULL) < 0)
		_exit(EXIT_FAILURE);
	/* Only this thread: exit(3) and _exit(2) are exit_group(2). */
	syscall(SYS_exit, 0);
}

static void hold_zombie_leader(int control, int cgroup_fd)
{
	pid_t pid = fork_into(cgroup_fd, 0);

	if (pid < 0)
		give_up(control, "clone3(CLONE_INTO_CGROUP)", -errno);
	if (!pid)
		live_on_without_leader();
	announce(control, pid, pid, 0);

	await_release(control);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Opens the file, so that exiting closes it. */
static int exit_with(void *stuck_file)
{
	if (blocking_file_open(stuck_file) < 0)
		_exit(EXIT_FAILURE);
	/* Only this thread: exit(3) and _exit(2) are exit_group(2). */
	syscall(SYS_exit, 0);
	return 0;
}

/* A thread with a file table of its own: what it has open, it closes. */
static void live_on_beside(struct blocking_file *file)
{
	static char stack[16384] __aligned(16);

	if (clone(exit_with, stack + sizeof(stack),
		  CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD |
			  CLONE_SYSVSEM,
		  file) < 0)
		_exit(EXIT_FAILURE);
	close(file->device);
	close(file->mount);
	idle_until_killed();
}

static void hold_in_exit_files(int control, int cgroup_fd, bool thread)
{
	struct blocking_file file;
	pid_t process, stuck;
	int err;

	err = blocking_file_create(&file);
	if (err)
		give_up(control, "a FUSE mount (CONFIG_FUSE_FS)", err);
	process = fork_into(cgroup_fd, 0);
	if (process < 0)
		give_up(control, "clone3(CLONE_INTO_CGROUP)", -errno);
	if (!process) {
		close(control);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (thread)
			live_on_beside(&file);
		exit_with(&file);
	}

	stuck = blocking_file_serve(&file, PATIENCE_MS);
	if (stuck < 0)
		give_up(control, "the FUSE daemon", stuck);
	announce(control, stuck, process, 0);

	await_release(control);
	blocking_file_release(&file);
	if (thread) {
		struct proc_stat gone;

		WAIT_FOR(thread_stat(process, stuck, &gone), PATIENCE_MS);
		kill(process, SIGKILL);
	}
	waitpid(process, NULL, 0);
}

/* What the threads of HOLD_EXEC share. */
struct execution {
	struct blocking_file file;
	int threads; /* cgroup.threads of the parent */
	int go[2]; /* a pipe: now is the time to execute */
};

static int move_and_exit(void *arg)
{
	struct execution *execution = arg;

	if (write(execution->threads, "0", 1) != 1)
		_exit(EXIT_FAILURE);
	return exit_with(&execution->file);
}

static int move_and_execute(void *arg)
{
	struct execution *execution = arg;
	char word;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Only the daemon's may be left, so that its end lets all go. */
	close(execution->file.device);
	close(execution->file.mount);
	if (write(execution->threads, "0", 1) == 1 &&
	    read(execution->go[0], &word, 1) == 1)
		execl("/proc/self/exe", "task_exit", "none", NULL);
	_exit(EXIT_FAILURE);
}

static void be_executed(struct execution *execution)
{
	static char stacks[2][16384] __aligned(16);
	const int flags = CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD |
			  CLONE_SYSVSEM;

	close(execution->go[1]);
	if (clone(move_and_exit, stacks[0] + sizeof(stacks[0]), flags,
		  execution) < 0 ||
	    clone(move_and_execute, stacks[1] + sizeof(stacks[1]), flags,
		  execution) < 0)
		_exit(EXIT_FAILURE);
	idle_until_killed();
}

static void hold_exec(int control, int cgroup_fd)
{
	struct execution execution;
	pid_t pid, stuck;
	int err;

	err = blocking_file_create(&execution.file);
	if (err)
		give_up(control, "a FUSE mount (CONFIG_FUSE_FS)", err);
	execution.threads =
		openat(cgroup_fd, "../cgroup.threads", O_WRONLY | O_CLOEXEC);
	if (execution.threads < 0 || pipe2(execution.go, O_CLOEXEC))
		give_up(control, "open of the parent's cgroup.threads", -errno);
	pid = fork_into(cgroup_fd, 0);
	if (pid < 0)
		give_up(control, "clone3(CLONE_INTO_CGROUP)", -errno);
	if (!pid)
		be_executed(&execution);

	stuck = blocking_file_serve(&execution.file, PATIENCE_MS);
	if (stuck < 0)
		give_up(control, "the FUSE daemon", stuck);
	(void)!write(execution.go[1], "g", 1);
	announce(control, pid, pid, 0);

	await_release(control);
	blocking_file_release(&execution.file);
	waitpid(pid, NULL, 0);
}

static void hold_fuse(int control, int cgroup_fd)
{
	hold_in_exit_files(control, cgroup_fd, false);
}

static void hold_thread(int control, int cgroup_fd)
{
	hold_in_exit_files(control, cgroup_fd, true);
}

static void be_holder(int control, enum hold_kind hold, const char *path)
{
	static void (*const holders[])(int control, int cgroup_fd) = {
		[HOLD_PIDNS] = hold_pidns,
		[HOLD_ZOMBIE] = hold_zombie,
		[HOLD_ZOMBIE_LEADER] = hold_zombie_leader,
		[HOLD_FUSE] = hold_fuse,
		[HOLD_THREAD] = hold_thread,
		[HOLD_TRACED] = hold_traced,
		[HOLD_VFORK] = hold_vfork,
		[HOLD_EXEC] = hold_exec,
	};
	int cgroup_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (cgroup_fd < 0)
		give_up(control, "open of the cgroup", -errno);
	holders[hold](control, cgroup_fd);
	/* The socket closes with us: that is the report. */
	_exit(EXIT_SUCCESS);
}

/* The state of a thread other than the leader that is not exiting; 0: none. */
static char live_thread(pid_t pid)
{
	struct proc_stat stat;
	struct dirent *entry;
	char path[64], found = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);

		if (tid > 0 && tid != pid && !thread_stat(pid, tid, &stat) &&
		    !(stat.flags & PF_EXITING))
			found = stat.state;
	}
	if (dir)
		closedir(dir);
	return found;
}

bool held_task_is_held(const struct held_task *task)
{
	struct proc_stat stat, witness;

	if (!task->pid || thread_stat(task->process, task->pid, &stat) ||
	    !(stat.flags & PF_EXITING))
		return false;

	switch (task->hold) {
	case HOLD_PIDNS:
		/*
		 * Nobody but zap_pid_ns_processes() kills the witness: where
		 * it is dead, the task has got that far. It sleeps as S or,
		 * from 7.3 on, as I; where a signal is pending it spins.
		 */
		return strchr("RSID", stat.state) &&
		       !proc_stat(task->witness, &witness) &&
		       witness.state == 'Z';
	case HOLD_ZOMBIE:
	case HOLD_TRACED:
	case HOLD_VFORK:
		return stat.state == 'Z' && !live_thread(task->pid);
	case HOLD_ZOMBIE_LEADER:
		return stat.state == 'Z' && live_thread(task->pid);
	case HOLD_EXEC:
		/* Nobody but who executes kills its leader; then it waits. */
		return stat.state == 'Z' && live_thread(task->pid) == 'D';
	case HOLD_FUSE:
	case HOLD_THREAD:
		/*
		 * The daemon has its request and answers when we say so. Who
		 * freezes and thaws the task wakes it, to sleep again.
		 */
		return strchr("RSID", stat.state);
	}
	return false;
}

static int hear_announcement(struct held_task *task, struct reason *reason)
{
	struct pollfd socket = { .fd = task->control, .events = POLLIN };
	struct announcement news;

	if (poll(&socket, 1, PATIENCE_MS) != 1 ||
	    recv(task->control, &news, sizeof(news), MSG_DONTWAIT) !=
		    sizeof(news)) {
		reason_set(
			reason,
			"the helper that holds an exiting task did not start");
		return -ETIMEDOUT;
	}
	if (news.err) {
		reason_set(reason, "cannot hold an exiting task: %s: %s",
			   news.failed, strerror(-news.err));
		/* No namespaces, clone3 or FUSE, or not for us, or no more of them. */
		return news.err == -EINVAL || news.err == -ENOSYS ||
				       news.err == -ENOSPC ||
				       news.err == -EPERM ?
			       -EOPNOTSUPP :
			       news.err;
	}
	task->pid = news.pid;
	task->process = news.process;
	task->witness = news.witness;
	return 0;
}

static int start(struct held_task *task, enum hold_kind hold,
		 const struct cgroup *cg, struct reason *reason)
{
	int sockets[2], err;

	memset(task, 0, sizeof(*task));
	task->hold = hold;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) {
		reason_set(reason, "socketpair: %s", strerror(errno));
		return -errno;
	}

	task->holder = spawn(sockets[1]);
	if (!task->holder)
		be_holder(sockets[1], hold, cg->path);
	task->control = sockets[0];
	close(sockets[1]);

	err = task->holder < 0 ? -errno : hear_announcement(task, reason);
	if (!err && !WAIT_FOR(held_task_is_held(task), PATIENCE_MS)) {
		char where[384];

		proc_describe(task->pid, where, sizeof(where));
		reason_set(reason, "task %d should be %s, but it is not: %s",
			   task->pid, hold_names[hold], where);
		err = -ETIMEDOUT;
	}
	return err;
}

static void kill_holder(void *held)
{
	struct held_task *task = held;

	if (task->holder <= 0)
		return;
	spawn_kill(task->holder, PATIENCE_MS);
	task->holder = 0;
	close(task->control);
}

int held_task_start(struct held_task *task, enum hold_kind hold,
		    const struct cgroup *cg, struct reason *reason)
{
	int err = start(task, hold, cg, reason);

	if (err)
		kill_holder(task);
	else
		test_at_end_first(kill_holder, task);
	return err;
}

void hold_task(struct held_task *task, enum hold_kind hold,
	       const struct cgroup *cg)
{
	test_need(held_task_start(task, hold, cg, &test.reason));
	test_step("task %d exits and is %s", task->pid, hold_names[hold]);
}

void assert_held(const struct held_task *task)
{
	char where[384];

	if (held_task_is_held(task))
		return;
	proc_describe(task->pid, where, sizeof(where));
	test_error("task %d is no longer held: %s", task->pid, where);
}

int held_task_let_go(const struct held_task *task)
{
	return send(task->control, "r", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

int held_task_finish(struct held_task *task)
{
	int status;

	if (!task->holder)
		return -ESRCH;
	status = held_task_let_go(task);
	/* The holder of a task that was let go before may have ended. */
	if (status && status != -EPIPE)
		return status;
	status = spawn_wait(task->holder, PATIENCE_MS);
	if (status < 0)
		return status;
	task->holder = 0;
	close(task->control);
	return 0;
}

bool release_task(struct held_task *task)
{
	int err = held_task_finish(task);

	test_step("task %d is released and reaped%s%s", task->pid,
		  err ? ": " : "", err ? strerror(-err) : "");
	return !err;
}

void hold_tasks(struct held_task *tasks, int nr, enum hold_kind hold,
		const struct cgroup *cg)
{
	int i;

	for (i = 0; i < nr; i++)
		test_need(held_task_start(&tasks[i], hold, cg, &test.reason));
	test_step("%d tasks exit and are %s", nr, hold_names[hold]);
}

void assert_all_held(const struct held_task *tasks, int nr)
{
	while (nr--)
		assert_held(&tasks[nr]);
}

bool release_tasks(struct held_task *tasks, int nr)
{
	int i, err = 0;

	for (i = nr; i--;)
		err = held_task_finish(&tasks[i]) ?: err;
	test_step("%d tasks are released and reaped%s%s", nr, err ? ": " : "",
		  err ? strerror(-err) : "");
	return !err;
}
