// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_moves - a BPF scheduler knows which cgroup a task is in, also when the task
 * moves as it exits.
 *
 * The invariant. A scheduler learns a task's cgroup from init_task and follows it
 * by cgroup_move. At every quiet point what it believes is what /proc/PID/cgroup
 * says (of the nearest cgroup that has the cpu controller: the others are none of
 * its business). A move is prepared, then made or cancelled. None of it mentions a
 * task after its exit_task.
 *
 * Who guards it. The kernel takes no task along that has PF_EXITING, and lets no
 * task set PF_EXITING while its process moves. No release is known to break that;
 * it is what the deferred unlinking of 6.19 (d245698d727a) and the migration of
 * dying tasks in 7.2 (a99ce697ea5e) had to keep.
 *
 * How the window is opened. A thread is held in exit_files() while its process
 * moves away. Or cgroup_prep_move reads a page that nobody provides until the
 * test says so (stuck_page.h), and meanwhile the task is killed.
 *
 * What a failure means. A scheduler looks for a task in the wrong cgroup, or uses
 * the state of a task that it has freed.
 */
#include <sched.h>

#include <scx/common.h>

#include "test.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "stuck_page.h"
#include "writing.h"
#include "moves.skel.h"

FIXTURE(scx_moves)
{
	struct stage stage;
	struct scheduler scheduler;
	struct moves *skel;
	struct cgroup a;
	struct cgroup b;
	struct stuck_page page;
	struct exiting task;
	struct writing writing;
};

FIXTURE_SETUP(scx_moves)
{
	struct reason *reason = &self->stage.reason;

	SET_STAGE();
	if (scheduler_possible_in(&self->stage.root, reason))
		LEAVE("%s", reason->text);
	ASSERT_EQ(0, cgroup_create(&self->a, &self->stage.root, "a"));
	ASSERT_EQ(0, cgroup_create(&self->b, &self->stage.root, "b"));
	story_name_cgroup(&self->stage.story, &self->a, "a");
	story_name_cgroup(&self->stage.story, &self->b, "b");

	self->skel = SCHEDULER_OPEN(&self->scheduler, moves);
	ASSERT_NE(NULL, self->skel);
	story_use_log(&self->stage.story, &self->skel->bss->events);
	LOAD(&self->scheduler);
	STEP("the scheduler is loaded");
}

FIXTURE_TEARDOWN(scx_moves)
{
	stuck_page_destroy(&self->page);
	deadline_abandon(&self->writing.call);
	exiting_destroy(&self->task);
	cgroup_empty(&self->a);
	cgroup_empty(&self->b);
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

/* Whatever was seen of any task is to be right; an unload completes the log. */
static void unload_and_judge(struct __test_metadata *_metadata,
			     FIXTURE_DATA(scx_moves) * self)
{
	if (!scheduler_detach(&self->scheduler, &self->stage.story))
		return;
	/* R2 is for scx_exit_order. */
	JUDGE(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2), FIX_NONE);
}

/* Whether /proc says that a thread is in @cg. */
static bool proc_says(pid_t process, pid_t tid, const struct cgroup *cg)
{
	char file[64], text[PATH_MAX + 64], *path;
	size_t tail;

	snprintf(file, sizeof(file), "/proc/%d/task/%d/cgroup", process, tid);
	if (read_file(file, text, sizeof(text)) <= 0)
		return false;
	path = strstr(text, "0::/");
	if (!path)
		return false;
	path += 3;
	path[strcspn(path, "\n")] = '\0';
	tail = strlen(path);
	return tail <= strlen(cg->path) &&
	       !strcmp(cg->path + strlen(cg->path) - tail, path);
}

/* Its fork is over and done with: it sleeps, in @cg. */
static bool has_settled(pid_t process, pid_t tid, const struct cgroup *cg)
{
	struct proc_stat stat;

	return !thread_stat(process, tid, &stat) && stat.state == 'S' &&
	       proc_says(process, tid, cg);
}

static int idle_thread(void *unused)
{
	(void)unused;
	idle_until_killed();
}

/*
 * A process in @cg with a thread beside the leader, seen by the scheduler. The
 * thread's id, which only the scheduler tells us; or -errno.
 */
static pid_t start_pair(FIXTURE_DATA(scx_moves) * self, const struct cgroup *cg,
			pid_t *process)
{
	static char stack[16384] __aligned(16);
	const struct event *thread;
	int fd = cgroup_open(cg, "");
	pid_t pid = spawn_into(fd);

	if (!pid) {
		clone(idle_thread, stack + sizeof(stack),
		      CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			      CLONE_THREAD | CLONE_SYSVSEM,
		      NULL);
		idle_until_killed();
	}
	close(fd);
	*process = pid;
	WAIT_FOR((thread = event_last(self->stage.story.log, EV_INIT_TASK,
				      cg->id, 0)) &&
			 thread->tgid == pid && thread->pid != pid,
		 PATIENCE_MS);
	/* It is told of in the middle of its fork: wait for the end of that. */
	if (!thread || thread->tgid != pid || thread->pid == pid ||
	    !WAIT_FOR(has_settled(pid, thread->pid, cg), PATIENCE_MS))
		return -ESRCH;
	story_name_task(&self->stage.story, pid, "the leader");
	story_name_task(&self->stage.story, thread->pid, "the thread");
	return thread->pid;
}

/* The cgroup that the scheduler takes a task to be in; 0 for none. */
static __u64 believed(const struct event_log *log, pid_t pid)
{
	size_t i, nr = event_count(log);
	__u64 cgroup = 0;

	for (i = 0; i < nr; i++) {
		const struct event *ev = &log->event[i];

		if (ev->pid != pid)
			continue;
		if (ev->kind == EV_INIT_TASK)
			cgroup = ev->cgroup;
		else if (ev->kind == EV_MOVE)
			cgroup = ev->to;
		else if (ev->kind == EV_EXIT_TASK)
			cgroup = 0;
	}
	return cgroup;
}

/* A thread is in @cg, and for the scheduler in @domain, which has the controller. */
static void check_membership(struct __test_metadata *_metadata,
			     FIXTURE_DATA(scx_moves) * self, pid_t process,
			     pid_t tid, const struct cgroup *cg,
			     const struct cgroup *domain)
{
	__u64 belief = believed(self->stage.story.log, tid);

	ASSERT_TRUE(proc_says(process, tid, cg));
	if (belief != domain->id)
		BROKEN(FIX_NONE,
		       "the scheduler takes a task to be in cgroup %llu, not %llu",
		       (unsigned long long)belief, domain->id);
}

TEST_F(scx_moves, membership_follows_every_move)
{
	struct story *story = &self->stage.story;
	struct reason *reason = &self->stage.reason;
	struct cgroup deep, nested, inner;
	struct {
		const struct cgroup *to; /* the process moves here ... */
		const struct cgroup *domain; /* ... which the scheduler sees so */
		int moves; /* so many cgroup_moves in all, for each thread */
	} steps[] = {
		{ &self->b, &self->b, 1 },
		{ &self->b, &self->b, 1 }, /* where it is already */
		{ &inner, &inner, 2 },
		{ &deep, &self->a, 3 },
		{ &self->a, &self->a, 3 },
		{ &deep, &self->a, 3 },
		{ &self->b, &self->b, 4 },
	};
	pid_t process, tid;
	char expected[32] = "i", callbacks[32];
	size_t i;

	ASSERT_EQ(0, cgroup_create(&deep, &self->a, "deep"));
	ASSERT_EQ(0, cgroup_create(&nested, &self->stage.root, "nested"));
	ASSERT_STAGED(cgroup_delegate(&nested, "cpu", reason));
	ASSERT_EQ(0, cgroup_create(&inner, &nested, "inner"));
	story_name_cgroup(story, &inner, "inner");

	tid = start_pair(self, &self->a, &process);
	ASSERT_LT(0, tid);
	check_membership(_metadata, self, process, process, &self->a, &self->a);
	check_membership(_metadata, self, process, tid, &self->a, &self->a);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		ASSERT_EQ(0, cgroup_add(steps[i].to, process));
		STEP("the process moves to %s",
		     strrchr(steps[i].to->path, '/') + 1);
		check_membership(_metadata, self, process, process, steps[i].to,
				 steps[i].domain);
		check_membership(_metadata, self, process, tid, steps[i].to,
				 steps[i].domain);
		/* A move within a domain is not told. */
		if (strlen(expected) < 1 + 2 * (size_t)steps[i].moves)
			strcat(expected, "pm");
		event_callbacks(story->log, tid, callbacks, sizeof(callbacks));
		if (strcmp(callbacks, expected))
			BROKEN(FIX_NONE, "the callbacks are %s, not %s",
			       callbacks, expected);
	}
	ASSERT_LE(0, spawn_kill(process, PATIENCE_MS));
	unload_and_judge(_metadata, self);
}

TEST_F(scx_moves, refused_move_leaves_the_task_where_it_was)
{
	struct story *story = &self->stage.story;
	char callbacks[32];
	pid_t process, tid;
	int err;

	tid = start_pair(self, &self->a, &process);
	ASSERT_LT(0, tid);
	self->skel->bss->refusal = EDQUOT;
	self->skel->bss->refused_pid = tid;
	err = cgroup_add(&self->b, process);
	self->skel->bss->refused_pid = 0;
	STEP("cgroup_prep_move refuses the thread: the move: %s",
	     strerror(-err));
	ASSERT_EQ(1, self->skel->bss->refused);
	if (err != -EDQUOT)
		BROKEN(FIX_NONE,
		       "a move does not fail as cgroup_prep_move says: %s",
		       strerror(-err));
	check_membership(_metadata, self, process, process, &self->a, &self->a);
	check_membership(_metadata, self, process, tid, &self->a, &self->a);

	/* Had the thread been asked first, the leader would not be prepared. */
	event_callbacks(story->log, process, callbacks, sizeof(callbacks));
	ASSERT_STRNE("i", callbacks);
	if (strcmp(callbacks, "ipc"))
		BROKEN(FIX_NONE,
		       "a prepared move is not cancelled once: callbacks %s",
		       callbacks);
	event_callbacks(story->log, tid, callbacks, sizeof(callbacks));
	if (strcmp(callbacks, "i"))
		BROKEN(FIX_NONE,
		       "the move of the task that was refused is told of: callbacks %s",
		       callbacks);

	ASSERT_EQ(0, cgroup_add(&self->b, process));
	check_membership(_metadata, self, process, process, &self->b, &self->b);
	check_membership(_metadata, self, process, tid, &self->b, &self->b);
	ASSERT_LE(0, spawn_kill(process, PATIENCE_MS));
	unload_and_judge(_metadata, self);
}

TEST_F(scx_moves, exiting_thread_is_left_behind)
{
	struct story *story = &self->stage.story;
	struct exiting *task = &self->task;
	char callbacks[32];

	HOLD(task, HOLD_THREAD, &self->a);
	story_name_task(story, task->pid, "the thread");
	story_name_task(story, task->process, "the leader");
	ASSERT_EQ(self->a.id, believed(story->log, task->pid));
	ASSERT_EQ(0, cgroup_add(&self->b, task->process));
	STEP("its process moves to b");
	check_membership(_metadata, self, task->process, task->process,
			 &self->b, &self->b);
	if (!proc_says(task->process, task->pid, &self->a)) {
		BROKEN(FIX_NONE, "a thread that exits moves with its process");
		return;
	}
	check_membership(_metadata, self, task->process, task->pid, &self->a,
			 &self->a);
	ASSERT_TRUE(exiting_is_held(task));

	ASSERT_EQ(0, exiting_release(task));
	STEP("the thread is released");
	if (!scheduler_notes(&self->scheduler, story->log, EV_EXIT_TASK, 0,
			     task->pid))
		BROKEN(FIX_NONE, "exit_task of the thread never comes");
	event_callbacks(story->log, task->pid, callbacks, sizeof(callbacks));
	if (strcmp(callbacks, "ix"))
		BROKEN(FIX_NONE,
		       "a move of an exiting thread is told of: callbacks %s",
		       callbacks);
	unload_and_judge(_metadata, self);
}

/* It has been killed and cannot begin to exit: its process is being moved. */
static bool waits_to_exit(pid_t pid)
{
	struct proc_stat stat;

	return !proc_stat(pid, &stat) &&
	       (stat.state == 'D' || stat.flags & PF_EXITING);
}

TEST_F(scx_moves, exit_comes_after_the_move_that_is_under_way)
{
	struct story *story = &self->stage.story;
	char callbacks[32], number[16];
	pid_t pid;
	int err;

	err = stuck_page_create(&self->page, &self->stage.reason);
	if (err == -EOPNOTSUPP)
		SKIP(return, "%s", self->stage.reason.text);
	ASSERT_STAGED(err);
	self->skel->bss->stuck_page.owner = self->page.owner;
	self->skel->bss->stuck_page.address = self->page.address;

	pid = spawn_idle_in(&self->a);
	ASSERT_LT(0, pid);
	story_name_task(story, pid, "the task");
	self->skel->bss->stuck_pid = pid;

	snprintf(number, sizeof(number), "%d", pid);
	ASSERT_EQ(0, writing_begin(&self->writing, &self->b, "cgroup.procs",
				   number));
	ASSERT_TRUE(stuck_page_reached(&self->page, PATIENCE_MS));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_TRUE(WAIT_FOR(waits_to_exit(pid), PATIENCE_MS));
	STEP("the task is killed in the middle of its move to b");
	ASSERT_EQ(0, stuck_page_release(&self->page));
	if (!writing_done(&self->writing, story, PATIENCE_MS)) {
		BROKEN(FIX_NONE,
		       "the move of a task that was killed meanwhile never ends");
		return;
	}
	ASSERT_LE(0, spawn_wait(pid, PATIENCE_MS));

	if (!scheduler_notes(&self->scheduler, story->log, EV_EXIT_TASK, 0,
			     pid))
		BROKEN(FIX_NONE, "exit_task of the task never comes");
	event_callbacks(story->log, pid, callbacks, sizeof(callbacks));
	if (strcmp(callbacks, "ipmx"))
		BROKEN(FIX_NONE, "the callbacks are %s, not ipmx", callbacks);
	unload_and_judge(_metadata, self);
}

#define RACES 60

TEST_F(scx_moves, no_move_of_a_task_after_its_exit_task)
{
	struct story *story = &self->stage.story;
	int i, fd = cgroup_open(&self->a, "");
	size_t moved = 0;

	for (i = 0; i < RACES; i++) {
		pid_t pid = spawn_into(fd);

		ASSERT_LE(0, pid);
		if (!pid) {
			/* Every other one goes by itself, when it comes to run. */
			if (i % 2)
				_exit(0);
			idle_until_killed();
		}
		if (!(i % 2))
			kill(pid, SIGKILL);
		/* It is there until it is reaped; it moves, or exits first. */
		ASSERT_EQ(0, cgroup_add(&self->b, pid));
		moved += believed(story->log, pid) == self->b.id;
		ASSERT_LE(0, spawn_wait(pid, PATIENCE_MS));
	}
	close(fd);
	STEP("%d tasks were moved as they ended; %zu have moved", RACES, moved);
	unload_and_judge(_metadata, self);
}

SCHEDULER_PROGRAM(scx_moves, moves, NULL)
