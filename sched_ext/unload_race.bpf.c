// SPDX-License-Identifier: GPL-2.0-only
/*
 * unload_race.bpf - the observer, which blocks in init_task of one task, and holds
 * another after its last context switch.
 */
#define OBSERVER_INIT_TASK unload_race_init_task
#include "observer.bpf.h"
#include "spin.bpf.h"
#include "blocking_page.bpf.h"

#define TASK_DEAD 0x00000080

char _license[] SEC("license") = "GPL";

/* Set by the test. */
s32 blocked_pid; /* init_task of this task blocks */
s32 dying_pid; /* this task is held when it is off sched_ext's list of tasks */
s32 disabler; /* the thread that disables the scheduler */

s32 blocked_cpu; /* the CPU that init_task blocks on */
bool held; /* the task is, or was, held ... */
bool disabler_waits; /* ... until the disabler waits for RCU */
u64 held_until;

s32 BPF_STRUCT_OPS_SLEEPABLE(unload_race_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	observe_init_task(p, args);
	if (p->pid == blocked_pid) {
		blocked_cpu = bpf_get_smp_processor_id();
		wait_at_blocking_page();
	}
	return 0;
}

static long wait_for_disabler(u32 loop, void *until)
{
	return READ_ONCE(disabler_waits) || spin_is_over(until);
}

/*
 * The kernel locks the dead task's runqueue before it calls exit_task, in
 * finish_task_switch(), with preemption off: RCU waits for this CPU, and so does
 * every task that waits for RCU.
 */
static __always_inline int hold_before_exit_task(struct task_struct *p)
{
	if (held || p->pid != dying_pid || p->__state != TASK_DEAD ||
	    p->scx.tasks_node.next != &p->scx.tasks_node ||
	    bpf_get_smp_processor_id() == blocked_cpu)
		return 0;
	held = true;
	SPIN_UNTIL(wait_for_disabler);
	held_until = bpf_ktime_get_ns();
	return 0;
}

/* From 7.0 on. */
SEC("?fentry/_task_rq_lock")
int BPF_PROG(at_task_rq_lock, struct task_struct *p)
{
	return hold_before_exit_task(p);
}

/* The same function, before 7.0. */
SEC("?fentry/task_rq_lock")
int BPF_PROG(at_old_task_rq_lock, struct task_struct *p)
{
	return hold_before_exit_task(p);
}

SEC("?fentry/synchronize_rcu")
int BPF_PROG(at_synchronize_rcu)
{
	if (held && disabler == (s32)bpf_get_current_pid_tgid())
		disabler_waits = true;
	return 0;
}

OBSERVER("task_exit_unload_race");
