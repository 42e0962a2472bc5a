// SPDX-License-Identifier: GPL-2.0-only
/*
 * unload_race.bpf - the observer, and what stops a load at one task and the last
 * switch of another.
 */
#define OBSERVER_INIT_TASK unload_race_init_task
#include "observer.bpf.h"
#include "spin.bpf.h"
#include "stuck_page.bpf.h"

#define TASK_DEAD 0x00000080

char _license[] SEC("license") = "GPL";

s32 stuck_pid; /* init_task of this task waits ... */
s32 stuck_cpu; /* ... on this CPU */
s32 dying_pid; /* this task is held when sched_ext has taken it off its list ... */
bool held; /* ... it is, or was ... */
s32 unloader; /* ... until this thread waits for the readers of RCU */
bool unload_waits;
u64 held_until;

s32 BPF_STRUCT_OPS_SLEEPABLE(unload_race_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	observe_init_task(p, args);
	if (p->pid == stuck_pid) {
		stuck_cpu = bpf_get_smp_processor_id();
		wait_at_stuck_page();
	}
	return 0;
}

static long wait_for_unload(u32 loop, void *until)
{
	return *(volatile bool *)&unload_waits || spin_is_over(until);
}

/*
 * The kernel locks the task's runqueue to call exit_task. This runs where
 * finish_task_switch() does, so RCU waits for it, and so does who waits for RCU.
 */
static __always_inline int hold_between(struct task_struct *p)
{
	if (held || p->pid != dying_pid || p->__state != TASK_DEAD ||
	    p->scx.tasks_node.next != &p->scx.tasks_node ||
	    bpf_get_smp_processor_id() == stuck_cpu)
		return 0;
	held = true;
	SPIN_UNTIL(wait_for_unload);
	held_until = bpf_ktime_get_ns();
	return 0;
}

/* One function, under the name that it has from 7.0 on and the one before. */
SEC("?fentry/_task_rq_lock")
int BPF_PROG(runqueue_is_locked, struct task_struct *p)
{
	return hold_between(p);
}

SEC("?fentry/task_rq_lock")
int BPF_PROG(runqueue_was_locked, struct task_struct *p)
{
	return hold_between(p);
}

SEC("?fentry/synchronize_rcu")
int BPF_PROG(rcu_is_waited_for)
{
	if (held && unloader == (s32)bpf_get_current_pid_tgid())
		unload_waits = true;
	return 0;
}

OBSERVER("task_exit_unload_race");
