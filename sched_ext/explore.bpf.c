// SPDX-License-Identifier: GPL-2.0-only
/*
 * explore.bpf - the observer (observer.bpf.h), which can also look up a tid in ops.init(),
 * and a program that looks up the tids of tasks.
 */
#include "observer.bpf.h"
#include "tid_query.bpf.h"

char _license[] SEC("license") = "GPL";

bool lookup_in_init;

s32 BPF_STRUCT_OPS(explore_init)
{
	if (lookup_in_init && bpf_ksym_exists(scx_bpf_tid_to_task))
		scx_bpf_tid_to_task(1);
	return 0;
}

OBSERVER("task_exit_explore", .init = (void *)explore_init);
