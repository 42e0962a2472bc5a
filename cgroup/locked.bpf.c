// SPDX-License-Identifier: GPL-2.0-only
/*
 * locked.bpf - stops a task that holds css_set_lock, and records whether another
 * task reaches its last context switch meanwhile.
 */
#include <vmlinux.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "css_set_lock.bpf.h"
#include "bpf_hold.bpf.h"

#define TASK_DEAD 0x00000080

char _license[] SEC("license") = "GPL";

pid_t reader; /* stop this task, once */
__u8 had_lock; /* it held css_set_lock */

pid_t dying; /* the other task */
__u8 died; /* it has reached its last context switch ... */
__u8 died_meanwhile; /* ... while the reader was stopped */

SEC("fentry/kernfs_path_from_node")
int BPF_PROG(stop_reader)
{
	if (!reader || (pid_t)bpf_get_current_pid_tgid() != reader)
		return 0;
	reader = 0;
	had_lock = has_css_set_lock((void *)bpf_get_current_task());
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
	died = 1;
	return 0;
}
