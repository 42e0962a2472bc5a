/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * removal - rmdir(2) of a cgroup that a test cannot be sure to return, told in
 * the story.
 */
#ifndef TASK_EXIT_REMOVAL_H
#define TASK_EXIT_REMOVAL_H

#include "cgroup.h"
#include "deadline.h"
#include "story.h"

struct removal {
	struct deadline call;
	bool tried; /* it was made, and has returned or is blocked */
	bool returned; /* the last rmdir(2) has returned ... */
	int err; /* ... this: 0 or -errno */
};

/*
 * Begins to remove @cg, or goes on waiting for it where the last attempt has
 * not returned, for @ms at most. Whether it is removed; if not, and @tried is
 * false, the machine was too slow to say anything of the kernel.
 */
bool removal_done(struct removal *removal, struct story *story,
		  const struct cgroup *cg, int ms);

/* Tries again, while it is EBUSY, until it is removed; for a cgroup that is empty. */
bool removal_finish(struct removal *removal, struct story *story,
		    const struct cgroup *cg);

#endif /* TASK_EXIT_REMOVAL_H */
