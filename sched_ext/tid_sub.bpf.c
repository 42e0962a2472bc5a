// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_sub.bpf - a root scheduler that allows sub-schedulers, and a sub-scheduler that
 * looks its tasks up. See sub.bpf.h.
 */
#include <scx/common.bpf.h>

#include "insert.bpf.h"
#include "sub.bpf.h"
#include "tid_query.bpf.h"

char _license[] SEC("license") = "GPL";

/* The lookups of one task, in init_task and in runnable. */
struct tid_trace init_trace, runnable_trace;

UEI_DEFINE(uei);
UEI_DEFINE(sub_uei);

s32 BPF_STRUCT_OPS(tid_sub_root_attach, struct scx_sub_attach_args *args)
{
	use_arena();
	return grant_it();
}

void BPF_STRUCT_OPS(tid_sub_root_exit, struct scx_exit_info *ei)
{
	use_arena();
	UEI_RECORD(uei, ei);
}

static __always_inline void look_up(struct tid_trace *trace,
				    struct task_struct *p)
{
	struct task_struct *found;

	if (!bpf_ksym_exists(scx_bpf_tid_to_task) || p->pid != trace->pid)
		return;
	found = scx_bpf_tid_to_task(task_tid(p));
	trace->calls++;
	if (!found)
		return;
	trace->found++;
	trace->same += found == p;
}

s32 BPF_STRUCT_OPS(tid_sub_init_task, struct task_struct *p,
		   struct scx_init_task_args *args)
{
	look_up(&init_trace, p);
	return 0;
}

void BPF_STRUCT_OPS(tid_sub_enqueue, struct task_struct *p, u64 enq_flags)
{
	insert(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags | grant.rescue);
}

void BPF_STRUCT_OPS(tid_sub_runnable, struct task_struct *p, u64 enq_flags)
{
	look_up(&runnable_trace, p);
}

void BPF_STRUCT_OPS(tid_sub_exit, struct scx_exit_info *ei)
{
	use_arena();
	UEI_RECORD(sub_uei, ei);
}

SEC(".struct_ops.link")
struct sched_ext_ops_cid___task_exit ops = {
	.sub_attach = (void *)tid_sub_root_attach,
	.exit = (void *)tid_sub_root_exit,
	.name = "task_tid_root",
};

SEC(".struct_ops.link")
struct sched_ext_ops_cid___task_exit sub_ops = {
	.init_task = (void *)tid_sub_init_task,
	.enqueue = (void *)tid_sub_enqueue,
	.runnable = (void *)tid_sub_runnable,
	.exit = (void *)tid_sub_exit,
	.name = "task_tid_sub",
};
