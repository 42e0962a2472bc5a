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

static size_t longer(size_t width, const char *name)
{
	return strlen(name) > width ? strlen(name) : width;
}

static int name_width(const struct matrix *matrix)
{
	size_t i, width = 0;
	int verdict;

	for (verdict = 0; verdict < KTAP_NR_VERDICTS; verdict++)
		width = longer(width, ktap_verdict_name(verdict));
	for (i = 0; i < matrix->nr_rows; i++)
		width = longer(width, matrix->row[i]);
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

/* Why a column has no results, or not all. */
static void print_notes(const struct matrix_column *column)
{
	size_t i;

	if (column->lost)
		printf("%s: %s\n", column->name, column->lost);
	for (i = 0; i < column->ktap.complaints.nr; i++)
		printf("%s: %s\n", column->name,
		       column->ktap.complaints.line[i]);
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
					   looks[cell->verdict].colour,
					   colours);
			else
				print_cell("-", "90", colours);
		}
		printf("\n");
	}
	for (verdict = 0; verdict < KTAP_NR_VERDICTS; verdict++)
		print_counts(matrix, width, verdict);
	for (c = 0; c < matrix->nr_columns; c++)
		print_notes(&matrix->column[c]);
}

/* --- The same by program, few enough lines for a screen. ------------------- */

static size_t program_length(const char *row)
{
	return strcspn(row, ".");
}

static bool same_program(const char *row, const char *other)
{
	size_t len = program_length(row);

	return len == program_length(other) && !strncmp(row, other, len);
}

static const struct ktap_program *find_program(const struct ktap *ktap,
					       const char *row)
{
	size_t i, len = program_length(row);

	for (i = 0; i < ktap->nr_programs; i++)
		if (strlen(ktap->program[i].name) == len &&
		    !strncmp(ktap->program[i].name, row, len))
			return &ktap->program[i];
	return NULL;
}

/* What the rows from @first to @end make of a program on one kernel. */
static void print_program_cell(const struct matrix_column *column,
			       const char **rows, size_t first, size_t end,
			       bool colours)
{
	const struct ktap_program *program =
		find_program(&column->ktap, rows[first]);
	size_t i, counts[KTAP_NR_VERDICTS] = { 0 };
	enum ktap_verdict verdict = KTAP_PASS;
	char word[32];

	if (!program) {
		print_cell(column->lost ? "-" : "", "90", colours);
		return;
	}
	for (i = first; i < end; i++)
		if (column->cell[i])
			counts[column->cell[i]->verdict]++;
	if (counts[KTAP_FAIL] ||
	    (program->ended && program->verdict == KTAP_FAIL))
		verdict = KTAP_FAIL;
	else if (counts[KTAP_XFAIL])
		verdict = KTAP_XFAIL;
	else if (!counts[KTAP_PASS])
		verdict = KTAP_SKIP;
	if (!program->ended)
		snprintf(word, sizeof(word), "...");
	else if (counts[verdict] && verdict != KTAP_PASS &&
		 verdict != KTAP_SKIP)
		snprintf(word, sizeof(word), "%zu %s", counts[verdict],
			 looks[verdict].word);
	else
		snprintf(word, sizeof(word), "%s", looks[verdict].word);
	print_cell(word, looks[verdict].colour, colours);
}

void matrix_print_programs(const struct matrix *matrix)
{
	bool colours = isatty(1) && !getenv("NO_COLOR");
	size_t first, end, c;

	printf("%-20s", "");
	for (c = 0; c < matrix->nr_columns; c++)
		printf(" %-*s", CELL_WIDTH - 1, matrix->column[c].name);
	printf("\n");
	for (first = 0; first < matrix->nr_rows; first = end) {
		for (end = first; end < matrix->nr_rows; end++)
			if (!same_program(matrix->row[first], matrix->row[end]))
				break;
		printf("%-20.*s", (int)program_length(matrix->row[first]),
		       matrix->row[first]);
		for (c = 0; c < matrix->nr_columns; c++)
			print_program_cell(&matrix->column[c], matrix->row,
					   first, end, colours);
		printf("\n");
	}
}
