/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_btf - the types of the running kernel.
 *
 * The BTF of the kernel has several megabytes, and libbpf searches it from the beginning
 * each time. So the BTF and the results are cached, and a program does its searches before
 * the harness forks for each test (see PRELOAD_SCHEDULER()).
 */
#ifndef TASK_EXIT_KERNEL_BTF_H
#define TASK_EXIT_KERNEL_BTF_H

#include <stdbool.h>

/* Returns whether a struct of the running kernel has a member. */
bool kernel_btf_member(const char *type, const char *name);

/* The value of an enumerator of the running kernel; -ENOENT if it has none. */
int kernel_btf_enum(const char *type, const char *name,
		    unsigned long long *value);

/* Returns whether an fentry program can attach to a function of the running kernel. */
bool kernel_btf_function(const char *name);

/* Reads the BTF, so that processes forked later do not. */
void kernel_btf_prepare(void);

#endif /* TASK_EXIT_KERNEL_BTF_H */
