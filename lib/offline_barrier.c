// SPDX-License-Identifier: GPL-2.0-only
/*
 * offline_barrier - remove a sentinel. See offline_barrier.h.
 */
#include <errno.h>
#include <string.h>

#include "call.h"
#include "offline_barrier.h"
#include "spawn.h"
#include "test_run.h"
#include "wait.h"

/*
 * An RCU callback and a work item of the CPU that removed a cgroup offline it,
 * and both run in order there. (Offloaded RCU callbacks, rcu_nocbs=, do not: the
 * sentinel may be offline first, so that a test misses an early offline. It
 * never reports a wrong one.)
 */
void offline_barrier_begin(void)
{
	int err = stay_on_this_cpu();

	if (err)
		test_error("cannot stay on one CPU: %s", strerror(-err));
}

void offline_barrier_remove(struct cgroup *sentinel,
			    const struct cgroup *parent)
{
	if (cgroup_create(sentinel, parent, "sentinel") ||
	    cgroup_rmdir(sentinel))
		test_error("cannot create and remove a sentinel cgroup");
}

void offline_barrier_require(bool offline)
{
	test_require(offline, FIX_NONE,
		     "a removed cgroup that had no task never goes offline");
}

void offline_barrier(enum event_kind kind, const struct cgroup *parent)
{
	struct cgroup sentinel;

	offline_barrier_remove(&sentinel, parent);
	offline_barrier_require(WAIT_FOR(event_logged(test.log, kind,
						      sentinel.id, 0),
					 PATIENCE_MS));
}

static int enable_cpu(const void *nest)
{
	return cgroup_write(nest, "cgroup.subtree_control", "+cpu");
}

void offline_barrier_cpu(const struct cgroup *parent)
{
	static struct cgroup nest;
	static struct call call;
	struct cgroup sentinel;

	test_cgroup(&nest, parent, "nest");
	test_delegate(&nest, "cpu");
	test_cgroup(&sentinel, &nest, "sentinel");
	if (cgroup_write(&nest, "cgroup.subtree_control", "-cpu") ||
	    call_start(&call, enable_cpu, &nest, "+cpu for the sentinel"))
		test_error("cannot disable the cpu controller");
	test_require(call_succeeded(&call, PATIENCE_MS), FIX_NONE,
		     "the cpu controller of a cgroup that had no task never goes offline: %s",
		     call_failure(&call));
}
