// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_fork_kill - no child escapes a cgroup.kill by being born meanwhile.
 *
 * The invariant. A write to cgroup.kill ends also a process whose fork is under way
 * when it comes, and that is in no list of the cgroup yet.
 *
 * Who broke it. None of the kernels that this suite knows. A fork reads how often its
 * cgroup was killed when it begins, and compares when the child is in its cgroup. Into
 * another cgroup (CLONE_INTO_CGROUP) a fork takes the lock of all cgroups along, and
 * cgroup.kill waits for it. 8e3599202166 mended what the former did to the latter (see
 * cgroup_kill); whoever picks it must not lose either.
 *
 * How the window is opened. A BPF program stops the fork where it can not fail any
 * more, and the child is not in its cgroup yet; cgroup.kill is written on another CPU.
 *
 * What a failure means. A cgroup that was killed is not empty, and whoever forks fast
 * enough survives a service manager.
 */
#include <sched.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "test.h"
#include "hold.h"
#include "spawn.h"
#include "writing.h"
#include "fork_kill.skel.h"

FIXTURE(cgroup_fork_kill)
{
	struct stage stage;
	struct fork_kill *skel;
	struct cgroup c;
	pid_t parent;
	int order[2]; /* a pipe to the parent */
	struct writing writing;
};

FIXTURE_SETUP(cgroup_fork_kill)
{
	SET_STAGE();
	LEAVE_WITHOUT_A_HOLD();
	libbpf_set_print(NULL);
	self->skel = fork_kill__open_and_load();
	if (!self->skel || fork_kill__attach(self->skel))
		LEAVE("cgroup_post_fork() cannot be traced with BPF here: %s",
		      strerror(errno));
	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	ASSERT_EQ(0, pipe(self->order));
}

FIXTURE_TEARDOWN(cgroup_fork_kill)
{
	hold_let_go(&self->skel->bss->hold);
	if (self->parent > 0)
		spawn_kill(self->parent, PATIENCE_MS);
	close(self->order[0]);
	close(self->order[1]);
	deadline_abandon(&self->writing.call);
	fork_kill__destroy(self->skel);
	STRIKE_STAGE();
}

/* Forks when it is told to, into @cg where that is not NULL; the child outlives it. */
static __noreturn void fork_at_a_word(int order, const struct cgroup *cg)
{
	int cgroup_fd = cg ? cgroup_open(cg, "") : -1;
	char word;
	pid_t pid;

	if (read(order, &word, 1) != 1)
		_exit(EXIT_FAILURE);
	pid = cg ? fork_into(cgroup_fd, 0) : fork();
	while (!pid)
		pause();
	idle_until_killed();
}

/* A fork by a process of c, or into c, that is stopped on another CPU than ours. */
static void stop_a_fork(struct __test_metadata *_metadata,
			FIXTURE_DATA(cgroup_fork_kill) * self, bool into)
{
	struct fork_kill__bss *bss = self->skel->bss;
	int cpu = sched_getcpu();

	self->parent = spawn(self->order[0]);
	if (!self->parent)
		fork_at_a_word(self->order[0], into ? &self->c : NULL);
	ASSERT_LT(0, self->parent);
	if (!into)
		ASSERT_EQ(0, cgroup_add(&self->c, self->parent));
	ASSERT_EQ(0, keep_off_cpu(self->parent, cpu));
	ASSERT_EQ(0, stay_on_cpu(cpu));

	bss->parent = self->parent;
	ASSERT_EQ(1, write(self->order[1], "f", 1));
	ASSERT_TRUE(hold_reached(&bss->hold, PATIENCE_MS));
	STEP("process %d forks %d %s, and is stopped before that is in its cgroup",
	     self->parent, bss->child, into ? "into c" : "in c");
	ASSERT_EQ(into ? 0 : 1, cgroup_populated(&self->c));
}

static void let_it_go_on(struct __test_metadata *_metadata,
			 FIXTURE_DATA(cgroup_fork_kill) * self)
{
	struct hold *hold = &self->skel->bss->hold;

	ASSERT_TRUE(hold_is_on(hold));
	ASSERT_TRUE(hold_end(hold));
	STEP("the fork goes on");
}

static void child_must_die(struct __test_metadata *_metadata,
			   FIXTURE_DATA(cgroup_fork_kill) * self)
{
	bool dies = WAIT_FOR(!cgroup_populated(&self->c), PATIENCE_MS);

	STEP("c is %s", dies ? "empty" : "populated");
	if (!dies)
		BROKEN(FIX_NONE,
		       "a process that is being forked when cgroup.kill comes survives it");
}

TEST_F(cgroup_fork_kill, reaches_a_process_that_is_being_forked)
{
	struct writing *writing = &self->writing;
	int status;

	stop_a_fork(_metadata, self, false);
	ASSERT_EQ(0, writing_begin(writing, &self->c, "cgroup.kill", "1"));
	ASSERT_TRUE(writing_done(writing, &self->stage.story, BLOCKED_MS));
	let_it_go_on(_metadata, self);
	/* The stage: its parent was in c, and not stopped by that. */
	status = spawn_wait(self->parent, PATIENCE_MS);
	ASSERT_LE(0, status);
	self->parent = 0;
	ASSERT_TRUE(WIFSIGNALED(status));
	STEP("its parent is killed");
	child_must_die(_metadata, self);
}

TEST_F(cgroup_fork_kill, reaches_a_process_that_is_being_cloned_in)
{
	struct writing *writing = &self->writing;

	stop_a_fork(_metadata, self, true);
	ASSERT_EQ(0, writing_begin(writing, &self->c, "cgroup.kill", "1"));
	writing_settled(writing, &self->stage.story);
	let_it_go_on(_metadata, self);
	ASSERT_TRUE(writing_done(writing, &self->stage.story, PATIENCE_MS));
	child_must_die(_metadata, self);
}

TEST_PROGRAM(cgroup_fork_kill)
