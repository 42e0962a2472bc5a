// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_lookup - scx_bpf_tid_to_task() finds the task that has the tid, and
 * no other task.
 *
 * The invariant. From 7.2 on, every task has a p->scx.tid, which fork assigns and
 * never reuses. If the scheduler sets SCX_OPS_TID_TO_TASK, the kernel maintains a
 * table from tid to task. A task is in the table until its last context switch, so
 * the tid of a dead task finds nothing, even before the task is reaped.
 *
 * History. 41e3312861ea established it. Before, a scheduler that could not store
 * pointers had only the pid, which a task may lose before its last context switch.
 *
 * The window. There is no race: the tasks are live, held while they
 * exit, zombies, or reaped. A syscall program and two tracing programs make the
 * lookups; scx_tid_callbacks makes them in the scheduler's callbacks.
 *
 * Consequence. A scheduler that queues tids loses a task, stalls and is
 * ejected; or it gets a task_struct that is freed.
 */
#include <scx/common.h>

#include "test.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_query.h"
#include "tid_lookup.skel.h"

PRELOAD_SCHEDULER(tid_lookup, "SCX_OPS_TID_TO_TASK")

static struct scheduler scheduler;
static struct tid_lookup *skel;
static struct held_task task;

static void setup(void)
{
	unsigned long long flag;

	need_sched_ext();
	test_skip_or_error(tid_flag(&flag, &test.reason));
	skel = SCHEDULER_OPEN(&scheduler, tid_lookup);
	skel->struct_ops.ops->flags |= flag;
	scheduler_load(&scheduler);
	scheduler_attach(&scheduler);
}

static __u64 get_tid(pid_t pid)
{
	return tid_get(skel->progs.tid_of_pid, pid);
}

static struct tid_query look_up(__u64 tid, pid_t pid)
{
	return tid_look_up(skel->progs.lookup_tid, tid, pid);
}

/* A lookup that finds nothing proves nothing if every lookup does. */
static void lookup_must_work(void)
{
	test_require(look_up(get_tid(getpid()), getpid()).same, FIX_NONE,
		     "the tid of the test's own task does not find it");
}

TEST_INVARIANT(live_task_is_found_by_its_tid,
	       "scx_bpf_tid_to_task() of a live task's p->scx.tid finds that task",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	pid_t pid = spawn_idle_in(&test.root);
	struct tid_query found;
	__u64 tid;

	if (pid < 0)
		test_error("cannot fork a task: %s", strerror(-pid));
	tid = get_tid(pid);
	found = look_up(tid, pid);
	if (!found.tid_found)
		test_fail(FIX_NONE, "the tid of a live task finds nothing");
	else if (!found.same || found.found_pid != pid ||
		 found.found_tid != tid)
		test_fail(FIX_NONE,
			  "tid %llu of pid %d finds another task, pid %d", tid,
			  pid, found.found_pid);
	/* Until it runs for the first time, it has the scheduler's link open. */
	if (spawn_kill(pid, PATIENCE_MS) < 0)
		test_fail(FIX_NONE,
			  "task %d does not end although it was killed", pid);
}

TEST_INVARIANT(exiting_task_is_found_by_its_tid,
	       "scx_bpf_tid_to_task() finds a task that is exiting",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	static const enum hold_kind holds[] = { HOLD_ZAP_PIDNS, HOLD_EXIT_FILES,
						HOLD_THREAD };
	struct tid_query found;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(holds); i++) {
		hold_task(&task, holds[i], &test.root);
		found = look_up(get_tid(task.pid), task.pid);
		assert_held(&task);
		if (!found.same)
			test_fail(FIX_NONE,
				  "the tid of a task that is %s finds %s",
				  hold_name(holds[i]),
				  found.tid_found ? "another" : "nothing");
		release_task(&task);
	}
}

/* Holds a dead task, checks that its tid finds nothing, and returns the tid. */
static __u64 hold_dead(enum hold_kind hold, const char *description)
{
	__u64 tid;

	lookup_must_work();
	hold_task(&task, hold, &test.root);
	tid = get_tid(task.pid);

	/* A zombie may be found until its last context switch. */
	if (!tid_await_removal(skel->progs.lookup_tid, tid, PATIENCE_MS))
		test_fail(FIX_NONE, "tid %llu of %s still finds it", tid,
			  description);
	if (!look_up(tid, task.pid).pid_found)
		test_error("%s has no pid: it was reaped", description);
	assert_held(&task);
	return tid;
}

TEST_INVARIANT(dead_task_is_not_found,
	       "scx_bpf_tid_to_task() of a dead task's tid finds nothing, before and after the task is reaped",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	__u64 tid = hold_dead(HOLD_ZOMBIE, "a zombie");
	struct tid_query found;

	release_task(&task);
	found = look_up(tid, 0);
	if (found.tid_found)
		test_fail(FIX_NONE, "tid %llu of a reaped task finds pid %d",
			  tid, found.found_pid);
	lookup_must_work();
}

TEST_INVARIANT(dead_leader_is_not_found,
	       "scx_bpf_tid_to_task() of a dead leader's tid finds nothing while another thread of its process lives",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	hold_dead(HOLD_ZOMBIE_LEADER, "a dead leader with a live thread");
}

TEST_INVARIANT(reserved_tids_find_nothing,
	       "scx_bpf_tid_to_task() of 0 and ~0 finds nothing and does not eject the scheduler",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	static const unsigned long long reserved[] = { 0, ~0ULL };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reserved); i++) {
		struct tid_query found = look_up(reserved[i], 0);

		if (found.tid_found)
			test_fail(FIX_NONE,
				  "tid %llu, which no task has, finds pid %d",
				  reserved[i], found.found_pid);
	}
	lookup_must_work();
}

/* More than any machine has forked since its boot. */
#define UNASSIGNED 0x1000000000000ULL

TEST_INVARIANT(unassigned_tid_finds_nothing,
	       "scx_bpf_tid_to_task() of a tid that no task has had finds nothing",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	__u64 ours = get_tid(getpid());
	struct tid_query found;

	if (ours >= UNASSIGNED)
		test_error("this task has tid %llu: the test needs tids below %llu",
			   ours, UNASSIGNED);
	/* It differs in one bit from the tid of a live task. */
	found = look_up(ours | UNASSIGNED, 0);
	if (found.tid_found)
		test_fail(FIX_NONE, "tid %llu, which no task has, finds pid %d",
			  ours | UNASSIGNED, found.found_pid);
	lookup_must_work();
}

static void check_trace(const char *program, const struct tid_trace *trace)
{
	test_step("%s looks up the tid of this task and finds %s", program,
		  trace->same  ? "this task" :
		  trace->found ? "another" :
				 "nothing");
	if (!trace->same)
		test_fail(FIX_NONE, "%s does not find the task that it runs in",
			  program);
}

TEST_INVARIANT(tracing_programs_find_the_current_task,
	       "scx_bpf_tid_to_task() also finds a task from tp_btf and fentry programs that take no RCU lock",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	struct tid_trace *trace = &skel->bss->rename_trace;

	test_must_call(tid_trace_rename(skel->progs.lookup_at_rename, trace),
		       "cannot run a tp_btf program once");
	check_trace("a tp_btf program", trace);
	trace = &skel->bss->fentry_trace;
	test_must_call(tid_trace_fentry(skel->progs.lookup_at_fentry, trace),
		       "cannot run an fentry program once");
	check_trace("an fentry program", trace);
}
