// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_sub - sub-schedulers and exiting tasks.
 *
 * The invariant. When a sub-scheduler is enabled, it takes over all tasks of its cgroup
 * that can still run, including exiting tasks: it gets init_task and later exit_task of
 * each. scx_bpf_events() returns the event counters of the calling scheduler.
 * scx_bpf_select_cpu_and() for a dead task, which has no scheduler any more, returns an
 * error.
 *
 * History. a72f73c4dd9b in 7.0 hid exiting tasks from all iterators over the tasks
 * of a cgroup; 7.1 introduced sub-schedulers, with 60f21a264930 to make those tasks
 * visible to them. There scx_bpf_events() still read the root scheduler's counters
 * (f39cc395dff6). And scx_bpf_select_cpu_and(), which does not know its calling
 * scheduler, reported an error to the scheduler of the task; a dead task has
 * none (0a85182723b6).
 *
 * The window. A task in cgroup c is held while it exits, and then a
 * sub-scheduler is enabled for c. When the task is released, the kernel inserts it
 * without ops.enqueue(), which the sub-scheduler counts as an event; the root
 * scheduler has no such event, as it sets SCX_OPS_ENQ_EXITING. The dead task is the
 * leader of a process, and another thread of the process calls
 * scx_bpf_select_cpu_and() for it: without the fix only that thread dies in the kernel.
 *
 * Consequence. An exiting task stays with a scheduler that is not its
 * cgroup's; a sub-scheduler acts on the counters of another one; a BPF program that
 * handles a task a little too late oopses the kernel.
 */
#include <bpf/bpf.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "disposable.h"
#include "grant.h"
#include "proc.h"
#include "responder.h"
#include "scheduler.h"
#include "spawn.h"
#include "steps.h"
#include "sub.h"
#include "sub.skel.h"

#define EVENT "SCX_EV_ENQ_SKIP_EXITING"

static struct scheduler root, sub;
static struct sub *skel;
static struct cgroup c;
static struct held_task task;
static struct responder live; /* in c */

/* Both schedulers have the cid form where the kernel has it. */
static void choose_form(bool cid)
{
	unsigned long long enq_exiting = 0;

	bpf_map__set_autocreate(skel->maps.arena, cid);
	bpf_map__set_autocreate(skel->maps.ops, cid);
	bpf_map__set_autocreate(skel->maps.sub_ops, cid);
	bpf_map__set_autocreate(skel->maps.cpu_ops, !cid);
	bpf_map__set_autocreate(skel->maps.cpu_sub_ops, !cid);
	UEI_SET_SIZE(skel, cpu_ops, uei);
	UEI_SET_SIZE(skel, sub_ops, sub_uei);
	UEI_SET_SIZE(skel, cpu_sub_ops, sub_uei);
	skel->struct_ops.sub_ops->sub_cgroup_id = c.id;
	skel->struct_ops.cpu_sub_ops->sub_cgroup_id = c.id;
	/* The root scheduler gets ops.enqueue() of its exiting tasks. */
	kernel_btf_enum("scx_ops_flags", "SCX_OPS_ENQ_EXITING", &enq_exiting);
	skel->struct_ops.ops->flags |= enq_exiting;
	skel->struct_ops.cpu_ops->flags |= enq_exiting;
	root.ops = cid ? skel->maps.ops : skel->maps.cpu_ops;
	sub.ops = cid ? skel->maps.sub_ops : skel->maps.cpu_sub_ops;
	sub.exit_info = &skel->data->sub_uei;
}

static void setup(void)
{
	bool cid;
	int err;

	need_sched_ext();
	if (!kernel_btf_member("scx_sched", "sub_kset"))
		test_skip("no sub-schedulers: they take 7.1 or later with CONFIG_EXT_SUB_SCHED");
	test_cgroup(&c, &test.root, "c");

	skel = SCHEDULER_OPEN_ANEW(&root, sub);
	cid = kernel_btf_member("sched_ext_ops_cid", "sub_attach");
	choose_form(cid);
	err = scheduler_try_load(&root, &test.reason);
	if (err && cid)
		need_arena();
	test_skip_or_error(err);
	timeline_use_log(&skel->bss->events);
	if (cid)
		grant_everything(&skel->bss->grant, skel->maps.arena, c.id);
}

static void attach_root(void)
{
	scheduler_attach(&root);
	test_step("that is the root scheduler");
	responder_start(&live, &c);
	timeline_name_task(live.pid, "the live task");
}

static void attach_sub(void)
{
	scheduler_attach(&sub);
	test_step("that is the sub-scheduler of c");
}

static void hold_in_c(void)
{
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	timeline_name_task(task.pid, "the task");
}

TEST_INVARIANT(sub_scheduler_takes_over_an_exiting_task,
	       "a sub-scheduler gets init_task of a task that is exiting in its cgroup when it is enabled, and then exit_task",
	       FAILS_WITHOUT(FIX_ITERATE_EXITING))
{
	attach_root();
	hold_in_c();
	attach_sub();
	assert_held(&task);
	log_must_be_complete();
	test_require(event_logged(test.log, EV_INIT_TASK, 0, live.pid),
		     FIX_NONE,
		     "a sub-scheduler gets no init_task of a live task in its cgroup");
	if (!event_logged(test.log, EV_INIT_TASK, 0, task.pid))
		test_fail(FIX_ITERATE_EXITING,
			  "a sub-scheduler gets no init_task of a task that is exiting in its cgroup");

	release_task(&task);
	if (!test_has_failed() &&
	    !scheduler_wait_event(&sub, EV_EXIT_TASK, 0, task.pid))
		test_fail(FIX_NONE,
			  "exit_task never comes for a task that a sub-scheduler took over while it was exiting");
	if (scheduler_detach(&sub))
		test_check_order(ORDER_RULE(ORDER_R3) | ORDER_RULE(ORDER_R6),
				 FIX_NONE);
}

/* How often a scheduler had the event, by its file in sysfs. */
static long events_in_sysfs(const char *directory)
{
	char path[128], text[2048];
	ssize_t length;
	const char *at;

	snprintf(path, sizeof(path), "/sys/kernel/sched_ext/root%s/events",
		 directory);
	length = read_file(path, text, sizeof(text));
	test_must_call(length < 0 ? length : 0, "cannot read %s", path);
	at = strstr(text, EVENT " ");
	test_require(at, FIX_NONE, "%s has no " EVENT, path);
	return atol(at + strlen(EVENT));
}

/* The same by scx_bpf_events(), which the scheduler calls when @responder is woken. */
static long events_in_bpf(struct counters *counters,
			  struct responder *responder)
{
	counters->pid = responder->pid;
	if (!WAIT_FOR(proc_sleeps(responder->pid), PATIENCE_MS))
		test_error("process %d does not sleep", responder->pid);
	responder_ask(responder);
	test_require(responder_answered(responder, PATIENCE_MS), FIX_NONE,
		     "process %d is woken and does not run", responder->pid);
	counters->pid = 0;
	if (!counters->reads)
		test_error("the scheduler has not called scx_bpf_events()");
	return counters->skipped;
}

/* An exiting task of the sub-scheduler runs, and is not enqueued. */
static void cause_event(void)
{
	hold_in_c();
	/* Bound to one CPU: the kernel would insert it directly on an idle CPU. */
	test_must_call(keep_on_cpu(task.pid, sched_getcpu()),
		       "cannot bind the exiting task to a CPU");
	attach_sub();
	release_task(&task);
}

TEST_INVARIANT(sub_scheduler_reads_its_own_event_counters,
	       "scx_bpf_events() returns the counters of the calling scheduler, be it a sub-scheduler or the root scheduler",
	       FAILS_WITHOUT(FIX_SCX_EVENTS))
{
	static struct responder live_elsewhere;
	struct cgroup elsewhere;
	char directory[64];
	long of_sub, of_root, sub_read, root_read;

	test_cgroup(&elsewhere, &test.root, "elsewhere");
	attach_root();
	responder_start(&live_elsewhere, &elsewhere);
	cause_event();
	snprintf(directory, sizeof(directory), "/sub/sub-%llu", c.id);
	of_sub = events_in_sysfs(directory);
	of_root = events_in_sysfs("");
	test_step(EVENT ": %ld of the sub-scheduler, %ld of the root", of_sub,
		  of_root);
	test_require(of_sub > 0 && !of_root, FIX_NONE,
		     "an exiting task of the sub-scheduler counts %ld times as its " EVENT
		     ", and %ld times as one of the root",
		     of_sub, of_root);

	sub_read = events_in_bpf(&skel->bss->sub_counters, &live);
	root_read = events_in_bpf(&skel->bss->root_counters, &live_elsewhere);
	test_step("scx_bpf_events(): %ld for the sub-scheduler, %ld for the root",
		  sub_read, root_read);
	if (sub_read == of_root)
		test_fail(FIX_SCX_EVENTS,
			  "a sub-scheduler reads the root's event counters");
	else if (sub_read != of_sub)
		test_fail(FIX_NONE,
			  "a sub-scheduler reads wrong event counters");
	if (root_read != of_root)
		test_fail(FIX_NONE,
			  "the root scheduler reads wrong event counters");
}

/* Runs the program, which returns -EAGAIN while the leader has a scheduler. */
static bool leader_has_no_scheduler(int program)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	return bpf_prog_test_run_opts(program, &opts) ||
	       (int)opts.retval != -EAGAIN;
}

static int select_cpu_for_leader(void *program)
{
	WAIT_FOR(leader_has_no_scheduler((long)program), PATIENCE_MS);
	exit_thread();
}

/*
 * Starts a process whose leader exits, and whose other thread calls
 * scx_bpf_select_cpu_and() for the leader.
 *
 * A thread that dies in this BPF program leaves a reader of RCU Tasks Trace, so that
 * sleepable BPF programs are never freed again, and a count of tasks with migration
 * disabled: so it stays on CPU 0, which cannot go offline.
 */
static pid_t start_caller(int program)
{
	pid_t pid = spawn(program);

	if (pid)
		return pid;
	if (!stay_on_cpu(0) && start_thread(select_cpu_for_leader,
					    (void *)(long)program, false) > 0)
		exit_thread();
	_exit(EXIT_FAILURE);
}

/* Puts the kernel's report of an oops, if there is one, into the timeline. */
static void quote_oops(void)
{
	char line[256];

	if (klog_has(&test.klog, "BUG: ", line, sizeof(line)))
		test_step("the kernel says: %s", line);
	while (klog_has(&test.klog, "", line, sizeof(line)))
		if (strstr(line, "end trace"))
			break;
}

/* Skips the test unless an oops is allowed, and does not panic. */
static void need_select_cpu_and(void)
{
	char panics[8];

	if (!machine_is_disposable())
		test_skip("without 0a85182723b6 this oopses: DISPOSABLE_MACHINE=1 allows that");
	if (read_file("/proc/sys/kernel/panic_on_oops", panics,
		      sizeof(panics)) < 0 ||
	    atoi(panics))
		test_skip("without 0a85182723b6 this oopses, and kernel.panic_on_oops is set");
	if (!kernel_btf_function("scx_bpf_select_cpu_and"))
		test_skip("scx_bpf_select_cpu_and() takes the implicit scheduler argument");
}

TEST_INVARIANT(select_cpu_for_a_dead_task_fails,
	       "while there is a sub-scheduler, scx_bpf_select_cpu_and() for a dead task returns EINVAL and ejects no scheduler",
	       FAILS_WITHOUT(FIX_SCX_NO_SCHED))
{
	struct dead_task_call *call = &skel->bss_call->dead_task_call;
	pid_t caller;
	int status;

	need_select_cpu_and();
	attach_root();
	attach_sub();
	caller =
		start_caller(bpf_program__fd(skel->progs.select_cpu_for_leader));
	must_have_forked(caller);
	/* Its thread waits for the leader's death, for PATIENCE_MS at most. */
	status = spawn_wait(caller, 2 * PATIENCE_MS);
	if (!call->called && (status || call->result != -EAGAIN))
		test_error("the process with the dead leader fails: wait status %d, result %d",
			   status, call->result);
	test_require(call->called, FIX_NONE, "a dead task keeps its scheduler");
	test_step("a thread calls scx_bpf_select_cpu_and() for the dead leader: %s",
		  call->returned ? strerror(-call->result) : "no result");
	if (!call->returned) {
		test_fail(FIX_SCX_NO_SCHED,
			  "a thread that calls scx_bpf_select_cpu_and() for a dead task does not return from the kernel");
		quote_oops();
	} else if (call->result != -EINVAL) {
		test_fail(FIX_NONE,
			  "scx_bpf_select_cpu_and() for a dead task does not return EINVAL: %s",
			  strerror(-call->result));
	}
	scheduler_detach(&sub);
	scheduler_detach(&root);
}
