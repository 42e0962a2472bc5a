// SPDX-License-Identifier: GPL-2.0-only
/*
 * releases - reads the versions in .released of each fix. See releases.h.
 *
 * The first version of a stable series that has a fix implies all later ones of that
 * series. The newest series that has a fix implies all later series, even if mainline
 * has not released the fix yet: stable takes only fixes that mainline has.
 */
#include <stdio.h>
#include <string.h>

#include "releases.h"
#include "text.h"

/* lib/fixes.c is complete up to these versions, according to Debian's changelogs. */
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

	return begins(suffix, "-rc") || begins(suffix, "~rc");
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

/* Returns the part of a list of releases ("7.1, 7.0.9") after its first one, or NULL. */
static const char *next_release(const char *list)
{
	const char *comma = strchr(list, ',');

	return comma ? comma + strspn(comma, ", ") : NULL;
}

const char *fix_release_in_series(enum fix_id id, const char *version,
				  char release[RELEASE_TEXT])
{
	const char *list;

	for (list = fixes[id].released; list; list = next_release(list)) {
		snprintf(release, RELEASE_TEXT, "%.*s", (int)strcspn(list, ","),
			 list);
		if (version_is_of_series(release, version))
			return release;
	}
	return NULL;
}

bool fix_released_in(enum fix_id id, const char *text)
{
	struct version kernel, newest;
	char release[RELEASE_TEXT];

	if (fix_release_in_series(id, text, release))
		return version_is_at_least(text, release);
	/* The list begins with the newest series. */
	return parse_version(text, &kernel) &&
	       parse_version(fixes[id].released, &newest) &&
	       kernel.series > newest.series;
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
		begins(suffix, "+deb"));
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
