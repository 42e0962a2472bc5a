/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * css_set_lock.bpf - which task holds css_set_lock, on PREEMPT_RT.
 *
 * A spinlock_t is an rt_mutex_base there, and its owner may be preempted.
 * Include it after vmlinux.h and libbpf's headers.
 */
#ifndef TASK_EXIT_CSS_SET_LOCK_BPF_H
#define TASK_EXIT_CSS_SET_LOCK_BPF_H

struct rt_mutex_base___owned {
	struct task_struct *owner;
} __attribute__((preserve_access_index));

extern const void css_set_lock __ksym;

static __always_inline bool has_css_set_lock(struct task_struct *task)
{
	struct rt_mutex_base___owned *lock = (void *)&css_set_lock;
	u64 owner = (u64)BPF_CORE_READ(lock, owner);

	/* Bit 0 means that there are waiters. */
	return (owner & ~1ULL) == (u64)task;
}

#endif /* TASK_EXIT_CSS_SET_LOCK_BPF_H */
