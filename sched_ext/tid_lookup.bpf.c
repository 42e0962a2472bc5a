// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_lookup.bpf - a scheduler that opts in to the tid table and otherwise does
 * nothing, and two syscall programs by which the test asks for a tid and looks
 * one up. The flag SCX_OPS_TID_TO_TASK is set by the test, from the running
 * kernel's BTF: the tree that this is built in may not know it.
 */
#include <scx/common.bpf.h>

#include "tid.bpf.h"
#include "tid_lookup.h"

char _license[] SEC("license") = "GPL";

/* Nor has every tree that this is built in the kfunc. */
struct task_struct *scx_bpf_tid_to_task(u64 tid) __ksym __weak;
void bpf_rcu_read_lock(void) __ksym;
void bpf_rcu_read_unlock(void) __ksym;

UEI_DEFINE(uei);

SEC("syscall")
int tid_of_pid(struct tid_query *query)
{
	struct task_struct *p = bpf_task_from_pid(query->pid);

	query->pid_found = p != NULL;
	if (!p)
		return 0;
	query->tid = task_tid(p);
	bpf_task_release(p);
	return 0;
}

SEC("syscall")
int lookup_tid(struct tid_query *query)
{
	struct task_struct *by_pid = NULL, *by_tid;

	if (!bpf_ksym_exists(scx_bpf_tid_to_task))
		return -EOPNOTSUPP;
	if (query->pid)
		by_pid = bpf_task_from_pid(query->pid);
	query->pid_found = by_pid != NULL;

	bpf_rcu_read_lock();
	by_tid = scx_bpf_tid_to_task(query->tid);
	query->tid_found = by_tid != NULL;
	if (by_tid) {
		query->found_pid = by_tid->pid;
		query->found_tid = task_tid(by_tid);
		query->same = by_pid == by_tid;
	}
	bpf_rcu_read_unlock();

	if (by_pid)
		bpf_task_release(by_pid);
	return 0;
}

void BPF_STRUCT_OPS(tid_lookup_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops, .exit = (void *)tid_lookup_exit, .name = "task_tid_lookup");
