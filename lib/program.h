/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program - one executable, many test programs.
 *
 * A static program that loads BPF carries its own libbpf, libelf and libc; two
 * dozen of them would be 30 MB of the same code. So all test programs are one
 * executable under several names, the way busybox does it.
 */
#ifndef TASK_EXIT_PROGRAM_H
#define TASK_EXIT_PROGRAM_H

struct program {
	const char *name;
	int (*run)(int argc, char **argv);
	struct program *next;
};

/* Called by a constructor of every test program, before main(). */
void program_register(struct program *program);

/* "# suite: 38 programs, 225 tests": how many this build has. */
void program_print_suite(void);

#endif /* TASK_EXIT_PROGRAM_H */
