/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timeline - the events of the running test, as a failure shows them.
 *
 * Only cgroups and tasks with a name, and events that violate a rule, are shown.
 */
#ifndef TASK_EXIT_TIMELINE_H
#define TASK_EXIT_TIMELINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"
#include "events.h"
#include "order.h"

#define TIMELINE_MAX_VIOLATIONS 16

/* From now on events go to @log, which a BPF scheduler writes to as well. */
void timeline_use_log(struct event_log *log);

void timeline_name_cgroup(const struct cgroup *cg, const char *name);
void timeline_name_task(pid_t pid, const char *name);

/* NULL: it has no name. */
const char *timeline_task_name(pid_t pid);

/* Marks the events of a violation with a letter; false if there are too many. */
bool timeline_mark(const struct order_violation *violation);

/* Prints the rules that were violated and the events in their order. */
void timeline_print(void);

/* For test_begin() and test_end(). */
int timeline_begin(void);
void timeline_end(void);

#endif /* TASK_EXIT_TIMELINE_H */
