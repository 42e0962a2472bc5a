/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program - one executable with many test programs in it.
 *
 * A static program that loads BPF contains libbpf, libelf and libc; two dozen of
 * them would be 30 MB of the same code. So all test programs are links to one
 * executable, task_exit, which runs the program that it is called as.
 */
#ifndef TASK_EXIT_PROGRAM_H
#define TASK_EXIT_PROGRAM_H

#include "test_run.h"

struct program {
	const char *name;
	int (*run)(int argc, char **argv);
	void (*prepare)(void); /* once, before the harness forks for each test */
	bool is_command; /* no test program: it reads its options before guard_run() */
	struct program *next;
};

/* Constructors in each test program call these before main(). */
void program_register(struct program *program);
void test_case_register(struct test_case *test_case);

/* Prints how many programs and tests this executable has. */
void print_suite(void);

#endif /* TASK_EXIT_PROGRAM_H */
