/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_qmap - what the BPF programs count.
 */
#ifndef TASK_EXIT_TID_QMAP_H
#define TASK_EXIT_TID_QMAP_H

struct seen {
	__u32 execs; /* by a thread that was not the leader */
	__u32 lookups; /* by tid, of whoever */
	__u32 without_pid; /* that found a task which has no pid any more */
};

#endif /* TASK_EXIT_TID_QMAP_H */
