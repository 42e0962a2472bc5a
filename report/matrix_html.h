/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * matrix_html - the parts of the page. See matrix_html.c.
 */
#ifndef TASK_EXIT_MATRIX_HTML_H
#define TASK_EXIT_MATRIX_HTML_H

#include "matrix.h"

struct look {
	const char *class, *sign, *word;
	const char *meaning; /* for the legend */
};

extern const struct look cell_looks[KTAP_NR_VERDICTS];

extern const char matrix_style[];
extern const char matrix_script[];

/* The legend, and the tools that choose rows and columns. */
void print_legend(void);
void print_tools(const struct matrix *matrix);

/* A name with line breaks allowed at its underscores only. */
void print_name(const char *name);

/* "TEST@KERNEL", as part of an address. */
void print_cell_address(const struct matrix_column *column,
			const struct ktap_result *result);

/* The panel of a cell. */
void print_explanation(const struct matrix_column *column,
		       const struct ktap_result *result);

/* The state of each fix on each kernel. */
extern const struct look fix_looks[];
extern const size_t nr_fix_looks;
void print_fix_tables(const struct matrix *matrix);

/* The list of all fixes. */
void print_fixes(void);

/* The start of a table with a column for each kernel; @what heads the rows. */
void print_table_head(const struct matrix *matrix, const char *what);

/* The id, with a link to the commit, and the title, with a link to the list. */
void print_fix(enum fix_id id);

#endif /* TASK_EXIT_MATRIX_HTML_H */
