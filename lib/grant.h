/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant - the CPUs that a root scheduler grants to its sub-scheduler.
 *
 * From 7.3 on a sub-scheduler may only use the CPUs that its parent grants it in
 * ops.sub_attach(). This header is shared with BPF (sched_ext/sub.bpf.h).
 */
#ifndef TASK_EXIT_GRANT_H
#define TASK_EXIT_GRANT_H

struct grant {
	__u64 cgroup; /* of the sub-scheduler */
	__u64 caps; /* SCX_CAP_*; 0 if the kernel has no grants */
	__u64 cids; /* the CPUs: the address of a struct cids */
	/*
	 * SCX_ENQ_RESCUE, if the kernel has it: a grant takes effect on each CPU at a
	 * different time. Until then a task that is inserted there is rejected, or
	 * with this flag runs nevertheless.
	 */
	__u64 rescue;
};

#define MAX_CIDS 8192 /* no kernel is built for more CPUs */

/* The kernel's struct scx_cmask, in an arena; it needs a spare word. */
struct cids {
	__u32 base;
	__u32 nr_cids;
	__u32 alloc_words;
	__u64 bits[MAX_CIDS / 64 + 1];
};

#ifndef __VMLINUX_H__

#include <bpf/libbpf.h>

/*
 * Grants the sub-scheduler of @cgroup all capabilities on all CPUs; @arena is loaded.
 * Does nothing if the kernel has no grants.
 */
void grant_everything(struct grant *grant, struct bpf_map *arena,
		      unsigned long long cgroup);

/*
 * Skips the test if the kernel can create no BPF arena: kmalloc_nolock() fails without a
 * 128-bit cmpxchg.
 */
void need_arena(void);

#endif /* __VMLINUX_H__ */

#endif /* TASK_EXIT_GRANT_H */
