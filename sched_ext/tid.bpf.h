/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid - p->scx.tid, for programs that must load on kernels without it too.
 */
#ifndef TASK_EXIT_TID_BPF_H
#define TASK_EXIT_TID_BPF_H

#include <bpf/bpf_core_read.h>

/* Only kernels from 7.2 on have the member. */
struct sched_ext_entity___tid {
	u64 tid;
} __attribute__((preserve_access_index));

/* 0 where there is none: no task has that one. */
static __always_inline u64 task_tid(struct task_struct *p)
{
	struct sched_ext_entity___tid *scx = (void *)&p->scx;

	return bpf_core_field_exists(scx->tid) ? BPF_CORE_READ(scx, tid) : 0;
}

#endif /* TASK_EXIT_TID_BPF_H */
