// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_identity - a task keeps its tid for life, and no other task ever has it.
 *
 * The invariant. Fork assigns p->scx.tid. It is not 0. No two tasks have the same tid,
 * threads and kernel threads included, and no later task gets that of a dead task. A
 * task keeps its tid over execve(2), even a thread that takes its leader's pid by it,
 * and whatever else about the task changes.
 *
 * Who established it. 41e3312861ea. Each CPU assigns tids from its own chunk of 1024:
 * forks on one CPU alone, or few forks, prove little.
 *
 * How the window is opened. There is none for the changes of a task. To show that no
 * tid is reused, the test forks 34000 tasks, more than there are pids by default, on
 * all CPUs at once, several chunks on each; a tracing program records all tids. One
 * task in twenty is a process and the others are threads: the kernel assigns their
 * tids in the same place, and threads are faster. On a disposable machine the test
 * takes a CPU offline and online again (lib/hotplug.h): the CPU continues its chunk or
 * gets a new one, but none that was in use.
 *
 * What a failure means. A scheduler mistakes one task for another.
 */
#include <bpf/bpf.h>
#include <sched.h>
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "helper.h"
#include "hotplug.h"
#include "idle_exec.h"
#include "pidless.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_identity.h"
#include "tid_query.h"
#include "tid_identity.skel.h"

PRELOAD_SCHEDULER(tid_identity, "SCX_OPS_TID_TO_TASK")

#define TASKS 34000 /* more than PID_MAX_DEFAULT */
#define PER_PROCESS 20 /* one task in so many is a process, not a thread */
#define CHUNK 1024
#define OVERFLOW_ID 65534
#define FORK_MS (10 * PATIENCE_MS)

static struct scheduler scheduler;
static struct tid_identity *skel;
static struct pidless process;
static struct hotplug hotplug;

static struct helper subject; /* its tid must not change ... */
static __u64 tid; /* ... from this */

static void setup(void)
{
	unsigned long long flag;

	need_sched_ext();
	test_need(tid_flag(&flag, &test.reason));
	skel = SCHEDULER_OPEN(&scheduler, tid_identity);
	ASSERT_NE(NULL, skel);
	skel->struct_ops.ops->flags |= flag;
	scheduler_load(&scheduler);
}

static __u64 get_tid(pid_t pid)
{
	return tid_get(skel->progs.tid_of_pid, pid);
}

static int compare_tids(const void *one, const void *other)
{
	__u64 a = *(const __u64 *)one, b = *(const __u64 *)other;

	return a < b ? -1 : a > b;
}

/* Sorts the log. */
static void recorded_tids_must_be_unique(void)
{
	struct tid_log *log = &skel->bss->tids;
	__u64 i;

	ASSERT_LE(log->nr, (__u64)TID_LOG_SIZE);
	qsort(log->tid, log->nr, sizeof(log->tid[0]), compare_tids);
	test_step("%llu tasks have tids from %llu to %llu", log->nr,
		  log->tid[0], log->tid[log->nr - 1]);
	if (!log->tid[0])
		test_fail(FIX_NONE, "a task has tid 0");
	for (i = 1; i < log->nr; i++) {
		if (log->tid[i] != log->tid[i - 1])
			continue;
		test_fail(FIX_NONE, "two tasks have had tid %llu", log->tid[i]);
		break;
	}
}

static void record_existing_tasks(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	ASSERT_EQ(0,
		  bpf_prog_test_run_opts(bpf_program__fd(skel->progs
								 .record_existing),
					 &opts));
}

/* Until the link that it returns is destroyed. */
static struct bpf_link *record_new_tasks(void)
{
	struct bpf_link *link = bpf_program__attach(skel->progs.record_new);

	ASSERT_NE(NULL, link);
	return link;
}

TEST_INVARIANT(every_task_has_a_unique_tid,
	       "every task, thread and kernel thread has a tid, which is not 0 and which no other task has",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	__u64 leader, thread, kernel_thread;

	pidless_start(&process, PIDLESS_THREAD, SCHED_OTHER);
	leader = get_tid(process.releaser.pid);
	thread = get_tid(process.pid);
	kernel_thread = get_tid(2);
	test_step("these are a leader, its thread and kthreadd");
	if (leader == thread || thread == kernel_thread ||
	    kernel_thread == leader)
		test_fail(FIX_NONE, "two live tasks have the same tid");
	record_existing_tasks();
	recorded_tids_must_be_unique();
}

static bool fork_process(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(EXIT_SUCCESS);
	return pid > 0;
}

static int exit_at_once(void *unused)
{
	(void)unused;
	exit_thread();
}

/* CLONE_VFORK: it returns when the thread no longer uses the stack. */
static bool fork_thread(void)
{
	static char stack[16384] __aligned(16);

	return clone(exit_at_once, stack + sizeof(stack),
		     CLONE_VM | CLONE_VFORK | CLONE_FS | CLONE_FILES |
			     CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		     NULL) > 0;
}

struct forker {
	int cpu;
	pid_t pid;
	int pidfd;
};

/* A process that forks so many tasks on its CPU and exits. */
static void start_forker(struct forker *forker, int tasks)
{
	forker->pid = spawn(-1);
	if (!forker->pid) {
		if (stay_on_cpu(forker->cpu))
			_exit(EXIT_FAILURE);
		/* The kernel then reaps its children. */
		signal(SIGCHLD, SIG_IGN);
		while (tasks-- &&
		       (tasks % PER_PROCESS ? fork_thread() : fork_process()))
			;
		_exit(tasks < 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	ASSERT_LT(0, forker->pid);
	forker->pidfd = syscall(SYS_pidfd_open, forker->pid, 0);
	ASSERT_LE(0, forker->pidfd);
}

/* Polling every millisecond would slow the forkers down. False on a timeout. */
static bool wait_for_forker(struct forker *forker, long long until)
{
	struct pollfd end = { .fd = forker->pidfd, .events = POLLIN };
	long long left = until - now_ms();

	if (poll(&end, 1, left > 0 ? left : 0) != 1)
		return false;
	close(forker->pidfd);
	ASSERT_EQ(0, spawn_wait(forker->pid, PATIENCE_MS));
	return true;
}

/* The CPUs that the test may run on, at most TID_LOG_CPUS. */
static int list_cpus(int *cpus)
{
	cpu_set_t allowed;
	int cpu, nr = 0;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(allowed), &allowed));
	for (cpu = 0; cpu < TID_LOG_CPUS; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			cpus[nr++] = cpu;
	return nr;
}

/* The same number of tasks on each of the first @nr CPUs. */
static void fork_on_all(const int *cpus, int nr)
{
	static struct forker forkers[TID_LOG_CPUS];
	long long until;
	int i;

	for (i = 0; i < nr; i++) {
		forkers[i].cpu = cpus[i];
		start_forker(&forkers[i], TASKS / nr);
	}
	until = now_ms() + FORK_MS;
	for (i = 0; i < nr; i++)
		if (!wait_for_forker(&forkers[i], until))
			test_skip("too slow: %d forks take more than %d s",
				  TASKS, FORK_MS / 1000);
}

TEST_INVARIANT(no_tid_is_reused,
	       "no two tasks ever have the same tid, with 34000 tasks forked on all CPUs at once",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	const __u32 *forks = skel->bss->tids.forks;
	int cpus[TID_LOG_CPUS], nr = list_cpus(cpus), i;
	struct bpf_link *link;

	/* On a machine with many CPUs, three chunks on each of some of them. */
	if (nr > TASKS / (3 * CHUNK))
		nr = TASKS / (3 * CHUNK);
	ASSERT_LT(0, nr);
	record_existing_tasks();
	link = record_new_tasks();
	fork_on_all(cpus, nr);
	bpf_link__destroy(link);
	for (i = 0; i < nr; i++) {
		test_step("%u tasks were forked on CPU %d, one in %d a process",
			  forks[cpus[i]], cpus[i], PER_PROCESS);
		/* A fork that preempts the program on its CPU is not recorded. */
		ASSERT_LT((__u32)(TASKS / nr * 99 / 100), forks[cpus[i]]);
	}
	recorded_tids_must_be_unique();
}

static void exec_on_order(int socket, const void *unused)
{
	(void)unused;
	if (helper_await(socket))
		exec_idle();
}

static void setuid_on_order(int socket, const void *unused)
{
	int err;

	(void)unused;
	if (!helper_await(socket))
		return;
	err = setgid(OVERFLOW_ID) ?: setuid(OVERFLOW_ID);
	helper_report(socket, &err, sizeof(err));
	helper_await(socket);
}

static void start_subject(void (*fn)(int socket, const void *unused))
{
	ASSERT_EQ(0, helper_start(&subject, fn, NULL));
	tid = get_tid(subject.pid);
}

static void tid_must_not_change(const char *by)
{
	test_step("after %s", by);
	if (get_tid(subject.pid) != tid)
		test_fail(FIX_NONE, "%s changes the tid of a task", by);
}

TEST_INVARIANT(execve_keeps_the_tid, "a task keeps its tid over execve",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	start_subject(exec_on_order);
	ASSERT_EQ(0, helper_order(&subject));
	ASSERT_TRUE(WAIT_FOR(is_idle_exec(subject.pid), PATIENCE_MS));
	tid_must_not_change("execve");
}

TEST_INVARIANT(thread_that_takes_a_pid_keeps_its_tid,
	       "a thread that takes its leader's pid by execve keeps its own tid",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	__u64 leader, thread, now;

	pidless_start(&process, PIDLESS_EXEC, SCHED_OTHER);
	leader = get_tid(process.pid);
	thread = get_tid(process.successor);
	if (leader == thread) {
		test_fail(FIX_NONE, "a thread has its leader's tid");
		test_stop();
	}
	ASSERT_EQ(0, pidless_exit(&process));
	ASSERT_TRUE(WAIT_FOR(is_idle_exec(process.pid), PATIENCE_MS));
	test_step("the thread has called execve");
	now = get_tid(process.pid);
	if (now != thread)
		test_fail(FIX_NONE, "a thread that takes the leader's pid %s",
			  now == leader ? "takes its tid as well" :
					  "gets another tid");
}

struct policy {
	int policy;
	int priority;
	const char *name;
};

static const struct policy policies[] = {
	{ SCHED_FIFO, 1, "SCHED_FIFO" },   { SCHED_EXT, 0, "SCHED_EXT" },
	{ SCHED_RR, 1, "SCHED_RR" },	   { SCHED_BATCH, 0, "SCHED_BATCH" },
	{ SCHED_OTHER, 0, "SCHED_OTHER" },
};

static void change_policy(void)
{
	const struct policy *to;

	for (to = policies; to < policies + ARRAY_SIZE(policies); to++) {
		struct sched_param param = { .sched_priority = to->priority };

		ASSERT_EQ(0,
			  sched_setscheduler(subject.pid, to->policy, &param));
		tid_must_not_change(to->name);
	}
}

static void change_user(void)
{
	int err;

	ASSERT_EQ(0, helper_order(&subject));
	ASSERT_TRUE(helper_hear(&subject, &err, sizeof(err), PATIENCE_MS));
	ASSERT_EQ(0, err);
	tid_must_not_change("setuid");
}

static void tid_must_find_subject(void)
{
	if (!tid_look_up(skel->progs.lookup_tid, tid, subject.pid).same)
		test_fail(FIX_NONE,
			  "the tid of a task does not find it after these changes");
}

TEST_INVARIANT(changes_of_a_task_keep_the_tid,
	       "a task keeps its tid when its policy, class, cgroup, user or scheduler changes",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	struct cgroup elsewhere;

	test_cgroup(&elsewhere, &test.root, "elsewhere");
	start_subject(setuid_on_order);
	change_policy();
	scheduler_attach(&scheduler);
	tid_must_not_change("loading a scheduler");
	change_policy();
	ASSERT_EQ(0, cgroup_add(&elsewhere, subject.pid));
	tid_must_not_change("a move to another cgroup");
	change_user();
	tid_must_find_subject();
	if (scheduler_detach(&scheduler))
		tid_must_not_change("unloading the scheduler");
}

/* So many tasks that the CPU needs another chunk of tids. */
static void fork_a_chunk(int cpu)
{
	struct forker forker = { .cpu = cpu };

	start_forker(&forker, CHUNK + 1);
	ASSERT_TRUE(wait_for_forker(&forker, now_ms() + FORK_MS));
	test_step("%d tasks are forked on CPU %d", CHUNK + 1, cpu);
}

TEST_INVARIANT(cpu_hotplug_keeps_the_tid,
	       "a task keeps its tid, and no other task gets it, when a CPU goes offline and online again",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	int cpus[TID_LOG_CPUS], nr = list_cpus(cpus), cpu = cpus[nr - 1];
	struct bpf_link *link;

	if (nr < 2)
		test_skip("this needs a second CPU");
	need_hotplug(cpu);
	ASSERT_EQ(0, stay_on_cpu(cpus[0]));
	start_subject(exec_on_order);
	ASSERT_EQ(0, keep_on_cpu(subject.pid, cpu));
	record_existing_tasks();
	link = record_new_tasks();
	fork_a_chunk(cpu);

	ASSERT_EQ(0, hotplug_offline(&hotplug, cpu));
	tid_must_not_change("taking its CPU offline");
	fork_a_chunk(cpus[0]);
	ASSERT_EQ(0, hotplug_online(&hotplug));
	tid_must_not_change("taking its CPU online");
	fork_a_chunk(cpu);
	bpf_link__destroy(link);
	recorded_tids_must_be_unique();
}
