// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine - operations in the running kernel. See machine.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "blocking_file.h"
#include "machine.h"
#include "proc.h"
#include "spawn.h"
#include "wait.h"

#define NR_WORKERS 3
#define BARRIER_MS 500 /* on a machine that is never idle */
#define IDLER 2 /* the worker that runs when no other task wants to */

/* Orders to a task. */
enum {
	ORDER_NONE,
	ORDER_EXIT,
	ORDER_THREAD,
	ORDER_EXEC,
};

/* Descriptors of every task, also after it has executed this program again. */
enum {
	FILE_FD = 200, /* the FUSE file */
	SHARED_FD,
};

/* Of a worker. */
enum {
	CALL_WRITE,
	CALL_MKDIR,
	CALL_RMDIR,
	CALL_NOTHING,
};

/* Memory that is shared with all that the explorer starts. */
static struct shared {
	struct {
		int order, argument, done, result;
		int ready; /* it waits for orders */
		/* For the daemon. */
		pid_t tid;
		bool hold_flush;
		unsigned long long flush; /* the request that is not answered */
	} tasks[MAX_TASKS];
	struct {
		int order, done, result;
		int call;
		char path[PATH_MAX + 64];
		char text[32];
	} workers[NR_WORKERS];
	struct {
		int order, done, result;
		pid_t pid; /* > 0: start a witness beside it; < 0: reap that witness */
	} helper;
} *shared;

const struct machine_scheduler *machine_scheduler;

static struct {
	struct cgroup parent, root;
	struct blocking_file file;
	pid_t daemon, helper, workers[NR_WORKERS];
	int sleeping; /* the worker whose call sleeps, or NONE */
	unsigned long number; /* of the sequence */
	bool needs_pidns[128]; /* by a task's name */
	cpu_set_t cpu, all_cpus;
} machine = { .sleeping = NONE };

static struct {
	pid_t tid, process, witness;
	int pidfds[MAX_PIDFDS + 1], nr_pidfds;
} tasks[MAX_TASKS];

/* Files that stay open while the cgroup exists. */
enum {
	FILE_PROCS,
	FILE_THREADS,
	FILE_EVENTS,
	FILE_STAT,
	FILE_CONTROLLERS,
	FILE_TYPE,
	NR_FILES,
};

static const char *const file_names[NR_FILES] = {
	"cgroup.procs", "cgroup.threads",     "cgroup.events",
	"cgroup.stat",	"cgroup.controllers", "cgroup.type",
};

static struct {
	bool open;
	int directory, files[NR_FILES], inotify; /* of cgroup.events */
	int populated, frozen; /* as last read; NONE */
	unsigned long long id;
} cgroups[MAX_CGROUPS];

static void futex_wait(int *word, int value, int ms)
{
	struct timespec timeout = { ms / 1000, ms % 1000 * 1000000L };

	syscall(SYS_futex, word, FUTEX_WAIT, value, ms < 0 ? NULL : &timeout,
		NULL, 0);
}

static void futex_set(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static int load(const int *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* Whether @word is set within @ms. */
static bool await_word(int *word, int ms)
{
	long long until = now_ms() + ms;

	while (!load(word)) {
		long long left = until - now_ms();

		if (left <= 0)
			return false;
		futex_wait(word, 0, left);
	}
	return true;
}

/* The next order; the caller clears it. */
static int await_order(int *order)
{
	while (!load(order))
		futex_wait(order, 0, -1);
	return load(order);
}

static const char task_name[] = "task_exit_explore_task";

/* The task executes this program, and obeys there as task @argument. */
static __noreturn void exec_task(long i)
{
	char as[16], own[2] = { shared->tasks[i].argument == i ? 'y' : 'n' };

	snprintf(as, sizeof(as), "%d", shared->tasks[i].argument);
	/* "self" would be the leader, which may be a zombie without a program. */
	execl("/proc/thread-self/exe", task_name, as, own, NULL);
	_exit(EXIT_FAILURE);
}

static int obey(void *number)
{
	long i = (long)number;

	futex_set(&shared->tasks[i].ready, 1);
	for (;;) {
		int order = await_order(&shared->tasks[i].order);

		if (order == ORDER_EXIT)
			exit_thread();
		shared->tasks[i].order = ORDER_NONE;
		if (order == ORDER_EXEC)
			exec_task(i);
		shared->tasks[i].result =
			start_thread(obey,
				     (void *)(long)shared->tasks[i].argument,
				     true) < 0 ?
				-errno :
				0;
		futex_set(&shared->tasks[i].done, 1);
	}
	return 0;
}

/* A task keeps the FUSE file and nothing else: it closes that when it exits. */
static __noreturn void be_task(long i)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	syscall(SYS_close_range, 0, FILE_FD - 1, 0);
	syscall(SYS_close_range, SHARED_FD + 1, ~0U, 0);
	obey((void *)i);
	_exit(0);
}

static int map_shared(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		      SHARED_FD, 0);
	return shared == MAP_FAILED ? -errno : 0;
}

/*
 * After exec_task(). A thread that is now the leader begins with its own hold, which is
 * none: that of the leader that was is over.
 */
static void __attribute__((constructor)) obey_if_called_so(int argc,
							   char **argv)
{
	long i;

	if (argc != 3 || strcmp(argv[0], task_name))
		return;
	if (map_shared())
		_exit(EXIT_FAILURE);
	i = atol(argv[1]);
	if (*argv[2] == 'n')
		shared->tasks[i].hold_flush = false;
	be_task(i);
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static void be_worker(int i)
{
	struct sched_param param = {};

	if (i == IDLER)
		sched_setscheduler(0, SCHED_IDLE, &param);
	for (;;) {
		int result = 0;

		await_order(&shared->workers[i].order);
		shared->workers[i].order = 0;
		if (shared->workers[i].call == CALL_WRITE)
			result = write_text(shared->workers[i].path,
					    shared->workers[i].text);
		else if (shared->workers[i].call == CALL_MKDIR)
			result = mkdir(shared->workers[i].path, 0755) ? -errno :
									0;
		else if (shared->workers[i].call == CALL_RMDIR)
			result = rmdir(shared->workers[i].path) ? -errno : 0;
		shared->workers[i].result = result;
		futex_set(&shared->workers[i].done, 1);
	}
}

/* A process in the pid namespace of @pid. Its pid, or -errno. */
static pid_t start_witness(pid_t pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	pid_t witness = -1;

	if (pidfd >= 0 && !setns(pidfd, CLONE_NEWPID))
		witness = fork();
	if (!witness)
		idle_until_killed();
	if (witness < 0)
		witness = -errno;
	close(pidfd);
	return witness;
}

static void be_helper(void)
{
	for (;;) {
		pid_t pid;

		await_order(&shared->helper.order);
		shared->helper.order = 0;
		pid = shared->helper.pid;
		shared->helper.result = pid > 0 ? start_witness(pid) :
						  waitpid(-pid, NULL, 0);
		futex_set(&shared->helper.done, 1);
	}
}

/* Keeps the FLUSH of a task that is to be held, and answers all others. */
static void be_daemon(void)
{
	for (;;) {
		pid_t tid = blocking_file_serve(&machine.file, 1000000);
		int i;

		if (tid < 0 && tid != -ETIMEDOUT)
			_exit(EXIT_FAILURE);
		for (i = 0; i < MAX_TASKS; i++)
			if (shared->tasks[i].tid == tid &&
			    shared->tasks[i].hold_flush)
				break;
		if (i == MAX_TASKS) {
			blocking_file_release(&machine.file);
		} else {
			shared->tasks[i].flush = machine.file.pending;
			machine.file.pending = 0;
		}
	}
}

static int start_processes(void)
{
	int i;

	machine.daemon = spawn(machine.file.device);
	if (!machine.daemon)
		be_daemon();
	machine.helper = spawn(-1);
	if (!machine.helper)
		be_helper();
	for (i = 0; i < NR_WORKERS; i++) {
		machine.workers[i] = spawn(-1);
		if (!machine.workers[i])
			be_worker(i);
		if (machine.workers[i] < 0)
			return -errno;
	}
	return machine.daemon < 0 || machine.helper < 0 ? -EAGAIN : 0;
}

/* @fd is then @number, without close-on-exec. */
static int renumber(int fd, int number)
{
	int err = fd < 0 || dup2(fd, number) < 0 ? -errno : 0;

	close(fd);
	return err;
}

static int open_file(void)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", machine.file.mount);
	return renumber(open(path, O_RDONLY), FILE_FD);
}

static int make_shared(void)
{
	int fd = memfd_create("task_exit explore", 0);

	if (fd < 0 || ftruncate(fd, sizeof(*shared)))
		return -errno;
	return renumber(fd, SHARED_FD) ?: map_shared();
}

/* Tasks of SCHED_FIFO have priority 1: see do_policy(). */
static int become_first(void)
{
	struct sched_param param = { .sched_priority = 2 };
	int err;

	sched_getaffinity(0, sizeof(machine.all_cpus), &machine.all_cpus);
	err = run_before_children();
	sched_getaffinity(0, sizeof(machine.cpu), &machine.cpu);
	if (!err &&
	    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param))
		err = -errno;
	return err;
}

int machine_start(const struct cgroup *parent, struct reason *reason)
{
	int i, err = 0;

	machine.parent = *parent;
	for (i = 0; !err && i < NR_CONTROLLERS; i++)
		err = cgroup_enable(parent, controller_names[i], reason);
	if (err)
		return err;
	err = make_shared() ?: become_first();
	reason_set(reason, "the explorer cannot be a SCHED_FIFO task: %s",
		   strerror(-err));
	if (err)
		return err;
	err = blocking_file_create(&machine.file);
	reason_set(reason, "a FUSE mount (CONFIG_FUSE_FS): %s", strerror(-err));
	return err ?: start_processes() ?: open_file();
}

static void stop(pid_t *pid)
{
	if (*pid > 0)
		spawn_kill(*pid, PATIENCE_MS);
	*pid = 0;
}

void machine_stop(void)
{
	int i;

	/* The daemon answers when this closes the file. */
	close(FILE_FD);
	stop(&machine.helper);
	for (i = 0; i < NR_WORKERS; i++)
		stop(&machine.workers[i]);
	stop(&machine.daemon);
	close(machine.file.device);
	close(machine.file.mount);
}

#define LONG_PATH (PATH_MAX + 2 * PATH_SIZE)

static void path_of(const struct model *m, int cgroup, char path[LONG_PATH])
{
	char below[PATH_SIZE];

	model_path(m, cgroup, below);
	snprintf(path, LONG_PATH, "%s%s%s", machine.root.path,
		 cgroup ? "/" : "", cgroup ? below : "");
}

static int open_cgroup(int cgroup, const char *path)
{
	char events[LONG_PATH + 16];
	struct stat stat;
	int i;

	memset(&cgroups[cgroup], 0, sizeof(cgroups[cgroup]));
	cgroups[cgroup].directory =
		open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroups[cgroup].directory < 0 ||
	    fstat(cgroups[cgroup].directory, &stat))
		return -errno;
	cgroups[cgroup].id = stat.st_ino;
	for (i = 0; i < NR_FILES; i++)
		cgroups[cgroup].files[i] = openat(cgroups[cgroup].directory,
						  file_names[i],
						  O_RDONLY | O_CLOEXEC);
	snprintf(events, sizeof(events), "%s/cgroup.events", path);
	cgroups[cgroup].inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	inotify_add_watch(cgroups[cgroup].inotify, events, IN_MODIFY);
	cgroups[cgroup].populated = NONE;
	cgroups[cgroup].frozen = NONE;
	cgroups[cgroup].open = true;
	return 0;
}

static void close_cgroup(int cgroup)
{
	int i;

	if (!cgroups[cgroup].open)
		return;
	for (i = 0; i < NR_FILES; i++)
		close(cgroups[cgroup].files[i]);
	close(cgroups[cgroup].inotify);
	close(cgroups[cgroup].directory);
	cgroups[cgroup].open = false;
}

int machine_begin(const struct sequence *sequence)
{
	char name[32];
	int i, err;

	memset(shared->tasks, 0, sizeof(shared->tasks));
	memset(tasks, 0, sizeof(tasks));
	memset(machine.needs_pidns, 0, sizeof(machine.needs_pidns));
	for (i = 0; i < sequence->nr; i++)
		if (sequence->ops[i].hold == HOLD_AT_ZAP)
			machine.needs_pidns[(int)sequence->ops[i].task] = true;
	snprintf(name, sizeof(name), "s%lu", machine.number++);
	err = cgroup_create(&machine.root, &machine.parent, name);
	return err ?: open_cgroup(0, machine.root.path);
}

static bool worker_sleeps(int i)
{
	struct proc_stat stat;

	return !proc_stat(machine.workers[i], &stat) && stat.state == 'D';
}

/* The result of the worker's call, or OP_SLEEPS. */
static int await_worker(int i, bool may_sleep, int patience)
{
	long long until = now_ms() + patience;

	while (!await_word(&shared->workers[i].done, may_sleep ? 5 : patience))
		if (now_ms() >= until || (may_sleep && worker_sleeps(i)))
			return OP_SLEEPS;
	return shared->workers[i].result;
}

static int call(int kind, const char *path, const char *text, bool may_sleep,
		int patience)
{
	int i = machine.sleeping == 0, result;

	shared->workers[i].call = kind;
	snprintf(shared->workers[i].path, sizeof(shared->workers[i].path), "%s",
		 path);
	snprintf(shared->workers[i].text, sizeof(shared->workers[i].text), "%s",
		 text);
	shared->workers[i].done = 0;
	futex_set(&shared->workers[i].order, 1);
	result = await_worker(i, may_sleep, patience);
	if (result == OP_SLEEPS)
		machine.sleeping = i;
	return result;
}

/* The idle worker is the last to run: nothing else on this CPU can go on then. */
void machine_barrier(void)
{
	shared->workers[IDLER].call = CALL_NOTHING;
	shared->workers[IDLER].done = 0;
	futex_set(&shared->workers[IDLER].order, 1);
	await_word(&shared->workers[IDLER].done, BARRIER_MS);
}

int machine_await_call(int patience)
{
	int result;

	if (machine.sleeping == NONE)
		return MACHINE_FAILED;
	result = await_worker(machine.sleeping, false, patience);
	if (result != OP_SLEEPS)
		machine.sleeping = NONE;
	return result;
}

static int write_file_of(const struct model *m, int cgroup, const char *file,
			 const char *text, bool may_sleep, int patience)
{
	char path[LONG_PATH + 64], directory[LONG_PATH];

	path_of(m, cgroup, directory);
	snprintf(path, sizeof(path), "%s/%s", directory, file);
	return call(CALL_WRITE, path, text, may_sleep, patience);
}

static int do_mkdir(const struct model *m, const struct op *op, int patience)
{
	char path[LONG_PATH];
	int err;

	snprintf(path, sizeof(path), "%s/%s", machine.root.path, op->path);
	err = call(CALL_MKDIR, path, "", false, patience);
	return err ?: open_cgroup(m->nr_cgroups, path);
}

static int do_rmdir(const struct model *m, int cgroup, int patience)
{
	char path[LONG_PATH];
	int err;

	path_of(m, cgroup, path);
	err = call(CALL_RMDIR, path, "", false, patience);
	if (!err)
		close_cgroup(cgroup);
	return err;
}

static int open_pidfd(int i)
{
	int fd = syscall(SYS_pidfd_open, tasks[i].tid,
			 tasks[i].process == tasks[i].tid ? 0 : PIDFD_THREAD);

	if (fd < 0)
		return -errno;
	tasks[i].pidfds[tasks[i].nr_pidfds++] = fd;
	return 0;
}

static void add_task(int i, pid_t process, pid_t tid)
{
	tasks[i].process = process;
	tasks[i].tid = tid;
	open_pidfd(i);
	shared->tasks[i].tid = tid;
}

static enum task_state observe_task(int task)
{
	struct proc_stat stat;

	if (thread_stat(tasks[task].process, tasks[task].tid, &stat))
		return TASK_GONE;
	if (stat.state == 'Z' || stat.state == 'X')
		return TASK_DEAD;
	return stat.flags & PF_EXITING ? TASK_HELD : TASK_LIVE;
}

/* A frozen task never is: it need not be. */
static bool has_begun(const struct model *m, int i, int cgroup)
{
	return load(&shared->tasks[i].ready) || is_freezing(m, cgroup) ||
	       observe_task(i) != TASK_LIVE;
}

static int do_fork(const struct model *m, const struct op *op, int cgroup)
{
	int i = m->nr_tasks;
	pid_t pid = fork_into(cgroups[cgroup].directory,
			      machine.needs_pidns[(int)op->task] ?
				      CLONE_NEWPID :
				      0);

	if (!pid)
		be_task(i);
	if (pid < 0)
		return -errno;
	add_task(i, pid, pid);
	return WAIT_FOR(has_begun(m, i, cgroup), PATIENCE_MS) ? 0 :
								MACHINE_FAILED;
}

/* The thread of @process that has no number yet. */
static pid_t find_new_thread(pid_t process)
{
	struct dirent *entry;
	pid_t found = 0;
	char path[40];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", process);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);
		int i;

		for (i = 0; i < MAX_TASKS && tasks[i].tid != tid; i++)
			;
		if (tid > 0 && i == MAX_TASKS)
			found = tid;
	}
	if (dir)
		closedir(dir);
	return found;
}

static int do_thread(const struct model *m, int task)
{
	bool hold_flush = shared->tasks[task].hold_flush, done;
	int i = m->nr_tasks;
	pid_t tid;

	/* If clone(2) fails, the caller closes the files of the thread. */
	shared->tasks[task].hold_flush = false;
	shared->tasks[task].argument = i;
	shared->tasks[task].done = 0;
	futex_set(&shared->tasks[task].order, ORDER_THREAD);
	done = await_word(&shared->tasks[task].done, PATIENCE_MS);
	shared->tasks[task].hold_flush = hold_flush;
	if (!done)
		return MACHINE_FAILED;
	if (shared->tasks[task].result)
		return shared->tasks[task].result;
	tid = find_new_thread(tasks[task].process);
	if (!tid)
		return MACHINE_FAILED;
	add_task(i, tasks[task].process, tid);
	return 0;
}

static int ask_helper(pid_t pid, int patience)
{
	shared->helper.pid = pid;
	shared->helper.done = 0;
	futex_set(&shared->helper.order, 1);
	return await_word(&shared->helper.done, patience) ?
		       shared->helper.result :
		       -ETIMEDOUT;
}

static int do_arm(int task, enum hold hold)
{
	if (hold == HOLD_AT_FLUSH)
		shared->tasks[task].hold_flush = true;
	if (hold != HOLD_AT_ZAP)
		return 0;
	tasks[task].witness = ask_helper(tasks[task].process, PATIENCE_MS);
	return tasks[task].witness > 0 ? 0 : MACHINE_FAILED;
}

static int do_release(enum hold held, int task)
{
	struct blocking_file request = machine.file;

	if (held == HOLD_AT_ZAP) {
		if (ask_helper(-tasks[task].witness, PATIENCE_MS) < 0)
			return MACHINE_FAILED;
		tasks[task].witness = 0;
		return 0;
	}
	shared->tasks[task].hold_flush = false;
	request.pending = shared->tasks[task].flush;
	shared->tasks[task].flush = 0;
	blocking_file_release(&request);
	return 0;
}

static int do_reap(int task, int patience)
{
	if (!WAIT_FOR(waitpid(tasks[task].process, NULL, WNOHANG), patience))
		return -ETIMEDOUT;
	return 0;
}

/* A thread that executes a program becomes the leader, when all other threads are gone. */
static void do_exec(const struct model *m, int task)
{
	int leader = m->tasks[task].leader;

	shared->tasks[task].argument = leader;
	shared->tasks[leader].ready = 0;
	shared->tasks[leader].order =
		ORDER_NONE; /* the leader that was may have exited by it */
	futex_set(&shared->tasks[task].order, ORDER_EXEC);
}

static int do_policy(int task, enum policy policy)
{
	static const int policies[] = { SCHED_OTHER, SCHED_BATCH, SCHED_FIFO };
	struct sched_param param = { .sched_priority = policy == POLICY_FIFO };

	return sched_setscheduler(tasks[task].tid, policies[policy], &param) ?
		       -errno :
		       0;
}

int machine_do(const struct model *m, const struct op *op, bool may_sleep,
	       int patience)
{
	int cgroup = op->path[0] ? model_cgroup(m, op->path) : NONE;
	int task = op->task ? model_task(m, op->task) : NONE;
	char text[32];

	switch (op->kind) {
	case OP_MKDIR:
		return do_mkdir(m, op, patience);
	case OP_RMDIR:
		return do_rmdir(m, cgroup, patience);
	case OP_ENABLE:
	case OP_DISABLE:
		snprintf(text, sizeof(text), "%c%s",
			 op->kind == OP_ENABLE ? '+' : '-',
			 controller_names[op->controller]);
		return write_file_of(m, cgroup, "cgroup.subtree_control", text,
				     may_sleep, patience);
	case OP_THREADED:
		return write_file_of(m, cgroup, "cgroup.type", "threaded",
				     may_sleep, patience);
	case OP_FREEZE:
	case OP_THAW:
		return write_file_of(m, cgroup, "cgroup.freeze",
				     op->kind == OP_FREEZE ? "1" : "0", false,
				     patience);
	case OP_KILL:
		return write_file_of(m, cgroup, "cgroup.kill", "1", false,
				     patience);
	case OP_MAX:
		snprintf(text, sizeof(text), "%d", op->number);
		return write_file_of(m, cgroup, "pids.max",
				     op->number == UNLIMITED ? "max" : text,
				     false, patience);
	case OP_FORK:
		return do_fork(m, op, cgroup);
	case OP_THREAD:
		return do_thread(m, task);
	case OP_MOVE:
	case OP_MOVE_THREAD:
		snprintf(text, sizeof(text), "%d", tasks[task].tid);
		return write_file_of(m, cgroup,
				     op->kind == OP_MOVE ? "cgroup.procs" :
							   "cgroup.threads",
				     text, false, patience);
	case OP_EXEC:
		do_exec(m, task);
		return 0;
	case OP_PIDFD:
		return open_pidfd(task);
	case OP_NICE:
		return setpriority(PRIO_PROCESS, tasks[task].tid, op->number) ?
			       -errno :
			       0;
	case OP_POLICY:
		return do_policy(task, op->number);
	case OP_AFFINITY:
		return sched_setaffinity(tasks[task].tid, sizeof(cpu_set_t),
					 &machine.all_cpus) ?
			       -errno :
			       0;
	case OP_ARM:
		return do_arm(task, op->hold);
	case OP_EXIT:
		if (do_arm(task, op->hold))
			return MACHINE_FAILED;
		futex_set(&shared->tasks[task].order, ORDER_EXIT);
		return 0;
	case OP_SIGKILL:
		return kill(tasks[task].process, SIGKILL) ? -errno : 0;
	case OP_RELEASE:
		return do_release(m->tasks[task].held, task);
	case OP_REAP:
		return do_reap(task, patience);
	case OP_LOAD:
	case OP_LOAD_LOOKUP:
		return machine_scheduler->load(op->kind == OP_LOAD_LOOKUP);
	case OP_UNLOAD:
		return machine_scheduler->unload();
	default:
		return 0;
	}
}

static bool is_at_hold(enum hold held, int task)
{
	struct proc_stat stat;

	if (held == HOLD_AT_FLUSH)
		return shared->tasks[task].flush;
	return observe_task(task) == TASK_HELD &&
	       !proc_stat(tasks[task].witness, &stat) && stat.state == 'Z';
}

bool machine_await_holds(const struct model *m, int patience)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].state == TASK_HELD &&
		    !WAIT_FOR(is_at_hold(m->tasks[i].held, i), patience))
			return false;
	return true;
}

static ssize_t read_whole(int fd, char *text, size_t size)
{
	ssize_t len = pread(fd, text, size - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	return len;
}

int machine_task(const struct model *m, pid_t tid)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (tasks[i].tid == tid)
			return i;
	return NONE;
}

pid_t machine_tid(int task)
{
	return tasks[task].tid;
}

int machine_cgroup(const struct model *m, unsigned long long id)
{
	int i;

	for (i = 0; i < m->nr_cgroups; i++)
		if (cgroups[i].id == id)
			return i;
	return NONE;
}

/* Bit 30: a task that the explorer did not start. NONE if it cannot be read. */
static int read_list(const struct model *m, int fd, int *zeros)
{
	char text[512], *at = text, *end;
	int set = 0;

	if (read_whole(fd, text, sizeof(text)) < 0)
		return NONE;
	for (;; at = end) {
		long tid = strtol(at, &end, 10);
		int i;

		if (end == at)
			return set;
		if (!tid) {
			++*zeros;
			continue;
		}
		i = machine_task(m, tid);
		set |= 1 << (i == NONE ? 30 : i);
	}
}

/* The number after "key " on its own line; NONE. */
static int find_key(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, key, len) && text[len] == ' ')
			return atoi(text + len + 1);
	}
	return NONE;
}

static int read_number_in(int directory, const char *file, const char *key)
{
	int fd = openat(directory, file, O_RDONLY | O_CLOEXEC), value = NONE;
	char text[128];

	if (fd < 0)
		return NONE;
	if (read_whole(fd, text, sizeof(text)) > 0)
		value = key ? find_key(text, key) : atoi(text);
	close(fd);
	return value;
}

static bool is_notified(int fd, int ms)
{
	struct pollfd events = { .fd = fd, .events = POLLPRI };

	return poll(&events, 1, ms) == 1 && (events.revents & POLLPRI);
}

/* Sooner than this the kernel need not notify again: CGROUP_FILE_NOTIFY_MIN_INTV. */
#define NOTIFY_MS 500

/* Whether there was an event since the last call. */
static bool had_inotify_event(int fd)
{
	char events[1024];
	bool had = false;

	while (read(fd, events, sizeof(events)) > 0)
		had = true;
	return had;
}

static void observe_events(int cgroup, struct cgroup_view *view, int *missed)
{
	int fd = cgroups[cgroup].files[FILE_EVENTS];
	bool notified = is_notified(fd, 0), changed;
	char text[128];

	read_whole(fd, text, sizeof(text));
	view->populated.low = find_key(text, "populated");
	view->frozen.low = find_key(text, "frozen");
	changed = cgroups[cgroup].populated != NONE &&
		  (cgroups[cgroup].populated != view->populated.low ||
		   cgroups[cgroup].frozen != view->frozen.low);
	cgroups[cgroup].populated = view->populated.low;
	cgroups[cgroup].frozen = view->frozen.low;
	if (!changed)
		return;
	notified = notified || is_notified(fd, NOTIFY_MS);
	/* A notification between the poll and the read is seen by inotify only. */
	if (!had_inotify_event(cgroups[cgroup].inotify) && !notified)
		*missed = cgroup;
}

static void observe_stat(int fd, struct cgroup_view *view)
{
	char text[2048], key[40];
	int i;

	read_whole(fd, text, sizeof(text));
	view->descendants.low = find_key(text, "nr_descendants");
	view->dying.low = find_key(text, "nr_dying_descendants");
	for (i = 0; i < NR_CONTROLLERS; i++) {
		snprintf(key, sizeof(key), "nr_dying_subsys_%s",
			 controller_names[i]);
		view->dying_csses[i].low = find_key(text, key);
	}
}

static int observe_controllers(int fd)
{
	char text[256];
	int i, set = 0;

	read_whole(fd, text, sizeof(text));
	for (i = 0; i < NR_CONTROLLERS; i++)
		if (cgroup_lists_controller(text, controller_names[i]))
			set |= 1 << i;
	return set;
}

static int observe_type(int fd)
{
	char text[64];

	read_whole(fd, text, sizeof(text));
	if (!strcmp(text, "domain\n"))
		return TYPE_DOMAIN;
	if (!strcmp(text, "domain threaded\n"))
		return TYPE_THREAD_ROOT;
	if (!strcmp(text, "threaded\n"))
		return TYPE_THREADED;
	return !strcmp(text, "domain invalid\n") ? TYPE_INVALID : NONE;
}

static void observe_lists(const struct model *m, int cgroup,
			  struct cgroup_view *view)
{
	view->zeros.low = 0;
	view->procs.low = read_list(m, cgroups[cgroup].files[FILE_PROCS],
				    &view->zeros.low);
	view->threads.low = read_list(m, cgroups[cgroup].files[FILE_THREADS],
				      &view->zeros.low);
}

static void observe_cgroup(const struct model *m, int cgroup,
			   struct cgroup_view *view, int *missed)
{
	observe_lists(m, cgroup, view);
	observe_events(cgroup, view, missed);
	observe_stat(cgroups[cgroup].files[FILE_STAT], view);
	view->controllers.low =
		observe_controllers(cgroups[cgroup].files[FILE_CONTROLLERS]);
	view->type.low = observe_type(cgroups[cgroup].files[FILE_TYPE]);
	view->pids.low =
		read_number_in(cgroups[cgroup].directory, "pids.current", NULL);
	view->events.low =
		read_number_in(cgroups[cgroup].directory, "pids.events", "max");
}

/* The cgroup that /proc/PID/cgroup names: see struct view. NONE if it is no cgroup of ours. */
static int observe_home(const struct model *m, int task)
{
	char file[64], text[4096], root[40], path[PATH_SIZE], name[40], *at,
		*end;
	int i;

	snprintf(file, sizeof(file), "/proc/%d/task/%d/cgroup",
		 tasks[task].process, tasks[task].tid);
	snprintf(root, sizeof(root), "/s%lu", machine.number - 1);
	if (read_file(file, text, sizeof(text)) <= 0)
		return NONE;
	at = strstr(text, root);
	if (!at)
		return NONE;
	at += strlen(root);
	end = strchr(at, '\n');
	if (end)
		*end = '\0';
	/* Names are used again: prefer the one that is expected. */
	for (i = -1; i < m->nr_cgroups; i++) {
		int cgroup = i < 0 ? m->tasks[task].cgroup : i;

		model_path(m, cgroup, path);
		snprintf(name, sizeof(name), "%s%s%s", cgroup ? "/" : "",
			 cgroup ? path : "",
			 m->cgroups[cgroup].removed ? " (deleted)" : "");
		if (!strcmp(at, name))
			return cgroup +
			       (m->cgroups[cgroup].removed ? MAX_CGROUPS : 0);
	}
	return NONE;
}

static enum pidfd_view observe_pidfd(int fd)
{
	struct pollfd pidfd = { .fd = fd, .events = POLLIN };

	if (poll(&pidfd, 1, 0) <= 0)
		return PIDFD_QUIET;
	return pidfd.revents & POLLHUP ? PIDFD_HUNG_UP : PIDFD_READABLE;
}

static enum pidfd_view observe_pidfds(int task)
{
	enum pidfd_view first = observe_pidfd(tasks[task].pidfds[0]);
	int i;

	for (i = 1; i < tasks[task].nr_pidfds; i++)
		if (observe_pidfd(tasks[task].pidfds[i]) != first)
			return PIDFDS_DIFFER;
	return first;
}

static int observe_scheduling(const struct model *m, int task)
{
	static const int policies[] = {
		[SCHED_BATCH] = POLICY_BATCH, [SCHED_FIFO] = POLICY_FIFO
	};
	int policy = sched_getscheduler(tasks[task].tid);
	bool everywhere = m->tasks[task].everywhere;
	cpu_set_t set;

	if (sched_getaffinity(tasks[task].tid, sizeof(set), &set) ||
	    policy < 0 || policy > SCHED_BATCH)
		return NONE;
	/* With one CPU there is no difference. */
	if (!CPU_EQUAL(&machine.cpu, &machine.all_cpus))
		everywhere = CPU_EQUAL(&set, &machine.all_cpus);
	return SCHEDULING(getpriority(PRIO_PROCESS, tasks[task].tid),
			  policies[policy], everywhere);
}

static void observe_one_task(const struct model *m, int task,
			     struct task_view *view)
{
	view->believed.low = NONE;
	view->state.low = observe_task(task);
	view->pidfd.low = observe_pidfds(task);
	if (m->tasks[task].state == TASK_GONE)
		return;
	view->home.low = observe_home(m, task);
	view->scheduling.low = observe_scheduling(m, task);
}

void machine_observe(const struct model *m, struct view *observed, int *missed)
{
	int i;

	memset(observed, 0, sizeof(*observed));
	*missed = NONE;
	for (i = 0; i < m->nr_tasks; i++)
		observe_one_task(m, i, &observed->tasks[i]);
	if (machine_scheduler && m->loaded)
		machine_scheduler->observe(m, observed);
	for (i = 0; i < m->nr_cgroups; i++)
		if (!m->cgroups[i].removed && cgroups[i].open)
			observe_cgroup(m, i, &observed->cgroups[i], missed);
}

bool machine_look_early(const struct model *m, const struct op *op,
			struct view *observed)
{
	struct pollfd pidfd = {};
	int task;

	for (task = 0; task < m->nr_tasks && m->tasks[task].name != op->task;
	     task++)
		;
	/* A thread that has released its tid hangs up; of a dead process wait(2) tells. */
	if (m->tasks[task].leader == task)
		pidfd.events = POLLIN;
	if (m->tasks[task].leader == task ? !is_reapable(m, task) :
					    m->tasks[task].state != TASK_GONE)
		return false;
	pidfd.fd = tasks[task].pidfds[0];
	if (!tasks[task].nr_pidfds || poll(&pidfd, 1, PATIENCE_MS) != 1)
		return false;
	observe_lists(m, m->tasks[task].cgroup,
		      &observed->cgroups[m->tasks[task].cgroup]);
	return true;
}

static bool reap_everything(void)
{
	int i;
	bool left = false;

	for (i = 0; i < MAX_TASKS; i++) {
		pid_t pid = tasks[i].process;

		if (!pid || pid != tasks[i].tid)
			continue;
		if (waitpid(pid, NULL, WNOHANG))
			tasks[i].process = 0;
		else
			left = true;
	}
	return !left;
}

/* Whatever the model believes: it may be wrong. */
static void release_everything(void)
{
	int i;

	for (i = 0; i < MAX_TASKS; i++) {
		shared->tasks[i].hold_flush = false;
		if (tasks[i].process && tasks[i].process == tasks[i].tid)
			kill(tasks[i].process, SIGKILL);
	}
	for (i = 0; i < MAX_TASKS; i++) {
		if (shared->tasks[i].flush)
			do_release(HOLD_AT_FLUSH, i);
		if (tasks[i].witness > 0) {
			kill(tasks[i].witness, SIGKILL);
			do_release(HOLD_AT_ZAP, i);
		}
	}
}

static void forget_tasks(void)
{
	int i, j;

	for (i = 0; i < MAX_TASKS; i++)
		for (j = 0; j < tasks[i].nr_pidfds; j++)
			close(tasks[i].pidfds[j]);
	memset(tasks, 0, sizeof(tasks));
}

bool machine_end(struct reason *reason)
{
	int i, err;

	release_everything();
	if (!WAIT_FOR((release_everything(), reap_everything()), PATIENCE_MS)) {
		reason_set(reason, "a task does not die");
		return false;
	}
	forget_tasks();
	for (i = 0; i < MAX_CGROUPS; i++)
		close_cgroup(i);
	if (machine.sleeping != NONE &&
	    machine_await_call(PATIENCE_MS) == OP_SLEEPS) {
		reason_set(reason,
			   "a call sleeps although all tasks are reaped");
		return false;
	}
	err = cgroup_remove(&machine.root);
	if (err)
		reason_set(reason, "the cgroups cannot be removed: %s",
			   strerror(-err));
	return !err;
}

long machine_leftover(void)
{
	return cgroup_read_key(&machine.parent, "cgroup.stat",
			       "nr_dying_descendants");
}
