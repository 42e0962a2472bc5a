// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_table.bpf - a scheduler that watches one task and refuses another, and a census
 * of the tid table.
 */
#include <scx/common.bpf.h>

#include "blocking_page.bpf.h"
#include "tid_query.bpf.h"
#include "tid_table.h"

#define TASK_NEW 0x00000800

char _license[] SEC("license") = "GPL";

UEI_DEFINE(uei);

struct tid_watched watched;
s32 refused_pid; /* set by the test: ops.init_task() fails for it */

int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task,
		      unsigned int flags) __ksym __weak;
struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym __weak;
void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym __weak;

/*
 * A task may be missing before the end of its fork and after its last context switch.
 * The fork may end, and the exit begin, during the lookup: so check for the fork
 * before the lookup and for the exit after it.
 */
static __always_inline void count(struct tid_census *census,
				  struct task_struct *p)
{
	bool forking = READ_ONCE(p->__state) == TASK_NEW;
	struct task_struct *found = scx_bpf_tid_to_task(task_tid(p));

	if (found == p) {
		census->found++;
		return;
	}
	if (!found && (forking || READ_ONCE(p->flags) & PF_EXITING)) {
		census->excused++;
		return;
	}
	census->pid = p->pid;
	if (found)
		census->others++;
	else
		census->missing++;
}

SEC("syscall")
int take_census(struct tid_census *census)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	bpf_for_each(task, p, NULL, BPF_TASK_ITER_ALL_THREADS) {
		/* The tid of the idle tasks, which were not forked, is 0. */
		if (p->pid)
			count(census, p);
	}
	bpf_rcu_read_unlock();
	return 0;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(tid_table_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	if (watched.tid && task_tid(p) == watched.tid) {
		watched.exit_state = p->exit_state;
		watched.initialised++;
		if (blocking_page.owner)
			wait_at_blocking_page();
	}
	return refused_pid && p->pid == refused_pid ? -ENOMEM : 0;
}

void BPF_STRUCT_OPS(tid_table_exit_task, struct task_struct *p,
		    struct scx_exit_task_args *args)
{
	if (watched.tid && task_tid(p) == watched.tid)
		watched.ended++;
}

void BPF_STRUCT_OPS(tid_table_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

SCX_OPS_DEFINE(ops, .init_task = (void *)tid_table_init_task,
	       .exit_task = (void *)tid_table_exit_task,
	       .exit = (void *)tid_table_exit, .name = "task_tid_table");
