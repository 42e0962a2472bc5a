/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source - splits C into tokens and finds definitions and code in them.
 *
 * This is no parser: white space and comments separate tokens, and a definition is
 * recognised by its name and its brackets.
 */
#ifndef TASK_EXIT_MUTANTS_SOURCE_H
#define TASK_EXIT_MUTANTS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct token {
	const char *at;
	size_t length;
	bool after_newline; /* first token of its line */
};

struct source {
	struct token *token;
	size_t nr;
};

/* A range of tokens. */
struct span {
	size_t begin, end;
};

struct spans {
	struct span *span;
	size_t nr;
};

/* The tokens point into @text. Returns 0 or -ENOMEM. */
int source_split(struct source *source, const char *text);
void source_free(struct source *source);

/*
 * Finds all definitions of @name: a function, "struct NAME", "enum NAME", "#define
 * NAME", or a variable with its initialiser. #ifdef can lead to more than one.
 */
int source_find_definitions(const struct source *source, const char *name,
			    struct spans *found);

/* Finds all occurrences of the tokens of @wanted in @within. */
int source_find(const struct source *source, const struct spans *within,
		const struct source *wanted, struct spans *found);

/* Whether the token at @at is @text; false after the last token. */
bool source_is(const struct source *source, size_t at, const char *text);

/* Whether the tokens of @wanted begin at @at. */
bool source_matches(const struct source *source, size_t at,
		    const struct source *wanted);

/* The index after the bracket that closes the one at @at; 0 if none does. */
size_t source_after_brackets(const struct source *source, size_t at,
			     const char *open, const char *close);

void spans_free(struct spans *spans);

#endif /* TASK_EXIT_MUTANTS_SOURCE_H */
