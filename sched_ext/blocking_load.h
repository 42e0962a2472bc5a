/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blocking_load - enable a scheduler until init_task of one task blocks.
 *
 * The scheduler's init_task calls wait_at_blocking_page() (blocking_page.bpf.h) for that
 * task.
 */
#ifndef TASK_EXIT_BLOCKING_LOAD_H
#define TASK_EXIT_BLOCKING_LOAD_H

#include "blocking_page.h"
#include "steps.h"

/* Stores the address of @page where wait_at_blocking_page() finds it. */
#define SET_BLOCKING_PAGE(skel, page)                           \
	do {                                                    \
		typeof((skel)->bss) __bss = (skel)->bss;        \
		const struct blocking_page *__page = (page);    \
		__bss->blocking_page.owner = __page->owner;     \
		__bss->blocking_page.address = __page->address; \
	} while (0)

/* Returns when init_task of @pid, a task in @cg, blocks at @page; or ends the test. */
static inline void enable_until_init_task(struct scheduler *sch,
					  struct blocking_page *page,
					  const struct cgroup *cg, pid_t pid)
{
	bool reached;

	test_must_call(scheduler_attach_begin(sch), "cannot start a thread");
	test_step("the scheduler is being enabled");
	reached = blocking_page_reached(page, PATIENCE_MS);
	if (!reached) {
		/* The page would block the thread that enables the scheduler. */
		blocking_page_release(page);
		scheduler_attach_must_end(sch);
	}
	must_have_init_task(cg, pid);
	if (!reached)
		test_error("init_task of task %d does not block", pid);
}

#endif /* TASK_EXIT_BLOCKING_LOAD_H */
