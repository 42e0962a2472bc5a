/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixes - the upstream commits whose absence a test can report.
 */
#ifndef TASK_EXIT_FIXES_H
#define TASK_EXIT_FIXES_H

#include <stdbool.h>

/* In the order of history: a repair of a fix comes after it. */
enum fix_id {
	FIX_NONE, /* no commit is known: an unfixed or a new bug */
	FIX_DEFER_UNLINK,
	FIX_SCX_EXIT_ORDER,
	FIX_RT_SLEEP,
	FIX_SCX_DEAD_TASKS,
	FIX_HIDE_DEAD,
	FIX_RMDIR_WAIT,
	FIX_RMDIR_WAIT_CONDITION,
	FIX_ITERATE_MIGRATING,
	FIX_DYING_COUNT,
	FIX_DEFER_RMDIR_KILL,
	FIX_ITERATE_EXITING,
	FIX_SCX_INIT_DEATH,
	FIX_PER_CSS,
	FIX_PER_CSS_KILL,
	FIX_REBIND,
	FIX_SCX_TID,
	FIX_SCX_FORK_IN_LOAD,
	FIX_SCX_EVENTS,
	FIX_CLONE_INTO_KILLED,
	FIX_SCX_EARLY_ERROR,
	FIX_DEAD_REFERENCE,
	FIX_SCX_NO_SCHED,
	FIX_FORK_MIGRATION,
	FIX_KILL_EXITED_LEADER,
	FIX_KILL_SPARES_MIGRATED,
	FIX_NR,
};

struct fix {
	const char *commit;
	const char *title;
	/* Mainline, then stable, newest first: "7.1, 7.0.9". */
	const char *released;
};

extern const struct fix fixes[FIX_NR];

/* Returns whether its commit id is known, not only its title. */
bool fix_has_id(enum fix_id id);

/* Its name in reports: the commit id or, if that is unknown, the title. */
const char *fix_name(enum fix_id id);

#endif /* TASK_EXIT_FIXES_H */
