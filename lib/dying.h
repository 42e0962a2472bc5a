/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dying - what cgroup.stat counts as removed and not yet freed: cgroups below,
 * and the state of each controller in them.
 */
#ifndef TASK_EXIT_DYING_H
#define TASK_EXIT_DYING_H

#include "cgroup.h"

/* The controllers that tests switch on and off. */
#define DYING_CONTROLLERS 5
extern const char *const dying_controllers[DYING_CONTROLLERS];

/* nr_dying_descendants of @cg. */
long dying_cgroups(const struct cgroup *cg);

/* nr_dying_subsys_@controller of @cg; negative where there is no such count. */
long dying_csses(const struct cgroup *cg, const char *controller);

/*
 * For the start of a test: a page of the page cache is charged to who first
 * reads it, and one that waits on another CPU to be put on a list is not free
 * yet; both keep the cgroup that they are charged to. 0 or -errno.
 */
int memcg_fault_in_test(void);

/*
 * What a CPU keeps of a memory cgroup in stock keeps the cgroup. The kernel is
 * free to leave that there, but a limit that is exceeded, here in @cg, calls it
 * in.
 */
void memcg_drain_stock(const struct cgroup *cg);

#endif /* TASK_EXIT_DYING_H */
