/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reason - why a test cannot run, in one line: what is missing and, if known, how
 * to get it.
 */
#ifndef TASK_EXIT_REASON_H
#define TASK_EXIT_REASON_H

#include <stdarg.h>
#include <stdio.h>

#include "compiler.h"

struct reason {
	char text[320];
};

/* @reason is NULL if the caller does not need it. */
static inline __printf(2, 3) void reason_set(struct reason *reason,
					     const char *fmt, ...)
{
	va_list args;

	if (!reason)
		return;
	va_start(args, fmt);
	vsnprintf(reason->text, sizeof(reason->text), fmt, args);
	va_end(args);
}

#endif /* TASK_EXIT_REASON_H */
