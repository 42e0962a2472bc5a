/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reason - why a stage could not be set, in one line for the one who reads a
 * skip. It says what is missing and, where that is known, what to do.
 */
#ifndef TASK_EXIT_REASON_H
#define TASK_EXIT_REASON_H

#include <stdarg.h>
#include <stdio.h>

#include "compiler.h"

struct reason {
	char text[320];
};

static inline __printf(2, 3) void reason_set(struct reason *reason,
					     const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason->text, sizeof(reason->text), fmt, args);
	va_end(args);
}

#endif /* TASK_EXIT_REASON_H */
