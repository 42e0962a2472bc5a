/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writing - a write to a cgroup's file that a test cannot be sure to return,
 * told in the story.
 */
#ifndef TASK_EXIT_WRITING_H
#define TASK_EXIT_WRITING_H

#include "cgroup.h"
#include "deadline.h"
#include "story.h"

struct writing {
	struct deadline call;
	const struct cgroup *cg;
	char file[32];
	char text[64];
	bool returned; /* the write has returned ... */
	int err; /* ... this: 0 or -errno */
};

/* Begins to write @text to @file of @cg, which must outlive it. 0 or -errno. */
int writing_begin(struct writing *writing, const struct cgroup *cg,
		  const char *file, const char *text);

/*
 * Waits until the write has returned or sleeps in the kernel, so that what the
 * test does next comes after it. Whether it has returned.
 */
bool writing_settled(struct writing *writing, struct story *story);

/* Waits for the write to return, for @ms at most. Whether it has succeeded. */
bool writing_done(struct writing *writing, struct story *story, int ms);

/* What to say of a write that is not done: that it sleeps, or its error. */
const char *writing_failure(const struct writing *writing);

#endif /* TASK_EXIT_WRITING_H */
