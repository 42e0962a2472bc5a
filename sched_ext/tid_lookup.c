// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_lookup - scx_bpf_tid_to_task() finds the task that has the tid, and
 * nothing else.
 *
 * The invariant. From 7.2 on every task has a p->scx.tid, given at fork and
 * never given again. Where the scheduler asked for it (SCX_OPS_TID_TO_TASK) the
 * kernel keeps a table from tid to task: a task is in it until its last context
 * switch, so a dead one, reaped or not, is not found.
 *
 * Who established it. 41e3312861ea; before, a scheduler that could not hold
 * pointers had only the pid, which a task loses while it still has to be
 * scheduled.
 *
 * How the window is opened. No race: live tasks, tasks that are held while they
 * exit, zombies, then the same reaped. The lookups are made by a syscall program
 * and by two tracing programs, which the kernel lets call the kfunc as a scheduler
 * may; scx_tid_callbacks makes them from the scheduler itself.
 *
 * What a failure means. A scheduler that keys its queues by tid loses a task (it
 * stalls and is ejected), or is handed a task that is gone.
 */
#include <scx/common.h>

#include "test.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_query.h"
#include "tid_lookup.skel.h"

FIXTURE(scx_tid_lookup)
{
	struct stage stage;
	struct scheduler scheduler;
	struct tid_lookup *skel;
	struct exiting task;
};

FIXTURE_SETUP(scx_tid_lookup)
{
	struct reason *reason = &self->stage.reason;
	unsigned long long flag;

	SET_STAGE();
	if (scheduler_possible(reason) || tid_flag(&flag, reason))
		LEAVE("%s", reason->text);

	self->skel = SCHEDULER_OPEN(&self->scheduler, tid_lookup);
	ASSERT_NE(NULL, self->skel);
	self->skel->struct_ops.ops->flags |= flag;
	LOAD(&self->scheduler);
	STEP("the scheduler is loaded, with SCX_OPS_TID_TO_TASK");
}

FIXTURE_TEARDOWN(scx_tid_lookup)
{
	exiting_destroy(&self->task);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

static int tid_of_pid(FIXTURE_DATA(scx_tid_lookup) * self,
		      struct tid_query *query)
{
	int err = tid_ask(self->skel->progs.tid_of_pid, query);

	STEP("pid %d is %s, tid %llu", query->pid,
	     query->pid_found ? "found" : "not found", query->tid);
	return err;
}

static int lookup_tid(FIXTURE_DATA(scx_tid_lookup) * self,
		      struct tid_query *query)
{
	int err = tid_ask(self->skel->progs.lookup_tid, query);

	if (query->tid_found)
		STEP("tid %llu finds pid %d, which has tid %llu", query->tid,
		     query->found_pid, query->found_tid);
	else
		STEP("tid %llu finds nothing", query->tid);
	return err;
}

TEST_F(scx_tid_lookup, live_task_is_found_by_its_tid)
{
	struct tid_query query = {};

	query.pid = spawn(-1);
	if (!query.pid)
		idle_until_killed();
	ASSERT_GT(query.pid, 0);

	ASSERT_EQ(0, tid_of_pid(self, &query));
	ASSERT_EQ(1, query.pid_found);
	if (!query.tid)
		BROKEN(FIX_NONE, "a live task has tid 0");

	ASSERT_EQ(0, lookup_tid(self, &query));
	ASSERT_EQ(1, query.pid_found);
	if (!query.tid_found)
		BROKEN(FIX_NONE, "the tid of a live task finds nothing");
	else if (!query.same || query.found_pid != query.pid ||
		 query.found_tid != query.tid)
		BROKEN(FIX_NONE,
		       "tid %llu of pid %d finds another task, pid %d",
		       query.tid, query.pid, query.found_pid);

	ASSERT_LE(0, spawn_kill(query.pid, PATIENCE_MS));
}

TEST_F(scx_tid_lookup, exiting_task_is_found_by_its_tid)
{
	static const enum exiting_hold holds[] = { HOLD_PIDNS, HOLD_FUSE,
						   HOLD_THREAD };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(holds); i++) {
		struct tid_query query = {};

		HOLD(&self->task, holds[i], &self->stage.root);
		query.pid = self->task.pid;
		ASSERT_EQ(0, tid_of_pid(self, &query));
		ASSERT_EQ(1, query.pid_found);

		ASSERT_EQ(0, lookup_tid(self, &query));
		ASSERT_TRUE(exiting_is_held(&self->task));
		if (!query.same)
			BROKEN(FIX_NONE,
			       "the tid of a task that is %s finds %s",
			       exiting_hold_name(holds[i]),
			       query.tid_found ? "another" : "nothing");
		ASSERT_EQ(0, exiting_release(&self->task));
	}
}

/* Nothing found proves nothing unless something can be found: look for us. */
static bool lookup_works(FIXTURE_DATA(scx_tid_lookup) * self)
{
	struct tid_query query = { .pid = getpid() };

	return !tid_of_pid(self, &query) && !lookup_tid(self, &query) &&
	       query.same;
}

static bool found(FIXTURE_DATA(scx_tid_lookup) * self, struct tid_query *query)
{
	return tid_ask(self->skel->progs.lookup_tid, query) || query->tid_found;
}

TEST_F(scx_tid_lookup, dead_task_is_not_found)
{
	struct tid_query query = {};

	ASSERT_TRUE(lookup_works(self));
	HOLD(&self->task, HOLD_ZOMBIE, &self->stage.root);
	query.pid = self->task.pid;
	ASSERT_EQ(0, tid_of_pid(self, &query));
	ASSERT_EQ(1, query.pid_found);
	ASSERT_TRUE(query.tid != 0);

	/* It is a zombie before its last switch, and may be found until then. */
	if (!WAIT_FOR(!found(self, &query), PATIENCE_MS))
		BROKEN(FIX_NONE, "tid %llu of a zombie still finds it",
		       query.tid);
	ASSERT_EQ(0, lookup_tid(self, &query));
	ASSERT_EQ(1, query.pid_found);
	ASSERT_TRUE(exiting_is_held(&self->task));

	ASSERT_EQ(0, exiting_release(&self->task));
	STEP("the zombie is reaped");
	ASSERT_EQ(0, lookup_tid(self, &query));
	if (query.tid_found)
		BROKEN(FIX_NONE, "tid %llu of a reaped task finds pid %d",
		       query.tid, query.found_pid);
	ASSERT_TRUE(lookup_works(self));
}

/* Its process lives on, and so does its pid. */
TEST_F(scx_tid_lookup, dead_leader_is_not_found)
{
	struct tid_query query = {};

	ASSERT_TRUE(lookup_works(self));
	HOLD(&self->task, HOLD_ZOMBIE_LEADER, &self->stage.root);
	query.pid = self->task.pid;
	ASSERT_EQ(0, tid_of_pid(self, &query));
	ASSERT_EQ(1, query.pid_found);
	ASSERT_TRUE(query.tid != 0);

	if (!WAIT_FOR(!found(self, &query), PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "tid %llu of a dead leader finds it while a thread lives",
		       query.tid);
	ASSERT_EQ(0, lookup_tid(self, &query));
	ASSERT_EQ(1, query.pid_found);
	ASSERT_TRUE(exiting_is_held(&self->task));
}

TEST_F(scx_tid_lookup, no_task_has_a_reserved_tid)
{
	static const unsigned long long reserved[] = { 0, ~0ULL };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reserved); i++) {
		struct tid_query query = { .tid = reserved[i] };

		ASSERT_EQ(0, lookup_tid(self, &query));
		if (query.tid_found)
			BROKEN(FIX_NONE, "tid %llu finds pid %d", query.tid,
			       query.found_pid);
	}
	ASSERT_TRUE(lookup_works(self));
}

/* Far above what all forks of a machine's life can have used. */
#define NEVER_HANDED_OUT (1ULL << 48)

TEST_F(scx_tid_lookup, tid_never_handed_out_finds_nothing)
{
	struct tid_query ours = { .pid = getpid() };
	struct tid_query query = {};

	ASSERT_EQ(0, tid_of_pid(self, &ours));
	ASSERT_TRUE(ours.tid && ours.tid < NEVER_HANDED_OUT);

	/* One bit away from a tid that is there. */
	query.tid = ours.tid | NEVER_HANDED_OUT;
	ASSERT_EQ(0, lookup_tid(self, &query));
	if (query.tid_found)
		BROKEN(FIX_NONE, "tid %llu, which no task has, finds pid %d",
		       query.tid, query.found_pid);
	ASSERT_TRUE(lookup_works(self));
}

/* Judges what a tracing program found that looked us up. */
static void judge_trace(struct __test_metadata *_metadata,
			FIXTURE_DATA(scx_tid_lookup) * self, const char *kind,
			const struct tid_trace *trace)
{
	STEP("%s, which runs in this task, finds by its tid %s", kind,
	     trace->same  ? "this task" :
	     trace->found ? "another" :
			    "nothing");
	if (!trace->same)
		BROKEN(FIX_NONE, "%s does not find the task that it runs in",
		       kind);
}

TEST_F(scx_tid_lookup, tracing_programs_find_the_task_they_run_in)
{
	struct tid_lookup *skel = self->skel;

	ASSERT_EQ(0, tid_trace_rename(skel->progs.lookup_at_rename,
				      &skel->bss->rename_trace));
	judge_trace(_metadata, self, "a tp_btf program",
		    &skel->bss->rename_trace);
	ASSERT_EQ(0, tid_trace_fentry(skel->progs.lookup_at_fentry,
				      &skel->bss->fentry_trace));
	judge_trace(_metadata, self, "a fentry program",
		    &skel->bss->fentry_trace);
}

SCHEDULER_PROGRAM(scx_tid_lookup, tid_lookup, "SCX_OPS_TID_TO_TASK")
