// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_callbacks - each callback of a scheduler finds a task by its tid, from the
 * end of the task's fork to its last context switch.
 *
 * The invariant. A BPF scheduler with SCX_OPS_TID_TO_TASK stores tids, not pointers. So
 * scx_bpf_tid_to_task() finds the task in each callback, be it about the task, a CPU
 * or a cgroup. It finds nothing while the task is not in the table: in init_task,
 * and in enable and set_weight at a fork, which come before the kernel inserts the
 * task; in disable and exit_task of a dead task, which come after the kernel has
 * removed it; and in exit, when the table is gone. It never finds another task.
 *
 * History. 41e3312861ea established it.
 *
 * The window. The test watches one task, from before the scheduler is
 * enabled or from its fork on, and makes it go through each callback: it wakes it,
 * lets it spin and yield, has the scheduler delay it, changes its weight and affinity,
 * moves it between cgroups, has the scheduler refuse a move, and kills it. The
 * scheduler looks the task up each time, and counts the results by callback and by
 * the phase that the test has entered.
 *
 * Consequence. A scheduler loses a task that it must dispatch, or works on a
 * task that the kernel has freed.
 */
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <scx/common.h>

#include "test.h"
#include "controller.h"
#include "helper.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_callbacks.h"
#include "tid_query.h"
#include "tid_callbacks.skel.h"

PRELOAD_SCHEDULER(tid_callbacks, "SCX_OPS_TID_TO_TASK")

static struct scheduler scheduler;
static struct tid_callbacks *skel;
static struct tid_watch *watch;
static struct cgroup c;
static struct helper task; /* the watched task */

static void setup(void)
{
	unsigned long long flag;

	need_cgroup_sched_ext();
	test_skip_or_error(tid_flag(&flag, &test.reason));
	skel = SCHEDULER_OPEN(&scheduler, tid_callbacks);
	skel->struct_ops.ops->flags |= flag;
	watch = &skel->bss->watch;
	scheduler_load(&scheduler);
	test_cgroup(&c, &test.root, "c");
}

enum job {
	JOB_NONE, /* wake up and report */
	JOB_SPIN,
	JOB_YIELD,
	JOB_THREAD, /* start another thread */
};

/* Long enough for a tick in most cases. */
static void spin(void)
{
	struct timespec cpu;

	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
	while (!cpu.tv_sec && cpu.tv_nsec < 20000000);
}

static void do_jobs(int socket, const void *unused)
{
	bool done;
	char job;

	(void)unused;
	while (read(socket, &job, 1) == 1) {
		done = true;
		if (job == JOB_SPIN)
			spin();
		if (job == JOB_YIELD)
			sched_yield();
		if (job == JOB_THREAD)
			done = start_thread(idle_thread, NULL, false) > 0;
		helper_report(socket, &done, sizeof(done));
	}
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
	[CB_EXIT] = "exit"
};

static const char *const phases[NR_PHASES] = {
	[PHASE_ENABLE] = "while the scheduler is being enabled",
	[PHASE_FORK] = "at fork",
	[PHASE_ALIVE] = "while the task is alive",
	[PHASE_DISABLE] = "while the scheduler is being disabled",
	[PHASE_EXIT] = "when the task exits",
	[PHASE_DEAD] = "when the task is dead",
};

static const char *const found_names[NR_FOUND] = {
	[FOUND_NOTHING] = "nothing",
	[FOUND_IT] = "it",
	[FOUND_ANOTHER] = "another task",
};

/* The task is not in the table yet, or not any more. */
static const struct {
	enum tid_phase phase;
	enum tid_callback callback;
} not_in_table[] = {
	{ PHASE_ENABLE, CB_CGROUP_INIT }, { PHASE_ENABLE, CB_INIT_TASK },
	{ PHASE_FORK, CB_INIT_TASK },	  { PHASE_FORK, CB_ENABLE },
	{ PHASE_FORK, CB_SET_WEIGHT },	  { PHASE_EXIT, CB_DISABLE },
	{ PHASE_EXIT, CB_EXIT_TASK },
};

static enum tid_found expected(enum tid_phase phase, enum tid_callback callback)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(not_in_table); i++)
		if (not_in_table[i].phase == phase &&
		    not_in_table[i].callback == callback)
			return FOUND_NOTHING;
	return phase == PHASE_DEAD || callback == CB_EXIT ? FOUND_NOTHING :
							    FOUND_IT;
}

/*
 * A callback that is not about the task may come before or after the task enters or
 * leaves the table, unless its order is fixed.
 */
static bool is_in_order(enum tid_phase phase, enum tid_callback callback)
{
	return callback < CB_DISPATCH || callback == CB_EXIT ||
	       phase == PHASE_ALIVE || phase == PHASE_DEAD ||
	       (phase == PHASE_ENABLE && callback == CB_CGROUP_INIT) ||
	       (phase == PHASE_DISABLE && callback == CB_CGROUP_EXIT);
}

static void check_callback(enum tid_phase phase, enum tid_callback callback)
{
	const __u32 *results = skel->bss->results[phase][callback];
	enum tid_found found;

	for (found = 0; found < NR_FOUND; found++) {
		if (!results[found])
			continue;
		test_step("%s %s finds %s: %u times", names[callback],
			  phases[phase], found_names[found], results[found]);
		if (found != expected(phase, callback))
			test_fail(FIX_NONE, "%s %s: the task's tid finds %s",
				  names[callback], phases[phase],
				  found_names[found]);
	}
}

static void check_callbacks(void)
{
	enum tid_callback callback;
	enum tid_phase phase;

	for (phase = 0; phase < NR_PHASES; phase++)
		for (callback = 0; callback < NR_CALLBACKS; callback++)
			if (is_in_order(phase, callback))
				check_callback(phase, callback);
}

/*
 * If @holds is false, reports a failed lookup or an ejection of the scheduler instead, if
 * there was one: that is the cause.
 */
#define must(holds, ...)                                  \
	do {                                              \
		if (!(holds)) {                           \
			report_cause();                   \
			test_fail(FIX_NONE, __VA_ARGS__); \
			test_stop();                      \
		}                                         \
	} while (0)

static void report_cause(void)
{
	check_callbacks();
	scheduler_detach(&scheduler);
	if (test_has_failed())
		test_stop();
}

static void disable_and_check(void)
{
	if (!scheduler_detach(&scheduler))
		test_stop();
	check_callbacks();
}

/* How often the callback came. */
static __u32 times(enum tid_phase phase, enum tid_callback callback)
{
	const __u32 *results = skel->bss->results[phase][callback];
	__u32 sum = 0;
	int found;

	for (found = 0; found < NR_FOUND; found++)
		sum += __atomic_load_n(&results[found], __ATOMIC_RELAXED);
	return sum;
}

static void enter(enum tid_phase phase)
{
	test_step("from now on: %s", phases[phase]);
	__atomic_store_n(&watch->phase, phase, __ATOMIC_SEQ_CST);
}

static void must_come(enum tid_phase phase, const enum tid_callback *callbacks)
{
	for (; *callbacks != NR_CALLBACKS; callbacks++)
		must(WAIT_FOR(times(phase, *callbacks), PATIENCE_MS),
		     "the kernel does not call %s %s (task %d)",
		     names[*callbacks], phases[phase], task.pid);
}

/* Waits until each of these callbacks has come in the phase. */
#define MUST_COME(phase, ...) \
	must_come(phase,      \
		  (const enum tid_callback[]){ __VA_ARGS__, NR_CALLBACKS })

static void give_job(enum job job)
{
	char byte = job;

	if (send(task.socket, &byte, 1, MSG_NOSIGNAL) != 1)
		test_error("cannot wake task %d: %s", task.pid,
			   strerror(errno));
}

static void must_finish_job(void)
{
	bool done;

	must(helper_hear(&task, &done, sizeof(done), PATIENCE_MS),
	     "task %d does not run after it was woken", task.pid);
	if (!done)
		test_error("task %d cannot start a thread", task.pid);
}

static void run_job(enum job job)
{
	give_job(job);
	must_finish_job();
}

static void must_sleep(void)
{
	must(WAIT_FOR(proc_sleeps(task.pid), PATIENCE_MS),
	     "task %d, which has nothing to do, does not go to sleep",
	     task.pid);
}

static void start_task(void)
{
	test_must_call(helper_start(&task, do_jobs, NULL),
		       "cannot fork a task");
	test_step("task %d is forked", task.pid);
	must_sleep();
}

/* Enables the scheduler and forks the watched task. */
static void enable_and_fork(void)
{
	scheduler_attach(&scheduler);
	enter(PHASE_FORK);
	watch->parent = getpid();
	start_task();
	MUST_COME(PHASE_FORK, CB_INIT_TASK, CB_ENABLE, CB_SET_WEIGHT,
		  CB_ENQUEUE, CB_RUNNING);
	enter(PHASE_ALIVE);
}

static void wake_and_delay(void)
{
	__u32 before = times(PHASE_ALIVE, CB_ENQUEUE);

	must_sleep();
	watch->delay = 1;
	give_job(JOB_NONE);
	must(WAIT_FOR(times(PHASE_ALIVE, CB_ENQUEUE) > before, PATIENCE_MS),
	     "the kernel does not call enqueue for task %d, which was woken",
	     task.pid);
	test_step("the task is woken, and the scheduler delays it");
}

/* Its exit_task comes after its last context switch. */
static void kill_task(void)
{
	pid_t pid = task.pid;

	enter(PHASE_EXIT);
	kill(task.pid, SIGKILL);
	must(helper_wait(&task, PATIENCE_MS) >= 0,
	     "task %d does not end although it was killed", pid);
	MUST_COME(PHASE_EXIT, CB_STOPPING, CB_DISABLE, CB_EXIT_TASK);
	enter(PHASE_DEAD);
	MUST_COME(PHASE_DEAD, CB_DISPATCH);
}

TEST_INVARIANT(task_is_found_from_its_fork_to_its_last_switch,
	       "each callback about a task finds it by its tid, except init_task, enable and set_weight at its fork, and disable and exit_task at its exit",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	int i;

	enable_and_fork();
	run_job(JOB_YIELD);
	for (i = 0; i < 100 && !times(PHASE_ALIVE, CB_TICK); i++)
		run_job(JOB_SPIN);

	/* A change of the weight dequeues a task that is not dispatched. */
	wake_and_delay();
	watch->delay = 0;
	if (setpriority(PRIO_PROCESS, task.pid, 5))
		test_error("cannot change the nice value of task %d: %s",
			   task.pid, strerror(errno));
	must_finish_job();
	MUST_COME(PHASE_ALIVE, CB_ENQUEUE, CB_RUNNABLE, CB_RUNNING, CB_TICK,
		  CB_YIELD, CB_STOPPING, CB_DEQUEUE, CB_SET_WEIGHT, CB_DISPATCH,
		  CB_QUIESCENT);

	kill_task();
	disable_and_check();
}

static void move_between_cgroups(void)
{
	struct cgroup elsewhere;
	int err;

	test_must_call(cgroup_add(&c, task.pid), "cannot move task %d to c",
		       task.pid);
	test_step("the task is moved to c");
	MUST_COME(PHASE_ALIVE, CB_PREP_MOVE, CB_MOVE);

	run_job(JOB_THREAD);
	watch->tgid = task.pid;
	test_cgroup(&elsewhere, &test.root, "elsewhere");
	err = cgroup_add(&elsewhere, task.pid);
	if (err != -EPERM)
		test_fail(FIX_NONE,
			  "a move that cgroup_prep_move refuses does not fail with EPERM: %s",
			  err ? strerror(-err) : "it succeeds");
	watch->tgid = 0;
	test_step("the scheduler refuses to move its other thread elsewhere");
	MUST_COME(PHASE_ALIVE, CB_CANCEL_MOVE);
}

/* Whether there is another CPU to move to. */
static bool move_between_cpus(void)
{
	cpu_set_t cpus;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		test_error("cannot read the CPU affinity: %s", strerror(errno));
	if (CPU_COUNT(&cpus) < 2)
		return false;
	run_job(JOB_NONE);
	MUST_COME(PHASE_ALIVE, CB_SELECT_CPU);
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	test_must_call(keep_on_cpu(task.pid, cpu),
		       "cannot bind task %d to CPU %d", task.pid, cpu);
	test_step("the task is bound to CPU %d", cpu);
	MUST_COME(PHASE_ALIVE, CB_SET_CPUMASK);
	return true;
}

TEST_INVARIANT(task_is_found_when_moved_between_cgroups_and_cpus,
	       "the callbacks that move a task between cgroups or CPUs find it by its tid",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	bool moved;

	enable_and_fork();
	move_between_cgroups();
	moved = move_between_cpus();
	enter(PHASE_DISABLE);
	disable_and_check();
	if (!moved)
		test_skip("the move between CPUs needs a second CPU");
}

/* It comes when this CPU becomes idle, which a busy machine may prevent. */
static void await_update_idle(void)
{
	long long idle;
	int cpu;

	test_must_call(stay_on_this_cpu(), "cannot stay on this CPU");
	cpu = sched_getcpu();
	idle = proc_cpu_idle_ms(cpu);
	if (idle < 0)
		test_error("cannot read the idle time of CPU %d: %s", cpu,
			   strerror(-idle));
	if (!WAIT_FOR(times(PHASE_ALIVE, CB_UPDATE_IDLE), BLOCKED_MS) &&
	    proc_cpu_was_busy(cpu, idle, BUSY_IDLE_MS))
		test_step("CPU %d is never idle: no update_idle", cpu);
	else
		MUST_COME(PHASE_ALIVE, CB_UPDATE_IDLE);
}

TEST_INVARIANT(task_is_found_by_callbacks_about_cgroups_and_cpus,
	       "callbacks that are not about a task find it by its tid",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	static struct call rmdir_call;
	static struct cgroup other;

	need_controller_limit(&c, "cpu");
	enable_and_fork();
	test_cgroup(&other, &test.root, "other");
	MUST_COME(PHASE_ALIVE, CB_CGROUP_INIT);
	test_must_call(cgroup_write(&other, "cpu.weight", "200"),
		       "cannot set cpu.weight of other");
	MUST_COME(PHASE_ALIVE, CB_CGROUP_SET_WEIGHT);
	test_must_call(cgroup_write(&other, "cpu.max", "50000 100000"),
		       "cannot set cpu.max of other");
	MUST_COME(PHASE_ALIVE, CB_CGROUP_SET_BANDWIDTH);
	must(call_rmdir(&rmdir_call, &other, BLOCKED_MS),
	     "rmdir of other, an empty cgroup, fails: %s",
	     call_failure(&rmdir_call));
	MUST_COME(PHASE_ALIVE, CB_CGROUP_EXIT, CB_DISPATCH);
	await_update_idle();
	enter(PHASE_DISABLE);
	disable_and_check();
}

/* A task that no callback has shown to the scheduler yet. */
static void watch_existing_task(void)
{
	start_task();
	watch->tid = tid_get(skel->progs.tid_of_pid, task.pid);
}

TEST_INVARIANT(existing_task_is_found_from_enable_to_exit_task,
	       "a task that exists before the scheduler is enabled is found by its tid from its enable to its exit_task when the scheduler is disabled, but not in init_task and exit",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	watch_existing_task();
	enter(PHASE_ENABLE);
	scheduler_attach(&scheduler);
	MUST_COME(PHASE_ENABLE, CB_CGROUP_INIT, CB_INIT_TASK, CB_ENABLE);
	enter(PHASE_ALIVE);
	run_job(JOB_NONE);
	MUST_COME(PHASE_ALIVE, CB_RUNNING);

	/* The kernel exits the cgroups before the tasks. */
	must_sleep();
	enter(PHASE_DISABLE);
	if (!scheduler_detach(&scheduler))
		test_stop();
	MUST_COME(PHASE_DISABLE, CB_CGROUP_EXIT, CB_DISABLE, CB_EXIT_TASK,
		  CB_EXIT);
	check_callbacks();
}

TEST_INVARIANT(task_is_found_in_the_dump_of_an_ejected_scheduler,
	       "dump, dump_cpu and dump_task of an ejected scheduler find a task by its tid",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	enable_and_fork();
	/* The kernel dumps runnable tasks only. */
	wake_and_delay();
	watch->faulty = getpid();
	must(scheduler_wait_ejected(&scheduler, &test.reason),
	     "the kernel does not eject a scheduler that inserts a task into a DSQ that does not exist");
	MUST_COME(PHASE_ALIVE, CB_DUMP, CB_DUMP_CPU, CB_DUMP_TASK, CB_EXIT);
	check_callbacks();
}
