/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compiler - the kernel's short names for what the compiler offers, where the
 * headers of kselftest have not defined them already.
 */
#ifndef TASK_EXIT_COMPILER_H
#define TASK_EXIT_COMPILER_H

/* To the letter as in kselftest.h, which defines it whatever was before. */
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
