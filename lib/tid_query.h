/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_query - call scx_bpf_tid_to_task(), which only BPF can, for a test.
 *
 * sched_ext/tid_query.bpf.h has the programs, which share this header: two syscall
 * programs that answer a query, and two tracing programs that look up the task
 * that they run in.
 */
#ifndef TASK_EXIT_TID_QUERY_H
#define TASK_EXIT_TID_QUERY_H

struct tid_query {
	__u64 tid; /* of_pid: out; lookup: in */
	__s32 pid; /* of_pid: in; lookup: in, 0 to compare with no task */
	__s32 pid_found; /* bpf_task_from_pid() found a task */
	__s32 tid_found; /* scx_bpf_tid_to_task() found a task */
	__s32 same; /* both found the same task */
	__s32 found_pid; /* p->pid and p->scx.tid of the task that the tid found */
	__u64 found_tid;
};

/* The result of a tracing program, which ignores all tasks but @pid. */
struct tid_trace {
	__s32 pid;
	__u32 calls; /* of scx_bpf_tid_to_task(), with the task's own tid */
	__u32 found; /* how many of them found a task */
	__u32 same; /* how many found the task itself */
};

#ifndef __VMLINUX_H__

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "reason.h"

/*
 * SCX_OPS_TID_TO_TASK, which enables the lookup; -EOPNOTSUPP and the reason if
 * this kernel does not have it.
 */
int tid_flag(unsigned long long *flag, struct reason *reason);

/* Runs a syscall program: its return value, or -errno. */
int tid_ask(struct bpf_program *program, struct tid_query *query);

/* The tid of a task that exists. If it is 0, the test fails and ends. */
unsigned long long tid_get(struct bpf_program *tid_of_pid, int pid);

/* Looks @tid up, and compares the task found with that of @pid; 0: with none. */
struct tid_query tid_look_up(struct bpf_program *lookup_tid,
			     unsigned long long tid, int pid);

/* Repeats the lookup until @tid finds nothing, or @ms have passed: then false. */
bool tid_await_removal(struct bpf_program *lookup_tid, unsigned long long tid,
		       int ms);

/*
 * Make lookup_at_rename or lookup_at_fentry look up this task, once. 0 or -errno; ends the
 * test as skipped where the kernel cannot trace with BPF.
 */
int tid_trace_rename(struct bpf_program *program, struct tid_trace *trace);
int tid_trace_fentry(struct bpf_program *program, struct tid_trace *trace);

#endif /* __VMLINUX_H__ */

#endif /* TASK_EXIT_TID_QUERY_H */
