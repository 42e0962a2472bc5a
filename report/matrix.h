/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * matrix - the results of many kernels side by side.
 *
 * It is a directory that vm/matrix fills: the file "kernels" names the columns,
 * oldest first, one "NAME" per line; NAME/results.ktap has what the suite said
 * there, NAME/release the kernel's full name, and NAME/lost the reason where the
 * kernel could not be had or did not boot. A column without either has still to
 * run. While vm/matrix runs, NAME/state says what it does with each, "waiting",
 * "fetching SINCE" or "running SINCE", in seconds since the epoch; what else is in a
 * column that does not run yet is an earlier run's.
 */
#ifndef TASK_EXIT_MATRIX_H
#define TASK_EXIT_MATRIX_H

#include "ktap.h"
#include "verdict.h"

struct matrix_column {
	char *name; /* as it was asked for: 6.18 */
	char *release; /* 6.18.15+deb13-cloud-amd64; "" if not known */
	char *lost; /* why there are no results; NULL if there are */
	char *state; /* of vm/matrix; NULL once it has done with this */
	struct ktap ktap;
	struct verdict verdict;
	const struct ktap_result **cell; /* by row; NULL where it did not run */
};

struct matrix {
	struct matrix_column *column;
	size_t nr_columns;
	const char **row; /* results' names */
	size_t nr_rows;
};

/* 0, or -errno having said why on stderr. */
int matrix_read(struct matrix *matrix, const char *dir);

/* Whether a fix is there that the last column before did not have. */
bool matrix_fix_arrives(const struct matrix *matrix, size_t column,
			enum fix_id id);

/* Whether a column differs in its fixes from the one before it. */
bool matrix_era_begins(const struct matrix *matrix, size_t column);

/* The columns that make one era with @column, from there on. */
size_t matrix_era_length(const struct matrix *matrix, size_t column);

void matrix_print_table(const struct matrix *matrix);
void matrix_print_programs(const struct matrix *matrix);
void matrix_print_ktap(const struct matrix *matrix);
void matrix_print_json(const struct matrix *matrix);
void matrix_print_junit(const struct matrix *matrix);
void matrix_print_html(const struct matrix *matrix);

#endif /* TASK_EXIT_MATRIX_H */
