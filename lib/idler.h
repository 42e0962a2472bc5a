/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * idler - something to execute. A root file system may have nothing but this
 * suite: so it is this executable, under another name, and does nothing until
 * it is killed.
 */
#ifndef TASK_EXIT_IDLER_H
#define TASK_EXIT_IDLER_H

#include <stdbool.h>
#include <sys/types.h>

/* As execl(3): returns only if it fails. */
void idler_exec(void);

/* Whether a process has come so far that it is one. */
bool idler_is(pid_t pid);

#endif /* TASK_EXIT_IDLER_H */
