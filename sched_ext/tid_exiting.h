/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_exiting - what the test and its scheduler tell each other.
 */
#ifndef TASK_EXIT_TID_EXITING_H
#define TASK_EXIT_TID_EXITING_H

/* The task that the scheduler keeps waiting, as it came to ops.enqueue(). */
struct kept_task {
	__u64 task; /* who it is; 0 while there is none */
	__u64 tid;
	__s32 pid;
	__u32 exit_state;
	__u32 ended; /* it has switched out for the last time */
};

enum found {
	FOUND_NOTHING,
	FOUND_IT,
	FOUND_ANOTHER,
};

/* What its two ids found, in one callback. */
struct sighting {
	__u32 times;
	__u32 by_pid;
	__u32 by_tid;
};

#endif /* TASK_EXIT_TID_EXITING_H */
