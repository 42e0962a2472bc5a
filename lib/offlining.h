/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * offlining - has the kernel taken down what was removed, or put it off? That
 * something has not happened yet proves nothing; so this is asked, not waited
 * for. The kernel takes cgroups down in the order in which they were removed,
 * for each CPU: remove one more, and when that is down, all before it are down
 * or have been put off.
 */
#ifndef TASK_EXIT_OFFLINING_H
#define TASK_EXIT_OFFLINING_H

#include <stdbool.h>

#include "cgroup.h"
#include "events.h"

/* For the start of a test: it and its children stay on this CPU. 0 or -errno. */
int offlining_keep_order(void);

/*
 * Whether all that was removed before has had its turn. @kind is what @log
 * notes of a cgroup that is taken down, as of one below @parent.
 */
bool offlining_has_caught_up(const struct event_log *log, enum event_kind kind,
			     const struct cgroup *parent);

/*
 * The same for the cpu controller, once, where nobody takes notes: a sentinel
 * below @parent loses it and is given it again, for which the kernel waits until
 * it is down. 0 or -errno.
 */
int offlining_catch_up_unseen(const struct cgroup *parent,
			      struct reason *reason);

#endif /* TASK_EXIT_OFFLINING_H */
