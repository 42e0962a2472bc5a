/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pidless.bpf - the scheduler's part in keeping an exiting task from its last context
 * switch (see lib/pidless.h).
 *
 * An exiting task wakes the task that releases it. If the woken task preempts it at
 * once, on the same CPU, the exiting task is enqueued once more, as a zombie, and
 * the scheduler decides when it runs. ops.enqueue() identifies the woken task by its
 * waker, which is current.
 *
 * The scheduler sets SCX_OPS_SWITCH_PARTIAL: only the tasks of lib/pidless.h are
 * SCHED_EXT. Include after scx/common.bpf.h.
 */
#ifndef TASK_EXIT_PIDLESS_BPF_H
#define TASK_EXIT_PIDLESS_BPF_H

#define TASK_DEAD 0x00000080

/* This kfunc has three versions; all kernels have the first. */
void scx_bpf_dsq_insert___first(struct task_struct *p, u64 dsq_id, u64 slice,
				u64 enq_flags) __ksym __weak;

/*
 * Set by the test: the one CPU that all these tasks run on, the CPU of the test when it
 * calls pidless_start(). ops.dispatch() does nothing on the others.
 */
s32 pidless_cpu;

/* With an infinite slice: only a task that @p wakes may preempt it. */
static __always_inline void run_here(struct task_struct *p, u64 enq_flags)
{
	scx_bpf_dsq_insert___first(p, SCX_DSQ_LOCAL, SCX_SLICE_INF, enq_flags);
}

static __always_inline bool has_exited(struct task_struct *p)
{
	return p->exit_state != 0;
}

/* In ops.exit_task(), which also comes for live tasks when a scheduler is disabled. */
static __always_inline bool
has_switched_for_the_last_time(struct task_struct *p)
{
	return p->__state == TASK_DEAD;
}

/* In ops.enqueue(). */
static __always_inline bool is_woken_by_exiting_task(struct task_struct *p)
{
	struct task_struct *waker = bpf_get_current_task_btf();

	return waker != p && has_exited(waker);
}

#endif /* TASK_EXIT_PIDLESS_BPF_H */
