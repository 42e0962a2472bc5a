/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_qmap - the counters of the BPF programs.
 */
#ifndef TASK_EXIT_TID_QMAP_H
#define TASK_EXIT_TID_QMAP_H

struct seen {
	__u32 execs; /* by threads that were not the leader */
	__u32 lookups; /* by tid */
	__u32 without_pid; /* the lookups that found a task without a pid */
	__u32 in_vain; /* the lookups that found nothing */
};

#endif /* TASK_EXIT_TID_QMAP_H */
