// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_unload_race - a task whose last switch falls into an unload has its exit_task.
 *
 * The invariant. What a scheduler allocates for a task in ops.init_task() it frees in
 * ops.exit_task(), also for a task that dies while the scheduler is unloaded.
 *
 * Who broke it. Nobody: it never held. After its last switch the kernel takes a task
 * off the list of all tasks, and then calls its exit_task. An unload that walks the
 * list in between does not see the task, and by the time that the task goes on the
 * scheduler has no callbacks any more. docs/findings.md tells of it.
 *
 * How the window is opened. It is a few instructions long, between two locks, where
 * preemption is off. A BPF program that is attached to the second of them keeps the
 * dead task's CPU there, with interrupts on, until the unload waits for RCU, which it
 * does at its end. RCU waits for us, and a load and an unload wait for RCU at their
 * beginning, unless they follow closely on another load: so the task dies in the middle
 * of the load, at a task whose init_task is kept open (stuck_page.h), and the unload
 * follows at once.
 *
 * What a failure means. A scheduler that is unloaded leaks what it keeps for a task; one
 * that counts its tasks never comes to zero.
 */
#include <sched.h>

#include <scx/common.h>

#include "test.h"
#include "kernel_btf.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "stuck_page.h"
#include "unload_race.skel.h"

FIXTURE(scx_unload_race)
{
	struct stage stage;
	struct scheduler scheduler;
	struct unload_race *skel;
	struct stuck_page page;
	struct bpf_link *hold, *waits;
	struct cgroup c;
};

/* Loads what this kernel has a function for, or leaves the stage. */
static int load(FIXTURE_DATA(scx_unload_race) * self)
{
	struct unload_race *skel = self->skel;
	struct reason *reason = &self->stage.reason;
	bool is = kernel_btf_function("_task_rq_lock");

	if (!is && !kernel_btf_function("task_rq_lock")) {
		reason_set(reason, "task_rq_lock() cannot be traced here");
		return -EOPNOTSUPP;
	}
	bpf_program__set_autoload(skel->progs.runqueue_is_locked, is);
	bpf_program__set_autoload(skel->progs.runqueue_was_locked, !is);
	bpf_program__set_autoload(skel->progs.rcu_is_waited_for, true);
	if (scheduler_load(&self->scheduler, reason))
		return -EINVAL;
	self->hold = bpf_program__attach(is ? skel->progs.runqueue_is_locked :
					      skel->progs.runqueue_was_locked);
	self->waits = bpf_program__attach(skel->progs.rcu_is_waited_for);
	if (self->hold && self->waits)
		return 0;
	reason_set(reason, "functions of the kernel cannot be traced here: %s",
		   strerror(errno));
	return -EOPNOTSUPP;
}

FIXTURE_SETUP(scx_unload_race)
{
	struct reason *reason = &self->stage.reason;
	int err;

	SET_STAGE();
	if (scheduler_possible_in(&self->stage.root, reason))
		LEAVE("%s", reason->text);
	err = stuck_page_create(&self->page, reason);
	if (err == -EOPNOTSUPP)
		LEAVE("%s", reason->text);
	ASSERT_STAGED(err);
	self->skel = SCHEDULER_OPEN_ANEW(&self->scheduler, unload_race);
	ASSERT_NE(NULL, self->skel);
	err = load(self);
	if (err == -EOPNOTSUPP)
		LEAVE("%s", reason->text);
	ASSERT_STAGED(err);
	story_use_log(&self->stage.story, &self->skel->bss->events);
	self->skel->bss->stuck_page.owner = self->page.owner;
	self->skel->bss->stuck_page.address = self->page.address;

	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	story_name_cgroup(&self->stage.story, &self->c, "c");
}

FIXTURE_TEARDOWN(scx_unload_race)
{
	stuck_page_destroy(&self->page);
	cgroup_empty(&self->c);
	scheduler_detach(&self->scheduler, &self->stage.story);
	bpf_link__destroy(self->hold);
	bpf_link__destroy(self->waits);
	STRIKE_STAGE();
}

/* A load that stands still at the younger task; 0, or why there is none. */
static int stop_a_load(FIXTURE_DATA(scx_unload_race) * self)
{
	int err = scheduler_attach_begin(&self->scheduler);

	if (err || stuck_page_reached(&self->page, PATIENCE_MS))
		return err;
	return scheduler_attach_end(&self->scheduler, &self->stage.reason) ?:
		       -ETIMEDOUT;
}

/* The thread that unloads, which ends with its scheduler, from 6.16 on. */
#define UNLOADER "sched_ext_helper"

/*
 * All who are needed while the task is held stay on @cpu: who waits for the load, who
 * provides the page that the load waits for, who unloads, and we. Who loads is there.
 */
static int keep_all_on(FIXTURE_DATA(scx_unload_race) * self, int cpu)
{
	pid_t unloader = proc_find_kthread(UNLOADER);
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	if (unloader <= 0)
		return -ESRCH;
	self->skel->bss->unloader = unloader;
	if (pthread_setaffinity_np(self->scheduler.worker, sizeof(here), &here))
		return -EINVAL;
	return keep_on_cpu(self->page.daemon, cpu) ?:
		       keep_on_cpu(unloader, cpu)  ?:
						     stay_on_cpu(cpu);
}

static int pin_to_another_cpu(pid_t pid, int cpu)
{
	cpu_set_t others;

	if (sched_getaffinity(0, sizeof(others), &others))
		return -errno;
	CPU_CLR(cpu, &others);
	return sched_setaffinity(pid, sizeof(others), &others) ? -errno : 0;
}

/* When the event was noted, 0 if it was not. */
static unsigned long long time_of(const struct event_log *log,
				  enum event_kind kind, pid_t pid)
{
	const struct event *ev = event_last_of_pid(log, kind, pid);

	return ev ? ev->time : 0;
}

static void kill_within_the_load(FIXTURE_DATA(scx_unload_race) * self,
				 struct __test_metadata *_metadata, pid_t dying)
{
	struct unload_race__bss *bss = self->skel->bss;

	STEP("the scheduler is being loaded");
	ASSERT_TRUE(event_noted(self->stage.story.log, EV_INIT_TASK, self->c.id,
				dying));
	bss->dying_pid = dying;
	ASSERT_EQ(0, kill(dying, SIGKILL));
	WAIT_FOR(__atomic_load_n(&bss->held, __ATOMIC_ACQUIRE), BLOCKED_MS);
	STEP("the task is killed and %s after its last switch",
	     bss->held ? "held" : "not held");
	ASSERT_EQ(0, stuck_page_release(&self->page));
	ASSERT_STAGED(
		scheduler_attach_end(&self->scheduler, &self->stage.reason));
	STEP("the scheduler is loaded");
}

TEST_F(scx_unload_race, task_that_dies_within_an_unload_has_its_exit_task)
{
	struct story *story = &self->stage.story;
	struct unload_race__bss *bss = self->skel->bss;
	unsigned long long walk;
	cpu_set_t cpus;
	pid_t dying;
	int err;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));
	if (CPU_COUNT(&cpus) < 2)
		SKIP(return, "this needs a second CPU");
	dying = spawn_idle_in(&self->c);
	ASSERT_LT(0, dying);
	story_name_task(story, dying, "the task");
	/* The younger one is initialised later. */
	bss->stuck_pid = spawn_idle_in(&self->c);
	ASSERT_LT(0, bss->stuck_pid);
	story_name_task(story, bss->stuck_pid, "the one after it");

	err = stop_a_load(self);
	if (err == -EBUSY)
		SKIP(return, "%s", self->stage.reason.text);
	ASSERT_STAGED(err);
	ASSERT_EQ(0, pin_to_another_cpu(dying, bss->stuck_cpu));
	err = keep_all_on(self, bss->stuck_cpu);
	if (err == -ESRCH)
		SKIP(return, "this kernel has no thread " UNLOADER);
	ASSERT_EQ(0, err);
	kill_within_the_load(self, _metadata, dying);
	if (!scheduler_detach(&self->scheduler, story))
		return;
	ASSERT_TRUE(WAIT_FOR(!bss->held || bss->held_until, PATIENCE_MS));
	walk = time_of(story->log, EV_EXIT_TASK, bss->stuck_pid);
	/* The stage: the unload has walked the tasks while this one was held. */
	if (!bss->held || !bss->unload_waits || !walk || walk > bss->held_until)
		SKIP(return,
			   "a dead task cannot be held here while a scheduler is unloaded");
	STEP("the unload went on while the task was held");
	if (!event_noted(story->log, EV_EXIT_TASK, 0, dying))
		UNDECIDED(
			"exit_task never comes of a task whose last switch falls into an unload");
	JUDGE(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R3), FIX_NONE);
}

TEST_PROGRAM(scx_unload_race)
