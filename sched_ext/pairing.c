// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_pairing - a BPF scheduler sees init_task and exit_task of every task once,
 * in this order.
 *
 * The invariant. What a scheduler allocates for a task in ops.init_task() it
 * frees in ops.exit_task(). So the two pair, exactly once for each task, however
 * a task comes into being and goes: a fork that fails half-way, an exec from a
 * thread, a death while the scheduler is loaded, an unload while it is exiting.
 *
 * Who broke it. 6.19 (7900aa699c34) moved exit_task from the last reference to
 * the task_struct, which the load holds, to the last context switch, which it
 * does not hold up: a task that died while init_task ran for it was seen as not
 * initialised yet, and its exit_task never came (c941d7391f25 in 7.1). Within an
 * unload tasks are forked after the cgroup_exit of their cgroup, and initialised in
 * it, to this day: docs/findings.md tells what comes of that.
 *
 * How the window is opened. init_task of the task in question reads a page that
 * nobody provides until the test says so (stuck_page.h). It waits there, in the
 * middle of a fork or of the load, while the test kills who is to die. The unload
 * is stopped by cgroup_exit in the same way.
 *
 * What a failure means. A scheduler leaks the state of a task, or frees it twice.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

#include <scx/common.h>

#include "test.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "stuck_page.h"
#include "pairing.skel.h"

FIXTURE(scx_pairing)
{
	struct stage stage;
	struct scheduler scheduler;
	struct pairing *skel;
	struct cgroup c;
	struct stuck_page page;
	struct exiting tasks[4];
};

FIXTURE_SETUP(scx_pairing)
{
	struct reason *reason = &self->stage.reason;

	SET_STAGE();
	if (scheduler_possible_in(&self->stage.root, reason))
		LEAVE("%s", reason->text);
	self->skel = SCHEDULER_OPEN(&self->scheduler, pairing);
	ASSERT_NE(NULL, self->skel);
	story_use_log(&self->stage.story, &self->skel->bss->events);
	ASSERT_STAGED(scheduler_load(&self->scheduler, reason));

	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	story_name_cgroup(&self->stage.story, &self->c, "c");
}

FIXTURE_TEARDOWN(scx_pairing)
{
	stuck_page_destroy(&self->page);
	exiting_destroy_all(self->tasks, ARRAY_SIZE(self->tasks));
	cgroup_empty(&self->c);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

/* In a test: makes the page, and tells the scheduler where, or leaves. */
#define MAKE_STUCK_PAGE()                                                    \
	do {                                                                 \
		int __err =                                                  \
			stuck_page_create(&self->page, &self->stage.reason); \
		if (__err == -EOPNOTSUPP)                                    \
			SKIP(return, "%s", self->stage.reason.text);         \
		ASSERT_STAGED(__err);                                        \
		self->skel->bss->stuck_page.owner = self->page.owner;        \
		self->skel->bss->stuck_page.address = self->page.address;    \
	} while (0)

/* Unloads, after which the log is complete, and asks the oracle about all of it. */
#define UNLOAD_AND_JUDGE(fix)                                                \
	do {                                                                 \
		if (!scheduler_detach(&self->scheduler, &self->stage.story)) \
			return;                                              \
		JUDGE(ORDER_RULE(ORDER_R3) | ORDER_RULE(ORDER_R6), fix);     \
		JUDGE(ORDER_RULE(ORDER_R1) | ORDER_RULE(ORDER_R4) |          \
			      ORDER_RULE(ORDER_R5),                          \
		      FIX_NONE);                                             \
	} while (0)

static bool notes(FIXTURE_DATA(scx_pairing) * self, enum event_kind kind,
		  pid_t pid)
{
	return scheduler_notes(&self->scheduler, self->stage.story.log, kind, 0,
			       pid);
}

/* Forks a child that ends at once; 0 or -errno. */
static int fork_and_reap(const struct cgroup *cg, int cgroup_fd, pid_t *child)
{
	int fd = cg ? cgroup_open(cg, "") : cgroup_fd;
	pid_t pid = spawn_into(fd);
	int err = pid < 0 ? -errno : 0;

	if (!pid)
		_exit(0);
	if (cg)
		close(fd);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	*child = pid;
	return err;
}

TEST_F(scx_pairing, refused_fork_has_neither)
{
	struct cgroup removed;
	int fd, err;
	pid_t pid;

	err = cgroup_enable(&self->stage.root, "pids", &self->stage.reason);
	if (err)
		SKIP(return, "%s", self->stage.reason.text);
	ATTACH(&self->scheduler);
	ASSERT_EQ(0, cgroup_write(&self->c, "pids.max", "0"));
	ASSERT_EQ(-EAGAIN, fork_and_reap(&self->c, -1, &pid));
	STEP("a fork into c, whose pids.max is 0, fails");

	ASSERT_EQ(0, cgroup_create(&removed, &self->stage.root, "removed"));
	story_name_cgroup(&self->stage.story, &removed, "removed");
	fd = cgroup_open(&removed, "");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, cgroup_rmdir(&removed));
	err = fork_and_reap(NULL, fd, &pid);
	ASSERT_TRUE(err == -ENODEV || err == -ENOENT);
	close(fd);
	STEP("a fork into a removed cgroup fails");
	ASSERT_FALSE(event_noted(self->stage.story.log, EV_INIT_TASK,
				 removed.id, 0));

	/* The control: where it is not refused, it has both. */
	ASSERT_EQ(0, cgroup_write(&self->c, "pids.max", "max"));
	ASSERT_EQ(0, fork_and_reap(&self->c, -1, &pid));
	story_name_task(&self->stage.story, pid, "the task");
	ASSERT_TRUE(event_noted(self->stage.story.log, EV_INIT_TASK, self->c.id,
				pid));
	if (!notes(self, EV_EXIT_TASK, pid))
		BROKEN(FIX_NONE, "exit_task of a task never comes");
	UNLOAD_AND_JUDGE(FIX_NONE);
}

/* A process in c that forks when it is told to, and ends as fork says. */
static pid_t start_forker(const struct cgroup *cg, int *tell)
{
	int pipes[2];
	char word;
	pid_t pid;

	if (pipe(pipes))
		return -errno;
	pid = spawn(pipes[0]);
	if (!pid)
		_exit(read(pipes[0], &word, 1) == 1 && fork() < 0 ? errno : 0);
	close(pipes[0]);
	*tell = pipes[1];
	return pid > 0 && cgroup_add(cg, pid) ? -1 : pid;
}

TEST_F(scx_pairing, fork_that_fails_after_init_task_has_both)
{
	const struct event *born, *gone;
	struct story *story = &self->stage.story;
	pid_t forker;
	int tell;

	MAKE_STUCK_PAGE();
	ATTACH(&self->scheduler);
	forker = start_forker(&self->c, &tell);
	ASSERT_LT(0, forker);
	story_name_task(story, forker, "the parent");
	self->skel->bss->stuck_pid = forker;
	ASSERT_EQ(1, write(tell, "f", 1));
	ASSERT_TRUE(stuck_page_reached(&self->page, PATIENCE_MS));
	born = event_last(story->log, EV_INIT_TASK, self->c.id, 0);
	ASSERT_NE(NULL, born);
	ASSERT_TRUE(!!(born->flags & EVF_FORK));
	story_name_task(story, born->pid, "the child");

	/* A fork gives up at the end if a signal is to kill the parent. */
	STEP("init_task of the child is on its way; the parent is killed");
	ASSERT_EQ(0, kill(forker, SIGKILL));
	ASSERT_EQ(0, stuck_page_release(&self->page));
	ASSERT_LE(0, spawn_wait(forker, PATIENCE_MS));
	close(tell);
	STEP("the parent is gone; was there a child: %s",
	     kill(born->pid, 0) ? "no" : "yes");

	gone = event_last(story->log, EV_EXIT_TASK, 0, born->task);
	if (!gone || gone < born)
		BROKEN(FIX_NONE, "exit_task of a fork that failed never comes");
	else if (!(gone->flags & EVF_CANCELLED))
		BROKEN(FIX_NONE,
		       "exit_task of a fork that failed does not say so");
	UNLOAD_AND_JUDGE(FIX_NONE);
}

TEST_F(scx_pairing, fork_that_init_task_refuses_has_no_exit_task)
{
	struct story *story = &self->stage.story;
	pid_t pid;
	int err;

	ATTACH(&self->scheduler);
	self->skel->bss->refusal = EDQUOT;
	self->skel->bss->refused_forker = getpid();
	err = fork_and_reap(&self->c, -1, &pid);
	self->skel->bss->refused_forker = 0;
	ASSERT_NE(0, self->skel->bss->refused_pid);
	story_name_task(story, self->skel->bss->refused_pid, "the child");
	STEP("init_task refuses the child, pid %d: fork: %s",
	     self->skel->bss->refused_pid, strerror(-err));
	if (err != -EDQUOT)
		BROKEN(FIX_NONE, "fork does not fail as init_task says: %s",
		       strerror(-err));
	if (event_noted(story->log, EV_EXIT_TASK, 0,
			self->skel->bss->refused_pid))
		BROKEN(FIX_NONE, "exit_task of a task that was refused");

	ASSERT_EQ(0, fork_and_reap(&self->c, -1, &pid));
	if (!notes(self, EV_EXIT_TASK, pid))
		BROKEN(FIX_NONE, "exit_task of a task never comes");
	UNLOAD_AND_JUDGE(FIX_NONE);
}

/* Ends at once: asked for its tests, a program prints them, here to nowhere. */
static int exec_from_thread(void *unused)
{
	char *const argv[] = { "scx_pairing", "-l", NULL };

	(void)unused;
	execv("/proc/self/exe", argv);
	return 1;
}

/* In a child: a second thread, which executes something else when told to. */
static __noreturn void be_two_threads(int tell)
{
	static char stack[65536] __aligned(16);
	char word;

	if (read(tell, &word, 1) == 1)
		clone(exec_from_thread, stack + sizeof(stack),
		      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			      CLONE_THREAD | CLONE_SYSVSEM,
		      NULL);
	idle_until_killed();
}

TEST_F(scx_pairing, exec_from_a_thread_ends_each_thread_once)
{
	const struct event *leader, *thread, *gone;
	struct story *story = &self->stage.story;
	int pipes[2];
	pid_t pid;

	ATTACH(&self->scheduler);
	ASSERT_EQ(0, pipe(pipes));
	pid = spawn(pipes[0]);
	ASSERT_LE(0, pid);
	if (!pid)
		be_two_threads(pipes[0]);
	close(pipes[0]);
	ASSERT_EQ(0, cgroup_add(&self->c, pid));
	leader = event_last_of_pid(story->log, EV_INIT_TASK, pid);
	ASSERT_NE(NULL, leader);
	story_name_task(story, pid, "the leader, or who took its pid");
	ASSERT_EQ(1, write(pipes[1], "x", 1));
	ASSERT_LE(0, spawn_wait(pid, PATIENCE_MS));
	close(pipes[1]);

	thread = event_last(story->log, EV_INIT_TASK, self->c.id, 0);
	ASSERT_NE(NULL, thread);
	ASSERT_NE(pid, thread->pid);
	ASSERT_EQ(pid, thread->tgid);
	story_name_task(story, thread->pid, "the thread");
	STEP("the thread has executed a program, and that has ended");

	if (!WAIT_FOR(event_last(story->log, EV_EXIT_TASK, 0, leader->task),
		      PATIENCE_MS))
		BROKEN(FIX_NONE, "exit_task of the old leader never comes");
	if (!WAIT_FOR(event_last(story->log, EV_EXIT_TASK, 0, thread->task),
		      PATIENCE_MS))
		BROKEN(FIX_NONE, "exit_task of the thread never comes");
	/* The stage: it was the thread that lived on, under the leader's pid. */
	gone = event_last(story->log, EV_EXIT_TASK, 0, thread->task);
	if (gone)
		ASSERT_EQ(pid, gone->pid);
	UNLOAD_AND_JUDGE(FIX_NONE);
}

TEST_F(scx_pairing, task_that_dies_inside_init_task_has_both)
{
	struct story *story = &self->stage.story;
	pid_t pid;

	MAKE_STUCK_PAGE();
	pid = spawn_idle_in(&self->c);
	ASSERT_LT(0, pid);
	story_name_task(story, pid, "the task");
	self->skel->bss->stuck_pid = pid;

	ASSERT_EQ(0, scheduler_attach_begin(&self->scheduler));
	STEP("the scheduler is being loaded");
	if (!stuck_page_reached(&self->page, PATIENCE_MS)) {
		int err = scheduler_attach_end(&self->scheduler,
					       &self->stage.reason);

		if (err == -EBUSY)
			SKIP(return, "%s", self->stage.reason.text);
		ASSERT_STAGED(err ?: -ETIMEDOUT);
	}
	ASSERT_TRUE(event_noted(story->log, EV_INIT_TASK, self->c.id, pid));
	STEP("init_task of the task is on its way; the task is killed");
	ASSERT_LE(0, spawn_kill(pid, PATIENCE_MS));
	/* From 6.19 on this comes after all that its last switch brings about. */
	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&self->c), PATIENCE_MS));
	STEP("the task is gone; init_task goes on");
	ASSERT_EQ(0, stuck_page_release(&self->page));
	ASSERT_STAGED(
		scheduler_attach_end(&self->scheduler, &self->stage.reason));
	STEP("the scheduler is loaded");

	if (!notes(self, EV_EXIT_TASK, pid))
		BROKEN(FIX_SCX_INIT_DEATH,
		       "exit_task never comes of a task that died while init_task ran");
	UNLOAD_AND_JUDGE(FIX_SCX_INIT_DEATH);
}

/* The kernel's own: every hierarchy has it, and it goes last in an unload. */
#define ROOT_CGROUP 1

TEST_F(scx_pairing, fork_within_an_unload_finds_its_cgroup)
{
	struct story *story = &self->stage.story;
	struct pairing__bss *bss = self->skel->bss;
	pid_t forker;
	int tell, status;

	MAKE_STUCK_PAGE();
	forker = start_forker(&self->c, &tell);
	ASSERT_LT(0, forker);
	story_name_task(story, forker, "the parent");
	ATTACH(&self->scheduler);
	ASSERT_TRUE(event_noted(story->log, EV_INIT_TASK, self->c.id, forker));
	bss->needed_cgroup = self->c.id;
	bss->stuck_cgroup = ROOT_CGROUP;

	ASSERT_EQ(0, scheduler_detach_begin(&self->scheduler, story));
	ASSERT_TRUE(stuck_page_reached(&self->page, PATIENCE_MS));
	ASSERT_TRUE(event_noted(story->log, EV_CGROUP_EXIT, self->c.id, 0));
	STEP("c has had its cgroup_exit; a task in c forks");
	ASSERT_EQ(1, write(tell, "f", 1));
	status = spawn_wait(forker, BLOCKED_MS);
	ASSERT_EQ(0, stuck_page_release(&self->page));
	ASSERT_TRUE(scheduler_detach_end(&self->scheduler));
	/* To have waited for the unload is a way to do it right. */
	if (status == -ETIMEDOUT)
		status = spawn_wait(forker, PATIENCE_MS);
	close(tell);
	ASSERT_LE(0, status);
	if (bss->orphans)
		UNDECIDED(
			"init_task of a forked task after its cgroup's cgroup_exit: a scheduler that misses the cgroup makes fork(2) fail: %s",
			strerror(WEXITSTATUS(status)));
	else if (WEXITSTATUS(status))
		BROKEN(FIX_NONE, "fork fails within an unload: %s",
		       strerror(WEXITSTATUS(status)));
	JUDGE(ORDER_RULE(ORDER_R3) | ORDER_RULE(ORDER_R4), FIX_NONE);
}

static const enum exiting_hold holds[] = {
	HOLD_PIDNS,
	HOLD_FUSE,
	HOLD_ZOMBIE_LEADER,
	HOLD_ZOMBIE,
};

/* Whether the scheduler was told just this of a task; see event_callbacks(). */
static bool was_told(const struct event_log *log, pid_t pid,
		     const char *expected)
{
	char callbacks[32];

	event_callbacks(log, pid, callbacks, sizeof(callbacks));
	return !strcmp(callbacks, expected);
}

TEST_F(scx_pairing, unload_and_reload_around_exiting_tasks)
{
	struct story *story = &self->stage.story;
	struct exiting *tasks = self->tasks;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(holds); i++) {
		HOLD(&tasks[i], holds[i], &self->c);
		story_name_task(story, tasks[i].pid,
				exiting_hold_name(holds[i]));
	}
	ATTACH(&self->scheduler);
	/* The stage: those that are still to be scheduled are known to it. */
	ASSERT_TRUE(event_noted(story->log, EV_INIT_TASK, self->c.id,
				tasks[0].pid));
	ASSERT_TRUE(event_noted(story->log, EV_INIT_TASK, self->c.id,
				tasks[1].pid));
	ASSERT_TRUE(exiting_all_held(tasks, ARRAY_SIZE(holds)));
	UNLOAD_AND_JUDGE(FIX_NONE);

	ATTACH(&self->scheduler);
	ASSERT_TRUE(exiting_all_held(tasks, ARRAY_SIZE(holds)));
	for (i = 0; i < ARRAY_SIZE(holds); i++) {
		pid_t pid = tasks[i].pid;

		/* A dead one may or may not be known; what is, has both. */
		if (exiting_release(&tasks[i])) {
			BROKEN(FIX_NONE,
			       "a task that was exiting at the load does not come to its end");
			return;
		}
		STEP("%d is released", pid);
		if (i < 2 &&
		    !WAIT_FOR(was_told(story->log, pid, "ixix"), PATIENCE_MS))
			BROKEN(FIX_NONE,
			       "exit_task of a task that was exiting at the load never comes");
	}
	UNLOAD_AND_JUDGE(FIX_NONE);
}

TEST_F(scx_pairing, born_before_and_after_the_load_are_treated_alike)
{
	struct story *story = &self->stage.story;
	struct cgroup elsewhere;
	char callbacks[2][32];
	pid_t pids[2];
	int i;

	ASSERT_EQ(0, cgroup_create(&elsewhere, &self->stage.root, "elsewhere"));
	story_name_cgroup(story, &elsewhere, "elsewhere");
	for (i = 0; i < 2; i++) {
		if (i == 1)
			ATTACH(&self->scheduler);
		pids[i] = spawn_idle_in(&self->c);
		ASSERT_LT(0, pids[i]);
		story_name_task(story, pids[i],
				i ? "the younger" : "the older");
	}
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, cgroup_add(&elsewhere, pids[i]));
		ASSERT_EQ(0, cgroup_add(&self->c, pids[i]));
		ASSERT_LE(0, spawn_kill(pids[i], PATIENCE_MS));
		if (!notes(self, EV_EXIT_TASK, pids[i]))
			BROKEN(FIX_NONE, "exit_task of a task never comes");
		event_callbacks(story->log, pids[i], callbacks[i],
				sizeof(callbacks[i]));
	}
	STEP("the older was told of as %s, the younger as %s", callbacks[0],
	     callbacks[1]);
	if (strcmp(callbacks[1], "ipmpmx"))
		BROKEN(FIX_NONE,
		       "a task that moves twice has the callbacks %s, not ipmpmx",
		       callbacks[1]);
	if (strcmp(callbacks[0], callbacks[1]))
		BROKEN(FIX_NONE,
		       "a task from before the load has other callbacks: %s, not %s",
		       callbacks[0], callbacks[1]);
	UNLOAD_AND_JUDGE(FIX_NONE);
}

SCHEDULER_PROGRAM(scx_pairing, pairing, NULL)
