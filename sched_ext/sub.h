/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sub - what the programs of scx_sub tell the test.
 */
#ifndef TASK_EXIT_SUB_H
#define TASK_EXIT_SUB_H

/* How many counters scx_bpf_events() may give; what is beyond is not given. */
#define SUB_COUNTERS 64

/* The counters as scx_bpf_events() gives them, when a task becomes runnable. */
struct counters {
	__s32 pid; /* this task */
	__u32 reads;
	__s64 counter[SUB_COUNTERS];
	__s64 skipped; /* SCX_EV_ENQ_SKIP_EXITING */
};

/* scx_bpf_select_cpu_and() about the leader of the process that asks. */
struct question {
	__u32 asked; /* the leader had no scheduler any more */
	__s32 answer;
	__u32 answered;
};

#endif /* TASK_EXIT_SUB_H */
