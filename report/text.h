/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text - comparing text.
 */
#ifndef TASK_EXIT_REPORT_TEXT_H
#define TASK_EXIT_REPORT_TEXT_H

#include <stdbool.h>
#include <string.h>

static inline bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

#endif /* TASK_EXIT_REPORT_TEXT_H */
