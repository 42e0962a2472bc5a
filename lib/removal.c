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

static void tell(struct removal *removal, struct story *story,
		 const struct cgroup *cg, int ms)
{
	if (!removal->returned)
		story_step(story, "rmdir %s: %s for %d ms, %s", base_name(cg),
			   removal->tried ? "blocked" : "slow", ms,
			   removal->call.where);
	else
		story_step(story, "rmdir %s: %s", base_name(cg),
			   removal->err ? strerror(-removal->err) : "done");
}

static bool attempt(struct removal *removal, const struct cgroup *cg, int ms)
{
	struct deadline *call = &removal->call;

	removal->tried = removal->returned = false;
	removal->err = 0;
	if (!call->pid && deadline_start(call, cgroup_rmdir, cg))
		return false;
	removal->returned = deadline_wait(call, ms);
	removal->tried = removal->returned || !call->slow;
	removal->err = removal->returned ? call->result : 0;
	return removal->returned && !removal->err;
}

bool removal_done(struct removal *removal, struct story *story,
		  const struct cgroup *cg, int ms)
{
	bool removed = attempt(removal, cg, ms);

	tell(removal, story, cg, ms);
	return removed;
}

bool removal_finish(struct removal *removal, struct story *story,
		    const struct cgroup *cg)
{
	bool removed;

	WAIT_FOR((removed = attempt(removal, cg, PATIENCE_MS)) ||
			 removal->err != -EBUSY,
		 PATIENCE_MS);
	tell(removal, story, cg, PATIENCE_MS);
	return removed;
}
