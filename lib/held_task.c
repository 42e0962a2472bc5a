// SPDX-License-Identifier: GPL-2.0-only
/*
 * held_task - how an exiting task is held. See held_task.h.
 *
 * Every hold has a holder: a helper that is the parent of the task, and so
 * decides when the task is reaped. It announces the pids, releases the task when
 * it is ordered to, and ends when it has reaped everything. If the holder is
 * killed, its children die or the guard reaps them, which releases the task, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocking_file.h"
#include "compiler.h"
#include "held_task.h"
#include "idle_exec.h"
#include "proc.h"
#include "spawn.h"
#include "test_run.h"
#include "wait.h"

/* The holder's report: its task exits, or it cannot start one. */
struct announcement {
	int err;
	pid_t pid;
	pid_t process;
	pid_t witness;
	char failed[80];
};

static const char *const hold_names[] = {
	[HOLD_ZAP_PIDNS] = "held in zap_pid_ns_processes()",
	[HOLD_ZOMBIE] = "a zombie",
	[HOLD_ZOMBIE_LEADER] = "a zombie leader with a live thread",
	[HOLD_EXIT_FILES] = "held in exit_files()",
	[HOLD_THREAD] = "a thread held in exit_files()",
	[HOLD_TRACED] = "a zombie that its tracer keeps",
	[HOLD_VFORK] = "a zombie that was vforked",
	[HOLD_EXEC] = "a zombie leader whose process executes a program",
};

const char *hold_name(enum hold_kind hold)
{
	return hold_names[hold];
}

static void announce(int socket, pid_t pid, pid_t process, pid_t witness)
{
	struct announcement announcement = {
		.pid = pid,
		.process = process,
		.witness = witness,
	};

	helper_report(socket, &announcement, sizeof(announcement));
}

static __noreturn void give_up(int socket, const char *failed, int err)
{
	struct announcement announcement = { .err = err };

	snprintf(announcement.failed, sizeof(announcement.failed), "%s",
		 failed);
	helper_report(socket, &announcement, sizeof(announcement));
	_exit(EXIT_FAILURE);
}

/* fork_into(), or gives up. */
static pid_t fork_child(int socket, int cgroup_fd, unsigned long long flags)
{
	pid_t pid = fork_into(cgroup_fd, flags);

	if (pid < 0)
		give_up(socket, "clone3(CLONE_INTO_CGROUP)", -errno);
	return pid;
}

static const char no_pid_namespace[] =
	"a new pid namespace (CONFIG_PID_NS, user.max_pid_namespaces)";

static void hold_pidns(int socket, int cgroup_fd)
{
	pid_t init, witness;
	int init_fd;

	init = fork_into(cgroup_fd, CLONE_NEWPID);
	if (init < 0)
		give_up(socket, no_pid_namespace, -errno);
	if (!init)
		idle_until_killed();

	init_fd = syscall(SYS_pidfd_open, init, 0);
	if (init_fd < 0 || setns(init_fd, CLONE_NEWPID))
		give_up(socket, no_pid_namespace, -errno);
	witness = fork();
	if (witness < 0)
		give_up(socket, "fork", -errno);
	if (!witness)
		idle_until_killed();

	kill(init, SIGKILL);
	announce(socket, init, init, witness);

	helper_await(socket);
	waitpid(witness, NULL, 0);
	waitpid(init, NULL, 0);
}

static void hold_born_zombie(int socket, int cgroup_fd,
			     unsigned long long flags)
{
	pid_t pid = fork_child(socket, cgroup_fd, flags);

	if (!pid)
		_exit(EXIT_SUCCESS);
	announce(socket, pid, pid, 0);

	helper_await(socket);
	waitpid(pid, NULL, 0);
}

static void hold_zombie(int socket, int cgroup_fd)
{
	hold_born_zombie(socket, cgroup_fd, 0);
}

static void hold_vfork(int socket, int cgroup_fd)
{
	hold_born_zombie(socket, cgroup_fd, CLONE_VFORK);
}

/* A child, which has attached to @pid when this returns; or -errno. */
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

static void hold_traced(int socket, int cgroup_fd)
{
	pid_t pid = fork_child(socket, cgroup_fd, 0), tracer;

	if (!pid)
		idle_until_killed();
	tracer = start_tracer(pid);
	if (tracer < 0)
		give_up(socket, "ptrace(PTRACE_SEIZE)", tracer);

	kill(pid, SIGKILL);
	WAIT_FOR(proc_is_zombie(pid), PATIENCE_MS);
	if (waitpid(pid, NULL, WNOHANG))
		give_up(socket, "keeping it from its parent", -EIO);
	announce(socket, pid, pid, 0);

	helper_await(socket);
	spawn_kill(tracer, PATIENCE_MS);
	waitpid(pid, NULL, 0);
}

static void exit_before_a_thread(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (start_thread(idle_thread, NULL, false) < 0)
		_exit(EXIT_FAILURE);
	exit_thread();
}

static void hold_zombie_leader(int socket, int cgroup_fd)
{
	pid_t pid = fork_child(socket, cgroup_fd, 0);

	if (!pid)
		exit_before_a_thread();
	announce(socket, pid, pid, 0);

	helper_await(socket);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Opens the file, so that exit_files() closes it. */
static int exit_with(void *file)
{
	if (blocking_file_open(file) < 0)
		_exit(EXIT_FAILURE);
	exit_thread();
}

/* A thread with its own file table: it closes only the file that it has opened. */
static void exit_in_a_thread(struct blocking_file *file)
{
	if (start_thread(exit_with, file, true) < 0)
		_exit(EXIT_FAILURE);
	close(file->device);
	close(file->mount);
	idle_until_killed();
}

static void hold_in_exit_files(int socket, int cgroup_fd, bool thread)
{
	struct blocking_file file;
	pid_t process, stuck;
	int err;

	err = blocking_file_create(&file);
	if (err)
		give_up(socket, "a FUSE mount (CONFIG_FUSE_FS)", err);
	process = fork_child(socket, cgroup_fd, 0);
	if (!process) {
		close(socket);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (thread)
			exit_in_a_thread(&file);
		exit_with(&file);
	}

	stuck = blocking_file_serve(&file, PATIENCE_MS);
	if (stuck < 0)
		give_up(socket, "the FUSE daemon", stuck);
	announce(socket, stuck, process, 0);

	helper_await(socket);
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
	/* Only the daemon keeps the device open, so that its end releases all. */
	close(execution->file.device);
	close(execution->file.mount);
	if (write(execution->threads, "0", 1) == 1 &&
	    read(execution->go[0], &word, 1) == 1)
		exec_idle();
	_exit(EXIT_FAILURE);
}

static void be_executed(struct execution *execution)
{
	close(execution->go[1]);
	if (start_thread(move_and_exit, execution, true) < 0 ||
	    start_thread(move_and_execute, execution, true) < 0)
		_exit(EXIT_FAILURE);
	idle_until_killed();
}

static void hold_exec(int socket, int cgroup_fd)
{
	struct execution execution;
	pid_t pid, stuck;
	int err;

	err = blocking_file_create(&execution.file);
	if (err)
		give_up(socket, "a FUSE mount (CONFIG_FUSE_FS)", err);
	execution.threads =
		openat(cgroup_fd, "../cgroup.threads", O_WRONLY | O_CLOEXEC);
	if (execution.threads < 0 || pipe2(execution.go, O_CLOEXEC))
		give_up(socket, "open of the parent's cgroup.threads", -errno);
	pid = fork_child(socket, cgroup_fd, 0);
	if (!pid)
		be_executed(&execution);

	stuck = blocking_file_serve(&execution.file, PATIENCE_MS);
	if (stuck < 0)
		give_up(socket, "the FUSE daemon", stuck);
	(void)!write(execution.go[1], "g", 1);
	announce(socket, pid, pid, 0);

	helper_await(socket);
	blocking_file_release(&execution.file);
	WAIT_FOR(is_idle_exec(pid), PATIENCE_MS);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void hold_fuse(int socket, int cgroup_fd)
{
	hold_in_exit_files(socket, cgroup_fd, false);
}

static void hold_thread(int socket, int cgroup_fd)
{
	hold_in_exit_files(socket, cgroup_fd, true);
}

struct request {
	enum hold_kind hold;
	const char *cgroup;
};

/* Its end, which closes the socket, is the report that the task is reaped. */
static void run_holder(int socket, const void *arg)
{
	static void (*const holders[])(int socket, int cgroup_fd) = {
		[HOLD_ZAP_PIDNS] = hold_pidns,
		[HOLD_ZOMBIE] = hold_zombie,
		[HOLD_ZOMBIE_LEADER] = hold_zombie_leader,
		[HOLD_EXIT_FILES] = hold_fuse,
		[HOLD_THREAD] = hold_thread,
		[HOLD_TRACED] = hold_traced,
		[HOLD_VFORK] = hold_vfork,
		[HOLD_EXEC] = hold_exec,
	};
	const struct request *request = arg;
	int cgroup_fd =
		open(request->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (cgroup_fd < 0)
		give_up(socket, "open of the cgroup", -errno);
	holders[request->hold](socket, cgroup_fd);
}

static bool is_live_thread(pid_t tid, const void *arg)
{
	const pid_t *leader = arg;
	struct proc_stat stat;

	return tid != *leader && !thread_stat(*leader, tid, &stat) &&
	       !(stat.flags & PF_EXITING);
}

/* The state of a thread other than the leader that is not exiting; 0: none. */
static char live_thread(pid_t pid)
{
	pid_t tid = thread_find(pid, is_live_thread, &pid);
	struct proc_stat stat;

	return tid && !thread_stat(pid, tid, &stat) ? stat.state : 0;
}

bool held_task_is_held(const struct held_task *task)
{
	struct proc_stat stat, witness;

	if (!task->pid || thread_stat(task->process, task->pid, &stat) ||
	    !(stat.flags & PF_EXITING))
		return false;

	switch (task->hold) {
	case HOLD_ZAP_PIDNS:
		/*
		 * Only zap_pid_ns_processes() kills the witness: if that is
		 * dead, the task is in this function. Before 7.3 it sleeps in
		 * state S and spins if a signal is pending; since then in I.
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
		/* Only the executing thread kills its leader; then it waits. */
		return stat.state == 'Z' && live_thread(task->pid) == 'D';
	case HOLD_EXIT_FILES:
	case HOLD_THREAD:
		/*
		 * The daemon has its request and answers at our order. To freeze
		 * or thaw the task wakes it, and it sleeps again.
		 */
		return strchr("RSID", stat.state);
	}
	return false;
}

/* No namespaces, clone3 or FUSE, not for this user, or no more of them. */
static bool is_missing(int err)
{
	return err == -EINVAL || err == -ENOSYS || err == -ENOSPC ||
	       err == -EPERM || err == -EOPNOTSUPP;
}

static int hear_announcement(struct held_task *task, struct reason *reason)
{
	struct announcement announcement;

	if (!helper_hear(&task->holder, &announcement, sizeof(announcement),
			 PATIENCE_MS)) {
		reason_set(reason,
			   "the helper that holds an exiting task did not start");
		return -ETIMEDOUT;
	}
	if (announcement.err) {
		reason_set(reason, "cannot hold an exiting task: %s: %s",
			   announcement.failed, strerror(-announcement.err));
		return is_missing(announcement.err) ? -EOPNOTSUPP :
						      announcement.err;
	}
	task->pid = announcement.pid;
	task->process = announcement.process;
	task->witness = announcement.witness;
	return 0;
}

static int start(struct held_task *task, enum hold_kind hold,
		 const struct cgroup *cg, struct reason *reason)
{
	const struct request request = { hold, cg->path };
	char where[384];
	int err;

	memset(task, 0, sizeof(*task));
	task->hold = hold;
	err = helper_start(&task->holder, run_holder, &request);
	if (err) {
		reason_set(reason, "cannot fork a helper: %s", strerror(-err));
		return err;
	}
	err = hear_announcement(task, reason);
	if (err || WAIT_FOR(held_task_is_held(task), PATIENCE_MS))
		return err;
	proc_describe(task->pid, where, sizeof(where));
	reason_set(reason, "task %d should be %s, but it is not: %s", task->pid,
		   hold_names[hold], where);
	return -ETIMEDOUT;
}

static void kill_holder(void *held)
{
	struct held_task *task = held;

	helper_kill(&task->holder);
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
	test_skip_or_error(held_task_start(task, hold, cg, &test.reason));
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
	return helper_order(&task->holder);
}

int held_task_finish(struct held_task *task)
{
	int status = held_task_let_go(task);

	/* The holder of a task that was let go before may have ended. */
	if (status && status != -EPIPE)
		return status;
	status = helper_wait(&task->holder, PATIENCE_MS);
	return status < 0 ? status : 0;
}

void hold_tasks(struct held_task *tasks, int nr, enum hold_kind hold,
		const struct cgroup *cg)
{
	int i;

	for (i = 0; i < nr; i++)
		test_skip_or_error(held_task_start(&tasks[i], hold, cg,
						   &test.reason));
	test_step("%d tasks exit and are %s", nr, hold_names[hold]);
}

void assert_all_held(const struct held_task *tasks, int nr)
{
	while (nr--)
		assert_held(&tasks[nr]);
}

void release_tasks(struct held_task *tasks, int nr)
{
	int i, err = 0;

	if (nr == 1)
		test_step("task %d is released", tasks->pid);
	else
		test_step("%d tasks are released", nr);
	for (i = nr; i--;)
		err = held_task_finish(&tasks[i]) ?: err;
	test_require(!err, FIX_NONE, "a released task does not end within %d s",
		     PATIENCE_MS / 1000);
}

void release_task(struct held_task *task)
{
	release_tasks(task, 1);
}
