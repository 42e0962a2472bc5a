// SPDX-License-Identifier: GPL-2.0-only
/*
 * pairing.bpf - the observer, whose init_task and cgroup_exit can be made to block,
 * and whose init_task can be made to fail.
 */
#define OBSERVER_INIT_TASK pairing_init_task
#define OBSERVER_CGROUP_EXIT pairing_cgroup_exit
#include "observer.bpf.h"
#include "blocking_page.bpf.h"

char _license[] SEC("license") = "GPL";

/* Set by the test. */
s32 blocked_pid; /* init_task blocks for this task and for its children */
s32 refused_forker; /* init_task fails for the children of this process ... */
s32 refusal; /* ... with this errno */
u64 blocked_cgroup; /* cgroup_exit of this cgroup blocks */
u64 needed_cgroup; /* init_task in this cgroup fails after its cgroup_exit */

s32 refused_pid; /* the last child that was refused */
u64 failed_lookups; /* how often init_task failed for want of needed_cgroup */

static bool needed_cgroup_is_freed;

s32 BPF_STRUCT_OPS_SLEEPABLE(pairing_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	s32 forker = args->fork ? (s32)(bpf_get_current_pid_tgid() >> 32) : 0;

	/* Like a scheduler that does not find its state of the cgroup. */
	if (needed_cgroup_is_freed &&
	    cgroup_id(args->cgroup) == needed_cgroup) {
		failed_lookups++;
		return -ENOENT;
	}
	if (forker && forker == refused_forker) {
		refused_pid = p->pid;
		return -refusal;
	}
	observe_init_task(p, args);
	if (blocked_pid && blocked_pid == (args->fork ? forker : p->pid))
		wait_at_blocking_page();
	return 0;
}

void BPF_STRUCT_OPS_SLEEPABLE(pairing_cgroup_exit, struct cgroup *cgrp)
{
	u64 id = cgroup_id(cgrp);

	observe_cgroup(EV_CGROUP_EXIT, cgrp);
	if (needed_cgroup && id == needed_cgroup)
		needed_cgroup_is_freed = true;
	if (blocked_cgroup && id == blocked_cgroup)
		wait_at_blocking_page();
}

OBSERVER("task_exit_pairing");
