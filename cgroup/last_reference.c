// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_last_reference - who walks the tasks of a cgroup passes over one that is
 * being freed.
 *
 * The invariant. A reader of cgroup.procs that has stopped at a process, and goes on
 * when that process is dead and its last reference is gone, does not take a reference
 * to it: nothing keeps it any more. It goes on with what comes after.
 *
 * Who broke it. 6.19 keeps the dead leader of a process on a list of its cgroup until
 * it is freed; before, until it was reaped (260fbcb92bbe). So a reader may be stopped
 * at one that RCU is about to free. 057dac23d329 has the reader ask whether there is
 * a reference left.
 *
 * How the window is opened. Of a process only the leader has exited. A reader stops
 * right before it; then the rest of the process dies and is reaped. When RCU has come
 * to the point where it frees the leader a BPF program keeps it there, on another
 * CPU, while the reader goes on. The program has seen that the reader is to go on at
 * that task, and looks at the task's references when the reader is at its end.
 *
 * What a failure means. The kernel warns of a use after free, and the reader lists a
 * process that was reaped, as 0. Were the reader to stop once more, at that task, it
 * would be freed under it.
 */
#include <sched.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "test.h"
#include "hold.h"
#include "kernel_btf.h"
#include "spawn.h"
#include "last_reference.skel.h"

FIXTURE(cgroup_last_reference)
{
	struct stage stage;
	struct last_reference *skel;
	struct bpf_link *hold;
	struct cgroup c;
	struct exiting task;
	int list;
};

/* Loads what this kernel has a function for. */
static int load(FIXTURE_DATA(cgroup_last_reference) * self)
{
	bool is = kernel_btf_function("cgroup_task_free");

	self->skel = last_reference__open();
	if (!self->skel)
		return -errno;
	bpf_program__set_autoload(self->skel->progs.task_is_freed, is);
	bpf_program__set_autoload(self->skel->progs.task_was_freed, !is);
	if (last_reference__load(self->skel))
		return -errno;
	self->hold = bpf_program__attach(is ? self->skel->progs.task_is_freed :
					      self->skel->progs.task_was_freed);
	return self->hold ? 0 : -errno;
}

FIXTURE_SETUP(cgroup_last_reference)
{
	SET_STAGE();
	self->list = -1;
	LEAVE_WITHOUT_A_HOLD();
	libbpf_set_print(NULL);
	if (load(self))
		LEAVE("cgroup_task_free() cannot be traced with BPF here: %s",
		      strerror(errno));
	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
}

FIXTURE_TEARDOWN(cgroup_last_reference)
{
	hold_let_go(&self->skel->bss->hold);
	exiting_destroy(&self->task);
	close(self->list);
	cgroup_empty(&self->c);
	bpf_link__destroy(self->hold);
	last_reference__destroy(self->skel);
	STRIKE_STAGE();
}

/* What is reaped on a CPU is freed there; the reader has another for itself. */
static int part_reader_from_reaper(FIXTURE_DATA(cgroup_last_reference) * self)
{
	int cpu = sched_getcpu();

	self->skel->bss->reader_cpu = cpu;
	return keep_off_cpu(self->task.holder, cpu) ?: stay_on_cpu(cpu);
}

/* What the kernel says of it is not another failure. */
static void quote_kernel(FIXTURE_DATA(cgroup_last_reference) * self)
{
	char said[256];

	while (klog_says(&self->stage.klog, "refcount_t: ", said, sizeof(said)))
		STEP("the kernel says: %s", said);
}

/* The processes before the leader; see cgroup_next_pid(). */
#define BEFORE 3

TEST_F(cgroup_last_reference, paused_reader_takes_none_to_a_task_that_is_freed)
{
	struct last_reference__bss *bss = self->skel->bss;
	pid_t pid, before[BEFORE];
	int i, nobody = 0;

	for (i = 0; i < BEFORE; i++) {
		before[i] = spawn_idle_in(&self->c);
		ASSERT_LT(0, before[i]);
	}
	HOLD(&self->task, HOLD_ZOMBIE_LEADER, &self->c);
	/* It is a zombie before its last switch, and then goes to another list. */
	ASSERT_TRUE(WAIT_FOR(!cgroup_lists(&self->c, "cgroup.threads",
					   self->task.pid),
			     PATIENCE_MS));
	ASSERT_EQ(0, part_reader_from_reaper(self));
	self->list = cgroup_open(&self->c, "cgroup.procs");
	ASSERT_LE(0, self->list);
	ASSERT_EQ(before[0], cgroup_next_pid(self->list));
	STEP("a reader of cgroup.procs is to go on at that leader");

	bss->dying_pid = self->task.pid;
	ASSERT_EQ(0, exiting_let_go(&self->task));
	ASSERT_TRUE(WAIT_FOR(__atomic_load_n(&bss->freed, __ATOMIC_ACQUIRE),
			     PATIENCE_MS));
	if (!bss->listed)
		SKIP(return,
			   "here a task has left its cgroup's lists when it is freed");
	ASSERT_TRUE(bss->awaited);
	if (!hold_reached(&bss->hold, BLOCKED_MS))
		SKIP(return, "a task that is freed cannot be held here");
	STEP("the process is reaped, its leader has no reference and is about to be freed");

	for (i = 1; i < BEFORE; i++)
		ASSERT_EQ(before[i], cgroup_next_pid(self->list));
	while ((pid = cgroup_next_pid(self->list)) >= 0)
		nobody += !pid;
	STEP("the reader comes to the end of the list; %d lines are \"0\"",
	     nobody);
	ASSERT_TRUE(hold_is_on(&bss->hold));
	ASSERT_TRUE(hold_end(&bss->hold));
	STEP("the count of its references is 0x%x", bss->references);
	if (bss->references) {
		BROKEN(FIX_DEAD_REFERENCE,
		       "a reader of cgroup.procs takes a reference to a task that has none left and is being freed");
		quote_kernel(self);
	} else if (nobody) {
		BROKEN(FIX_NONE,
		       "cgroup.procs lists a process that was reaped, as 0");
	}
	ASSERT_EQ(0, exiting_release(&self->task));
}

DEFINE_TEST_PROGRAM(cgroup_last_reference, kernel_btf_prepare())
