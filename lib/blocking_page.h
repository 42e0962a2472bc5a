/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blocking_page - a page of memory whose first reader waits for as long as we want.
 *
 * It is a page of another process, mapped from a file whose daemon does not
 * answer (blocking_file.h). A sleepable BPF program that reads it, on whatever task
 * it runs, stops there: that keeps a callback of a scheduler open while the test
 * does what is to happen in the middle of it. See blocking_page.bpf.h for the reader.
 *
 * The daemon is a process of its own, which dies with the test: then the reader
 * goes on, so that nothing stays in the kernel.
 */
#ifndef TASK_EXIT_BLOCKING_PAGE_H
#define TASK_EXIT_BLOCKING_PAGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "reason.h"

struct blocking_page {
	pid_t daemon; /* 0 where there is none */
	int control; /* a socket to the daemon */
	pid_t owner; /* the process that has the page mapped ... */
	unsigned long address; /* ... here */
};

/* Or ends the test, skipped where the kernel has no FUSE. */
void blocking_page_create(struct blocking_page *page);

/* Whether, within @ms, somebody reads the page and waits. */
bool blocking_page_reached(struct blocking_page *page, int ms);

/* Lets the reader go on. The page is an ordinary one then. 0 or -errno. */
int blocking_page_release(struct blocking_page *page);

/* For teardown: the same by force, and harmless on one that was never made. */
void blocking_page_destroy(struct blocking_page *page);

#endif /* TASK_EXIT_BLOCKING_PAGE_H */
