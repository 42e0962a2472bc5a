/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disposable - whether a test may disturb other users of this machine.
 */
#ifndef TASK_EXIT_DISPOSABLE_H
#define TASK_EXIT_DISPOSABLE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool machine_is_disposable(void)
{
	const char *disposable = getenv("DISPOSABLE_MACHINE");

	return disposable && !strcmp(disposable, "1");
}

#endif /* TASK_EXIT_DISPOSABLE_H */
