// SPDX-License-Identifier: GPL-2.0-only
/*
 * offlining - the sentinel. See offlining.h.
 */
#include "offlining.h"
#include "spawn.h"
#include "wait.h"

/*
 * What offlines a cgroup is an RCU callback and a work item of the CPU that
 * removed it, and both keep their order there. (Not so where RCU callbacks are
 * offloaded, rcu_nocbs=: the sentinel may come first there, and an early offline
 * be missed; a late one is never blamed.)
 */
int offlining_keep_order(void)
{
	return stay_on_this_cpu();
}

bool offlining_has_caught_up(const struct event_log *log, enum event_kind kind,
			     const struct cgroup *parent)
{
	struct cgroup sentinel;

	if (cgroup_create(&sentinel, parent, "sentinel") ||
	    cgroup_rmdir(&sentinel))
		return false;
	return WAIT_FOR(event_noted(log, kind, sentinel.id, 0), PATIENCE_MS);
}
