/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * presumed - fixes that no test can judge on this kernel: what its version and its
 * changelog say about them.
 */
#ifndef TASK_EXIT_PRESUMED_H
#define TASK_EXIT_PRESUMED_H

#include "claims.h"
#include "verdict.h"

/* @claims is NULL where there is no changelog, @version where the release is unknown. */
void presume_untested(struct verdict *verdict, const struct claims *claims,
		      const char *version);

#endif /* TASK_EXIT_PRESUMED_H */
