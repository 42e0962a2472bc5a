/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blocking_page.bpf - the BPF side of lib/blocking_page.h: a sleepable program reads
 * the page and blocks. The test stores the page's address in bss->blocking_page.
 *
 * bpf_copy_from_user() does not work here: newer kernels enable a scheduler in a
 * kernel thread, which has no user memory.
 */
#ifndef TASK_EXIT_BLOCKING_PAGE_BPF_H
#define TASK_EXIT_BLOCKING_PAGE_BPF_H

struct {
	u64 address;
	s32 owner;
} blocking_page;

static __always_inline void wait_at_blocking_page(void)
{
	struct task_struct *owner = bpf_task_from_pid(blocking_page.owner);
	char byte;

	if (!owner)
		return;
	bpf_copy_from_user_task(&byte, sizeof(byte),
				(void *)blocking_page.address, owner, 0);
	bpf_task_release(owner);
}

#endif /* TASK_EXIT_BLOCKING_PAGE_BPF_H */
