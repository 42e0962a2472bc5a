// SPDX-License-Identifier: GPL-2.0-only
/*
 * init_order.bpf - the observer, which like scx_mitosis may create state for each
 * cgroup in cgroup_init, and look it up in init_task of every task.
 */
#include <scx/common.bpf.h>

#include "init_order.h"

#define OBSERVER_INIT_TASK init_order_init_task
#define OBSERVER_CGROUP_INIT init_order_cgroup_init

#include "observer.bpf.h"

char _license[] SEC("license") = "GPL";

/* Preallocated: on PREEMPT_RT an allocation here may fail. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} by_id SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} in_cgroup SEC(".maps");

/* Set before the load: without cgroup storage the map is not created. */
const volatile bool has_storage;

u32 state_kind;

u64 failed_cgroup; /* the cgroup for which no state could be created */

static __always_inline bool create_state(struct cgroup *cgrp)
{
	u64 id = cgroup_id(cgrp);

	if (state_kind == STATE_BY_ID)
		return !bpf_map_update_elem(&by_id, &id, &id, BPF_ANY);
	if (has_storage && state_kind == STATE_IN_CGROUP)
		return bpf_cgrp_storage_get(&in_cgroup, cgrp, NULL,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);
	return true;
}

static __always_inline bool has_state(struct cgroup *cgrp)
{
	u64 id = cgroup_id(cgrp);

	if (state_kind == STATE_BY_ID)
		return bpf_map_lookup_elem(&by_id, &id);
	if (has_storage && state_kind == STATE_IN_CGROUP)
		return bpf_cgrp_storage_get(&in_cgroup, cgrp, NULL, 0);
	return true;
}

/* Not sleepable, as only then the verifier trusts args->cgroup. */
s32 BPF_STRUCT_OPS(init_order_init_task, struct task_struct *p,
		   struct scx_init_task_args *args)
{
	observe_init_task(p, args);
	return has_state(args->cgroup) ? 0 : -ENOENT;
}

s32 BPF_STRUCT_OPS_SLEEPABLE(init_order_cgroup_init, struct cgroup *cgrp,
			     struct scx_cgroup_init_args *args)
{
	observe_cgroup(EV_CGROUP_INIT, cgrp);
	if (create_state(cgrp))
		return 0;
	failed_cgroup = cgroup_id(cgrp);
	return -ENOMEM;
}

OBSERVER("task_init_order");
