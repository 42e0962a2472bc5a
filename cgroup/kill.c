// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_kill - cgroup.kill ends the live processes of a cgroup, and no other.
 *
 * The invariant. A write to cgroup.kill kills every process that cgroup.procs
 * lists, also one whose leader thread has exited. Tasks that are exiting are
 * let alone: they do not stop the write, and it does not reach through them a
 * process that has moved away, or what comes into the cgroup later.
 *
 * Who broke it. As long as there is a cgroup.kill it has walked the leaders of
 * processes and sent them SIGKILL. An exited leader takes no signal, and as the
 * signal was for that thread alone, its process lived on. 7.3.4 walks all
 * threads ("cgroup: fix cgroup.kill for exited thread group leader"); lest that
 * kill a process whose exiting thread could not move with it, it came together
 * with "cgroup: don't kill migrated processes through their exiting threads"; no
 * release has only the former, whose failure is a mutant's. A fork
 * that a cgroup.kill overtakes is told by the count of the writes to cgroup.kill: up to
 * 7.2 a fork into another cgroup compared those of two cgroups (8e3599202166).
 *
 * How the window is opened. By four holds: the init of a pid namespace that
 * waits in do_exit() (HOLD_PIDNS), a leader that has exited and left a thread
 * (HOLD_ZOMBIE_LEADER), a process that closes a file for as long as the test wants
 * (HOLD_FUSE), and a thread that does so in a live process (HOLD_THREAD). Who is
 * cloned into a cgroup needs no hold: its cgroup, or its parent's, is killed while
 * nobody is in it.
 *
 * What a failure means. A process that survives cgroup.kill: a service manager
 * waits for ever for a cgroup to become empty. One that dies though it was
 * elsewhere, or was not born yet: a service is killed for another's sake.
 */
#include "proc.h"
#include "resident.h"
#include "spawn.h"
#include "test.h"
#include "writing.h"

/* How long a process that was spared may take to die all the same. */
#define QUIET_MS 200

FIXTURE(cgroup_kill)
{
	struct stage stage;
	struct cgroup p, c, elsewhere; /* p/c */
	struct exiting task;
	struct resident resident;
	struct writing writing;
};

FIXTURE_SETUP(cgroup_kill)
{
	SET_STAGE();
	ASSERT_EQ(0, cgroup_create(&self->p, &self->stage.root, "p"));
	ASSERT_EQ(0, cgroup_create(&self->c, &self->p, "c"));
	ASSERT_EQ(0, cgroup_create(&self->elsewhere, &self->stage.root,
				   "elsewhere"));
}

FIXTURE_TEARDOWN(cgroup_kill)
{
	exiting_destroy(&self->task);
	resident_end(&self->resident);
	deadline_abandon(&self->writing.call);
	STRIKE_STAGE();
}

static void release(FIXTURE_DATA(cgroup_kill) * self)
{
	STEP("the task is released and reaped: %s",
	     exiting_release(&self->task) ? "it does not end" : "it is gone");
}

static void write_kill(struct __test_metadata *_metadata,
		       FIXTURE_DATA(cgroup_kill) * self,
		       const struct cgroup *cg)
{
	struct writing *writing = &self->writing;

	ASSERT_EQ(0, writing_begin(writing, cg, "cgroup.kill", "1"));
	if (!writing_done(writing, &self->stage.story, BLOCKED_MS))
		BROKEN(FIX_NONE, "\"1\" to cgroup.kill: %s",
		       writing_failure(writing));
}

/* The hold ends when the last thread does, and not before. */
static void kill_headless(struct __test_metadata *_metadata,
			  FIXTURE_DATA(cgroup_kill) * self,
			  const struct cgroup *cg)
{
	HOLD(&self->task, HOLD_ZOMBIE_LEADER, &self->c);
	ASSERT_EQ(1, cgroup_lists(&self->c, "cgroup.procs", self->task.pid));
	write_kill(_metadata, self, cg);
	if (WAIT_FOR(!exiting_is_held(&self->task), BLOCKED_MS))
		STEP("its last thread is gone");
	else
		BROKEN(FIX_KILL_HEADLESS,
		       "a process whose leader has exited survives cgroup.kill");
	release(self);
}

TEST_F(cgroup_kill, reaches_a_process_whose_leader_has_exited)
{
	kill_headless(_metadata, self, &self->c);
}

TEST_F(cgroup_kill, reaches_a_process_below_whose_leader_has_exited)
{
	kill_headless(_metadata, self, &self->p);
}

static bool dies(FIXTURE_DATA(cgroup_kill) * self)
{
	int status = spawn_wait(self->resident.pid, PATIENCE_MS);

	if (status < 0)
		return false;
	self->resident.pid = 0;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void live_process_dies(struct __test_metadata *_metadata,
			      FIXTURE_DATA(cgroup_kill) * self,
			      enum exiting_hold hold)
{
	/* In this order: who walks the tasks meets the exiting one first. */
	HOLD(&self->task, hold, &self->c);
	ASSERT_EQ(0, resident_start(&self->resident, &self->c));
	write_kill(_metadata, self, &self->c);
	if (!dies(self))
		BROKEN(FIX_NONE, "a live process survives cgroup.kill");
	ASSERT_TRUE(exiting_is_held(&self->task));
	release(self);
}

TEST_F(cgroup_kill, reaches_a_live_process_beside_a_hidden_one)
{
	live_process_dies(_metadata, self, HOLD_PIDNS);
}

TEST_F(cgroup_kill, reaches_a_live_process_beside_one_that_closes_its_files)
{
	live_process_dies(_metadata, self, HOLD_FUSE);
}

TEST_F(cgroup_kill, reaches_a_live_process_beside_a_thread_that_exits)
{
	live_process_dies(_metadata, self, HOLD_THREAD);
}

static void does_no_harm(struct __test_metadata *_metadata,
			 FIXTURE_DATA(cgroup_kill) * self,
			 enum exiting_hold hold)
{
	struct resident *resident = &self->resident;

	HOLD(&self->task, hold, &self->c);
	write_kill(_metadata, self, &self->c);
	if (!exiting_is_held(&self->task))
		BROKEN(FIX_NONE, "cgroup.kill ends the wait of a hidden task");

	/* What was killed is what was there. */
	ASSERT_EQ(0, resident_start(resident, &self->elsewhere));
	ASSERT_EQ(0, cgroup_add(&self->c, resident->pid));
	resident_ask(resident);
	if (!resident_answered(resident, PATIENCE_MS))
		BROKEN(FIX_NONE, "who comes after cgroup.kill is killed");
	release(self);
}

TEST_F(cgroup_kill, does_no_harm_where_all_are_hidden)
{
	does_no_harm(_metadata, self, HOLD_PIDNS);
}

TEST_F(cgroup_kill, does_no_harm_where_all_close_their_files)
{
	does_no_harm(_metadata, self, HOLD_FUSE);
}

/* Alive is its leader, which must stay so for a while. */
static bool process_lives(FIXTURE_DATA(cgroup_kill) * self, int ms)
{
	struct proc_stat stat;

	return !WAIT_FOR(proc_stat(self->task.process, &stat) ||
				 (stat.flags & PF_EXITING),
			 ms);
}

/* Its leader dies; the exiting thread goes on, and the process with it. */
TEST_F(cgroup_kill, reaches_a_process_of_which_a_thread_exits)
{
	HOLD(&self->task, HOLD_THREAD, &self->c);
	ASSERT_TRUE(process_lives(self, 0));
	write_kill(_metadata, self, &self->c);
	if (process_lives(self, PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "a process of which a thread is exiting survives cgroup.kill");
	ASSERT_TRUE(exiting_is_held(&self->task));
	release(self);
}

/* Who came after that thread is killed all the same. */
TEST_F(cgroup_kill, spares_a_process_that_left_an_exiting_thread_behind)
{
	HOLD(&self->task, HOLD_THREAD, &self->c);
	ASSERT_EQ(0, cgroup_add(&self->elsewhere, self->task.process));
	ASSERT_EQ(1, cgroup_lists(&self->elsewhere, "cgroup.procs",
				  self->task.process));
	STEP("its process moves away");
	ASSERT_EQ(0, resident_start(&self->resident, &self->c));

	write_kill(_metadata, self, &self->c);
	if (!dies(self))
		BROKEN(FIX_NONE,
		       "a live process beside an exiting thread survives cgroup.kill");
	if (!process_lives(self, QUIET_MS))
		BROKEN(FIX_SPARE_MIGRATED,
		       "cgroup.kill ends a process that has moved away");
	ASSERT_TRUE(exiting_is_held(&self->task));

	write_kill(_metadata, self, &self->elsewhere);
	if (process_lives(self, PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "cgroup.kill spares a process where it has moved to");
	release(self);
}

/* Whether a process that we clone into @cgroup_fd lives until it exits; -1: no clone. */
static int clone_lives(int cgroup_fd)
{
	pid_t pid = fork_into(cgroup_fd, 0);
	int status;

	if (!pid)
		_exit(EXIT_SUCCESS);
	if (pid < 0)
		return -1;
	status = spawn_wait(pid, PATIENCE_MS);
	if (status < 0)
		return -1;
	return WIFEXITED(status);
}

static void must_live(FIXTURE_DATA(cgroup_kill) * self,
		      struct __test_metadata *_metadata, int lives,
		      const char *when)
{
	ASSERT_GE(lives, 0);
	STEP("a process that is cloned %s cgroup.kill %s", when,
	     lives ? "lives" : "is killed");
	if (!lives)
		BROKEN(FIX_CLONE_INTO_KILLED,
		       "a process that is cloned into a cgroup %s cgroup.kill is killed",
		       when);
}

/* No parent's cgroup was killed as often as this one both before and after. */
TEST_F(cgroup_kill, spares_what_is_cloned_in_later)
{
	int cgroup_fd = cgroup_open(&self->c, "");

	ASSERT_GE(cgroup_fd, 0);
	must_live(self, _metadata, clone_lives(cgroup_fd), "before");
	write_kill(_metadata, self, &self->c);
	must_live(self, _metadata, clone_lives(cgroup_fd), "after");
	close(cgroup_fd);
}

/* Whether what a process in elsewhere clones into @cgroup_fd lives; -1: no clone. */
static int clone_from_elsewhere_lives(FIXTURE_DATA(cgroup_kill) * self,
				      int cgroup_fd)
{
	pid_t pid = spawn(cgroup_fd);
	int status;

	if (!pid)
		_exit(cgroup_write(&self->elsewhere, "cgroup.procs", "0") ?
			      EXIT_FAILURE :
			      2 + clone_lives(cgroup_fd));
	status = spawn_wait(pid, 2 * PATIENCE_MS);
	if (status < 0 || !WIFEXITED(status) || WEXITSTATUS(status) < 2)
		return -1;
	return WEXITSTATUS(status) - 2;
}

TEST_F(cgroup_kill, spares_what_is_cloned_out_later)
{
	int cgroup_fd = cgroup_open(&self->c, "");

	ASSERT_GE(cgroup_fd, 0);
	must_live(self, _metadata, clone_from_elsewhere_lives(self, cgroup_fd),
		  "before its parent's");
	write_kill(_metadata, self, &self->elsewhere);
	must_live(self, _metadata, clone_from_elsewhere_lives(self, cgroup_fd),
		  "after its parent's");
	close(cgroup_fd);
}

TEST_PROGRAM(cgroup_kill)
