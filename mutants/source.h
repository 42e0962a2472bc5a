/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source - C as a list of tokens, and the places in it that a mutant names.
 *
 * Nothing is parsed that need not be: comments and white space are no tokens, an
 * operator is one, and a definition is found by its name and its brackets.
 */
#ifndef TASK_EXIT_MUTANTS_SOURCE_H
#define TASK_EXIT_MUTANTS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct token {
	const char *at;
	size_t length;
	bool after_newline; /* the first of its line */
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

/* @text is referred to, and has to stay. -ENOMEM, or 0. */
int source_split(struct source *source, const char *text);
void source_free(struct source *source);

/*
 * All definitions of @name: a function, "struct NAME", "enum NAME", "#define
 * NAME", or a variable with its initialiser. There may be several, under #ifdef.
 */
int source_find_definitions(const struct source *source, const char *name,
			    struct spans *found);

/* All places in @within where the tokens of @wanted stand in a row. */
int source_find(const struct source *source, const struct spans *within,
		const struct source *wanted, struct spans *found);

void spans_free(struct spans *spans);

#endif /* TASK_EXIT_MUTANTS_SOURCE_H */
