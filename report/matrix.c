// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix - the results of many kernels side by side. See matrix.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "matrix.h"
#include "presumed.h"
#include "report.h"
#include "text.h"

/* The first line of DIR/NAME/FILE, or of DIR/FILE; NULL if there is none. */
static char *first_line(const char *dir, const char *name, const char *file)
{
	char *path, *line = NULL;
	size_t size = 0;
	FILE *from;

	if (asprintf(&path, "%s/%s/%s", dir, name, file) < 0)
		return NULL;
	from = fopen(path, "r");
	free(path);
	if (!from)
		return NULL;
	if (getline(&line, &size, from) < 0) {
		free(line);
		line = NULL;
	} else {
		line[strcspn(line, "\n")] = '\0';
	}
	fclose(from);
	return line;
}

static int read_column(struct matrix_column *column, const char *dir,
		       const char *name)
{
	char *path;
	FILE *from;
	int err;

	memset(column, 0, sizeof(*column));
	column->name = strdup(name);
	column->release = first_line(dir, name, "release") ?: strdup("");
	column->state = first_line(dir, name, "state");
	if (column->state && !begins(column->state, "running"))
		column->lost = strdup("has not run yet");
	else
		column->lost = first_line(dir, name, "lost");
	if (!column->name || !column->release ||
	    asprintf(&path, "%s/%s/results.ktap", dir, name) < 0)
		return -ENOMEM;
	from = column->lost ? NULL : fopen(path, "r");
	free(path);
	if (!from) {
		if (!column->lost)
			column->lost = strdup("has not run yet");
		return column->lost ? 0 : -ENOMEM;
	}
	err = ktap_read(&column->ktap, from);
	fclose(from);
	if (err)
		return err;
	verdict_reach(&column->verdict, &column->ktap);
	if (*column->release)
		presume_untested(&column->verdict, NULL, column->release);
	return err;
}

static int read_columns(struct matrix *matrix, const char *dir, FILE *kernels)
{
	size_t size = 0;
	char *line = NULL;
	void *bigger;
	int err = 0;

	while (!err && getline(&line, &size, kernels) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line)
			continue;
		bigger = reallocarray(matrix->column, matrix->nr_columns + 1,
				      sizeof(*matrix->column));
		if (!bigger) {
			err = -ENOMEM;
			break;
		}
		matrix->column = bigger;
		err = read_column(&matrix->column[matrix->nr_columns++], dir,
				  line);
	}
	free(line);
	return err;
}

struct row {
	const char *name;
	const char *program;
	size_t seen; /* its place in the order of results */
};

/* By program; within a program, in the order of the newest kernel. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *one = a, *other = b;
	int order = strcmp(one->program, other->program);

	if (order)
		return order;
	return (one->seen > other->seen) - (one->seen < other->seen);
}

static bool row_is_known(const struct row *rows, size_t nr, const char *name)
{
	while (nr--)
		if (!strcmp(rows[nr].name, name))
			return true;
	return false;
}

static int make_rows(struct matrix *matrix)
{
	struct row *rows;
	size_t i, c, nr = 0, max = 1;

	for (c = 0; c < matrix->nr_columns; c++)
		max += matrix->column[c].ktap.nr_results;
	rows = calloc(max, sizeof(*rows));
	matrix->row = calloc(max, sizeof(*matrix->row));
	if (!rows || !matrix->row) {
		free(rows);
		return -ENOMEM;
	}
	for (c = matrix->nr_columns; c-- > 0;) {
		const struct ktap *ktap = &matrix->column[c].ktap;

		for (i = 0; i < ktap->nr_results; i++) {
			const struct ktap_result *result = &ktap->result[i];

			if (row_is_known(rows, nr, result->name))
				continue;
			rows[nr].name = result->name;
			rows[nr].program = result->program;
			rows[nr].seen = nr;
			nr++;
		}
	}
	qsort(rows, nr, sizeof(*rows), compare_rows);
	for (i = 0; i < nr; i++)
		matrix->row[i] = rows[i].name;
	matrix->nr_rows = nr;
	free(rows);
	return 0;
}

static int make_cells(struct matrix *matrix, struct matrix_column *column)
{
	size_t i, row;

	column->cell =
		calloc(matrix->nr_rows + 1, sizeof(struct ktap_result *));
	if (!column->cell)
		return -ENOMEM;
	for (i = 0; i < column->ktap.nr_results; i++)
		for (row = 0; row < matrix->nr_rows; row++)
			if (!strcmp(matrix->row[row],
				    column->ktap.result[i].name))
				column->cell[row] = &column->ktap.result[i];
	return 0;
}

int matrix_read(struct matrix *matrix, const char *dir)
{
	FILE *kernels;
	char *path;
	size_t c;
	int err;

	memset(matrix, 0, sizeof(*matrix));
	if (asprintf(&path, "%s/kernels", dir) < 0)
		return -ENOMEM;
	kernels = fopen(path, "r");
	if (!kernels) {
		err = -errno;
		fprintf(stderr, "task_exit-report: cannot read %s: %s\n", path,
			strerror(-err));
		free(path);
		return err;
	}
	free(path);
	err = read_columns(matrix, dir, kernels);
	fclose(kernels);
	if (!err && !matrix->nr_columns) {
		fprintf(stderr,
			"task_exit-report: %s/kernels names no kernel\n", dir);
		return -ENODATA;
	}
	err = err ?: make_rows(matrix);
	for (c = 0; !err && c < matrix->nr_columns; c++)
		err = make_cells(matrix, &matrix->column[c]);
	if (err)
		fprintf(stderr, "task_exit-report: %s\n", strerror(-err));
	return err;
}

int matrix_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(const struct matrix *matrix);
	} formats[] = {
		{ "table", matrix_print_table },
		{ "programs", matrix_print_programs },
		{ "html", matrix_print_html },
		{ "json", matrix_print_json },
		{ "junit", matrix_print_junit },
		{ "ktap", matrix_print_ktap },
	};
	struct matrix matrix;
	size_t i;

	for (i = 0; argc == 3 && i < ARRAY_SIZE(formats); i++) {
		if (strcmp(argv[1], formats[i].name))
			continue;
		if (matrix_read(&matrix, argv[2]))
			return STATUS_INCOMPLETE;
		formats[i].print(&matrix);
		return 0;
	}
	fprintf(stderr,
		"task_exit-report: say task_exit-report matrix table|programs|html|json|junit|ktap DIRECTORY\n");
	return STATUS_INCOMPLETE;
}
