/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * claimed - what the changelog claims of a kernel beside what the kernel does.
 */
#ifndef TASK_EXIT_CLAIMED_H
#define TASK_EXIT_CLAIMED_H

#include "claims.h"
#include "verdict.h"

enum conflict {
	CONFLICT_NONE,
	CONFLICT_MISSING, /* claimed, and not there */
	CONFLICT_UNCLAIMED, /* there, and not claimed */
};

/* @version is the kernel's, or "" where it is not known. */
enum conflict claimed_conflict(const struct claims *claims,
			       const struct verdict *verdict,
			       const char *version, enum fix_id id);

/* The conflicts, if there are any, each with what was seen. */
void claimed_print_conflicts(const struct claims *claims,
			     const struct verdict *verdict,
			     const struct ktap *ktap, const char *version);

/* Of every fix what is claimed and what is so. */
void claimed_print_table(const struct claims *claims,
			 const struct verdict *verdict, const char *version);

/* How many conflicts of a kind there are. */
size_t claimed_count(const struct claims *claims, const struct verdict *verdict,
		     const char *version, enum conflict conflict);

#endif /* TASK_EXIT_CLAIMED_H */
