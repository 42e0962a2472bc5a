/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * offline_barrier - wait until the kernel has offlined, or deferred, all cgroups
 * that were removed so far.
 *
 * The absence of an event proves nothing while the event may still come. The kernel
 * offlines the cgroups that one CPU removes in their order. So remove one more
 * cgroup, the sentinel: when it is offline, all before it are offline or deferred.
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

/* The two halves, for a wait that may end for another reason. */
void offline_barrier_remove(struct cgroup *sentinel,
			    const struct cgroup *parent);
void offline_barrier_require(bool offline);

/*
 * The same for the cpu controller, without a log; a test can call it once. It disables the
 * controller in a sentinel below @parent and enables it again. The kernel enables it only
 * after the old css is offline.
 */
void offline_barrier_cpu(const struct cgroup *parent);

#endif /* TASK_EXIT_OFFLINE_BARRIER_H */
