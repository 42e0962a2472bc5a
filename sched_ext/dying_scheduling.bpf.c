// SPDX-License-Identifier: GPL-2.0-only
/*
 * dying_scheduling.bpf - the observer, which also schedules: it inserts every task
 * that is enqueued into the global queue. It logs each enqueue of an exiting task, with
 * the task's cgroup. The test sets the flag SCX_OPS_ENQ_EXITING.
 */
#include "observer.bpf.h"

char _license[] SEC("license") = "GPL";

s32 stalled_pid; /* once it is exiting, this task is not run */
bool enqueued_any; /* ops.enqueue() has come, for any task */

static __always_inline void observe_enqueue(struct task_struct *p)
{
	struct event *ev = observe();
	struct cgroup *cgrp;

	if (!ev)
		return;
	observe_task(ev, p);
	cgrp = scx_bpf_task_cgroup(p);
	if (cgrp) {
		ev->cgroup = cgroup_id(cgrp);
		bpf_cgroup_release(cgrp);
	}
	/* The css of cpu, as the cgroup itself is offline once it is removed. */
	if (!(BPF_CORE_READ(p, sched_task_group, css.flags) & CGROUP_ONLINE))
		ev->flags |= EVF_OFFLINE;
	observed(ev, EV_ENQUEUE);
}

/* The default would insert into the queue of an idle CPU, without ops.enqueue(). */
s32 BPF_STRUCT_OPS(dying_select_cpu, struct task_struct *p, s32 prev_cpu,
		   u64 wake_flags)
{
	return prev_cpu;
}

void BPF_STRUCT_OPS(dying_enqueue, struct task_struct *p, u64 enq_flags)
{
	enqueued_any = true;
	if (p->flags & PF_EXITING) {
		observe_enqueue(p);
		if (p->pid == stalled_pid)
			return;
	}
	scx_bpf_dsq_insert(p, SCX_DSQ_GLOBAL, SCX_SLICE_DFL, enq_flags);
}

OBSERVER("task_exit_dying", .select_cpu = (void *)dying_select_cpu,
	 .enqueue = (void *)dying_enqueue);
