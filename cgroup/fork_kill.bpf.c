// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork_kill.bpf - stops a fork before the child joins its cgroup.
 */
#include <vmlinux.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf_hold.bpf.h"

char _license[] SEC("license") = "GPL";

int parent; /* stop the next fork of this process */
int child; /* of the stopped fork */

/* From here on nothing can fail, and killing the parent does not undo the fork. */
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

/* The child has joined its cgroup and, if that was killed, has SIGKILL pending. */
SEC("fexit/cgroup_post_fork")
int BPF_PROG(end_fork, struct task_struct *p)
{
	if (child && child == p->pid)
		hold_over();
	return 0;
}
