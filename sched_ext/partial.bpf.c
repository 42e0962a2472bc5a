// SPDX-License-Identifier: GPL-2.0-only
/*
 * partial.bpf - the observer, which also notes ops.enable() and ops.disable(). The
 * test sets the flag SCX_OPS_SWITCH_PARTIAL.
 */
#include "observer.bpf.h"

char _license[] SEC("license") = "GPL";

void BPF_STRUCT_OPS(partial_enable, struct task_struct *p)
{
	observe_mention(EV_ENABLE, p);
}

void BPF_STRUCT_OPS(partial_disable, struct task_struct *p)
{
	observe_mention(EV_DISABLE, p);
}

OBSERVER("task_exit_partial", .enable = (void *)partial_enable,
	 .disable = (void *)partial_disable);
