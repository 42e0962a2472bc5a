/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timeline - the events of the running test, as a failure shows them.
 *
 * It shows the steps of the test, the events of cgroups and tasks with a name,
 * and the events with a mark.
 */
#ifndef TASK_EXIT_TIMELINE_H
#define TASK_EXIT_TIMELINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"
#include "events.h"
#include "supervise.h"

/* From now on events go to @log, which a BPF scheduler writes to as well. */
void timeline_use_log(struct event_log *log);

void timeline_name_cgroup(const struct cgroup *cg, const char *name);
void timeline_name_task(pid_t pid, const char *name);

/* NULL: it has no name. */
const char *timeline_task_name(pid_t pid);

/*
 * Marks the two events that violate a rule with the same letter (-1: no event), and keeps
 * the rule for timeline_print(). Returns false if there are too many marks.
 */
bool timeline_mark(size_t earlier, size_t later, const char *rule,
		   const char *rule_text);

/* Prints the rules of the marks, then the events. */
void timeline_print(void);

/* For test_begin() and test_end(). */
int timeline_begin(void);
void timeline_end(void);

/* In the supervisor: takes the timeline from the memory of the test's process. */
void timeline_read(const struct supervised *test_process);

#endif /* TASK_EXIT_TIMELINE_H */
