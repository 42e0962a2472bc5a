/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * insert - insert a task into a dispatch queue, in ops.enqueue().
 *
 * The headers of the kernel trees that this is built in name this kfunc in several
 * ways, and prefer its second version, which has an argument too many in the BTF of
 * Debian's 7.2. The first version exists since 6.13. libbpf ignores the suffix after
 * the three underscores.
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
