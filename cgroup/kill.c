// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_kill - cgroup.kill kills the live processes of a cgroup, and no others.
 *
 * The invariant. A write to cgroup.kill kills every process that cgroup.procs
 * lists, also one whose thread group leader has exited. Exiting tasks do not
 * block the write. It does not kill a process that has moved away and left an
 * exiting thread behind, nor a process that enters the cgroup later.
 *
 * Who broke it. From the start cgroup.kill walked thread group leaders and sent
 * them SIGKILL. An exited leader takes no signal, and as the signal was for that
 * thread alone, its process survived. 7.3.4 walks all threads ("cgroup: fix
 * cgroup.kill for exited thread group leader"). By itself that kills a process
 * whose exiting thread could not move with it, so it came together with "cgroup:
 * don't kill migrated processes through their exiting threads"; no release has
 * only the first, so a mutant shows that failure. A fork detects a concurrent
 * cgroup.kill by a count of the writes to cgroup.kill. Up to 7.2 a fork into
 * another cgroup compared the counts of two different cgroups (8e3599202166).
 *
 * How the window is opened. There are four holds: the init process of a pid
 * namespace waits in do_exit() (HOLD_PIDNS), a leader has exited and has left a live
 * thread (HOLD_ZOMBIE_LEADER), a process blocks in exit_files() (HOLD_FUSE), or
 * a thread of a live process does (HOLD_THREAD). The clone tests need no hold:
 * they kill the child's or the parent's cgroup while it is empty.
 *
 * What a failure means. A process survives cgroup.kill: a service manager waits
 * forever for the cgroup to become empty. A process dies that was in another
 * cgroup or did not exist yet: stopping one service kills another.
 */
#include "proc.h"
#include "responder.h"
#include "spawn.h"
#include "test.h"

/* A process that cgroup.kill should spare is watched for this long. */
#define SPARED_MS 200

static struct cgroup p, c, elsewhere; /* p/c */
static struct held_task task;
static struct responder responder;
static struct call kill_call;

static void setup(void)
{
	test_cgroup(&p, &test.root, "p");
	test_cgroup(&c, &p, "c");
	test_cgroup(&elsewhere, &test.root, "elsewhere");
}

static void write_kill(const struct cgroup *cg)
{
	call_write(&kill_call, cg, "cgroup.kill", "1");
	if (!call_succeeded(&kill_call, BLOCKED_MS))
		test_fail(FIX_NONE, "\"1\" to cgroup.kill: %s",
			  call_failure(&kill_call));
}

/* The task is held exactly as long as its process has a live thread. */
static void must_kill_process_of_zombie_leader(const struct cgroup *cg)
{
	hold_task(&task, HOLD_ZOMBIE_LEADER, &c);
	if (cgroup_lists(&c, "cgroup.procs", task.pid) != 1) {
		test_fail(FIX_NONE,
			  "cgroup.procs does not list a process with a live thread");
		test_stop();
	}
	write_kill(cg);
	if (WAIT_FOR(!held_task_is_held(&task), BLOCKED_MS))
		test_step("its last thread is gone");
	else
		test_fail(FIX_KILL_HEADLESS,
			  "a process whose leader has exited survives cgroup.kill");
	release_task(&task);
}

TEST_INVARIANT(kills_a_process_whose_leader_has_exited,
	       "cgroup.kill kills a process whose thread group leader has exited",
	       FAILS_WITHOUT(FIX_KILL_HEADLESS))
{
	must_kill_process_of_zombie_leader(&c);
}

TEST_INVARIANT(kills_a_process_in_a_child_whose_leader_has_exited,
	       "cgroup.kill kills a process in a child cgroup whose thread group leader has exited",
	       FAILS_WITHOUT(FIX_KILL_HEADLESS))
{
	must_kill_process_of_zombie_leader(&p);
}

static bool responder_is_killed(void)
{
	int status = helper_wait(&responder.helper, PATIENCE_MS);

	return status >= 0 && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGKILL;
}

static void must_kill_live_process_beside(enum hold_kind hold)
{
	/* Hold first: a walk over the tasks then meets the exiting one first. */
	hold_task(&task, hold, &c);
	responder_start(&responder, &c);
	write_kill(&c);
	if (!responder_is_killed())
		test_fail(FIX_NONE, "a live process survives cgroup.kill");
	assert_held(&task);
	release_task(&task);
}

TEST_INVARIANT(kills_a_live_process_beside_an_exiting_one,
	       "cgroup.kill kills a live process in a cgroup that also has an exiting task",
	       NO_FIX)
{
	must_kill_live_process_beside(HOLD_PIDNS);
}

TEST_INVARIANT(kills_a_live_process_beside_an_early_exiting_one,
	       "cgroup.kill kills a live process in a cgroup that also has an exiting task",
	       NO_FIX)
{
	must_kill_live_process_beside(HOLD_FUSE);
}

TEST_INVARIANT(kills_a_live_process_beside_an_exiting_thread,
	       "cgroup.kill kills a live process in a cgroup that also has an exiting task",
	       NO_FIX)
{
	must_kill_live_process_beside(HOLD_THREAD);
}

static void must_not_affect_exiting_task(enum hold_kind hold)
{
	hold_task(&task, hold, &c);
	write_kill(&c);
	if (!held_task_is_held(&task))
		test_fail(FIX_NONE, "cgroup.kill wakes an exiting task");

	responder_start(&responder, &elsewhere);
	ASSERT_EQ(0, cgroup_add(&c, responder.pid));
	responder_ask(&responder);
	if (!responder_answered(&responder, PATIENCE_MS))
		test_fail(FIX_NONE,
			  "a process that enters the cgroup after cgroup.kill is killed");
	release_task(&task);
}

TEST_INVARIANT(has_no_effect_on_exiting_tasks,
	       "cgroup.kill of a cgroup with only exiting tasks returns and kills no process",
	       NO_FIX)
{
	must_not_affect_exiting_task(HOLD_PIDNS);
}

TEST_INVARIANT(has_no_effect_on_early_exiting_tasks,
	       "cgroup.kill of a cgroup with only exiting tasks returns and kills no process",
	       NO_FIX)
{
	must_not_affect_exiting_task(HOLD_FUSE);
}

static bool leader_is_exiting(void)
{
	struct proc_stat stat;

	return proc_stat(task.process, &stat) || (stat.flags & PF_EXITING);
}

/* The held thread keeps the process from ending, so look at the leader. */
static bool process_survives(int ms)
{
	return !WAIT_FOR(leader_is_exiting(), ms);
}

TEST_INVARIANT(kills_a_process_with_an_exiting_thread,
	       "cgroup.kill kills a process that has an exiting thread", NO_FIX)
{
	hold_task(&task, HOLD_THREAD, &c);
	ASSERT_FALSE(leader_is_exiting());
	write_kill(&c);
	if (process_survives(PATIENCE_MS))
		test_fail(FIX_NONE,
			  "a process with an exiting thread survives cgroup.kill");
	assert_held(&task);
	release_task(&task);
}

TEST_INVARIANT(spares_a_process_that_left_an_exiting_thread_behind,
	       "cgroup.kill does not kill a process that has moved away and left an exiting thread behind",
	       FAILS_WITHOUT(FIX_SPARE_MIGRATED))
{
	hold_task(&task, HOLD_THREAD, &c);
	ASSERT_EQ(0, cgroup_add(&elsewhere, task.process));
	if (cgroup_lists(&elsewhere, "cgroup.procs", task.process) != 1) {
		test_fail(FIX_NONE,
			  "cgroup.procs does not list a process that moved in");
		test_stop();
	}
	test_step("its process moves away");
	responder_start(&responder, &c);

	write_kill(&c);
	if (!responder_is_killed())
		test_fail(FIX_NONE,
			  "a live process beside an exiting thread survives cgroup.kill");
	if (!process_survives(SPARED_MS))
		test_fail(FIX_SPARE_MIGRATED,
			  "cgroup.kill kills a process that has moved away");
	assert_held(&task);

	write_kill(&elsewhere);
	if (process_survives(PATIENCE_MS))
		test_fail(FIX_NONE,
			  "a process survives cgroup.kill of the cgroup that it moved to");
	release_task(&task);
}

/* Whether a process cloned into @cgroup_fd is not killed; -1 if the clone fails. */
static int clone_survives(int cgroup_fd)
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

static void clone_must_survive(int survives, const char *when)
{
	ASSERT_GE(survives, 0);
	test_step("a process that is cloned %s cgroup.kill %s", when,
		  survives ? "survives" : "is killed");
	if (!survives)
		test_fail(FIX_CLONE_INTO_KILLED,
			  "a process that is cloned into a cgroup %s cgroup.kill is killed",
			  when);
}

/*
 * A kernel that compares the counts of two cgroups cannot find them equal both
 * before and after the write, so clone before it as well.
 */
TEST_INVARIANT(spares_a_process_cloned_into_the_cgroup_later,
	       "a write to cgroup.kill does not kill a process that is cloned into the cgroup later",
	       FAILS_WITHOUT(FIX_CLONE_INTO_KILLED))
{
	int cgroup_fd = cgroup_open(&c, "");

	ASSERT_GE(cgroup_fd, 0);
	clone_must_survive(clone_survives(cgroup_fd), "before");
	write_kill(&c);
	clone_must_survive(clone_survives(cgroup_fd), "after");
}

/* The same as clone_survives(), for a parent in elsewhere. */
static int clone_from_elsewhere_survives(int cgroup_fd)
{
	pid_t pid = spawn(cgroup_fd);
	int status;

	if (!pid)
		_exit(cgroup_write(&elsewhere, "cgroup.procs", "0") ?
			      EXIT_FAILURE :
			      2 + clone_survives(cgroup_fd));
	status = spawn_wait(pid, 2 * PATIENCE_MS);
	if (status < 0 || !WIFEXITED(status) || WEXITSTATUS(status) < 2)
		return -1;
	return WEXITSTATUS(status) - 2;
}

TEST_INVARIANT(spares_a_process_cloned_out_of_the_cgroup_later,
	       "a write to cgroup.kill does not kill a process that is later cloned out of the cgroup into another",
	       FAILS_WITHOUT(FIX_CLONE_INTO_KILLED))
{
	int cgroup_fd = cgroup_open(&c, "");

	ASSERT_GE(cgroup_fd, 0);
	clone_must_survive(clone_from_elsewhere_survives(cgroup_fd),
			   "before its parent's");
	write_kill(&elsewhere);
	clone_must_survive(clone_from_elsewhere_survives(cgroup_fd),
			   "after its parent's");
}
