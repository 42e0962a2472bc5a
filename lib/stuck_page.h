/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stuck_page - a page of memory that cannot be read before we say so.
 *
 * It belongs to a process of its own, which has mapped a stuck_file. Who reads
 * it there, a sleepable BPF program for one, sleeps until then. The daemon is a
 * process too: with the test it dies, and lets all go.
 */
#ifndef TASK_EXIT_STUCK_PAGE_H
#define TASK_EXIT_STUCK_PAGE_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/types.h>

#include "reason.h"

struct stuck_page {
	pid_t owner; /* whose page it is */
	__u64 address;
	pid_t daemon; /* our child; 0 for none */
	int control; /* a socket to it */
};

/* 0, or -errno with the reason; -EOPNOTSUPP where the kernel has no FUSE. */
int stuck_page_create(struct stuck_page *page, struct reason *reason);

/* Waits for somebody to read it; whether one does, and sleeps. */
bool stuck_page_is_read(struct stuck_page *page, int ms);

/* Lets the reader go on; 0 or -errno. */
int stuck_page_release(struct stuck_page *page);

/* The same by force, and harmless where there is none. */
void stuck_page_destroy(struct stuck_page *page);

#endif /* TASK_EXIT_STUCK_PAGE_H */
