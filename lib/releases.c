// SPDX-License-Identifier: GPL-2.0-only
/*
 * releases - lists the releases of Linux that have each fix.
 *
 * Each backport is one line: the fix, and the first version of a stable series that has
 * it. The newest series that has a fix implies all later ones, even if mainline has not
 * released the fix yet: stable takes only fixes that mainline has.
 */
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "releases.h"

struct release {
	enum fix_id fix;
	const char *name;
	const char *version;
};

#define RELEASE(fix, version) { fix, #fix, version }

/* Mainline first, then the stable series from the newest to the oldest. */
static const struct release releases[] = {
	RELEASE(FIX_DEFER_UNLINK, "6.19"),
	RELEASE(FIX_SCX_EXIT_ORDER, "6.19"),
	RELEASE(FIX_RT_SLEEP, "6.19"),
	RELEASE(FIX_SCX_DEAD_TASKS, "6.19"),
	RELEASE(FIX_HIDE_DEAD, "7.0"),
	RELEASE(FIX_HIDE_DEAD, "6.19.9"),
	RELEASE(FIX_RMDIR_WAIT, "7.0"),
	RELEASE(FIX_RMDIR_WAIT, "6.19.12"),
	RELEASE(FIX_RMDIR_WAIT_TEST, "7.0"),
	RELEASE(FIX_RMDIR_WAIT_TEST, "6.19.12"),
	RELEASE(FIX_ITERATE_MIGRATING, "7.0"),
	RELEASE(FIX_ITERATE_MIGRATING, "6.19.9"),
	RELEASE(FIX_ITERATE_MIGRATING, "6.18.19"),
	RELEASE(FIX_ITERATE_MIGRATING, "6.12.78"),
	RELEASE(FIX_DYING_COUNT, "7.1"),
	RELEASE(FIX_DYING_COUNT, "7.0.9"),
	RELEASE(FIX_DYING_COUNT, "6.12.91"),
	RELEASE(FIX_DEFER_RMDIR_KILL, "7.1"),
	RELEASE(FIX_DEFER_RMDIR_KILL, "7.0.9"),
	RELEASE(FIX_ITERATE_EXITING, "7.1"),
	RELEASE(FIX_SCX_INIT_DEATH, "7.1"),
	RELEASE(FIX_PER_CSS, "7.2"),
	RELEASE(FIX_PER_CSS_KILL, "7.2"),
	RELEASE(FIX_REBIND, "7.2"),
	RELEASE(FIX_SCX_TID, "7.2"),
	RELEASE(FIX_SCX_FORK_IN_LOAD, "7.3"),
	RELEASE(FIX_SCX_FORK_IN_LOAD, "7.2.6"),
	RELEASE(FIX_SCX_FORK_IN_LOAD, "6.12.117"),
	RELEASE(FIX_SCX_EVENTS, "7.3"),
	RELEASE(FIX_CLONE_INTO_KILLED, "7.3"),
	RELEASE(FIX_CLONE_INTO_KILLED, "7.2.13"),
	RELEASE(FIX_CLONE_INTO_KILLED, "6.12.115"),
	RELEASE(FIX_SCX_EARLY_ERROR, "7.3"),
	RELEASE(FIX_SCX_EARLY_ERROR, "7.2.8"),
	RELEASE(FIX_DEAD_REFERENCE, "7.3"),
	RELEASE(FIX_DEAD_REFERENCE, "7.2.8"),
	RELEASE(FIX_SCX_NO_SCHED, "7.3"),
	RELEASE(FIX_SCX_NO_SCHED, "7.2.8"),
	RELEASE(FIX_FORK_MIGRATION, "7.3.2"),
	RELEASE(FIX_KILL_HEADLESS, "7.3.4"),
	RELEASE(FIX_KILL_HEADLESS, "6.12.117"),
	RELEASE(FIX_SPARE_MIGRATED, "7.3.4"),
	RELEASE(FIX_SPARE_MIGRATED, "6.12.117"),
};

/* The table is complete up to these versions, according to Debian's changelogs. */
const char *const versions_looked_at[] = {
	"6.12.117", "6.16.12", "6.17.13", "6.18.15", "6.19.14",
	"7.0.13",   "7.1.13",  "7.2.13",  "7.3.4",   NULL,
};

struct version {
	int series; /* 7.3 is 7003 */
	int patch; /* 7.3.4 is 8, and 7.3.4-rc1 is 7 */
};

/* Returns the text after the version number. */
static const char *suffix_of(const char *text)
{
	return text + strspn(text, "0123456789.");
}

bool version_is_candidate(const char *text)
{
	const char *suffix = suffix_of(text);

	return !strncmp(suffix, "-rc", 3) || !strncmp(suffix, "~rc", 3);
}

static bool parse_version(const char *text, struct version *version)
{
	int major, minor, patch = 0;

	if (sscanf(text, "%d.%d.%d", &major, &minor, &patch) < 2 || major < 0 ||
	    minor < 0 || minor > 999)
		return false;
	version->series = major * 1000 + minor;
	version->patch = 2 * patch - version_is_candidate(text);
	return patch >= 0;
}

bool version_is_valid(const char *text)
{
	struct version version;

	return parse_version(text, &version);
}

bool version_is_at_least(const char *text, const char *first_text)
{
	struct version version, first;

	if (!parse_version(text, &version) ||
	    !parse_version(first_text, &first))
		return false;
	return version.series > first.series ||
	       (version.series == first.series && version.patch >= first.patch);
}

bool version_is_of_series(const char *text, const char *other_text)
{
	struct version version, other;

	return parse_version(text, &version) &&
	       parse_version(other_text, &other) &&
	       version.series == other.series;
}

const char *fix_release_in_series(enum fix_id id, const char *version)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(releases); i++)
		if (releases[i].fix == id &&
		    version_is_of_series(releases[i].version, version))
			return releases[i].version;
	return NULL;
}

bool fix_released_in(enum fix_id id, const char *text)
{
	const char *in_series = fix_release_in_series(id, text);
	struct version kernel, release;
	int newest = 0;
	size_t i;

	if (in_series)
		return version_is_at_least(text, in_series);
	if (!parse_version(text, &kernel))
		return false;
	for (i = 0; i < ARRAY_SIZE(releases); i++)
		if (releases[i].fix == id &&
		    parse_version(releases[i].version, &release) &&
		    release.series > newest)
			newest = release.series;
	return newest && kernel.series > newest;
}

const char *fix_releases(enum fix_id id, char text[RELEASES_TEXT])
{
	size_t i, len = 0;

	text[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(releases) && len < RELEASES_TEXT; i++)
		if (releases[i].fix == id)
			len += snprintf(text + len, RELEASES_TEXT - len, "%s%s",
					len ? ", " : "", releases[i].version);
	return len ? text : "nowhere";
}

const char *fix_symbol(enum fix_id id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(releases); i++)
		if (releases[i].fix == id)
			return releases[i].name;
	return "FIX_NONE";
}

static const char *looked_at(int series)
{
	struct version known;
	size_t i;

	for (i = 0; versions_looked_at[i]; i++)
		if (parse_version(versions_looked_at[i], &known) &&
		    known.series == series)
			return versions_looked_at[i];
	return NULL;
}

bool version_is_upstream(const char *text)
{
	const char *suffix = suffix_of(text);

	return version_is_valid(text) &&
	       (!*suffix || version_is_candidate(text) ||
		!strncmp(suffix, "+deb", 4));
}

bool version_is_news(const char *text)
{
	const char *known;
	struct version kernel;

	if (!parse_version(text, &kernel) || version_is_candidate(text) ||
	    !version_is_upstream(text))
		return true;
	known = looked_at(kernel.series);
	return !known || !version_is_at_least(known, text);
}

const char *version_meant_by(const char *text)
{
	const char *dot = strchr(text, '.'), *known = NULL;
	struct version series;

	if (parse_version(text, &series) && !*suffix_of(text) &&
	    dot == strrchr(text, '.'))
		known = looked_at(series.series);
	return known ?: text;
}
