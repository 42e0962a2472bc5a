/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixes - which test guards which invariant, and which upstream commit
 * establishes it. The one table that tests, verdict and README share.
 */
#ifndef TASK_EXIT_FIXES_H
#define TASK_EXIT_FIXES_H

#include <stddef.h>

enum fix_id {
	FIX_NONE, /* no commit known: a bug that nobody has fixed, or a new one */
	FIX_DEFER_UNLINK,
	FIX_SCX_EXIT_ORDER,
	FIX_HIDE_DEAD,
	FIX_DEFER_RMDIR_KILL,
	FIX_PER_CSS_KILL,
	FIX_SCX_TID,
	FIX_KILL_HEADLESS,
	FIX_SPARE_MIGRATED,
	FIX_SCX_INIT_DEATH,
	FIX_NR,
};

struct fix {
	const char *commit;
	const char *title;
	const char *released; /* the first releases that have it */
	const char *without; /* what a user suffers on a kernel without it */
};

#define INVARIANT_MAX_FIXES 4

struct invariant {
	const char *program;
	const char *test;
	const char *text;
	enum fix_id fixes[INVARIANT_MAX_FIXES];
};

extern const struct fix fixes[FIX_NR];
extern const struct invariant invariants[];
extern const size_t nr_invariants;

const struct invariant *invariant_find(const char *program, const char *test);

#endif /* TASK_EXIT_FIXES_H */
