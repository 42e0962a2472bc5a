/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stuck_page - the BPF side: how a sleepable program stops at the page of
 * lib/stuck_page.h. The test writes where it is into bss->stuck_page.
 *
 * Not bpf_copy_from_user(): a scheduler is loaded by a kernel thread on newer
 * kernels, which has no memory of a user.
 */
#ifndef TASK_EXIT_STUCK_PAGE_BPF_H
#define TASK_EXIT_STUCK_PAGE_BPF_H

struct {
	u64 address;
	s32 owner;
} stuck_page;

static __always_inline void wait_at_stuck_page(void)
{
	struct task_struct *owner = bpf_task_from_pid(stuck_page.owner);
	char byte;

	if (!owner)
		return;
	bpf_copy_from_user_task(&byte, sizeof(byte), (void *)stuck_page.address,
				owner, 0);
	bpf_task_release(owner);
}

#endif /* TASK_EXIT_STUCK_PAGE_BPF_H */
