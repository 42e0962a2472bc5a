// SPDX-License-Identifier: GPL-2.0-only
/*
 * moves.bpf - the observer, but ops.cgroup_prep_move() blocks or fails for a task
 * that the test names.
 */
#define OBSERVER_PREP_MOVE moves_prep_move
#include "observer.bpf.h"
#include "blocking_page.bpf.h"

char _license[] SEC("license") = "GPL";

s32 blocked_pid; /* cgroup_prep_move of this task blocks */
s32 refused_pid; /* cgroup_prep_move of this task fails ... */
s32 refusal; /* ... with this errno ... */
s32 refused; /* ... and has done so this many times */

s32 BPF_STRUCT_OPS_SLEEPABLE(moves_prep_move, struct task_struct *p,
			     struct cgroup *from, struct cgroup *to)
{
	if (refused_pid && p->pid == refused_pid) {
		refused++;
		return -refusal;
	}
	observe_move(EV_PREP_MOVE, p, from, to);
	if (blocked_pid && p->pid == blocked_pid)
		wait_at_blocking_page();
	return 0;
}

OBSERVER("task_exit_moves");
