// SPDX-License-Identifier: GPL-2.0-only
/*
 * writing - writing to a cgroup's file in time. See writing.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proc.h"
#include "wait.h"
#include "writing.h"

static int write_it(const void *arg)
{
	const struct writing *writing = arg;

	return cgroup_write(writing->cg, writing->file, writing->text);
}

int writing_begin(struct writing *writing, const struct cgroup *cg,
		  const char *file, const char *text)
{
	memset(writing, 0, sizeof(*writing));
	writing->cg = cg;
	snprintf(writing->file, sizeof(writing->file), "%s", file);
	snprintf(writing->text, sizeof(writing->text), "%s", text);
	return deadline_start(&writing->call, write_it, writing);
}

static void tell(const struct writing *writing, struct story *story,
		 const char *outcome)
{
	story_step(story, "\"%s\" to %s of %s: %s", writing->text,
		   writing->file, strrchr(writing->cg->path, '/') + 1, outcome);
}

/* Looks once; tells it when it has returned. */
static bool has_returned(struct writing *writing, struct story *story, int ms)
{
	if (writing->returned || !deadline_wait(&writing->call, ms))
		return writing->returned;
	writing->returned = true;
	writing->err = writing->call.result;
	tell(writing, story, writing->err ? strerror(-writing->err) : "done");
	return true;
}

static bool sleeps(const struct writing *writing)
{
	struct proc_stat stat;

	return !proc_stat(writing->call.pid, &stat) && stat.state == 'D';
}

bool writing_settled(struct writing *writing, struct story *story)
{
	WAIT_FOR(has_returned(writing, story, 0) || sleeps(writing),
		 PATIENCE_MS);
	if (!writing->returned)
		tell(writing, story, "sleeps");
	return writing->returned;
}

bool writing_done(struct writing *writing, struct story *story, int ms)
{
	if (!has_returned(writing, story, ms))
		tell(writing, story, writing->call.where);
	return writing->returned && !writing->err;
}

const char *writing_failure(const struct writing *writing)
{
	return writing->returned ? strerror(-writing->err) :
				   "it does not return";
}
