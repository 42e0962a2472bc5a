/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_table - what the test and its BPF programs tell each other.
 */
#ifndef TASK_EXIT_TID_TABLE_H
#define TASK_EXIT_TID_TABLE_H

/* Of all tasks of the machine, each looked up by its tid. */
struct tid_census {
	__u32 found; /* found by its own tid */
	__u32 others; /* another one was found */
	__u32 missing; /* nothing was */
	__u32 excused; /* nothing was: it exits, or is not wholly forked yet */
	__s32 pid; /* of one that is missing or was taken for another */
};

/* A task that is known by its tid, in the scheduler's callbacks. */
struct tid_watched {
	__u64 tid; /* set by the test */
	__u32 initialised; /* ops.init_task() was called for it */
	__u32 ended; /* ops.exit_task() was called for it */
	__u32 exit_state; /* when it was initialised */
};

#endif /* TASK_EXIT_TID_TABLE_H */
