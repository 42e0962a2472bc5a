// SPDX-License-Identifier: GPL-2.0-only
/*
 * dead_tasks.bpf - the observer, which also logs the callbacks for a change of a
 * task's nice value, affinity or scheduling class.
 */
#include "observer.bpf.h"

char _license[] SEC("license") = "GPL";

void BPF_STRUCT_OPS(dead_tasks_enable, struct task_struct *p)
{
	observe_mention(EV_ENABLE, p);
}

void BPF_STRUCT_OPS(dead_tasks_disable, struct task_struct *p)
{
	observe_mention(EV_DISABLE, p);
}

void BPF_STRUCT_OPS(dead_tasks_set_weight, struct task_struct *p, u32 weight)
{
	observe_mention(EV_SET_WEIGHT, p);
}

void BPF_STRUCT_OPS(dead_tasks_set_cpumask, struct task_struct *p,
		    const struct cpumask *cpumask)
{
	observe_mention(EV_SET_CPUMASK, p);
}

OBSERVER("task_exit_dead", .enable = (void *)dead_tasks_enable,
	 .disable = (void *)dead_tasks_disable,
	 .set_weight = (void *)dead_tasks_set_weight,
	 .set_cpumask = (void *)dead_tasks_set_cpumask);
