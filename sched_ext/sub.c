// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_sub - what the kernel promises a sub-scheduler about tasks that are exiting.
 *
 * The invariant. A sub-scheduler takes over all tasks of its cgroup that have still to
 * run, also those that are exiting: it sees their init_task when it is loaded, and then
 * their exit_task. The event counters that it reads are its own, and not the root's. A
 * question about a dead task, which no scheduler has any more, is refused.
 *
 * Who broke it. a72f73c4dd9b in 7.0 hid exiting tasks from all who walk a cgroup's
 * tasks; sub-schedulers came in 7.1, with 60f21a264930 to see those tasks. There
 * scx_bpf_events() went on to read the root's counters (f39cc395dff6). And
 * scx_bpf_select_cpu_and(), which does not say who asks, blamed the scheduler of the
 * task that it was asked about: a dead one has none (0a85182723b6).
 *
 * How the window is opened. A task in cgroup c is held while it exits, and then a
 * sub-scheduler for c is loaded. When the task goes on, the sub-scheduler is not asked
 * where to: that is an event. The root has no such event, as it wants to be asked
 * (SCX_OPS_ENQ_EXITING). The question about a dead task is that of a thread about the
 * leader of its process, which has exited: without the fix the thread dies in the
 * kernel, and nobody else.
 *
 * What a failure means. A task that exits stays with a scheduler that is not its
 * cgroup's; a sub-scheduler acts on numbers of another; a BPF program that comes a
 * little late is an oops.
 */
#include <bpf/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "disposable.h"
#include "grant.h"
#include "proc.h"
#include "resident.h"
#include "scheduler.h"
#include "spawn.h"
#include "sub.h"
#include "sub.skel.h"

#define EVENT "SCX_EV_ENQ_SKIP_EXITING"

FIXTURE(scx_sub)
{
	struct stage stage;
	struct scheduler root;
	struct scheduler sub;
	struct sub *skel;
	struct cgroup c;
	struct cgroup other;
	struct exiting task;
	struct resident resident; /* in c */
	struct resident stranger; /* in other */
	bool is_cid;
};

/* Both are of one form: of the cid form where the kernel has it. */
static void choose_form(FIXTURE_DATA(scx_sub) * self)
{
	struct sub *skel = self->skel;
	bool cid = kernel_btf_member("sched_ext_ops_cid", "sub_attach");
	unsigned long long asked = 0;

	self->is_cid = cid;
	bpf_map__set_autocreate(skel->maps.arena, cid);
	bpf_map__set_autocreate(skel->maps.ops, cid);
	bpf_map__set_autocreate(skel->maps.sub_ops, cid);
	bpf_map__set_autocreate(skel->maps.cpu_ops, !cid);
	bpf_map__set_autocreate(skel->maps.cpu_sub_ops, !cid);
	UEI_SET_SIZE(skel, cpu_ops, uei);
	UEI_SET_SIZE(skel, sub_ops, sub_uei);
	UEI_SET_SIZE(skel, cpu_sub_ops, sub_uei);
	skel->struct_ops.sub_ops->sub_cgroup_id = self->c.id;
	skel->struct_ops.cpu_sub_ops->sub_cgroup_id = self->c.id;
	/* The root is asked about the tasks of its that are exiting. */
	kernel_btf_enum("scx_ops_flags", "SCX_OPS_ENQ_EXITING", &asked);
	skel->struct_ops.ops->flags |= asked;
	skel->struct_ops.cpu_ops->flags |= asked;
	self->root.ops = cid ? skel->maps.ops : skel->maps.cpu_ops;
	self->sub.ops = cid ? skel->maps.sub_ops : skel->maps.cpu_sub_ops;
}

FIXTURE_SETUP(scx_sub)
{
	struct reason *reason = &self->stage.reason;
	int err;

	SET_STAGE();
	if (scheduler_possible(reason))
		LEAVE("%s", reason->text);
	if (!kernel_btf_member("scx_sched", "sub_kset"))
		LEAVE("this kernel's sched_ext has no sub-schedulers: 7.1 or later with CONFIG_EXT_SUB_SCHED");
	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	ASSERT_EQ(0, cgroup_create(&self->other, &self->stage.root, "other"));

	self->skel = SCHEDULER_OPEN(&self->root, sub);
	ASSERT_NE(NULL, self->skel);
	choose_form(self);
	err = scheduler_load(&self->root, reason);
	/* See scx_tid_sub. */
	if (err == -ENOMEM)
		LEAVE("%s", reason->text);
	ASSERT_STAGED(err);
	self->sub.exit_info = &self->skel->data->sub_uei;
	story_use_log(&self->stage.story, &self->skel->bss->events);
	story_name_cgroup(&self->stage.story, &self->c, "c");
	if (self->is_cid)
		grant_everything(&self->skel->bss->grant,
				 self->skel->maps.arena, self->c.id);
}

FIXTURE_TEARDOWN(scx_sub)
{
	exiting_destroy(&self->task);
	scheduler_detach(&self->sub, &self->stage.story);
	scheduler_detach(&self->root, &self->stage.story);
	resident_end(&self->resident);
	resident_end(&self->stranger);
	STRIKE_STAGE();
}

#define ATTACH_ROOT()                                                       \
	do {                                                                \
		int __err =                                                 \
			scheduler_attach(&self->root, &self->stage.reason); \
		if (__err == -EBUSY)                                        \
			SKIP(return, "%s", self->stage.reason.text);        \
		ASSERT_STAGED(__err);                                       \
		STEP("the root scheduler is loaded");                       \
		ASSERT_EQ(0, resident_start(&self->resident, &self->c));    \
	} while (0)

#define ATTACH_SUB()                                                        \
	do {                                                                \
		ASSERT_STAGED(                                              \
			scheduler_attach(&self->sub, &self->stage.reason)); \
		STEP("the sub-scheduler of c is loaded");                   \
	} while (0)

TEST_F(scx_sub, load_takes_over_an_exiting_task)
{
	struct story *story = &self->stage.story;

	ATTACH_ROOT();
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	story_name_task(story, self->task.pid, "the task");
	story_name_task(story, self->resident.pid, "a live one");
	ATTACH_SUB();
	ASSERT_TRUE(exiting_is_held(&self->task));
	/* The stage: the load has walked the tasks of c. */
	ASSERT_TRUE(
		event_noted(story->log, EV_INIT_TASK, 0, self->resident.pid));
	if (!event_noted(story->log, EV_INIT_TASK, 0, self->task.pid))
		BROKEN(FIX_ITERATE_EXITING,
		       "the sub-scheduler of a cgroup does not get the task that is exiting in it");

	STEP("the task is released");
	ASSERT_EQ(0, exiting_release(&self->task));
	if (!story->broken && !scheduler_notes(&self->sub, story->log,
					       EV_EXIT_TASK, 0, self->task.pid))
		BROKEN(FIX_NONE,
		       "a sub-scheduler never hears of the end of a task that it got while exiting");
	if (scheduler_detach(&self->sub, story))
		JUDGE(ORDER_RULE(ORDER_R3) | ORDER_RULE(ORDER_R6), FIX_NONE);
}

/* The kernel's own word on how often a scheduler had the event; or -errno. */
static long events_of(const char *directory)
{
	char path[PATH_MAX], text[2048];
	const char *at;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/kernel/sched_ext/root%s/events",
		 directory);
	len = read_file(path, text, sizeof(text));
	if (len < 0)
		return len;
	at = strstr(text, EVENT " ");
	return at ? atol(at + strlen(EVENT)) : -ENOENT;
}

/* What a scheduler reads when a task of its is woken; negative if it does not. */
static long ask_for_counters(struct counters *counters,
			     struct resident *resident)
{
	counters->pid = resident->pid;
	if (!WAIT_FOR(proc_sleeps(resident->pid), PATIENCE_MS))
		return -EBUSY;
	resident_ask(resident);
	if (!resident_answered(resident, PATIENCE_MS))
		return -ETIMEDOUT;
	counters->pid = 0;
	return counters->reads ? counters->skipped : -ENODATA;
}

/* Has a task exit that is the sub-scheduler's, which is not asked about it. */
static void have_events(struct __test_metadata *_metadata,
			FIXTURE_DATA(scx_sub) * self)
{
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	story_name_task(&self->stage.story, self->task.pid, "the task");
	/* The kernel chooses no CPU for it, which might be idle: then nobody is asked. */
	ASSERT_EQ(0, keep_on_cpu(self->task.pid, sched_getcpu()));
	ATTACH_SUB();
	STEP("the task is released");
	ASSERT_EQ(0, exiting_release(&self->task));
}

TEST_F(scx_sub, event_counters_are_its_own)
{
	struct sub *skel = self->skel;
	char sub_directory[64];
	long own, roots, sub_reads, root_reads;

	ATTACH_ROOT();
	ASSERT_EQ(0, resident_start(&self->stranger, &self->other));
	have_events(_metadata, self);
	if (_metadata->exit_code != KSFT_PASS)
		return;
	snprintf(sub_directory, sizeof(sub_directory), "/sub/sub-%llu",
		 self->c.id);
	own = events_of(sub_directory);
	roots = events_of("");
	STEP(EVENT ": %ld of the sub-scheduler, %ld of the root", own, roots);
	/* The stage: the two can be told apart. */
	ASSERT_GT(own, 0);
	ASSERT_EQ(roots, 0);

	sub_reads = ask_for_counters(&skel->bss->sub_counters, &self->resident);
	root_reads =
		ask_for_counters(&skel->bss->root_counters, &self->stranger);
	STEP("scx_bpf_events() says: %ld to the sub-scheduler, %ld to the root",
	     sub_reads, root_reads);
	ASSERT_LE(0, sub_reads);
	ASSERT_LE(0, root_reads);
	if (sub_reads == roots)
		BROKEN(FIX_SCX_EVENTS,
		       "a sub-scheduler that asks for its event counters is given the root's");
	else if (sub_reads != own)
		BROKEN(FIX_NONE,
		       "a sub-scheduler that asks for its event counters is given other numbers");
	if (root_reads != roots)
		BROKEN(FIX_NONE,
		       "the root scheduler that asks for its event counters is given other numbers");
}

static void *ask_about_the_leader(void *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	WAIT_FOR(bpf_prog_test_run_opts((long)program, &opts) ||
			 (int)opts.retval != -EAGAIN,
		 PATIENCE_MS);
	syscall(SYS_exit, 0);
	return NULL;
}

/*
 * A process whose leader exits, and whose other thread then asks about it.
 *
 * A thread that dies in a BPF program of this kind leaves behind, for as long as the
 * kernel runs, a reader of RCU Tasks Trace, so that no BPF program that may sleep is
 * freed any more, and a count of tasks that must not leave their CPU: so it stays on
 * CPU 0, which nobody takes away.
 */
static pid_t start_asker(int program)
{
	pid_t pid = spawn(program);
	pthread_t thread;

	if (pid)
		return pid;
	if (!stay_on_cpu(0) &&
	    !pthread_create(&thread, NULL, ask_about_the_leader,
			    (void *)(long)program))
		syscall(SYS_exit, 0);
	_exit(EXIT_FAILURE);
}

/* The kernel's report, if there is one, is told in our words. */
static void tell_report(FIXTURE_DATA(scx_sub) * self)
{
	struct klog *klog = &self->stage.klog;
	char line[256];

	if (klog_says(klog, "BUG: ", line, sizeof(line)))
		STEP("the kernel says: %s", line);
	while (klog_says(klog, "", line, sizeof(line)))
		if (strstr(line, "end trace"))
			break;
}

/* Whether the question can be asked, and an oops may be the answer. */
static bool may_ask(struct reason *reason)
{
	char panics[8];

	if (!machine_is_disposable()) {
		reason_set(
			reason,
			"without 0a85182723b6 this is an oops, which leaves something in the kernel: say that nobody minds with DISPOSABLE_MACHINE=1");
		return false;
	}
	if (read_file("/proc/sys/kernel/panic_on_oops", panics,
		      sizeof(panics)) < 0 ||
	    atoi(panics)) {
		reason_set(
			reason,
			"without 0a85182723b6 this is an oops, and kernel.panic_on_oops makes it a panic");
		return false;
	}
	if (kernel_btf_function("scx_bpf_select_cpu_and"))
		return true;
	reason_set(
		reason,
		"this kernel has no scx_bpf_select_cpu_and() that does not say who asks");
	return false;
}

TEST_F(scx_sub, question_about_a_dead_task_is_refused)
{
	struct question *question = &self->skel->bss_question->question;
	pid_t asker;

	if (!may_ask(&self->stage.reason))
		SKIP(return, "%s", self->stage.reason.text);
	ATTACH_ROOT();
	ATTACH_SUB();
	asker = start_asker(
		bpf_program__fd(self->skel->progs.ask_about_the_leader));
	ASSERT_LT(0, asker);
	ASSERT_NE(-ETIMEDOUT, spawn_wait(asker, PATIENCE_MS));
	ASSERT_NE((__u32)0, question->asked);
	STEP("a thread asks about the leader of its process, which has exited: %s",
	     question->answered ? strerror(-question->answer) : "no answer");
	if (!question->answered) {
		BROKEN(FIX_SCX_NO_SCHED,
		       "who asks for a CPU for a dead task dies in the kernel");
		tell_report(self);
	} else if (question->answer != -EINVAL) {
		BROKEN(FIX_NONE,
		       "the question about a dead task is not refused with EINVAL");
	}
	scheduler_detach(&self->sub, &self->stage.story);
	scheduler_detach(&self->root, &self->stage.story);
}

TEST_PROGRAM(scx_sub)
