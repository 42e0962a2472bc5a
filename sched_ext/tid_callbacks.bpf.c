// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_callbacks.bpf - a scheduler that looks up the watched task by its tid in each
 * callback, and counts the results.
 *
 * It leaves out cpu_acquire and cpu_release, as the kernel logs that they are
 * deprecated, core_sched_before, which needs SMT, and the callbacks of CPU hotplug.
 * tid_sub has the callbacks that only the cid form has.
 */
#include <scx/common.bpf.h>

#include "insert.bpf.h"
#include "tid_callbacks.h"
#include "tid_query.bpf.h"

char _license[] SEC("license") = "GPL";

#define NO_SUCH_DSQ 4711

struct tid_watch watch;
u32 results[NR_PHASES][NR_CALLBACKS][NR_FOUND]; /* how often */

UEI_DEFINE(uei);

/* The tids of tasks whose slice has expired. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4096);
	__type(value, u64);
} expired SEC(".maps");

static __always_inline bool is_watched(struct task_struct *p)
{
	return watch.tid && task_tid(p) == watch.tid;
}

static __always_inline void look_up(enum tid_callback callback)
{
	u32 phase = READ_ONCE(watch.phase);
	struct task_struct *p;
	enum tid_found found;

	if (!watch.tid || phase >= NR_PHASES ||
	    !bpf_ksym_exists(scx_bpf_tid_to_task))
		return;
	p = scx_bpf_tid_to_task(watch.tid);
	found = !p		     ? FOUND_NOTHING :
		(u64)p == watch.task ? FOUND_IT :
				       FOUND_ANOTHER;
	/* A lookup during a change of the phase is not counted. */
	if (READ_ONCE(watch.phase) == phase)
		__sync_fetch_and_add(&results[phase][callback][found], 1);
}

static __always_inline void look_up_if_watched(enum tid_callback callback,
					       struct task_struct *p)
{
	if (is_watched(p))
		look_up(callback);
}

s32 BPF_STRUCT_OPS(tid_callbacks_init_task, struct task_struct *p,
		   struct scx_init_task_args *args)
{
	struct task_struct *parent = bpf_get_current_task_btf();

	if (args->fork && parent->pid == watch.parent) {
		watch.parent = 0;
		watch.tid = task_tid(p);
	}
	if (is_watched(p))
		watch.task = (u64)p;
	look_up_if_watched(CB_INIT_TASK, p);
	return 0;
}

s32 BPF_STRUCT_OPS(tid_callbacks_select_cpu, struct task_struct *p,
		   s32 prev_cpu, u64 wake_flags)
{
	look_up_if_watched(CB_SELECT_CPU, p);
	return prev_cpu;
}

static __always_inline bool queue_by_tid(struct task_struct *p)
{
	u64 tid = task_tid(p);

	return bpf_ksym_exists(scx_bpf_tid_to_task) && p->pid != watch.faulty &&
	       !bpf_map_push_elem(&expired, &tid, 0);
}

void BPF_STRUCT_OPS(tid_callbacks_dispatch, s32 cpu, struct task_struct *prev)
{
	struct task_struct *p;
	u64 tid;

	look_up(CB_DISPATCH);
	if (!bpf_ksym_exists(scx_bpf_tid_to_task) ||
	    bpf_map_pop_elem(&expired, &tid))
		return;
	p = scx_bpf_tid_to_task(tid);
	if (p)
		insert(p, SCX_DSQ_LOCAL_ON | scx_bpf_task_cpu(p), SCX_SLICE_DFL,
		       0);
}

void BPF_STRUCT_OPS(tid_callbacks_enqueue, struct task_struct *p, u64 enq_flags)
{
	look_up_if_watched(CB_ENQUEUE, p);
	if (watch.delay && is_watched(p))
		return;
	/* A busy CPU would not call ops.dispatch() if they were in its local DSQ. */
	if (!p->scx.slice && !(enq_flags & SCX_ENQ_WAKEUP) && queue_by_tid(p))
		return;
	insert(p, p->pid == watch.faulty ? NO_SUCH_DSQ : SCX_DSQ_LOCAL,
	       SCX_SLICE_DFL, enq_flags);
}

s32 BPF_STRUCT_OPS(tid_callbacks_prep_move, struct task_struct *p,
		   struct cgroup *from, struct cgroup *to)
{
	look_up_if_watched(CB_PREP_MOVE, p);
	return p->tgid == watch.tgid && p->pid != watch.tgid ? -EPERM : 0;
}

bool BPF_STRUCT_OPS(tid_callbacks_yield, struct task_struct *from,
		    struct task_struct *to)
{
	look_up_if_watched(CB_YIELD, from);
	return false;
}

s32 BPF_STRUCT_OPS(tid_callbacks_cgroup_init, struct cgroup *cgrp,
		   struct scx_cgroup_init_args *args)
{
	look_up(CB_CGROUP_INIT);
	return 0;
}

void BPF_STRUCT_OPS(tid_callbacks_exit, struct scx_exit_info *ei)
{
	look_up(CB_EXIT);
	UEI_RECORD(uei, ei);
}

/* The other callbacks do nothing but the lookup. */
#define ABOUT_A_TASK(name, callback, ...)                                \
	void BPF_STRUCT_OPS(tid_callbacks_##name, struct task_struct *p, \
			    ##__VA_ARGS__)                               \
	{                                                                \
		look_up_if_watched(callback, p);                         \
	}

#define ABOUT_NONE(name, callback, ...)                        \
	void BPF_STRUCT_OPS(tid_callbacks_##name, __VA_ARGS__) \
	{                                                      \
		look_up(callback);                             \
	}

ABOUT_A_TASK(exit_task, CB_EXIT_TASK, struct scx_exit_task_args *args)
ABOUT_A_TASK(enable, CB_ENABLE)
ABOUT_A_TASK(disable, CB_DISABLE)
ABOUT_A_TASK(set_weight, CB_SET_WEIGHT, u32 weight)
ABOUT_A_TASK(set_cpumask, CB_SET_CPUMASK, const struct cpumask *mask)
ABOUT_A_TASK(dequeue, CB_DEQUEUE, u64 deq_flags)
ABOUT_A_TASK(runnable, CB_RUNNABLE, u64 enq_flags)
ABOUT_A_TASK(running, CB_RUNNING)
ABOUT_A_TASK(tick, CB_TICK)
ABOUT_A_TASK(stopping, CB_STOPPING, bool runnable)
ABOUT_A_TASK(quiescent, CB_QUIESCENT, u64 deq_flags)
ABOUT_A_TASK(move, CB_MOVE, struct cgroup *from, struct cgroup *to)
ABOUT_A_TASK(cancel_move, CB_CANCEL_MOVE, struct cgroup *from,
	     struct cgroup *to)

void BPF_STRUCT_OPS(tid_callbacks_dump_task, struct scx_dump_ctx *dump_ctx,
		    struct task_struct *p)
{
	look_up_if_watched(CB_DUMP_TASK, p);
}

ABOUT_NONE(update_idle, CB_UPDATE_IDLE, s32 cpu, bool idle)
ABOUT_NONE(cgroup_exit, CB_CGROUP_EXIT, struct cgroup *cgrp)
ABOUT_NONE(cgroup_set_weight, CB_CGROUP_SET_WEIGHT, struct cgroup *cgrp,
	   u32 weight)
ABOUT_NONE(cgroup_set_bandwidth, CB_CGROUP_SET_BANDWIDTH, struct cgroup *cgrp,
	   u64 period_us, u64 quota_us, u64 burst_us)
ABOUT_NONE(dump, CB_DUMP, struct scx_dump_ctx *dump_ctx)
ABOUT_NONE(dump_cpu, CB_DUMP_CPU, struct scx_dump_ctx *dump_ctx, s32 cpu,
	   bool idle)

SCX_OPS_DEFINE(ops, .init_task = (void *)tid_callbacks_init_task,
	       .exit_task = (void *)tid_callbacks_exit_task,
	       .enable = (void *)tid_callbacks_enable,
	       .disable = (void *)tid_callbacks_disable,
	       .set_weight = (void *)tid_callbacks_set_weight,
	       .set_cpumask = (void *)tid_callbacks_set_cpumask,
	       .select_cpu = (void *)tid_callbacks_select_cpu,
	       .enqueue = (void *)tid_callbacks_enqueue,
	       .dequeue = (void *)tid_callbacks_dequeue,
	       .dispatch = (void *)tid_callbacks_dispatch,
	       .runnable = (void *)tid_callbacks_runnable,
	       .running = (void *)tid_callbacks_running,
	       .tick = (void *)tid_callbacks_tick,
	       .yield = (void *)tid_callbacks_yield,
	       .stopping = (void *)tid_callbacks_stopping,
	       .quiescent = (void *)tid_callbacks_quiescent,
	       .update_idle = (void *)tid_callbacks_update_idle,
	       .cgroup_init = (void *)tid_callbacks_cgroup_init,
	       .cgroup_exit = (void *)tid_callbacks_cgroup_exit,
	       .cgroup_prep_move = (void *)tid_callbacks_prep_move,
	       .cgroup_move = (void *)tid_callbacks_move,
	       .cgroup_cancel_move = (void *)tid_callbacks_cancel_move,
	       .cgroup_set_weight = (void *)tid_callbacks_cgroup_set_weight,
	       .cgroup_set_bandwidth = (void *)
		       tid_callbacks_cgroup_set_bandwidth,
	       .dump = (void *)tid_callbacks_dump,
	       .dump_cpu = (void *)tid_callbacks_dump_cpu,
	       .dump_task = (void *)tid_callbacks_dump_task,
	       .exit = (void *)tid_callbacks_exit,
	       .name = "task_tid_callbacks");
