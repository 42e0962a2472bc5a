// SPDX-License-Identifier: GPL-2.0-only
/*
 * wait - which waits have run out. See wait.h.
 */
#include <string.h>

#include "share.h"
#include "wait.h"

#define MAX_PLACES 64

/*
 * Shared by all processes of a run. If two of them add a place at the same time, one place
 * may get lost; then a later wait there takes longer.
 */
static struct {
	int nr;
	struct {
		const char *file;
		int line;
	} place[MAX_PLACES];
} *ran_out;

void wait_share(void)
{
	ran_out = share_memory(sizeof(*ran_out));
}

static bool has_run_out(const char *file, int line)
{
	int i;

	for (i = 0; ran_out && i < ran_out->nr; i++)
		if (ran_out->place[i].line == line &&
		    !strcmp(ran_out->place[i].file, file))
			return true;
	return false;
}

int wait_limit(const char *file, int line, int ms)
{
	return ms > BLOCKED_MS && has_run_out(file, line) ? BLOCKED_MS : ms;
}

/* The waits in lib/ are shared by tests that have nothing in common. */
static bool is_in_lib(const char *file)
{
	return strstr(file, "lib/");
}

void wait_ran_out(const char *file, int line, int ms)
{
	if (is_in_lib(file))
		return;
	if (!ran_out || ms < PATIENCE_MS || ran_out->nr >= MAX_PLACES ||
	    has_run_out(file, line))
		return;
	ran_out->place[ran_out->nr].file = file;
	ran_out->place[ran_out->nr].line = line;
	ran_out->nr++;
}
