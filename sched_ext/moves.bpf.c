// SPDX-License-Identifier: GPL-2.0-only
/*
 * moves.bpf - the observer, but cgroup_prep_move of one task may be kept open, or
 * refused. The test says whose.
 */
#define OBSERVER_PREP_MOVE moves_prep_move
#include "observer.bpf.h"
#include "stuck_page.bpf.h"

char _license[] SEC("license") = "GPL";

s32 stuck_pid; /* cgroup_prep_move of this task waits */
s32 refused_pid; /* of this one it refuses ... */
s32 refusal; /* ... with this errno */
s32 refused; /* how many times it did */

s32 BPF_STRUCT_OPS_SLEEPABLE(moves_prep_move, struct task_struct *p,
			     struct cgroup *from, struct cgroup *to)
{
	if (refused_pid && p->pid == refused_pid) {
		refused++;
		return -refusal;
	}
	observe_move(EV_PREP_MOVE, p, from, to);
	if (stuck_pid && p->pid == stuck_pid)
		wait_at_stuck_page();
	return 0;
}

OBSERVER("task_exit_moves");
