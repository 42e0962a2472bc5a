// SPDX-License-Identifier: GPL-2.0-only
/*
 * locked.bpf - stops a task that has css_set_lock, and notes whether another one
 * switches out for the last time meanwhile.
 */
#include <vmlinux.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "hold.bpf.h"

#define TASK_DEAD 0x00000080

char _license[] SEC("license") = "GPL";

/* On PREEMPT_RT a spinlock_t is one of these, whose owner has a flag in bit 0. */
struct rt_mutex_base___owned {
	struct task_struct *owner;
} __attribute__((preserve_access_index));

extern const void css_set_lock __ksym;

pid_t reader; /* this one is stopped, once ... */
bool had_lock; /* ... if it has the lock */

pid_t dying; /* the other one */
bool died, died_meanwhile; /* it has switched out for the last time; meanwhile */

static bool has_lock(struct task_struct *task)
{
	struct rt_mutex_base___owned *lock = (void *)&css_set_lock;
	u64 owner = (u64)BPF_CORE_READ(lock, owner);

	return (owner & ~1ULL) == (u64)task;
}

SEC("fentry/kernfs_path_from_node")
int BPF_PROG(stop_reader)
{
	if (!reader || (pid_t)bpf_get_current_pid_tgid() != reader)
		return 0;
	reader = 0;
	had_lock = has_lock((void *)bpf_get_current_task());
	hold_here();
	hold_over();
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(last_switch, bool preempt, struct task_struct *prev,
	     struct task_struct *next, unsigned int prev_state)
{
	if (!(prev_state & TASK_DEAD) || !dying || prev->pid != dying)
		return 0;
	died_meanwhile = hold.reached && !hold.over;
	barrier();
	died = true;
	return 0;
}
