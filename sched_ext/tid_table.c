// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_table - while a scheduler that asked for it is loaded, the tid table has
 * every task of the machine that can still run, and no other.
 *
 * The invariant. A load puts all tasks there are into the table, whatever they
 * are about: kernel threads, tasks that exit, tasks that have lost their pid but
 * not had their last context switch. A fork adds the new task, the last switch
 * takes the task out. An unload empties the table, and the next load fills it
 * anew: a task has the same tid then. A load that fails half-way leaves nothing
 * behind, one that is refused because there is a scheduler does no harm to that.
 *
 * Who established it. 41e3312861ea, which also knows the ways to get it wrong: to
 * insert, at load, a task that has died meanwhile, or to insert one twice, of
 * which the kernel would warn (and the kernel's log is read after each test).
 *
 * How the window is opened. Tasks are held exiting before the load (lib/exiting.h
 * with their pid, lib/departing.h without). A census looks up every task there is.
 *
 * What a failure means. A scheduler that was started while something exited
 * stalls on it; or is handed a task_struct that was freed.
 */
#include <bpf/bpf.h>
#include <pthread.h>
#include <sched.h>

#include <scx/common.h>

#include "test.h"
#include "departing.h"
#include "scheduler.h"
#include "spawn.h"
#include "stuck_page.h"
#include "tid_query.h"
#include "tid_table.h"
#include "tid_table.skel.h"

/* By a thread of ours, as it waits. */
struct attachment {
	struct scheduler *scheduler;
	struct reason *reason;
	bool busy;
};

FIXTURE(scx_tid_table)
{
	struct stage stage;
	struct scheduler scheduler;
	struct tid_table *skel;
	struct exiting task;
	struct departing departing;
	struct stuck_page page;
	struct attachment attachment;
};

FIXTURE_SETUP(scx_tid_table)
{
	struct reason *reason = &self->stage.reason;
	unsigned long long flag;

	SET_STAGE();
	if (scheduler_possible(reason) || tid_flag(&flag, reason))
		LEAVE("%s", reason->text);
	self->skel = SCHEDULER_OPEN(&self->scheduler, tid_table);
	ASSERT_NE(NULL, self->skel);
	self->skel->struct_ops.ops->flags |= flag;
	ASSERT_STAGED(scheduler_load(&self->scheduler, reason));
}

static bool is_attaching(FIXTURE_DATA(scx_tid_table) * self)
{
	return __atomic_load_n(&self->attachment.busy, __ATOMIC_ACQUIRE);
}

FIXTURE_TEARDOWN(scx_tid_table)
{
	/* Lets a load go on that waits for the page. */
	stuck_page_destroy(&self->page);
	WAIT_FOR(!is_attaching(self), PATIENCE_MS);
	scheduler_detach(&self->scheduler, &self->stage.story);
	departing_end(&self->departing);
	exiting_destroy(&self->task);
	STRIKE_STAGE();
}

static void attach(struct __test_metadata *_metadata,
		   FIXTURE_DATA(scx_tid_table) * self)
{
	self->skel->data->uei.kind = 0;
	ASSERT_STAGED(scheduler_attach(&self->scheduler, &self->stage.reason));
	STEP("the scheduler is enabled");
}

static void detach(struct __test_metadata *_metadata,
		   FIXTURE_DATA(scx_tid_table) * self)
{
	ASSERT_TRUE(scheduler_detach(&self->scheduler, &self->stage.story));
}

static int take_census(FIXTURE_DATA(scx_tid_table) * self,
		       struct tid_census *census)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = census,
		    .ctx_size_in = sizeof(*census));

	return bpf_prog_test_run_opts(
		bpf_program__fd(self->skel->progs.take_census), &opts);
}

/* Looks up all tasks; ours are among them, so there are some. */
static void judge_census(struct __test_metadata *_metadata,
			 FIXTURE_DATA(scx_tid_table) * self, const char *when)
{
	struct tid_census census = {};

	ASSERT_EQ(0, take_census(self, &census));
	STEP("%s: %u tasks are found by their tid, %u exit or begin", when,
	     census.found, census.excused);
	ASSERT_LT((__u32)0, census.found + census.missing + census.others);
	if (census.missing)
		BROKEN(FIX_NONE,
		       "%s the tids of %u live task(s) find nothing, of pid %d for one",
		       when, census.missing, census.pid);
	if (census.others)
		BROKEN(FIX_NONE,
		       "%s the tids of %u task(s) find another, of pid %d for one",
		       when, census.others, census.pid);
}

static __u64 tid_of(FIXTURE_DATA(scx_tid_table) * self, pid_t pid)
{
	struct tid_query query = { .pid = pid };

	return tid_ask(self->skel->progs.tid_of_pid, &query) ? 0 : query.tid;
}

static bool is_found(FIXTURE_DATA(scx_tid_table) * self, __u64 tid)
{
	struct tid_query query = { .tid = tid };
	int err = tid_ask(self->skel->progs.lookup_tid, &query);

	STEP("tid %llu finds %s", tid,
	     query.tid_found ? "something" : "nothing");
	return !err && query.tid_found && query.found_tid == tid;
}

static pid_t spawn_idler(void)
{
	pid_t pid = spawn(-1);

	if (!pid)
		idle_until_killed();
	return pid;
}

TEST_F(scx_tid_table, has_every_live_task)
{
	pid_t before = spawn_idler(), after;

	ASSERT_GT(before, 0);
	attach(_metadata, self);
	judge_census(_metadata, self, "after the load");
	after = spawn_idler();
	ASSERT_GT(after, 0);
	judge_census(_metadata, self, "after a fork");
	ASSERT_LE(0, spawn_kill(before, PATIENCE_MS));
	ASSERT_LE(0, spawn_kill(after, PATIENCE_MS));
}

TEST_F(scx_tid_table, has_tasks_that_were_exiting_at_the_load)
{
	static const enum exiting_hold holds[] = { HOLD_PIDNS, HOLD_FUSE,
						   HOLD_THREAD };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(holds); i++) {
		__u64 tid;

		HOLD(&self->task, holds[i], &self->stage.root);
		tid = tid_of(self, self->task.pid);
		ASSERT_TRUE(tid != 0);
		attach(_metadata, self);
		ASSERT_TRUE(exiting_is_held(&self->task));
		if (!is_found(self, tid))
			BROKEN(FIX_NONE,
			       "the tid of a task that was exiting at the load finds nothing");
		ASSERT_EQ(0, exiting_release(&self->task));
		STEP("it is released");
		if (!WAIT_FOR(!is_found(self, tid), PATIENCE_MS))
			BROKEN(FIX_NONE,
			       "the tid of a dead task still finds it");
		detach(_metadata, self);
	}
}

static __u32 count(const __u32 *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static bool pid_is_gone(FIXTURE_DATA(scx_tid_table) * self, pid_t pid)
{
	struct tid_query query = { .pid = pid };

	return !tid_ask(self->skel->progs.tid_of_pid, &query) &&
	       !query.pid_found;
}

TEST_F(scx_tid_table, has_a_task_that_had_no_pid_at_the_load)
{
	struct tid_watched *watched = &self->skel->bss->watched;
	struct departing *task = &self->departing;
	int err;

	ASSERT_EQ(0, stay_on_this_cpu());
	err = departing_start(task, DEPART_BEHIND, SCHED_OTHER,
			      &self->stage.reason);
	if (err == -EOPNOTSUPP)
		SKIP(return, "%s", self->stage.reason.text);
	ASSERT_STAGED(err);
	watched->tid = tid_of(self, task->pid);
	ASSERT_TRUE(watched->tid != 0);
	ASSERT_EQ(0, departing_go(task));
	ASSERT_TRUE(WAIT_FOR(pid_is_gone(self, task->pid), PATIENCE_MS));
	STEP("a task has exited and been reaped, and cannot get to its last switch");

	attach(_metadata, self);
	ASSERT_EQ((__u32)1, count(&watched->initialised));
	ASSERT_TRUE(watched->exit_state != 0);
	if (!is_found(self, watched->tid))
		BROKEN(FIX_NONE,
		       "the tid of a task that had lost its pid at the load finds nothing");
	ASSERT_EQ((__u32)0, count(&watched->ended));

	ASSERT_EQ(0, departing_go(task));
	ASSERT_TRUE(WAIT_FOR(count(&watched->ended), PATIENCE_MS));
	if (is_found(self, watched->tid))
		BROKEN(FIX_NONE, "the tid of a dead task still finds it");
}

TEST_F(scx_tid_table, is_filled_anew_at_the_next_load)
{
	pid_t stays = spawn_idler(), goes = spawn_idler();
	__u64 stays_tid, goes_tid;

	ASSERT_GT(stays, 0);
	ASSERT_GT(goes, 0);
	stays_tid = tid_of(self, stays);
	goes_tid = tid_of(self, goes);
	attach(_metadata, self);
	ASSERT_TRUE(is_found(self, stays_tid));
	ASSERT_TRUE(is_found(self, goes_tid));
	detach(_metadata, self);

	ASSERT_LE(0, spawn_kill(goes, PATIENCE_MS));
	attach(_metadata, self);
	judge_census(_metadata, self, "after the second load");
	if (tid_of(self, stays) != stays_tid)
		BROKEN(FIX_NONE, "a task has another tid after a second load");
	if (!is_found(self, stays_tid))
		BROKEN(FIX_NONE,
		       "the tid of a task is found no more after a second load");
	if (!WAIT_FOR(!is_found(self, goes_tid), PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "the tid of a task that died between two loads finds something");
	ASSERT_LE(0, spawn_kill(stays, PATIENCE_MS));
}

static void *attach_in_thread(void *data)
{
	struct attachment *attachment = data;

	scheduler_attach(attachment->scheduler, attachment->reason);
	__atomic_store_n(&attachment->busy, false, __ATOMIC_RELEASE);
	return NULL;
}

static int begin_attach(FIXTURE_DATA(scx_tid_table) * self)
{
	struct attachment *attachment = &self->attachment;
	pthread_t thread;

	attachment->scheduler = &self->scheduler;
	attachment->reason = &self->stage.reason;
	attachment->busy = true;
	return pthread_create(&thread, NULL, attach_in_thread, attachment);
}

#define DOOMED 3 /* the one whose initialisation waits is in the middle */

TEST_F(scx_tid_table, has_no_task_that_died_during_the_load)
{
	struct tid_watched *watched = &self->skel->bss->watched;
	pid_t doomed[DOOMED];
	__u64 tids[DOOMED];
	struct cgroup c;
	int i, err;

	err = stuck_page_create(&self->page, &self->stage.reason);
	if (err == -EOPNOTSUPP)
		SKIP(return, "%s", self->stage.reason.text);
	ASSERT_STAGED(err);
	ASSERT_EQ(0, cgroup_create(&c, &self->stage.root, "c"));
	for (i = 0; i < DOOMED; i++) {
		doomed[i] = spawn_idler();
		ASSERT_GT(doomed[i], 0);
		ASSERT_EQ(0, cgroup_add(&c, doomed[i]));
		tids[i] = tid_of(self, doomed[i]);
		ASSERT_TRUE(tids[i] != 0);
	}
	watched->tid = tids[DOOMED / 2];
	self->skel->bss->stuck_page.address = self->page.address;
	self->skel->bss->stuck_page.owner = self->page.owner;

	ASSERT_EQ(0, begin_attach(self));
	ASSERT_TRUE(stuck_page_reached(&self->page, PATIENCE_MS));
	STEP("the load waits in ops.init_task() of pid %d", doomed[DOOMED / 2]);
	for (i = 0; i < DOOMED; i++)
		ASSERT_LE(0, spawn_kill(doomed[i], PATIENCE_MS));
	/* Only after their last switch is their cgroup empty. */
	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&c), PATIENCE_MS));
	ASSERT_TRUE(is_attaching(self));
	STEP("%d tasks have died", DOOMED);
	ASSERT_EQ(0, stuck_page_release(&self->page));
	ASSERT_TRUE(WAIT_FOR(!is_attaching(self), PATIENCE_MS));
	ASSERT_NE(NULL, self->scheduler.link);
	ASSERT_EQ((__u32)1, count(&watched->initialised));

	for (i = 0; i < DOOMED; i++)
		if (is_found(self, tids[i]))
			BROKEN(FIX_NONE,
			       "a task that died during the load is found by its tid");
	judge_census(_metadata, self, "after the load");
}

static pid_t spawn_forker(void)
{
	pid_t pid = spawn(-1);

	if (pid)
		return pid;
	for (;;) {
		/* It copies no memory: more tasks come and go in a load's time. */
		pid = vfork();
		if (!pid)
			_exit(EXIT_SUCCESS);
		waitpid(pid, NULL, 0);
		/* Where a CPU is emulated the load should get on, too. */
		pause_ms(1);
	}
}

#define LOADS 20
#define FORKERS 2

TEST_F(scx_tid_table, is_right_after_each_load_in_a_storm_of_forks)
{
	pid_t forkers[FORKERS];
	int i;

	for (i = 0; i < FORKERS; i++) {
		forkers[i] = spawn_forker();
		ASSERT_GT(forkers[i], 0);
	}
	for (i = 0; i < LOADS; i++) {
		attach(_metadata, self);
		judge_census(_metadata, self, "in a storm of forks");
		detach(_metadata, self);
	}
	for (i = 0; i < FORKERS; i++)
		ASSERT_LE(0, spawn_kill(forkers[i], PATIENCE_MS));
}

TEST_F(scx_tid_table, outlives_a_load_that_failed)
{
	pid_t refused = spawn_idler();
	__u64 tid = tid_of(self, refused);

	ASSERT_GT(refused, 0);
	self->skel->bss->refused_pid = refused;
	/* What fails is told when the scheduler exits. */
	attach(_metadata, self);
	ASSERT_TRUE(WAIT_FOR(scheduler_ejected(&self->scheduler,
					       &self->stage.reason),
			     PATIENCE_MS));
	STEP("it is disabled: %s", self->stage.reason.text);
	ASSERT_NE(NULL, strstr(self->stage.reason.text, "init_task"));
	bpf_link__destroy(self->scheduler.link);
	self->scheduler.link = NULL;
	if (is_found(self, tid) || is_found(self, tid_of(self, getpid())))
		BROKEN(FIX_NONE, "a tid is found after a load that has failed");

	self->skel->bss->refused_pid = 0;
	attach(_metadata, self);
	judge_census(_metadata, self, "after a load that has failed");
	ASSERT_LE(0, spawn_kill(refused, PATIENCE_MS));
}

TEST_F(scx_tid_table, outlives_a_load_that_was_refused)
{
	struct reason *reason = &self->stage.reason;
	struct scheduler second = {};
	struct tid_table *skel = SCHEDULER_OPEN_ANEW(&second, tid_table);

	ASSERT_NE(NULL, skel);
	skel->struct_ops.ops->flags = self->skel->struct_ops.ops->flags;
	ASSERT_STAGED(scheduler_load(&second, reason));
	attach(_metadata, self);
	ASSERT_EQ(-EBUSY, scheduler_attach(&second, reason));
	STEP("a second scheduler is refused: %s", reason->text);
	judge_census(_metadata, self, "after a second load was refused");
	tid_table__destroy(skel);
}

SCHEDULER_PROGRAM(scx_tid_table, tid_table, "SCX_OPS_TID_TO_TASK")
