// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_exiting.bpf - a scheduler that delays a task that has exited, and looks it up
 * by the pid and the tid that it had in ops.enqueue().
 */
#include <scx/common.bpf.h>

#include "pidless.bpf.h"
#include "tid_exiting.h"
#include "tid_query.bpf.h"

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

struct delayed_task delayed;
struct lookups in_enqueue, in_dispatch;
bool release; /* set by the test: dispatch the delayed task */

static __always_inline u32 classify(struct task_struct *found)
{
	if (!found)
		return FOUND_NOTHING;
	return (u64)found == delayed.task ? FOUND_IT : FOUND_ANOTHER;
}

static __always_inline void look_up_by_pid(struct lookups *lookups)
{
	struct task_struct *found = bpf_task_from_pid(delayed.pid);

	lookups->by_pid = classify(found);
	if (found)
		bpf_task_release(found);
}

/* The task, if its tid finds it. */
static __always_inline struct task_struct *look_up(struct lookups *lookups)
{
	struct task_struct *found;

	look_up_by_pid(lookups);
	found = scx_bpf_tid_to_task(delayed.tid);
	lookups->by_tid = classify(found);
	lookups->times++;
	return lookups->by_tid == FOUND_IT ? found : NULL;
}

void BPF_STRUCT_OPS(tid_exiting_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (is_woken_by_exiting_task(p)) {
		run_here(p, SCX_ENQ_PREEMPT);
	} else if (has_exited(p) && !delayed.task) {
		delayed.task = (u64)p;
		delayed.tid = task_tid(p);
		delayed.pid = p->pid;
		look_up(&in_enqueue);
	} else {
		run_here(p, 0);
	}
}

void BPF_STRUCT_OPS(tid_exiting_dispatch, s32 cpu, struct task_struct *prev)
{
	struct task_struct *p;

	if (cpu != pidless_cpu || !delayed.task || delayed.ended)
		return;
	p = look_up(&in_dispatch);
	if (p && release)
		run_here(p, 0);
}

void BPF_STRUCT_OPS(tid_exiting_exit_task, struct task_struct *p,
		    struct scx_exit_task_args *args)
{
	if ((u64)p == delayed.task && has_switched_for_the_last_time(p))
		delayed.ended = true;
}

void BPF_STRUCT_OPS(tid_exiting_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops, .enqueue = (void *)tid_exiting_enqueue,
	       .dispatch = (void *)tid_exiting_dispatch,
	       .exit_task = (void *)tid_exiting_exit_task,
	       .exit = (void *)tid_exiting_exit,
	       .flags = SCX_OPS_ENQ_EXITING | SCX_OPS_SWITCH_PARTIAL,
	       .name = "task_tid_exiting");
