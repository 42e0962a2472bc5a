// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix_html - tests x kernels, as one page without other files.
 *
 * A cell is a link to itself and contains its explanation, which the stylesheet shows
 * as a panel while the cell is the target of the page's address. So a cell opens by
 * mouse, finger or keyboard without a script. The address names the test and the
 * kernel: opening it scrolls to the cell and shows the panel.
 */
#include <string.h>

#include "escape.h"
#include "drawing.h"
#include "matrix_html.h"

/* Of a kernel's name in the head of a table. */
#define MIN_COLUMN_CHARS 6
#define MAX_COLUMN_CHARS 24

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<title>task_exit: fixes and tests by kernels</title>\n";

void print_name(const char *name)
{
	char part[2] = "";

	for (; *name; name++) {
		part[0] = *name;
		print_markup(part);
		if (*name == '_')
			printf("<wbr>");
	}
}

/* --- The head. ------------------------------------------------------------ */

void print_table_head(const struct matrix *matrix, const char *what)
{
	size_t c;

	printf("<table>\n<colgroup><col class=\"names\"><col span=\"%zu\"></colgroup>\n",
	       matrix->nr_columns);
	printf("<thead><tr class=\"kernels\"><th scope=\"col\">%s</th>", what);
	for (c = 0; c < matrix->nr_columns; c++) {
		const struct matrix_column *column = &matrix->column[c];

		printf("<th scope=\"col\"%s title=\"",
		       column->lost ? " class=\"lost\"" : "");
		print_markup(column->lost ?: column->release);
		printf("\"><a href=\"#kernel:");
		print_address(column->name);
		printf("\">");
		print_name(column->name);
		printf("</a></th>");
	}
	printf("</tr></thead>\n");
}

/* --- The grid. ------------------------------------------------------------ */

static bool row_fails(const struct matrix *matrix, size_t row)
{
	const struct ktap_result *cell;
	size_t c;

	for (c = 0; c < matrix->nr_columns; c++) {
		cell = matrix->column[c].cell[row];
		if (cell && cell->verdict == KTAP_FAIL)
			return true;
	}
	return false;
}

/*
 * A test without a result may have crashed the kernel: that differs from a pass. A lost
 * kernel has no verdicts to compare.
 */
static bool row_differs(const struct matrix *matrix, size_t row)
{
	int verdict, first = -1;
	size_t c;

	for (c = 0; c < matrix->nr_columns; c++) {
		const struct matrix_column *column = &matrix->column[c];

		if (column->lost)
			continue;
		verdict = column->cell[row] ? column->cell[row]->verdict :
					      KTAP_NR_VERDICTS;
		if (first >= 0 && verdict != first)
			return true;
		first = verdict;
	}
	return false;
}

static void print_cell(const struct matrix_column *column,
		       const struct ktap_result *cell)
{
	const struct look *look;

	if (column->lost) {
		printf("<td class=\"lost\" aria-label=\"kernel lost\"></td>");
		return;
	}
	if (!cell) {
		printf("<td class=\"none\" aria-label=\"no result\">?</td>");
		return;
	}
	look = &cell_looks[cell->verdict];
	printf("<td class=\"%s\" id=\"", look->class);
	print_cell_address(column, cell);
	printf("\"><a href=\"#");
	print_cell_address(column, cell);
	printf("\" aria-label=\"%s\">%s</a>", look->word, look->sign);
	print_explanation(column, cell);
	printf("</td>");
}

static void print_row(const struct matrix *matrix, size_t row, const char *name)
{
	size_t c;

	printf("<tr class=\"test%s%s\"><th scope=\"row\" title=\"",
	       row_fails(matrix, row) ? " fails" : "",
	       row_differs(matrix, row) ? " differs" : "");
	print_markup(matrix->row[row]);
	printf("\">");
	print_name(name);
	printf("</th>");
	for (c = 0; c < matrix->nr_columns; c++)
		print_cell(&matrix->column[c], matrix->column[c].cell[row]);
	printf("</tr>\n");
}

/* In the order of the page. */
enum part {
	PART_FAILS, /* on at least one kernel */
	PART_DIFFERS,
	PART_SAME,
};

static enum part part_of(const struct matrix *matrix, size_t row)
{
	if (row_fails(matrix, row))
		return PART_FAILS;
	return row_differs(matrix, row) ? PART_DIFFERS : PART_SAME;
}

static size_t count_rows(const struct matrix *matrix, enum part part)
{
	size_t row, nr = 0;

	for (row = 0; row < matrix->nr_rows; row++)
		nr += part_of(matrix, row) == part;
	return nr;
}

/* The rows of a part, below the names of their programs. */
static void print_rows(const struct matrix *matrix, enum part part)
{
	const char *dot, *name, *program = "";
	size_t row, len, last = 0;

	for (row = 0; row < matrix->nr_rows; row++) {
		if (part_of(matrix, row) != part)
			continue;
		name = matrix->row[row];
		dot = strchr(name, '.');
		len = dot ? (size_t)(dot - name) : strlen(name);
		if (len != last || strncmp(program, name, len)) {
			printf("%s<tbody><tr><th scope=\"rowgroup\" colspan=\"%zu\"><span>%.*s</span></th></tr>\n",
			       last ? "</tbody>\n" : "", matrix->nr_columns + 1,
			       (int)len, name);
			program = name;
			last = len;
		}
		print_row(matrix, row, dot ? dot + 1 : name);
	}
	if (last)
		printf("</tbody>\n");
}

/* --- The kernels. ----------------------------------------------------------- */

static void print_kernel(const struct matrix_column *column)
{
	size_t i;

	printf("<dt id=\"kernel:");
	print_address(column->name);
	printf("\"><b>");
	print_markup(column->name);
	printf("</b> <span class=\"dim\">");
	print_markup(column->release);
	printf("</span></dt><dd>");
	if (column->lost)
		print_markup(column->lost);
	else
		printf("%zu passed, %zu failed, %zu skipped, %zu expected to fail",
		       ktap_count(&column->ktap, KTAP_PASS),
		       ktap_count(&column->ktap, KTAP_FAIL),
		       ktap_count(&column->ktap, KTAP_SKIP),
		       ktap_count(&column->ktap, KTAP_XFAIL));
	for (i = 0; i < column->ktap.complaints.nr; i++) {
		printf("<br>");
		print_markup(column->ktap.complaints.line[i]);
	}
	printf("</dd>\n");
}

static void print_tests(const struct matrix *matrix)
{
	size_t fail = count_rows(matrix, PART_FAILS);
	size_t differ = count_rows(matrix, PART_DIFFERS);
	size_t same = count_rows(matrix, PART_SAME);

	printf("<h2>Tests: %zu fail on at least one of %zu kernels, %zu more differ between them</h2>\n",
	       fail, matrix->nr_columns, differ);
	if (fail + differ) {
		print_table_head(matrix, "test");
		print_rows(matrix, PART_FAILS);
		print_rows(matrix, PART_DIFFERS);
		printf("</table>\n");
	}
	printf("<p id=\"nothing\"%s>No test is left to show.</p>\n",
	       fail + differ ? "" : " class=\"always\"");
	if (!same)
		return;
	printf("<details id=\"same\"><summary>%zu test%s same verdict on all kernels</summary>\n",
	       same, same == 1 ? " has the" : "s have the");
	print_table_head(matrix, "test");
	print_rows(matrix, PART_SAME);
	printf("</table>\n</details>\n");
}

/* The longest part of a kernel's name, which is not broken. */
static int column_chars(const struct matrix *matrix)
{
	size_t c, len, most = MIN_COLUMN_CHARS;
	const char *name;

	for (c = 0; c < matrix->nr_columns; c++) {
		for (name = matrix->column[c].name; *name; name += len) {
			len = strcspn(name, "_");
			len += name[len] == '_';
			if (len > most)
				most = len;
		}
	}
	return most < MAX_COLUMN_CHARS ? most : MAX_COLUMN_CHARS;
}

static void print_grid(const struct matrix *matrix)
{
	printf("<div id=\"grid\" tabindex=\"0\" role=\"region\" aria-label=\"fixes and tests by kernels\" style=\"--chars: %d; --kernels: %zu\">\n",
	       column_chars(matrix), matrix->nr_columns);
	print_fix_tables(matrix);
	print_tests(matrix);
	printf("</div>\n");
}

void matrix_print_html(const struct matrix *matrix)
{
	size_t c;

	printf("%s<style>\n%s%s</style>\n", head, matrix_style, drawing_style);
	printf("<h1>task_exit: what kernels do while tasks exit</h1>\n");
	printf("<p class=\"dim\">%zu tests on %zu kernels, oldest first. ",
	       matrix->nr_rows, matrix->nr_columns);
	printf("Select a cell for its explanation: the invariant, the failure, a drawing of the events, the missing fix.</p>\n");
	print_legend();
	print_tools(matrix);
	print_grid(matrix);
	printf("<h2>Kernels</h2>\n<dl>\n");
	for (c = 0; c < matrix->nr_columns; c++)
		print_kernel(&matrix->column[c]);
	printf("</dl>\n");
	print_fixes();
	printf("<script>\n%s</script>\n</html>\n", matrix_script);
}
