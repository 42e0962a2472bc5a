/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixes - the upstream commits whose absence a test can report.
 */
#ifndef TASK_EXIT_FIXES_H
#define TASK_EXIT_FIXES_H

#include <stdbool.h>
#include <stddef.h>

/* In the order of history: a repair of a fix comes after it. */
enum fix_id {
	FIX_NONE, /* no commit is known: an unfixed or a new bug */
	FIX_DEFER_UNLINK,
	FIX_SCX_EXIT_ORDER,
	FIX_RT_SLEEP,
	FIX_SCX_DEAD_TASKS,
	FIX_HIDE_DEAD,
	FIX_RMDIR_WAIT,
	FIX_RMDIR_WAIT_TEST,
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
	FIX_KILL_HEADLESS,
	FIX_SPARE_MIGRATED,
	FIX_NR,
};

/* The harm to users of a kernel without a fix, from bad to worst. */
enum harm {
	HARM_ANSWER, /* the kernel reports something wrong, or nothing */
	HARM_HANG, /* a call sleeps or fails, or something is never freed */
	HARM_LOSS, /* a running task loses state that it uses */
	HARM_KILL, /* the wrong process dies, or survives */
	HARM_CRASH, /* an oops, a deadlock, a use after free */
};

struct fix {
	const char *commit;
	const char *title;
	const char *without; /* the effect on users of a kernel without it */
	enum harm harm;
	const char *series; /* the commits to backport, if more than this one */
	const char *untested; /* why no test guards it, if none does */
	enum fix_id repairs; /* it fixes a bug of that fix */
	enum fix_id
		replaced_by; /* a later fix that does its work in another way */
	enum fix_id
		groundwork_of; /* a later fix that does not apply without it */
	bool feature; /* not a fix: there is no need to backport it */
};

extern const struct fix fixes[FIX_NR];

/* Whether its commit id is known, not only its title. */
bool fix_has_id(enum fix_id id);

/* Its name in reports: the commit id or, if that is unknown, the title. */
const char *fix_name(enum fix_id id);

#define FIX_ID_LEN 12

/* For a column of ids. */
const char *fix_id_or_none(enum fix_id id);

/* "wrong kill" */
const char *harm_name(enum harm harm);

/* The title of the first commit of a series, or NULL if it is unknown. */
const char *commit_title(const char *series);

#endif /* TASK_EXIT_FIXES_H */
