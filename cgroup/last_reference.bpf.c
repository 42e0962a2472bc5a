// SPDX-License-Identifier: GPL-2.0-only
/*
 * last_reference.bpf - keeps a task that has lost its last reference from being freed.
 */
#include <vmlinux.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "hold.bpf.h"

char _license[] SEC("license") = "GPL";

int dying_pid; /* this task is held ... */
int reader_cpu; /* ... but not here */

bool freed; /* it has come to its end */
bool listed; /* its cgroup still has it then */
bool awaited; /* and a reader is to go on at it */
int references; /* when it goes on */

/* Of the first reader of the task's css_set; where there is none that reads garbage. */
static bool is_awaited(struct task_struct *p)
{
	struct list_head *reader = BPF_CORE_READ(p, cgroups, task_iters.next);
	struct css_task_iter *it =
		(void *)reader -
		bpf_core_field_offset(struct css_task_iter, iters_node);

	return BPF_CORE_READ(it, task_pos) == &p->cg_list;
}

/*
 * RCU calls this when nobody can find the task any more but by its cgroup, which it
 * is to leave now. No lock is held.
 */
static __always_inline int hold_freed(struct task_struct *p)
{
	if (!dying_pid || p->pid != dying_pid)
		return 0;
	dying_pid = 0;
	listed = p->cg_list.next != &p->cg_list;
	awaited = is_awaited(p);
	barrier();
	freed = true;
	if (!listed || bpf_get_smp_processor_id() == reader_cpu)
		return 0;
	hold_here();
	references = p->usage.refs.counter;
	hold_over();
	return 0;
}

/* One function, under the name that it has from 6.19 on and the one before. */
SEC("?fentry/cgroup_task_free")
int BPF_PROG(task_is_freed, struct task_struct *p)
{
	return hold_freed(p);
}

SEC("?fentry/cgroup_free")
int BPF_PROG(task_was_freed, struct task_struct *p)
{
	return hold_freed(p);
}
