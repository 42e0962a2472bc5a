/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * handshake - reads a description of a handshake between CPUs. docs/barriers.md has the format.
 */
#ifndef TASK_EXIT_PROOF_HANDSHAKE_H
#define TASK_EXIT_PROOF_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "description.h"
#include "source.h"

/* Code of the kernel, and what takes its place in the litmus test. */
struct rule {
	char *code;
	char *is;
	char *plain; /* in place of @is, with the accesses as plain as in the source */
	char *end; /* what follows the statement after @code; NULL: nothing */
	char *otherwise; /* in place of @end if an else follows */
	bool optional;
	bool skips; /* the statement after @code */
	bool seen;
	struct source tokens;
};

struct thread {
	char *name;
	char *file; /* or several, the first that exists */
	char *in; /* lines "[FILE] FUNCTION": what it does, in this order */
	char *until; /* code where the last of these ends; NULL: at its end */
	char *follow; /* lines "[FILE] FUNCTION": calls that are replaced by the body */
	char *registers;
	char *begin, *finish; /* litmus code before and after */
	struct rule *rule;
	size_t nr_rules;
};

/* Code that a rule relies on, and that no thread visits. */
struct premise {
	char *file;
	char *in;
	char *code;
};

struct handshake {
	char *promise;
	char *refuted; /* what happens where the promise is broken */
	char *known; /* where this is recorded, if it is broken in current kernels */
	char *made_by; /* the barrier, lock or grace period that keeps the promise */
	char *applies; /* FILE CODE: only to trees that have this */
	char *with; /* WORD VALUE...: one litmus test for each value */
	char *start; /* the initial state */
	char *variables;
	char *locks;
	char *never; /* the condition that no execution may meet */
	struct thread *thread;
	size_t nr_threads;
	struct premise *premise;
	size_t nr_premises;
	char error[DESCRIPTION_ERROR_SIZE]; /* set if handshake_read() fails with -EINVAL */
};

/* Returns 0 or -errno. Call handshake_free() in either case. */
int handshake_read(struct handshake *handshake, FILE *from);

/* Returns the value of a key of the whole handshake, or NULL. */
const char *handshake_value(const struct handshake *handshake, const char *key);

void handshake_free(struct handshake *handshake);

#endif /* TASK_EXIT_PROOF_HANDSHAKE_H */
