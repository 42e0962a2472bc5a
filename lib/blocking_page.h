/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blocking_page - a page of memory whose first reader blocks until the test
 * releases it.
 *
 * Another process has mapped the page from a file whose FUSE daemon does not
 * answer (blocking_file.h). A sleepable BPF program that reads it stops there: that
 * keeps a scheduler's callback open while the test acts in the middle of it
 * (sched_ext/blocking_page.bpf.h).
 *
 * The daemon dies with the test. The reader then continues, so that nothing is left
 * in the kernel.
 */
#ifndef TASK_EXIT_BLOCKING_PAGE_H
#define TASK_EXIT_BLOCKING_PAGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "helper.h"

struct blocking_page {
	struct helper daemon;
	pid_t owner; /* the process that has mapped the page ... */
	unsigned long address; /* ... at this address */
};

/* Ends the test where this fails: skipped if the kernel has no FUSE. */
void blocking_page_create(struct blocking_page *page);

/* Returns whether something has read the page within @ms, and waits. */
bool blocking_page_reached(struct blocking_page *page, int ms);

/* Answers the reader; later readers do not block. 0 or -errno. */
int blocking_page_release(struct blocking_page *page);

#endif /* TASK_EXIT_BLOCKING_PAGE_H */
