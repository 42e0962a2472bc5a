/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_query.bpf - programs that return a task's tid and look a tid up. See
 * lib/tid_query.h.
 *
 * The kernel tree that this is built in may lack SCX_OPS_TID_TO_TASK, so the test
 * sets it from the running kernel's BTF. Include this after scx/common.bpf.h.
 */
#ifndef TASK_EXIT_TID_QUERY_BPF_H
#define TASK_EXIT_TID_QUERY_BPF_H

#include "tid.bpf.h"
#include "tid_query.h"

/* That tree may lack the kfunc, too. */
struct task_struct *scx_bpf_tid_to_task(u64 tid) __ksym __weak;

struct tid_trace rename_trace, fentry_trace;

SEC("syscall")
int tid_of_pid(struct tid_query *query)
{
	struct task_struct *p = bpf_task_from_pid(query->pid);

	query->pid_found = !!p;
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
	query->pid_found = !!by_pid;

	bpf_rcu_read_lock();
	by_tid = scx_bpf_tid_to_task(query->tid);
	query->tid_found = !!by_tid;
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

/* A program that cannot sleep runs in an RCU read section: it takes no lock. */
static __always_inline void look_us_up(struct tid_trace *trace)
{
	struct task_struct *us = bpf_get_current_task_btf(), *found;

	if (!bpf_ksym_exists(scx_bpf_tid_to_task) || us->pid != trace->pid)
		return;
	found = scx_bpf_tid_to_task(task_tid(us));
	trace->calls++;
	if (!found)
		return;
	trace->found++;
	trace->same += found == us;
}

SEC("tp_btf/task_rename")
int lookup_at_rename(void *ctx)
{
	look_us_up(&rename_trace);
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int lookup_at_fentry(void *ctx)
{
	look_us_up(&fentry_trace);
	return 0;
}

#endif /* TASK_EXIT_TID_QUERY_BPF_H */
