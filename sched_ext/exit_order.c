// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_exit_order - exit_task of all tasks of a cgroup precedes its cgroup_exit.
 *
 * The invariant. Between ops.cgroup_init() and ops.cgroup_exit() a BPF scheduler
 * keeps state for a cgroup, and each task in the cgroup may use that state until
 * its ops.exit_task(). So exit_task of every task precedes cgroup_exit. It comes at
 * the task's last context switch, even if something still refers to the task.
 * And cgroup_exit of a child precedes that of its parent.
 *
 * History. It never held before 6.19, for two reasons with one fix each.
 * exit_task came when the last reference to the task_struct was dropped, which
 * an unreaped zombie delays without limit (7900aa699c34 moved it to the last
 * context switch). And do_exit() unlinked the task from its cgroup before its
 * last context switch, so that the cgroup could be removed first (d245698d727a).
 *
 * The window. The scheduler is enabled first and only observes. A task
 * of cgroup c is held, as a zombie or in do_exit(), and c is removed. A correct
 * kernel defers the cgroup_exit of c, so the test cannot wait for it: it removes a
 * second cgroup, the sentinel, and waits for the sentinel's cgroup_exit. By then
 * cgroup_exit of c has come or is deferred (offline_barrier.h). The task is released,
 * and the order of the events is checked.
 *
 * Where rmdir fails or sleeps while the task is held (6.19 to 7.0.8), c is removed after
 * the task is gone, and the order is right. The program cgroup_rmdir tests rmdir itself.
 *
 * Consequence. A scheduler frees or reuses a cgroup's state while one of
 * its tasks still needs it: lookups fail, and the kernel ejects the scheduler.
 */
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "offline_barrier.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "steps.h"
#include "exit_order.skel.h"

PRELOAD_SCHEDULER(exit_order, NULL)

#define DEPTH 3
#define LEAVES 4
#define PER_LEAF 3

static struct scheduler scheduler;
static struct exit_order *skel;
static struct cgroup c;
static struct held_task task;
static struct call rmdir_call;
static bool removed; /* c, while the task was held */

static void setup(void)
{
	offline_barrier_begin();
	need_cgroup_sched_ext();
	skel = SCHEDULER_OPEN(&scheduler, exit_order);
	timeline_use_log(&skel->bss->events);
	scheduler_load(&scheduler);
	scheduler_attach(&scheduler);
}

/* When this returns, c is offline or its offlining is deferred. */
static void remove_c_while_held(void)
{
	removed = call_rmdir(&rmdir_call, &c, BLOCKED_MS);
	if (removed)
		scheduler_offline_barrier(&scheduler, &test.root);
	assert_held(&task);
}

static void must_exit(const struct cgroup *cg, pid_t pid)
{
	must_get_exit_task(&scheduler, pid);
	must_get_cgroup_exit(&scheduler, cg);
}

/* Disables the scheduler, and checks the order of all events. */
static void check_order(enum fix_id fix)
{
	if (!scheduler_detach(&scheduler))
		return;
	test_check_order(ORDER_RULE(ORDER_R2), fix);
	test_check_order(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2), FIX_NONE);
}

/* exit_task comes at the last context switch, although the zombie is not reaped. */
static void zombie_must_have_exited(void)
{
	const struct event *exit_task;

	wait_for_last_switch(&c);
	exit_task = event_last_of_pid(test.log, EV_EXIT_TASK, task.pid);
	if (!exit_task)
		test_fail(FIX_SCX_EXIT_ORDER,
			  "exit_task does not come at the last context switch while something refers to the task");
	else if (exit_task->flags & EVF_UNLINKED)
		test_fail(FIX_SCX_EXIT_ORDER,
			  "exit_task comes after the kernel has unlinked the task from its cgroup");
}

static void remove_and_check(enum fix_id fix)
{
	remove_c_while_held();
	release_task(&task);
	if (!removed)
		finish_rmdir(&rmdir_call, &c);
	must_exit(&c, task.pid);
	check_order(fix);
}

static void hold_in_c(enum hold_kind hold)
{
	test_cgroup(&c, &test.root, "c");
	hold_task(&task, hold, &c);
	timeline_name_task(task.pid, "the task");
	scheduler_must_know(&c, task.pid);
}

TEST_INVARIANT(exit_task_of_a_zombie,
	       "exit_task of a zombie comes at its last context switch, before cgroup_exit of its cgroup",
	       FAILS_WITHOUT(FIX_SCX_EXIT_ORDER))
{
	hold_in_c(HOLD_ZOMBIE);
	zombie_must_have_exited();
	remove_and_check(FIX_SCX_EXIT_ORDER);
}

/* Its tracer, an open directory in /proc and a pidfd refer to the zombie. */
TEST_INVARIANT(exit_task_of_a_pinned_zombie,
	       "exit_task of a zombie comes before cgroup_exit of its cgroup while others refer to the zombie",
	       FAILS_WITHOUT(FIX_SCX_EXIT_ORDER))
{
	char path[32];

	hold_in_c(HOLD_TRACED);
	snprintf(path, sizeof(path), "/proc/%d", task.pid);
	if (open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0)
		test_must_call(-errno, "cannot open %s", path);
	if (syscall(SYS_pidfd_open, task.pid, 0) < 0)
		test_must_call(-errno, "pidfd_open of the zombie");
	test_step("its directory in /proc and a pidfd of it are open");
	zombie_must_have_exited();
	remove_and_check(FIX_SCX_EXIT_ORDER);
}

TEST_INVARIANT(exit_task_of_a_vforked_zombie,
	       "exit_task of a zombie that was vforked comes before cgroup_exit of its cgroup",
	       FAILS_WITHOUT(FIX_SCX_EXIT_ORDER))
{
	hold_in_c(HOLD_VFORK);
	zombie_must_have_exited();
	remove_and_check(FIX_SCX_EXIT_ORDER);
}

TEST_INVARIANT(exit_task_of_an_exiting_task,
	       "exit_task of an exiting task comes after it has stopped running, and before cgroup_exit of its cgroup",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	hold_in_c(HOLD_ZAP_PIDNS);
	if (event_logged(test.log, EV_EXIT_TASK, 0, task.pid))
		test_fail(FIX_NONE,
			  "exit_task comes for a task that still runs");
	remove_and_check(FIX_DEFER_UNLINK);
}

TEST_INVARIANT(exit_task_of_a_zombie_leader,
	       "exit_task of a zombie thread group leader comes before cgroup_exit of its cgroup",
	       FAILS_WITHOUT(FIX_SCX_EXIT_ORDER))
{
	hold_in_c(HOLD_ZOMBIE_LEADER);
	must_kill(task.pid);
	task.hold = HOLD_ZOMBIE;
	test_require(WAIT_FOR(held_task_is_held(&task), PATIENCE_MS), FIX_NONE,
		     "a process with a zombie leader is killed and does not end");
	test_step("its other thread is killed");
	zombie_must_have_exited();
	remove_and_check(FIX_SCX_EXIT_ORDER);
}

/* The live thread moves away, and the zombie leader cannot. */
TEST_INVARIANT(exit_task_of_a_leader_whose_process_moved,
	       "exit_task of a zombie leader comes before cgroup_exit of its cgroup after the process has moved away",
	       FAILS_WITHOUT(FIX_SCX_EXIT_ORDER))
{
	struct cgroup elsewhere;

	test_cgroup(&elsewhere, &test.root, "elsewhere");
	hold_in_c(HOLD_ZOMBIE_LEADER);
	test_must_call(cgroup_add(&elsewhere, task.pid),
		       "cannot move the process to elsewhere");
	test_step("its process moves to elsewhere");
	zombie_must_have_exited();
	remove_and_check(FIX_SCX_EXIT_ORDER);
}

TEST_INVARIANT(exit_task_of_a_leader_during_exec,
	       "exit_task of a leader that another thread's exec killed comes before cgroup_exit of its cgroup",
	       FAILS_WITHOUT(FIX_SCX_EXIT_ORDER))
{
	struct cgroup domain;

	test_cgroup(&domain, &test.root, "domain");
	test_delegate(&domain, "cpu");
	test_cgroup(&c, &domain, "c");
	test_must_call(cgroup_write(&c, "cgroup.type", "threaded"),
		       "cannot make c threaded");
	hold_task(&task, HOLD_EXEC, &c);
	timeline_name_task(task.pid, "the leader");
	scheduler_must_know(&c, task.pid);
	zombie_must_have_exited();
	remove_and_check(FIX_SCX_EXIT_ORDER);
}

static pid_t live[LEAVES * PER_LEAF];

/* It closes all descriptors, as an inherited link would keep the scheduler enabled. */
static pid_t start_in(const struct cgroup *cg)
{
	int cgroup_fd = cgroup_open(cg, "");
	pid_t pid = fork_into(cgroup_fd, 0);

	if (!pid) {
		syscall(SYS_close_range, 0, ~0U, 0);
		idle_until_killed();
	}
	must_have_forked(pid);
	close(cgroup_fd);
	timeline_name_task(pid, "a task of the tree");
	return pid;
}

/* c, two branches of it, and two leaves of each, with tasks. */
static void create_tree(struct cgroup *branches, struct cgroup *leaves)
{
	char name[16];
	int i;

	test_cgroup(&c, &test.root, "c");
	test_delegate(&c, "cpu");
	for (i = 0; i < LEAVES / 2; i++) {
		snprintf(name, sizeof(name), "branch%d", i);
		test_cgroup(&branches[i], &c, name);
		test_delegate(&branches[i], "cpu");
	}
	for (i = 0; i < LEAVES; i++) {
		snprintf(name, sizeof(name), "leaf%d", i);
		test_cgroup(&leaves[i], &branches[i / 2], name);
	}
	for (i = 0; i < LEAVES * PER_LEAF; i++)
		live[i] = start_in(&leaves[i / PER_LEAF]);
}

static void kill_and_remove_tree(struct cgroup *branches, struct cgroup *leaves)
{
	int i;

	test_must_call(cgroup_write(&c, "cgroup.kill", "1"),
		       "cannot write to cgroup.kill");
	test_step("cgroup.kill of c");
	for (i = 0; i < LEAVES * PER_LEAF; i++)
		test_require(WAIT_FOR(proc_is_zombie(live[i]), PATIENCE_MS),
			     FIX_NONE, "task %d survives cgroup.kill", live[i]);
	wait_for_last_switch(&c);
	for (i = 0; i < LEAVES; i++)
		must_rmdir(&rmdir_call, &leaves[i]);
	for (i = 0; i < LEAVES / 2; i++)
		must_rmdir(&rmdir_call, &branches[i]);
	must_rmdir(&rmdir_call, &c);
	test_step("all tasks are zombies, and the cgroups are removed");
}

TEST_INVARIANT(exit_task_of_a_killed_tree,
	       "exit_task of all tasks that cgroup.kill killed comes before cgroup_exit of their cgroups, a child's before its parent's",
	       FAILS_WITHOUT(FIX_SCX_EXIT_ORDER))
{
	static struct cgroup branches[LEAVES / 2], leaves[LEAVES];
	int i;

	create_tree(branches, leaves);
	kill_and_remove_tree(branches, leaves);
	scheduler_offline_barrier(&scheduler, &test.root);
	for (i = 0; i < LEAVES * PER_LEAF; i++) {
		scheduler_must_know(&leaves[i / PER_LEAF], live[i]);
		if (!proc_is_zombie(live[i]))
			test_error("task %d is no zombie any more", live[i]);
	}
	test_step("the tasks are reaped");
	for (i = 0; i < LEAVES * PER_LEAF; i++) {
		must_die(live[i]);
		must_exit(&leaves[i / PER_LEAF], live[i]);
	}
	must_get_cgroup_exit(&scheduler, &c);
	check_order(FIX_SCX_EXIT_ORDER);
}

static void create_chain(struct cgroup *chain)
{
	static const char *const names[DEPTH] = { "c", "child", "grandchild" };
	int i;

	for (i = 0; i < DEPTH; i++) {
		if (i)
			test_delegate(&chain[i - 1], "cpu");
		test_cgroup(&chain[i], i ? &chain[i - 1] : &test.root,
			    names[i]);
	}
}

TEST_INVARIANT(cgroup_exit_of_children_and_parents,
	       "cgroup_exit of a child comes before its parent's, and both after exit_task of the child's task",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	static struct cgroup chain[DEPTH];
	int i, left = DEPTH;

	create_chain(chain);
	hold_task(&task, HOLD_ZAP_PIDNS, &chain[DEPTH - 1]);
	timeline_name_task(task.pid, "the task");
	scheduler_must_know(&chain[DEPTH - 1], task.pid);

	while (left && call_rmdir(&rmdir_call, &chain[left - 1], BLOCKED_MS))
		left--;
	if (!left)
		scheduler_offline_barrier(&scheduler, &test.root);
	assert_held(&task);

	release_task(&task);
	for (; left; left--)
		finish_rmdir(&rmdir_call, &chain[left - 1]);
	for (i = 0; i < DEPTH; i++)
		must_exit(&chain[i], task.pid);
	check_order(FIX_DEFER_UNLINK);
}
