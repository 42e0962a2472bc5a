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
 * execve is needed. The same scheduler queues by tid first and then by pid, which
 * is the control. If that does not stall, the queue of tids has proven nothing by
 * running on; and it has to have run for twice the time that the stall took.
 *
 * What a failure means. Every scheduler that keeps its tasks in an arena is thrown
 * out sooner or later, by a program that does what runtimes with threads do.
 */
#include <sched.h>

#include <scx/common.h>

#include "test.h"
#include "departing.h"
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
};

FIXTURE_SETUP(scx_tid_exec_stall)
{
	struct reason *reason = &self->stage.reason;

	SET_STAGE();
	if (scheduler_possible(reason) || tid_flag(&self->tid_flag, reason))
		LEAVE("%s", reason->text);
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

static void load(struct __test_metadata *_metadata,
		 FIXTURE_DATA(scx_tid_exec_stall) * self, bool by_tid,
		 unsigned long long flags)
{
	struct reason *reason = &self->stage.reason;

	self->skel = SCHEDULER_OPEN(&self->scheduler, tid_exec_stall);
	ASSERT_NE(NULL, self->skel);
	self->skel->struct_ops.ops->flags |= flags;
	self->skel->bss->stage_cpu = sched_getcpu();
	self->skel->bss->by_tid = by_tid;
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

	ASSERT_STAGED(departing_start(&self->task, DEPART_EXEC, SCHED_EXT,
				      &self->stage.reason));
	ASSERT_EQ(0, departing_go(&self->task));
	ASSERT_TRUE(WAIT_FOR(count(preempted) == before + 1 || ejected(self),
			     PATIENCE_MS));
	return count(preempted) == before + 1;
}

/* The control. In how many milliseconds it is thrown out. */
static long long stall_by_pid(struct __test_metadata *_metadata,
			      FIXTURE_DATA(scx_tid_exec_stall) * self)
{
	__u32 *queued = &self->skel->bss->queued_zombies;
	__u32 before = count(queued);
	long long begin = now_ms(), stalled;

	self->skel->bss->by_tid = false;
	STEP("from now on it queues by pid");
	ASSERT_TRUE(exec_beside_leader(_metadata, self));
	ASSERT_TRUE(WAIT_FOR(ejected(self), PATIENCE_MS))
	{
		ksft_print_msg("a queue of pids loses no exiting task here\n");
	}
	stalled = now_ms() - begin;
	STEP("it is thrown out after %lld ms: %s", stalled,
	     self->stage.reason.text);
	ASSERT_NE(NULL, strstr(self->stage.reason.text, "failed to run for"));
	ASSERT_EQ(before + 1, count(queued));

	bpf_link__destroy(self->scheduler.link);
	self->scheduler.link = NULL;
	departing_end(&self->task);
	return stalled;
}

/* Whether it runs for so long and loses nobody. */
static bool run_by_tid(struct __test_metadata *_metadata,
		       FIXTURE_DATA(scx_tid_exec_stall) * self, int ms)
{
	__u32 *ended = &self->skel->bss->ended;
	long long until = now_ms() + ms;
	__u32 rounds = 0;

	self->skel->bss->by_tid = true;
	self->skel->bss->queued_zombies = 0;
	*ended = 0;
	while (now_ms() < until && exec_beside_leader(_metadata, self)) {
		ASSERT_EQ(++rounds, count(&self->skel->bss->queued_zombies));
		/* Thrown out, the scheduler still sees it end. */
		if (!WAIT_FOR(count(ended) == rounds, PATIENCE_MS))
			break;
		departing_end(&self->task);
		pause_ms(50);
	}
	STEP("%u leaders were queued when they had exited and lost their pid, %u have ended",
	     rounds, count(ended));
	if (ejected(self))
		BROKEN(FIX_NONE,
		       "a scheduler that queues by tid loses a leader: %s",
		       self->stage.reason.text);
	else if (count(ended) != rounds)
		BROKEN(FIX_NONE, "a leader that was queued by tid never ends");
	return !ejected(self) && count(ended) == rounds;
}

static void attach_again(struct __test_metadata *_metadata,
			 FIXTURE_DATA(scx_tid_exec_stall) * self)
{
	self->skel->data->uei.kind = 0;
	ASSERT_STAGED(scheduler_attach(&self->scheduler, &self->stage.reason));
	STEP("it is loaded once more, for longer");
}

#define SPELLS 3

TEST_F(scx_tid_exec_stall, queue_of_tids_runs_on_where_one_of_pids_stalls)
{
	int watchdog_ms, ran_ms, spell;
	long long stalled_ms;
	bool proven = false;

	load(_metadata, self, true, self->enq_exiting | self->tid_flag);
	/*
	 * The watchdog looks twice in its timeout, counted from the attachment. A
	 * task that is lost shortly before it looks is found in little more than
	 * the timeout, any other in up to half of it more.
	 */
	watchdog_ms = self->skel->struct_ops.ops->timeout_ms;
	ran_ms = 5 * watchdog_ms / 2 - 400;
	for (spell = 0; spell < SPELLS && !proven; spell++) {
		if (spell)
			attach_again(_metadata, self);
		if (!run_by_tid(_metadata, self, ran_ms))
			return;
		stalled_ms = stall_by_pid(_metadata, self);
		proven = ran_ms >= 2 * stalled_ms;
		/* If not, the machine is slow: for as long as it takes here. */
		ran_ms = 2 * stalled_ms + watchdog_ms;
	}
	ASSERT_TRUE(proven);
}

TEST_F(scx_tid_exec_stall, exiting_task_is_queued_only_where_asked_for)
{
	load(_metadata, self, false, 0);
	ASSERT_TRUE(exec_beside_leader(_metadata, self));
	ASSERT_TRUE(WAIT_FOR(count(&self->skel->bss->ended) == 1, PATIENCE_MS));
	STEP("the leader has ended, preempted by its thread");
	if (count(&self->skel->bss->queued_zombies))
		BROKEN(FIX_NONE,
		       "a scheduler without SCX_OPS_ENQ_EXITING is handed a task that exits");
}

TEST_PROGRAM(scx_tid_exec_stall)
