// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_fork_kill - cgroup.kill kills a process that is being forked.
 *
 * The invariant. A write to cgroup.kill also kills a process whose fork is under
 * way at that moment, and which no list of the cgroup has yet.
 *
 * Who broke it. No kernel that this suite knows. A fork reads its cgroup's count of
 * kills when it starts, and compares it when the child joins the cgroup. A fork
 * into another cgroup (CLONE_INTO_CGROUP) also holds cgroup_mutex, so cgroup.kill
 * waits for it. Up to 7.2 such a fork compared the counts of two cgroups
 * (8e3599202166, see cgroup_kill); a backport must keep the comparison and the wait.
 *
 * How the window is opened. A BPF program stops the fork where it can no longer
 * fail, before the child joins its cgroup. Then cgroup.kill is written on another
 * CPU.
 *
 * What a failure means. A cgroup is still populated after cgroup.kill, and a service
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

	ASSERT_EQ(0,
		  helper_start(&parent, fork_when_ordered, into_c ? &c : NULL));
	if (!into_c)
		ASSERT_EQ(0, cgroup_add(&c, parent.pid));
	ASSERT_EQ(0, keep_off_cpu(parent.pid, cpu));
	ASSERT_EQ(0, stay_on_cpu(cpu));

	bss->parent = parent.pid;
	ASSERT_EQ(0, helper_order(&parent));
	ASSERT_TRUE(bpf_hold_reached(&bss->hold, PATIENCE_MS));
	test_step("process %d forks %d %s, and is stopped before the child joins its cgroup",
		  parent.pid, bss->child, into_c ? "into c" : "in c");
	ASSERT_EQ(into_c ? 0 : 1, cgroup_populated(&c));
}

static void continue_fork(void)
{
	ASSERT_TRUE(bpf_hold_is_on(&skel->bss->hold));
	ASSERT_TRUE(bpf_hold_end(&skel->bss->hold));
	test_step("the fork continues");
}

static void kill_must_succeed(int ms)
{
	if (call_succeeded(&kill_call, ms))
		return;
	if (!kill_call.returned && ms == BLOCKED_MS)
		test_skip("cgroup.kill waits for a fork that is stopped");
	test_fail(FIX_NONE, "a write to cgroup.kill fails: %s",
		  call_failure(&kill_call));
	test_stop();
}

static void child_must_die(void)
{
	bool dies = WAIT_FOR(!cgroup_populated(&c), PATIENCE_MS);

	test_step("c is %s", dies ? "empty" : "populated");
	if (!dies)
		test_fail(FIX_NONE,
			  "a process that is being forked survives cgroup.kill");
}

TEST_INVARIANT(process_being_forked_is_killed,
	       "cgroup.kill kills a process whose fork is under way", NO_FIX)
{
	int status;

	stop_fork(false);
	call_write(&kill_call, &c, "cgroup.kill", "1");
	kill_must_succeed(BLOCKED_MS);
	continue_fork();
	/* The setup: the parent was in c, and the hold did not protect it. */
	status = helper_wait(&parent, PATIENCE_MS);
	ASSERT_LE(0, status);
	ASSERT_TRUE(WIFSIGNALED(status));
	test_step("the parent is killed");
	child_must_die();
}

TEST_INVARIANT(process_being_cloned_into_the_cgroup_is_killed,
	       "cgroup.kill kills a process that is being cloned into the cgroup",
	       NO_FIX)
{
	stop_fork(true);
	call_write(&kill_call, &c, "cgroup.kill", "1");
	call_settled(&kill_call);
	continue_fork();
	kill_must_succeed(PATIENCE_MS);
	child_must_die();
}
