/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * releases - which release of Linux has which fix: mainline and every stable
 * series that it was backported to. The one place for this knowledge.
 */
#ifndef TASK_EXIT_RELEASES_H
#define TASK_EXIT_RELEASES_H

#include <stdbool.h>
#include <stddef.h>

#include "fixes.h"

#define RELEASES_TEXT 64

/* Whether @version ("6.12.117+deb13-cloud-amd64", "7.3-rc7") has a fix by history. */
bool fix_released_in(enum fix_id id, const char *version);

/* The release that brought the fix into the series of @version; NULL: none did. */
const char *fix_release_in_series(enum fix_id id, const char *version);

/* "7.1, 7.0.9, 6.12.91", mainline first. */
const char *fix_releases(enum fix_id id, char text[RELEASES_TEXT]);

/* The fix as a line of releases.c names it: "FIX_DEFER_UNLINK". */
const char *fix_name(enum fix_id id);

/*
 * Whether this version may have a fix that releases.c does not know of: it is newer
 * than what was looked at of its series, of a series that is not known, or a release
 * candidate.
 */
bool version_is_news(const char *version);

/* Whether this is the version of a kernel at all. */
bool version_is_valid(const char *version);

/* By number: "6.19.6" is at least "6.19". */
bool version_is_at_least(const char *version, const char *first);

/* Whether both are of one series, as 7.3-rc7 and 7.3.4 are. */
bool version_is_of_series(const char *version, const char *series);

/* The newest version of each series that was looked at; NULL ends the list. */
extern const char *const versions_looked_at[];

#endif /* TASK_EXIT_RELEASES_H */
