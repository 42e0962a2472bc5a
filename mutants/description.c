// SPDX-License-Identifier: GPL-2.0-only
/*
 * description - reads a list of keys and values. See description.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "description.h"

int description_error(struct description *description, const char *fmt, ...)
{
	va_list args;
	int length;

	length = snprintf(description->error, DESCRIPTION_ERROR_SIZE,
			  "line %d: ", description->line);
	va_start(args, fmt);
	vsnprintf(description->error + length, DESCRIPTION_ERROR_SIZE - length,
		  fmt, args);
	va_end(args);
	return -EINVAL;
}

static int add_to_value(struct description *description, const char *text)
{
	const char *before = *description->value ?: "";
	char *value;

	if (asprintf(&value, "%s%s%s", before, *before ? "\n" : "", text) < 0)
		return -ENOMEM;
	free(*description->value);
	*description->value = value;
	return 0;
}

static int read_line(struct description *description, char *line,
		     int (*begin_value)(void *arg, const char *key), void *arg)
{
	char *text;
	int err;

	line[strcspn(line, "\n")] = '\0';
	if (!*line || *line == '#')
		return 0;
	if (*line == '\t') {
		if (!description->value)
			return description_error(description,
						 "a value without a key");
		return add_to_value(description,
				    strcmp(line, "\t.") ? line + 1 : "");
	}
	text = strchr(line, ':');
	if (!text)
		return description_error(description,
					 "expected KEY: VALUE, or a tab that continues a value");
	*text++ = '\0';
	err = begin_value(arg, line);
	return err ?: add_to_value(description, text + strspn(text, " \t"));
}

int description_read(struct description *description, FILE *from,
		     int (*begin_value)(void *arg, const char *key), void *arg)
{
	char *line = NULL;
	size_t room = 0;
	int err = 0;

	while (!err && getline(&line, &room, from) >= 0) {
		description->line++;
		err = read_line(description, line, begin_value, arg);
	}
	free(line);
	return err;
}

char **description_find(void *object, const struct description_key *keys,
			size_t nr, const char *name)
{
	size_t i;

	for (i = 0; object && i < nr; i++)
		if (!strcmp(keys[i].name, name))
			return (char **)((char *)object + keys[i].offset);
	return NULL;
}

void description_free(void *object, const struct description_key *keys,
		      size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		char **value = (char **)((char *)object + keys[i].offset);

		free(*value);
		/* Two keys may name the same value. */
		*value = NULL;
	}
}
