// SPDX-License-Identifier: GPL-2.0-only
/*
 * sub.bpf - a root scheduler that lets sub-schedulers attach, and one of those, which
 * notes the tasks that it is given. Both can read their event counters. And a question
 * to the kernel that does not say who asks.
 *
 * There is a pair for each form of scheduler: the test picks that of the kernel.
 */
#include <scx/common.bpf.h>

#include "insert.bpf.h"
#include "observe.bpf.h"
#include "sub.bpf.h"
#include "sub.h"

char _license[] SEC("license") = "GPL";

/* The tree that this is built in may have other members, in other places. */
struct scx_event_stats___task_exit {
	s64 SCX_EV_ENQ_SKIP_EXITING;
} __attribute__((preserve_access_index));

struct scx_sched___task_exit;

struct sched_ext_entity___task_exit {
	struct scx_sched___task_exit *sched;
} __attribute__((preserve_access_index));

void scx_bpf_events___task_exit(struct scx_event_stats___task_exit *events,
				size_t events__sz) __ksym __weak;
s32 scx_bpf_select_cpu_and___task_exit(struct task_struct *p, s32 prev_cpu,
				       u64 wake_flags,
				       const struct cpumask *cpus_allowed,
				       u64 flags) __ksym __weak;
void bpf_rcu_read_lock(void) __ksym;
void bpf_rcu_read_unlock(void) __ksym;

UEI_DEFINE(uei);
UEI_DEFINE(sub_uei);

struct counters root_counters, sub_counters;

/* By itself, as its reader may die with it: that keeps nothing else. */
struct question question SEC(".bss.question");

static __always_inline void read_counters(struct counters *counters,
					  struct task_struct *p)
{
	u32 at = bpf_core_field_offset(struct scx_event_stats___task_exit,
				       SCX_EV_ENQ_SKIP_EXITING) /
		 sizeof(s64);

	if (!bpf_ksym_exists(scx_bpf_events___task_exit) ||
	    p->pid != counters->pid || at >= SUB_COUNTERS)
		return;
	scx_bpf_events___task_exit((void *)counters->counter,
				   sizeof(counters->counter));
	counters->skipped = counters->counter[at];
	__sync_fetch_and_add(&counters->reads, 1);
}

/*
 * -EAGAIN while the leader has a scheduler. After that the kernel cannot know whose
 * mistake the question is: not who asks, and nobody has the task.
 */
SEC("syscall")
int ask_about_the_leader(void *ctx)
{
	struct sched_ext_entity___task_exit *scx;
	struct task_struct *leader;

	if (!bpf_ksym_exists(scx_bpf_select_cpu_and___task_exit))
		return -EOPNOTSUPP;
	question.answer = -EAGAIN;
	bpf_rcu_read_lock();
	leader = bpf_get_current_task_btf()->group_leader;
	scx = (void *)&leader->scx;
	if (!BPF_CORE_READ(scx, sched)) {
		question.asked = 1;
		question.answer = scx_bpf_select_cpu_and___task_exit(
			leader, 0, 0, leader->cpus_ptr, 0);
		question.answered = 1;
	}
	bpf_rcu_read_unlock();
	return question.answer;
}

s32 BPF_STRUCT_OPS(cid_root_attach, struct scx_sub_attach_args *args)
{
	USE_ARENA();
	return grant_it();
}

void BPF_STRUCT_OPS(cid_root_runnable, struct task_struct *p, u64 enq_flags)
{
	read_counters(&root_counters, p);
}

void BPF_STRUCT_OPS(cid_root_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

s32 BPF_STRUCT_OPS(cid_init_task, struct task_struct *p,
		   struct scx_init_task_args *args)
{
	observe_init_task(p, args);
	return 0;
}

void BPF_STRUCT_OPS(cid_exit_task, struct task_struct *p,
		    struct scx_exit_task_args *args)
{
	observe_exit_task(p, args);
}

void BPF_STRUCT_OPS(cid_enqueue, struct task_struct *p, u64 enq_flags)
{
	insert(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags | grant.rescue);
}

void BPF_STRUCT_OPS(cid_runnable, struct task_struct *p, u64 enq_flags)
{
	read_counters(&sub_counters, p);
}

void BPF_STRUCT_OPS(cid_exit, struct scx_exit_info *ei)
{
	USE_ARENA();
	UEI_RECORD(sub_uei, ei);
}

SEC(".struct_ops.link")
struct sched_ext_ops_cid___task_exit ops = {
	.sub_attach = (void *)cid_root_attach,
	.runnable = (void *)cid_root_runnable,
	.exit = (void *)cid_root_exit,
	.name = "task_exit_root",
};

SEC(".struct_ops.link")
struct sched_ext_ops_cid___task_exit sub_ops = {
	.init_task = (void *)cid_init_task,
	.exit_task = (void *)cid_exit_task,
	.enqueue = (void *)cid_enqueue,
	.runnable = (void *)cid_runnable,
	.exit = (void *)cid_exit,
	.name = "task_exit_sub",
};

/* The same once more: a program is of one form. */

s32 BPF_STRUCT_OPS(cpu_root_attach, struct scx_sub_attach_args *args)
{
	return 0;
}

void BPF_STRUCT_OPS(cpu_root_runnable, struct task_struct *p, u64 enq_flags)
{
	read_counters(&root_counters, p);
}

void BPF_STRUCT_OPS(cpu_root_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

s32 BPF_STRUCT_OPS(cpu_init_task, struct task_struct *p,
		   struct scx_init_task_args *args)
{
	observe_init_task(p, args);
	return 0;
}

void BPF_STRUCT_OPS(cpu_exit_task, struct task_struct *p,
		    struct scx_exit_task_args *args)
{
	observe_exit_task(p, args);
}

void BPF_STRUCT_OPS(cpu_enqueue, struct task_struct *p, u64 enq_flags)
{
	insert(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags | grant.rescue);
}

void BPF_STRUCT_OPS(cpu_runnable, struct task_struct *p, u64 enq_flags)
{
	read_counters(&sub_counters, p);
}

void BPF_STRUCT_OPS(cpu_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(sub_uei, ei);
}

SEC(".struct_ops.link")
struct sched_ext_ops___task_exit cpu_ops = {
	.sub_attach = (void *)cpu_root_attach,
	.runnable = (void *)cpu_root_runnable,
	.exit = (void *)cpu_root_exit,
	.name = "task_exit_root",
};

SEC(".struct_ops.link")
struct sched_ext_ops___task_exit cpu_sub_ops = {
	.init_task = (void *)cpu_init_task,
	.exit_task = (void *)cpu_exit_task,
	.enqueue = (void *)cpu_enqueue,
	.runnable = (void *)cpu_runnable,
	.exit = (void *)cpu_exit,
	.name = "task_exit_sub",
};
