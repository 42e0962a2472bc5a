// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_qmap.bpf - counts the lookups by scx_qmap and the execs of the workload. It is
 * no scheduler.
 */
#include <scx/common.bpf.h>

#include "tid_qmap.h"

char _license[] SEC("license") = "GPL";

struct seen seen;

/* A thread that calls execve becomes the leader, with the leader's pid. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(tid_qmap_exec, struct task_struct *p, pid_t old_pid)
{
	if (p->pid != old_pid)
		__sync_fetch_and_add(&seen.execs, 1);
	return 0;
}

SEC("fexit/scx_bpf_tid_to_task")
int BPF_PROG(tid_qmap_lookup, u64 tid, struct task_struct *found)
{
	__sync_fetch_and_add(&seen.lookups, 1);
	if (!found)
		__sync_fetch_and_add(&seen.in_vain, 1);
	else if (!BPF_CORE_READ(found, thread_pid))
		__sync_fetch_and_add(&seen.without_pid, 1);
	return 0;
}
