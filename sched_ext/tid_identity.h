/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_identity - the tids that the BPF programs record.
 */
#ifndef TASK_EXIT_TID_IDENTITY_H
#define TASK_EXIT_TID_IDENTITY_H

#define TID_LOG_SIZE 65536 /* a power of two, for the verifier */
#define TID_LOG_CPUS 256

struct tid_log {
	__u64 nr; /* above TID_LOG_SIZE, tids were lost */
	__u64 refused; /* forks that the scheduler has refused */
	__u64 tid[TID_LOG_SIZE];
	__u32 forks[TID_LOG_CPUS]; /* on each CPU */
};

#endif /* TASK_EXIT_TID_IDENTITY_H */
