/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * insert - put a task into a dispatch queue, in ops.enqueue().
 *
 * The headers of the trees that this may be built in name that kfunc in several
 * ways, and would rather have its second version, to which the BTF of Debian's
 * 7.2 gives an argument too many. The first is there from 6.13 on. What follows
 * its three underscores is for libbpf to ignore.
 */
#ifndef TASK_EXIT_INSERT_BPF_H
#define TASK_EXIT_INSERT_BPF_H

void scx_bpf_dsq_insert___task_exit(struct task_struct *p, u64 dsq_id,
				    u64 slice, u64 enq_flags) __ksym __weak;

static __always_inline void insert(struct task_struct *p, u64 dsq_id, u64 slice,
				   u64 enq_flags)
{
	if (bpf_ksym_exists(scx_bpf_dsq_insert___task_exit))
		scx_bpf_dsq_insert___task_exit(p, dsq_id, slice, enq_flags);
}

#endif /* TASK_EXIT_INSERT_BPF_H */
