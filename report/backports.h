/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * backports - what a report says about a fix besides its name and its releases: the harm
 * to a kernel without it, and the commits that belong with it.
 */
#ifndef TASK_EXIT_BACKPORTS_H
#define TASK_EXIT_BACKPORTS_H

#include <stdbool.h>

#include "fixes.h"

/* The harm to users of a kernel without a fix, from bad to worst. */
enum harm {
	HARM_ANSWER, /* the kernel reports something wrong, or nothing */
	HARM_HANG, /* a call sleeps or fails, or something is never freed */
	HARM_LOSS, /* a running task loses state that it uses */
	HARM_KILL, /* the wrong process dies, or survives */
	HARM_CRASH, /* an oops, a deadlock, a use after free */
};

struct backport {
	const char *without; /* the effect on users of a kernel without it */
	enum harm harm;
	const char *series; /* the commits to backport, if more than this one */
	const char *untested; /* why no test guards it, if none does */
	enum fix_id repairs; /* it fixes a bug of that fix */
	enum fix_id
		replaced_by; /* a later fix that does its work in another way */
	enum fix_id
		groundwork_of; /* a later fix that does not apply without it */
	const char *since; /* the first release with the bug, if known */
	const char *brings; /* a known bug that it brings and no release fixes */
	bool feature; /* not a fix: there is no need to backport it */
};

extern const struct backport backports[FIX_NR];

#define FIX_ID_LEN 12

/* For a column of ids. */
const char *fix_id_or_none(enum fix_id id);

/* "wrong kill" */
const char *harm_name(enum harm harm);

/* The title of the first commit of a series, or NULL if it is unknown. */
const char *commit_title(const char *series);

#endif /* TASK_EXIT_BACKPORTS_H */
