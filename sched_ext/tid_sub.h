/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_sub - what the root scheduler of the test gives its sub-scheduler.
 */
#ifndef TASK_EXIT_TID_SUB_H
#define TASK_EXIT_TID_SUB_H

struct grant {
	__u64 cgroup; /* whose sub-scheduler */
	__u64 caps; /* may do what */
	__u64 cids; /* on which CPUs: the address of a struct cids */
};

/* The kernel's struct scx_cmask of up to 512 CPUs, which lives in an arena. */
struct cids {
	__u32 base;
	__u32 nr_cids;
	__u32 alloc_words;
	__u64 bits[9];
};

#endif /* TASK_EXIT_TID_SUB_H */
