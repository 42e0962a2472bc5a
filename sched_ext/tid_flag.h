/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_flag - what the test and its programs tell each other.
 */
#ifndef TASK_EXIT_TID_FLAG_H
#define TASK_EXIT_TID_FLAG_H

/* Lookups of one tid, where the test says. */
struct tid_lookup {
	__u64 tid; /* in */
	__s32 parent; /* in: in init_task, when this pid forks */
	__u32 in_init; /* in: in init */
	__u32 at_switch; /* in: in a tp_btf program, at every task switch */
	__u32 calls;
	__u32 found;
};

#endif /* TASK_EXIT_TID_FLAG_H */
