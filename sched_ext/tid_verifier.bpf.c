// SPDX-License-Identifier: GPL-2.0-only
/*
 * tid_verifier.bpf - correct and wrong uses of scx_bpf_tid_to_task(). The test loads
 * each program alone, and runs none.
 */
#include <scx/common.bpf.h>

#include "tid.bpf.h"

char _license[] SEC("license") = "GPL";

/* It is not weak, so that no program loads on a kernel without it. */
struct task_struct *scx_bpf_tid_to_task(u64 tid) __ksym;

s32 pid;

static __always_inline int look_up_and_read(void)
{
	struct task_struct *p = scx_bpf_tid_to_task(1);

	if (p)
		pid = p->pid;
	return 0;
}

/* Correct: a program that may sleep takes the RCU lock and checks for NULL. */
SEC("syscall")
int good_locked(void *ctx)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	p = scx_bpf_tid_to_task(1);
	if (p)
		pid = p->pid;
	bpf_rcu_read_unlock();
	return 0;
}

/* Correct: a program acquires the task in the read section to use it after that. */
SEC("syscall")
int good_acquired(void *ctx)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	p = scx_bpf_tid_to_task(1);
	if (p)
		p = bpf_task_acquire(p);
	bpf_rcu_read_unlock();
	if (!p)
		return 0;
	pid = p->pid;
	bpf_task_release(p);
	return 0;
}

/* Correct: a program that cannot sleep runs in a read section. */
SEC("tp_btf/task_rename")
int good_atomic(void *ctx)
{
	return look_up_and_read();
}

SEC("syscall")
int bad_unlocked(void *ctx)
{
	return look_up_and_read();
}

SEC("struct_ops.s/bad_unlocked_callback")
int bad_unlocked_callback(void *ctx)
{
	return look_up_and_read();
}

SEC("syscall")
int bad_unchecked(void *ctx)
{
	bpf_rcu_read_lock();
	pid = scx_bpf_tid_to_task(1)->pid;
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
int bad_unchecked_argument(void *ctx)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	p = bpf_task_acquire(scx_bpf_tid_to_task(1));
	bpf_rcu_read_unlock();
	if (p)
		bpf_task_release(p);
	return 0;
}

SEC("syscall")
int bad_release(void *ctx)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	p = scx_bpf_tid_to_task(1);
	if (p)
		bpf_task_release(p);
	bpf_rcu_read_unlock();
	return 0;
}

/* The task may be freed after the read section. */
SEC("syscall")
int bad_after_unlock(void *ctx)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	p = scx_bpf_tid_to_task(1);
	bpf_rcu_read_unlock();
	if (p)
		p = bpf_task_acquire(p);
	if (p)
		bpf_task_release(p);
	return 0;
}

SEC("syscall")
int bad_write(void *ctx)
{
	struct task_struct *p;

	bpf_rcu_read_lock();
	p = scx_bpf_tid_to_task(1);
	if (p)
		p->pid = 1;
	bpf_rcu_read_unlock();
	return 0;
}

/* Program types that may not call it. */
#define BAD_TYPE(section, name)            \
	SEC(section) int name(void *ctx)   \
	{                                  \
		return look_up_and_read(); \
	}

BAD_TYPE("socket", bad_socket_filter)
BAD_TYPE("xdp", bad_xdp)
BAD_TYPE("tc", bad_tc)
BAD_TYPE("cgroup/dev", bad_cgroup_device)
BAD_TYPE("cgroup_skb/egress", bad_cgroup_skb)
BAD_TYPE("kprobe/bpf_fentry_test1", bad_kprobe)
BAD_TYPE("struct_ops/bad_tcp_init", bad_tcp_init)

/* A scheduler's callback that may sleep, and a struct_ops of another type. */
SCX_OPS_DEFINE(ops, .init = (void *)bad_unlocked_callback,
	       .name = "task_tid_bad");

SEC(".struct_ops.link")
struct tcp_congestion_ops tcp = {
	.init = (void *)bad_tcp_init,
	.name = "task_tid_bad",
};
