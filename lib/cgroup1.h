/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup1 - a cgroup v1 hierarchy of this run's own, which is mounted nowhere.
 *
 * It is there for as long as somebody has the mount's descriptor open and, after
 * that, as long as it has cgroups besides its top. Whoever takes down the run's
 * root (see cgroup_root.h) takes down these, too.
 */
#ifndef TASK_EXIT_CGROUP1_H
#define TASK_EXIT_CGROUP1_H

#include "cgroup.h"

/*
 * A hierarchy with @controller, or with none and the name of the run's root where
 * that is NULL. Returns the descriptor of the mount and sets @top, by which all
 * processes reach it while this one lives; or -errno and @reason. It may sleep
 * until what is being switched off in cgroup2 has drained.
 */
int cgroup1_mount(struct cgroup *top, const char *controller,
		  struct reason *reason);

/*
 * Has the kernel favor changes of cgroups over forks, by a hierarchy with that option
 * that is gone at once. From 6.18 on a move then waits for the forks of the moved
 * process alone, and that stays so until the next boot. 0, or -errno and @reason.
 */
int cgroup1_favor_dynmods(struct reason *reason);

/*
 * Ends the named hierarchy, whose only mount this is. The kernel frees a cgroup when its
 * work for it is done, and a hierarchy after its cgroups. Whether it has ended.
 */
bool cgroup1_end(int mount);

/* For whoever takes down a run: what its named hierarchy is left with. */
void cgroup1_sweep(const struct cgroup *run_root);

#endif /* TASK_EXIT_CGROUP1_H */
