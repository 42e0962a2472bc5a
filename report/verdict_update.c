// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict_update - which release has all that is to be picked. See verdict_text.h.
 */
#include <stdio.h>

#include "releases.h"
#include "verdict_text.h"

/* Copies the first release of a series with this fix, or returns false. */
static bool first_release(enum fix_id id, const char *series,
			  char release[RELEASE_TEXT])
{
	if (fix_release_in_series(id, series, release))
		return true;
	if (!fix_released_in(id, series))
		return false;
	snprintf(release, RELEASE_TEXT, "%.*s", RELEASE_TEXT - 1, series);
	return true;
}

/* Copies the first release of a series with all picks, or returns false. */
static bool release_with_all(const struct verdict *verdict, const char *series,
			     char release[RELEASE_TEXT])
{
	char first[RELEASE_TEXT];
	enum fix_id id;

	snprintf(release, RELEASE_TEXT, "%.*s", RELEASE_TEXT - 1, series);
	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!verdict->fix[id].pick)
			continue;
		if (!first_release(id, series, first))
			return false;
		if (version_is_at_least(first, release))
			snprintf(release, RELEASE_TEXT, "%s", first);
	}
	return true;
}

/* "7.0" of "7.0.9+deb13-cloud-amd64" */
static const char *series_of(const char *version, char series[RELEASE_TEXT])
{
	int major = 0, minor = 0;

	sscanf(version, "%d.%d", &major, &minor);
	snprintf(series, RELEASE_TEXT, "%d.%d", major, minor);
	return series;
}

/* The first release of a later series that has all picks, or false. */
static bool later_release(const struct verdict *verdict, const char *kernel,
			  char release[RELEASE_TEXT])
{
	char series[RELEASE_TEXT];
	size_t i;

	for (i = 0; versions_looked_at[i]; i++)
		if (version_is_at_least(versions_looked_at[i], kernel) &&
		    !version_is_of_series(versions_looked_at[i], kernel) &&
		    release_with_all(verdict,
				     series_of(versions_looked_at[i], series),
				     release))
			return true;
	return false;
}

static size_t count_picks(const struct verdict *verdict, const char *release)
{
	size_t n = 0;
	enum fix_id id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		n += verdict->fix[id].pick &&
		     (!release || fix_released_in(id, release));
	return n;
}

/* How far the newest release of the kernel's own series gets. */
static void print_own_series(const struct verdict *verdict, const char *series,
			     const char *kernel)
{
	const char *newest = version_meant_by(series);

	if (newest == series) {
		printf("no known release of %s has all of these", series);
		return;
	}
	printf("no release of %s up to %s has all of these", series, newest);
	if (!version_is_at_least(kernel, newest))
		printf(" (%s: %zu of %zu fixes)", newest,
		       count_picks(verdict, newest),
		       count_picks(verdict, NULL));
}

void verdict_print_update(const struct verdict_text *text)
{
	const struct verdict *verdict = text->verdict;
	char series[RELEASE_TEXT], release[RELEASE_TEXT];

	if (!text->kernel || !version_is_valid(text->kernel) ||
	    !count_picks(verdict, NULL))
		return;
	series_of(text->kernel, series);
	printf("\nOr update: ");
	if (release_with_all(verdict, series, release)) {
		printf("%s has all of these.\n", release);
		return;
	}
	print_own_series(verdict, series, text->kernel);
	if (later_release(verdict, text->kernel, release))
		printf("; the first later release that has all is %s.\n",
		       release);
	else
		printf(", nor has one of a later series.\n");
}
