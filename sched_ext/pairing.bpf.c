// SPDX-License-Identifier: GPL-2.0-only
/*
 * pairing.bpf - the observer, but init_task of one task may be kept open, or
 * refused. The test says whose.
 */
#define OBSERVER_INIT_TASK pairing_init_task
#include "observer.bpf.h"
#include "stuck_page.bpf.h"

char _license[] SEC("license") = "GPL";

s32 stuck_pid; /* init_task of this task waits, or of what it forks */
s32 refused_forker; /* what this process forks is refused ... */
s32 refusal; /* ... with this errno ... */
s32 refused_pid; /* ... and it was this one */

s32 BPF_STRUCT_OPS_SLEEPABLE(pairing_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	s32 forker = args->fork ? (s32)(bpf_get_current_pid_tgid() >> 32) : 0;

	if (forker && forker == refused_forker) {
		refused_pid = p->pid;
		return -refusal;
	}
	observe_init_task(p, args);
	if (stuck_pid && stuck_pid == (args->fork ? forker : p->pid))
		wait_at_stuck_page();
	return 0;
}

OBSERVER("task_exit_pairing");
