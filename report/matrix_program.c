// SPDX-License-Identifier: GPL-2.0-only
/*
 * task_exit_matrix - the results of many kernels side by side.
 *
 *	task_exit_matrix table|programs|html|json|junit|ktap DIR
 *
 * DIR is what vm/matrix has filled; see matrix.h.
 */
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "matrix.h"
#include "program.h"

static const struct {
	const char *name;
	void (*print)(const struct matrix *matrix);
} formats[] = {
	{ "table", matrix_print_table }, { "programs", matrix_print_programs },
	{ "html", matrix_print_html },	 { "json", matrix_print_json },
	{ "junit", matrix_print_junit }, { "ktap", matrix_print_ktap },
};

static int run_matrix(int argc, char **argv)
{
	struct matrix matrix;
	size_t i;

	for (i = 0; argc == 3 && i < ARRAY_SIZE(formats); i++) {
		if (strcmp(argv[1], formats[i].name))
			continue;
		if (matrix_read(&matrix, argv[2]))
			return 2;
		formats[i].print(&matrix);
		return 0;
	}
	fprintf(stderr,
		"task_exit_matrix: say task_exit_matrix table|programs|html|json|junit|ktap DIRECTORY\n");
	return 2;
}

static struct program this_program = {
	.name = "task_exit_matrix",
	.run = run_matrix,
	.only_reads = true,
};

static void __attribute__((constructor)) register_program(void)
{
	program_register(&this_program);
}
