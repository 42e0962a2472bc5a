/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * claims - the fixes that a kernel's changelog claims.
 *
 * A changelog is Debian's, an rpm's, the output of "git log", or any text with a title or
 * a commit on each line. A fix is recognized by its upstream commit, if the text says
 * that this commit was backported, or by its title, which backports keep. The newest
 * entry that names a fix decides, so that a revert takes a claim back.
 */
#ifndef TASK_EXIT_CLAIMS_H
#define TASK_EXIT_CLAIMS_H

#include <stdio.h>

#include "fixes.h"

struct claim {
	bool claimed;
	bool reverted;
	size_t entry; /* the first one that names it, from 1; 0: none */
	char in[32]; /* the version, or the commit of that tree; or "" */
};

#define CLAIMS_MAX_UNLISTED 64

struct claims {
	struct claim fix[FIX_NR];
	size_t nr_entries;
	size_t nr_lines;
	char version[32]; /* of the newest entry, or "" */
	/* Stable releases that it names without a list of commits. */
	char unlisted[CLAIMS_MAX_UNLISTED][16];
	size_t nr_unlisted;
};

/* 0, -EINVAL if this is not text, or another error. */
int claims_read(struct claims *claims, FILE *from);

/*
 * Adds the fixes of the kernel's series, and of the stable releases that the changelog
 * names without a list of commits, by lib/fixes.c.
 */
void claims_add_version(struct claims *claims, const char *version);

/* Whether it names this stable release without a list of commits. */
bool claims_has_unlisted(const struct claims *claims, const char *version);

/* Whether it is of @version's series, and lib/fixes.c does not know it. */
bool claims_is_unknown(const char *unlisted, const char *version);

/* Whether the changelog may omit a fix: it names an unknown release. */
bool claims_may_lack(const struct claims *claims, const char *version);

#endif /* TASK_EXIT_CLAIMS_H */
