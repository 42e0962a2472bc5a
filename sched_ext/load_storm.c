// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_load_storm - a BPF scheduler can be loaded and unloaded at any moment.
 *
 * The invariant. A load finds tasks and cgroups in the middle of their lives, an
 * unload leaves them there. Each pair of the two is a world of its own: what is
 * initialised in it is exited in it, in the right order, whatever is forked,
 * moved, killed and removed at the time. And the kernel has nothing to say.
 *
 * Who broke it. Any of the fixes that the other scx tests name may be missing;
 * this one looks for what they do not foresee. It races, so it may miss it.
 *
 * How the window is opened. By doing it fifty times, or for six seconds, while
 * children make and remove cgroups with tasks that live, exit and move in them.
 *
 * What a failure means. See the rule that is broken.
 */
#include <sys/wait.h>

#include <scx/common.h>

#include "test.h"
#include "scheduler.h"
#include "spawn.h"
#include "load_storm.skel.h"

#define LOADS 50
#define LIMIT_MS 6000
#define CHURNERS 2

FIXTURE(scx_load_storm)
{
	struct stage stage;
	struct scheduler scheduler;
	struct load_storm *skel;
	pid_t churners[CHURNERS];
};

FIXTURE_SETUP(scx_load_storm)
{
	struct reason *reason = &self->stage.reason;

	SET_STAGE();
	if (scheduler_possible_in(&self->stage.root, reason))
		LEAVE("%s", reason->text);
	self->skel = SCHEDULER_OPEN(&self->scheduler, load_storm);
	ASSERT_NE(NULL, self->skel);
	story_use_log(&self->stage.story, &self->skel->bss->events);
	ASSERT_STAGED(scheduler_load(&self->scheduler, reason));
}

FIXTURE_TEARDOWN(scx_load_storm)
{
	int i;

	for (i = 0; i < CHURNERS; i++)
		if (self->churners[i] > 0)
			spawn_kill(self->churners[i], PATIENCE_MS);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

static void make_numbered(struct cgroup *cg, const struct cgroup *root,
			  const char *name, int number)
{
	char numbered[16];

	snprintf(numbered, sizeof(numbered), "%s%d", name, number);
	if (cgroup_create(cg, root, numbered))
		_exit(EXIT_FAILURE);
}

static void remove_empty(const struct cgroup *cg)
{
	if (!WAIT_FOR(!cgroup_rmdir(cg), PATIENCE_MS))
		_exit(EXIT_FAILURE);
}

/*
 * In a cgroup one task ends and is a zombie, one is killed, and one moves to
 * another cgroup and is killed there. Both cgroups go, and the zombie after them.
 */
static void churn_once(const struct cgroup *root, int number)
{
	struct cgroup here, there;
	pid_t pids[3];
	int i, fd;

	make_numbered(&here, root, "here", number);
	make_numbered(&there, root, "there", number);
	fd = cgroup_open(&here, "");
	for (i = 0; i < 3; i++) {
		pids[i] = fork_into(fd, 0);
		if (!pids[i] && i == 0)
			_exit(0);
		if (!pids[i])
			idle_until_killed();
	}
	close(fd);
	cgroup_add(&there, pids[1]);
	pause_ms(5);
	for (i = 1; i < 3; i++)
		spawn_kill(pids[i], PATIENCE_MS);
	remove_empty(&here);
	remove_empty(&there);
	pause_ms(20);
	spawn_wait(pids[0], PATIENCE_MS);
}

static __noreturn void churn(const struct cgroup *root, int number)
{
	for (;;)
		churn_once(root, number);
}

/* The rules that this kernel keeps for certain, or breaks for certain. */
static unsigned int certain_rules(void)
{
	unsigned long long unused;

	/* 7.1 and later: c941d7391f25 mends what scx_pairing shows of R3. */
	return kernel_btf_enum("scx_ent_flags", "SCX_TASK_INIT_BEGIN",
			       &unused) ?
		       ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R3) :
		       ORDER_ALL_RULES;
}

/* How many forks the scheduler saw. */
static int count_forks(const struct event_log *log)
{
	size_t i, nr = event_count(log);
	int forks = 0;

	for (i = 0; i < nr; i++)
		forks += log->event[i].kind == EV_INIT_TASK &&
			 log->event[i].flags & EVF_FORK;
	return forks;
}

/* The next load has room in the log, on all but the largest machines. */
static bool has_room(const struct event_log *log)
{
	return event_count(log) < EVENT_LOG_SIZE / 4 * 3;
}

TEST_F(scx_load_storm, every_load_and_unload_balances)
{
	const unsigned int late = ORDER_RULE(ORDER_R1) | ORDER_RULE(ORDER_R2);
	struct story *story = &self->stage.story;
	unsigned int rules = certain_rules();
	long long begun;
	int i;

	for (i = 0; i < CHURNERS; i++) {
		/* Before the first load: it must not have the link. */
		self->churners[i] = spawn(-1);
		if (!self->churners[i])
			churn(&self->stage.root, i);
		ASSERT_LT(0, self->churners[i]);
	}
	begun = now_ms();
	for (i = 0;
	     i < LOADS && now_ms() < begun + LIMIT_MS && has_room(story->log);
	     i++) {
		ATTACH(&self->scheduler);
		if (!scheduler_detach(&self->scheduler, story))
			return;
	}
	STEP("%d loads in %lld ms, with %d forks", i, now_ms() - begun,
	     count_forks(story->log));
	/* The stage: they were at it all the while, and were seen. */
	for (i = 0; i < CHURNERS; i++)
		ASSERT_EQ(-ETIMEDOUT, spawn_wait(self->churners[i], 0));
	if (!count_forks(story->log))
		SKIP(return, "this machine is too slow for a storm");
	JUDGE(rules & late, FIX_SCX_EXIT_ORDER);
	JUDGE(rules & ~late, FIX_NONE);
}

TEST_PROGRAM(scx_load_storm)
