/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid - p->scx.tid, for programs that must also load on kernels without it.
 */
#ifndef TASK_EXIT_TID_BPF_H
#define TASK_EXIT_TID_BPF_H

#include <bpf/bpf_core_read.h>

/* The member exists from 7.2 on. */
struct sched_ext_entity___tid {
	u64 tid;
} __attribute__((preserve_access_index));

/* 0, which no task has as its tid, if the kernel has no tids. */
static __always_inline u64 task_tid(struct task_struct *p)
{
	struct sched_ext_entity___tid *scx = (void *)&p->scx;

	return bpf_core_field_exists(scx->tid) ? BPF_CORE_READ(scx, tid) : 0;
}

#endif /* TASK_EXIT_TID_BPF_H */
