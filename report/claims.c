// SPDX-License-Identifier: GPL-2.0-only
/*
 * claims - reads a changelog. See claims.h.
 *
 * Entries come newest first in every format; inside an entry, the oldest item comes first.
 * So the first entry that names a fix counts, and in it the last item.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

#include "claims.h"
#include "releases.h"

#define COMMIT_LEN 12 /* of the ids in lib/fixes.c */

struct reader {
	struct claims *claims;
	char in[32]; /* the version or the commit of the current item */
	char heading[32]; /* ChangeLog-V, until it has an item */
	char item[1024]; /* an item with its continuation lines */
	int indent; /* of the bullet; -1: no item */
	bool reverting; /* this message reverts the commits it names */
};

static bool begins(const char *text, const char *with)
{
	return !strncasecmp(text, with, strlen(with));
}

static size_t hex_len(const char *text)
{
	return strspn(text, "0123456789abcdef");
}

static void mention(struct reader *r, enum fix_id id, bool reverted)
{
	struct claim *claim = &r->claims->fix[id];

	if (claim->entry && claim->entry != r->claims->nr_entries)
		return;
	claim->entry = r->claims->nr_entries;
	claim->claimed = !reverted;
	claim->reverted = reverted;
	snprintf(claim->in, sizeof(claim->in), "%s", r->in);
}

static void mention_commit(struct reader *r, const char *hex, bool reverted)
{
	int id;

	if (hex_len(hex) < COMMIT_LEN)
		return;
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (!strncmp(hex, fixes[id].commit, COMMIT_LEN))
			mention(r, id, reverted);
}

/* --- One statement ---------------------------------------------------------- */

/* Distributions put labels before a title. */
static const char *skip_labels(const char *text)
{
	static const char *const labels[] = {
		"UPSTREAM: ", "BACKPORT: ", "FROMGIT: ", "FROMLIST: ",
		"UBUNTU: ",   "SAUCE: ",    "[PATCH] ",	 "Subject: "
	};
	size_t i, len;

	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (!begins(text, labels[i]))
			continue;
		text += strlen(labels[i]);
		i = -1;
	}
	/* "[amd64] " in Debian's changelogs, or a commit. */
	if (*text == '[') {
		len = strcspn(text, "]");
		if (text[len] && text[len + 1] == ' ')
			text += len + 2;
	}
	return text;
}

static bool is_title(const char *text, const char *title)
{
	size_t len = strlen(title);

	if (strncmp(text, title, len))
		return false;
	text += len;
	/* A CVE, an author or a bug may follow. */
	return !*text || *text == '"' || begins(text, " (") ||
	       begins(text, " [");
}

static void take_title(struct reader *r, const char *text)
{
	bool reverted = false;
	int id;

	text = skip_labels(text);
	for (;;) {
		if (begins(text, "Revert \"")) {
			text += strlen("Revert \"");
			reverted = !reverted;
		} else if (begins(text, "Reapply \"")) {
			text += strlen("Reapply \"");
		} else {
			break;
		}
	}
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (is_title(text, fixes[id].title))
			mention(r, id, reverted);
}

/* The X of "commit X upstream." in @text, or NULL. */
static const char *upstream_commit(const char *text)
{
	for (; (text = strstr(text, "commit ")); text++) {
		const char *hex = text + strlen("commit ");

		if (hex_len(hex) >= COMMIT_LEN &&
		    begins(hex + hex_len(hex), " upstream"))
			return hex;
	}
	return NULL;
}

/* Only the forms of a backport: "Fixes:" names commits as well. */
static void take_commit(struct reader *r, const char *text)
{
	static const char *const words[] = {
		"[ Upstream commit ",
		"[Upstream commit ",
		"Upstream commit ",
		"Upstream commit: ",
		"Upstream-commit: ",
		"Git-commit: ",
		"(cherry picked from commit ",
		"(backported from commit ",
	};
	const char *hex;
	size_t i;

	if (begins(text, "This reverts commit ")) {
		r->reverting = true;
		mention_commit(r, text + strlen("This reverts commit "), true);
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (begins(text, words[i]))
			mention_commit(r, text + strlen(words[i]),
				       r->reverting);
	hex = upstream_commit(text);
	if (hex && (r->reverting || begins(text, "commit ")))
		mention_commit(r, hex, r->reverting);
}

static void take_statement(struct reader *r, const char *text)
{
	take_title(r, text);
	take_commit(r, text);
}

/* --- Entries, headings, items ------------------------------------------------ */

static void end_item(struct reader *r)
{
	if (r->indent >= 0)
		take_statement(r, r->item);
	r->indent = -1;
}

/* A heading that no list followed. */
static void end_heading(struct reader *r)
{
	struct claims *claims = r->claims;

	if (r->heading[0] && claims->nr_unlisted < CLAIMS_MAX_UNLISTED)
		snprintf(claims->unlisted[claims->nr_unlisted++],
			 sizeof(claims->unlisted[0]), "%.15s", r->heading);
	r->heading[0] = '\0';
}

static void begin_entry(struct reader *r, const char *in, size_t len)
{
	struct claims *claims = r->claims;

	end_item(r);
	end_heading(r);
	claims->nr_entries++;
	r->reverting = false;
	snprintf(r->in, sizeof(r->in), "%.*s", (int)len, in);
}

/* The first entry of a changelog has the version of the package. */
static void begin_package(struct reader *r, const char *version, size_t len)
{
	struct claims *claims = r->claims;

	begin_entry(r, version, len);
	if (!claims->version[0])
		snprintf(claims->version, sizeof(claims->version), "%s", r->in);
}

/* "linux (6.12.94-1) trixie-security; urgency=high" */
static bool take_debian_entry(struct reader *r, const char *line)
{
	const char *version = strstr(line, " (");
	const char *end;

	if (!version || isspace((unsigned char)*line) ||
	    !strstr(version, "; urgency="))
		return false;
	version += 2;
	end = version + strspn(version, "0123456789.");
	if (begins(end, "~rc"))
		end += 3 + strspn(end + 3, "0123456789");
	begin_package(r, version, end - version);
	return true;
}

/* "* Tue Oct 07 2025 Name <address> [6.12.0-55.el10]", or "... - 6.12.0-55" */
static bool take_rpm_entry(struct reader *r, const char *line)
{
	const char *version, *at;

	if (strlen(line) < 6 || !begins(line, "* ") ||
	    !isupper((unsigned char)line[2]) || line[5] != ' ')
		return false;
	version = strrchr(line, '[');
	if (!version)
		for (at = line; (at = strstr(at, " - ")); at++)
			version = at + 2;
	version = version ? version + 1 : line + strlen(line);
	at = version;
	while (*at && !isdigit((unsigned char)*at))
		at++;
	begin_package(r, at, strcspn(at, "] "));
	return true;
}

/* "commit 0123456789ab...", as git log has it */
static bool take_git_entry(struct reader *r, const char *line)
{
	const char *hex = line + strlen("commit ");

	if (!begins(line, "commit ") || hex_len(hex) != 40 ||
	    (hex[40] && hex[40] != ' '))
		return false;
	begin_entry(r, hex, COMMIT_LEN);
	mention_commit(r, hex, false);
	return true;
}

/* "0123456789ab cgroup: ...", as git log --oneline has it */
static bool take_short_entry(struct reader *r, const char *line)
{
	size_t len = hex_len(line);

	if (len < 7 || len > 40 || line[len] != ' ')
		return false;
	begin_entry(r, line, COMMIT_LEN < len ? COMMIT_LEN : len);
	mention_commit(r, line, false);
	take_statement(r, line + len + 1);
	return true;
}

/* ".../ChangeLog-6.12.91": the items that follow are of this release. */
static bool take_heading(struct reader *r, const char *text)
{
	const char *version = strstr(text, "ChangeLog-");

	if (!version)
		return false;
	end_item(r);
	end_heading(r);
	version += strlen("ChangeLog-");
	snprintf(r->in, sizeof(r->in), "%.*s",
		 (int)strspn(version, "0123456789."), version);
	snprintf(r->heading, sizeof(r->heading), "%.31s", r->in);
	return true;
}

static void take_item(struct reader *r, const char *text, int indent)
{
	size_t len = strlen(r->item);
	bool bullet = strchr("-*+", *text) && text[1] == ' ';

	if (!bullet && r->indent >= 0 && indent > r->indent) {
		snprintf(r->item + len, sizeof(r->item) - len, " %s", text);
		return;
	}
	end_item(r);
	if (!bullet) {
		/* "[ Name ]" ends the list of a stable release. */
		if (*text == '[')
			end_heading(r);
		take_statement(r, text);
		return;
	}
	if (*text == '-')
		r->heading[0] = '\0';
	else
		end_heading(r);
	r->indent = indent;
	snprintf(r->item, sizeof(r->item), "%s",
		 text + 1 + strspn(text + 1, " "));
}

static void take_line(struct reader *r, char *line)
{
	int indent = strspn(line, " \t");
	char *text = line + indent;
	size_t len = strlen(text);

	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	if (!len) {
		end_item(r);
		return;
	}
	if (!indent && (take_debian_entry(r, line) || take_rpm_entry(r, line) ||
			take_git_entry(r, line) || take_short_entry(r, line)))
		return;
	if (!take_heading(r, text))
		take_item(r, text, indent);
}

int claims_read(struct claims *claims, FILE *from)
{
	struct reader r = { .claims = claims, .indent = -1 };
	size_t size = 0;
	char *line = NULL;
	ssize_t len;
	int err = 0;

	memset(claims, 0, sizeof(*claims));
	/* Text before the first entry is an entry, too. */
	claims->nr_entries = 1;
	while (!err && (len = getline(&line, &size, from)) >= 0) {
		claims->nr_lines++;
		if (strlen(line) != (size_t)len)
			err = -EINVAL;
		else
			take_line(&r, line);
	}
	if (ferror(from))
		err = -EIO;
	end_item(&r);
	end_heading(&r);
	free(line);
	return err;
}

/* --- Claims by version ------------------------------------------------------- */

bool claims_has_unlisted(const struct claims *claims, const char *version)
{
	size_t i;

	for (i = 0; i < claims->nr_unlisted; i++)
		if (!strcmp(claims->unlisted[i], version))
			return true;
	return false;
}

void claims_add_version(struct claims *claims, const char *version)
{
	char series[16] = "";
	int major, minor, id;

	if (sscanf(version, "%d.%d", &major, &minor) == 2)
		snprintf(series, sizeof(series), "%d.%d%s", major, minor,
			 version_is_candidate(version) ? "-rc1" : "");
	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		struct claim *claim = &claims->fix[id];
		char in_series[RELEASE_TEXT];
		const char *release =
			fix_release_in_series(id, series, in_series);

		if (claim->entry)
			continue;
		if (fix_released_in(id, series))
			release = fixes[id].released;
		else if (!release || !claims_has_unlisted(claims, release))
			continue;
		claim->claimed = true;
		snprintf(claim->in, sizeof(claim->in), "%.*s",
			 (int)strcspn(release, ","), release);
	}
}

bool claims_is_unknown(const char *unlisted, const char *version)
{
	return version_is_of_series(unlisted, version) &&
	       version_is_news(unlisted);
}

bool claims_may_lack(const struct claims *claims, const char *version)
{
	size_t i;

	for (i = 0; i < claims->nr_unlisted; i++)
		if (claims_is_unknown(claims->unlisted[i], version))
			return true;
	return false;
}
