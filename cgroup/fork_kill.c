// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_fork_kill - cgroup.kill kills a process that is being forked.
 *
 * The invariant. A write to cgroup.kill also kills a process that is being forked and is
 * not on a list of the cgroup yet.
 *
 * History. No known kernel has broken it. A fork reads its cgroup's count of
 * kills when it starts, and compares it when the child joins the cgroup. A fork
 * into another cgroup (CLONE_INTO_CGROUP) also holds cgroup_mutex, so cgroup.kill
 * waits for it. Up to 7.2 such a fork compared the counts of two cgroups
 * (8e3599202166, see cgroup_kill); a backport must keep the comparison and the wait.
 *
 * The window. A BPF program stops the fork where it can no longer
 * fail, before the child joins its cgroup. Then cgroup.kill is written on another
 * CPU.
 *
 * Consequence. A cgroup is still populated after cgroup.kill, and a service
 * that forks fast enough survives its service manager.
 */
#include <sched.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "test.h"
#include "bpf_hold.h"
#include "bpf_refusal.h"
#include "helper.h"
#include "spawn.h"
#include "fork_kill.skel.h"

static struct fork_kill *skel;
static struct cgroup c;
static struct helper parent;
static struct call kill_call;

static void setup(void)
{
	need_bpf_hold();
	libbpf_set_print(NULL);
	skel = fork_kill__open_and_load();
	if (!skel || fork_kill__attach(skel))
		test_skip("cgroup_post_fork() cannot be traced with BPF here: %s",
			  bpf_refusal(-errno));
	bpf_hold_ends_with_test(&skel->bss->hold);
	test_cgroup(&c, &test.root, "c");
}

/* Forks into @cg, unless that is NULL. The child outlives the parent. */
static void fork_when_ordered(int socket, const void *cg)
{
	int cgroup_fd = cg ? cgroup_open(cg, "") : -1;
	pid_t pid;

	if (!helper_await(socket))
		return;
	pid = cg ? fork_into(cgroup_fd, 0) : fork();
	while (!pid)
		pause();
	idle_until_killed();
}

/* Stops a fork by a process of c, or into c, on a CPU that the test does not use. */
static void stop_fork(bool into_c)
{
	struct fork_kill__bss *bss = skel->bss;
	int cpu = sched_getcpu();

	test_must_call(helper_start(&parent, fork_when_ordered,
				    into_c ? &c : NULL),
		       "cannot fork");
	if (!into_c)
		test_must_call(cgroup_add(&c, parent.pid),
			       "cannot move process %d to c", parent.pid);
	test_must_call(keep_off_cpu(parent.pid, cpu),
		       "cannot keep process %d off CPU %d", parent.pid, cpu);
	test_must_call(stay_on_cpu(cpu), "cannot stay on CPU %d", cpu);

	bss->parent = parent.pid;
	test_must_call(helper_order(&parent), "cannot order a fork");
	test_require(bpf_hold_reached(&bss->hold, PATIENCE_MS), FIX_NONE,
		     "process %d, which forks, does not call cgroup_post_fork()",
		     parent.pid);
	test_step("process %d forks %d %s, and is stopped before the child joins its cgroup",
		  parent.pid, bss->child, into_c ? "into c" : "in c");
	test_require(test_populated(&c) == !into_c, FIX_NONE,
		     "populated of c is %d before child %d joins c", into_c,
		     bss->child);
}

static void continue_fork(void)
{
	if (!bpf_hold_is_on(&skel->bss->hold))
		test_error("the fork continues too early: the machine is too slow");
	test_require(bpf_hold_end(&skel->bss->hold), FIX_NONE,
		     "process %d does not join its cgroup when the fork continues",
		     skel->bss->child);
	test_step("the fork continues");
}

static void kill_must_succeed(int ms)
{
	if (call_succeeded(&kill_call, ms))
		return;
	if (!kill_call.returned && ms == BLOCKED_MS)
		test_skip("cgroup.kill waits for a fork that is stopped");
	test_fail(FIX_NONE, "a write to cgroup.kill does not succeed: %s",
		  call_failure(&kill_call));
	test_stop();
}

/* The fork continues after the write has begun, not before. */
static void kill_must_wait_or_return(void)
{
	if (!call_settled(&kill_call) && !call_is_blocked(&kill_call))
		test_error("the write to cgroup.kill neither returns nor sleeps");
}

static void child_must_die(void)
{
	bool dies = WAIT_FOR(!test_populated(&c), PATIENCE_MS);

	test_step("c is %s", dies ? "empty" : "populated");
	if (!dies)
		test_fail(FIX_NONE,
			  "process %d, which was being forked, survives cgroup.kill",
			  skel->bss->child);
}

/* It is in c as well, and its fork does not protect it. */
static void parent_must_die(void)
{
	int status = helper_wait(&parent, PATIENCE_MS);

	test_require(status != -ETIMEDOUT, FIX_NONE,
		     "process %d, which was forking, survives cgroup.kill",
		     parent.pid);
	if (status < 0)
		test_error("cannot wait for process %d: %s", parent.pid,
			   strerror(-status));
	test_require(WIFSIGNALED(status), FIX_NONE,
		     "a process that was forking ends, but not by a signal: wait status %#x",
		     status);
	test_step("the parent is killed");
}

TEST_INVARIANT(process_being_forked_is_killed,
	       "cgroup.kill kills a process whose fork is under way", NO_FIX)
{
	stop_fork(false);
	call_write(&kill_call, &c, "cgroup.kill", "1");
	kill_must_succeed(BLOCKED_MS);
	continue_fork();
	parent_must_die();
	child_must_die();
}

TEST_INVARIANT(process_being_cloned_into_the_cgroup_is_killed,
	       "cgroup.kill kills a process that is being cloned into the cgroup",
	       NO_FIX)
{
	stop_fork(true);
	call_write(&kill_call, &c, "cgroup.kill", "1");
	kill_must_wait_or_return();
	continue_fork();
	kill_must_succeed(PATIENCE_MS);
	child_must_die();
}
