/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_table - the data that the test shares with its BPF programs.
 */
#ifndef TASK_EXIT_TID_TABLE_H
#define TASK_EXIT_TID_TABLE_H

/* The number of tasks whose tid finds ... */
struct tid_census {
	__u32 found; /* the task itself */
	__u32 others; /* another task */
	__u32 missing; /* nothing */
	__u32 excused; /* nothing, as the task exits or is being forked */
	__s32 pid; /* of one of the others or missing */
};

/* The scheduler's callbacks for one task. */
struct tid_watched {
	__u64 tid; /* set by the test */
	__u32 initialised; /* calls of ops.init_task() */
	__u32 ended; /* calls of ops.exit_task() */
	__u32 exit_state; /* in ops.init_task() */
};

#endif /* TASK_EXIT_TID_TABLE_H */
