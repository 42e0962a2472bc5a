// SPDX-License-Identifier: GPL-2.0-only
/*
 * history - compares lib/fixes.c with a kernel's changelog.
 *
 *	history CHANGELOG LABEL
 *
 * A backport that only the changelog has is news, and the message says how to add it. A
 * release in the table that contradicts the changelog is a failure.
 *
 * Exit status: 0, 1 if they contradict each other, 2 for bad usage.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "claims.h"
#include "releases.h"

static bool is_stable(const char *release)
{
	int major, minor, patch;

	return sscanf(release, "%d.%d.%d", &major, &minor, &patch) == 3;
}

static void print_news(const struct claim *claim, enum fix_id id,
		       const char *label)
{
	printf("ok - %s: news: by its changelog %s has \"%s\"; add \"%s\" to its .released in lib/fixes.c\n",
	       label, claim->in, fixes[id].title, claim->in);
}

static bool agrees(const struct claims *claims, enum fix_id id,
		   const char *label)
{
	const struct claim *claim = &claims->fix[id];
	char in_series[RELEASE_TEXT];
	const char *release =
		fix_release_in_series(id, claims->version, in_series);

	if (claim->claimed && !release &&
	    !fix_released_in(id, claims->version)) {
		print_news(claim, id, label);
		return true;
	}
	if (!release || !is_stable(release) ||
	    !version_is_at_least(claims->version, release))
		return true;
	if (claim->claimed ? !strcmp(claim->in, release) :
			     claims_has_unlisted(claims, release))
		return true;
	printf("# lib/fixes.c has \"%s\" in %s, the changelog in %s\n",
	       fixes[id].title, release,
	       claim->claimed ? claim->in : "no release");
	return false;
}

int main(int argc, char **argv)
{
	struct claims claims;
	bool ok = true;
	FILE *from;
	int err, id;

	if (argc != 3) {
		fputs("usage: history CHANGELOG LABEL\n", stderr);
		return 2;
	}
	from = fopen(argv[1], "r");
	err = from ? claims_read(&claims, from) : -errno;
	if (from)
		fclose(from);
	if (err) {
		fprintf(stderr, "history: cannot read %s: %s\n", argv[1],
			strerror(-err));
		return 2;
	}
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		ok &= agrees(&claims, id, argv[2]);
	printf("%s - %s: lib/fixes.c has what the changelog of %s claims\n",
	       ok ? "ok" : "not ok", argv[2], claims.version);
	return ok ? 0 : 1;
}
