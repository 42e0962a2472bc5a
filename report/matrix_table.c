// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix_table - tests x kernels, for a terminal.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "matrix.h"

#define CELL_WIDTH 8

struct look {
	const char *word, *colour;
};

static const struct look looks[KTAP_NR_VERDICTS] = {
	[KTAP_PASS] = { "ok", "32" },
	[KTAP_FAIL] = { "FAIL", "31;1" },
	[KTAP_SKIP] = { "skip", "33" },
	[KTAP_XFAIL] = { "xfail", "36" },
};

static void print_cell(const char *word, const char *colour, bool colours)
{
	if (colours)
		printf(" \033[%sm%-*s\033[m", colour, CELL_WIDTH - 1, word);
	else
		printf(" %-*s", CELL_WIDTH - 1, word);
}

static int name_width(const struct matrix *matrix)
{
	size_t i, width = 4;

	for (i = 0; i < matrix->nr_rows; i++)
		if (strlen(matrix->row[i]) > width)
			width = strlen(matrix->row[i]);
	return width;
}

static void print_counts(const struct matrix *matrix, int width,
			 enum ktap_verdict verdict)
{
	size_t c;

	printf("%-*s", width, ktap_verdict_name(verdict));
	for (c = 0; c < matrix->nr_columns; c++) {
		if (matrix->column[c].lost)
			printf(" %-*s", CELL_WIDTH - 1, "-");
		else
			printf(" %-*zu", CELL_WIDTH - 1,
			       ktap_count(&matrix->column[c].ktap, verdict));
	}
	printf("\n");
}

void matrix_print_table(const struct matrix *matrix)
{
	bool colours = isatty(1) && !getenv("NO_COLOR");
	int verdict, width = name_width(matrix);
	size_t row, c;

	printf("%-*s", width, "");
	for (c = 0; c < matrix->nr_columns; c++)
		printf(" %-*s", CELL_WIDTH - 1, matrix->column[c].name);
	printf("\n");
	for (row = 0; row < matrix->nr_rows; row++) {
		printf("%-*s", width, matrix->row[row]);
		for (c = 0; c < matrix->nr_columns; c++) {
			const struct ktap_result *cell =
				matrix->column[c].cell[row];

			if (cell)
				print_cell(looks[cell->verdict].word,
					   looks[cell->verdict].colour, colours);
			else
				print_cell("-", "90", colours);
		}
		printf("\n");
	}
	for (verdict = 0; verdict < KTAP_NR_VERDICTS; verdict++)
		print_counts(matrix, width, verdict);
	for (c = 0; c < matrix->nr_columns; c++)
		if (matrix->column[c].lost)
			printf("%s: %s\n", matrix->column[c].name,
			       matrix->column[c].lost);
}
