/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disposable - whether a test may do to this machine what cannot be undone, or
 * what others on it would notice. DISPOSABLE_MACHINE=1 in the environment says so.
 */
#ifndef TASK_EXIT_DISPOSABLE_H
#define TASK_EXIT_DISPOSABLE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool machine_is_disposable(void)
{
	const char *value = getenv("DISPOSABLE_MACHINE");

	return value && !strcmp(value, "1");
}

#endif /* TASK_EXIT_DISPOSABLE_H */
