// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_exiting - a task that is still to be scheduled when its pid is gone is
 * found by its tid.
 *
 * The invariant. A task is released, and so loses its pid, at the earliest when
 * it has become a zombie, and it goes on to run from there to its last context
 * switch. All that time its tid finds it, and nothing else: in ops.enqueue(), in
 * ops.dispatch() and in a program that the test runs. After the last switch the
 * tid finds nothing.
 *
 * Who established it. 41e3312861ea; before, all that a scheduler could store was
 * the pid, and that finds nothing by then, or the task that has taken it over.
 *
 * How the window is opened. The task wakes who releases it, the scheduler lets
 * that one preempt it, and keeps the task waiting (lib/departing.h). Four ways:
 * a child is reaped, a child or a thread releases itself, a leader is released by
 * the thread that has called execve(2). That the pid is gone is seen, each time.
 *
 * What a failure means. A scheduler that queues tasks by tid loses one that
 * exits: it stalls, and is ejected.
 */
#include <sched.h>

#include <scx/common.h>

#include "test.h"
#include "departing.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_exiting.h"
#include "tid_query.h"
#include "tid_exiting.skel.h"

FIXTURE(scx_tid_exiting)
{
	struct stage stage;
	struct scheduler scheduler;
	struct tid_exiting *skel;
	struct departing task;
	pid_t companion;
};

FIXTURE_VARIANT(scx_tid_exiting)
{
	enum departing_way way;
	enum found pid_in_enqueue; /* it comes there before its pid is gone */
	enum found pid_later; /* what the pid finds when it is gone */
};

/* clang-format off */
FIXTURE_VARIANT_ADD(scx_tid_exiting, reaped)
{
	.way = DEPART_REAPED,
	.pid_in_enqueue = FOUND_IT,
	.pid_later = FOUND_NOTHING,
};

FIXTURE_VARIANT_ADD(scx_tid_exiting, ignored)
{
	.way = DEPART_IGNORED,
	.pid_in_enqueue = FOUND_NOTHING,
	.pid_later = FOUND_NOTHING,
};

FIXTURE_VARIANT_ADD(scx_tid_exiting, thread)
{
	.way = DEPART_THREAD,
	.pid_in_enqueue = FOUND_NOTHING,
	.pid_later = FOUND_NOTHING,
};

FIXTURE_VARIANT_ADD(scx_tid_exiting, exec)
{
	.way = DEPART_EXEC,
	.pid_in_enqueue = FOUND_IT,
	.pid_later = FOUND_ANOTHER,
};
/* clang-format on */

FIXTURE_SETUP(scx_tid_exiting)
{
	struct reason *reason = &self->stage.reason;
	unsigned long long flag;

	SET_STAGE();
	if (scheduler_possible(reason) || tid_flag(&flag, reason))
		LEAVE("%s", reason->text);
	ASSERT_EQ(0, stay_on_this_cpu());

	self->skel = SCHEDULER_OPEN(&self->scheduler, tid_exiting);
	ASSERT_NE(NULL, self->skel);
	self->skel->struct_ops.ops->flags |= flag;
	self->skel->bss->stage_cpu = sched_getcpu();
	LOAD(&self->scheduler);
	STEP("the scheduler is loaded, with SCX_OPS_TID_TO_TASK");
}

FIXTURE_TEARDOWN(scx_tid_exiting)
{
	scheduler_detach(&self->scheduler, &self->stage.story);
	if (self->companion > 0)
		spawn_kill(self->companion, PATIENCE_MS);
	departing_end(&self->task);
	STRIKE_STAGE();
}

/*
 * A task of the scheduler's on this CPU that never sleeps, and asks it for another task to
 * run all the time. While tasks of the fair class keep a CPU busy the kernel gives SCHED_EXT
 * a part of it (the ext_server), but ends that as soon as the scheduler has nothing to run,
 * and begins anew only with the first task that comes: one that is kept waiting would wait
 * for ever.
 */
static pid_t spawn_companion(void)
{
	struct sched_param param = {};
	pid_t pid = spawn(-1);

	if (!pid)
		for (;;)
			sched_yield();
	if (pid < 0)
		return -errno;
	if (sched_setscheduler(pid, SCHED_EXT, &param)) {
		spawn_kill(pid, PATIENCE_MS);
		return -EINVAL;
	}
	return pid;
}

static const char *const found_names[] = {
	[FOUND_NOTHING] = "nothing",
	[FOUND_IT] = "the task",
	[FOUND_ANOTHER] = "another task",
};

/* What the scheduler's callback found; the pid is the stage, the tid the test. */
static void judge(struct __test_metadata *_metadata,
		  FIXTURE_DATA(scx_tid_exiting) * self,
		  const struct sighting *sighting, const char *where,
		  enum found by_pid)
{
	STEP("in ops.%s() its pid finds %s, its tid finds %s", where,
	     found_names[sighting->by_pid], found_names[sighting->by_tid]);
	ASSERT_EQ(by_pid, sighting->by_pid);
	if (sighting->by_tid != FOUND_IT)
		BROKEN(FIX_NONE,
		       "in ops.%s() the tid of a task that is still to run finds %s",
		       where, found_names[sighting->by_tid]);
}

static __u32 dispatches(FIXTURE_DATA(scx_tid_exiting) * self)
{
	return __atomic_load_n(&self->skel->bss->in_dispatch.times,
			       __ATOMIC_ACQUIRE);
}

static unsigned long companion_ticks(FIXTURE_DATA(scx_tid_exiting) * self)
{
	struct proc_stat stat;

	return proc_stat(self->companion, &stat) ? 0 : stat.ticks;
}

/* More than enough to ask once. */
#define FEW_TICKS 10

/*
 * The companion had no CPU, though it never sleeps, and others had this one all the time:
 * it had @ticks and this CPU was @idle_ms idle before.
 */
static bool is_too_busy(FIXTURE_DATA(scx_tid_exiting) * self,
			unsigned long ticks, long long idle_ms)
{
	if (companion_ticks(self) >= ticks + FEW_TICKS ||
	    !proc_cpu_was_busy(self->skel->bss->stage_cpu, idle_ms,
			       BUSY_IDLE_MS))
		return false;
	/* The watchdog may see that, too. */
	self->scheduler.doomed = true;
	return true;
}

/*
 * In a test: whether that has come which the scheduler's tasks do as soon as they have the
 * CPU. Leaves the test where they do not get it.
 */
#define COMES(cond)                                                          \
	({                                                                   \
		unsigned long __ticks = companion_ticks(self);               \
		long long __idle =                                           \
			proc_cpu_idle_ms(self->skel->bss->stage_cpu);        \
		bool __came = WAIT_FOR(cond, PATIENCE_MS);                   \
		if (!__came && is_too_busy(self, __ticks, __idle))           \
			SKIP(return, "SCHED_EXT has no CPU here: too busy"); \
		__came;                                                      \
	})

static void judge_from_outside(struct __test_metadata *_metadata,
			       FIXTURE_DATA(scx_tid_exiting) * self, __u64 tid,
			       enum found by_pid)
{
	struct tid_query query = { .tid = tid, .pid = self->task.pid };

	ASSERT_EQ(0, tid_ask(self->skel->progs.lookup_tid, &query));
	STEP("to a syscall program tid %llu finds %s, pid %d %s task", tid,
	     query.tid_found ? "something" : "nothing", query.pid,
	     query.pid_found ? "finds a" : "finds no");
	ASSERT_EQ(by_pid != FOUND_NOTHING, query.pid_found);
	if (!query.tid_found)
		BROKEN(FIX_NONE,
		       "the tid of a task that is still to run finds nothing");
	else if (query.found_tid != tid || query.same)
		BROKEN(FIX_NONE,
		       "the tid of a task that is still to run finds the one that has its pid");
}

static bool pid_is_gone(FIXTURE_DATA(scx_tid_exiting) * self)
{
	struct tid_query query = { .pid = self->task.pid };

	return !tid_ask(self->skel->progs.tid_of_pid, &query) &&
	       (!query.pid_found || query.tid != self->skel->bss->kept.tid);
}

static bool has_ended(FIXTURE_DATA(scx_tid_exiting) * self)
{
	return __atomic_load_n(&self->skel->bss->kept.ended, __ATOMIC_ACQUIRE);
}

TEST_F(scx_tid_exiting, found_by_its_tid_when_its_pid_is_gone)
{
	struct kept_task *kept = &self->skel->bss->kept;
	struct tid_query query = {};
	__u32 before;

	self->companion = spawn_companion();
	ASSERT_LT(0, self->companion);
	ASSERT_TRUE(COMES(!departing_start(&self->task, variant->way, SCHED_EXT,
					   &self->stage.reason)));
	query.pid = self->task.pid;
	ASSERT_EQ(0, tid_ask(self->skel->progs.tid_of_pid, &query));
	STEP("%s, pid %d, has tid %llu", departing_way_name(variant->way),
	     query.pid, query.tid);
	ASSERT_EQ(1, query.pid_found);

	/* The stage: it has exited and been released, and has still to run. */
	ASSERT_EQ(0, departing_go(&self->task));
	ASSERT_TRUE(COMES(__atomic_load_n(&kept->task, __ATOMIC_ACQUIRE)));
	ASSERT_EQ(query.tid, kept->tid);
	ASSERT_TRUE(kept->exit_state != 0);
	ASSERT_TRUE(COMES(pid_is_gone(self)));
	STEP("it has exited, its pid is gone, and it is kept waiting");

	judge(_metadata, self, &self->skel->bss->in_enqueue, "enqueue",
	      variant->pid_in_enqueue);
	before = dispatches(self);
	ASSERT_TRUE(COMES(dispatches(self) != before));
	judge(_metadata, self, &self->skel->bss->in_dispatch, "dispatch",
	      variant->pid_later);
	judge_from_outside(_metadata, self, kept->tid, variant->pid_later);
	ASSERT_FALSE(has_ended(self));

	__atomic_store_n(&self->skel->bss->let_go, true, __ATOMIC_RELEASE);
	STEP("the scheduler lets it go");
	if (!COMES(has_ended(self))) {
		BROKEN(FIX_NONE, "a task that is dispatched by tid never ends");
		return;
	}
	ASSERT_EQ(0, tid_ask(self->skel->progs.lookup_tid, &query));
	if (query.tid_found)
		BROKEN(FIX_NONE,
		       "the tid of a task that has switched out for the last time finds pid %d",
		       query.found_pid);
	STEP("it has switched out for the last time: its tid finds %s",
	     query.tid_found ? "something" : "nothing");
}

SCHEDULER_PROGRAM(scx_tid_exiting, tid_exiting, "SCX_OPS_TID_TO_TASK")
