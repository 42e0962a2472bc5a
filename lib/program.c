// SPDX-License-Identifier: GPL-2.0-only
/*
 * program - picks the test program by the name that it was called with. See
 * program.h.
 */
#include <stdio.h>
#include <string.h>

#include "fixes.h"
#include "guard.h"
#include "program.h"

static struct program *programs;

void program_register(struct program *program)
{
	struct program **at = &programs;

	while (*at && strcmp((*at)->name, program->name) < 0)
		at = &(*at)->next;
	program->next = *at;
	*at = program;
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

static bool is_built(const char *name)
{
	return program_find(name) != NULL;
}

static void count_suite(size_t *nr_programs, size_t *nr_tests)
{
	struct program *program;
	size_t i;

	*nr_programs = *nr_tests = 0;
	for (program = programs; program; program = program->next)
		(*nr_programs)++;
	for (i = 0; i < nr_invariants; i++)
		*nr_tests += is_built(invariants[i].program);
}

void program_print_suite(void)
{
	size_t nr_programs, nr_tests;

	count_suite(&nr_programs, &nr_tests);
	printf("# suite: %zu programs, %zu tests\n", nr_programs, nr_tests);
}

static void list_tests(void)
{
	size_t i;
	int n;

	for (i = 0; i < nr_invariants; i++) {
		const struct invariant *inv = &invariants[i];

		if (!is_built(inv->program))
			continue;
		printf("%s.%s\t", inv->program, inv->test);
		for (n = 0; n < INVARIANT_MAX_FIXES && inv->fixes[n]; n++)
			printf("%s%s%s", n ? "," : "", fix_name(inv->fixes[n]),
			       inv->one_sided ? "?" : "");
		printf("\t%s\n", inv->text);
	}
}

/* -l and -h only print: they need no root and no cgroup. */
static int only_prints(int argc, char **argv)
{
	return argc > 1 && (!strcmp(argv[1], "-l") || !strcmp(argv[1], "-h"));
}

int main(int argc, char **argv)
{
	struct program *program = program_find(argv[0]);

	if (!program && argc == 2 && !strcmp(argv[1], "--list")) {
		list_tests();
		return 0;
	}
	if (!program && argc > 1) {
		program = program_find(argv[1]);
		argc--;
		argv++;
	}
	if (program && only_prints(argc, argv))
		return program->run(argc, argv);
	if (program)
		return guard_run(program->run, argc, argv);

	fprintf(stderr, "task_exit: which test program? Call me as one of");
	for (program = programs; program; program = program->next)
		fprintf(stderr, " %s", program->name);
	fprintf(stderr, "\n");
	return 2;
}
