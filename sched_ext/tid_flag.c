// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_flag - scx_bpf_tid_to_task() with and without SCX_OPS_TID_TO_TASK.
 *
 * The invariant. Maintaining the table of tids costs time at every fork and exit, so
 * the kernel does it only if the root scheduler sets SCX_OPS_TID_TO_TASK. Without
 * the flag a lookup finds nothing, and the kernel ejects the scheduler with a message
 * that says why: otherwise it would stall. Syscall and tracing programs, which need
 * no scheduler, may call the kfunc as well. Without a scheduler it finds nothing and
 * prints nothing. The kernel refuses a scheduler with a flag that it does not know.
 *
 * History. 41e3312861ea established it. Its second version checks that there is a
 * scheduler before it ejects it. One gap is left: a scheduler becomes visible before
 * its table is enabled, and a lookup in between ejects the scheduler although it has
 * the flag.
 *
 * The window. The test loads the same scheduler with the flag, without
 * it, or only its programs, and each kind of program looks up the test's own task.
 * ops.init() runs before the table is enabled; so does a program that is called at
 * every context switch, as the kernel sleeps during the load.
 *
 * Consequence. A scheduler that lacks the flag stalls without a message; a
 * tracing tool crashes a machine without a scheduler, or ejects a correct scheduler.
 */
#include <scx/common.h>

#include "test.h"
#include "bpf_refusal.h"
#include "klog.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_flag.h"
#include "tid_query.h"
#include "tid_flag.skel.h"

#define MESSAGE "scx_bpf_tid_to_task() called without SCX_OPS_TID_TO_TASK"

PRELOAD_SCHEDULER(tid_flag, NULL)

static struct scheduler scheduler;
static struct tid_flag *skel;
static unsigned long long flag;

static void setup(void)
{
	need_sched_ext();
	test_skip_or_error(tid_flag(&flag, &test.reason));
}

/* Only a scheduler without flags is preloaded. */
static void load_programs(unsigned long long flags)
{
	skel = flags ? SCHEDULER_OPEN_ANEW(&scheduler, tid_flag) :
		       SCHEDULER_OPEN(&scheduler, tid_flag);
	skel->struct_ops.ops->flags |= flags;
	scheduler_load(&scheduler);
}

static void load_scheduler(void)
{
	scheduler_attach(&scheduler);
	test_step("its SCX_OPS_TID_TO_TASK is %s",
		  skel->struct_ops.ops->flags & flag ? "set" : "not set");
}

/* Without a lookup the kernel does not eject it. */
static void load_without_flag(void)
{
	load_programs(0);
	load_scheduler();
	test_require(!scheduler_ejected(&scheduler, &test.reason), FIX_NONE,
		     "the scheduler is ejected before any lookup: %s",
		     test.reason.text);
}

/* A syscall program looks up this task. */
static struct tid_query look_self_up(void)
{
	return tid_look_up(skel->progs.lookup_tid,
			   tid_get(skel->progs.tid_of_pid, getpid()), getpid());
}

static void lookup_must_work(void)
{
	test_require(look_self_up().same, FIX_NONE,
		     "the scheduler has the flag and a lookup does not find this task");
}

/* These two programs look up this task, too. */
static struct tid_trace *trace_rename(void)
{
	struct tid_trace *trace = &skel->bss->rename_trace;

	test_must_call(tid_trace_rename(skel->progs.lookup_at_rename, trace),
		       "cannot run a tp_btf program once");
	return trace;
}

static struct tid_trace *trace_fentry(void)
{
	struct tid_trace *trace = &skel->bss->fentry_trace;

	test_must_call(tid_trace_fentry(skel->progs.lookup_at_fentry, trace),
		       "cannot run an fentry program once");
	return trace;
}

/* @program has looked up a tid and found @found tasks. */
static void must_be_ejected(const char *program, int found)
{
	if (found)
		test_fail(FIX_NONE, "%s finds a task by tid without the flag",
			  program);
	if (!scheduler_wait_ejected(&scheduler, &test.reason))
		test_fail(FIX_NONE,
			  "%s looks a tid up without the flag and the scheduler is not ejected",
			  program);
	else if (strcmp(scheduler.exit_info->msg, MESSAGE))
		test_fail(FIX_NONE,
			  "the scheduler is ejected for another reason: %s",
			  test.reason.text);
}

TEST_INVARIANT(lookup_by_a_callback_ejects_a_scheduler_without_the_flag,
	       "a lookup by a callback of a scheduler without SCX_OPS_TID_TO_TASK finds nothing and ejects the scheduler with a message",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	struct tid_lookup *lookup;
	pid_t pid;

	load_without_flag();
	lookup = &skel->bss->lookup;
	lookup->tid = 1;
	lookup->parent = getpid();
	pid = spawn_idle_in(&test.root);
	if (pid < 0)
		test_error("cannot fork a task: %s", strerror(-pid));
	lookup->parent = 0;
	test_step("task %d is forked; init_task looks a tid up", pid);
	test_require(lookup->calls == 1, FIX_NONE,
		     "the fork of task %d calls init_task %u times, not once",
		     pid, lookup->calls);
	/* Until it runs for the first time, it has the scheduler's link open. */
	test_require(spawn_kill(pid, PATIENCE_MS) >= 0, FIX_NONE,
		     "task %d does not end although it was killed", pid);
	must_be_ejected("the scheduler", lookup->found);
}

TEST_INVARIANT(lookup_by_a_syscall_program_ejects_a_scheduler_without_the_flag,
	       "a lookup by a syscall program finds nothing and ejects a scheduler without SCX_OPS_TID_TO_TASK with a message",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	load_without_flag();
	must_be_ejected("a syscall program", look_self_up().tid_found);
}

TEST_INVARIANT(lookup_by_a_tp_btf_program_ejects_a_scheduler_without_the_flag,
	       "a lookup by a tp_btf program finds nothing and ejects a scheduler without SCX_OPS_TID_TO_TASK with a message",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	load_without_flag();
	must_be_ejected("a tp_btf program", trace_rename()->found);
}

TEST_INVARIANT(lookup_by_an_fentry_program_ejects_a_scheduler_without_the_flag,
	       "a lookup by an fentry program finds nothing and ejects a scheduler without SCX_OPS_TID_TO_TASK with a message",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	load_without_flag();
	must_be_ejected("an fentry program", trace_fentry()->found);
}

/* No scheduler is loaded: lookups by all three kinds of program have no effect. */
static void lookups_must_have_no_effect(void)
{
	struct klog klog;
	char line[256];

	klog_start(&klog);
	if (klog.fd < 0)
		test_error("cannot read /dev/kmsg");
	if (look_self_up().tid_found)
		test_fail(FIX_NONE, "a tid finds a task without a scheduler");
	if (trace_rename()->found)
		test_fail(FIX_NONE,
			  "a tid finds a task without a scheduler, in a tp_btf program");
	if (trace_fentry()->found)
		test_fail(FIX_NONE,
			  "a tid finds a task without a scheduler, in an fentry program");
	while (klog_has(&klog, "", line, sizeof(line)))
		if (strstr(line, "sched_ext") || strstr(line, "scx_"))
			test_fail(FIX_NONE,
				  "the kernel logs a lookup without a scheduler: %s",
				  line);
	close(klog.fd);
}

TEST_INVARIANT(lookup_without_a_scheduler_has_no_effect,
	       "scx_bpf_tid_to_task() without a scheduler finds nothing and prints nothing, in syscall, tp_btf and fentry programs",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	load_programs(0);
	lookups_must_have_no_effect();
}

TEST_INVARIANT(lookup_after_the_unload_has_no_effect,
	       "scx_bpf_tid_to_task() after the unload of the scheduler finds nothing and prints nothing",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	load_programs(flag);
	load_scheduler();
	lookup_must_work();
	if (scheduler_detach(&scheduler))
		lookups_must_have_no_effect();
}

/* Attaches a scheduler with exactly these flags; 0 or -errno. */
static int try_flags(unsigned long long flags)
{
	static struct scheduler other;
	struct tid_flag *other_skel = SCHEDULER_OPEN_ANEW(&other, tid_flag);
	int err;

	other_skel->struct_ops.ops->flags = flags;
	scheduler_load(&other);
	err = scheduler_try_attach(&other, &test.reason);
	scheduler_disable(&other);
	tid_flag__destroy(other_skel);
	return err;
}

TEST_INVARIANT(unknown_flags_are_refused,
	       "a scheduler with a flag that the kernel does not know is refused with EINVAL",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	/* The lowest unknown bit, the bit below the kernel's internal ones, and their last. */
	int bits[] = { 0, 55, 63 };
	unsigned long long known;
	size_t i;

	test_must_call(kernel_btf_enum("scx_ops_flags", "SCX_OPS_ALL_FLAGS",
				       &known),
		       "cannot find SCX_OPS_ALL_FLAGS in the kernel's BTF");
	test_require(known & flag, FIX_NONE,
		     "SCX_OPS_TID_TO_TASK is not one of SCX_OPS_ALL_FLAGS");
	while (known >> bits[0] & 1)
		bits[0]++;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		int err;

		if (known >> bits[i] & 1)
			continue;
		err = try_flags(flag | 1ULL << bits[i]);
		test_step("a scheduler with bit %d in its flags: %s", bits[i],
			  err ? strerror(-err) : "loaded");
		if (err != -EINVAL)
			test_fail(FIX_NONE,
				  "a scheduler with unknown flag bit %d is not refused as invalid: %s",
				  bits[i],
				  err ? test.reason.text : "it is loaded");
	}
}

/*
 * @program has made lookups while the scheduler, which has the flag, was loaded. An
 * ejection is an expected failure: upstream has not decided whether it is a bug.
 */
static void check_early_lookup(const char *program)
{
	struct reason why;

	if (!scheduler_ejected(&scheduler, &why)) {
		lookup_must_work();
		return;
	}
	scheduler_wait_ejected(&scheduler, &why);
	test_xfail("%s looks a tid up before the table is enabled; the scheduler is ejected: %s",
		   program, why.text);
}

TEST_INVARIANT(ops_init_may_look_up_a_tid,
	       "ops.init() of a scheduler with SCX_OPS_TID_TO_TASK can look a tid up without being ejected",
	       NO_FIX)
{
	struct tid_lookup *lookup;

	load_programs(flag);
	lookup = &skel->bss->lookup;
	lookup->tid = 1;
	lookup->in_init = 1;
	load_scheduler();
	test_require(lookup->calls == 1, FIX_NONE,
		     "the load calls ops.init() %u times, not once",
		     lookup->calls);
	check_early_lookup("ops.init()");
}

static struct bpf_link *trace_switches(void)
{
	struct bpf_link *link =
		bpf_program__attach(skel->progs.lookup_at_switch);
	int err = -errno;

	if (link)
		return link;
	reason_set(&test.reason,
		   "sched_switch cannot be traced with BPF: %s: CONFIG_BPF_EVENTS",
		   bpf_refusal(err));
	test_skip_or_error(bpf_classify(err));
	return NULL;
}

TEST_INVARIANT(tracing_program_may_look_up_a_tid_during_the_load,
	       "a scheduler with SCX_OPS_TID_TO_TASK can be loaded while a tracing program looks tids up",
	       NO_FIX)
{
	struct tid_lookup *lookup;
	struct bpf_link *tracer;

	load_programs(flag);
	tracer = trace_switches();
	lookup = &skel->bss->lookup;
	lookup->tid = 1;
	lookup->at_switch = 1;
	if (!WAIT_FOR(lookup->calls, PATIENCE_MS))
		test_error("a tp_btf program is not called at context switches");
	test_step("a tp_btf program looks a tid up at every context switch");
	load_scheduler();
	bpf_link__destroy(tracer);
	check_early_lookup("a tracing program");
}
