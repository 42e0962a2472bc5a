/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * matrix - the results of many kernels side by side.
 *
 * vm/matrix fills a directory. The file "kernels" names the columns, oldest first, one
 * NAME per line. NAME/results.ktap has the results, NAME/release the kernel's full
 * name, and NAME/lost the reason if the kernel could not be fetched or booted. A column
 * with neither results nor a reason has not run yet. While vm/matrix runs, NAME/state
 * is "waiting", "fetching SINCE" or "running SINCE", in seconds since the epoch; other
 * files of a column that is not running are from an earlier run.
 */
#ifndef TASK_EXIT_MATRIX_H
#define TASK_EXIT_MATRIX_H

#include "ktap.h"
#include "verdict.h"

struct matrix_column {
	char *name; /* as the user wrote it: 6.18 */
	char *release; /* 6.18.15+deb13-cloud-amd64; "" if not known */
	char *lost; /* why there are no results; NULL if there are */
	char *state; /* NULL when vm/matrix has finished it */
	struct ktap ktap;
	struct verdict verdict;
	const struct ktap_result **cell; /* by row; NULL: no result */
};

struct matrix {
	struct matrix_column *column;
	size_t nr_columns;
	const char **row; /* results' names */
	size_t nr_rows;
};

/* 0, or -errno with a message on stderr. */
int matrix_read(struct matrix *matrix, const char *dir);

void matrix_print_table(const struct matrix *matrix);
void matrix_print_programs(const struct matrix *matrix);
void matrix_print_ktap(const struct matrix *matrix);
void matrix_print_json(const struct matrix *matrix);
void matrix_print_junit(const struct matrix *matrix);
void matrix_print_html(const struct matrix *matrix);

#endif /* TASK_EXIT_MATRIX_H */
