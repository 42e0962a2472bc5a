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

/* The legend, and what chooses the rows and the columns to be seen. */
void print_legend(void);
void print_tools(const struct matrix *matrix);

/* A name that may be broken at its underscores, and nowhere else. */
void print_name(const char *name);

/* As a part of an address: the test and the kernel. */
void print_cell_address(const struct matrix_column *column,
			const struct ktap_result *result);

/* What a cell that has a result leads to. */
void print_explanation(const struct matrix_column *column,
		       const struct ktap_result *result);

/* The row of the head with the fixes that arrive, and the list of them all. */
void print_arrivals(const struct matrix *matrix);
void print_fixes(void);

/* Its id, which leads to the commit, and its title, which leads to the list. */
void print_fix(enum fix_id id);

#endif /* TASK_EXIT_MATRIX_HTML_H */
