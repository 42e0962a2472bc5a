// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_dead_tasks - a BPF scheduler does not hear of a dead task again, whatever is
 * changed about it.
 *
 * The invariant. A task that has switched out for the last time is a zombie until its
 * parent reaps it, and its nice value, affinity and class can still be changed. To a
 * scheduler it is gone: exit_task has come, and no callback mentions it after that.
 *
 * Who broke it. Up to 6.18 exit_task came when the zombie was reaped, so a scheduler
 * was told of such changes before it, and rightly. 7900aa699c34 moved exit_task to the
 * last switch. Alone it would have broken this: set_weight, set_cpumask, disable and
 * enable of a task that the scheduler has let go of, and warnings about the task's
 * state. 0eca95cba2b7 forbids them and came in the same release, 6.19.
 *
 * How the window is opened. Zombies are kept for as long as the test wants: one from
 * before the load, one from after it, one that leads a process that lives on, and one
 * whose cgroup is removed. When a zombie's cgroup is unpopulated its last switch is
 * over. Then each is changed, and changed back. A live task has the same changes before
 * them, and the scheduler must be told of those. A change tells the scheduler before it
 * returns, so there is nothing to wait for.
 *
 * What a failure means. A scheduler looks for what it has freed with the task: it is
 * ejected, or changes what belongs to another task. Since 7.1 a dead task has no
 * scheduler any more: if one were looked for, the kernel would crash.
 */
#include <sched.h>
#include <sys/resource.h>

#include <scx/common.h>

#include "test.h"
#include "scheduler.h"
#include "spawn.h"
#include "dead_tasks.skel.h"

/* The first dies before the scheduler is loaded, and the last one's cgroup is removed. */
static const struct {
	const char *cgroup;
	const char *name;
	enum exiting_hold hold;
} deaths[] = {
	{ "a", "the zombie from before the load", HOLD_ZOMBIE },
	{ "b", "the zombie", HOLD_ZOMBIE },
	{ "c", "the dead leader", HOLD_ZOMBIE_LEADER },
	{ "removed", "the zombie of a removed cgroup", HOLD_ZOMBIE },
};

FIXTURE(scx_dead_tasks)
{
	struct stage stage;
	struct scheduler scheduler;
	struct dead_tasks *skel;
	struct cgroup cgroup[ARRAY_SIZE(deaths)]; /* of the dead ones */
	struct exiting dead[ARRAY_SIZE(deaths)];
	struct cgroup elsewhere;
	pid_t live; /* there */
	unsigned int possible; /* a set of enum change */
};

/* The changes, each there and back; 0 or -errno. */

static int change_nice_value(pid_t pid, bool back)
{
	int ours = getpriority(PRIO_PROCESS, 0);

	return setpriority(PRIO_PROCESS, pid, back ? ours : ours ^ 1) ? -errno :
									0;
}

/* To the first CPU of ours, and to all of them. */
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

enum change {
	NICE_VALUE = 1 << 0,
	AFFINITY = 1 << 1,
	CLASS = 1 << 2,
	ALL_CHANGES = NICE_VALUE | AFFINITY | CLASS,
};

static const struct {
	enum change change;
	const char *name;
	int (*make)(pid_t pid, bool back);
	enum event_kind told[2]; /* what a scheduler of the task hears */
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

/* Those that can be made here. */
static unsigned int possible_changes(pid_t live)
{
	unsigned int possible = ALL_CHANGES;
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) || CPU_COUNT(&cpus) < 2)
		possible &= ~AFFINITY;
	/* With CONFIG_RT_GROUP_SCHED a cgroup may have no time for such tasks. */
	if (change_class(live, false) == -EPERM)
		possible &= ~CLASS;
	change_class(live, true);
	return possible;
}

FIXTURE_SETUP(scx_dead_tasks)
{
	struct reason *reason = &self->stage.reason;
	struct story *story = &self->stage.story;

	SET_STAGE();
	if (scheduler_possible_in(&self->stage.root, reason))
		LEAVE("%s", reason->text);
	self->skel = SCHEDULER_OPEN(&self->scheduler, dead_tasks);
	ASSERT_NE(NULL, self->skel);
	ASSERT_STAGED(scheduler_load(&self->scheduler, reason));
	story_use_log(story, &self->skel->bss->events);

	ASSERT_EQ(0, cgroup_create(&self->elsewhere, &self->stage.root,
				   "elsewhere"));
	story_name_cgroup(story, &self->elsewhere, "elsewhere");
	self->live = spawn_idle_in(&self->elsewhere);
	ASSERT_LT(0, self->live);
	story_name_task(story, self->live, "the live task");
	self->possible = possible_changes(self->live);
}

FIXTURE_TEARDOWN(scx_dead_tasks)
{
	exiting_destroy_all(self->dead, ARRAY_SIZE(deaths));
	if (self->live > 0)
		spawn_kill(self->live, PATIENCE_MS);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

/* The control: of a live task the scheduler is told. */
static void change_live(struct __test_metadata *_metadata,
			FIXTURE_DATA(scx_dead_tasks) * self, size_t i)
{
	const struct event_log *log = self->stage.story.log;
	const struct event *told;
	int back;

	for (back = 0; back < 2; back++) {
		size_t before = event_count(log);

		ASSERT_EQ(0, changes[i].make(self->live, back));
		ASSERT_EQ((size_t)0, event_lost(log));
		told = event_last_of_pid(log, changes[i].told[back],
					 self->live);
		ASSERT_NE(NULL, told);
		ASSERT_LE(&log->event[before], told);
	}
}

static void change_dead(struct __test_metadata *_metadata,
			FIXTURE_DATA(scx_dead_tasks) * self, size_t i)
{
	size_t n;

	for (n = 0; n < ARRAY_SIZE(deaths); n++) {
		STEP("the %s of %s is changed, and back", changes[i].name,
		     deaths[n].name);
		ASSERT_EQ(0, changes[i].make(self->dead[n].pid, false));
		ASSERT_EQ(0, changes[i].make(self->dead[n].pid, true));
	}
	ASSERT_TRUE(exiting_all_held(self->dead, ARRAY_SIZE(deaths)));
}

static void change_all(struct __test_metadata *_metadata,
		       FIXTURE_DATA(scx_dead_tasks) * self, unsigned int which)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(changes); i++) {
		if (!(which & changes[i].change))
			continue;
		change_live(_metadata, self, i);
		STEP("the scheduler is told of the %s of the live task",
		     changes[i].name);
		change_dead(_metadata, self, i);
	}
}

/* Holds a dead task, whose last switch is over. */
static void die(struct __test_metadata *_metadata,
		FIXTURE_DATA(scx_dead_tasks) * self, size_t n)
{
	struct story *story = &self->stage.story;
	struct cgroup *cg = &self->cgroup[n];
	struct exiting *dead = &self->dead[n];

	ASSERT_EQ(0, cgroup_create(cg, &self->stage.root, deaths[n].cgroup));
	story_name_cgroup(story, cg, deaths[n].cgroup);
	ASSERT_STAGED(
		exiting_start(dead, deaths[n].hold, cg, &self->stage.reason));
	story_name_task(story, dead->pid, deaths[n].name);
	STEP("task %d in %s exits and is %s", dead->pid, deaths[n].cgroup,
	     exiting_hold_name(deaths[n].hold));
	if (deaths[n].hold == HOLD_ZOMBIE_LEADER)
		ASSERT_EQ(0, cgroup_add(&self->elsewhere, dead->pid));
	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(cg), PATIENCE_MS));
	STEP("%s is unpopulated: its last switch is over", deaths[n].cgroup);
}

static bool noted(FIXTURE_DATA(scx_dead_tasks) * self, enum event_kind kind,
		  pid_t pid)
{
	return event_noted(self->stage.story.log, kind, 0, pid);
}

/* The stage: the scheduler has let go of those that it knew. */
static void must_have_exited(struct __test_metadata *_metadata,
			     FIXTURE_DATA(scx_dead_tasks) * self)
{
	const struct cgroup *removed = &self->cgroup[ARRAY_SIZE(deaths) - 1];
	size_t n;

	for (n = 1; n < ARRAY_SIZE(deaths); n++)
		ASSERT_TRUE(noted(self, EV_EXIT_TASK, self->dead[n].pid));
	ASSERT_EQ(0, cgroup_rmdir(removed));
	ASSERT_TRUE(scheduler_notes(&self->scheduler, self->stage.story.log,
				    EV_CGROUP_EXIT, removed->id, 0));
	STEP("the last cgroup is removed");
}

#define EXITS_WHEN_REAPED \
	"exit_task of a dead task comes only when it is reaped here"

/* All are dead, before and after the load, and not reaped; or leaves the test. */
#define SET_SCENE()                                                \
	do {                                                       \
		size_t n;                                          \
                                                                   \
		die(_metadata, self, 0);                           \
		ATTACH(&self->scheduler);                          \
		for (n = 1; n < ARRAY_SIZE(deaths); n++)           \
			die(_metadata, self, n);                   \
		if (!noted(self, EV_EXIT_TASK, self->dead[1].pid)) \
			SKIP(return, EXITS_WHEN_REAPED);           \
		must_have_exited(_metadata, self);                 \
	} while (0)

/* Whether a callback that is to come no more has come: after exit_task, or without. */
static bool hears_of_the_dead(struct __test_metadata *_metadata,
			      FIXTURE_DATA(scx_dead_tasks) * self)
{
	JUDGE(ORDER_RULE(ORDER_R3) | ORDER_RULE(ORDER_R6), FIX_SCX_DEAD_TASKS);
	return self->stage.story.broken;
}

static void judge(struct __test_metadata *_metadata,
		  FIXTURE_DATA(scx_dead_tasks) * self)
{
	if (hears_of_the_dead(_metadata, self))
		return;
	if (scheduler_detach(&self->scheduler, &self->stage.story))
		JUDGE(ORDER_ALL_RULES, FIX_NONE);
}

TEST_F(scx_dead_tasks, nice_value_of_a_dead_task_is_not_told)
{
	SET_SCENE();
	change_all(_metadata, self, NICE_VALUE);
	judge(_metadata, self);
}

TEST_F(scx_dead_tasks, affinity_of_a_dead_task_is_not_told)
{
	if (!(self->possible & AFFINITY))
		SKIP(return, "this needs a second CPU");
	SET_SCENE();
	change_all(_metadata, self, AFFINITY);
	judge(_metadata, self);
}

TEST_F(scx_dead_tasks, class_of_a_dead_task_is_not_told)
{
	if (!(self->possible & CLASS))
		SKIP(return, "a task of a cgroup cannot be SCHED_FIFO here");
	SET_SCENE();
	change_all(_metadata, self, CLASS);
	judge(_metadata, self);
}

/*
 * Where a scheduler is told, nothing is changed after its unload: to tell one that is
 * gone may crash the kernel.
 */
TEST_F(scx_dead_tasks, dead_task_is_not_mentioned_after_an_unload_and_a_load)
{
	size_t i;

	SET_SCENE();
	change_all(_metadata, self, self->possible);
	if (hears_of_the_dead(_metadata, self) ||
	    !scheduler_detach(&self->scheduler, &self->stage.story))
		return;
	for (i = 0; i < ARRAY_SIZE(changes); i++)
		if (self->possible & changes[i].change)
			change_dead(_metadata, self, i);
	ATTACH(&self->scheduler);
	change_all(_metadata, self, self->possible);
	judge(_metadata, self);
}

SCHEDULER_PROGRAM(scx_dead_tasks, dead_tasks, NULL)
