// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_flag - who may call scx_bpf_tid_to_task(), and what becomes of those who
 * may not.
 *
 * The invariant. The table of tids costs something at every fork and exit, so a
 * root scheduler has to ask for it, by SCX_OPS_TID_TO_TASK. Where it has not, a
 * lookup finds nothing, and the scheduler is ejected with a message that says why:
 * it could only have stalled. The kfunc can also be called by syscall and tracing
 * programs, which are there without any scheduler: then it finds nothing, says
 * nothing and hurts nobody. A flag that the kernel does not know is refused.
 *
 * Who established it. 41e3312861ea. Its second version added that the lookup asks
 * whether there is a scheduler before it ejects it. What it left: a scheduler is
 * visible before its table is, and a lookup in that time ejects it although it has
 * asked for the table.
 *
 * How the window is opened. The same scheduler is loaded with the flag and without,
 * or not at all, and each kind of program looks up the test's own task. The time in
 * which the table is not there yet is entered by ops.init(), and by a program that
 * runs at every task switch: enabling a scheduler sleeps in between.
 *
 * What a failure means. A scheduler that forgot the flag stalls instead of being
 * told; a tracing tool crashes a machine without a scheduler, or ejects one that
 * has done everything right.
 */
#include <scx/common.h>

#include "test.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_flag.h"
#include "tid_query.h"
#include "tid_flag.skel.h"

#define MESSAGE "scx_bpf_tid_to_task() called without SCX_OPS_TID_TO_TASK"

FIXTURE(scx_tid_flag)
{
	struct stage stage;
	struct scheduler scheduler;
	struct tid_flag *skel;
	unsigned long long flag;
};

FIXTURE_SETUP(scx_tid_flag)
{
	struct reason *reason = &self->stage.reason;

	SET_STAGE();
	if (scheduler_possible(reason) || tid_flag(&self->flag, reason))
		LEAVE("%s", reason->text);
}

FIXTURE_TEARDOWN(scx_tid_flag)
{
	scheduler_detach(&self->scheduler, &self->stage.story);
	STRIKE_STAGE();
}

/*
 * Loads the programs; the scheduler is not enabled yet. Without flags they have been
 * loaded for all tests of this program.
 */
static int load(FIXTURE_DATA(scx_tid_flag) * self, unsigned long long flags)
{
	self->skel = flags ? SCHEDULER_OPEN_ANEW(&self->scheduler, tid_flag) :
			     SCHEDULER_OPEN(&self->scheduler, tid_flag);
	if (!self->skel)
		return -ENOMEM;
	self->skel->struct_ops.ops->flags |= flags;
	return scheduler_load(&self->scheduler, &self->stage.reason);
}

static int enable(FIXTURE_DATA(scx_tid_flag) * self)
{
	int err = scheduler_attach(&self->scheduler, &self->stage.reason);

	STEP("the scheduler is loaded, %s SCX_OPS_TID_TO_TASK",
	     self->skel->struct_ops.ops->flags & self->flag ? "with" :
							      "without");
	return err;
}

/* A syscall program looks up our own task. */
static int look_us_up(FIXTURE_DATA(scx_tid_flag) * self,
		      struct tid_query *query)
{
	int err;

	query->pid = getpid();
	err = tid_ask(self->skel->progs.tid_of_pid, query);
	if (!err && (!query->pid_found || !query->tid))
		err = -ESRCH;
	if (!err)
		err = tid_ask(self->skel->progs.lookup_tid, query);
	STEP("a syscall program finds %s", query->same	    ? "this task" :
					   query->tid_found ? "another task" :
							      "nothing");
	return err;
}

/* A lookup has been made that found @found tasks; is that the end of it? */
static void judge_ejection(struct __test_metadata *_metadata,
			   FIXTURE_DATA(scx_tid_flag) * self, const char *who,
			   int found)
{
	struct reason *reason = &self->stage.reason;

	if (found)
		BROKEN(FIX_NONE, "%s finds a task by tid without the flag",
		       who);
	if (!scheduler_falls(&self->scheduler, &self->stage.story, reason))
		BROKEN(FIX_NONE,
		       "%s looks a tid up without the flag and the scheduler runs on",
		       who);
	else if (strcmp(self->scheduler.exit_info->msg, MESSAGE))
		BROKEN(FIX_NONE,
		       "the scheduler is ejected for another reason: %s",
		       reason->text);
}

/* The stage: it runs, and goes on running while nobody looks. */
#define ENABLE_WITHOUT_THE_FLAG()                                     \
	do {                                                          \
		ASSERT_STAGED(load(self, 0));                         \
		ASSERT_STAGED(enable(self));                          \
		ASSERT_FALSE(scheduler_ejected(&self->scheduler,      \
					       &self->stage.reason)); \
	} while (0)

TEST_F(scx_tid_flag, callback_without_the_flag_ejects_its_scheduler)
{
	struct tid_lookup *own;
	pid_t pid;

	ENABLE_WITHOUT_THE_FLAG();
	own = &self->skel->bss->own;
	own->tid = 1;
	own->parent = getpid();
	pid = spawn(-1);
	if (!pid)
		idle_until_killed();
	ASSERT_GT(pid, 0);
	own->parent = 0;
	STEP("task %d is forked; in init_task the scheduler looks a tid up",
	     pid);
	ASSERT_EQ(1U, own->calls);
	judge_ejection(_metadata, self, "the scheduler", own->found);
	ASSERT_LE(0, spawn_kill(pid, PATIENCE_MS));
}

TEST_F(scx_tid_flag, syscall_program_without_the_flag_ejects_the_scheduler)
{
	struct tid_query query = {};

	ENABLE_WITHOUT_THE_FLAG();
	ASSERT_EQ(0, look_us_up(self, &query));
	judge_ejection(_metadata, self, "a syscall program", query.tid_found);
}

TEST_F(scx_tid_flag, tp_btf_program_without_the_flag_ejects_the_scheduler)
{
	struct tid_trace *trace;

	ENABLE_WITHOUT_THE_FLAG();
	trace = &self->skel->bss->rename_trace;
	ASSERT_EQ(0,
		  tid_trace_rename(self->skel->progs.lookup_at_rename, trace));
	judge_ejection(_metadata, self, "a tp_btf program", trace->found);
}

TEST_F(scx_tid_flag, fentry_program_without_the_flag_ejects_the_scheduler)
{
	struct tid_trace *trace;

	ENABLE_WITHOUT_THE_FLAG();
	trace = &self->skel->bss->fentry_trace;
	ASSERT_EQ(0,
		  tid_trace_fentry(self->skel->progs.lookup_at_fentry, trace));
	judge_ejection(_metadata, self, "a fentry program", trace->found);
}

/* All three kinds of program look, and nothing comes of it. */
static void look_in_vain(struct __test_metadata *_metadata,
			 FIXTURE_DATA(scx_tid_flag) * self)
{
	struct tid_flag *skel = self->skel;
	struct tid_query query = {};
	struct klog klog;
	char said[256];

	klog_start(&klog);
	ASSERT_GE(klog.fd, 0);
	ASSERT_EQ(0, look_us_up(self, &query));
	ASSERT_EQ(0, tid_trace_rename(skel->progs.lookup_at_rename,
				      &skel->bss->rename_trace));
	ASSERT_EQ(0, tid_trace_fentry(skel->progs.lookup_at_fentry,
				      &skel->bss->fentry_trace));
	if (query.tid_found || skel->bss->rename_trace.found ||
	    skel->bss->fentry_trace.found)
		BROKEN(FIX_NONE, "a tid finds a task without a scheduler");
	if (klog_says(&klog, "sched_ext", said, sizeof(said)) ||
	    klog_says(&klog, "scx_", said, sizeof(said)))
		BROKEN(FIX_NONE,
		       "the kernel complains of a lookup without a scheduler: %s",
		       said);
	close(klog.fd);
}

TEST_F(scx_tid_flag, without_a_scheduler_nothing_is_found_nor_said)
{
	ASSERT_STAGED(load(self, 0));
	look_in_vain(_metadata, self);
}

TEST_F(scx_tid_flag, after_the_scheduler_nothing_is_found_nor_said)
{
	struct tid_query query = {};

	ASSERT_STAGED(load(self, self->flag));
	ASSERT_STAGED(enable(self));
	ASSERT_EQ(0, look_us_up(self, &query));
	ASSERT_TRUE(query.same);
	ASSERT_TRUE(scheduler_detach(&self->scheduler, &self->stage.story));
	look_in_vain(_metadata, self);
}

/* What comes of a scheduler that has only these flags; 0 or -errno. */
static int try_flags(unsigned long long flags, struct reason *reason)
{
	struct scheduler scheduler = {};
	struct tid_flag *skel = SCHEDULER_OPEN_ANEW(&scheduler, tid_flag);
	int err;

	if (!skel)
		return -ENOMEM;
	skel->struct_ops.ops->flags = flags;
	err = scheduler_load(&scheduler, reason) ?:
		      scheduler_attach(&scheduler, reason);
	bpf_link__destroy(scheduler.link);
	tid_flag__destroy(skel);
	return err;
}

TEST_F(scx_tid_flag, unknown_flags_are_refused)
{
	/* The last before, and the last of, those that the kernel keeps to itself. */
	static const int bits[] = { 55, 63 };
	struct reason *reason = &self->stage.reason;
	unsigned long long known;
	int lowest = 0;
	size_t i;

	ASSERT_EQ(0, kernel_btf_enum("scx_ops_flags", "SCX_OPS_ALL_FLAGS",
				     &known));
	ASSERT_NE(0ULL, known & self->flag);
	while (known >> lowest & 1)
		lowest++;

	for (i = 0; i <= ARRAY_SIZE(bits); i++) {
		int bit = i ? bits[i - 1] : lowest;
		int err;

		if (known >> bit & 1)
			continue;
		err = try_flags(self->flag | 1ULL << bit, reason);
		STEP("a scheduler with bit %d in its flags: %s", bit,
		     err ? strerror(-err) : "loaded");
		if (err != -EINVAL)
			BROKEN(FIX_NONE,
			       "a scheduler with unknown flag bit %d is not refused as invalid",
			       bit);
	}
}

/* What upstream may not have meant; both have asked for the table. */
static void judge_survival(FIXTURE_DATA(scx_tid_flag) * self, const char *who)
{
	struct reason why;

	if (!scheduler_falls(&self->scheduler, &self->stage.story, &why))
		return;
	UNDECIDED(
		"%s looks a tid up before the table is there, and the scheduler, which has the flag, is ejected: %s",
		who, why.text);
}

TEST_F(scx_tid_flag, init_of_a_scheduler_with_the_flag_may_look)
{
	struct tid_lookup *own;
	struct tid_query query = {};

	ASSERT_STAGED(load(self, self->flag));
	own = &self->skel->bss->own;
	own->tid = 1;
	own->in_init = 1;
	ASSERT_STAGED(enable(self));
	ASSERT_EQ(1U, own->calls);
	if (scheduler_ejected(&self->scheduler, &self->stage.reason)) {
		judge_survival(self, "ops.init()");
		return;
	}
	ASSERT_EQ(0, look_us_up(self, &query));
	ASSERT_TRUE(query.same);
}

TEST_F(scx_tid_flag, tracer_from_before_the_load_does_no_harm)
{
	struct tid_lookup *own;
	struct tid_query query = {};
	struct bpf_link *tracer;

	ASSERT_STAGED(load(self, self->flag));
	tracer = bpf_program__attach(self->skel->progs.lookup_at_switch);
	ASSERT_NE(NULL, tracer);
	own = &self->skel->bss->own;
	own->tid = 1;
	own->at_switch = 1;
	ASSERT_TRUE(WAIT_FOR(own->calls, PATIENCE_MS));
	STEP("a tp_btf program looks a tid up at every task switch");
	ASSERT_STAGED(enable(self));
	bpf_link__destroy(tracer);
	if (scheduler_ejected(&self->scheduler, &self->stage.reason)) {
		judge_survival(self, "a tracing program");
		return;
	}
	ASSERT_EQ(0, look_us_up(self, &query));
	ASSERT_TRUE(query.same);
}

SCHEDULER_PROGRAM(scx_tid_flag, tid_flag, NULL)
