/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sub.bpf - declarations for root schedulers and sub-schedulers.
 *
 * From 7.2 on both have the cid form; 7.1 has only one form, whose members have the
 * same names. The build tree may have neither: so the members that are used are
 * declared here, and libbpf finds them by their names. Include after
 * scx/common.bpf.h.
 */
#ifndef TASK_EXIT_SUB_BPF_H
#define TASK_EXIT_SUB_BPF_H

#include "grant.h"

struct scx_sub_attach_args;

struct sched_ext_ops_cid___task_exit {
	s32 (*init_task)(struct task_struct *p,
			 struct scx_init_task_args *args);
	void (*exit_task)(struct task_struct *p,
			  struct scx_exit_task_args *args);
	void (*enqueue)(struct task_struct *p, u64 enq_flags);
	void (*runnable)(struct task_struct *p, u64 enq_flags);
	s32 (*sub_attach)(struct scx_sub_attach_args *args);
	void (*exit)(struct scx_exit_info *info);
	u32 exit_dump_len;
	u64 flags;
	u64 sub_cgroup_id;
	char name[128];
};

struct sched_ext_ops___task_exit {
	s32 (*init_task)(struct task_struct *p,
			 struct scx_init_task_args *args);
	void (*exit_task)(struct task_struct *p,
			  struct scx_exit_task_args *args);
	void (*enqueue)(struct task_struct *p, u64 enq_flags);
	void (*runnable)(struct task_struct *p, u64 enq_flags);
	s32 (*sub_attach)(struct scx_sub_attach_args *args);
	void (*exit)(struct scx_exit_info *info);
	u32 exit_dump_len;
	u64 flags;
	u64 sub_cgroup_id;
	char name[128];
};

/* The arena's address in user space: one that is valid, and free, on every architecture. */
#define ARENA_ADDRESS 0x100000000ULL

/* A scheduler of the cid form must have an arena, and use it in a program. */
struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 10); /* pages */
	__ulong(map_extra, ARENA_ADDRESS);
} arena SEC(".maps");

static __always_inline void use_arena(void)
{
	asm volatile("" ::"r"(&arena));
}

struct grant grant;

s32 scx_bpf_sub_grant___task_exit(u64 cgroup_id, u64 caps,
				  const struct cids *cmask__arena,
				  struct cids *denied_out__arena__nullable)
	__ksym __weak;

/* In ops.sub_attach(), of the cid form. */
static __always_inline s32 grant_it(void)
{
	if (!bpf_ksym_exists(scx_bpf_sub_grant___task_exit))
		return 0;
	return scx_bpf_sub_grant___task_exit(grant.cgroup, grant.caps,
					     (const struct cids *)grant.cids,
					     NULL);
}

#endif /* TASK_EXIT_SUB_BPF_H */
