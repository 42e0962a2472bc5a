// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_init_order - when a BPF scheduler is enabled, cgroup_init of a cgroup precedes
 * init_task of the tasks in it.
 *
 * The invariant. The enable path calls ops.cgroup_init() for all cgroups and then
 * ops.init_task() for all tasks, with the cgroup of each. That cgroup has had its
 * cgroup_init, even if it is removed and the task is exiting. There is no init_task for
 * a task after its last context switch.
 *
 * History. Up to 6.18 do_exit() unlinked the task from its cgroup, which could then
 * be removed and go offline. The enable path skips offline cgroups, but still called
 * init_task for the task (fixed by d245698d727a). It did so for zombies, too, as a task stayed on
 * the list of tasks until the last reference to it was dropped (fixed by 7900aa699c34).
 * scx_mitosis, which creates state for a cgroup in cgroup_init and looks it up in
 * init_task, failed with "cgrp_ctx lookup failed for cgid".
 *
 * The window. First a task of cgroup c is held, in do_exit() or as a
 * zombie, and c is removed. When c is offline or its offlining is deferred
 * (offline_barrier.h), the scheduler is enabled, and the order of the events is checked.
 * Where rmdir fails or sleeps while the task is held, c exists when the scheduler is
 * enabled, which proves nothing about a removed cgroup: the test is skipped.
 *
 * Consequence. A scheduler with state for each cgroup cannot be enabled while a
 * service manager is cleaning up: the kernel ejects it at once.
 */
#include <scx/common.h>

#include "test.h"
#include "dying.h"
#include "offline_barrier.h"
#include "responder.h"
#include "scheduler.h"
#include "share.h"
#include "spawn.h"
#include "steps.h"
#include "init_order.h"
#include "init_order.skel.h"

#define DEPTH 4
#define MANY 80
#define HELD 40 /* of the many */
#define WORKERS 3
#define ROUNDS 2

static struct scheduler scheduler;
static struct init_order *skel;
static struct cgroup c, living;
static struct held_task task;
static struct call rmdir_call, move_call;
static struct responder live; /* a task in living */

/*
 * Before the load. Cgroup storage cannot be reset between two tests, so that an object
 * with it cannot be preloaded; only one test needs it.
 */
static void choose_maps(struct init_order *opened, bool storage)
{
	opened->rodata->has_storage = storage;
	bpf_map__set_autocreate(opened->maps.in_cgroup, storage);
}

static void preload_without_storage(void)
{
	unsigned long long unused;
	struct init_order *opened;

	if (!scheduler_prepare(NULL, &unused))
		return;
	opened = OPEN_SKELETON(init_order);
	if (!opened)
		return;
	choose_maps(opened, false);
	preload("init_order", opened, opened->skeleton);
}

static void __attribute__((constructor)) register_preload(void)
{
	this_program.prepare = preload_without_storage;
}

static void setup(void)
{
	offline_barrier_begin();
	need_cgroup_sched_ext();
	skel = SCHEDULER_OPEN(&scheduler, init_order);
	if (!is_preloaded(skel->skeleton))
		choose_maps(skel, false);
	timeline_use_log(&skel->bss->events);

	test_cgroup(&living, &test.root, "living");
	responder_start(&live, &living);
	timeline_name_task(live.pid, "a live task");
}

static void attach(void)
{
	scheduler_attach(&scheduler);
	scheduler_must_know(&living, live.pid);
}

static void load_and_attach(void)
{
	scheduler_load(&scheduler);
	attach();
}

static void check_order(enum fix_id fix)
{
	if (!scheduler_detach(&scheduler))
		return;
	test_check_order(ORDER_RULE(ORDER_R1), fix);
	test_check_order(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R1), FIX_NONE);
}

static void hold_in_c(enum hold_kind hold)
{
	test_cgroup(&c, &test.root, "c");
	hold_task(&task, hold, &c);
	timeline_name_task(task.pid, "the task");
}

/* When this returns, c is offline or its offlining is deferred. */
static void remove_c(void)
{
	call_rmdir_or_skip(&rmdir_call, &c);
	offline_barrier_cpu(&test.root);
	assert_held(&task);
}

static void release(void)
{
	assert_held(&task);
	release_task(&task);
	if (!rmdir_call.returned || rmdir_call.err)
		finish_rmdir(&rmdir_call, &c);
}

static void enable_while_held(enum fix_id fix)
{
	load_and_attach();
	must_have_init_task(&c, task.pid);
	release();
	check_order(fix);
}

TEST_INVARIANT(cgroup_init_of_a_removed_cgroup_precedes_init_task,
	       "when a scheduler is enabled, cgroup_init of a removed cgroup comes before init_task of the exiting task in it",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	hold_in_c(HOLD_ZAP_PIDNS);
	remove_c();
	enable_while_held(FIX_DEFER_UNLINK);
}

/*
 * Early in its exit: no kernel has unlinked the task from its cgroup yet, and those that list
 * the task do not remove its cgroup. The order must be right in both cases. While rmdir
 * sleeps, no cgroup can be created beside c, so there is no barrier.
 */
TEST_INVARIANT(cgroup_init_precedes_init_task_of_an_early_exiting_task,
	       "when a scheduler is enabled, cgroup_init of a cgroup comes before init_task of a task in it that has begun to exit",
	       NO_FIX)
{
	hold_in_c(HOLD_EXIT_FILES);
	if (call_rmdir(&rmdir_call, &c, BLOCKED_MS))
		offline_barrier_cpu(&test.root);
	assert_held(&task);
	enable_while_held(FIX_NONE);
}

/* Kernels that call init_task for a zombie do so without cgroup_init of its cgroup. */
static void enable_beside_zombie(void)
{
	wait_for_last_switch(&c);
	remove_c();
	load_and_attach();
	if (event_logged(test.log, EV_INIT_TASK, c.id, task.pid))
		test_fail(FIX_SCX_EXIT_ORDER,
			  "init_task comes for a task after its last context switch");
	release();
	check_order(FIX_SCX_EXIT_ORDER);
}

TEST_INVARIANT(no_init_task_of_a_zombie,
	       "when a scheduler is enabled, a zombie gets no init_task",
	       FAILS_WITHOUT(FIX_SCX_EXIT_ORDER))
{
	hold_in_c(HOLD_ZOMBIE);
	enable_beside_zombie();
}

/* The live thread moves away, and the zombie leader cannot. */
TEST_INVARIANT(no_init_task_of_a_zombie_leader,
	       "when a scheduler is enabled, a zombie leader whose process has moved away gets no init_task",
	       FAILS_WITHOUT(FIX_SCX_EXIT_ORDER))
{
	hold_in_c(HOLD_ZOMBIE_LEADER);
	test_must_call(call_add(&move_call, &living, task.pid),
		       "cannot move the process to living");
	test_step("its process moves to living");
	enable_beside_zombie();
}

/*
 * The bug as users of scx_mitosis see it: init_task fails, as the cgroup has no state.
 * False if the kernel ejects the scheduler; why, in test.reason.
 */
static bool enable_with_state(enum state_kind kind)
{
	int err;

	skel->bss->state_kind = kind;
	scheduler_load(&scheduler);
	err = scheduler_try_attach(&scheduler, &test.reason);
	/* Some kernels eject the scheduler although the attach succeeds. */
	if (err || scheduler_ejected(&scheduler, &test.reason)) {
		scheduler_disable(&scheduler);
		test_step("a scheduler with state for each cgroup is ejected: %s",
			  test.reason.text);
		return false;
	}
	test_step("a scheduler with state for each cgroup is enabled");
	must_have_init_task(&living, live.pid);
	return true;
}

/* Whether init_task has come for the task in c, although cgroup_init has not come for c. */
static bool is_init_task_without_cgroup_init(void)
{
	return event_logged(test.log, EV_INIT_TASK, c.id, task.pid) &&
	       !event_logged(test.log, EV_CGROUP_INIT, c.id, 0);
}

static void check_enabled(bool enabled, enum fix_id fix)
{
	if (enabled) {
		release();
		check_order(fix);
		return;
	}
	if (!is_init_task_without_cgroup_init())
		fix = FIX_NONE;
	test_fail(fix, "a scheduler with state for each cgroup is ejected: %s",
		  test.reason.text);
	test_check_order(ORDER_RULE(ORDER_R1), fix);
}

TEST_INVARIANT(init_task_of_an_exiting_task_finds_cgroup_state,
	       "init_task of an exiting task finds the state that cgroup_init has created for its cgroup",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	hold_in_c(HOLD_ZAP_PIDNS);
	remove_c();
	check_enabled(enable_with_state(STATE_BY_ID), FIX_DEFER_UNLINK);
}

TEST_INVARIANT(init_task_finds_cgroup_state_despite_a_zombie,
	       "init_task of every task finds the state that cgroup_init has created for its cgroup while a removed cgroup has a zombie",
	       FAILS_WITHOUT(FIX_SCX_EXIT_ORDER))
{
	hold_in_c(HOLD_ZOMBIE);
	wait_for_last_switch(&c);
	remove_c();
	check_enabled(enable_with_state(STATE_BY_ID), FIX_SCX_EXIT_ORDER);
}

/* Cgroups that earlier tests have removed would fail in place of c. */
static void wait_for_dying_cgroups(void)
{
	test_require(WAIT_FOR(!dying_cgroups(&cgroup_run_root), PATIENCE_MS),
		     FIX_NONE, "cgroups of earlier tests are never freed");
}

static void open_with_storage(void)
{
	skel = SCHEDULER_OPEN_ANEW(&scheduler, init_order);
	choose_maps(skel, true);
	timeline_use_log(&skel->bss->events);
}

TEST_INVARIANT(init_task_of_an_exiting_task_finds_cgroup_storage,
	       "init_task of an exiting task finds the cgroup storage that cgroup_init has created in its cgroup",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	__u64 failed;
	bool enabled;

	open_with_storage();
	wait_for_dying_cgroups();
	hold_in_c(HOLD_ZAP_PIDNS);
	remove_c();
	enabled = enable_with_state(STATE_IN_CGROUP);
	failed = skel->bss->failed_cgroup;
	/* Without a 128-bit cmpxchg kmalloc_nolock() works only in caches with debugging. */
	if (failed && failed != c.id)
		test_skip("BPF_MAP_TYPE_CGRP_STORAGE takes a 128-bit cmpxchg, or slab_debug=F");
	if (!failed) {
		check_enabled(enabled, FIX_DEFER_UNLINK);
		return;
	}
	assert_held(&task);
	test_xfail("cgroup_init of a removed cgroup cannot create BPF_MAP_TYPE_CGRP_STORAGE");
}

struct row {
	const struct cgroup *cgroups;
	int nr;
};

/* In a child, from the last to the first, until an rmdir fails or blocks. */
static int remove_row(const void *arg)
{
	const struct row *row = arg;
	int i, err = 0;

	for (i = row->nr; i-- && !err;)
		err = cgroup_rmdir(&row->cgroups[i]);
	return err;
}

static void remove_all(const struct cgroup *cgroups, int nr)
{
	static struct row row;

	row = (struct row){ cgroups, nr };
	test_must_call(call_start(&rmdir_call, remove_row, &row,
				  "rmdir of all cgroups with a held task"),
		       "cannot fork");
	if (!call_succeeded(&rmdir_call, BLOCKED_MS))
		test_skip("rmdir of cgroups with exiting tasks does not succeed: %s: this takes %s",
			  call_failure(&rmdir_call),
			  fix_name(FIX_DEFER_RMDIR_KILL));
	offline_barrier_cpu(&test.root);
}

static void create_chain(struct cgroup *chain)
{
	char name[16];
	int i;

	for (i = 0; i < DEPTH; i++) {
		snprintf(name, sizeof(name), "level%d", i);
		if (i)
			test_delegate(&chain[i - 1], "cpu");
		test_cgroup(&chain[i], i ? &chain[i - 1] : &test.root, name);
	}
}

TEST_INVARIANT(cgroup_init_of_removed_ancestors_precedes_init_task,
	       "when a scheduler is enabled, cgroup_init of a removed cgroup and its removed ancestors comes before init_task of the exiting task in it",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	static struct cgroup chain[DEPTH];

	create_chain(chain);
	hold_task(&task, HOLD_ZAP_PIDNS, &chain[DEPTH - 1]);
	timeline_name_task(task.pid, "the task");
	remove_all(chain, DEPTH);
	load_and_attach();
	must_have_init_task(&chain[DEPTH - 1], task.pid);

	assert_held(&task);
	release_task(&task);
	check_order(FIX_DEFER_UNLINK);
}

static struct cgroup many[MANY];
static struct held_task held[HELD];

/* Skips the test only at the first task. */
static void hold_one_of_many(int i)
{
	int err = held_task_start(&held[i], HOLD_ZAP_PIDNS, &many[i],
				  &test.reason);

	if (err && i)
		test_error("cannot hold task %d of %d: %s", i + 1, HELD,
			   test.reason.text);
	test_skip_or_error(err);
}

static void create_many(void)
{
	char name[16];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%d", i);
		test_must_call(cgroup_create(&many[i], &test.root, name),
			       "cannot create a cgroup");
		if (i < HELD)
			hold_one_of_many(i);
	}
	test_step("there are %d cgroups, %d of them with a held task", MANY,
		  HELD);
}

TEST_INVARIANT(cgroup_init_of_many_removed_cgroups_precedes_init_task,
	       "when a scheduler is enabled, cgroup_init of each of many removed cgroups comes before init_task of the exiting task in it",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	int i;

	create_many();
	remove_all(many, HELD);
	load_and_attach();
	for (i = 0; i < HELD; i++)
		must_have_init_task(&many[i], held[i].pid);
	for (; i < MANY; i++)
		if (!event_logged(test.log, EV_CGROUP_INIT, many[i].id, 0))
			test_fail(FIX_NONE,
				  "a cgroup without a task gets no cgroup_init: %s",
				  cgroup_name(&many[i]));

	assert_all_held(held, HELD);
	release_tasks(held, HELD);
	check_order(FIX_DEFER_UNLINK);
}

/* The workers pause, so that the scheduler can be enabled. */
#define PAUSE_MS 5

static pid_t workers[WORKERS];
static unsigned int *work_done; /* by each worker; shared with them */
static int this_worker; /* in a worker, its number */

static void worked(void)
{
	__atomic_add_fetch(&work_done[this_worker], 1, __ATOMIC_RELAXED);
}

static void fork_into_first(const struct cgroup *cgroups)
{
	int cgroup_fd = cgroup_open(&cgroups[0], "");

	for (;; pause_ms(PAUSE_MS)) {
		pid_t pid = fork_into(cgroup_fd, 0);

		if (!pid)
			_exit(0);
		if (waitpid(pid, NULL, 0) == pid)
			worked();
	}
}

static void move_between(const struct cgroup *cgroups)
{
	for (;; pause_ms(PAUSE_MS)) {
		if (!cgroup_add(&cgroups[0], getpid()) &&
		    !cgroup_add(&cgroups[1], getpid()))
			worked();
	}
}

/*
 * Creates a cgroup below @parent, and removes it when its only task has exited. A worker of
 * an earlier round may have left its last one.
 */
static void create_and_remove(const struct cgroup *parent)
{
	char name[32];

	snprintf(name, sizeof(name), "brief%d", getpid());
	for (;; pause_ms(PAUSE_MS)) {
		struct cgroup cg;
		int cgroup_fd, err;
		pid_t pid;

		if (cgroup_create(&cg, parent, name))
			continue;
		cgroup_fd = cgroup_open(&cg, "");
		pid = fork_into(cgroup_fd, 0);
		if (!pid)
			_exit(0);
		close(cgroup_fd);
		waitpid(pid, NULL, 0);
		WAIT_FOR((err = cgroup_rmdir(&cg)) != -EBUSY, PATIENCE_MS);
		if (!err)
			worked();
	}
}

static void kill_workers(void)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		must_die(workers[i]);
}

static void start_worker(int i, void (*work)(const struct cgroup *cgroups),
			 const struct cgroup *cgroups)
{
	workers[i] = spawn(-1);
	if (!workers[i]) {
		this_worker = i;
		work(cgroups);
	}
	must_have_forked(workers[i]);
}

static bool has_worked(int i, unsigned int before)
{
	return __atomic_load_n(&work_done[i], __ATOMIC_RELAXED) != before;
}

/* Waits until each worker has finished a round: it then goes on during the load. */
static void all_must_work(const unsigned int *before)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		if (!WAIT_FOR(has_worked(i, before[i]), PATIENCE_MS))
			test_skip("worker %d does nothing: this machine is too slow",
				  i);
}

/*
 * The workers end before the scheduler is disabled: meanwhile a new task may get
 * init_task after cgroup_exit of its cgroup (see scx_pairing).
 */
static void attach_while_workers_run(const struct cgroup *parent,
				     const struct cgroup *children)
{
	unsigned int before[WORKERS];

	memcpy(before, work_done, sizeof(before));
	start_worker(0, fork_into_first, children);
	start_worker(1, move_between, children);
	start_worker(2, create_and_remove, parent);
	test_step("one worker forks, one moves, one creates and removes cgroups");
	all_must_work(before);
	attach();
	kill_workers();
	test_step("the workers are gone");
}

TEST_INVARIANT(cgroup_init_precedes_init_task_while_tasks_fork_and_move,
	       "when a scheduler is enabled while tasks fork, move and exit, cgroup_init of every cgroup comes before init_task of the tasks in it",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	struct cgroup parent, children[2];
	int i;

	work_done = share_memory(sizeof(*work_done) * WORKERS);
	if (!work_done)
		test_error("mmap: %s", strerror(errno));
	test_cgroup(&parent, &test.root, "parent");
	test_delegate(&parent, "cpu");
	test_must_call(cgroup_create(&children[0], &parent, "a"),
		       "cannot create a");
	test_must_call(cgroup_create(&children[1], &parent, "b"),
		       "cannot create b");
	hold_in_c(HOLD_ZAP_PIDNS);
	remove_c();
	scheduler_load(&scheduler);
	for (i = 0; i < ROUNDS; i++) {
		attach_while_workers_run(&parent, children);
		if (i < ROUNDS - 1 && !scheduler_detach(&scheduler))
			return;
	}
	must_have_init_task(&c, task.pid);
	release();
	if (scheduler_detach(&scheduler))
		test_check_order(ORDER_RULE(ORDER_R1), FIX_DEFER_UNLINK);
}
