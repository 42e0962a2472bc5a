// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_controller_toggle - a cgroup whose cpu controller is disabled gets its
 * cgroup_exit after exit_task of the tasks that are exiting in it.
 *
 * The invariant. sched_ext only knows cgroups that have the cpu controller. When the
 * controller is disabled, the kernel moves the live tasks to the parent and then calls
 * ops.cgroup_exit() for the cgroup. An exiting task cannot move, so cgroup_exit comes
 * after its ops.exit_task(). When the controller is enabled again, the kernel calls
 * ops.cgroup_init() again and moves the live tasks back. A cgroup that is removed after
 * its controller has been disabled gets no second cgroup_exit.
 *
 * History. It never held before 1dffd95575eb (7.2): disabling a controller took
 * its css offline at once, even while tasks were exiting in it. (Before 6.19 removing
 * a cgroup did the same: see scx_exit_order.)
 *
 * The window. The scheduler is enabled first and only observes. A task
 * of p/c is held in do_exit(), another task of c is alive. The controller is disabled
 * in p. The test does not wait for a cgroup_exit that may never come: it removes
 * another cgroup, and at its cgroup_exit that of c has come, too, or is deferred
 * (offline_barrier.h). Then the controller is enabled, which since 7.2 waits for the
 * exiting task; the task is released, and the order of the events is checked.
 *
 * Consequence. When a service manager reconfigures a unit, a scheduler frees
 * the state of a cgroup that still has a task: lookups fail, and the kernel ejects the
 * scheduler.
 */
#include <scx/common.h>

#include "test.h"
#include "offline_barrier.h"
#include "responder.h"
#include "scheduler.h"
#include "spawn.h"
#include "steps.h"
#include "controller_toggle.skel.h"

PRELOAD_SCHEDULER(controller_toggle, NULL)

/* The toggling ends after this many rounds, or this long. */
#define ROUNDS 10
#define TOGGLE_MS 800
#define WORKERS 2

static struct scheduler scheduler;
static struct cgroup p, c; /* p/c */
static struct held_task task;
static struct responder live;
static struct call disabling, enabling, rmdir_call;
static pid_t workers[WORKERS];

static void setup(void)
{
	struct controller_toggle *skel;

	offline_barrier_begin();
	need_cgroup_sched_ext();
	skel = SCHEDULER_OPEN(&scheduler, controller_toggle);
	timeline_use_log(&skel->bss->events);
	scheduler_load(&scheduler);
	scheduler_attach(&scheduler);

	test_cgroup(&p, &test.root, "p");
	test_delegate(&p, "cpu");
	test_cgroup(&c, &p, "c");
}

static void hold_in_c(enum hold_kind hold)
{
	hold_task(&task, hold, &c);
	timeline_name_task(task.pid, "the task");
	scheduler_must_know(&c, task.pid);
}

static void start_live_task(void)
{
	responder_start(&live, &c);
	timeline_name_task(live.pid, "a live task");
}

static void change_controllers(struct call *call, const char *controllers,
			       int ms)
{
	call_write(call, &p, "cgroup.subtree_control", controllers);
	test_require(call_succeeded(call, ms), FIX_NONE,
		     "a write of \"%s\" to cgroup.subtree_control of p fails: %s",
		     controllers, call_failure(call));
}

/* When this returns, the css of c is offline or its offlining is deferred. */
static void disable(const char *controllers)
{
	change_controllers(&disabling, controllers, BLOCKED_MS);
	scheduler_offline_barrier(&scheduler, &test.root);
	assert_held(&task);
}

/* Since 7.2 this is not done before the task has exited. */
static void begin_to_enable(const char *controllers)
{
	call_write(&enabling, &p, "cgroup.subtree_control", controllers);
	call_settled(&enabling);
	assert_held(&task);
}

static void release(void)
{
	release_task(&task);
	must_get_exit_task(&scheduler, task.pid);
	must_get_cgroup_exit(&scheduler, &c);
}

/* Counts the events of this kind for c; @last is the index of the last, or -1. */
static int count_of_c(enum event_kind kind, long *last)
{
	long i, nr = event_count(test.log);
	int times = 0;

	*last = -1;
	for (i = 0; i < nr; i++) {
		const struct event *ev = &test.log->event[i];

		if (ev->kind == kind && ev->cgroup == c.id) {
			*last = i;
			times++;
		}
	}
	return times;
}

/* Whether the live task has moved, after the event at index @since. */
static bool has_moved(const struct cgroup *from, const struct cgroup *to,
		      long since)
{
	long i, nr = event_count(test.log);

	for (i = since + 1; i < nr; i++) {
		const struct event *ev = &test.log->event[i];

		if (ev->kind == EV_MOVE && ev->pid == live.pid &&
		    ev->cgroup == from->id && ev->to == to->id)
			return true;
	}
	return false;
}

static void live_task_must_be_back(void)
{
	long init;
	int times = count_of_c(EV_CGROUP_INIT, &init);

	if (times != 2)
		test_fail(FIX_NONE,
			  "cgroup_init of c comes %d times, not twice, when the cpu controller is enabled, disabled and enabled again",
			  times);
	if (!has_moved(&c, &p, -1))
		test_fail(FIX_NONE,
			  "a live task does not move to the parent when the controller is disabled");
	if (!has_moved(&p, &c, init))
		test_fail(FIX_NONE,
			  "a live task does not move back when the controller is enabled");
}

static void check_order(void)
{
	if (!scheduler_detach(&scheduler))
		return;
	test_check_order(ORDER_RULE(ORDER_R2), FIX_PER_CSS_KILL);
	test_check_order(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2), FIX_NONE);
}

/* Disables and enables controllers while one task of c exits and one is alive. */
static void toggle(enum hold_kind hold, const char *off, const char *on)
{
	hold_in_c(hold);
	start_live_task();
	disable(off);
	begin_to_enable(on);
	release();
	if (!call_succeeded(&enabling, PATIENCE_MS))
		test_fail(FIX_NONE,
			  "a write of \"%s\" to cgroup.subtree_control of p does not succeed after the task is dead: %s",
			  on, call_failure(&enabling));
	live_task_must_be_back();
}

TEST_INVARIANT(exit_task_of_an_exiting_task_precedes_cgroup_exit,
	       "after the cpu controller is disabled, cgroup_exit comes after exit_task of the exiting task; enabling it again brings cgroup_init and moves the live tasks back",
	       FAILS_WITHOUT(FIX_PER_CSS_KILL))
{
	toggle(HOLD_ZAP_PIDNS, "-cpu", "+cpu");
	check_order();
}

/* Early in its exit: no kernel has unlinked the task from its cgroup yet. */
TEST_INVARIANT(exit_task_of_an_early_exiting_task_precedes_cgroup_exit,
	       "after the cpu controller is disabled, cgroup_exit comes after exit_task of a task that has begun to exit",
	       FAILS_WITHOUT(FIX_PER_CSS_KILL))
{
	toggle(HOLD_EXIT_FILES, "-cpu", "+cpu");
	check_order();
}

TEST_INVARIANT(exit_task_precedes_cgroup_exit_if_memory_is_disabled_too,
	       "after the cpu and memory controllers are disabled, cgroup_exit comes after exit_task of the exiting task",
	       FAILS_WITHOUT(FIX_PER_CSS_KILL))
{
	test_enable(&test.root, "memory");
	if (cgroup_delegate(&p, "memory", &test.reason))
		test_skip("%s", test.reason.text);
	toggle(HOLD_ZAP_PIDNS, "-cpu -memory", "+cpu +memory");
	check_order();
}

/* The tests above check when the task exits relative to this. */
TEST_INVARIANT(one_cgroup_exit_if_disabled_and_removed,
	       "a cgroup that is removed after its cpu controller was disabled gets one cgroup_exit",
	       NO_FIX)
{
	long unused;
	bool removed;
	int times;

	hold_in_c(HOLD_ZAP_PIDNS);
	disable("-cpu");
	removed = call_rmdir(&rmdir_call, &c, BLOCKED_MS);
	assert_held(&task);

	release();
	if (!removed)
		finish_rmdir(&rmdir_call, &c);
	/* p goes offline after all that was deferred in c. */
	must_rmdir(&rmdir_call, &p);
	must_get_cgroup_exit(&scheduler, &p);
	times = count_of_c(EV_CGROUP_EXIT, &unused);
	if (times != 1)
		test_fail(FIX_NONE, "cgroup_exit of c comes %d times", times);
	if (scheduler_detach(&scheduler))
		test_check_order(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2),
				 FIX_NONE);
}

/* A child that forks in c, or into c from outside, with pauses for the toggling. */
static pid_t start_forking(bool inside)
{
	pid_t pid = spawn(-1);
	int cgroup_fd;

	if (pid)
		return pid;
	cgroup_fd = cgroup_open(&c, "");
	if (inside && cgroup_add(&c, getpid()))
		_exit(1);
	for (;; pause_ms(2)) {
		pid = inside ? fork() : fork_into(cgroup_fd, 0);
		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void kill_workers(void)
{
	int i;

	for (i = 0; i < WORKERS; i++)
		must_die(workers[i]);
}

static void toggle_while_tasks_fork(void)
{
	long long end = now_ms() + TOGGLE_MS;
	int i;

	for (i = 0; i < WORKERS; i++) {
		workers[i] = start_forking(i);
		must_have_forked(workers[i]);
	}
	test_step("%d processes fork, and their children exit", WORKERS);
	for (i = 0; i < ROUNDS && now_ms() < end; i++) {
		change_controllers(&disabling, "-cpu", PATIENCE_MS);
		change_controllers(&enabling, "+cpu", PATIENCE_MS);
	}
	kill_workers();
	test_step("these processes are gone");
}

/* A kernel that fails at a single toggle would fail here only by chance. */
TEST_INVARIANT(exit_task_precedes_cgroup_exit_while_tasks_fork,
	       "exit_task of every task comes before cgroup_exit of its cgroup while the cpu controller is toggled repeatedly",
	       FAILS_WITHOUT(FIX_PER_CSS_KILL))
{
	toggle(HOLD_ZAP_PIDNS, "-cpu", "+cpu");
	test_check_order(ORDER_RULE(ORDER_R2), FIX_PER_CSS_KILL);
	if (test_has_failed())
		return;
	toggle_while_tasks_fork();
	check_order();
}
