/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * claimed - compares the claims of a changelog with the verdict.
 */
#ifndef TASK_EXIT_CLAIMED_H
#define TASK_EXIT_CLAIMED_H

#include "claims.h"
#include "verdict.h"

enum conflict {
	CONFLICT_NONE,
	CONFLICT_MISSING, /* claimed and missing */
	CONFLICT_UNCLAIMED, /* present and not claimed */
};

/* @version is the kernel's, or "" if it is unknown. */
enum conflict claimed_conflict(const struct claims *claims,
			       const struct verdict *verdict,
			       const char *version, enum fix_id id);

/* The conflicts, if there are any, each with a result that shows it. */
void claimed_print_conflicts(const struct claims *claims,
			     const struct verdict *verdict,
			     const struct ktap *ktap, const char *version);

/* The claim and the state of each fix. */
void claimed_print_table(const struct claims *claims,
			 const struct verdict *verdict, const char *version);

/* The number of conflicts of one kind. */
size_t claimed_count(const struct claims *claims, const struct verdict *verdict,
		     const char *version, enum conflict conflict);

#endif /* TASK_EXIT_CLAIMED_H */
