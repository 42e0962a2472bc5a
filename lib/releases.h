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

#define RELEASES_TEXT 256

/* Whether @version ("6.12.117+deb13-cloud-amd64", "7.3-rc7") has a fix by history. */
bool fix_released_in(enum fix_id id, const char *version);

/* "7.1, 7.0.9, 6.12.91", mainline first. */
const char *fix_releases(enum fix_id id, char text[RELEASES_TEXT]);

/* The fix as a line of releases.c names it: "FIX_DEFER_UNLINK". */
const char *fix_symbol(enum fix_id id);

/* The release of that version's series that has the fix, by releases.c, or NULL. */
const char *fix_release_in_series(enum fix_id id, const char *version);

/*
 * Whether this version may have a fix that releases.c does not know of: it is newer
 * than what was looked at of its series, of a series that is not known, a release
 * candidate, or a kernel of somebody's own.
 */
bool version_is_news(const char *version);

/* Whether this is the version of a kernel at all. */
bool version_is_valid(const char *version);

/* "7.3-rc7", "7.3.0-rc7", "7.3~rc7", "7.3.5-rc1": it comes before what it is named after. */
bool version_is_candidate(const char *version);

/*
 * Whether its number says what is in it: what kernel.org releases, as it is or as
 * Debian packages it ("+deb13"). "6.12.0-124.el10" is 6.12.0 by its number alone.
 */
bool version_is_upstream(const char *version);

/* By number: "6.19.6" is at least "6.19". */
bool version_is_at_least(const char *version, const char *first);

/* Whether both are of one series, as 7.3-rc7 and 7.3.4 are. */
bool version_is_of_series(const char *version, const char *series);

/* "7.1" is the newest version of it that was looked at; any other text is itself. */
const char *version_meant_by(const char *text);

/* The newest version of each series that was looked at; NULL ends the list. */
extern const char *const versions_looked_at[];

#endif /* TASK_EXIT_RELEASES_H */
