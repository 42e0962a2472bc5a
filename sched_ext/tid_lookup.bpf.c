// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_lookup.bpf - a scheduler that does nothing. The test sets its
 * SCX_OPS_TID_TO_TASK.
 */
#include <scx/common.bpf.h>

#include "tid_query.bpf.h"

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

void BPF_STRUCT_OPS(tid_lookup_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops, .exit = (void *)tid_lookup_exit, .name = "task_tid_lookup");
