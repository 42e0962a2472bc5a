/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * deadline - do this, but do not let me hang with it.
 *
 * A kernel under test may put rmdir(2) to sleep for ever, uninterruptibly. So
 * whatever may block is done by a child; the test waits for it, and where it
 * blocks says so, with the kernel's stack, and undoes what it blocks on.
 */
#ifndef TASK_EXIT_DEADLINE_H
#define TASK_EXIT_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct deadline {
	pid_t pid; /* the child while it is at work, else 0 */
	int result; /* what the call returned: 0 or more, or -errno */
	bool slow; /* neither returned nor blocked: nothing can be said */
	char where[384]; /* while blocked: where it sleeps */
};

/* 0 or -errno. @fn runs in a child; its result must fit -127..127. */
int deadline_start(struct deadline *d, int (*fn)(const void *arg),
		   const void *arg);

/*
 * Whether it has returned; @d->result is valid then, @d->where otherwise. Not to
 * have returned is not enough to be called blocked, a slow machine may be at it
 * still: after @ms it must be asleep in the kernel, uninterruptibly, or it is
 * waited for on. @d->slow says that it never was, for all our patience.
 */
bool deadline_wait(struct deadline *d, int ms);

/* Kills the child if it can be killed. */
void deadline_abandon(struct deadline *d);

#endif /* TASK_EXIT_DEADLINE_H */
