/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup_root - the cgroup that a run lives in. For the guard; tests use what
 * is in cgroup.h.
 */
#ifndef TASK_EXIT_CGROUP_ROOT_H
#define TASK_EXIT_CGROUP_ROOT_H

#include "cgroup.h"

/*
 * Sweeps up after killed runs, then makes this run's root. 0, or -errno with
 * what is missing, in one line.
 */
int cgroup_root_create(struct reason *reason);
void cgroup_root_remove(void);

/* In a child of the guard: the lock is the guard's alone. */
void cgroup_root_disown(void);

#endif /* TASK_EXIT_CGROUP_ROOT_H */
