/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sub - data that the BPF programs of scx_sub share with the test.
 */
#ifndef TASK_EXIT_SUB_H
#define TASK_EXIT_SUB_H

/* scx_bpf_events() copies this many counters at most. */
#define SUB_COUNTERS 64

/* The result of scx_bpf_events() in ops.runnable() of one task. */
struct counters {
	__s32 pid; /* that task; set by the test */
	__u32 reads;
	__s64 counter[SUB_COUNTERS];
	__s64 skipped; /* SCX_EV_ENQ_SKIP_EXITING */
};

/* A call of scx_bpf_select_cpu_and() for the dead leader of the calling process. */
struct dead_task_call {
	__u32 called; /* the leader had no scheduler any more */
	__s32 result;
	__u32 returned;
};

#endif /* TASK_EXIT_SUB_H */
