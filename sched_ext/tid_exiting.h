/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_exiting - data that the BPF scheduler of scx_tid_exiting shares with the test.
 */
#ifndef TASK_EXIT_TID_EXITING_H
#define TASK_EXIT_TID_EXITING_H

/* The task that the scheduler delays, as it was in ops.enqueue(). */
struct delayed_task {
	__u64 task; /* its address; 0: none yet */
	__u64 tid;
	__s32 pid;
	__u32 ended; /* it has switched out for the last time */
};

enum found {
	FOUND_NOTHING,
	FOUND_IT,
	FOUND_ANOTHER,
};

/* The lookups of its two ids in one callback. */
struct lookups {
	__u32 times;
	__u32 by_pid; /* the last one found this */
	__u32 by_tid;
};

#endif /* TASK_EXIT_TID_EXITING_H */
