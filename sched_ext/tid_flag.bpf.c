// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_flag.bpf - a scheduler that only looks a tid up, where the test requests it.
 * The test sets SCX_OPS_TID_TO_TASK, or does not.
 */
#include <scx/common.bpf.h>

#include "tid_flag.h"
#include "tid_query.bpf.h"

char _license[] SEC("license") = "GPL";

struct tid_lookup lookup;

UEI_DEFINE(uei);

static __always_inline void look_up(void)
{
	if (!bpf_ksym_exists(scx_bpf_tid_to_task))
		return;
	lookup.calls++;
	if (scx_bpf_tid_to_task(lookup.tid))
		lookup.found++;
}

s32 BPF_STRUCT_OPS(tid_flag_init)
{
	if (lookup.in_init)
		look_up();
	return 0;
}

s32 BPF_STRUCT_OPS(tid_flag_init_task, struct task_struct *p,
		   struct scx_init_task_args *args)
{
	struct task_struct *parent = bpf_get_current_task_btf();

	if (args->fork && parent->pid == lookup.parent)
		look_up();
	return 0;
}

/* It is no callback of the scheduler, so it also runs during the load. */
SEC("tp_btf/sched_switch")
int lookup_at_switch(void *ctx)
{
	if (lookup.at_switch)
		look_up();
	return 0;
}

void BPF_STRUCT_OPS(tid_flag_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops, .init = (void *)tid_flag_init,
	       .init_task = (void *)tid_flag_init_task,
	       .exit = (void *)tid_flag_exit, .name = "task_tid_flag");
