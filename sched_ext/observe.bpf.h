/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observe.bpf - add a scheduler's callback, with its arguments, to the event log.
 *
 * Include after scx/common.bpf.h.
 */
#ifndef TASK_EXIT_OBSERVE_BPF_H
#define TASK_EXIT_OBSERVE_BPF_H

#include "events.bpf.h"
#include "tid.bpf.h"

#define CGROUP_ONLINE 0x2 /* CSS_ONLINE */

static __always_inline void observe_task(struct event *ev,
					 struct task_struct *p)
{
	ev->task = (u64)p;
	ev->pid = p->pid;
	ev->tgid = p->tgid;
	ev->tid = task_tid(p);
	if (p->flags & PF_EXITING)
		ev->flags |= EVF_EXITING;
	bpf_probe_read_kernel(ev->note, sizeof(p->comm), p->comm);
}

static __always_inline u64 cgroup_id(struct cgroup *cgrp)
{
	return BPF_CORE_READ(cgrp, kn, id);
}

static __always_inline void observe_cgroup(u32 kind, struct cgroup *cgrp)
{
	struct event *ev = observe();

	if (!ev)
		return;
	ev->cgroup = cgroup_id(cgrp);
	ev->to = BPF_CORE_READ(cgrp, self.parent, cgroup, kn, id);
	if (!(BPF_CORE_READ(cgrp, self.flags) & CGROUP_ONLINE))
		ev->flags |= EVF_OFFLINE;
	observed(ev, kind);
}

static __always_inline void observe_mention(u32 kind, struct task_struct *p)
{
	struct event *ev = observe();

	if (!ev)
		return;
	observe_task(ev, p);
	observed(ev, kind);
}

static __always_inline void observe_move(u32 kind, struct task_struct *p,
					 struct cgroup *from, struct cgroup *to)
{
	struct event *ev = observe();

	if (!ev)
		return;
	observe_task(ev, p);
	ev->cgroup = cgroup_id(from);
	ev->to = cgroup_id(to);
	observed(ev, kind);
}

static __always_inline void observe_init_task(struct task_struct *p,
					      struct scx_init_task_args *args)
{
	struct event *ev = observe();

	if (!ev)
		return;
	observe_task(ev, p);
	ev->cgroup = cgroup_id(args->cgroup);
	if (args->fork)
		ev->flags |= EVF_FORK;
	observed(ev, EV_INIT_TASK);
}

static __always_inline void observe_exit_task(struct task_struct *p,
					      struct scx_exit_task_args *args)
{
	struct event *ev = observe();

	if (!ev)
		return;
	observe_task(ev, p);
	if (args->cancelled)
		ev->flags |= EVF_CANCELLED;
	if (BPF_CORE_READ(p, cg_list.next) == &p->cg_list)
		ev->flags |= EVF_UNLINKED;
	observed(ev, EV_EXIT_TASK);
}

#endif /* TASK_EXIT_OBSERVE_BPF_H */
