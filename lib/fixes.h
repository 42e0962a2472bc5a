/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixes - the upstream commits whose absence a test can report.
 */
#ifndef TASK_EXIT_FIXES_H
#define TASK_EXIT_FIXES_H

#include <stdbool.h>
#include <stddef.h>

/* In the order of history: what repairs a fix stands after it. */
enum fix_id {
	FIX_NONE, /* no commit known: a bug that nobody has fixed, or a new one */
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

/* What the users of a kernel without a fix suffer, from bad to worst. */
enum harm {
	HARM_ANSWER, /* the kernel says what is not so, or does not say what is */
	HARM_HANG, /* something waits, fails or stays that should not */
	HARM_LOSS, /* a task that still runs loses what it uses */
	HARM_KILL, /* a process dies that should live, or lives that should die */
	HARM_CRASH, /* an oops, a deadlock, memory that is used after it is freed */
};

struct fix {
	const char *commit;
	const char *title;
	const char *without; /* what a user suffers on a kernel without it */
	enum harm harm; /* how badly */
	const char *series; /* what is to be picked, if more than the commit */
	const char *untold; /* why no test tells of it, where none does */
	enum fix_id repairs; /* without this one there is nothing to mend */
	enum fix_id replaced_by; /* a later one does its work, otherwise */
	enum fix_id groundwork_of; /* that one cannot be picked without it */
	bool feature; /* not a fix: nobody has to pick it */
};

extern const struct fix fixes[FIX_NR];

/* Whether it is known by the id of its commit, not only by its title. */
bool fix_has_id(enum fix_id id);

/* What reports call it: the id of its commit, or its title where nobody knows that. */
const char *fix_name(enum fix_id id);

#define FIX_ID_LEN 12

/* Where ids stand below each other. */
const char *fix_id_or_none(enum fix_id id);

/* "wrong kill" */
const char *harm_name(enum harm harm);

/* The title of the first commit of a series; NULL where nobody knows it. */
const char *commit_title(const char *series);

#endif /* TASK_EXIT_FIXES_H */
