/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * description - reads a mutant or a handshake as a list of keys and values.
 *
 *	# a comment
 *	KEY: VALUE
 *		a tab continues the value; an empty line would end here,
 *		.
 *		so a dot stands for it
 */
#ifndef TASK_EXIT_MUTANTS_DESCRIPTION_H
#define TASK_EXIT_MUTANTS_DESCRIPTION_H

#include <stddef.h>
#include <stdio.h>

#include "compiler.h"

/* A key whose value is the char * at this offset of an object. */
struct description_key {
	const char *name;
	size_t offset;
};

#define DESCRIPTION_ERROR_SIZE 160

struct description {
	char *error; /* of DESCRIPTION_ERROR_SIZE */
	char **value; /* of the last key */
	int line;
};

/* Sets ->error and returns -EINVAL. */
__printf(2, 3) int description_error(struct description *description,
				     const char *fmt, ...);

/*
 * Reads @from; the caller has set ->error. For each key, @begin_value(@arg, key) sets ->value to the place of its value.
 * Returns 0 or -errno.
 */
int description_read(struct description *description, FILE *from,
		     int (*begin_value)(void *arg, const char *key), void *arg);

/* The place of the value of @name in @object; NULL if it has no such key. */
char **description_find(void *object, const struct description_key *keys,
			size_t nr, const char *name);

/* Frees all values of @object. */
void description_free(void *object, const struct description_key *keys,
		      size_t nr);

#endif /* TASK_EXIT_MUTANTS_DESCRIPTION_H */
