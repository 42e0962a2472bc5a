// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_identity - a task keeps its tid for life, and no other task ever has it.
 *
 * The invariant. Fork assigns p->scx.tid. It is not 0. No two tasks have the same tid,
 * threads and kernel threads included, and no later task gets that of a dead task. A
 * task keeps its tid when it calls execve(2), even if it thereby takes over its leader's
 * pid, and when its policy, cgroup, user or CPU changes.
 *
 * History. 41e3312861ea established it. Each CPU assigns tids from its own chunk of 1024:
 * forks on one CPU alone, or few forks, prove little.
 *
 * The window. There is none for the changes of a task. To show that no tid is reused,
 * the test forks on all CPUs at once, three chunks on each; a tracing program records
 * all tids. One task in twenty is a process and the others are threads: the kernel
 * assigns their tids in the same place, and threads are faster. Then more forks follow,
 * until there were more forks than there are pids by default. The kernel assigns a tid
 * early in a fork, so a scheduler records it and refuses the fork, which takes less
 * time than a task that runs and exits. On a disposable machine the test takes a CPU
 * offline and online again (lib/hotplug.h): the CPU continues its chunk or gets a new
 * one, but none that was in use.
 *
 * Consequence. A scheduler mistakes one task for another.
 */
#include <bpf/bpf.h>
#include <sched.h>
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "bpf_refusal.h"
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

#define PIDS 32768 /* PID_MAX_DEFAULT */
#define PER_PROCESS 20 /* one task in 20 is a process, the others are threads */
#define CHUNK 1024 /* SCX_TID_CHUNK */
#define CHUNKS 3 /* the number of chunks that are forked on each CPU */
#define FEW 8 /* forks, less than a chunk */
#define MAX_CPUS 10 /* the log has no room for the forks of more CPUs */
#define OVERFLOW_ID 65534
#define FORK_MS (9 * PATIENCE_MS) /* for all forks of a test */

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
	test_skip_or_error(tid_flag(&flag, &test.reason));
	skel = SCHEDULER_OPEN(&scheduler, tid_identity);
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

	if (!log->nr || log->nr > TID_LOG_SIZE)
		test_error("the log has room for %d tids, not for %llu",
			   TID_LOG_SIZE, log->nr);
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
	int program = bpf_program__fd(skel->progs.record_existing);

	test_must_call(bpf_prog_test_run_opts(program, &opts),
		       "cannot record the tids of all tasks");
}

/* Records all tasks that are forked until the link is destroyed. */
static struct bpf_link *record_new_tasks(void)
{
	struct bpf_link *link = bpf_program__attach(skel->progs.record_new);
	int err = -errno;

	if (link)
		return link;
	reason_set(&test.reason,
		   "task_newtask cannot be traced with BPF: %s: CONFIG_BPF_EVENTS",
		   bpf_refusal(err));
	test_skip_or_error(bpf_classify(err));
	return NULL;
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

/* Functions that fork so many tasks; false if a fork fails. */
static bool fork_tasks(int tasks)
{
	while (tasks--)
		if (!(tasks % PER_PROCESS ? fork_thread() : fork_process()))
			return false;
	return true;
}

static bool fork_in_vain(int tasks)
{
	while (tasks--)
		fork_thread();
	return true;
}

/* A process that forks so many tasks on its CPU and exits. */
static void start_forker(struct forker *forker, bool (*fn)(int tasks),
			 int tasks)
{
	forker->pid = spawn(-1);
	if (!forker->pid) {
		/* The kernel then reaps its children. */
		signal(SIGCHLD, SIG_IGN);
		_exit(stay_on_cpu(forker->cpu) || !fn(tasks));
	}
	if (forker->pid < 0)
		test_error("cannot fork: %s", strerror(errno));
	forker->pidfd = syscall(SYS_pidfd_open, forker->pid, 0);
	if (forker->pidfd < 0)
		test_error("cannot open a pidfd of process %d: %s", forker->pid,
			   strerror(errno));
}

static __u64 recorded(void)
{
	return __atomic_load_n(&skel->bss->tids.nr, __ATOMIC_ACQUIRE);
}

/* Polling every millisecond would slow the forkers down. */
static void wait_for_forker(struct forker *forker, long long until)
{
	struct pollfd end = { .fd = forker->pidfd, .events = POLLIN };
	__u64 before;

	do {
		before = recorded();
		if (poll(&end, 1, PATIENCE_MS) == 1) {
			close(forker->pidfd);
			if (spawn_wait(forker->pid, PATIENCE_MS))
				test_error("cannot fork on CPU %d",
					   forker->cpu);
			return;
		}
		test_require(recorded() != before, FIX_NONE,
			     "process %d forks on CPU %d, and no fork begins within %d ms",
			     forker->pid, forker->cpu, PATIENCE_MS);
	} while (now_ms() < until);
	test_skip("too slow: the forks take more than %d s", FORK_MS / 1000);
}

/* The CPUs that the test may run on, at most TID_LOG_CPUS. */
static int list_cpus(int *cpus)
{
	cpu_set_t allowed;
	int cpu, nr = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		test_error("cannot read the CPU affinity: %s", strerror(errno));
	for (cpu = 0; cpu < TID_LOG_CPUS; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			cpus[nr++] = cpu;
	if (!nr)
		test_error("the test may run on none of the first %d CPUs",
			   TID_LOG_CPUS);
	return nr;
}

/* @tasks on each of the first @nr CPUs. */
static void fork_on_all(const int *cpus, int nr, bool (*fn)(int tasks),
			int tasks)
{
	static struct forker forkers[MAX_CPUS];
	static long long until;
	int i;

	if (!until)
		until = now_ms() + FORK_MS;
	for (i = 0; i < nr; i++) {
		forkers[i].cpu = cpus[i];
		start_forker(&forkers[i], fn, tasks);
	}
	for (i = 0; i < nr; i++)
		wait_for_forker(&forkers[i], until);
}

static void fork_chunks(const int *cpus, int nr)
{
	const __u32 *forks = skel->bss->tids.forks;
	struct bpf_link *link = record_new_tasks();
	int i;

	fork_on_all(cpus, nr, fork_tasks, CHUNKS * CHUNK);
	bpf_link__destroy(link);
	for (i = 0; i < nr; i++) {
		test_step("%u tasks were forked on CPU %d, one in %d a process",
			  forks[cpus[i]], cpus[i], PER_PROCESS);
		/* A fork that preempts the program on its CPU is not recorded. */
		if (forks[cpus[i]] < CHUNKS * CHUNK * 99 / 100)
			test_error("%u of %d forks on CPU %d were recorded",
				   forks[cpus[i]], CHUNKS * CHUNK, cpus[i]);
	}
}

/* Together more than PIDS, whatever is left of the chunks that the CPUs have begun. */
static void refuse_forks(const int *cpus, int nr)
{
	int forks = (PIDS + CHUNK * (nr + 1)) / nr - CHUNKS * CHUNK;
	const __u64 *refused = &skel->bss->tids.refused;

	skel->bss->refused_parent = getpid();
	scheduler_attach(&scheduler);
	fork_on_all(cpus, nr, fork_in_vain, forks);
	skel->bss->refused_parent = 0;
	if (!scheduler_detach(&scheduler))
		test_stop();
	test_step("%llu more forks have assigned a tid and were then refused",
		  *refused);
	if (*refused < (__u64)forks * nr)
		test_error("the scheduler has refused %llu of %d forks",
			   *refused, forks * nr);
}

TEST_INVARIANT(no_tid_is_reused,
	       "no two tasks ever have the same tid, with more forks on all CPUs at once than there are pids by default",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	int cpus[TID_LOG_CPUS], nr = list_cpus(cpus);

	if (nr > MAX_CPUS)
		nr = MAX_CPUS;
	record_existing_tasks();
	fork_chunks(cpus, nr);
	recorded_tids_must_be_unique();
	if (test_has_failed())
		return;
	refuse_forks(cpus, nr);
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
	err = setgid(OVERFLOW_ID) || setuid(OVERFLOW_ID) ? errno : 0;
	helper_report(socket, &err, sizeof(err));
	helper_await(socket);
}

static void start_subject(void (*fn)(int socket, const void *unused))
{
	test_must_call(helper_start(&subject, fn, NULL), "cannot fork a task");
	tid = get_tid(subject.pid);
}

static void order_subject(void)
{
	test_must_call(helper_order(&subject), "cannot wake task %d",
		       subject.pid);
}

static void must_execute(pid_t pid)
{
	test_require(WAIT_FOR(is_idle_exec(pid), PATIENCE_MS), FIX_NONE,
		     "execve(2) of process %d does not return", pid);
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
	order_subject();
	must_execute(subject.pid);
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
	test_require(leader != thread, FIX_NONE,
		     "a thread has its leader's tid");
	test_must_call(pidless_exit(&process), "cannot make leader %d exit",
		       process.pid);
	must_execute(process.pid);
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

		if (sched_setscheduler(subject.pid, to->policy, &param))
			test_error("cannot make task %d %s: %s", subject.pid,
				   to->name, strerror(errno));
		tid_must_not_change(to->name);
	}
}

static void change_user(void)
{
	int err;

	order_subject();
	test_require(helper_hear(&subject, &err, sizeof(err), PATIENCE_MS),
		     FIX_NONE, "task %d does not run after it was woken",
		     subject.pid);
	test_must_call(err, "task %d cannot change its user", subject.pid);
	tid_must_not_change("setuid");
}

static void tid_must_find_subject(void)
{
	if (!tid_look_up(skel->progs.lookup_tid, tid, subject.pid).same)
		test_fail(FIX_NONE,
			  "tid %llu of task %d does not find it after these changes",
			  tid, subject.pid);
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
	test_must_call(cgroup_add(&elsewhere, subject.pid),
		       "cannot move task %d to elsewhere", subject.pid);
	tid_must_not_change("a move to another cgroup");
	change_user();
	tid_must_find_subject();
	if (scheduler_detach(&scheduler))
		tid_must_not_change("unloading the scheduler");
}

static void fork_on(int cpu, int tasks)
{
	fork_on_all(&cpu, 1, fork_tasks, tasks);
	test_step("%d tasks are forked on CPU %d", tasks, cpu);
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
	test_must_call(stay_on_cpu(cpus[0]), "cannot stay on CPU %d", cpus[0]);
	start_subject(exec_on_order);
	test_must_call(keep_on_cpu(subject.pid, cpu),
		       "cannot bind task %d to CPU %d", subject.pid, cpu);
	record_existing_tasks();
	link = record_new_tasks();
	/* Now the chunk of the CPU is in use; later each CPU takes another chunk. */
	fork_on(cpu, FEW);

	test_must_call(hotplug_offline(&hotplug, cpu),
		       "cannot take CPU %d offline", cpu);
	tid_must_not_change("taking its CPU offline");
	fork_on(cpus[0], CHUNK + 1);
	test_must_call(hotplug_online(&hotplug), "cannot take CPU %d online",
		       cpu);
	tid_must_not_change("taking its CPU online");
	fork_on(cpu, CHUNK + 1);
	bpf_link__destroy(link);
	recorded_tids_must_be_unique();
}
