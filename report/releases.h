/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * releases - which kernel has a fix, by its version and .released of the fix.
 */
#ifndef TASK_EXIT_RELEASES_H
#define TASK_EXIT_RELEASES_H

#include <stdbool.h>

#include "fixes.h"

#define RELEASE_TEXT 16

/* True if a kernel of @version ("6.12.117+deb13-cloud-amd64", "7.3-rc7") has the fix. */
bool fix_released_in(enum fix_id id, const char *version);

/*
 * Copies the first release with the fix in the series of @version to @release, and returns
 * it, or returns NULL if that series has none.
 */
const char *fix_release_in_series(enum fix_id id, const char *version,
				  char release[RELEASE_TEXT]);

/*
 * True if this version may have fixes that lib/fixes.c does not list: a version newer than
 * versions_looked_at[], an unknown series, a release candidate, or a kernel that is
 * neither kernel.org's nor Debian's.
 */
bool version_is_news(const char *version);

/* True if the text is a kernel version. */
bool version_is_valid(const char *version);

/* True for a release candidate: "7.3-rc7", "7.3.0-rc7", "7.3~rc7", "7.3.5-rc1". */
bool version_is_candidate(const char *version);

/*
 * True if the version number tells which fixes the kernel has: a kernel.org release, plain
 * or packaged by Debian ("+deb13"). "6.12.0-124.el10" has more fixes than 6.12.0.
 */
bool version_is_upstream(const char *version);

/* Compares the numbers: "6.19.6" is at least "6.19". */
bool version_is_at_least(const char *version, const char *first);

/* True if both belong to one series, such as 7.3-rc7 and 7.3.4. */
bool version_is_of_series(const char *version, const char *series);

/* Returns the version of versions_looked_at[] for a bare series ("7.1"), else the text itself. */
const char *version_meant_by(const char *text);

/* The newest version of each series that lib/fixes.c covers. NULL ends the list. */
extern const char *const versions_looked_at[];

#endif /* TASK_EXIT_RELEASES_H */
