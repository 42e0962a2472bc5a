// SPDX-License-Identifier: GPL-2.0-only
/*
 * mutant - reads a mutant file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "mutant.h"

static const struct description_key headers[] = {
	{ "breaks", offsetof(struct mutant, breaks) },
	{ "killed by", offsetof(struct mutant, killed_by) },
	{ "says", offsetof(struct mutant, says) },
	{ "refuted by", offsetof(struct mutant, refuted_by) },
	{ "cannot be detected", offsetof(struct mutant, undetectable) },
	{ "config", offsetof(struct mutant, config) },
	{ "finding", offsetof(struct mutant, finding) },
	{ "branch", offsetof(struct mutant, branch) },
	{ "subject", offsetof(struct mutant, subject) },
	{ "message", offsetof(struct mutant, message) },
	{ "fixes", offsetof(struct mutant, fixes) },
	{ "since", offsetof(struct mutant, since) },
	{ "passes", offsetof(struct mutant, passes) },
	{ "timeline", offsetof(struct mutant, timeline) },
};

struct reader {
	struct description description;
	struct mutant *mutant;
	char *file, *in; /* for the following edits */
};

#define set_error(reader, ...) \
	description_error(&(reader)->description, __VA_ARGS__)

static struct edit *last_edit(const struct mutant *mutant)
{
	return mutant->nr_edits ? &mutant->edit[mutant->nr_edits - 1] : NULL;
}

static char **find_header(struct mutant *mutant, const char *key)
{
	return description_find(mutant, headers, ARRAY_SIZE(headers), key);
}

static int begin_edit(struct reader *reader)
{
	struct mutant *mutant = reader->mutant;
	struct edit *edit = last_edit(mutant);

	if (!reader->file)
		return set_error(reader, "replace: without a file:");
	if (edit && !edit->with)
		return set_error(reader, "the previous replace: has no with:");
	edit = reallocarray(mutant->edit, mutant->nr_edits + 1, sizeof(*edit));
	if (!edit)
		return -ENOMEM;
	mutant->edit = edit;
	edit += mutant->nr_edits++;
	*edit = (struct edit){ .line = reader->description.line };
	edit->file = strdup(reader->file);
	edit->in = reader->in ? strdup(reader->in) : NULL;
	reader->description.value = &edit->replace;
	return 0;
}

static int begin_with(struct reader *reader)
{
	struct edit *edit = last_edit(reader->mutant);

	if (!edit || edit->with)
		return set_error(reader, "with: without a replace:");
	reader->description.value = &edit->with;
	return 0;
}

/* A file: or an in: applies to the following edits. */
static int begin_place(struct reader *reader, char **place)
{
	free(*place);
	*place = NULL;
	reader->description.value = place;
	return 0;
}

static int begin_header(struct reader *reader, const char *key)
{
	reader->description.value = find_header(reader->mutant, key);
	if (!reader->description.value)
		return set_error(reader, "unknown key %s", key);
	if (*reader->description.value)
		return set_error(reader, "duplicate %s:", key);
	return 0;
}

static int begin_value(void *arg, const char *key)
{
	struct reader *reader = arg;

	if (!strcmp(key, "replace"))
		return begin_edit(reader);
	if (!strcmp(key, "with"))
		return begin_with(reader);
	if (!strcmp(key, "in"))
		return begin_place(reader, &reader->in);
	if (!strcmp(key, "file")) {
		begin_place(reader, &reader->in);
		return begin_place(reader, &reader->file);
	}
	return begin_header(reader, key);
}

static int check_mutant(struct reader *reader)
{
	const struct mutant *mutant = reader->mutant;

	if (!mutant->breaks)
		return set_error(reader, "breaks: is missing");
	if (mutant->undetectable ? mutant->killed_by || mutant->refuted_by :
				   !mutant->killed_by && !mutant->refuted_by)
		return set_error(reader,
				 "needs killed by: or refuted by:, or cannot be detected:");
	return 0;
}

static int check_fix(struct reader *reader)
{
	static const char *const needed[] = { "finding", "branch", "message",
					      "fixes",	 "since",  "passes",
					      "timeline" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (!mutant_value(reader->mutant, needed[i]))
			return set_error(reader, "%s: is missing", needed[i]);
	return 0;
}

static int check(struct reader *reader)
{
	const struct mutant *mutant = reader->mutant;
	const struct edit *edit = last_edit(mutant);
	int err;

	err = mutant->subject ? check_fix(reader) : check_mutant(reader);
	if (err)
		return err;
	if (edit ? !edit->with : !mutant->config)
		return set_error(reader,
				 "needs an edit: file:, replace:, with:");
	return 0;
}

int mutant_read(struct mutant *mutant, FILE *from)
{
	struct reader reader = {
		.description.error = mutant->error,
		.mutant = mutant,
	};
	int err;

	*mutant = (struct mutant){};
	err = description_read(&reader.description, from, begin_value, &reader) ?:
		      check(&reader);
	free(reader.file);
	free(reader.in);
	return err;
}

const char *mutant_value(const struct mutant *mutant, const char *key)
{
	char **value = find_header((struct mutant *)mutant, key);

	return value ? *value : NULL;
}

void mutant_free(struct mutant *mutant)
{
	size_t i;

	for (i = 0; i < mutant->nr_edits; i++) {
		free(mutant->edit[i].file);
		free(mutant->edit[i].in);
		free(mutant->edit[i].replace);
		free(mutant->edit[i].with);
	}
	free(mutant->edit);
	description_free(mutant, headers, ARRAY_SIZE(headers));
	*mutant = (struct mutant){};
}
