/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup_root - the root cgroup of a run, for the guard. Tests use cgroup.h.
 */
#ifndef TASK_EXIT_CGROUP_ROOT_H
#define TASK_EXIT_CGROUP_ROOT_H

#include "cgroup.h"

/*
 * Removes what killed runs left, then creates this run's root. 0, or -errno and
 * the reason.
 */
int cgroup_root_create(struct reason *reason);
void cgroup_root_remove(void);

/* In a child of the guard: only the guard keeps the lock. */
void cgroup_root_disown(void);

#endif /* TASK_EXIT_CGROUP_ROOT_H */
