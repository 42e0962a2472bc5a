// SPDX-License-Identifier: GPL-2.0-only
/*
 * pairing.bpf - the observer, but init_task of one task may be kept open, or
 * refused, and cgroup_exit of one cgroup may be kept open. The test says whose.
 */
#define OBSERVER_INIT_TASK pairing_init_task
#define OBSERVER_CGROUP_EXIT pairing_cgroup_exit
#include "observer.bpf.h"
#include "stuck_page.bpf.h"

char _license[] SEC("license") = "GPL";

s32 stuck_pid; /* init_task of this task waits, or of what it forks */
s32 refused_forker; /* what this process forks is refused ... */
s32 refusal; /* ... with this errno ... */
s32 refused_pid; /* ... and it was this one */
u64 stuck_cgroup; /* cgroup_exit of this cgroup waits */
u64 needed_cgroup; /* init_task in this one needs what is kept for it ... */
bool needed_is_gone; /* ... until its cgroup_exit */
u64 orphans; /* how many tasks needed it in vain */

s32 BPF_STRUCT_OPS_SLEEPABLE(pairing_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	s32 forker = args->fork ? (s32)(bpf_get_current_pid_tgid() >> 32) : 0;

	/* What a scheduler says that does not find the state of a cgroup. */
	if (needed_is_gone && cgroup_id(args->cgroup) == needed_cgroup) {
		orphans++;
		return -ENOENT;
	}
	if (forker && forker == refused_forker) {
		refused_pid = p->pid;
		return -refusal;
	}
	observe_init_task(p, args);
	if (stuck_pid && stuck_pid == (args->fork ? forker : p->pid))
		wait_at_stuck_page();
	return 0;
}

void BPF_STRUCT_OPS_SLEEPABLE(pairing_cgroup_exit, struct cgroup *cgrp)
{
	u64 id = cgroup_id(cgrp);

	observe_cgroup(EV_CGROUP_EXIT, cgrp);
	if (needed_cgroup && id == needed_cgroup)
		needed_is_gone = true;
	if (stuck_cgroup && id == stuck_cgroup)
		wait_at_stuck_page();
}

OBSERVER("task_exit_pairing");
