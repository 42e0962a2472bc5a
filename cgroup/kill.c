// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_kill - cgroup.kill kills the live processes of a cgroup, and no others.
 *
 * The invariant. A write to cgroup.kill kills every process that cgroup.procs
 * lists, also one whose thread group leader has exited. Exiting tasks do not
 * block the write. It does not kill a process that has moved away and left an
 * exiting thread behind, nor a process that enters the cgroup later.
 *
 * History. From the start cgroup.kill sent SIGKILL to thread group leaders
 * alone. The signal was for that thread, not for its process, and a leader that has
 * exited takes no signal: the process survived. Since 7.3.4 cgroup.kill signals every
 * thread ("cgroup: fix cgroup.kill for exited thread group leader"). An exiting
 * thread does not move with its process, so this alone would kill a process that has
 * moved away; "cgroup: don't kill migrated processes through their exiting threads"
 * prevents that. No release has the first commit without the second: a mutant shows
 * this failure. Each cgroup counts the writes to its cgroup.kill. A fork reads the
 * count when it begins and when the child joins its cgroup, and kills the child if
 * the two differ. Up to 7.2 a fork into another cgroup read the first from the
 * parent's cgroup, and the second from the child's (8e3599202166).
 *
 * The window. There are four holds: the init process of a pid
 * namespace waits in do_exit() (HOLD_ZAP_PIDNS), a leader has exited and has left a live
 * thread (HOLD_ZOMBIE_LEADER), a process blocks in exit_files() (HOLD_EXIT_FILES), or
 * a thread of a live process does (HOLD_THREAD). The clone tests need no hold:
 * they kill the child's or the parent's cgroup while it is empty.
 *
 * Consequence. A process survives cgroup.kill: a service manager waits
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
	test_require(call_succeeded(&kill_call, BLOCKED_MS), FIX_NONE,
		     "a write to cgroup.kill does not succeed: %s",
		     call_failure(&kill_call));
}

static void must_be_in(const struct cgroup *cg, pid_t process,
		       const char *which)
{
	test_require(test_lists(cg, "cgroup.procs", process), FIX_NONE,
		     "cgroup.procs does not list process %d, %s", process,
		     which);
}

/* The hold of the zombie leader ends when its process has no live thread any more. */
static void must_kill_process_of_zombie_leader(const struct cgroup *cg)
{
	hold_task(&task, HOLD_ZOMBIE_LEADER, &c);
	must_be_in(&c, task.pid, "which has a live thread");
	write_kill(cg);
	if (WAIT_FOR(!held_task_is_held(&task), PATIENCE_MS))
		test_step("its last thread is dead");
	else
		test_fail(FIX_KILL_EXITED_LEADER,
			  "a process whose leader has exited survives cgroup.kill");
	release_task(&task);
}

TEST_INVARIANT(kills_a_process_whose_leader_has_exited,
	       "cgroup.kill kills a process whose thread group leader has exited",
	       FAILS_WITHOUT(FIX_KILL_EXITED_LEADER))
{
	must_kill_process_of_zombie_leader(&c);
}

TEST_INVARIANT(kills_a_process_in_a_child_whose_leader_has_exited,
	       "cgroup.kill kills a process in a child cgroup whose thread group leader has exited",
	       FAILS_WITHOUT(FIX_KILL_EXITED_LEADER))
{
	must_kill_process_of_zombie_leader(&p);
}

static void responder_must_be_killed(const char *beside)
{
	int status = helper_wait(&responder.helper, PATIENCE_MS);

	test_require(status != -ETIMEDOUT, FIX_NONE,
		     "a live process beside %s survives cgroup.kill", beside);
	if (status < 0)
		test_error("cannot wait for process %d: %s", responder.pid,
			   strerror(-status));
	test_require(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		     FIX_NONE,
		     "cgroup.kill ends a live process, but not by SIGKILL: wait status %#x",
		     status);
}

static void must_kill_live_process_beside(enum hold_kind hold,
					  const char *beside)
{
	/* Hold first: a walk over the tasks then meets the exiting one first. */
	hold_task(&task, hold, &c);
	responder_start(&responder, &c);
	write_kill(&c);
	responder_must_be_killed(beside);
	assert_held(&task);
	release_task(&task);
}

TEST_INVARIANT(kills_a_live_process_beside_an_exiting_one,
	       "cgroup.kill kills a live process in a cgroup that also has an exiting task",
	       NO_FIX)
{
	must_kill_live_process_beside(HOLD_ZAP_PIDNS, "an exiting task");
}

TEST_INVARIANT(kills_a_live_process_beside_an_early_exiting_one,
	       "cgroup.kill kills a live process in a cgroup that also has a task in exit_files()",
	       NO_FIX)
{
	must_kill_live_process_beside(HOLD_EXIT_FILES,
				      "a task in exit_files()");
}

TEST_INVARIANT(kills_a_live_process_beside_an_exiting_thread,
	       "cgroup.kill kills a live process in a cgroup that also has an exiting thread of another process",
	       NO_FIX)
{
	must_kill_live_process_beside(HOLD_THREAD, "an exiting thread");
}

static void must_move_to(const struct cgroup *cg, pid_t process,
			 const char *failure)
{
	int err = cgroup_add(cg, process);

	test_require(!err, FIX_NONE, "%s: %s", failure, strerror(-err));
}

static void must_still_be_held(void)
{
	char where[384];

	if (held_task_is_held(&task))
		return;
	proc_describe(task.pid, where, sizeof(where));
	test_fail(FIX_NONE, "cgroup.kill ends the wait of exiting task %d: %s",
		  task.pid, where);
}

static void must_not_affect_exiting_task(enum hold_kind hold)
{
	hold_task(&task, hold, &c);
	write_kill(&c);
	must_still_be_held();

	responder_start(&responder, &elsewhere);
	must_move_to(&c, responder.pid,
		     "a process cannot be moved to a cgroup with an exiting task");
	responder_ask(&responder);
	if (!responder_answered(&responder, PATIENCE_MS))
		test_fail(FIX_NONE,
			  "process %d, which entered the cgroup after cgroup.kill, is killed or does not run",
			  responder.pid);
	release_task(&task);
}

TEST_INVARIANT(has_no_effect_on_exiting_tasks,
	       "cgroup.kill of a cgroup with only an exiting task returns, does not end the task, and kills no process that enters later",
	       NO_FIX)
{
	must_not_affect_exiting_task(HOLD_ZAP_PIDNS);
}

TEST_INVARIANT(has_no_effect_on_early_exiting_tasks,
	       "cgroup.kill of a cgroup with only a task in exit_files() returns, does not end the task, and kills no process that enters later",
	       NO_FIX)
{
	must_not_affect_exiting_task(HOLD_EXIT_FILES);
}

static bool leader_is_exiting(void)
{
	struct proc_stat stat;
	int err = proc_stat(task.process, &stat);

	if (err && err != -ENOENT && err != -ESRCH)
		test_error("cannot read /proc/%d/stat: %s", task.process,
			   strerror(-err));
	return err || (stat.flags & PF_EXITING);
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
	test_require(!leader_is_exiting(), FIX_NONE,
		     "process %d exits together with one of its threads",
		     task.process);
	write_kill(&c);
	if (process_survives(PATIENCE_MS))
		test_fail(FIX_NONE,
			  "a process with an exiting thread survives cgroup.kill");
	assert_held(&task);
	release_task(&task);
}

TEST_INVARIANT(spares_a_process_that_left_an_exiting_thread_behind,
	       "cgroup.kill does not kill a process that has moved away and left an exiting thread behind",
	       FAILS_WITHOUT(FIX_KILL_SPARES_MIGRATED))
{
	hold_task(&task, HOLD_THREAD, &c);
	must_move_to(&elsewhere, task.process,
		     "a process with an exiting thread cannot be moved");
	must_be_in(&elsewhere, task.process, "which has moved in");
	test_step("its process moves away");
	responder_start(&responder, &c);

	write_kill(&c);
	responder_must_be_killed("an exiting thread");
	if (!process_survives(SPARED_MS))
		test_fail(FIX_KILL_SPARES_MIGRATED,
			  "cgroup.kill kills a process that has moved away");
	assert_held(&task);

	write_kill(&elsewhere);
	if (process_survives(PATIENCE_MS))
		test_fail(FIX_NONE,
			  "a process survives cgroup.kill of the cgroup that it moved to");
	release_task(&task);
}

/* Whether a process that is cloned into @cgroup_fd is not killed; or -errno. */
static int clone_survives(int cgroup_fd)
{
	pid_t pid = fork_into(cgroup_fd, 0);
	int status;

	if (!pid)
		_exit(EXIT_SUCCESS);
	if (pid < 0)
		return -errno;
	status = spawn_wait(pid, PATIENCE_MS);
	return status < 0 ? status : WIFEXITED(status);
}

/* @survives is the result of clone_survives(). */
static void clone_must_survive(int survives, const char *kill)
{
	test_require(survives != -ETIMEDOUT, FIX_NONE,
		     "a process that is cloned into c does not end; %s", kill);
	if (survives < 0)
		test_error("cannot clone a process into c: %s",
			   strerror(-survives));
	test_step("%s; a process that is cloned into c %s", kill,
		  survives ? "survives" : "is killed");
	if (!survives)
		test_fail(FIX_CLONE_INTO_KILLED,
			  "a process that is cloned into c is killed; %s",
			  kill);
}

#define NO_KILL "cgroup.kill has not been written"

/*
 * A kernel that compares the counts of two cgroups may find them equal before the write or
 * after it, but not both times. So the test clones a process before it and one after it.
 */
TEST_INVARIANT(spares_a_process_cloned_into_the_cgroup_later,
	       "a write to cgroup.kill does not kill a process that is cloned into the cgroup later",
	       FAILS_WITHOUT(FIX_CLONE_INTO_KILLED))
{
	int cgroup_fd = test_open(&c);

	clone_must_survive(clone_survives(cgroup_fd), NO_KILL);
	write_kill(&c);
	clone_must_survive(clone_survives(cgroup_fd),
			   "cgroup.kill of c was written before");
}

/* The same as clone_survives(), with a parent that has moved to elsewhere. */
static int clone_from_elsewhere_survives(int cgroup_fd)
{
	pid_t pid = spawn(cgroup_fd);
	int status;

	/* 0, 1 and -errno all fit an exit status. */
	if (!pid)
		_exit((unsigned char)(cgroup_add(&elsewhere, 0) ?:
					      clone_survives(cgroup_fd)));
	if (pid < 0)
		return -errno;
	status = spawn_wait(pid, 2 * PATIENCE_MS);
	if (status < 0)
		return status;
	test_require(WIFEXITED(status), FIX_NONE,
		     "a process that has moved to a cgroup without other tasks is killed");
	return (signed char)WEXITSTATUS(status);
}

TEST_INVARIANT(spares_a_process_cloned_out_of_the_cgroup_later,
	       "a write to cgroup.kill does not kill a process that is later cloned out of the cgroup into another",
	       FAILS_WITHOUT(FIX_CLONE_INTO_KILLED))
{
	int cgroup_fd = test_open(&c);

	clone_must_survive(clone_from_elsewhere_survives(cgroup_fd), NO_KILL);
	write_kill(&elsewhere);
	clone_must_survive(clone_from_elsewhere_survives(cgroup_fd),
			   "cgroup.kill of its parent's cgroup was written before");
}
