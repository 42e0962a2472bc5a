// SPDX-License-Identifier: GPL-2.0-only
/*
 * last_reference.bpf - holds a task between its last reference and its freeing.
 */
#include <vmlinux.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf_hold.bpf.h"

char _license[] SEC("license") = "GPL";

int dying_pid; /* hold this task ... */
int reader_cpu; /* ... except on this CPU */

bool freed; /* the task is about to be freed */
bool listed; /* it is then still on a list of its cgroup */
bool awaited; /* and a reader will continue at it */
int references; /* to the task, when the hold is over */

/*
 * Looks at the first reader of the task's css_set. Without a reader this reads
 * garbage.
 */
static bool is_awaited(struct task_struct *p)
{
	struct list_head *reader = BPF_CORE_READ(p, cgroups, task_iters.next);
	struct css_task_iter *it =
		(void *)reader -
		bpf_core_field_offset(struct css_task_iter, iters_node);

	return BPF_CORE_READ(it, task_pos) == &p->cg_list;
}

/*
 * An RCU callback calls this: the task has no references, only a list of its cgroup may
 * still have it, and this function removes it from that list. No lock is held.
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

/* The same function, by its name since 6.19 and by its name before. */
SEC("?fentry/cgroup_task_free")
int BPF_PROG(task_free, struct task_struct *p)
{
	return hold_freed(p);
}

SEC("?fentry/cgroup_free")
int BPF_PROG(task_free_old, struct task_struct *p)
{
	return hold_freed(p);
}
