/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observer - a BPF scheduler that only observes.
 *
 * It leaves scheduling to the kernel's defaults (the global queue, the built-in
 * selection of an idle CPU) and logs every callback that initialises, exits or moves
 * a task or a cgroup. It calls no kfunc, so it loads on every kernel with sched_ext.
 *
 * A test's NAME.bpf.c includes this file and defines its scheduler with OBSERVER().
 */
#ifndef TASK_EXIT_OBSERVER_BPF_H
#define TASK_EXIT_OBSERVER_BPF_H

#include <scx/common.bpf.h>

#include "observe.bpf.h"

UEI_DEFINE(uei);

/*
 * A test with its own callback defines the macro as the name of that callback
 * before it includes this file.
 */
#ifndef OBSERVER_INIT_TASK
#define OBSERVER_INIT_TASK observer_init_task
s32 BPF_STRUCT_OPS_SLEEPABLE(observer_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	observe_init_task(p, args);
	return 0;
}
#endif

void BPF_STRUCT_OPS(observer_exit_task, struct task_struct *p,
		    struct scx_exit_task_args *args)
{
	observe_exit_task(p, args);
}

#ifndef OBSERVER_CGROUP_INIT
#define OBSERVER_CGROUP_INIT observer_cgroup_init
s32 BPF_STRUCT_OPS_SLEEPABLE(observer_cgroup_init, struct cgroup *cgrp,
			     struct scx_cgroup_init_args *args)
{
	observe_cgroup(EV_CGROUP_INIT, cgrp);
	return 0;
}
#endif

#ifndef OBSERVER_CGROUP_EXIT
#define OBSERVER_CGROUP_EXIT observer_cgroup_exit
void BPF_STRUCT_OPS(observer_cgroup_exit, struct cgroup *cgrp)
{
	observe_cgroup(EV_CGROUP_EXIT, cgrp);
}
#endif

#ifndef OBSERVER_PREP_MOVE
#define OBSERVER_PREP_MOVE observer_cgroup_prep_move
s32 BPF_STRUCT_OPS(observer_cgroup_prep_move, struct task_struct *p,
		   struct cgroup *from, struct cgroup *to)
{
	observe_move(EV_PREP_MOVE, p, from, to);
	return 0;
}
#endif

void BPF_STRUCT_OPS(observer_cgroup_move, struct task_struct *p,
		    struct cgroup *from, struct cgroup *to)
{
	observe_move(EV_MOVE, p, from, to);
}

void BPF_STRUCT_OPS(observer_cgroup_cancel_move, struct task_struct *p,
		    struct cgroup *from, struct cgroup *to)
{
	observe_move(EV_CANCEL_MOVE, p, from, to);
}

void BPF_STRUCT_OPS(observer_exit, struct scx_exit_info *ei)
{
	UEI_RECORD(uei, ei);
}

/* SCHEDULER_OPEN() relies on the name "ops". */
#define OBSERVER(scheduler_name, ...)                                         \
	SCX_OPS_DEFINE(ops, .init_task = (void *)OBSERVER_INIT_TASK,          \
		       .exit_task = (void *)observer_exit_task,               \
		       .cgroup_init = (void *)OBSERVER_CGROUP_INIT,           \
		       .cgroup_exit = (void *)OBSERVER_CGROUP_EXIT,           \
		       .cgroup_prep_move = (void *)OBSERVER_PREP_MOVE,        \
		       .cgroup_move = (void *)observer_cgroup_move,           \
		       .cgroup_cancel_move =                                  \
			       (void *)observer_cgroup_cancel_move,           \
		       .exit = (void *)observer_exit, .name = scheduler_name, \
		       ##__VA_ARGS__)

#endif /* TASK_EXIT_OBSERVER_BPF_H */
