/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_lookup - what the test and its BPF programs tell each other.
 */
#ifndef TASK_EXIT_TID_LOOKUP_H
#define TASK_EXIT_TID_LOOKUP_H

struct tid_query {
	__u64 tid; /* of_pid: out; lookup: in */
	__s32 pid; /* of_pid: in; lookup: in, 0 to compare with no task */
	__s32 pid_found; /* bpf_task_from_pid() found something */
	__s32 tid_found; /* scx_bpf_tid_to_task() found something */
	__s32 same; /* both found the same task_struct */
	__s32 found_pid; /* p->pid and p->scx.tid of what the tid found */
	__u64 found_tid;
};

#endif /* TASK_EXIT_TID_LOOKUP_H */
