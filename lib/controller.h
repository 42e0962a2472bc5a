/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * limit - does a controller control? Each is given a limit in a cgroup and a
 * process that runs into it.
 */
#ifndef TASK_EXIT_CONTROLLER_H
#define TASK_EXIT_CONTROLLER_H

#include <stdbool.h>

#include "cgroup.h"

/* A file that a cgroup has exactly while it has @controller. */
const char *limit_file(const char *controller);

/*
 * Whether @controller (cpu, memory, pids, io or cpuset) enforces a limit in
 * @cg, which keeps that of pids and cpuset. Of io only that it counts: there may be no
 * disk.
 */
bool limit_works(const struct cgroup *cg, const char *controller);

#endif /* TASK_EXIT_CONTROLLER_H */
