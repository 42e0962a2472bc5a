/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_flag - the data that the test shares with its BPF programs.
 */
#ifndef TASK_EXIT_TID_FLAG_H
#define TASK_EXIT_TID_FLAG_H

/* Lookups of one tid, where the test requests them. */
struct tid_lookup {
	__u64 tid; /* in */
	__s32 parent; /* in: look up in init_task when this pid forks */
	__u32 in_init; /* in: look up in init */
	__u32 at_switch; /* in: look up in a tp_btf program at every context switch */
	__u32 calls; /* out */
	__u32 found; /* out: the calls that found a task */
};

#endif /* TASK_EXIT_TID_FLAG_H */
