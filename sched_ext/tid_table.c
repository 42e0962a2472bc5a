// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_table - while a scheduler with SCX_OPS_TID_TO_TASK is loaded, the tid table
 * has every task that can still run, and no other.
 *
 * The invariant. The load adds all tasks to the table: kernel threads, exiting tasks,
 * and tasks that have lost their pid but not reached their last context switch. A
 * fork adds the new task, and its last context switch removes it. The unload frees
 * the table, as does a load that fails halfway: then no tid finds a task. The next
 * load fills a new table, with the same tids. A load that is refused because another
 * scheduler is loaded does not change the table.
 *
 * History. 41e3312861ea established it. Two bugs are easy to add: the load may insert a
 * task that has died in the meantime, or insert a task twice, which logs a warning
 * (and a warning fails the test that caused it).
 *
 * The window. Tasks are held before the load, with their pid
 * (lib/held_task.h) or without (lib/pidless.h). A census looks up the tid of every
 * task.
 *
 * Consequence. A scheduler that is loaded while a task exits stalls on that
 * task, or gets a freed task_struct.
 */
#include <bpf/bpf.h>
#include <sched.h>

#include <scx/common.h>

#include "test.h"
#include "blocking_page.h"
#include "pidless.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_query.h"
#include "tid_table.h"
#include "tid_table.skel.h"

PRELOAD_SCHEDULER(tid_table, "SCX_OPS_TID_TO_TASK")

static struct scheduler scheduler, second;
static struct tid_table *skel;
static struct held_task task;
static struct pidless pidless;
static struct blocking_page page;

static void setup(void)
{
	unsigned long long flag;

	need_sched_ext();
	test_skip_or_error(tid_flag(&flag, &test.reason));
	skel = SCHEDULER_OPEN(&scheduler, tid_table);
	skel->struct_ops.ops->flags |= flag;
	scheduler_load(&scheduler);
}

static void load(void)
{
	skel->data->uei.kind = 0;
	scheduler_attach(&scheduler);
}

/* Ends the test if the kernel has ejected the scheduler. */
static void unload(void)
{
	if (!scheduler_detach(&scheduler))
		test_stop();
}

/* Looks up the tids of all tasks. */
static void check_census(const char *when)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int program = bpf_program__fd(skel->progs.take_census);
	struct tid_census census = {};

	opts.ctx_in = &census;
	opts.ctx_size_in = sizeof(census);
	test_must_call(bpf_prog_test_run_opts(program, &opts),
		       "cannot run the census");
	test_step("%s %u tids find their task; %u tasks exit or are being forked",
		  when, census.found, census.excused);
	/* The tasks of the test are among them. */
	if (!census.found && !census.missing && !census.others)
		test_error("the census sees no task");
	if (census.missing)
		test_fail(FIX_NONE,
			  "%s the tids of %u live task(s) find nothing, such as that of pid %d",
			  when, census.missing, census.pid);
	if (census.others)
		test_fail(FIX_NONE,
			  "%s the tids of %u task(s) find another task, such as that of pid %d",
			  when, census.others, census.pid);
}

static __u64 get_tid(pid_t pid)
{
	return tid_get(skel->progs.tid_of_pid, pid);
}

static bool pid_exists(pid_t pid)
{
	struct tid_query query = { .pid = pid };

	test_must_call(tid_ask(skel->progs.tid_of_pid, &query),
		       "cannot look pid %d up", pid);
	return query.pid_found;
}

static bool is_found(__u64 tid)
{
	struct tid_query found = tid_look_up(skel->progs.lookup_tid, tid, 0);

	return found.tid_found && found.found_tid == tid;
}

/* The task is released, and reaches its last context switch soon. */
static void must_be_removed(__u64 tid)
{
	if (!tid_await_removal(skel->progs.lookup_tid, tid, PATIENCE_MS))
		test_fail(FIX_NONE,
			  "tid %llu of a dead task still finds a task", tid);
}

static pid_t spawn_idle(void)
{
	pid_t pid = spawn_idle_in(&test.root);

	if (pid < 0)
		test_error("cannot fork a task: %s", strerror(-pid));
	return pid;
}

static void kill_task(pid_t pid)
{
	test_require(spawn_kill(pid, PATIENCE_MS) >= 0, FIX_NONE,
		     "task %d does not end although it was killed", pid);
}

TEST_INVARIANT(every_live_task_is_found,
	       "the tid table has every task of the machine, forked before or after the load of the scheduler",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	pid_t pid;

	spawn_idle();
	load();
	check_census("after the load");
	pid = spawn_idle();
	check_census("after a fork");
	/* Until it runs for the first time, it has the scheduler's link open. */
	kill_task(pid);
}

static void check_exiting_task(enum hold_kind hold)
{
	__u64 tid;

	hold_task(&task, hold, &test.root);
	tid = get_tid(task.pid);
	load();
	assert_held(&task);
	if (!is_found(tid))
		test_fail(FIX_NONE,
			  "the tid of a task that was exiting at the load finds nothing");
	release_task(&task);
	must_be_removed(tid);
	unload();
}

TEST_INVARIANT(task_exiting_at_the_load_is_found,
	       "the tid table has a task that was exiting when the scheduler was loaded",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	check_exiting_task(HOLD_ZAP_PIDNS);
	check_exiting_task(HOLD_EXIT_FILES);
	check_exiting_task(HOLD_THREAD);
}

static __u32 read_counter(const __u32 *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

/* A task that has lost its pid and cannot reach its last context switch yet. */
static void start_pidless(void)
{
	test_must_call(stay_on_this_cpu(), "cannot stay on this CPU");
	pidless_start(&pidless, PIDLESS_PREEMPTED, SCHED_OTHER);
	skel->bss->watched.tid = get_tid(pidless.pid);
	test_must_call(pidless_exit(&pidless), "cannot make task %d exit",
		       pidless.pid);
	if (!WAIT_FOR(!pid_exists(pidless.pid), PATIENCE_MS))
		test_error("the exiting task %d does not lose its pid",
			   pidless.pid);
	test_step("a task has exited, is reaped and cannot reach its last context switch");
}

static void must_be_initialised(void)
{
	const struct tid_watched *watched = &skel->bss->watched;
	__u32 times = read_counter(&watched->initialised);

	test_require(times == 1, FIX_NONE,
		     "the load calls init_task %u times, not once, for the task with tid %llu",
		     times, watched->tid);
}

TEST_INVARIANT(task_without_a_pid_at_the_load_is_found,
	       "the tid table has a task that had lost its pid when the scheduler was loaded",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	struct tid_watched *watched = &skel->bss->watched;

	start_pidless();
	load();
	must_be_initialised();
	if (!watched->exit_state)
		test_error("in init_task, the task without a pid has not exited");
	if (!is_found(watched->tid))
		test_fail(FIX_NONE,
			  "the tid of a task that had lost its pid at the load finds nothing");
	test_require(!read_counter(&watched->ended), FIX_NONE,
		     "exit_task comes before the last context switch of a task that had lost its pid at the load");

	test_must_call(pidless_exit(&pidless),
		       "cannot let the task reach its last context switch");
	if (!WAIT_FOR(read_counter(&watched->ended), PATIENCE_MS))
		test_fail(FIX_NONE,
			  "exit_task never comes for a task that had lost its pid at the load");
	else if (is_found(watched->tid))
		test_fail(FIX_NONE,
			  "after exit_task the tid of a task still finds it");
}

static void must_be_found(__u64 tid, const char *when)
{
	if (!is_found(tid))
		test_fail(FIX_NONE, "the tid of a live task finds nothing %s",
			  when);
}

TEST_INVARIANT(next_load_refills_the_table,
	       "a scheduler that is loaded again finds the live tasks by the same tids, and no dead task",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	pid_t survivor = spawn_idle(), victim = spawn_idle();
	__u64 survivor_tid = get_tid(survivor), victim_tid = get_tid(victim);

	load();
	must_be_found(survivor_tid, "after the first load");
	must_be_found(victim_tid, "after the first load");
	unload();

	kill_task(victim);
	load();
	check_census("after the second load");
	if (get_tid(survivor) != survivor_tid)
		test_fail(FIX_NONE,
			  "a task has another tid after a second load");
	must_be_found(survivor_tid, "after the second load");
	if (!tid_await_removal(skel->progs.lookup_tid, victim_tid, PATIENCE_MS))
		test_fail(FIX_NONE,
			  "the tid of a task that died between two loads finds a task");
}

#define VICTIMS 3 /* the load waits at the one in the middle */

/* When this returns, the load waits in init_task of the task with the watched tid. */
static void begin_load(void)
{
	skel->bss->blocking_page.address = page.address;
	skel->bss->blocking_page.owner = page.owner;
	test_must_call(scheduler_attach_begin(&scheduler),
		       "cannot start a thread");
	test_require(blocking_page_reached(&page, PATIENCE_MS), FIX_NONE,
		     "the load does not call init_task for the task with tid %llu",
		     skel->bss->watched.tid);
	test_step("the load waits in ops.init_task()");
}

static void end_load(void)
{
	if (!scheduler_state_is("enabling"))
		test_error("the load does not wait in ops.init_task()");
	test_must_call(blocking_page_release(&page),
		       "cannot end the wait in ops.init_task()");
	scheduler_attach_must_end(&scheduler);
	must_be_initialised();
}

TEST_INVARIANT(task_that_dies_during_the_load_is_not_found,
	       "the tid table does not have a task that died while the scheduler was being loaded",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	pid_t victims[VICTIMS];
	__u64 tids[VICTIMS];
	struct cgroup c;
	int populated, i;

	blocking_page_create(&page);
	test_cgroup(&c, &test.root, "c");
	for (i = 0; i < VICTIMS; i++) {
		victims[i] = spawn_idle_in(&c);
		if (victims[i] < 0)
			test_error("cannot fork a task: %s",
				   strerror(-victims[i]));
		tids[i] = get_tid(victims[i]);
	}
	skel->bss->watched.tid = tids[VICTIMS / 2];

	begin_load();
	for (i = 0; i < VICTIMS; i++)
		kill_task(victims[i]);
	/* A cgroup becomes unpopulated after the last context switch of its tasks. */
	WAIT_FOR((populated = cgroup_populated(&c)) <= 0, PATIENCE_MS);
	if (populated < 0)
		test_error("cannot read cgroup.events of c: %s",
			   strerror(-populated));
	test_require(!populated, FIX_NONE,
		     "populated of c is 1 although its %d tasks have died",
		     VICTIMS);
	test_step("%d tasks have died", VICTIMS);
	end_load();

	for (i = 0; i < VICTIMS; i++)
		if (is_found(tids[i]))
			test_fail(FIX_NONE,
				  "a task that died during the load is found by its tid %llu",
				  tids[i]);
	check_census("after the load");
}

static void start_forker(void)
{
	pid_t pid = spawn(-1);

	if (pid < 0)
		test_error("cannot fork a task: %s", strerror(errno));
	if (pid)
		return;
	for (;;) {
		/* It copies no memory, so that a load meets more forks. */
		pid = vfork();
		if (!pid)
			_exit(EXIT_SUCCESS);
		waitpid(pid, NULL, 0);
		/* An emulated CPU needs time for the load. */
		pause_ms(1);
	}
}

#define LOADS 20
#define FORKERS 2

TEST_INVARIANT(load_during_forks_fills_the_table,
	       "every load of a scheduler fills the tid table, whatever tasks fork and exit meanwhile",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	int i;

	for (i = 0; i < FORKERS; i++)
		start_forker();
	for (i = 0; i < LOADS; i++) {
		load();
		check_census("while tasks fork");
		unload();
	}
}

/* ops.init_task() of @pid fails, which the kernel reports after the attach. */
static void fail_to_load(pid_t pid)
{
	skel->bss->refused_pid = pid;
	load();
	test_require(scheduler_wait_ejected(&scheduler, &test.reason), FIX_NONE,
		     "a load succeeds although init_task of task %d fails",
		     pid);
	test_require(strstr(test.reason.text, "init_task"), FIX_NONE,
		     "a load whose init_task fails for task %d fails for another reason: %s",
		     pid, test.reason.text);
	skel->bss->refused_pid = 0;
}

TEST_INVARIANT(failed_load_leaves_the_table_empty,
	       "a tid finds no task after a load that failed halfway, and every task's tid finds it after the next load",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	pid_t refused = spawn_idle();
	__u64 tid;

	tid = get_tid(refused);
	fail_to_load(refused);
	if (is_found(tid) || is_found(get_tid(getpid())))
		test_fail(FIX_NONE,
			  "a tid finds a task after a load that failed");
	load();
	check_census("after a failed load");
}

TEST_INVARIANT(refused_load_does_not_change_the_table,
	       "the tid table of a scheduler is complete after another scheduler was refused",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	struct tid_table *other = SCHEDULER_OPEN_ANEW(&second, tid_table);
	int err;

	other->struct_ops.ops->flags = skel->struct_ops.ops->flags;
	test_skip_or_error(scheduler_try_load(&second, &test.reason));
	load();
	err = scheduler_try_attach(&second, &test.reason);
	test_step("a second scheduler is %s",
		  err ? test.reason.text : "attached");
	if (err != -EBUSY)
		test_fail(FIX_NONE,
			  "a second scheduler is not refused with EBUSY: %s",
			  err ? test.reason.text : "it is loaded");
	check_census("after a second load was refused");
}
