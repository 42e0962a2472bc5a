// SPDX-License-Identifier: GPL-2.0-only
/*
 * source - splits C into tokens and finds definitions and code in them.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

/* Longest first. */
static const char *const operators[] = {
	"...", "<<=", ">>=", "->", "++", "--", "<<", ">>",
	"<=",  ">=",  "==",  "!=", "&&", "||", "+=", "-=",
	"*=",  "/=",  "%=",  "&=", "|=", "^=", "##",
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Skips white space, comments and backslash-newlines. */
static const char *skip_blank(const char *at, bool *newline)
{
	for (;;) {
		if (at[0] == '\\' && at[1] == '\n') {
			at += 2;
		} else if (isspace((unsigned char)*at)) {
			*newline |= *at == '\n';
			at++;
		} else if (at[0] == '/' && at[1] == '/') {
			at += strcspn(at, "\n");
		} else if (at[0] == '/' && at[1] == '*') {
			const char *end = strstr(at + 2, "*/");

			at = end ? end + 2 : at + strlen(at);
		} else {
			return at;
		}
	}
}

static size_t quoted_length(const char *at)
{
	size_t i;

	for (i = 1; at[i] && at[i] != '\n'; i++) {
		if (at[i] == *at)
			return i + 1;
		if (at[i] == '\\' && at[i + 1])
			i++;
	}
	return i;
}

static size_t token_length(const char *at)
{
	size_t i;

	if (is_word(*at)) {
		for (i = 1; is_word(at[i]); i++)
			;
		return i;
	}
	if (*at == '"' || *at == '\'')
		return quoted_length(at);
	for (i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		size_t length = strlen(operators[i]);

		if (!strncmp(at, operators[i], length))
			return length;
	}
	return 1;
}

/* Makes room in @array for one more element after @nr of them. NULL: no memory. */
static void *grow(void *array, size_t nr, size_t size)
{
	/* The room doubles whenever @nr reaches a power of two. */
	if (nr & (nr - 1))
		return array;
	return reallocarray(array, nr ? nr * 2 : 1, size);
}

int source_split(struct source *source, const char *text)
{
	struct token *token;
	bool newline = true;

	*source = (struct source){};
	for (;;) {
		text = skip_blank(text, &newline);
		if (!*text)
			return 0;
		token = grow(source->token, source->nr, sizeof(*token));
		if (!token) {
			source_free(source);
			return -ENOMEM;
		}
		source->token = token;
		token += source->nr++;
		*token = (struct token){ text, token_length(text), newline };
		text += token->length;
		newline = false;
	}
}

void source_free(struct source *source)
{
	free(source->token);
	*source = (struct source){};
}

void spans_free(struct spans *spans)
{
	free(spans->span);
	*spans = (struct spans){};
}

static int spans_add(struct spans *spans, size_t begin, size_t end)
{
	struct span *span = grow(spans->span, spans->nr, sizeof(*span));

	if (!span)
		return -ENOMEM;
	spans->span = span;
	spans->span[spans->nr++] = (struct span){ begin, end };
	return 0;
}

static bool same(const struct token *a, const struct token *b)
{
	return a->length == b->length && !memcmp(a->at, b->at, a->length);
}

bool source_matches(const struct source *source, size_t at,
		    const struct source *wanted)
{
	size_t i;

	if (wanted->nr > source->nr - at)
		return false;
	for (i = 0; i < wanted->nr; i++)
		if (!same(&source->token[at + i], &wanted->token[i]))
			return false;
	return true;
}

bool source_is(const struct source *source, size_t at, const char *text)
{
	const struct token *token = &source->token[at];

	return at < source->nr && token->length == strlen(text) &&
	       !memcmp(token->at, text, token->length);
}

static bool is_name(const struct source *source, size_t at)
{
	return at < source->nr && is_word(*source->token[at].at);
}

size_t source_after_brackets(const struct source *source, size_t at,
			     const char *open, const char *close)
{
	size_t depth = 0;

	for (; at < source->nr; at++) {
		if (source_is(source, at, open))
			depth++;
		else if (source_is(source, at, close) && !--depth)
			return at + 1;
	}
	return 0;
}

/* Skips attributes such as __releases(lock). */
static size_t skip_attributes(const struct source *source, size_t at)
{
	while (is_name(source, at)) {
		at++;
		if (source_is(source, at, "("))
			at = source_after_brackets(source, at, "(", ")") ?:
				     source->nr;
	}
	return at;
}

static size_t end_of_braces(const struct source *source, size_t at)
{
	return source_is(source, at, "{") ?
		       source_after_brackets(source, at, "{", "}") :
		       0;
}

/* @at is the index after "#define NAME". */
static size_t end_of_macro(const struct source *source, size_t at)
{
	while (at < source->nr && !source->token[at].after_newline)
		at++;
	return at;
}

/* @at is the index after NAME. Returns 0 if this is no definition. */
static size_t end_of_definition(const struct source *source, size_t at)
{
	if (source_is(source, at, "(")) {
		at = source_after_brackets(source, at, "(", ")");
		return at ? end_of_braces(source, skip_attributes(source, at)) :
			    0;
	}
	while (source_is(source, at, "["))
		at = source_after_brackets(source, at, "[", "]") ?: source->nr;
	at = skip_attributes(source, at);
	return source_is(source, at, "=") ? end_of_braces(source, at + 1) : 0;
}

int source_find_definitions(const struct source *source, const char *name,
			    struct spans *found)
{
	struct source wanted;
	size_t at, after, end;
	int err;

	*found = (struct spans){};
	err = source_split(&wanted, name);
	for (at = 0; !err && at < source->nr; at++) {
		if (!source_matches(source, at, &wanted))
			continue;
		after = at + wanted.nr;
		if (source_is(&wanted, 0, "#"))
			end = end_of_macro(source, after);
		else if (source_is(&wanted, 0, "struct") ||
			 source_is(&wanted, 0, "enum"))
			end = end_of_braces(source, after);
		else
			end = end_of_definition(source, after);
		if (end)
			err = spans_add(found, at, end);
	}
	source_free(&wanted);
	return err;
}

int source_find(const struct source *source, const struct spans *within,
		const struct source *wanted, struct spans *found)
{
	size_t i, at;
	int err = 0;

	*found = (struct spans){};
	for (i = 0; i < within->nr; i++) {
		const struct span *span = &within->span[i];

		for (at = span->begin; !err && at + wanted->nr <= span->end;
		     at++)
			if (source_matches(source, at, wanted))
				err = spans_add(found, at, at + wanted->nr);
	}
	return err;
}
