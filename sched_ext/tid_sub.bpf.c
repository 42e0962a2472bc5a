// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_sub.bpf - a root scheduler that lets sub-schedulers attach, and one of those,
 * which looks up the tasks that it is given.
 *
 * Both are of the cid form, the only one that can have or be a sub-scheduler. Not
 * every tree that this is built in knows that form: so what is needed of it is
 * declared here, and libbpf finds the members by their names.
 */
#include <scx/common.bpf.h>

#include "insert.bpf.h"
#include "tid_query.bpf.h"
#include "tid_sub.h"

char _license[] SEC("license") = "GPL";

struct scx_sub_attach_args;

struct sched_ext_ops_cid___task_exit {
	s32 (*init_task)(struct task_struct *p,
			 struct scx_init_task_args *args);
	void (*enqueue)(struct task_struct *p, u64 enq_flags);
	void (*runnable)(struct task_struct *p, u64 enq_flags);
	s32 (*sub_attach)(struct scx_sub_attach_args *args);
	void (*exit)(struct scx_exit_info *info);
	u32 exit_dump_len;
	u64 flags;
	u64 sub_cgroup_id;
	char name[128];
};

/* Any address will do that user space has on its side of the machine. */
#ifdef __TARGET_ARCH_arm64
#define ARENA_SHIFT 32
#else
#define ARENA_SHIFT 44
#endif

/* A scheduler of the cid form must have an arena and use it in some program. */
struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 10); /* pages */
	__ulong(map_extra, 1ULL << ARENA_SHIFT); /* where user space has it */
} arena SEC(".maps");

#define USE_ARENA() asm volatile("" ::"r"(&arena))

/* The lookups of one task, in init_task and in runnable. */
struct tid_trace init_trace, runnable_trace;

UEI_DEFINE(uei);
UEI_DEFINE(sub_uei);

struct grant grant;

/*
 * SCX_ENQ_RESCUE, where the kernel has it: a grant takes effect on each CPU in its own
 * time, and until then it refuses what is inserted there, or with this flag runs it
 * nevertheless.
 */
u64 rescue;

/* From 7.3 on a sub-scheduler has no CPU but those that its parent grants it. */
s32 scx_bpf_sub_grant___task_exit(
	u64 cgroup_id, u64 caps, const struct cids *cmask__arena,
	struct cids *denied_out__arena__nullable) __ksym __weak;

s32 BPF_STRUCT_OPS(tid_sub_root_attach, struct scx_sub_attach_args *args)
{
	USE_ARENA();
	if (!bpf_ksym_exists(scx_bpf_sub_grant___task_exit))
		return 0;
	return scx_bpf_sub_grant___task_exit(grant.cgroup, grant.caps,
					     (const struct cids *)grant.cids,
					     NULL);
}

void BPF_STRUCT_OPS(tid_sub_root_exit, struct scx_exit_info *ei)
{
	USE_ARENA();
	UEI_RECORD(uei, ei);
}

static __always_inline void look_up(struct tid_trace *trace,
				    struct task_struct *p)
{
	struct task_struct *found;

	if (!bpf_ksym_exists(scx_bpf_tid_to_task) || p->pid != trace->pid)
		return;
	found = scx_bpf_tid_to_task(task_tid(p));
	trace->calls++;
	if (!found)
		return;
	trace->found++;
	trace->same += found == p;
}

s32 BPF_STRUCT_OPS(tid_sub_init_task, struct task_struct *p,
		   struct scx_init_task_args *args)
{
	look_up(&init_trace, p);
	return 0;
}

void BPF_STRUCT_OPS(tid_sub_enqueue, struct task_struct *p, u64 enq_flags)
{
	insert(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, enq_flags | rescue);
}

void BPF_STRUCT_OPS(tid_sub_runnable, struct task_struct *p, u64 enq_flags)
{
	look_up(&runnable_trace, p);
}

void BPF_STRUCT_OPS(tid_sub_exit, struct scx_exit_info *ei)
{
	USE_ARENA();
	UEI_RECORD(sub_uei, ei);
}

SEC(".struct_ops.link")
struct sched_ext_ops_cid___task_exit ops = {
	.sub_attach = (void *)tid_sub_root_attach,
	.exit = (void *)tid_sub_root_exit,
	.name = "task_tid_root",
};

SEC(".struct_ops.link")
struct sched_ext_ops_cid___task_exit sub_ops = {
	.init_task = (void *)tid_sub_init_task,
	.enqueue = (void *)tid_sub_enqueue,
	.runnable = (void *)tid_sub_runnable,
	.exit = (void *)tid_sub_exit,
	.name = "task_tid_sub",
};
