// SPDX-License-Identifier: GPL-2.0-only
/*
 * removal - removing a cgroup in time. See removal.h.
 */
#include <errno.h>
#include <string.h>

#include "removal.h"
#include "wait.h"

static const char *base_name(const struct cgroup *cg)
{
	return strrchr(cg->path, '/') + 1;
}

bool removal_done(struct removal *removal, struct story *story,
		  const struct cgroup *cg, int ms)
{
	struct deadline *call = &removal->call;

	if (!call->pid && deadline_start(call, cgroup_rmdir, cg))
		return false;

	removal->returned = deadline_wait(call, ms);
	removal->err = removal->returned ? call->result : 0;
	if (!removal->returned)
		story_step(story, "rmdir %s: blocked for %d ms, %s",
			   base_name(cg), ms, call->where);
	else
		story_step(story, "rmdir %s: %s", base_name(cg),
			   removal->err ? strerror(-removal->err) : "done");
	return removal->returned && !removal->err;
}

bool removal_finish(struct removal *removal, struct story *story,
		    const struct cgroup *cg)
{
	return WAIT_FOR(removal_done(removal, story, cg, PATIENCE_MS) ||
				removal->err != -EBUSY,
			PATIENCE_MS) &&
	       removal->returned && !removal->err;
}
