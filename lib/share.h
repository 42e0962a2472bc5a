/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * share - memory that a process shares with its children.
 */
#ifndef TASK_EXIT_SHARE_H
#define TASK_EXIT_SHARE_H

#include <stddef.h>
#include <sys/mman.h>

/* Zeroed memory, shared with all children forked later; NULL and errno on failure. */
static inline void *share_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

#endif /* TASK_EXIT_SHARE_H */
