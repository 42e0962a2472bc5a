/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * controller - does a controller work? Each gets a limit in a cgroup, and a
 * process that exceeds it.
 */
#ifndef TASK_EXIT_CONTROLLER_H
#define TASK_EXIT_CONTROLLER_H

#include <stdbool.h>

#include "cgroup.h"

/* A file that a cgroup has if and only if @controller is enabled for it. */
const char *controller_file(const char *controller);

/* Skips the test if the kernel was built without the limit of @controller. */
void need_controller_limit(const struct cgroup *cg, const char *controller);

/*
 * Returns whether @controller (cpu, memory, pids, io or cpuset) enforces a limit in
 * @cg; the limits of pids and cpuset stay set. For io, whether it counts, as
 * there may be no disk.
 */
bool controller_works(const struct cgroup *cg, const char *controller);

#endif /* TASK_EXIT_CONTROLLER_H */
