// SPDX-License-Identifier: GPL-2.0-only
/*
 * offlining - the sentinel. See offlining.h.
 */
#include <errno.h>

#include "deadline.h"
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

static int switch_on_again(const void *nest)
{
	return cgroup_write(nest, "cgroup.subtree_control", "+cpu");
}

int offlining_catch_up_unseen(const struct cgroup *parent,
			      struct reason *reason)
{
	struct cgroup nest, sentinel;
	struct deadline call;
	int err;

	err = cgroup_create(&nest, parent, "nest")			    ?:
		      cgroup_delegate(&nest, "cpu", reason)		    ?:
		      cgroup_create(&sentinel, &nest, "sentinel")	    ?:
		      cgroup_write(&nest, "cgroup.subtree_control", "-cpu") ?:
		      deadline_start(&call, switch_on_again, &nest);
	if (err)
		return err;
	if (!deadline_wait(&call, PATIENCE_MS)) {
		deadline_abandon(&call);
		return -ETIMEDOUT;
	}
	return call.result;
}
