// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_identity - a task keeps its tid for life, and nobody else ever has it.
 *
 * The invariant. p->scx.tid is given at fork. It is not 0, no two tasks have the
 * same, threads and kernel threads included, and no later task gets that of a
 * dead one. It stays with the task: over execve(2), also where a thread takes the
 * leader's pid by it, and whatever else is changed of the task.
 *
 * Who established it. 41e3312861ea. Tids are handed out by each CPU from a chunk
 * of 1024 of its own: what forks on one CPU alone, or a little, proves little.
 *
 * How the window is opened. None is needed for what is changed of a task. That no
 * tid is given twice is shown with 34000 tasks, which is more than there are pids by
 * default, forked on all CPUs at once, many chunks on each; a tracing program notes
 * all tids. One in twenty is a process, the others are threads: the kernel gives both
 * their tid in one place, and a thread is made and gone sooner. A CPU is taken away and
 * given back where that harms nobody (lib/hotplug.h): it goes on in its chunk, or has
 * another, but none that was used.
 *
 * What a failure means. A scheduler takes one task for another.
 */
#include <bpf/bpf.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "departing.h"
#include "hotplug.h"
#include "idler.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_identity.h"
#include "tid_query.h"
#include "tid_identity.skel.h"

#define TASKS 34000 /* more than PID_MAX_DEFAULT */
#define PROCESSES 20 /* one task in so many; the others are threads */
#define CHUNK 1024
#define NOBODY 65534

FIXTURE(scx_tid_identity)
{
	struct stage stage;
	struct scheduler scheduler;
	struct tid_identity *skel;
	struct departing departing;
	struct hotplug hotplug;
	pid_t subject; /* whose tid is to stay */
	__u64 tid; /* what it is */
};

FIXTURE_SETUP(scx_tid_identity)
{
	struct reason *reason = &self->stage.reason;
	unsigned long long flag;

	SET_STAGE();
	if (scheduler_possible(reason) || tid_flag(&flag, reason))
		LEAVE("%s", reason->text);
	self->skel = SCHEDULER_OPEN(&self->scheduler, tid_identity);
	ASSERT_NE(NULL, self->skel);
	self->skel->struct_ops.ops->flags |= flag;
	ASSERT_STAGED(scheduler_load(&self->scheduler, reason));
}

FIXTURE_TEARDOWN(scx_tid_identity)
{
	hotplug_give_back(&self->hotplug);
	scheduler_detach(&self->scheduler, &self->stage.story);
	departing_end(&self->departing);
	if (self->subject > 0)
		spawn_kill(self->subject, PATIENCE_MS);
	STRIKE_STAGE();
}

static __u64 tid_of(FIXTURE_DATA(scx_tid_identity) * self, pid_t pid)
{
	struct tid_query query = { .pid = pid };

	return tid_ask(self->skel->progs.tid_of_pid, &query) ? 0 : query.tid;
}

static int compare_tids(const void *one, const void *other)
{
	__u64 a = *(const __u64 *)one, b = *(const __u64 *)other;

	return a < b ? -1 : a > b;
}

/* Sorts what was noted. */
static void judge_noted(struct __test_metadata *_metadata,
			FIXTURE_DATA(scx_tid_identity) * self)
{
	struct tid_log *log = &self->skel->bss->tids;
	__u64 i;

	ASSERT_LE(log->nr, (__u64)TID_LOG_SIZE);
	qsort(log->tid, log->nr, sizeof(log->tid[0]), compare_tids);
	STEP("%llu tasks have tids from %llu to %llu", log->nr, log->tid[0],
	     log->tid[log->nr - 1]);
	if (!log->tid[0])
		BROKEN(FIX_NONE, "a task has tid 0");
	for (i = 1; i < log->nr; i++) {
		if (log->tid[i] != log->tid[i - 1])
			continue;
		BROKEN(FIX_NONE, "two tasks have had tid %llu", log->tid[i]);
		break;
	}
}

static int note_all(FIXTURE_DATA(scx_tid_identity) * self)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	return bpf_prog_test_run_opts(
		bpf_program__fd(self->skel->progs.note_all), &opts);
}

TEST_F(scx_tid_identity, every_task_has_one_of_its_own)
{
	struct departing *process = &self->departing;
	__u64 leader, thread, kernel_thread;

	/* Of a process with a thread, kthreadd, and all others. */
	ASSERT_STAGED(departing_start(process, DEPART_THREAD, SCHED_OTHER,
				      &self->stage.reason));
	leader = tid_of(self, process->holder);
	thread = tid_of(self, process->pid);
	kernel_thread = tid_of(self, 2);
	STEP("the tids of a leader, its thread and kthreadd: %llu, %llu, %llu",
	     leader, thread, kernel_thread);
	if (!leader || !thread || !kernel_thread)
		BROKEN(FIX_NONE, "a live task has tid 0");
	if (leader == thread || thread == kernel_thread ||
	    kernel_thread == leader)
		BROKEN(FIX_NONE, "two live tasks have the same tid");
	ASSERT_EQ(0, note_all(self));
	judge_noted(_metadata, self);
}

static bool fork_process(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(EXIT_SUCCESS);
	return pid > 0;
}

/* Only this thread: _exit(2) is exit_group(2). */
static int exit_thread(void *unused)
{
	(void)unused;
	syscall(SYS_exit, 0);
	return 0;
}

/* As with vfork(2), we go on when it is done with the stack. */
static bool fork_thread(void)
{
	static char stack[16384] __aligned(16);

	return clone(exit_thread, stack + sizeof(stack),
		     CLONE_VM | CLONE_VFORK | CLONE_FS | CLONE_FILES |
			     CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		     NULL) > 0;
}

/* A pidfd of it, which tells when it has ended, or -1. */
static int spawn_forker(int cpu, int tasks, pid_t *forker)
{
	*forker = spawn(-1);
	if (*forker)
		return *forker > 0 ? syscall(SYS_pidfd_open, *forker, 0) : -1;
	if (stay_on_cpu(cpu))
		_exit(EXIT_FAILURE);
	/* They are released without being waited for. */
	signal(SIGCHLD, SIG_IGN);
	while (tasks-- && (tasks % PROCESSES ? fork_thread() : fork_process()))
		;
	_exit(tasks < 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Asleep until then: who looks every millisecond takes the CPU from the forkers. */
static bool ends_before(long long until, int pidfd)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	long long left = until - now_ms();
	bool ended = poll(&end, 1, left > 0 ? left : 0) == 1;

	close(pidfd);
	return ended;
}

/* The CPUs that we may run on, at most TID_LOG_CPUS. */
static int list_cpus(int *cpus)
{
	cpu_set_t allowed;
	int cpu, nr = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return 0;
	for (cpu = 0; cpu < TID_LOG_CPUS; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			cpus[nr++] = cpu;
	return nr;
}

TEST_F(scx_tid_identity, none_is_given_twice)
{
	struct tid_log *log = &self->skel->bss->tids;
	int cpus[TID_LOG_CPUS], nr = list_cpus(cpus), i;
	/* On a machine with many CPUs, three chunks for each of some of them. */
	int used = nr < TASKS / (3 * CHUNK) ? nr : TASKS / (3 * CHUNK);
	pid_t forkers[TID_LOG_CPUS];
	int ends[TID_LOG_CPUS];
	struct bpf_link *link;
	long long until;

	ASSERT_LT(0, used);
	ASSERT_EQ(0, note_all(self));
	link = bpf_program__attach(self->skel->progs.note_new);
	ASSERT_NE(NULL, link);
	for (i = 0; i < used; i++) {
		ends[i] = spawn_forker(cpus[i], TASKS / used, &forkers[i]);
		ASSERT_LE(0, ends[i]);
	}
	until = now_ms() + 10 * PATIENCE_MS;
	for (i = 0; i < used; i++) {
		if (!ends_before(until, ends[i]))
			SKIP(return, "too slow: %d forks take more than %d s",
				   TASKS, 10 * PATIENCE_MS / 1000);
		ASSERT_EQ(0, spawn_wait(forkers[i], PATIENCE_MS));
	}
	bpf_link__destroy(link);
	for (i = 0; i < used; i++) {
		STEP("%u tasks were forked on CPU %d, one in %d a process",
		     log->forks[cpus[i]], cpus[i], PROCESSES);
		/* Who forks while another's note is being made there is not noted. */
		ASSERT_LT((__u32)(TASKS / used * 99 / 100),
			  log->forks[cpus[i]]);
	}
	judge_noted(_metadata, self);
}

/* It becomes nobody at one word, and another program at another. */
static void be_subject(int control)
{
	char word;

	while (read(control, &word, 1) == 1) {
		if (word == 'x')
			idler_exec();
		if (setgid(NOBODY) || setuid(NOBODY))
			break;
		send(control, &word, 1, MSG_NOSIGNAL);
	}
	_exit(EXIT_FAILURE);
}

/* A socket to it, or -1. */
static int start_subject(FIXTURE_DATA(scx_tid_identity) * self)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return -1;
	self->subject = spawn(sockets[1]);
	if (!self->subject)
		be_subject(sockets[1]);
	close(sockets[1]);
	self->tid = tid_of(self, self->subject);
	STEP("pid %d has tid %llu", self->subject, self->tid);
	return self->subject > 0 && self->tid ? sockets[0] : -1;
}

static void judge_tid(struct __test_metadata *_metadata,
		      FIXTURE_DATA(scx_tid_identity) * self, const char *change)
{
	__u64 now = tid_of(self, self->subject);

	STEP("%s: its tid is %llu", change, now);
	if (now != self->tid)
		BROKEN(FIX_NONE, "%s changes the tid of a task", change);
}

TEST_F(scx_tid_identity, stays_over_execve)
{
	int control = start_subject(self);

	ASSERT_LE(0, control);
	ASSERT_EQ(1, send(control, "x", 1, MSG_NOSIGNAL));
	ASSERT_TRUE(WAIT_FOR(idler_is(self->subject), PATIENCE_MS));
	judge_tid(_metadata, self, "execve");
}

TEST_F(scx_tid_identity, stays_with_the_thread_that_takes_a_pid)
{
	struct departing *process = &self->departing;
	__u64 leader, heir, now;

	ASSERT_STAGED(departing_start(process, DEPART_EXEC, SCHED_OTHER,
				      &self->stage.reason));
	leader = tid_of(self, process->pid);
	heir = tid_of(self, process->heir);
	STEP("pid %d has tid %llu, its thread has tid %llu", process->pid,
	     leader, heir);
	ASSERT_TRUE(leader && heir && leader != heir);
	ASSERT_EQ(0, departing_go(process));
	ASSERT_TRUE(WAIT_FOR(idler_is(process->pid), PATIENCE_MS));
	now = tid_of(self, process->pid);
	STEP("the thread has called execve: pid %d has tid %llu", process->pid,
	     now);
	if (now != heir)
		BROKEN(FIX_NONE, "a thread that takes the leader's pid %s",
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

static void change_policy(struct __test_metadata *_metadata,
			  FIXTURE_DATA(scx_tid_identity) * self)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(policies); i++) {
		struct sched_param param = {
			.sched_priority = policies[i].priority,
		};

		ASSERT_EQ(0, sched_setscheduler(self->subject,
						policies[i].policy, &param));
		judge_tid(_metadata, self, policies[i].name);
	}
}

static void change_user(struct __test_metadata *_metadata,
			FIXTURE_DATA(scx_tid_identity) * self, int control)
{
	struct pollfd done = { .fd = control, .events = POLLIN };

	ASSERT_EQ(1, send(control, "u", 1, MSG_NOSIGNAL));
	ASSERT_EQ(1, poll(&done, 1, PATIENCE_MS));
	judge_tid(_metadata, self, "setuid");
}

TEST_F(scx_tid_identity, stays_whatever_is_changed)
{
	struct tid_query query = {};
	struct cgroup elsewhere;
	int control;

	ASSERT_EQ(0, cgroup_create(&elsewhere, &self->stage.root, "elsewhere"));
	control = start_subject(self);
	ASSERT_LE(0, control);
	change_policy(_metadata, self);
	ASSERT_STAGED(scheduler_attach(&self->scheduler, &self->stage.reason));
	judge_tid(_metadata, self, "the load of a scheduler");
	change_policy(_metadata, self);
	ASSERT_EQ(0, cgroup_add(&elsewhere, self->subject));
	judge_tid(_metadata, self, "a move to another cgroup");
	change_user(_metadata, self, control);

	query.tid = self->tid;
	query.pid = self->subject;
	ASSERT_EQ(0, tid_ask(self->skel->progs.lookup_tid, &query));
	if (!query.same)
		BROKEN(FIX_NONE,
		       "after all that the tid of a task does not find it");
	ASSERT_TRUE(scheduler_detach(&self->scheduler, &self->stage.story));
	judge_tid(_metadata, self, "the unload of the scheduler");
}

/* So many tasks that a CPU needs another chunk of tids for them. */
static void fork_on(struct __test_metadata *_metadata,
		    FIXTURE_DATA(scx_tid_identity) * self, int cpu)
{
	pid_t forker;
	int end = spawn_forker(cpu, CHUNK + 1, &forker);

	ASSERT_LE(0, end);
	ASSERT_TRUE(ends_before(now_ms() + 10 * PATIENCE_MS, end));
	ASSERT_EQ(0, spawn_wait(forker, PATIENCE_MS));
	STEP("%d tasks are forked on CPU %d", CHUNK + 1, cpu);
}

TEST_F(scx_tid_identity, stays_when_a_cpu_goes_and_comes_back)
{
	struct reason *reason = &self->stage.reason;
	int cpus[TID_LOG_CPUS], nr = list_cpus(cpus), cpu = cpus[nr - 1];
	struct bpf_link *link;

	if (nr < 2)
		SKIP(return, "this needs a second CPU");
	if (hotplug_possible(cpu, reason))
		SKIP(return, "%s", reason->text);
	ASSERT_EQ(0, stay_on_cpu(cpus[0]));
	ASSERT_LE(0, start_subject(self));
	ASSERT_EQ(0, keep_on_cpu(self->subject, cpu));
	ASSERT_EQ(0, note_all(self));
	link = bpf_program__attach(self->skel->progs.note_new);
	ASSERT_NE(NULL, link);
	fork_on(_metadata, self, cpu);

	ASSERT_EQ(0, hotplug_take(&self->hotplug, cpu));
	judge_tid(_metadata, self, "the loss of its CPU");
	fork_on(_metadata, self, cpus[0]);
	ASSERT_EQ(0, hotplug_give_back(&self->hotplug));
	judge_tid(_metadata, self, "the return of its CPU");
	fork_on(_metadata, self, cpu);
	bpf_link__destroy(link);
	judge_noted(_metadata, self);
}

SCHEDULER_PROGRAM(scx_tid_identity, tid_identity, "SCX_OPS_TID_TO_TASK")
