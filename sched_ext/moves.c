// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_moves - a BPF scheduler knows which cgroup a task is in, even if the task exits
 * while it moves.
 *
 * The invariant. A scheduler gets a task's cgroup from init_task and follows it with
 * cgroup_move. Whenever no move is in progress it agrees with /proc/PID/cgroup, or with
 * the nearest ancestor of that cgroup that has the cpu controller. cgroup_prep_move
 * comes first, and cgroup_move or cgroup_cancel_move follows. None of them comes for a
 * task after its exit_task.
 *
 * History. The kernel does not migrate tasks with PF_EXITING, and while a process
 * is migrated none of its tasks can set PF_EXITING. No release is known to break this.
 * The deferred unlinking of 6.19 (d245698d727a) and the migration of dying tasks in 7.2
 * (a99ce697ea5e) had to preserve it.
 *
 * The window. A thread is held in exit_files() while its process moves to
 * another cgroup. Or cgroup_prep_move blocks at a page (blocking_page.h), and the task is
 * killed meanwhile.
 *
 * Consequence. A scheduler looks for a task in the wrong cgroup, or uses the
 * state of a task after it has freed it.
 */
#include <scx/common.h>

#include "test.h"
#include "blocking_load.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "steps.h"
#include "moves.skel.h"

PRELOAD_SCHEDULER(moves, NULL)

#define RACES 60

static struct scheduler scheduler;
static struct moves *skel;
static struct cgroup a, b;
static struct held_task task;
static struct call move;
static pid_t leader, thread; /* of a process with two threads */

static void setup(void)
{
	need_cgroup_sched_ext();
	test_cgroup(&a, &test.root, "a");
	test_cgroup(&b, &test.root, "b");

	skel = SCHEDULER_OPEN(&scheduler, moves);
	timeline_use_log(&skel->bss->events);
	scheduler_load(&scheduler);
	scheduler_attach(&scheduler);
}

/* The log is complete only after the scheduler is disabled. scx_exit_order checks R2. */
static void disable_and_check(void)
{
	if (scheduler_detach(&scheduler))
		test_check_order(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R2),
				 FIX_NONE);
}

/* Whether a task is in @cg, by /proc/PID/task/TID/cgroup. */
static bool is_in(pid_t process, pid_t tid, const struct cgroup *cg)
{
	char file[64], text[PATH_MAX + 64], *path;
	ssize_t length;
	size_t tail;

	snprintf(file, sizeof(file), "/proc/%d/task/%d/cgroup", process, tid);
	length = read_file(file, text, sizeof(text));
	if (length == -ENOENT || length == -ESRCH)
		return false;
	test_must_call(length < 0 ? length : 0, "cannot read %s", file);
	path = strstr(text, "0::/");
	if (!path)
		return false;
	path += 3;
	path[strcspn(path, "\n")] = '\0';
	tail = strlen(path);
	return tail <= strlen(cg->path) &&
	       !strcmp(cg->path + strlen(cg->path) - tail, path);
}

/* Whether its fork is complete: the thread sleeps, in @cg. */
static bool sleeps_in(pid_t process, pid_t tid, const struct cgroup *cg)
{
	struct proc_stat stat;

	return !thread_stat(process, tid, &stat) && stat.state == 'S' &&
	       is_in(process, tid, cg);
}

/* Sets the thread that the leader has created in @cg, from its init_task. */
static bool find_thread(const struct cgroup *cg)
{
	const struct event *ev = event_last(test.log, EV_INIT_TASK, cg->id, 0);

	if (!ev || ev->tgid != leader || ev->pid == leader)
		return false;
	thread = ev->pid;
	return true;
}

/* Starts a process in @cg that has another thread beside the leader. */
static void start_process(const struct cgroup *cg)
{
	int fd = cgroup_open(cg, "");

	leader = spawn_into(fd);
	if (!leader) {
		start_thread(idle_thread, NULL, false);
		idle_until_killed();
	}
	must_have_forked(leader);
	close(fd);
	test_require(WAIT_FOR(find_thread(cg), PATIENCE_MS), FIX_NONE,
		     "a new thread of process %d gets no init_task in %s",
		     leader, cgroup_name(cg));
	/* init_task comes in the middle of the fork. */
	test_require(WAIT_FOR(sleeps_in(leader, thread, cg), PATIENCE_MS),
		     FIX_NONE,
		     "a new thread of a process in %s does not sleep there",
		     cgroup_name(cg));
	timeline_name_task(leader, "the leader");
	timeline_name_task(thread, "the thread");
}

/* The cgroup that a task is in according to its callbacks; 0: none. */
static __u64 cgroup_by_callbacks(pid_t pid)
{
	size_t i, nr = event_count(test.log);
	__u64 cgroup = 0;

	for (i = 0; i < nr; i++) {
		const struct event *ev = &test.log->event[i];

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

/* A task is in @cg, and for the scheduler in @domain, which has the controller. */
static void check_membership(pid_t process, pid_t tid, const struct cgroup *cg,
			     const struct cgroup *domain)
{
	__u64 id = cgroup_by_callbacks(tid);

	test_require(is_in(process, tid, cg), FIX_NONE,
		     "/proc does not have task %d in %s", tid, cgroup_name(cg));
	if (id != domain->id)
		test_fail(FIX_NONE,
			  "according to the callbacks a task is in cgroup %llu, not in %s, %llu",
			  (unsigned long long)id, cgroup_name(domain),
			  domain->id);
}

static void both_threads_must_be_in(const struct cgroup *cg,
				    const struct cgroup *domain)
{
	check_membership(leader, leader, cg, domain);
	check_membership(leader, thread, cg, domain);
}

/* Returns whether @pid had the callbacks @expected (see event_callbacks()). */
static bool had_callbacks(pid_t pid, const char *expected, char *buf,
			  size_t size)
{
	event_callbacks(test.log, pid, buf, size);
	return !strcmp(buf, expected);
}

static void must_have_callbacks(pid_t pid, const char *expected)
{
	char callbacks[32];

	if (!had_callbacks(pid, expected, callbacks, sizeof(callbacks)))
		test_fail(FIX_NONE,
			  "task %d gets the callbacks %s, not %s (i: init_task, p: prep_move, m: move, c: cancel_move, x: exit_task)",
			  pid, callbacks, expected);
}

static void move_process_to(const struct cgroup *cg)
{
	int err = call_add(&move, cg, leader);

	test_require(!err, FIX_NONE, "the process cannot move to %s: %s",
		     cgroup_name(cg), strerror(-err));
	test_step("the process moves to %s", cgroup_name(cg));
}

TEST_INVARIANT(membership_follows_every_move,
	       "after every move, a task is in the same cgroup according to the callbacks and to /proc/PID/cgroup",
	       NO_FIX)
{
	struct cgroup deep, nested, inner;
	const struct {
		const struct cgroup *to; /* the process moves here ... */
		const struct cgroup *domain; /* ... for the scheduler, here */
		const char *callbacks; /* of each thread, up to now */
	} moves[] = {
		{ &b, &b, "ipm" },
		{ &b, &b, "ipm" }, /* it is there already */
		{ &inner, &inner, "ipmpm" },
		{ &deep, &a, "ipmpmpm" },
		{ &a, &a, "ipmpmpm" }, /* within a domain: no callback */
		{ &deep, &a, "ipmpmpm" },
		{ &b, &b, "ipmpmpmpm" },
	};
	size_t i;

	test_cgroup(&deep, &a, "deep");
	test_cgroup(&nested, &test.root, "nested");
	test_delegate(&nested, "cpu");
	test_cgroup(&inner, &nested, "inner");

	start_process(&a);
	both_threads_must_be_in(&a, &a);
	for (i = 0; i < ARRAY_SIZE(moves); i++) {
		move_process_to(moves[i].to);
		both_threads_must_be_in(moves[i].to, moves[i].domain);
		must_have_callbacks(thread, moves[i].callbacks);
	}
	must_die(leader);
	disable_and_check();
}

/* ops.cgroup_prep_move() fails for the thread. The kernel asks for the leader first. */
static void refuse_move_to_b(void)
{
	int err;

	skel->bss->refusal = EDQUOT;
	skel->bss->refused_pid = thread;
	err = cgroup_add(&b, leader);
	skel->bss->refused_pid = 0;
	test_step("cgroup_prep_move refuses the thread; the move: %s",
		  strerror(-err));
	test_require(skel->bss->refused == 1, FIX_NONE,
		     "cgroup_prep_move comes %d times for a thread that moves once",
		     skel->bss->refused);
	if (err != -EDQUOT)
		test_fail(FIX_NONE,
			  "a move does not fail with the errno of cgroup_prep_move: %s",
			  strerror(-err));
}

TEST_INVARIANT(refused_move_fails_and_is_cancelled,
	       "a move that cgroup_prep_move refuses fails, and is cancelled for each task that it has prepared",
	       NO_FIX)
{
	char callbacks[32];

	start_process(&a);
	refuse_move_to_b();
	both_threads_must_be_in(&a, &a);

	/* This would mean that the leader was not prepared. */
	if (had_callbacks(leader, "i", callbacks, sizeof(callbacks)))
		test_error("cgroup_prep_move does not come for the leader first");
	if (!had_callbacks(leader, "ipc", callbacks, sizeof(callbacks)))
		test_fail(FIX_NONE,
			  "a prepared move is not cancelled once: callbacks %s",
			  callbacks);
	if (!had_callbacks(thread, "i", callbacks, sizeof(callbacks)))
		test_fail(FIX_NONE,
			  "the task whose move was refused gets callbacks: %s",
			  callbacks);

	move_process_to(&b);
	both_threads_must_be_in(&b, &b);
	must_die(leader);
	disable_and_check();
}

TEST_INVARIANT(exiting_thread_does_not_move_with_its_process,
	       "an exiting thread does not move with its process: there is no callback for a move, and exit_task comes in the old cgroup",
	       NO_FIX)
{
	char callbacks[32];
	int err;

	hold_task(&task, HOLD_THREAD, &a);
	timeline_name_task(task.pid, "the thread");
	timeline_name_task(task.process, "the leader");
	check_membership(task.process, task.pid, &a, &a);
	err = call_add(&move, &b, task.process);
	test_require(!err, FIX_NONE,
		     "a process with an exiting thread cannot move: %s",
		     strerror(-err));
	test_step("its process moves to b");
	check_membership(task.process, task.process, &b, &b);
	if (!is_in(task.process, task.pid, &a)) {
		test_fail(FIX_NONE, "an exiting thread moves with its process");
		return;
	}
	check_membership(task.process, task.pid, &a, &a);
	assert_held(&task);

	release_task(&task);
	must_get_exit_task(&scheduler, task.pid);
	if (!had_callbacks(task.pid, "ix", callbacks, sizeof(callbacks)))
		test_fail(FIX_NONE,
			  "an exiting thread gets callbacks for a move: %s",
			  callbacks);
	disable_and_check();
}

/* A killed task blocks early in its exit while its process is being moved. */
static bool waits_to_exit(pid_t pid)
{
	struct proc_stat stat;

	return !proc_stat(pid, &stat) &&
	       (stat.state == 'D' || stat.flags & PF_EXITING);
}

/* Kills a task whose move to b has reached cgroup_prep_move, then lets the move end. */
static void kill_during_move(pid_t pid, struct blocking_page *page)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", pid);
	call_write(&move, &b, "cgroup.procs", number);
	test_require(blocking_page_reached(page, PATIENCE_MS), FIX_NONE,
		     "cgroup_prep_move does not come for a task that moves to b");
	must_kill(pid);
	test_require(WAIT_FOR(waits_to_exit(pid), PATIENCE_MS), FIX_NONE,
		     "a task that is killed during its move does not begin to exit");
	test_step("the task is killed in the middle of its move to b");
	test_must_call(blocking_page_release(page), "cannot release the page");
	test_require(call_succeeded(&move, PATIENCE_MS), FIX_NONE,
		     "the move of a task that is killed meanwhile fails: %s",
		     call_failure(&move));
}

TEST_INVARIANT(exit_task_follows_a_move_in_progress,
	       "cgroup_move of a task that is killed during its move comes before its exit_task",
	       NO_FIX)
{
	static struct blocking_page page;
	pid_t pid;

	blocking_page_create(&page);
	SET_BLOCKING_PAGE(skel, &page);
	pid = start_idle_in(&a, "the task");
	skel->bss->blocked_pid = pid;
	kill_during_move(pid, &page);
	must_die(pid);
	must_get_exit_task(&scheduler, pid);
	must_have_callbacks(pid, "ipmx");
	disable_and_check();
}

/* Moves a task to b while it exits: it is killed, or exits once it runs. */
static bool moves_while_it_exits(int cgroup_fd, bool exits)
{
	pid_t pid = spawn_into(cgroup_fd);
	bool has_moved;
	int err;

	must_have_forked(pid);
	if (!pid && exits)
		_exit(0);
	if (!pid)
		idle_until_killed();
	if (!exits)
		kill(pid, SIGKILL);
	/* Its pid exists until it is reaped, so this succeeds either way. */
	err = cgroup_add(&b, pid);
	test_require(!err, FIX_NONE,
		     "a write of an exiting task's pid to cgroup.procs fails: %s",
		     strerror(-err));
	has_moved = cgroup_by_callbacks(pid) == b.id;
	test_require(spawn_wait(pid, PATIENCE_MS) >= 0, FIX_NONE,
		     "task %d exits during its move and does not end", pid);
	return has_moved;
}

TEST_INVARIANT(no_move_after_exit_task,
	       "no callback for a move comes after a task's exit_task when moves and exits race",
	       NO_FIX)
{
	int i, moved = 0, fd = cgroup_open(&a, "");

	for (i = 0; i < RACES; i++)
		moved += moves_while_it_exits(fd, i % 2);
	close(fd);
	test_step("%d exiting tasks were moved; %d have moved", RACES, moved);
	disable_and_check();
	if (!moved)
		test_skip("each task exited before it could move: nothing is proved");
}
