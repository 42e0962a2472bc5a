/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutant - what a file in mutants/ says; README.md there has the format.
 */
#ifndef TASK_EXIT_MUTANTS_MUTANT_H
#define TASK_EXIT_MUTANTS_MUTANT_H

#include <stddef.h>
#include <stdio.h>

struct edit {
	char *file;
	char *in; /* NULL: anywhere in the file */
	char *replace;
	char *with;
	int line; /* of the mutant */
};

struct mutant {
	char *breaks;
	char *killed_by;
	char *says;
	char *equivalent;
	char *config; /* lines of a kernel configuration */
	struct edit *edit;
	size_t nr_edits;
	char error[160]; /* what is wrong with it, and in which line */
};

/* 0, or -errno with the reason in ->error. mutant_free() in either case. */
int mutant_read(struct mutant *mutant, FILE *from);

/* The value of a key that is not an edit's; NULL if there is no such key. */
const char *mutant_value(const struct mutant *mutant, const char *key);

void mutant_free(struct mutant *mutant);

#endif /* TASK_EXIT_MUTANTS_MUTANT_H */
