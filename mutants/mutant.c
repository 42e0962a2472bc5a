// SPDX-License-Identifier: GPL-2.0-only
/*
 * mutant - reads a mutant file.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "mutant.h"

static const struct {
	const char *key;
	size_t offset;
} headers[] = {
	{ "breaks", offsetof(struct mutant, breaks) },
	{ "killed by", offsetof(struct mutant, killed_by) },
	{ "says", offsetof(struct mutant, says) },
	{ "refuted by", offsetof(struct mutant, refuted_by) },
	{ "cannot be detected", offsetof(struct mutant, undetectable) },
	{ "config", offsetof(struct mutant, config) },
};

struct reader {
	struct mutant *mutant;
	char *file, *in; /* for the following edits */
	char **value; /* a line with a tab continues this one */
	int line;
};

static __printf(2, 3) int set_error(struct reader *reader, const char *fmt, ...)
{
	struct mutant *mutant = reader->mutant;
	va_list args;
	int length;

	length = snprintf(mutant->error, sizeof(mutant->error),
			  "line %d: ", reader->line);
	va_start(args, fmt);
	vsnprintf(mutant->error + length, sizeof(mutant->error) - length, fmt,
		  args);
	va_end(args);
	return -EINVAL;
}

static struct edit *last_edit(const struct mutant *mutant)
{
	return mutant->nr_edits ? &mutant->edit[mutant->nr_edits - 1] : NULL;
}

static char **find_header(struct mutant *mutant, const char *key)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(headers); i++)
		if (!strcmp(key, headers[i].key))
			return (char **)((char *)mutant + headers[i].offset);
	return NULL;
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
	*edit = (struct edit){ .line = reader->line };
	edit->file = strdup(reader->file);
	edit->in = reader->in ? strdup(reader->in) : NULL;
	reader->value = &edit->replace;
	return 0;
}

static int begin_with(struct reader *reader)
{
	struct edit *edit = last_edit(reader->mutant);

	if (!edit || edit->with)
		return set_error(reader, "with: without a replace:");
	reader->value = &edit->with;
	return 0;
}

/* A file: or an in: applies to the following edits. */
static int begin_place(struct reader *reader, char **place)
{
	free(*place);
	*place = NULL;
	reader->value = place;
	return 0;
}

static int begin_header(struct reader *reader, const char *key)
{
	reader->value = find_header(reader->mutant, key);
	if (!reader->value)
		return set_error(reader, "unknown key %s", key);
	if (*reader->value)
		return set_error(reader, "duplicate %s:", key);
	return 0;
}

static int begin_value(struct reader *reader, const char *key)
{
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

static int add_to_value(struct reader *reader, const char *text)
{
	const char *before = *reader->value ?: "";
	char *value;

	if (asprintf(&value, "%s%s%s", before, *before ? "\n" : "", text) < 0)
		return -ENOMEM;
	free(*reader->value);
	*reader->value = value;
	return 0;
}

static int read_line(struct reader *reader, char *line)
{
	char *text;
	int err;

	line[strcspn(line, "\n")] = '\0';
	if (!*line || *line == '#')
		return 0;
	if (*line == '\t') {
		if (!reader->value)
			return set_error(reader, "a value without a key");
		return add_to_value(reader, line + 1);
	}
	text = strchr(line, ':');
	if (!text)
		return set_error(reader,
				 "expected KEY: VALUE, or a tab that continues a value");
	*text++ = '\0';
	err = begin_value(reader, line);
	return err ?: add_to_value(reader, text + strspn(text, " \t"));
}

static int check(struct reader *reader)
{
	const struct mutant *mutant = reader->mutant;
	const struct edit *edit = last_edit(mutant);

	if (!mutant->breaks)
		return set_error(reader, "breaks: is missing");
	if (mutant->undetectable ? mutant->killed_by || mutant->refuted_by :
				   !mutant->killed_by && !mutant->refuted_by)
		return set_error(reader,
				 "needs killed by: or refuted by:, or cannot be detected:");
	if (edit ? !edit->with : !mutant->config)
		return set_error(reader,
				 "needs an edit: file:, replace:, with:");
	return 0;
}

int mutant_read(struct mutant *mutant, FILE *from)
{
	struct reader reader = { .mutant = mutant };
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	*mutant = (struct mutant){};
	while (!err && getline(&line, &room, from) >= 0) {
		reader.line++;
		err = read_line(&reader, line);
	}
	err = err ?: check(&reader);
	free(line);
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
	for (i = 0; i < ARRAY_SIZE(headers); i++)
		free(*find_header(mutant, headers[i].key));
	*mutant = (struct mutant){};
}
