/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant - what a root scheduler gives its sub-scheduler.
 *
 * From 7.3 on a sub-scheduler has no CPU but those that its parent grants it, in
 * ops.sub_attach(). sched_ext/sub.bpf.h has the BPF side, with which this is shared.
 */
#ifndef TASK_EXIT_GRANT_H
#define TASK_EXIT_GRANT_H

struct grant {
	__u64 cgroup; /* whose sub-scheduler */
	__u64 caps; /* may do what; 0 where the kernel knows no grants */
	__u64 cids; /* on which CPUs: the address of a struct cids */
	/*
	 * SCX_ENQ_RESCUE, where the kernel has it: a grant takes effect on each CPU in
	 * its own time, and until then it refuses what is inserted there, or with this
	 * flag runs it nevertheless.
	 */
	__u64 rescue;
};

#define MAX_CIDS 8192 /* no kernel is built for more CPUs */

/* The kernel's struct scx_cmask, which lives in an arena; it wants a word to spare. */
struct cids {
	__u32 base;
	__u32 nr_cids;
	__u32 alloc_words;
	__u64 bits[MAX_CIDS / 64 + 1];
};

#ifndef __VMLINUX_H__

#include <bpf/libbpf.h>

/*
 * All that the sub-scheduler of @cgroup can be granted, on all CPUs; @arena is loaded.
 * Where the kernel knows no grants it asks for none.
 */
void grant_everything(struct grant *grant, struct bpf_map *arena,
		      unsigned long long cgroup);

#endif /* __VMLINUX_H__ */

#endif /* TASK_EXIT_GRANT_H */
