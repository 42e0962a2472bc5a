// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_exec_stall - a scheduler that queues tasks by tid runs all exiting tasks.
 *
 * The invariant. A BPF scheduler that cannot store pointers queues a task by an id and
 * looks it up when it dispatches the task. The tid finds every task that was queued,
 * also an exiting one, so the scheduler may set SCX_OPS_ENQ_EXITING. Without that flag
 * the kernel does not enqueue exiting tasks to the scheduler, and runs them itself.
 *
 * History. 41e3312861ea established it. A queue of pids loses the leader of a process whose
 * other thread calls execve(2): when the leader is dispatched, that thread has its
 * pid. The leader never runs, and the watchdog ejects the scheduler. scx_qmap had
 * this bug.
 *
 * The window. A thread calls execve(2) and waits for its leader's exit. The
 * exiting leader wakes the thread, which preempts it and takes over its pid
 * (lib/pidless.h). First a scheduler queues by pid: if that does not stall, the next
 * step proves nothing. Then it queues by tid: every lookup must find the task that was
 * queued, and each leader must reach its last context switch, so that none is left for
 * the watchdog to find.
 *
 * The watchdog also ejects a scheduler that gets no CPU, because fair tasks keep the
 * CPU busy. That proves nothing, and the CPU's idle time tells: if the CPU was idle
 * while a task did not run, the scheduler has lost the task.
 *
 * Consequence. A scheduler that keeps its tasks in an arena loses the leader of a
 * process in which a thread calls execve(2), and the kernel ejects the scheduler.
 */
#include <sched.h>

#include <scx/common.h>

#include "test.h"
#include "pidless.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_query.h"
#include "tid_exec_stall.skel.h"

static struct scheduler scheduler;
static struct tid_exec_stall *skel;
static struct pidless task;
static unsigned long long tid_to_task, enq_exiting; /* flags of the scheduler */
static int watchdog_ms;
/* The idle time of this CPU when the last leader was started, and the one before. */
static long long idle_ms, idle_before_ms;
static bool too_busy; /* the last ejection proves nothing */
static struct reason ejection; /* the kernel's words */

static void setup(void)
{
	need_sched_ext();
	test_skip_or_error(tid_flag(&tid_to_task, &test.reason));
	if (is_preempt_rt())
		test_skip("on PREEMPT_RT a thread woken by an exiting leader does not preempt it");
	test_must_call(kernel_btf_enum("scx_ops_flags", "SCX_OPS_ENQ_EXITING",
				       &enq_exiting),
		       "cannot find SCX_OPS_ENQ_EXITING in the kernel's BTF");
	test_must_call(stay_on_this_cpu(), "cannot stay on this CPU");
}

/* Watchdog timeouts: one that a busy machine does not reach, and a short one. */
#define LONG_MS 3000
#define SHORT_MS 1000

static void enable(bool by_tid, unsigned long long flags, int timeout_ms)
{
	skel = SCHEDULER_OPEN_ANEW(&scheduler, tid_exec_stall);
	skel->struct_ops.ops->flags |= flags;
	skel->struct_ops.ops->timeout_ms = timeout_ms;
	watchdog_ms = timeout_ms;
	idle_ms = proc_cpu_idle_ms(sched_getcpu());
	skel->bss->pidless_cpu = sched_getcpu();
	skel->bss->by_tid = by_tid;
	/* The test decides what an ejection means. */
	scheduler.expect_ejection = true;
	scheduler_load(&scheduler);
	scheduler_attach(&scheduler);
	test_step("it queues by %s, %s exiting tasks", by_tid ? "tid" : "pid",
		  flags & enq_exiting ? "with" : "without");
}

static bool is_ejected(void)
{
	return scheduler_ejected(&scheduler, &ejection);
}

static __u32 count(const __u32 *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

/*
 * The leader exits, and its thread preempts it and takes over its pid. False if the
 * kernel ejects the scheduler first.
 */
static bool exec_in_thread(void)
{
	__u32 *preempted = &skel->bss->preempted;
	__u32 before = count(preempted);

	idle_before_ms = idle_ms;
	idle_ms = proc_cpu_idle_ms(skel->bss->pidless_cpu);
	pidless_start(&task, PIDLESS_EXEC, SCHED_EXT);
	test_must_call(pidless_exit(&task), "cannot make leader %d exit",
		       task.pid);
	if (!WAIT_FOR(count(preempted) == before + 1 || is_ejected(),
		      PATIENCE_MS))
		test_error("the thread does not preempt the exiting leader %d",
			   task.pid);
	return count(preempted) == before + 1;
}

/*
 * Whether a scheduler that was just ejected had no CPU: the watchdog itself did not
 * run, or it names a task that did not run for the whole timeout, while this CPU was
 * idle for a small part of that at most. That task may belong to the leader before
 * the last: during an ejection the scheduler still sees a leader end.
 */
static bool had_no_cpu(void)
{
	if (strstr(ejection.text, "watchdog failed to check in"))
		return true;
	return strstr(ejection.text, "failed to run for") &&
	       proc_cpu_was_busy(skel->bss->pidless_cpu, idle_before_ms,
				 watchdog_ms / 4);
}

/* Only then it is certain whether the kernel had ejected the scheduler. */
static void disable(void)
{
	scheduler_disable(&scheduler);
	too_busy = is_ejected() && had_no_cpu();
}

static void fail_as_ejected(const char *failure)
{
	if (too_busy)
		test_skip("this machine is too busy: %s", ejection.text);
	test_fail(FIX_NONE, "%s: %s", failure, ejection.text);
}

/* With SCX_OPS_ENQ_EXITING a leader that is preempted while it exits is enqueued. */
static void must_have_queued(__u32 leaders)
{
	__u32 queued = count(&skel->bss->queued_zombies);

	test_require(queued == leaders, FIX_NONE,
		     "a scheduler with SCX_OPS_ENQ_EXITING gets %u of %u exiting leaders in ops.enqueue()",
		     queued, leaders);
}

/*
 * Whether the kernel ejects a scheduler that queues by pid because it lost the leader,
 * and not for another reason, as on a slow machine.
 */
static bool stalls_by_pid(void)
{
	long long begin, stalled;
	bool preempted;
	char lost[48];

	enable(false, enq_exiting | tid_to_task, SHORT_MS);
	begin = now_ms();
	preempted = exec_in_thread();
	if (!WAIT_FOR(is_ejected(), PATIENCE_MS))
		test_error("a queue of pids loses no exiting task here");
	stalled = now_ms() - begin;
	too_busy = had_no_cpu();
	test_step("the kernel ejects the scheduler after %lld ms: %s", stalled,
		  ejection.text);
	if (preempted)
		must_have_queued(1);
	scheduler_disable(&scheduler);
	/* The leader and its successor have exchanged their pids. */
	snprintf(lost, sizeof(lost), "[%d] failed to run for", task.successor);
	pidless_end(&task);
	return preempted && strstr(ejection.text, lost);
}

/* One leader is queued by tid. False if it does not reach its last context switch. */
static bool leader_ends(__u32 round)
{
	__u32 *ended = &skel->bss->ended, *lost = &skel->bss->lost;

	if (!exec_in_thread())
		return false;
	WAIT_FOR(count(ended) == round || count(lost) || is_ejected(),
		 PATIENCE_MS);
	if (count(ended) != round)
		return false;
	if (!is_ejected())
		must_have_queued(round);
	pidless_end(&task);
	return true;
}

#define TRIES 3
#define ROUNDS 5
#define EJECTED "the kernel ejected the scheduler"

TEST_INVARIANT(queue_of_tids_does_not_lose_a_leader_during_exec,
	       "a scheduler that queues tasks by tid runs a leader whose pid another thread's execve(2) has taken over",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	__u32 rounds = 0;
	int tries = 1;

	while (!stalls_by_pid()) {
		if (tries++ < TRIES)
			continue;
		fail_as_ejected(EJECTED);
		return;
	}

	enable(true, enq_exiting | tid_to_task, LONG_MS);
	while (rounds < ROUNDS && leader_ends(rounds + 1))
		rounds++;
	disable();
	test_step("%u leaders were queued without their pid, %u have ended",
		  count(&skel->bss->queued_zombies), count(&skel->bss->ended));
	if (count(&skel->bss->lost))
		test_fail(FIX_NONE,
			  "the tid of a leader that the scheduler has queued does not find it");
	else if (is_ejected())
		fail_as_ejected("a leader that was queued by tid does not run");
	else if (rounds != ROUNDS)
		test_fail(FIX_NONE,
			  "the leader of process %d, which was queued by tid, does not reach its last context switch",
			  task.pid);
}

TEST_INVARIANT(exiting_task_is_enqueued_only_with_enq_exiting,
	       "the kernel itself runs an exiting task if the scheduler has not set SCX_OPS_ENQ_EXITING",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	enable(false, 0, LONG_MS);
	if (exec_in_thread() &&
	    !WAIT_FOR(count(&skel->bss->ended) == 1 || is_ejected(),
		      PATIENCE_MS))
		test_fail(FIX_NONE,
			  "the exiting leader of process %d does not reach its last context switch",
			  task.pid);
	disable();
	test_step("%u leaders have ended, preempted by their thread",
		  count(&skel->bss->ended));
	if (count(&skel->bss->queued_zombies))
		test_fail(FIX_NONE,
			  "a scheduler without SCX_OPS_ENQ_EXITING gets an exiting task in ops.enqueue()");
	else if (is_ejected())
		fail_as_ejected(EJECTED);
}
