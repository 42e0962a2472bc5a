// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_exiting.bpf - a scheduler that keeps a task waiting which has exited, and
 * looks it up by the two ids that it had when it came.
 */
#include <scx/common.bpf.h>

#include "departing.bpf.h"
#include "tid_exiting.h"
#include "tid_query.bpf.h"

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

struct kept_task kept;
struct sighting in_enqueue, in_dispatch;
bool let_go; /* set by the test */

static __always_inline u32 what_is(struct task_struct *found)
{
	if (!found)
		return FOUND_NOTHING;
	return (u64)found == kept.task ? FOUND_IT : FOUND_ANOTHER;
}

static __always_inline void look_up_by_pid(struct sighting *sighting)
{
	struct task_struct *found = bpf_task_from_pid(kept.pid);

	sighting->by_pid = what_is(found);
	if (found)
		bpf_task_release(found);
}

/* The task, if it is found by its tid. */
static __always_inline struct task_struct *look_up(struct sighting *sighting)
{
	struct task_struct *found;

	look_up_by_pid(sighting);
	found = scx_bpf_tid_to_task(kept.tid);
	sighting->by_tid = what_is(found);
	sighting->times++;
	return sighting->by_tid == FOUND_IT ? found : NULL;
}

void BPF_STRUCT_OPS(tid_exiting_enqueue, struct task_struct *p, u64 enq_flags)
{
	if (is_woken_by_departing(p)) {
		run_here(p, SCX_ENQ_PREEMPT);
	} else if (has_exited(p) && !kept.task) {
		kept.task = (u64)p;
		kept.tid = task_tid(p);
		kept.pid = p->pid;
		kept.exit_state = p->exit_state;
		look_up(&in_enqueue);
	} else {
		run_here(p, 0);
	}
}

void BPF_STRUCT_OPS(tid_exiting_dispatch, s32 cpu, struct task_struct *prev)
{
	struct task_struct *p;

	if (cpu != stage_cpu || !kept.task || kept.ended)
		return;
	p = look_up(&in_dispatch);
	if (p && let_go)
		run_here(p, 0);
}

void BPF_STRUCT_OPS(tid_exiting_exit_task, struct task_struct *p,
		    struct scx_exit_task_args *args)
{
	if ((u64)p == kept.task && has_switched_for_the_last_time(p))
		kept.ended = true;
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
