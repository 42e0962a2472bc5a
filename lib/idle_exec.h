/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * idle_exec - a program to execute that sleeps until it is killed. The root file
 * system may have no other executable than this suite, so it is this executable
 * under another name.
 */
#ifndef TASK_EXIT_IDLE_EXEC_H
#define TASK_EXIT_IDLE_EXEC_H

#include <stdbool.h>
#include <sys/types.h>

/* Returns only if it fails. */
void exec_idle(void);

/* Returns whether @pid has completed exec_idle(). */
bool is_idle_exec(pid_t pid);

#endif /* TASK_EXIT_IDLE_EXEC_H */
