// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_exec_stall - a scheduler that stores ids of tasks can run the ones that
 * exit, all of them.
 *
 * The invariant. A scheduler that cannot hold pointers queues a task by an id and
 * looks it up when it is to run. By its tid it finds every task that was queued,
 * also one that exits, and so it may ask for those (SCX_OPS_ENQ_EXITING). Where it
 * does not ask, they are not handed to it and run all the same.
 *
 * Who established it. 41e3312861ea. With a queue of pids the leader of a process
 * is lost whose thread calls execve(2): when it is to run, its pid is the other
 * one's. It never runs, and the watchdog throws the scheduler out. scx_qmap had
 * this.
 *
 * How the window is opened. The thread waits for the end of the leader, is woken
 * by it, preempts it and takes its pid: each time (lib/departing.h), no storm of
 * execve is needed. A scheduler queues by pid first, which is the control: if it does
 * not stall, a queue of tids proves nothing by running on. Then it queues by tid, and
 * runs for twice the time that the stall took, and for longer than its watchdog needs.
 *
 * The watchdog also throws out a scheduler that has no CPU, where tasks of the fair class
 * keep it busy. That proves nothing. Where the CPU was idle while a task did not run, the
 * task was lost. It is the idle time that tells, and not what the scheduler has still in
 * its queue: a task may also wait where it was preempted.
 *
 * What a failure means. Every scheduler that keeps its tasks in an arena is thrown
 * out sooner or later, by a program that does what runtimes with threads do.
 */
#include <sched.h>

#include <scx/common.h>

#include "test.h"
#include "departing.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_query.h"
#include "tid_exec_stall.skel.h"

FIXTURE(scx_tid_exec_stall)
{
	struct stage stage;
	struct scheduler scheduler;
	struct tid_exec_stall *skel;
	struct departing task;
	unsigned long long tid_flag;
	unsigned long long enq_exiting; /* SCX_OPS_ENQ_EXITING */
	int watchdog_ms;
	/* How long this CPU had been idle as the last leaders were started. */
	long long idle_ms, idle_before_ms;
	bool too_busy; /* the last one was ejected for want of a CPU */
};

FIXTURE_SETUP(scx_tid_exec_stall)
{
	struct reason *reason = &self->stage.reason;

	SET_STAGE();
	if (scheduler_possible(reason) || tid_flag(&self->tid_flag, reason))
		LEAVE("%s", reason->text);
	if (is_preempt_rt())
		LEAVE("on PREEMPT_RT a leader that exits is not preempted by the thread it wakes");
	ASSERT_EQ(0, kernel_btf_enum("scx_ops_flags", "SCX_OPS_ENQ_EXITING",
				     &self->enq_exiting));
	ASSERT_EQ(0, stay_on_this_cpu());
}

FIXTURE_TEARDOWN(scx_tid_exec_stall)
{
	scheduler_detach(&self->scheduler, &self->stage.story);
	departing_end(&self->task);
	STRIKE_STAGE();
}

/* A watchdog that no busy machine makes bark, and the shortest that names a loss. */
#define PATIENT_MS 3000
#define IMPATIENT_MS 1000

static void load(struct __test_metadata *_metadata,
		 FIXTURE_DATA(scx_tid_exec_stall) * self, bool by_tid,
		 unsigned long long flags, int watchdog_ms)
{
	struct reason *reason = &self->stage.reason;

	self->skel = SCHEDULER_OPEN(&self->scheduler, tid_exec_stall);
	ASSERT_NE(NULL, self->skel);
	self->skel->struct_ops.ops->flags |= flags;
	self->skel->struct_ops.ops->timeout_ms = watchdog_ms;
	self->watchdog_ms = watchdog_ms;
	self->idle_ms = proc_cpu_idle_ms(sched_getcpu());
	self->skel->bss->stage_cpu = sched_getcpu();
	self->skel->bss->by_tid = by_tid;
	/* What it means that the watchdog throws it out is judged here. */
	self->scheduler.doomed = true;
	ASSERT_STAGED(scheduler_load(&self->scheduler, reason) ?:
			      scheduler_attach(&self->scheduler, reason));
	STEP("a scheduler is loaded that queues by %s, exiting tasks %s",
	     by_tid ? "tid" : "pid",
	     flags & self->enq_exiting ? "too" : "excepted");
}

static bool ejected(FIXTURE_DATA(scx_tid_exec_stall) * self)
{
	return scheduler_ejected(&self->scheduler, &self->stage.reason);
}

static __u32 count(const __u32 *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

/*
 * The leader exits, and its thread preempts it and takes its pid. False if the
 * scheduler is not there any more.
 */
static bool exec_beside_leader(struct __test_metadata *_metadata,
			       FIXTURE_DATA(scx_tid_exec_stall) * self)
{
	__u32 *preempted = &self->skel->bss->preempted;
	__u32 before = count(preempted);

	self->idle_before_ms = self->idle_ms;
	self->idle_ms = proc_cpu_idle_ms(self->skel->bss->stage_cpu);
	ASSERT_STAGED(departing_start(&self->task, DEPART_EXEC, SCHED_EXT,
				      &self->stage.reason));
	ASSERT_EQ(0, departing_go(&self->task));
	ASSERT_TRUE(WAIT_FOR(count(preempted) == before + 1 || ejected(self),
			     PATIENCE_MS));
	return count(preempted) == before + 1;
}

/*
 * Whether one that was ejected a moment ago had no CPU. The watchdog names a task that has
 * not run for all its time, and this CPU was idle for a small part of that at most; or the
 * watchdog had no CPU itself. One that is being ejected still sees a leader end, so that the
 * leader before the last may be the one that did not run.
 */
static bool had_no_cpu(FIXTURE_DATA(scx_tid_exec_stall) * self)
{
	const char *why = self->stage.reason.text;

	if (strstr(why, "watchdog failed to check in"))
		return true;
	return strstr(why, "failed to run for") &&
	       proc_cpu_was_busy(self->skel->bss->stage_cpu,
				 self->idle_before_ms, self->watchdog_ms / 4);
}

/* Only then is it certain whether it was ejected before. */
static void unload(FIXTURE_DATA(scx_tid_exec_stall) * self)
{
	scheduler_unload(&self->scheduler, &self->stage.story);
	self->too_busy = ejected(self) && had_no_cpu(self);
}

static void judge_ejection(struct __test_metadata *_metadata,
			   FIXTURE_DATA(scx_tid_exec_stall) * self,
			   const char *breach)
{
	if (self->too_busy)
		SKIP(return, "this machine is too busy: %s",
			   self->stage.reason.text);
	BROKEN(FIX_NONE, "%s: %s", breach, self->stage.reason.text);
}

/*
 * The control: in how many milliseconds it is thrown out for the leader's sake; less
 * than 0 if for another reason, as can be on a slow machine.
 */
static long long stall_by_pid(struct __test_metadata *_metadata,
			      FIXTURE_DATA(scx_tid_exec_stall) * self)
{
	const char *why = self->stage.reason.text;
	long long begin, stalled;
	bool preempted;
	char lost[48];

	load(_metadata, self, false, self->enq_exiting | self->tid_flag,
	     IMPATIENT_MS);
	begin = now_ms();
	preempted = exec_beside_leader(_metadata, self);
	ASSERT_TRUE(WAIT_FOR(ejected(self), PATIENCE_MS))
	{
		ksft_print_msg("a queue of pids loses no exiting task here\n");
	}
	stalled = now_ms() - begin;
	self->too_busy = had_no_cpu(self);
	STEP("it is thrown out after %lld ms: %s", stalled, why);
	ASSERT_EQ(preempted, count(&self->skel->bss->queued_zombies));
	bpf_link__destroy(self->scheduler.link);
	self->scheduler.link = NULL;
	/* The leader has the pid now that its heir had. */
	snprintf(lost, sizeof(lost), "[%d] failed to run for", self->task.heir);
	departing_end(&self->task);
	return preempted && strstr(why, lost) ? stalled : -1;
}

/* Whether it runs for so long and loses nobody. */
static void run_by_tid(struct __test_metadata *_metadata,
		       FIXTURE_DATA(scx_tid_exec_stall) * self, int ms)
{
	__u32 *ended = &self->skel->bss->ended;
	long long until = now_ms() + ms;
	__u32 rounds = 0;

	while (now_ms() < until && exec_beside_leader(_metadata, self)) {
		ASSERT_EQ(++rounds, count(&self->skel->bss->queued_zombies));
		if (!WAIT_FOR(count(ended) == rounds || ejected(self),
			      PATIENCE_MS) ||
		    ejected(self))
			break;
		departing_end(&self->task);
		pause_ms(50);
	}
	unload(self);
	STEP("%u leaders were queued when they had exited and lost their pid, %u have ended",
	     rounds, count(ended));
	if (count(&self->skel->bss->lost))
		BROKEN(FIX_NONE, "a scheduler that queues by tid loses a task");
	else if (ejected(self))
		judge_ejection(_metadata, self,
			       "a scheduler that queues by tid loses a task");
	else if (count(ended) != rounds)
		BROKEN(FIX_NONE, "a leader that was queued by tid never ends");
}

#define TRIES 3
#define EJECTED "the scheduler was ejected"

TEST_F(scx_tid_exec_stall, queue_of_tids_runs_on_where_one_of_pids_stalls)
{
	/* It looks twice in its time: it would have found what was lost at once. */
	int run_ms = 3 * PATIENT_MS / 2 + 100;
	long long stalled_ms = -1;
	int i;

	for (i = 0; i < TRIES && stalled_ms < 0; i++)
		stalled_ms = stall_by_pid(_metadata, self);
	if (stalled_ms < 0) {
		judge_ejection(_metadata, self, EJECTED);
		return;
	}

	load(_metadata, self, true, self->enq_exiting | self->tid_flag,
	     PATIENT_MS);
	if (run_ms < 2 * stalled_ms)
		run_ms = 2 * stalled_ms;
	run_by_tid(_metadata, self, run_ms);
}

TEST_F(scx_tid_exec_stall, exiting_task_is_queued_only_where_asked_for)
{
	load(_metadata, self, false, 0, PATIENT_MS);
	if (exec_beside_leader(_metadata, self))
		ASSERT_TRUE(WAIT_FOR(count(&self->skel->bss->ended) == 1 ||
					     ejected(self),
				     PATIENCE_MS));
	unload(self);
	STEP("%u leaders have ended, preempted by their thread",
	     count(&self->skel->bss->ended));
	if (count(&self->skel->bss->queued_zombies))
		BROKEN(FIX_NONE,
		       "a scheduler without SCX_OPS_ENQ_EXITING is handed a task that exits");
	else if (ejected(self))
		judge_ejection(_metadata, self, EJECTED);
}

TEST_PROGRAM(scx_tid_exec_stall)
