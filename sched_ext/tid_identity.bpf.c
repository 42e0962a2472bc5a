// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_identity.bpf - records the tids of existing and new tasks, and is a scheduler
 * that can refuse forks.
 */
#include <scx/common.bpf.h>

#include "tid_identity.h"
#include "tid_query.bpf.h"

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

struct tid_log tids;
s32 refused_parent; /* set by the test: refuse the forks by the children of this process */

int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task,
		      unsigned int flags) __ksym __weak;
struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym __weak;
void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym __weak;

static __always_inline void record(struct task_struct *p)
{
	u64 slot = __sync_fetch_and_add(&tids.nr, 1);

	if (slot < TID_LOG_SIZE)
		tids.tid[slot & (TID_LOG_SIZE - 1)] = task_tid(p);
}

SEC("syscall")
int record_existing(void *ctx)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	bpf_for_each(task, p, NULL, BPF_TASK_ITER_ALL_THREADS) {
		/* The tid of the idle tasks, which were not forked, is 0. */
		if (p->pid)
			record(p);
	}
	bpf_rcu_read_unlock();
	return 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(record_new, struct task_struct *p)
{
	u32 cpu = bpf_get_smp_processor_id();

	record(p);
	if (cpu < TID_LOG_CPUS)
		__sync_fetch_and_add(&tids.forks[cpu], 1);
	return 0;
}

/* The kernel has assigned the tid before. */
s32 BPF_STRUCT_OPS(tid_identity_init_task, struct task_struct *p,
		   struct scx_init_task_args *args)
{
	struct task_struct *forker = bpf_get_current_task_btf();

	if (!args->fork || !refused_parent ||
	    BPF_CORE_READ(forker, real_parent, tgid) != refused_parent)
		return 0;
	record(p);
	__sync_fetch_and_add(&tids.refused, 1);
	return -ENOMEM;
}

void BPF_STRUCT_OPS(tid_identity_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops, .init_task = (void *)tid_identity_init_task,
	       .exit = (void *)tid_identity_exit, .name = "task_tid_identity");
