// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_exec_stall.bpf - a scheduler with one queue of pids or of tids: it looks a task
 * up when it dispatches the task, like a scheduler that cannot store pointers.
 */
#include <scx/common.bpf.h>

#include "pidless.bpf.h"
#include "tid_query.bpf.h"

#define QUEUE_SIZE 256 /* a power of two; there are far fewer tasks */

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

struct queued {
	u64 task;
	u64 tid;
	s32 pid;
};

/* Protected by the rq lock of pidless_cpu, on which all these tasks run. */
static struct queued queue[QUEUE_SIZE];
static u32 queue_head, queue_tail;

bool by_tid; /* set by the test: a queue of tids, not of pids */

static u64 leader; /* the last leader that its thread preempted */
u32 preempted; /* how many leaders were preempted by that thread */
u32 queued_zombies; /* how many exited tasks were queued */
u32 lost; /* how often a tid did not find the task that was queued */
u32 ended; /* how many of the leaders have switched out for the last time */

void BPF_STRUCT_OPS(tid_exec_stall_enqueue, struct task_struct *p,
		    u64 enq_flags)
{
	struct queued *last = &queue[queue_tail & (QUEUE_SIZE - 1)];

	if (is_woken_by_exiting_task(p)) {
		leader = (u64)bpf_get_current_task_btf();
		preempted++;
		run_here(p, SCX_ENQ_PREEMPT);
		return;
	}
	if (has_exited(p))
		queued_zombies++;
	last->task = (u64)p;
	last->tid = task_tid(p);
	last->pid = p->pid;
	queue_tail++;
}

/* False if the id finds no task, or the tid another one. */
static __always_inline bool dispatch_queued(struct queued *queued)
{
	struct task_struct *p;

	if (by_tid) {
		p = scx_bpf_tid_to_task(queued->tid);
		if (!p || (u64)p != queued->task) {
			lost++;
			return false;
		}
		run_here(p, 0);
	} else {
		p = bpf_task_from_pid(queued->pid);
		if (p) {
			run_here(p, 0);
			bpf_task_release(p);
		}
	}
	return p;
}

void BPF_STRUCT_OPS(tid_exec_stall_dispatch, s32 cpu, struct task_struct *prev)
{
	int i;

	if (cpu != pidless_cpu)
		return;
	bpf_for(i, 0, QUEUE_SIZE)
	{
		if (queue_head == queue_tail ||
		    dispatch_queued(&queue[queue_head++ & (QUEUE_SIZE - 1)]))
			break;
	}
}

void BPF_STRUCT_OPS(tid_exec_stall_exit_task, struct task_struct *p,
		    struct scx_exit_task_args *args)
{
	if ((u64)p == leader && has_switched_for_the_last_time(p)) {
		leader = 0;
		ended++;
	}
}

void BPF_STRUCT_OPS(tid_exec_stall_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops, .enqueue = (void *)tid_exec_stall_enqueue,
	       .dispatch = (void *)tid_exec_stall_dispatch,
	       .exit_task = (void *)tid_exec_stall_exit_task,
	       .exit = (void *)tid_exec_stall_exit,
	       .flags = SCX_OPS_SWITCH_PARTIAL, .name = "task_tid_exec_stall");
