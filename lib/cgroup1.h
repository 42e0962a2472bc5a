/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup1 - a cgroup v1 hierarchy for this run, which is not mounted anywhere.
 *
 * It exists while the descriptor of its mount is open and, after that, while it
 * has cgroups other than its top. The removal of the run's root (cgroup_root.h)
 * destroys it, too.
 */
#ifndef TASK_EXIT_CGROUP1_H
#define TASK_EXIT_CGROUP1_H

#include "cgroup.h"

/*
 * Returns whether this kernel has cgroup v1 with @controller or, if that is NULL, hierarchies with
 * a name: 0, or -EOPNOTSUPP and the reason. Mounts nothing.
 */
int cgroup1_probe(const char *controller, struct reason *reason);

/*
 * Mounts a hierarchy with @controller or, if that is NULL, with no controller and the
 * name of the run's root. Returns the descriptor of the mount and sets @top, whose
 * path works in all processes while this one exists; or -errno and the reason. It may
 * sleep until dying csses of cgroup2 have drained.
 */
int cgroup1_mount(struct cgroup *top, const char *controller,
		  struct reason *reason);

/*
 * Makes the kernel favor cgroup modifications over forks, with a hierarchy that is
 * mounted with this option and destroyed at once. The option stays in effect until the
 * next boot. From 6.18 on, a migration then waits only for forks of the process that it
 * migrates. Returns 0, or -errno and the reason.
 */
int cgroup1_favor_dynmods(struct reason *reason);

/*
 * Destroys the named hierarchy, whose only mount this is. The kernel destroys it
 * after it has freed its cgroups. Whether it is gone.
 */
bool cgroup1_end(int mount);

/* For the removal of a run's root: destroys its named hierarchy. */
void cgroup1_sweep(const struct cgroup *run_root);

#endif /* TASK_EXIT_CGROUP1_H */
