// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_flag.bpf - a scheduler that does nothing, but looks a tid up where the test
 * says so. Whether it has asked for the table is up to the test.
 */
#include <scx/common.bpf.h>

#include "tid_flag.h"
#include "tid_query.bpf.h"

char _license[] SEC("license") = "GPL";

struct tid_lookup own;

UEI_DEFINE(uei);

static __always_inline void look(void)
{
	if (!bpf_ksym_exists(scx_bpf_tid_to_task))
		return;
	own.calls++;
	own.found += scx_bpf_tid_to_task(own.tid) != NULL;
}

s32 BPF_STRUCT_OPS(tid_flag_init)
{
	if (own.in_init)
		look();
	return 0;
}

s32 BPF_STRUCT_OPS(tid_flag_init_task, struct task_struct *p,
		   struct scx_init_task_args *args)
{
	struct task_struct *parent = bpf_get_current_task_btf();

	if (args->fork && parent->pid == own.parent)
		look();
	return 0;
}

/*
 * In nobody's callback, so at any point of a load.
 */
SEC("tp_btf/sched_switch")
int lookup_at_switch(void *ctx)
{
	if (own.at_switch)
		look();
	return 0;
}

void BPF_STRUCT_OPS(tid_flag_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops, .init = (void *)tid_flag_init,
	       .init_task = (void *)tid_flag_init_task,
	       .exit = (void *)tid_flag_exit, .name = "task_tid_flag");
