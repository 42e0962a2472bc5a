/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mutant - reads a mutant or a fix. README.md and ../fixes/README.md have the format.
 */
#ifndef TASK_EXIT_MUTANTS_MUTANT_H
#define TASK_EXIT_MUTANTS_MUTANT_H

#include <stddef.h>
#include <stdio.h>

#include "description.h"

struct edit {
	char *file;
	char *in; /* NULL: anywhere in the file */
	char *replace;
	char *with;
	int line; /* of replace: in the mutant file */
};

struct mutant {
	char *breaks;
	char *killed_by;
	char *says;
	char *refuted_by; /* handshakes of proof/ */
	char *undetectable; /* why it cannot be detected */
	char *config; /* lines of a kernel configuration */
	/* Only a fix has these: see fixes/README.md. */
	char *finding;
	char *branch;
	char *subject;
	char *message;
	char *fixes;
	char *since;
	char *passes;
	char *timeline;
	struct edit *edit;
	size_t nr_edits;
	char error[DESCRIPTION_ERROR_SIZE]; /* set if mutant_read() fails with -EINVAL */
};

/* Returns 0 or -errno. Call mutant_free() in either case. */
int mutant_read(struct mutant *mutant, FILE *from);

/* Returns the value of a key other than those of an edit, or NULL. */
const char *mutant_value(const struct mutant *mutant, const char *key);

void mutant_free(struct mutant *mutant);

#endif /* TASK_EXIT_MUTANTS_MUTANT_H */
