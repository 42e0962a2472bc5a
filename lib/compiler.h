/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compiler - the kernel's names for compiler attributes, unless kselftest's headers
 * have defined them.
 */
#ifndef TASK_EXIT_COMPILER_H
#define TASK_EXIT_COMPILER_H

/* Identical to kselftest.h, which defines it unconditionally. */
#define __printf(a, b) __attribute__((format(printf, a, b)))

#ifndef __aligned
#define __aligned(bytes) __attribute__((aligned(bytes)))
#endif

#ifndef __noreturn
#define __noreturn __attribute__((__noreturn__))
#endif

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

#endif /* TASK_EXIT_COMPILER_H */
