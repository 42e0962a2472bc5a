/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dying - the counts of cgroup.stat: removed cgroups that are not freed yet, and
 * their csses.
 */
#ifndef TASK_EXIT_DYING_H
#define TASK_EXIT_DYING_H

#include "cgroup.h"

/* The controllers that tests enable and disable. */
#define DYING_CONTROLLERS 5
extern const char *const dying_controllers[DYING_CONTROLLERS];

/* nr_dying_descendants of @cg. Ends the test where it cannot be read. */
long dying_cgroups(const struct cgroup *cg);

/* The same for nr_dying_subsys_@controller, but -ENOENT without that key. */
long dying_csses(const struct cgroup *cg, const char *controller);

/*
 * For setup(): faults in all pages of this process and keeps it on one CPU, so that no
 * page of the test pins a cgroup under test. A page is charged to the cgroup that
 * faults it in first, and a page that was freed stays charged while it waits in
 * another CPU's LRU batch. 0 or -errno.
 */
int memcg_fault_in_test(void);

/* Per-CPU memcg stock pins the cgroup; exceeding memory.high of @cg drains it. */
void memcg_drain_stock(const struct cgroup *cg);

#endif /* TASK_EXIT_DYING_H */
