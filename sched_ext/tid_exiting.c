// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_exiting - the tid finds a task that has lost its pid and is still runnable.
 *
 * The invariant. A zombie can be released, and so lose its pid, before its last
 * context switch. Until that switch its tid finds the task: in ops.enqueue(), in
 * ops.dispatch() and in a BPF program that the test runs. After the switch the tid
 * finds nothing.
 *
 * History. 41e3312861ea established it. Before, a BPF scheduler could only store the pid,
 * which at that time finds nothing, or the task that has taken over the pid.
 *
 * The window. The exiting task wakes the task that releases it; the
 * scheduler lets that task preempt the exiting one, and delays the exiting one
 * (lib/pidless.h). There are four variants: a child is reaped, a child or a thread
 * releases itself, a leader is released by the thread that calls execve(2). Each
 * time the test checks that the pid is gone.
 *
 * Consequence. A scheduler that queues tasks by tid loses an exiting task:
 * the task stalls, and the kernel ejects the scheduler.
 */
#include <sched.h>

#include <scx/common.h>

#include "test.h"
#include "pidless.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_exiting.h"
#include "tid_query.h"
#include "tid_exiting.skel.h"

PRELOAD_SCHEDULER(tid_exiting, "SCX_OPS_TID_TO_TASK")

FIXTURE_VARIANT_(TEST_PROGRAM)
{
	enum pidless_way way;
	enum found pid_in_enqueue; /* the pid may be gone then, or not yet */
	enum found pid_later; /* when it is gone */
};

/* clang-format off */
FIXTURE_VARIANT_ADD_(TEST_PROGRAM, reaped)
{
	.way = PIDLESS_REAPED,
	.pid_in_enqueue = FOUND_IT,
	.pid_later = FOUND_NOTHING,
};

FIXTURE_VARIANT_ADD_(TEST_PROGRAM, ignored)
{
	.way = PIDLESS_IGNORED,
	.pid_in_enqueue = FOUND_NOTHING,
	.pid_later = FOUND_NOTHING,
};

FIXTURE_VARIANT_ADD_(TEST_PROGRAM, thread)
{
	.way = PIDLESS_THREAD,
	.pid_in_enqueue = FOUND_NOTHING,
	.pid_later = FOUND_NOTHING,
};

FIXTURE_VARIANT_ADD_(TEST_PROGRAM, exec)
{
	.way = PIDLESS_EXEC,
	.pid_in_enqueue = FOUND_IT,
	.pid_later = FOUND_ANOTHER,
};

/* clang-format on */

static struct scheduler scheduler;
static struct tid_exiting *skel;
static struct pidless task;
static pid_t spinner;

static void setup(void)
{
	unsigned long long flag;

	need_sched_ext();
	test_skip_or_error(tid_flag(&flag, &test.reason));
	test_must_call(stay_on_this_cpu(), "cannot stay on this CPU");

	skel = SCHEDULER_OPEN(&scheduler, tid_exiting);
	skel->struct_ops.ops->flags |= flag;
	skel->bss->pidless_cpu = sched_getcpu();
	scheduler_load(&scheduler);
	scheduler_attach(&scheduler);
}

/*
 * A SCHED_EXT task on this CPU that never sleeps, so that the kernel keeps calling
 * ops.dispatch(). On a CPU that fair tasks keep busy, SCHED_EXT tasks run only while
 * the ext_server runs. It stops when the scheduler has no task to run, and only an
 * enqueue starts it again: without the spinner a delayed task would not be dispatched.
 */
static void start_spinner(void)
{
	struct sched_param param = {};

	spinner = spawn(-1);
	if (!spinner)
		for (;;)
			sched_yield();
	if (spinner < 0)
		test_error("cannot fork a task: %s", strerror(errno));
	if (sched_setscheduler(spinner, SCHED_EXT, &param))
		test_error("cannot make task %d SCHED_EXT: %s", spinner,
			   strerror(errno));
}

static unsigned long spinner_ticks(void)
{
	struct proc_stat stat;

	return proc_stat(spinner, &stat) ? 0 : stat.ticks;
}

/* In so much CPU time of the spinner the kernel calls ops.dispatch(). */
#define FEW_TICKS 10

/* Skips the test if others had this CPU since then, and the spinner did not. */
static void need_cpu(unsigned long ticks, long long idle_ms)
{
	if (spinner_ticks() >= ticks + FEW_TICKS ||
	    !proc_cpu_was_busy(skel->bss->pidless_cpu, idle_ms, BUSY_IDLE_MS))
		return;
	/* By the watchdog, for the same reason. */
	scheduler.expect_ejection = true;
	test_skip("SCHED_EXT tasks get no CPU: this machine is too busy");
}

/*
 * WAIT_FOR() a condition that SCHED_EXT tasks make true as soon as they have the CPU;
 * skips the test if they do not get it.
 */
#define WAIT_FOR_TASKS(cond)                                                 \
	({                                                                   \
		unsigned long __ticks = spinner_ticks();                     \
		long long __idle = proc_cpu_idle_ms(skel->bss->pidless_cpu); \
		bool __true = WAIT_FOR(cond, PATIENCE_MS);                   \
		if (!__true)                                                 \
			need_cpu(__ticks, __idle);                           \
		__true;                                                      \
	})

static const char *const found_names[] = {
	[FOUND_NOTHING] = "nothing",
	[FOUND_IT] = "the task",
	[FOUND_ANOTHER] = "another task",
};

/* The pid shows that the window is open; the tid is under test. */
static void check_lookups(const struct lookups *lookups, const char *callback,
			  enum found by_pid)
{
	test_step("in ops.%s() the pid finds %s, the tid finds %s", callback,
		  found_names[lookups->by_pid], found_names[lookups->by_tid]);
	if (by_pid != lookups->by_pid)
		test_error("in ops.%s() the pid finds %s, not %s", callback,
			   found_names[lookups->by_pid], found_names[by_pid]);
	if (lookups->by_tid != FOUND_IT)
		test_fail(FIX_NONE,
			  "in ops.%s() the tid of a runnable task finds %s",
			  callback, found_names[lookups->by_tid]);
}

static void ask(struct bpf_program *program, struct tid_query *query)
{
	test_must_call(tid_ask(program, query), "cannot run a syscall program");
}

/* The same by a syscall program. */
static void check_lookup_by_test(void)
{
	__u64 tid = skel->bss->delayed.tid;
	struct tid_query query = { .tid = tid, .pid = task.pid };
	bool has_pid = variant->pid_later != FOUND_NOTHING;

	ask(skel->progs.lookup_tid, &query);
	test_step("in a syscall program tid %llu finds %s, pid %d finds %s",
		  tid, query.tid_found ? "a task" : "nothing", query.pid,
		  query.pid_found ? "a task" : "nothing");
	if (query.pid_found != has_pid)
		test_error("in a syscall program pid %d finds %s", query.pid,
			   query.pid_found ? "a task" : "nothing");
	if (!query.tid_found)
		test_fail(FIX_NONE, "the tid of a runnable task finds nothing");
	else if (query.found_tid != tid || query.same)
		test_fail(FIX_NONE,
			  "the tid of a runnable task finds the task that took over its pid");
}

static bool pid_is_gone(void)
{
	struct tid_query query = { .pid = task.pid };

	return !tid_ask(skel->progs.tid_of_pid, &query) &&
	       (!query.pid_found || query.tid != skel->bss->delayed.tid);
}

static __u32 dispatches(void)
{
	return __atomic_load_n(&skel->bss->in_dispatch.times, __ATOMIC_ACQUIRE);
}

static bool task_has_ended(void)
{
	return __atomic_load_n(&skel->bss->delayed.ended, __ATOMIC_ACQUIRE);
}

/* Returns the tid. */
static __u64 start_task(void)
{
	if (!WAIT_FOR_TASKS(!pidless_try_start(&task, variant->way, SCHED_EXT)))
		test_error("cannot start %s", pidless_way_name(variant->way));
	test_step("pid %d is %s", task.pid, pidless_way_name(variant->way));
	return tid_get(skel->progs.tid_of_pid, task.pid);
}

/* The task has exited and been released, and is runnable. */
static void delay_task(void)
{
	struct delayed_task *delayed = &skel->bss->delayed;
	__u64 tid = start_task();

	test_must_call(pidless_exit(&task), "cannot make task %d exit",
		       task.pid);
	if (!WAIT_FOR_TASKS(__atomic_load_n(&delayed->task, __ATOMIC_ACQUIRE)))
		test_error("exiting task %d is not enqueued: no task that it wakes preempts it",
			   task.pid);
	test_require(delayed->tid == tid, FIX_NONE,
		     "the tid of a task is %llu while it runs and %llu when it has exited",
		     tid, delayed->tid);
	if (!WAIT_FOR_TASKS(pid_is_gone()))
		test_error("the exiting task does not lose its pid %d",
			   task.pid);
	test_step("it has exited, its pid is gone, and the scheduler delays it");
}

/* Its last context switch, after which the tid finds nothing. */
static void end_task(void)
{
	struct tid_query query = { .tid = skel->bss->delayed.tid };

	__atomic_store_n(&skel->bss->release, true, __ATOMIC_RELEASE);
	test_step("the scheduler dispatches it");
	if (!WAIT_FOR_TASKS(task_has_ended())) {
		test_fail(FIX_NONE,
			  "the task that was dispatched by tid %llu does not reach its last context switch",
			  query.tid);
		return;
	}
	ask(skel->progs.lookup_tid, &query);
	test_step("after its last context switch the tid finds %s",
		  query.tid_found ? "a task" : "nothing");
	if (query.tid_found)
		test_fail(FIX_NONE,
			  "the tid of a task that has switched out for the last time finds pid %d",
			  query.found_pid);
}

TEST_INVARIANT(tid_finds_a_task_without_pid,
	       "scx_bpf_tid_to_task() finds a task that has lost its pid and has not switched out for the last time",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	__u32 before;

	start_spinner();
	delay_task();
	check_lookups(&skel->bss->in_enqueue, "enqueue",
		      variant->pid_in_enqueue);
	before = dispatches();
	if (!WAIT_FOR_TASKS(dispatches() != before))
		test_error("ops.dispatch() is not called on CPU %d",
			   skel->bss->pidless_cpu);
	check_lookups(&skel->bss->in_dispatch, "dispatch", variant->pid_later);
	check_lookup_by_test();
	if (task_has_ended())
		scheduler_detach(&scheduler);
	test_require(test_has_failed() || !task_has_ended(), FIX_NONE,
		     "exit_task comes for a task that the scheduler has not dispatched since it exited");
	end_task();
	/* While the spinner still runs. */
	scheduler_detach(&scheduler);
}
