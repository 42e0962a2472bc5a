/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * claims - which fixes a kernel's changelog says that it has.
 *
 * A changelog is Debian's, an rpm's, what "git log" prints, or any text with a title or
 * a commit on each line. A fix is known by its upstream commit, where the text says that
 * this is what was backported, or by its title, which survives every backport. The
 * newest entry that speaks of a fix decides, so that a revert takes a claim back.
 */
#ifndef TASK_EXIT_CLAIMS_H
#define TASK_EXIT_CLAIMS_H

#include <stdio.h>

#include "fixes.h"

struct claim {
	bool claimed;
	bool reverted;
	size_t entry; /* the first that speaks of it, from 1; 0: none does */
	char in[32]; /* the version, or the commit of that tree; or "" */
};

#define CLAIMS_MAX_UNLISTED 64

struct claims {
	struct claim fix[FIX_NR];
	size_t nr_entries;
	size_t nr_lines;
	char version[32]; /* of the newest entry, or "" */
	/* Stable releases that it names without a list of what is in them. */
	char unlisted[CLAIMS_MAX_UNLISTED][16];
	size_t nr_unlisted;
};

/* 0, -EINVAL where this is no text, or another error. */
int claims_read(struct claims *claims, FILE *from);

/*
 * A kernel has what its series was released with, and what the stable releases have
 * that its changelog names and does not list: lib/releases.c knows.
 */
void claims_add_version(struct claims *claims, const char *version);

/* Whether it names a stable release without a list of what is in it. */
bool claims_has_unlisted(const struct claims *claims, const char *version);

/* Whether nobody tells what is in this unlisted release of @version's series. */
bool claims_is_unknown(const char *unlisted, const char *version);

/* Whether the changelog may pass a fix over: it names a release that is unknown. */
bool claims_may_lack(const struct claims *claims, const char *version);

#endif /* TASK_EXIT_CLAIMS_H */
