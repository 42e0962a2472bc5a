// SPDX-License-Identifier: GPL-2.0-only
/*
 * program - runs the test program that the executable is called as. See
 * program.h.
 */
#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "program.h"

static struct program *programs;
static struct test_case *test_cases;

void program_register(struct program *program)
{
	struct program **at = &programs;

	while (*at && strcmp((*at)->name, program->name) < 0)
		at = &(*at)->next;
	program->next = *at;
	*at = program;
}

static int compare(const struct test_case *a, const struct test_case *b)
{
	return strcmp(a->program, b->program) ?: strcmp(a->name, b->name);
}

void test_case_register(struct test_case *test_case)
{
	struct test_case **at = &test_cases;

	while (*at && compare(*at, test_case) < 0)
		at = &(*at)->next;
	test_case->next = *at;
	*at = test_case;
}

void print_suite(void)
{
	const struct test_case *test_case;
	const struct program *program;
	int nr_programs = 0, nr_tests = 0;

	for (program = programs; program; program = program->next)
		nr_programs += !program->is_command;
	for (test_case = test_cases; test_case; test_case = test_case->next)
		nr_tests++;
	printf("# suite: %d programs, %d tests\n", nr_programs, nr_tests);
}

/* PROGRAM.TEST, the fixes that it guards, and its invariant, divided by tabs. */
static int list_tests(void)
{
	const struct test_case *test_case;
	const struct guarded_fix *fix;

	for (test_case = test_cases; test_case; test_case = test_case->next) {
		printf("%s.%s\t", test_case->program, test_case->name);
		for (fix = test_case->fixes;
		     fix < test_case->fixes + TEST_CASE_MAX_FIXES && fix->id;
		     fix++)
			printf("%s%s%s", fix == test_case->fixes ? "" : ",",
			       fix_name(fix->id), fix->failure_only ? "?" : "");
		printf("\t%s\n", test_case->invariant);
	}
	return ferror(stdout) || fflush(stdout) ? 2 : 0;
}

static struct program *program_find(const char *name)
{
	const char *slash = strrchr(name, '/');
	struct program *program;

	name = slash ? slash + 1 : name;
	for (program = programs; program; program = program->next)
		if (!strcmp(program->name, name))
			return program;
	return NULL;
}

/* -l and -h only print: they need no root and no cgroup. */
static int only_prints(int argc, char **argv)
{
	return argc > 1 && (!strcmp(argv[1], "-l") || !strcmp(argv[1], "-h"));
}

int main(int argc, char **argv)
{
	struct program *program = program_find(argv[0]);

	if (!program && argc == 2 && !strcmp(argv[1], "--list"))
		return list_tests();
	if (!program && argc > 1) {
		program = program_find(argv[1]);
		argc--;
		argv++;
	}
	if (program)
		return program->is_command || only_prints(argc, argv) ?
			       program->run(argc, argv) :
			       guard_run(program->run, argc, argv);

	fprintf(stderr, "task_exit: name a test program, or --list the tests:");
	for (program = programs; program; program = program->next)
		fprintf(stderr, " %s", program->name);
	fprintf(stderr, "\n");
	return 2;
}
