// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork_kill.bpf - stops a fork before the child is in its cgroup.
 */
#include <vmlinux.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "hold.bpf.h"

char _license[] SEC("license") = "GPL";

int parent; /* the next fork of this process is stopped ... */
int child; /* ... when it has this child */

/* Nothing that fails and nothing that kills the parent undoes the fork after this. */
SEC("fentry/cgroup_post_fork")
int BPF_PROG(stop_fork, struct task_struct *p)
{
	if (!parent || bpf_get_current_pid_tgid() >> 32 != parent)
		return 0;
	parent = 0;
	child = p->pid;
	hold_here();
	return 0;
}

/* The child is in its cgroup, and killed if it has to be. */
SEC("fexit/cgroup_post_fork")
int BPF_PROG(fork_is_done, struct task_struct *p)
{
	if (child && child == p->pid)
		hold_over();
	return 0;
}
