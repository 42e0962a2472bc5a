// SPDX-License-Identifier: GPL-2.0-only
/*
 * sub.bpf - a root scheduler, and a sub-scheduler that notes the tasks that it gets.
 * Both can read their event counters. A syscall program calls
 * scx_bpf_select_cpu_and(), which does not know the scheduler that calls it.
 *
 * There is a pair of schedulers for each form of struct_ops: the test selects the
 * kernel's form.
 */
#include <scx/common.bpf.h>

#include "insert.bpf.h"
#include "observe.bpf.h"
#include "sub.bpf.h"
#include "sub.h"

char _license[] SEC("license") = "GPL";

/* The build tree's struct may have other members, at other offsets. */
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

UEI_DEFINE(uei);
UEI_DEFINE(sub_uei);

struct counters root_counters, sub_counters;

/* In a map by itself: a program that dies in the kernel pins no other map. */
struct dead_task_call dead_task_call SEC(".bss.call");

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
 * -EAGAIN while the leader has a scheduler. Without one, the kernel cannot tell which
 * scheduler to blame: neither the caller nor the task has one.
 */
SEC("syscall")
int select_cpu_for_leader(void *ctx)
{
	struct sched_ext_entity___task_exit *scx;
	struct task_struct *leader;

	if (!bpf_ksym_exists(scx_bpf_select_cpu_and___task_exit))
		return -EOPNOTSUPP;
	dead_task_call.result = -EAGAIN;
	bpf_rcu_read_lock();
	leader = bpf_get_current_task_btf()->group_leader;
	scx = (void *)&leader->scx;
	if (!BPF_CORE_READ(scx, sched)) {
		dead_task_call.called = 1;
		dead_task_call.result =
			scx_bpf_select_cpu_and___task_exit(leader, 0, 0,
							   leader->cpus_ptr, 0);
		dead_task_call.returned = 1;
	}
	bpf_rcu_read_unlock();
	return dead_task_call.result;
}

s32 BPF_STRUCT_OPS(cid_root_attach, struct scx_sub_attach_args *args)
{
	use_arena();
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
	use_arena();
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

/* The same again, as a program belongs to one form. */

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
