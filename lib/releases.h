/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * releases - lists the releases of Linux that have each fix: mainline and every stable
 * series with a backport.
 */
#ifndef TASK_EXIT_RELEASES_H
#define TASK_EXIT_RELEASES_H

#include <stdbool.h>
#include <stddef.h>

#include "fixes.h"

#define RELEASES_TEXT 256

/* True if releases.c says that @version ("6.12.117+deb13-cloud-amd64", "7.3-rc7") has a fix. */
bool fix_released_in(enum fix_id id, const char *version);

/* Returns the first releases with a fix, mainline first: "7.1, 7.0.9, 6.12.91". */
const char *fix_releases(enum fix_id id, char text[RELEASES_TEXT]);

/* Returns the name of a fix in releases.c: "FIX_DEFER_UNLINK". */
const char *fix_symbol(enum fix_id id);

/* Returns the first release with the fix in the series of @version, or NULL. */
const char *fix_release_in_series(enum fix_id id, const char *version);

/*
 * True if this version may have fixes that releases.c does not list: a version newer than
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

/* The newest version of each series that releases.c covers. NULL ends the list. */
extern const char *const versions_looked_at[];

#endif /* TASK_EXIT_RELEASES_H */
