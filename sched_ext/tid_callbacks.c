// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_callbacks - every callback of a scheduler finds a task by its tid, from
 * the end of its fork to its last switch.
 *
 * The invariant. A scheduler that asked for it (SCX_OPS_TID_TO_TASK) keeps tids and
 * no pointers. So whichever callback it is in, whether that is about the task or
 * about a CPU or a cgroup, scx_bpf_tid_to_task() finds the task. Outside of its
 * life in the table it finds nothing, and never another task: not in init_task,
 * which the kernel calls before it inserts the task; not in enable at a fork, for
 * the same reason; not in disable and exit_task of a dying task, which has been
 * removed by then; not in exit, when the table is gone.
 *
 * Who established it. 41e3312861ea.
 *
 * How the window is opened. One task is watched, from before the load or from its
 * fork on. It is made to go through every callback: it is woken, spins, yields, is
 * kept by the scheduler, reweighted, bound to a CPU, moved between cgroups, refused
 * to, and killed. The scheduler looks it up each time, and counts by callback and by
 * the phase of the task's life, which the test declares before it goes on.
 *
 * What a failure means. A scheduler loses a task that it must still dispatch, or
 * works on a task that the kernel no longer knows.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <scx/common.h>

#include "test.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_callbacks.h"
#include "tid_query.h"
#include "tid_callbacks.skel.h"

/* The task that is watched; it does what it is told. */
struct subject {
	pid_t pid;
	int socket;
};

FIXTURE(scx_tid_callbacks)
{
	struct stage stage;
	struct scheduler scheduler;
	struct tid_callbacks *skel;
	struct cgroup c;
	struct subject subject;
};

FIXTURE_SETUP(scx_tid_callbacks)
{
	struct reason *reason = &self->stage.reason;
	unsigned long long flag;

	SET_STAGE();
	if (scheduler_possible_in(&self->stage.root, reason) ||
	    tid_flag(&flag, reason))
		LEAVE("%s", reason->text);

	self->skel = SCHEDULER_OPEN(&self->scheduler, tid_callbacks);
	ASSERT_NE(NULL, self->skel);
	self->skel->struct_ops.ops->flags |= flag;
	ASSERT_STAGED(scheduler_load(&self->scheduler, reason));
	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
}

FIXTURE_TEARDOWN(scx_tid_callbacks)
{
	if (self->subject.pid > 0)
		spawn_kill(self->subject.pid, PATIENCE_MS);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

/* Long enough for a tick, or it is asked again. */
static void spin(void)
{
	struct timespec cpu;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	while (!cpu.tv_sec && cpu.tv_nsec < 20000000);
}

static void *sleep_on(void *unused)
{
	(void)unused;
	idle_until_killed();
}

static __noreturn void obey(int socket)
{
	pthread_t thread;
	char order;

	while (read(socket, &order, 1) == 1) {
		if (order == 's')
			spin();
		if (order == 'y')
			sched_yield();
		if (order == 't' &&
		    pthread_create(&thread, NULL, sleep_on, NULL))
			break;
		send(socket, &order, 1, MSG_NOSIGNAL);
	}
	_exit(EXIT_FAILURE);
}

static int subject_start(struct subject *subject)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return -errno;
	subject->socket = sockets[0];
	subject->pid = spawn(sockets[1]);
	if (!subject->pid)
		obey(sockets[1]);
	close(sockets[1]);
	return subject->pid < 0 ? -errno : 0;
}

static void order(const struct subject *subject, char what)
{
	send(subject->socket, &what, 1, MSG_NOSIGNAL);
}

static bool is_done(const struct subject *subject)
{
	struct pollfd socket = { .fd = subject->socket, .events = POLLIN };
	char what;

	return poll(&socket, 1, PATIENCE_MS) == 1 &&
	       recv(subject->socket, &what, 1, MSG_DONTWAIT) == 1;
}

static bool does(const struct subject *subject, char what)
{
	order(subject, what);
	return is_done(subject);
}

static const char *const names[NR_CALLBACKS] = {
	[CB_INIT_TASK] = "init_task",
	[CB_ENABLE] = "enable",
	[CB_SET_WEIGHT] = "set_weight",
	[CB_SET_CPUMASK] = "set_cpumask",
	[CB_SELECT_CPU] = "select_cpu",
	[CB_ENQUEUE] = "enqueue",
	[CB_DEQUEUE] = "dequeue",
	[CB_RUNNABLE] = "runnable",
	[CB_RUNNING] = "running",
	[CB_TICK] = "tick",
	[CB_YIELD] = "yield",
	[CB_STOPPING] = "stopping",
	[CB_QUIESCENT] = "quiescent",
	[CB_PREP_MOVE] = "cgroup_prep_move",
	[CB_MOVE] = "cgroup_move",
	[CB_CANCEL_MOVE] = "cgroup_cancel_move",
	[CB_DUMP_TASK] = "dump_task",
	[CB_DISABLE] = "disable",
	[CB_EXIT_TASK] = "exit_task",
	[CB_DISPATCH] = "dispatch",
	[CB_UPDATE_IDLE] = "update_idle",
	[CB_CGROUP_INIT] = "cgroup_init",
	[CB_CGROUP_EXIT] = "cgroup_exit",
	[CB_CGROUP_SET_WEIGHT] = "cgroup_set_weight",
	[CB_CGROUP_SET_BANDWIDTH] = "cgroup_set_bandwidth",
	[CB_DUMP] = "dump",
	[CB_DUMP_CPU] = "dump_cpu",
	[CB_EXIT] = "exit",
};

static const char *const phases[NR_PHASES] = {
	[PHASE_LOAD] = "at the load",	 [PHASE_FORK] = "at fork",
	[PHASE_LIFE] = "while it lives", [PHASE_UNLOAD] = "at the unload",
	[PHASE_DEATH] = "when it dies",	 [PHASE_GONE] = "when it is dead",
};

static const char *const finds[NR_FOUND] = {
	[FOUND_NOTHING] = "nothing",
	[FOUND_IT] = "it",
	[FOUND_ANOTHER] = "another task",
};

/* Where a task is not in the table: not yet, or not any more. */
static const struct {
	enum tid_phase phase;
	enum tid_callback callback;
} outside[] = {
	{ PHASE_LOAD, CB_CGROUP_INIT }, { PHASE_LOAD, CB_INIT_TASK },
	{ PHASE_FORK, CB_INIT_TASK },	{ PHASE_FORK, CB_ENABLE },
	{ PHASE_FORK, CB_SET_WEIGHT },	{ PHASE_DEATH, CB_DISABLE },
	{ PHASE_DEATH, CB_EXIT_TASK },
};

static enum tid_found expected(enum tid_phase phase, enum tid_callback callback)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(outside); i++)
		if (outside[i].phase == phase &&
		    outside[i].callback == callback)
			return FOUND_NOTHING;
	return phase == PHASE_GONE || callback == CB_EXIT ? FOUND_NOTHING :
							    FOUND_IT;
}

/*
 * Callbacks that are not about the task may come before or after it enters or
 * leaves the table, but for those whose place in a load or an unload is fixed.
 */
static bool has_its_place(enum tid_phase phase, enum tid_callback callback)
{
	return callback < CB_DISPATCH || callback == CB_EXIT ||
	       phase == PHASE_LIFE || phase == PHASE_GONE ||
	       (phase == PHASE_LOAD && callback == CB_CGROUP_INIT) ||
	       (phase == PHASE_UNLOAD && callback == CB_CGROUP_EXIT);
}

static void judge(struct __test_metadata *_metadata,
		  FIXTURE_DATA(scx_tid_callbacks) * self)
{
	int phase, callback, found;

	for (phase = 0; phase < NR_PHASES; phase++)
		for (callback = 0; callback < NR_CALLBACKS; callback++)
			for (found = 0; found < NR_FOUND; found++) {
				__u32 n =
					self->skel->bss
						->tally[phase][callback][found];

				if (!n || !has_its_place(phase, callback))
					continue;
				STEP("%s %s finds %s: %u times",
				     names[callback], phases[phase],
				     finds[found], n);
				if (found != (int)expected(phase, callback))
					BROKEN(FIX_NONE,
					       "%s %s: the task's tid finds %s",
					       names[callback], phases[phase],
					       finds[found]);
			}
}

static __u32 times(FIXTURE_DATA(scx_tid_callbacks) * self, enum tid_phase phase,
		   enum tid_callback callback)
{
	const __u32 *tally = self->skel->bss->tally[phase][callback];
	__u32 sum = 0;
	int found;

	for (found = 0; found < NR_FOUND; found++)
		sum += __atomic_load_n(&tally[found], __ATOMIC_RELAXED);
	return sum;
}

static void enter(FIXTURE_DATA(scx_tid_callbacks) * self, enum tid_phase phase)
{
	STEP("from here on: %s", phases[phase]);
	__atomic_store_n(&self->skel->bss->watch.phase, phase,
			 __ATOMIC_SEQ_CST);
}

/* The stage: the callback did come. */
#define ASSERT_CAME(phase, callback)                                     \
	ASSERT_TRUE(WAIT_FOR(times(self, phase, callback), PATIENCE_MS)) \
	{                                                                \
		ksft_print_msg("%s never came\n", names[callback]);      \
	}

/* A new task that is watched from its fork on, asleep. */
static void fork_subject(struct __test_metadata *_metadata,
			 FIXTURE_DATA(scx_tid_callbacks) * self)
{
	enter(self, PHASE_FORK);
	self->skel->bss->watch.parent = getpid();
	ASSERT_EQ(0, subject_start(&self->subject));
	STEP("task %d is forked", self->subject.pid);
	ASSERT_TRUE(WAIT_FOR(proc_sleeps(self->subject.pid), PATIENCE_MS));
	ASSERT_CAME(PHASE_FORK, CB_INIT_TASK);
	ASSERT_CAME(PHASE_FORK, CB_ENABLE);
	ASSERT_CAME(PHASE_FORK, CB_SET_WEIGHT);
	ASSERT_CAME(PHASE_FORK, CB_ENQUEUE);
	ASSERT_CAME(PHASE_FORK, CB_RUNNING);
	enter(self, PHASE_LIFE);
}

/* Wakes it without letting it run. */
static void wake_and_keep(struct __test_metadata *_metadata,
			  FIXTURE_DATA(scx_tid_callbacks) * self)
{
	__u32 before = times(self, PHASE_LIFE, CB_ENQUEUE);

	ASSERT_TRUE(WAIT_FOR(proc_sleeps(self->subject.pid), PATIENCE_MS));
	self->skel->bss->watch.keep = 1;
	order(&self->subject, 'w');
	ASSERT_TRUE(WAIT_FOR(times(self, PHASE_LIFE, CB_ENQUEUE) > before,
			     PATIENCE_MS));
	STEP("it is woken and kept by the scheduler");
}

TEST_F(scx_tid_callbacks, task_is_found_from_its_fork_to_its_last_switch)
{
	static const enum tid_callback in_life[] = {
		CB_ENQUEUE,  CB_RUNNABLE,  CB_RUNNING, CB_TICK,
		CB_YIELD,    CB_STOPPING,  CB_DEQUEUE, CB_SET_WEIGHT,
		CB_DISPATCH, CB_QUIESCENT,
	};
	struct subject *subject = &self->subject;
	size_t i;

	ASSERT_STAGED(scheduler_attach(&self->scheduler, &self->stage.reason));
	fork_subject(_metadata, self);
	ASSERT_TRUE(does(subject, 'y'));
	for (i = 0; i < 100 && !times(self, PHASE_LIFE, CB_TICK); i++)
		ASSERT_TRUE(does(subject, 's'));

	/* The scheduler has it and has not dispatched it: that is a dequeue. */
	wake_and_keep(_metadata, self);
	self->skel->bss->watch.keep = 0;
	ASSERT_EQ(0, setpriority(PRIO_PROCESS, subject->pid, 5));
	ASSERT_TRUE(is_done(subject));
	for (i = 0; i < ARRAY_SIZE(in_life); i++)
		ASSERT_CAME(PHASE_LIFE, in_life[i]);

	/* Its last switch is not before all this, and exit_task is after it. */
	enter(self, PHASE_DEATH);
	ASSERT_LE(0, spawn_kill(subject->pid, PATIENCE_MS));
	subject->pid = 0;
	ASSERT_CAME(PHASE_DEATH, CB_STOPPING);
	ASSERT_CAME(PHASE_DEATH, CB_DISABLE);
	ASSERT_CAME(PHASE_DEATH, CB_EXIT_TASK);
	enter(self, PHASE_GONE);
	ASSERT_CAME(PHASE_GONE, CB_DISPATCH);
	ASSERT_TRUE(scheduler_detach(&self->scheduler, &self->stage.story));
	judge(_metadata, self);
}

TEST_F(scx_tid_callbacks, task_is_found_where_it_is_moved_and_bound)
{
	struct subject *subject = &self->subject;
	struct cgroup other;
	cpu_set_t cpus, first;
	int cpu = 0;

	ASSERT_STAGED(scheduler_attach(&self->scheduler, &self->stage.reason));
	fork_subject(_metadata, self);

	ASSERT_EQ(0, cgroup_add(&self->c, subject->pid));
	STEP("it is moved to c");
	ASSERT_CAME(PHASE_LIFE, CB_PREP_MOVE);
	ASSERT_CAME(PHASE_LIFE, CB_MOVE);
	ASSERT_TRUE(does(subject, 't'));
	self->skel->bss->watch.tgid = subject->pid;
	ASSERT_EQ(0, cgroup_create(&other, &self->stage.root, "other"));
	ASSERT_EQ(-EPERM, cgroup_add(&other, subject->pid));
	self->skel->bss->watch.tgid = 0;
	STEP("it may not move on: the scheduler refuses its other thread");
	ASSERT_CAME(PHASE_LIFE, CB_CANCEL_MOVE);

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));
	if (CPU_COUNT(&cpus) > 1) {
		ASSERT_TRUE(does(subject, 'w'));
		ASSERT_CAME(PHASE_LIFE, CB_SELECT_CPU);
		while (!CPU_ISSET(cpu, &cpus))
			cpu++;
		CPU_ZERO(&first);
		CPU_SET(cpu, &first);
		ASSERT_EQ(0, sched_setaffinity(subject->pid, sizeof(first),
					       &first));
		STEP("it is bound to CPU %d", cpu);
		ASSERT_CAME(PHASE_LIFE, CB_SET_CPUMASK);
	}
	enter(self, PHASE_UNLOAD);
	ASSERT_TRUE(scheduler_detach(&self->scheduler, &self->stage.story));
	judge(_metadata, self);
}

/* It comes as soon as this CPU is idle, which it is whenever we sleep, unless it is busy. */
static void await_update_idle(struct __test_metadata *_metadata,
			      FIXTURE_DATA(scx_tid_callbacks) * self)
{
	long long idle;
	bool came;

	ASSERT_EQ(0, stay_on_this_cpu());
	idle = proc_cpu_idle_ms(sched_getcpu());
	came = WAIT_FOR(times(self, PHASE_LIFE, CB_UPDATE_IDLE), BLOCKED_MS);
	if (!came && proc_cpu_was_busy(sched_getcpu(), idle, BUSY_IDLE_MS))
		STEP("CPU %d is never idle: update_idle does not come",
		     sched_getcpu());
	else
		ASSERT_CAME(PHASE_LIFE, CB_UPDATE_IDLE);
}

TEST_F(scx_tid_callbacks, task_is_found_by_callbacks_about_cgroups_and_cpus)
{
	struct cgroup other;

	ASSERT_STAGED(scheduler_attach(&self->scheduler, &self->stage.reason));
	fork_subject(_metadata, self);

	ASSERT_EQ(0, cgroup_create(&other, &self->stage.root, "other"));
	ASSERT_CAME(PHASE_LIFE, CB_CGROUP_INIT);
	ASSERT_EQ(0, cgroup_write(&other, "cpu.weight", "200"));
	ASSERT_CAME(PHASE_LIFE, CB_CGROUP_SET_WEIGHT);
	ASSERT_EQ(0, cgroup_write(&other, "cpu.max", "50000 100000"));
	ASSERT_CAME(PHASE_LIFE, CB_CGROUP_SET_BANDWIDTH);
	ASSERT_EQ(0, cgroup_rmdir(&other));
	ASSERT_CAME(PHASE_LIFE, CB_CGROUP_EXIT);
	ASSERT_CAME(PHASE_LIFE, CB_DISPATCH);
	await_update_idle(_metadata, self);
	enter(self, PHASE_UNLOAD);
	ASSERT_TRUE(scheduler_detach(&self->scheduler, &self->stage.story));
	judge(_metadata, self);
}

TEST_F(scx_tid_callbacks, task_from_before_is_found_from_its_enable_on)
{
	struct tid_query query = {};

	ASSERT_EQ(0, subject_start(&self->subject));
	ASSERT_TRUE(WAIT_FOR(proc_sleeps(self->subject.pid), PATIENCE_MS));
	query.pid = self->subject.pid;
	ASSERT_EQ(0, tid_ask(self->skel->progs.tid_of_pid, &query));
	ASSERT_TRUE(query.tid != 0);
	self->skel->bss->watch.tid = query.tid;
	STEP("task %d, tid %llu, is there", query.pid, query.tid);

	enter(self, PHASE_LOAD);
	ASSERT_STAGED(scheduler_attach(&self->scheduler, &self->stage.reason));
	ASSERT_CAME(PHASE_LOAD, CB_CGROUP_INIT);
	ASSERT_CAME(PHASE_LOAD, CB_INIT_TASK);
	ASSERT_CAME(PHASE_LOAD, CB_ENABLE);
	enter(self, PHASE_LIFE);
	ASSERT_TRUE(does(&self->subject, 'w'));
	ASSERT_CAME(PHASE_LIFE, CB_RUNNING);

	/* An unload takes leave of the cgroups, then of the tasks. */
	ASSERT_TRUE(WAIT_FOR(proc_sleeps(self->subject.pid), PATIENCE_MS));
	enter(self, PHASE_UNLOAD);
	ASSERT_TRUE(scheduler_detach(&self->scheduler, &self->stage.story));
	ASSERT_CAME(PHASE_UNLOAD, CB_CGROUP_EXIT);
	ASSERT_CAME(PHASE_UNLOAD, CB_DISABLE);
	ASSERT_CAME(PHASE_UNLOAD, CB_EXIT_TASK);
	ASSERT_CAME(PHASE_UNLOAD, CB_EXIT);
	judge(_metadata, self);
}

TEST_F(scx_tid_callbacks, task_is_found_in_the_dump_of_a_failed_scheduler)
{
	struct reason *reason = &self->stage.reason;

	ASSERT_STAGED(scheduler_attach(&self->scheduler, reason));
	fork_subject(_metadata, self);
	/* Only what is runnable is dumped. */
	wake_and_keep(_metadata, self);
	self->skel->bss->watch.culprit = getpid();
	ASSERT_TRUE(
		scheduler_falls(&self->scheduler, &self->stage.story, reason));
	ASSERT_CAME(PHASE_LIFE, CB_DUMP);
	ASSERT_CAME(PHASE_LIFE, CB_DUMP_CPU);
	ASSERT_CAME(PHASE_LIFE, CB_DUMP_TASK);
	ASSERT_CAME(PHASE_LIFE, CB_EXIT);
	judge(_metadata, self);
}

SCHEDULER_PROGRAM(scx_tid_callbacks, tid_callbacks, "SCX_OPS_TID_TO_TASK")
