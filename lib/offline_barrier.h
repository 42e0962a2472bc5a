/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * offlining - has the kernel taken down what was removed, or put it off? That
 * something has not happened yet proves nothing; so this is asked, not waited
 * for. The kernel takes cgroups down in the order in which they were removed,
 * for each CPU: remove one more, and when that is down, all before it are down
 * or have been put off.
 */
#ifndef TASK_EXIT_OFFLINE_BARRIER_H
#define TASK_EXIT_OFFLINE_BARRIER_H

#include <stdbool.h>

#include "cgroup.h"
#include "events.h"

/* For setup(): the test and its children stay on this CPU. */
void offline_barrier_begin(void);

/*
 * Returns when all cgroups that were removed before are offline or deferred.
 * @kind is the event of @log that a cgroup below @parent has when it is offlined.
 */
void offline_barrier(enum event_kind kind, const struct cgroup *parent);

/*
 * The same for the cpu controller, once, where no log has such events: a sentinel
 * below @parent loses the controller and is given it again, and the kernel waits
 * for the first before the second.
 */
void offline_barrier_cpu(const struct cgroup *parent);

#endif /* TASK_EXIT_OFFLINE_BARRIER_H */
