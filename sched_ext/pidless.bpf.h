/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * departing.bpf - a scheduler's part in keeping a task between its last wake-up
 * and its last context switch (see lib/departing.h).
 *
 * A task that exits wakes up who is to release it. If the woken one preempts it
 * there and then, on the CPU of both, the task comes to ops.enqueue() once more,
 * a zombie, and it is the scheduler's to say when it goes on. It is told by the
 * waker, current: the woken one is like any other.
 *
 * The scheduler is a partial one (SCX_OPS_SWITCH_PARTIAL): only the tasks of
 * lib/departing.h are SCHED_EXT tasks and come here. Include after
 * scx/common.bpf.h.
 */
#ifndef TASK_EXIT_DEPARTING_BPF_H
#define TASK_EXIT_DEPARTING_BPF_H

#define TASK_DEAD 0x00000080

/* The first of three forms of this kfunc, and the one that all kernels have. */
void scx_bpf_dsq_insert___first(struct task_struct *p, u64 dsq_id, u64 slice,
				u64 enq_flags) __ksym __weak;

/* Where all is played: dispatch on no other CPU. */
s32 stage_cpu;

/* That it runs till it sleeps: only who is woken by it may preempt it. */
static __always_inline void run_here(struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert___first(p, SCX_DSQ_LOCAL, SCX_SLICE_INF, enq_flags);
}

static __always_inline bool has_exited(struct task_struct *p)
{
	return p->exit_state != 0;
}

/* In ops.exit_task(), which an unload calls as well, for tasks that go on. */
static __always_inline bool
has_switched_for_the_last_time(struct task_struct *p)
{
	return p->__state == TASK_DEAD;
}

/* In ops.enqueue(). */
static __always_inline bool is_woken_by_departing(struct task_struct *p)
{
	struct task_struct *waker = bpf_get_current_task_btf();

	return waker != p && has_exited(waker);
}

#endif /* TASK_EXIT_DEPARTING_BPF_H */
