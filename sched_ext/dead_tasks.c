// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_dead_tasks - a change of a dead task causes no callback of a BPF scheduler.
 *
 * The invariant. After its last context switch a task is a zombie until its parent
 * reaps it, and its nice value, affinity and scheduling class can still be changed. A
 * BPF scheduler has had exit_task for it, so no callback mentions the task after that.
 *
 * History. Up to 6.18 exit_task came when the zombie was reaped, so callbacks for
 * such changes were correct. 7900aa699c34 moved exit_task to the last context switch.
 * Alone it would have broken this: set_weight, set_cpumask, disable and enable would
 * have come for a task after its exit_task, with warnings about the task's state.
 * 0eca95cba2b7, in the same release (6.19), prevents them.
 *
 * The window. The test holds four zombies: one that died before the
 * scheduler was enabled, one that died after that, the leader of a process whose other
 * thread is alive, and one whose cgroup is removed. Once a zombie's cgroup is not
 * populated, its last context switch is over. Then each is changed, and changed back. The
 * same changes are first made to a live task, and must cause callbacks. These come before
 * the system call returns, so the test need not wait for them.
 *
 * Consequence. A scheduler looks up state that it freed with the task: the
 * kernel ejects it, or it changes the state of another task. Since 7.1 a dead task has
 * no scheduler: a kernel that looks for one crashes.
 */
#include <sched.h>
#include <sys/resource.h>

#include <scx/common.h>

#include "test.h"
#include "scheduler.h"
#include "spawn.h"
#include "steps.h"
#include "dead_tasks.skel.h"

PRELOAD_SCHEDULER(dead_tasks, NULL)

/* The first dies before the scheduler is enabled; the cgroup of the last is removed. */
static const struct {
	const char *cgroup;
	const char *name;
	enum hold_kind hold;
} deaths[] = {
	{ "a", "the zombie from before the scheduler", HOLD_ZOMBIE },
	{ "b", "the zombie", HOLD_ZOMBIE },
	{ "c", "the zombie leader", HOLD_ZOMBIE_LEADER },
	{ "removed", "the zombie of a removed cgroup", HOLD_ZOMBIE },
};

#define NR_DEAD ARRAY_SIZE(deaths)

enum change {
	NICE_VALUE = 1 << 0,
	AFFINITY = 1 << 1,
	CLASS = 1 << 2,
	ALL_CHANGES = NICE_VALUE | AFFINITY | CLASS,
};

static struct scheduler scheduler;
static struct cgroup cgroups[NR_DEAD], elsewhere;
static struct held_task dead[NR_DEAD];
static struct call rmdir_call;
static pid_t live; /* a task in elsewhere */
static unsigned int possible; /* a set of enum change */

/* The changes, each there and back: 0 or -errno. */

static int change_nice_value(pid_t pid, bool back)
{
	int ours = getpriority(PRIO_PROCESS, 0);

	return setpriority(PRIO_PROCESS, pid, back ? ours : ours ^ 1) ? -errno :
									0;
}

/* To the first CPU that we may use, and to all of them. */
static int change_affinity(pid_t pid, bool back)
{
	cpu_set_t cpus, one;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return -errno;
	while (!CPU_ISSET(cpu, &cpus))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(pid, sizeof(cpus), back ? &cpus : &one) ?
		       -errno :
		       0;
}

/* Out of the scheduler's class, and into it again. */
static int change_class(pid_t pid, bool back)
{
	struct sched_param param = { .sched_priority = !back };

	return sched_setscheduler(pid, back ? SCHED_OTHER : SCHED_FIFO,
				  &param) ?
		       -errno :
		       0;
}

static const struct {
	enum change change;
	const char *name;
	int (*make)(pid_t pid, bool back);
	enum event_kind callbacks[2]; /* for a live task, there and back */
} changes[] = {
	{ NICE_VALUE,
	  "nice value",
	  change_nice_value,
	  { EV_SET_WEIGHT, EV_SET_WEIGHT } },
	{ AFFINITY,
	  "affinity",
	  change_affinity,
	  { EV_SET_CPUMASK, EV_SET_CPUMASK } },
	{ CLASS, "class", change_class, { EV_DISABLE, EV_ENABLE } },
};

static void find_possible_changes(void)
{
	cpu_set_t cpus;

	possible = ALL_CHANGES;
	if (sched_getaffinity(0, sizeof(cpus), &cpus) || CPU_COUNT(&cpus) < 2)
		possible &= ~AFFINITY;
	/* With CONFIG_RT_GROUP_SCHED a cgroup may have no time for SCHED_FIFO. */
	if (change_class(live, false) == -EPERM)
		possible &= ~CLASS;
	change_class(live, true);
}

static void setup(void)
{
	struct dead_tasks *skel;

	need_cgroup_sched_ext();
	skel = SCHEDULER_OPEN(&scheduler, dead_tasks);
	scheduler_load(&scheduler);
	timeline_use_log(&skel->bss->events);

	test_cgroup(&elsewhere, &test.root, "elsewhere");
	live = start_idle_in(&elsewhere, "the live task");
	find_possible_changes();
}

static void make_change(size_t i, pid_t pid, bool back, const char *name)
{
	test_must_call(changes[i].make(pid, back), "cannot change the %s of %s",
		       changes[i].name, name);
}

/* The control: a change of a live task causes a callback. */
static void change_live(size_t i)
{
	const struct event *ev;
	int back;

	for (back = 0; back < 2; back++) {
		size_t before = event_count(test.log);
		enum event_kind kind = changes[i].callbacks[back];

		make_change(i, live, back, "the live task");
		log_must_be_complete();
		ev = event_last_of_pid(test.log, kind, live);
		test_require(ev && ev >= &test.log->event[before], FIX_NONE,
			     "a change of a live task's %s causes no %s",
			     changes[i].name, event_kind_name(kind));
	}
	test_step("the %s of the live task is changed, and back",
		  changes[i].name);
}

static void change_dead(size_t i)
{
	size_t n;

	for (n = 0; n < NR_DEAD; n++) {
		test_step("the %s of %s is changed, and back", changes[i].name,
			  deaths[n].name);
		make_change(i, dead[n].pid, false, deaths[n].name);
		make_change(i, dead[n].pid, true, deaths[n].name);
	}
	assert_all_held(dead, NR_DEAD);
}

static void make_changes(unsigned int which)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		if (!(which & changes[i].change))
			continue;
		change_live(i);
		change_dead(i);
	}
}

/* When this returns, the last context switch of the task is over. */
static void hold_dead(size_t n)
{
	test_cgroup(&cgroups[n], &test.root, deaths[n].cgroup);
	hold_task(&dead[n], deaths[n].hold, &cgroups[n]);
	timeline_name_task(dead[n].pid, deaths[n].name);
	if (deaths[n].hold == HOLD_ZOMBIE_LEADER)
		test_must_call(cgroup_add(&elsewhere, dead[n].pid),
			       "cannot move the process of %s", deaths[n].name);
	wait_for_last_switch(&cgroups[n]);
	test_step("%s is not populated", deaths[n].cgroup);
}

static bool has_exited(size_t n)
{
	return event_logged(test.log, EV_EXIT_TASK, 0, dead[n].pid);
}

static void remove_last_cgroup(void)
{
	const struct cgroup *last = &cgroups[NR_DEAD - 1];

	test_require(call_rmdir(&rmdir_call, last, PATIENCE_MS), FIX_NONE,
		     "rmdir of a cgroup with a zombie fails: %s",
		     call_failure(&rmdir_call));
	must_get_cgroup_exit(&scheduler, last);
	if (test_has_failed())
		test_stop();
}

/* Holds all dead tasks; the scheduler is enabled after the first of them has died. */
static void hold_all_dead(void)
{
	size_t n;

	hold_dead(0);
	scheduler_attach(&scheduler);
	for (n = 1; n < NR_DEAD; n++)
		hold_dead(n);
	if (!has_exited(1))
		test_skip("exit_task of a dead task comes only when it is reaped here");
	log_must_be_complete();
	for (n = 1; n < NR_DEAD; n++)
		test_require(has_exited(n), FIX_NONE,
			     "exit_task of %s does not come at its last context switch",
			     deaths[n].name);
	remove_last_cgroup();
}

/* A callback for a dead task comes after its exit_task, or without an init_task. */
static bool dead_are_mentioned(void)
{
	test_check_order(ORDER_RULE(ORDER_R3) | ORDER_RULE(ORDER_R6),
			 FIX_SCX_DEAD_TASKS);
	return test_has_failed();
}

static void check_order(void)
{
	if (!dead_are_mentioned() && scheduler_detach(&scheduler))
		test_check_order(ORDER_ALL_RULES, FIX_NONE);
}

TEST_INVARIANT(no_set_weight_for_a_dead_task,
	       "a change of a dead task's nice value causes no callback",
	       FAILS_WITHOUT(FIX_SCX_DEAD_TASKS))
{
	hold_all_dead();
	make_changes(NICE_VALUE);
	check_order();
}

TEST_INVARIANT(no_set_cpumask_for_a_dead_task,
	       "a change of a dead task's affinity causes no callback",
	       FAILS_WITHOUT(FIX_SCX_DEAD_TASKS))
{
	if (!(possible & AFFINITY))
		test_skip("this needs a second CPU");
	hold_all_dead();
	make_changes(AFFINITY);
	check_order();
}

TEST_INVARIANT(no_enable_or_disable_for_a_dead_task,
	       "a change of a dead task's scheduling class causes no callback",
	       FAILS_WITHOUT(FIX_SCX_DEAD_TASKS))
{
	if (!(possible & CLASS))
		test_skip("a task of a cgroup cannot be SCHED_FIFO here");
	hold_all_dead();
	make_changes(CLASS);
	check_order();
}

/*
 * After a failure the dead tasks are not changed again: a kernel that calls a scheduler
 * which is disabled may crash.
 */
TEST_INVARIANT(no_callback_for_a_dead_task_after_an_unload_and_a_load,
	       "no change of a dead task causes a callback, before or after the scheduler is disabled and enabled again",
	       FAILS_WITHOUT(FIX_SCX_DEAD_TASKS))
{
	size_t i;

	hold_all_dead();
	make_changes(possible);
	if (dead_are_mentioned() || !scheduler_detach(&scheduler))
		return;
	for (i = 0; i < ARRAY_SIZE(changes); i++)
		if (possible & changes[i].change)
			change_dead(i);
	scheduler_attach(&scheduler);
	make_changes(possible);
	check_order();
}
