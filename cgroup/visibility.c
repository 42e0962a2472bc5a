// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_visibility - what the files say of a task that is exiting.
 *
 * The invariant. To userspace a process is gone when its last thread is: then
 * neither cgroup.procs nor cgroup.threads lists it, though the kernel still
 * counts the exiting task as a member. A process whose leader has exited while
 * another thread lives on is not gone: cgroup.procs lists it, cgroup.threads
 * lists only the thread. /proc/PID/cgroup of an exiting task goes on naming the
 * cgroup that it lives in, marked " (deleted)" once that is removed.
 *
 * Who broke it. 6.19 put off the unlinking of an exiting task (d245698d727a) and
 * so showed it in both files; a72f73c4dd9b hid it again. Up to 6.18 a reader that was
 * to go on at a task that moves to another cgroup lost its place: the kernel moves
 * such a task to another list first, and took the reader along (5ee01f1a7343).
 *
 * How the window is opened. A task is held in zap_pid_ns_processes() or as a
 * zombie, alone or as the leader of a process that lives on. A dead task that
 * has not switched out yet is had by being a FIFO task on its CPU: the death
 * wakes us, and we run before it goes on. The same for a thread that has given
 * up its id, and so would be listed as 0. The reader that must not lose its
 * place is not raced: it stops in the middle of the list, the tasks around it
 * exit or move away, it goes on.
 *
 * What a failure means. A service manager waits for processes that are dead, or
 * declares a service dead of which a thread still runs; a reader of
 * cgroup.procs misses a live process and leaves it behind.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "proc.h"
#include "spawn.h"
#include "test.h"

#define MANY 40

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

FIXTURE(cgroup_visibility)
{
	struct stage stage;
	struct cgroup c;
	struct cgroup elsewhere;
	struct exiting task;
	struct removal removal;
	pid_t many[MANY];
	bool gone[MANY];
	bool moved[MANY];
};

FIXTURE_SETUP(cgroup_visibility)
{
	SET_STAGE();
	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	ASSERT_EQ(0, cgroup_create(&self->elsewhere, &self->stage.root,
				   "elsewhere"));
}

FIXTURE_TEARDOWN(cgroup_visibility)
{
	int i;

	for (i = 0; i < MANY; i++)
		if (self->many[i] > 0 && !self->gone[i])
			spawn_kill(self->many[i], PATIENCE_MS);
	exiting_destroy(&self->task);
	deadline_abandon(&self->removal.call);
	STRIKE_STAGE();
}

/* Whether @file of c lists @pid, told in the story; -1 if it cannot be read. */
static int listed(FIXTURE_DATA(cgroup_visibility) * self, const char *file,
		  pid_t pid)
{
	int ret = cgroup_lists(&self->c, file, pid);

	STEP("%s lists %d: %s", file, pid,
	     ret < 0 ? strerror(-ret) :
	     ret     ? "yes" :
		       "no");
	return ret < 0 ? -1 : ret;
}

#define ROUNDS 20

TEST_F(cgroup_visibility, waited_for_task_is_not_listed)
{
	int cgroup_fd = cgroup_open(&self->c, "");
	int i;

	ASSERT_EQ(0, run_before_children());
	for (i = 0; i < ROUNDS && !_metadata->exit_code; i++) {
		siginfo_t info;
		pid_t pid = fork_into(cgroup_fd, 0);

		ASSERT_GE(pid, 0);
		if (!pid)
			_exit(0);
		/* It is dead and not reaped; its last switch is yet to come. */
		ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
		if (cgroup_lists(&self->c, "cgroup.procs", pid) ||
		    cgroup_lists(&self->c, "cgroup.threads", pid))
			BROKEN(FIX_HIDE_DEAD,
			       "a task is listed after wait has returned it");
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		if (cgroup_lists(&self->c, "cgroup.procs", 0) ||
		    cgroup_lists(&self->c, "cgroup.threads", 0))
			BROKEN(FIX_HIDE_DEAD,
			       "a task that has been reaped is listed, as 0");
	}
	close(cgroup_fd);
	STEP("%d tasks were waited for", i);
}

TEST_F(cgroup_visibility, zombie_is_not_listed)
{
	pid_t pid;

	HOLD(&self->task, HOLD_ZOMBIE, &self->c);
	pid = self->task.pid;
	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&self->c), PATIENCE_MS));
	if (listed(self, "cgroup.procs", pid) ||
	    listed(self, "cgroup.threads", pid))
		BROKEN(FIX_HIDE_DEAD, "a zombie is listed");
	ASSERT_TRUE(exiting_is_held(&self->task));
}

TEST_F(cgroup_visibility, process_is_listed_while_a_thread_of_it_lives)
{
	pid_t pid;

	HOLD(&self->task, HOLD_ZOMBIE_LEADER, &self->c);
	pid = self->task.pid;
	/* Its leader is a zombie a moment before its last switch. */
	if (!WAIT_FOR(!cgroup_lists(&self->c, "cgroup.threads", pid),
		      PATIENCE_MS))
		BROKEN(FIX_NONE, "cgroup.threads lists a leader that is dead");
	if (listed(self, "cgroup.procs", pid) != 1)
		BROKEN(FIX_NONE,
		       "cgroup.procs does not list a process with a live thread");
	if (cgroup_populated(&self->c) != 1)
		BROKEN(FIX_NONE, "populated is not 1 with a live thread");
	ASSERT_TRUE(exiting_is_held(&self->task));
}

TEST_F(cgroup_visibility, process_is_listed_while_a_thread_of_it_exits)
{
	HOLD(&self->task, HOLD_THREAD, &self->c);
	if (listed(self, "cgroup.procs", self->task.process) != 1)
		BROKEN(FIX_NONE, "cgroup.procs does not list a live process");
	if (listed(self, "cgroup.threads", self->task.process) != 1)
		BROKEN(FIX_NONE, "cgroup.threads does not list a live leader");
	ASSERT_TRUE(exiting_is_held(&self->task));
}

/* The cgroup2 line of /proc/PID/cgroup, without its "0::". */
static bool proc_cgroup(pid_t pid, char *path, size_t size)
{
	char file[64], text[4096], *line, *save = NULL;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	if (read_file(file, text, sizeof(text)) <= 0)
		return false;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "0::", 3))
			continue;
		snprintf(path, size, "%s", line + 3);
		return true;
	}
	return false;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && !strcmp(text + len - tail, end);
}

TEST_F(cgroup_visibility, proc_pid_cgroup_keeps_its_path)
{
	char path[PATH_MAX];
	pid_t pid;

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	pid = self->task.pid;
	ASSERT_TRUE(proc_cgroup(pid, path, sizeof(path)));
	STEP("/proc/%d/cgroup: ...%s", pid, strrchr(path, '/'));
	if (!ends_with(path, "/c"))
		BROKEN(FIX_NONE, "an exiting task has lost its cgroup");

	if (removal_done(&self->removal, &self->stage.story, &self->c,
			 BLOCKED_MS)) {
		ASSERT_TRUE(proc_cgroup(pid, path, sizeof(path)));
		STEP("/proc/%d/cgroup: ...%s", pid, strrchr(path, '/'));
		if (!ends_with(path, "/c (deleted)"))
			BROKEN(FIX_NONE,
			       "a task in a removed cgroup is not shown there");
	}
	ASSERT_TRUE(exiting_is_held(&self->task));
}

TEST_F(cgroup_visibility, exiting_task_does_not_migrate)
{
	char path[PATH_MAX];
	pid_t pid;
	int err;

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	pid = self->task.pid;
	err = cgroup_add(&self->elsewhere, pid);
	STEP("moving task %d: %s", pid, err ? strerror(-err) : "no error");
	ASSERT_TRUE(proc_cgroup(pid, path, sizeof(path)));
	ASSERT_TRUE(exiting_is_held(&self->task));
	if (!ends_with(path, "/c"))
		BROKEN(FIX_NONE, "an exiting task was moved to ...%s",
		       strrchr(path, '/'));
	if (cgroup_populated(&self->elsewhere))
		BROKEN(FIX_NONE,
		       "the cgroup that an exiting task was to move to is populated");
	if (cgroup_rmdir(&self->elsewhere))
		BROKEN(FIX_NONE, "that cgroup cannot be removed: %s",
		       strerror(errno));
}

static void take_away(FIXTURE_DATA(cgroup_visibility) * self, int i)
{
	spawn_kill(self->many[i], PATIENCE_MS);
	self->gone[i] = true;
}

/*
 * At every fifth process the next three exit: the one that is written already, the one
 * that the kernel has got hold of, and the one where it is to go on. At last all that
 * are left do, so that nobody comes after who the kernel had in hand.
 */
static void let_some_exit(FIXTURE_DATA(cgroup_visibility) * self, int i)
{
	if (i % 5)
		return;
	take_away(self, i + 1);
	take_away(self, i + 2);
	take_away(self, i + 3);
	if (i + 5 >= MANY)
		take_away(self, i + 4);
}

/*
 * At every fourth process only the one that the kernel has got hold of exits. Any other
 * may be on its list still, or not, when it has been reaped: its last switch may come
 * later.
 */
static void let_one_exit(FIXTURE_DATA(cgroup_visibility) * self, int i)
{
	if (i % 4 == 0)
		take_away(self, i + 2);
}

static void move_away(FIXTURE_DATA(cgroup_visibility) * self, int i)
{
	self->moved[i] = !cgroup_add(&self->elsewhere, self->many[i]) &&
			 cgroup_lists(&self->elsewhere, "cgroup.procs",
				      self->many[i]) == 1;
}

/*
 * At every fifth process the one where the kernel is to go on moves away, and then the
 * one where it is to go on instead. The one after them stays.
 */
static void let_some_move(FIXTURE_DATA(cgroup_visibility) * self, int i)
{
	if (i % 5 || i + 5 >= MANY)
		return;
	move_away(self, i + 3);
	move_away(self, i + 4);
}

/* Fills c with processes that wait for their end. */
static void fill(struct __test_metadata *_metadata,
		 FIXTURE_DATA(cgroup_visibility) * self)
{
	int i, cgroup_fd = cgroup_open(&self->c, "");

	for (i = 0; i < MANY; i++) {
		self->many[i] = fork_into(cgroup_fd, 0);
		ASSERT_GE(self->many[i], 0);
		if (!self->many[i])
			idle_until_killed();
	}
	close(cgroup_fd);
	STEP("%d processes; some of them leave while the list is read", MANY);
}

/* Reads @file and stops at every process for @change. How many lines were "0". */
static int read_while_tasks_leave(
	struct __test_metadata *_metadata,
	FIXTURE_DATA(cgroup_visibility) * self, const char *file,
	void (*change)(FIXTURE_DATA(cgroup_visibility) * self, int i),
	bool seen[MANY])
{
	int list = cgroup_open(&self->c, file);
	int pid, i, nobody = 0;

	ASSERT_GE(list, 0);
	while ((pid = cgroup_next_pid(list)) >= 0) {
		for (i = 0; i < MANY && self->many[i] != pid; i++)
			;
		if (!pid) {
			nobody++;
			continue;
		}
		if (i == MANY) {
			BROKEN(FIX_NONE, "the list has a pid of nobody");
			continue;
		}
		if (seen[i])
			BROKEN(FIX_NONE, "the list has a pid twice");
		seen[i] = true;
		change(self, i);
	}
	close(list);
	return nobody;
}

TEST_F(cgroup_visibility, reader_keeps_its_place_while_tasks_exit)
{
	bool seen[MANY] = {};
	int i;

	fill(_metadata, self);
	read_while_tasks_leave(_metadata, self, "cgroup.procs", let_some_exit,
			       seen);
	for (i = 0; i < MANY; i++)
		if (!self->gone[i] && !seen[i])
			BROKEN(FIX_NONE, "the list has skipped a live process");
}

TEST_F(cgroup_visibility, reader_keeps_its_place_while_tasks_move)
{
	bool seen[MANY] = {};
	int i, skipped = 0;

	fill(_metadata, self);
	read_while_tasks_leave(_metadata, self, "cgroup.procs", let_some_move,
			       seen);
	/* The stage: the first two have moved while the list was read. */
	ASSERT_TRUE(seen[0]);
	ASSERT_TRUE(self->moved[3]);
	ASSERT_TRUE(self->moved[4]);
	for (i = 0; i < MANY; i++)
		skipped += !self->moved[i] && !seen[i];
	STEP("the list has skipped %d processes that have not moved", skipped);
	if (skipped)
		BROKEN(FIX_ITERATE_MIGRATING,
		       "cgroup.procs lacks a process that stays, as another one has moved away while it was read");
}

TEST_F(cgroup_visibility, paused_reader_sees_no_0)
{
	bool seen[MANY] = {};
	int nobody;

	fill(_metadata, self);
	nobody = read_while_tasks_leave(_metadata, self, "cgroup.threads",
					let_one_exit, seen);
	STEP("%d lines of cgroup.threads are \"0\"", nobody);
	ASSERT_TRUE(seen[0]);
	ASSERT_TRUE(self->gone[2]);
	if (nobody)
		UNDECIDED(
			"%d lines of cgroup.threads are \"0\": tasks that were reaped between two reads, one for each pause of the reader",
			nobody);
}

/* What a thread of a process in c tells and is told, over its two pipes. */
struct quitter {
	const struct cgroup *cg; /* where it goes to exit */
	int report[2], order[2];
};

static int quit_when_told(void *arg)
{
	struct quitter *quitter = arg;
	pid_t tid = syscall(SYS_gettid);

	if (cgroup_write(quitter->cg, "cgroup.threads", "0"))
		tid = -1;
	(void)!write(quitter->report[1], &tid, sizeof(tid));
	(void)!read(quitter->order[0], &tid, 1);
	/* Only this thread: exit(3) and _exit(2) are exit_group(2). */
	syscall(SYS_exit, 0);
	return 0;
}

static void live_on_beside(struct quitter *quitter)
{
	static char stack[65536] __aligned(16);

	if (clone(quit_when_told, stack + sizeof(stack),
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			  CLONE_THREAD | CLONE_SYSVSEM,
		  quitter) < 0)
		_exit(EXIT_FAILURE);
	idle_until_killed();
}

/* The process goes to many[0], the thread's id is returned; -1 for neither. */
static pid_t start_quitter(FIXTURE_DATA(cgroup_visibility) * self,
			   struct quitter *quitter, const struct cgroup *cg)
{
	struct pollfd report = { .events = POLLIN };
	int cgroup_fd = cgroup_open(&self->c, "");
	pid_t tid = -1;

	quitter->cg = cg;
	if (pipe(quitter->report) || pipe(quitter->order))
		return -1;
	self->many[0] = fork_into(cgroup_fd, 0);
	if (!self->many[0])
		live_on_beside(quitter);
	close(cgroup_fd);
	report.fd = quitter->report[0];
	if (self->many[0] < 0 || poll(&report, 1, PATIENCE_MS) != 1 ||
	    read(report.fd, &tid, sizeof(tid)) != sizeof(tid))
		return -1;
	return tid;
}

/*
 * A thread reaps itself: it gives up its id and switches out a little later. The
 * former hangs up its pidfd, which wakes us, and only that: that it dies is no
 * news to a poll(2) without events. So we run right after it.
 */
static bool quits_before_us(struct quitter *quitter, int pidfd)
{
	struct pollfd hangup = { .fd = pidfd };

	return write(quitter->order[1], "x", 1) == 1 &&
	       poll(&hangup, 1, PATIENCE_MS) == 1 && hangup.revents & POLLHUP;
}

TEST_F(cgroup_visibility, thread_without_an_id_is_not_listed)
{
	struct quitter quitter;
	struct cgroup t;
	int pidfd, listed;
	pid_t tid;

	ASSERT_EQ(0, cgroup_create(&t, &self->c, "t"));
	ASSERT_EQ(0, cgroup_write(&t, "cgroup.type", "threaded"));
	ASSERT_EQ(0, run_before_children());
	tid = start_quitter(self, &quitter, &t);
	ASSERT_GT(tid, 0);
	ASSERT_EQ(1, cgroup_lists(&t, "cgroup.threads", tid));
	pidfd = syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
	if (pidfd < 0)
		SKIP(return, "this kernel has no pidfd of a thread: Linux 6.9");
	STEP("thread %d is alone in its cgroup, and exits", tid);

	ASSERT_TRUE(quits_before_us(&quitter, pidfd));
	listed = cgroup_lists(&t, "cgroup.threads", 0);
	ASSERT_GE(listed, 0);
	if (cgroup_populated(&t) != 1)
		SKIP(return,
			   "here a thread has left its cgroup when it gives up its id");
	STEP("it has no id, is in its cgroup, and cgroup.threads %s",
	     listed ? "has a line \"0\"" : "is empty");
	if (listed)
		UNDECIDED(
			"1 line of cgroup.threads is \"0\": a thread that gave up its id and has not switched out yet");
	if (!WAIT_FOR(!cgroup_populated(&t), PATIENCE_MS) ||
	    cgroup_lists(&t, "cgroup.threads", 0))
		BROKEN(FIX_NONE,
		       "a thread that has exited stays in its cgroup");
}

TEST_PROGRAM(cgroup_visibility)
