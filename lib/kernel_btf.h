/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_btf - what types the running kernel has.
 *
 * Its BTF is some megabytes and a name is looked for from its beginning: so both
 * are remembered, and what a test program needs is asked before the harness forks
 * a process for each test (see SCHEDULER_PROGRAM()).
 */
#ifndef TASK_EXIT_KERNEL_BTF_H
#define TASK_EXIT_KERNEL_BTF_H

#include <stdbool.h>

/* Whether a struct of the running kernel has a member. */
bool kernel_btf_member(const char *type, const char *name);

/* The value of an enumerator of the running kernel; -ENOENT if it has none. */
int kernel_btf_enum(const char *type, const char *name,
		    unsigned long long *value);

/* Whether a function of the running kernel can be named by an fentry program. */
bool kernel_btf_function(const char *name);

/* Reads it, so that processes forked after this need not. */
void kernel_btf_prepare(void);

#endif /* TASK_EXIT_KERNEL_BTF_H */
