/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * idle_exec - something to execute. A root file system may have nothing but this
 * suite: so it is this executable, under another name, and does nothing until
 * it is killed.
 */
#ifndef TASK_EXIT_IDLE_EXEC_H
#define TASK_EXIT_IDLE_EXEC_H

#include <stdbool.h>
#include <sys/types.h>

/* As execl(3): returns only if it fails. */
void exec_idle(void);

/* Whether a process has come so far that it is one. */
bool is_idle_exec(pid_t pid);

#endif /* TASK_EXIT_IDLE_EXEC_H */
