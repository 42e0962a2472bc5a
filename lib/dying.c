// SPDX-License-Identifier: GPL-2.0-only
/*
 * dying - read the counts of cgroup.stat. See dying.h.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "dying.h"
#include "spawn.h"
#include "test_run.h"

const char *const dying_controllers[DYING_CONTROLLERS] = {
	"cpu", "memory", "pids", "io", "cpuset",
};

long dying_cgroups(const struct cgroup *cg)
{
	return test_key(cg, "cgroup.stat", "nr_dying_descendants");
}

long dying_csses(const struct cgroup *cg, const char *controller)
{
	char key[32];
	long nr;

	snprintf(key, sizeof(key), "nr_dying_subsys_%s", controller);
	nr = cgroup_read_key(cg, "cgroup.stat", key);
	/* Other errors end the test. */
	return nr >= 0 || nr == -ENOENT ? nr : test_key(cg, "cgroup.stat", key);
}

int memcg_fault_in_test(void)
{
	int err = stay_on_this_cpu();

	if (!err && mlockall(MCL_CURRENT))
		err = -errno;
	return err;
}

void memcg_drain_stock(const struct cgroup *cg)
{
	cgroup_write(cg, "memory.high", "0");
}
