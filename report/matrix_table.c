// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix_table - tests x kernels, for a terminal.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "matrix.h"
#include "text.h"

#define CELL_WIDTH 7
#define STATUS_SIZE 40

struct look {
	const char *word, *colour;
};

static const struct look looks[KTAP_NR_VERDICTS] = {
	[KTAP_PASS] = { "ok", "32" },
	[KTAP_FAIL] = { "FAIL", "31;1" },
	[KTAP_SKIP] = { "skip", "33" },
	[KTAP_XFAIL] = { "xfail", "36" },
};

static bool in_colours(void)
{
	return (isatty(1) || getenv("CLICOLOR_FORCE")) && !getenv("NO_COLOR");
}

/* @colour may be NULL. */
static void print_cell(const char *word, const char *colour, int width)
{
	if (colour && in_colours())
		printf(" \033[%sm%-*s\033[m", colour, width, word);
	else
		printf(" %-*s", width, word);
}

static size_t longer(size_t width, const char *name)
{
	return strlen(name) > width ? strlen(name) : width;
}

static size_t programs_ended(const struct ktap *ktap)
{
	size_t i, ended = 0;

	for (i = 0; i < ktap->nr_programs; i++)
		ended += ktap->program[i].ended;
	return ended;
}

/* The current step of vm/matrix: "booting, 12 s"; "" if the kernel is finished. */
static const char *column_status(const struct matrix_column *column,
				 char status[STATUS_SIZE])
{
	const char *since = column->state ? strchr(column->state, ' ') : NULL;
	const struct ktap *ktap = &column->ktap;
	const char *doing = "booting";

	if (!column->state)
		return column->lost ? "lost" : "";
	if (!since)
		return "waiting";
	if (begins(column->state, "fetching"))
		doing = "fetching";
	else if (ktap->planned > 0)
		doing = NULL;
	if (doing)
		snprintf(status, STATUS_SIZE, "%s, %ld s", doing,
			 (long)time(NULL) - strtol(since, NULL, 10));
	else
		snprintf(status, STATUS_SIZE, "running %zu/%d",
			 programs_ended(ktap), ktap->planned);
	return status;
}

static int cell_width(const struct matrix_column *column)
{
	char status[STATUS_SIZE];
	size_t width = longer(CELL_WIDTH, column->name);

	return longer(width, column_status(column, status));
}

static void print_names(const struct matrix *matrix)
{
	size_t c;

	for (c = 0; c < matrix->nr_columns; c++)
		print_cell(matrix->column[c].name, NULL,
			   cell_width(&matrix->column[c]));
	printf("\n");
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
	char count[STATUS_SIZE];
	size_t c;

	printf("%-*s", width, ktap_verdict_name(verdict));
	for (c = 0; c < matrix->nr_columns; c++) {
		const struct matrix_column *column = &matrix->column[c];

		snprintf(count, sizeof(count), "%zu",
			 ktap_count(&column->ktap, verdict));
		print_cell(column->lost ? "-" : count, NULL,
			   cell_width(column));
	}
	printf("\n");
}

/* The reason why a column has no results, or not all. */
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
	int verdict, width = name_width(matrix);
	size_t row, c;

	printf("%-*s", width, "");
	print_names(matrix);
	for (row = 0; row < matrix->nr_rows; row++) {
		printf("%-*s", width, matrix->row[row]);
		for (c = 0; c < matrix->nr_columns; c++) {
			const struct matrix_column *column = &matrix->column[c];
			const struct ktap_result *cell = column->cell[row];

			print_cell(cell ? looks[cell->verdict].word : "-",
				   cell ? looks[cell->verdict].colour : "90",
				   cell_width(column));
		}
		printf("\n");
	}
	for (verdict = 0; verdict < KTAP_NR_VERDICTS; verdict++)
		print_counts(matrix, width, verdict);
	for (c = 0; c < matrix->nr_columns; c++)
		print_notes(&matrix->column[c]);
}

/* --- One line per program, which fits a screen. ---------------------------- */

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

/* The verdict of a program, which has the rows from @first to @end. */
static void print_program_cell(const struct matrix_column *column,
			       const char **rows, size_t first, size_t end)
{
	const struct ktap_program *program =
		find_program(&column->ktap, rows[first]);
	size_t i, counts[KTAP_NR_VERDICTS] = { 0 };
	enum ktap_verdict verdict = KTAP_PASS;
	int width = cell_width(column);
	char word[32];

	if (!program) {
		print_cell(column->lost ? "-" : "", "90", width);
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
	print_cell(word, looks[verdict].colour, width);
}

static void print_statuses(const struct matrix *matrix)
{
	char status[STATUS_SIZE];
	size_t c;

	for (c = 0; c < matrix->nr_columns; c++)
		print_cell(column_status(&matrix->column[c], status), "90",
			   cell_width(&matrix->column[c]));
	printf("\n");
}

/* The first row of the next program. */
static size_t program_end(const struct matrix *matrix, size_t first)
{
	size_t end = first + 1;

	while (end < matrix->nr_rows &&
	       same_program(matrix->row[first], matrix->row[end]))
		end++;
	return end;
}

static void print_programs(const struct matrix *matrix, int width)
{
	size_t first, end, c;

	printf("%-*s", width, "");
	print_names(matrix);
	printf("%-*s", width, "");
	print_statuses(matrix);
	for (first = 0; first < matrix->nr_rows; first = end) {
		end = program_end(matrix, first);
		printf("%-*.*s", width, (int)program_length(matrix->row[first]),
		       matrix->row[first]);
		for (c = 0; c < matrix->nr_columns; c++)
			print_program_cell(&matrix->column[c], matrix->row,
					   first, end);
		printf("\n");
	}
}

static void print_counts_to(FILE *to, const struct ktap *ktap)
{
	int verdict;

	for (verdict = 0; verdict < KTAP_NR_VERDICTS; verdict++)
		fprintf(to, "%s%zu %s", verdict ? ", " : "",
			ktap_count(ktap, verdict), ktap_verdict_name(verdict));
}

/* One line: the current step, and the counts or the reason why there are none. */
static void print_kernel(const struct matrix_column *column, size_t width,
			 size_t columns)
{
	char status[STATUS_SIZE], *line = NULL;
	const char *says = column_status(column, status);
	size_t size;
	FILE *to = open_memstream(&line, &size);

	if (!to)
		return;
	fprintf(to, "%-*s %s", (int)width, column->name, says);
	if (column->ktap.nr_results) {
		fprintf(to, "%s", *says ? ": " : "");
		print_counts_to(to, &column->ktap);
	} else if (column->lost && !column->state) {
		fprintf(to, ": %s", column->lost);
	}
	if (!fclose(to))
		printf("%.*s\n", (int)columns - 1, line);
	free(line);
}

static void print_kernels(const struct matrix *matrix, size_t columns)
{
	size_t c, width = 0;

	for (c = 0; c < matrix->nr_columns; c++)
		width = longer(width, matrix->column[c].name);
	for (c = 0; c < matrix->nr_columns; c++)
		print_kernel(&matrix->column[c], width, columns);
}

/* The size of the terminal; assume a large one if it is not set. */
static size_t room(const char *variable)
{
	const char *value = getenv(variable);

	return value && atoi(value) > 1 ? atoi(value) : 250;
}

/* One line per program if that fits the terminal, else one per kernel. */
void matrix_print_programs(const struct matrix *matrix)
{
	size_t first, c, lines = 2, width = 0, total;

	for (first = 0; first < matrix->nr_rows;
	     first = program_end(matrix, first)) {
		lines++;
		if (program_length(matrix->row[first]) > width)
			width = program_length(matrix->row[first]);
	}
	total = width;
	for (c = 0; c < matrix->nr_columns; c++)
		total += 1 + cell_width(&matrix->column[c]);
	if (total < room("COLUMNS") && lines < room("LINES"))
		print_programs(matrix, width);
	else
		print_kernels(matrix, room("COLUMNS"));
}
