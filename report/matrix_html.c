// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix_html - tests x kernels, as one page that needs nothing else.
 *
 * A cell is a link to its explanation further down, which the stylesheet shows as
 * a panel while it is the page's target. So it works with a mouse, a finger or
 * a keyboard, without a script, and a cell's address can be sent to somebody.
 */
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "matrix.h"
#include "releases.h"

static const struct {
	const char *class, *sign, *word;
} looks[KTAP_NR_VERDICTS] = {
	[KTAP_PASS] = { "pass", "&#10003;", "passed" },
	[KTAP_FAIL] = { "fail", "&#10007;", "failed" },
	[KTAP_SKIP] = { "skip", "&#8211;", "skipped" },
	[KTAP_XFAIL] = { "xfail", "x", "expected to fail" },
};

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<title>task_exit: tests by kernels</title>\n"
	"<style>\n"
	":root { --bg: #fff; --fg: #1b1b1b; --dim: #666; --line: #ddd; --head: #f3f3f3;\n"
	"  --pass: #14692b; --fail: #fff; --fail-bg: #b3261e; --skip: #7a5b00; --xfail: #00596b;\n"
	"  --link: #0b57d0; }\n"
	"@media (prefers-color-scheme: dark) { :root { --bg: #16181b; --fg: #e6e6e6;\n"
	"  --dim: #9a9a9a; --line: #33373c; --head: #202429; --pass: #6fd08c; --fail: #fff;\n"
	"  --fail-bg: #a8322a; --skip: #e0b94a; --xfail: #6ac8dc; --link: #8ab4f8; } }\n"
	"body { margin: 0; padding: 1rem; background: var(--bg); color: var(--fg);\n"
	"  font: 15px/1.45 system-ui, sans-serif; }\n"
	"h1 { font-size: 1.3rem; margin: 0 0 .3rem } h2 { font-size: 1.05rem }\n"
	"a { color: var(--link) } .dim { color: var(--dim) }\n"
	"code, pre { font: 13px/1.4 ui-monospace, monospace }\n"
	".grid { overflow: auto; max-height: 85vh; border: 1px solid var(--line) }\n"
	"table { border-collapse: separate; border-spacing: 0 }\n"
	"th, td { border-right: 1px solid var(--line); border-bottom: 1px solid var(--line);\n"
	"  padding: .15rem .5rem; text-align: center; white-space: nowrap; background: var(--bg) }\n"
	"thead th { background: var(--head); vertical-align: bottom }\n"
	"thead tr:last-child th { position: sticky; top: 0; z-index: 2 }\n"
	"tbody th, thead th:first-child { position: sticky; left: 0; text-align: left;\n"
	"  font-weight: normal; z-index: 1 }\n"
	"tbody th { max-width: 34rem; overflow: hidden; text-overflow: ellipsis }\n"
	"tbody.program th:first-child { font-weight: bold; background: var(--head) }\n"
	"td a { display: block; text-decoration: none; font-weight: bold; min-width: 1.6rem }\n"
	".pass, .pass a { color: var(--pass) } .skip, .skip a { color: var(--skip) }\n"
	".xfail, .xfail a { color: var(--xfail) }\n"
	".fail, .fail a { color: var(--fail); background: var(--fail-bg) }\n"
	".lost { color: var(--dim); background: var(--head) }\n"
	".era code { white-space: nowrap } .era { font-weight: normal; text-align: left; white-space: normal; max-width: 16rem }\n"
	"a:focus-visible { outline: 3px solid var(--link); outline-offset: 1px }\n"
	".panel { display: none }\n"
	".panel:target { display: block; position: fixed; z-index: 9; left: 0; right: 0; bottom: 0;\n"
	"  max-height: 65vh; overflow: auto; padding: .8rem 1rem; background: var(--head);\n"
	"  border-top: 3px solid var(--link); overflow-wrap: anywhere }\n"
	".panel pre { white-space: pre-wrap }\n"
	".close { float: right; padding: .3rem .7rem }\n"
	"dt { margin-top: .6rem }\n"
	"@media (max-width: 600px) { body { padding: .5rem }\n"
	"  tbody th { max-width: 42vw; white-space: normal; overflow-wrap: anywhere }\n"
	"  th, td { padding: .25rem .35rem } .panel:target { max-height: 80vh } }\n"
	"@media print { .grid { max-height: none } .close { display: none } }\n"
	"</style>\n";

static void print_fix_link(enum fix_id id)
{
	printf("<a href=\"#fix-%d\" title=\"", id);
	print_markup(fixes[id].title);
	printf("\"><code>%s</code></a>", fixes[id].commit);
}

/* --- The head: eras, and what each has that the one before had not. -------- */

static void print_era(const struct matrix *matrix, size_t column)
{
	const char *separator = "+&nbsp;";
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!matrix_fix_arrives(matrix, column, id))
			continue;
		printf("%s", separator);
		print_fix_link(id);
		separator = "<br>+&nbsp;";
	}
	if (*separator == '+')
		printf("<span class=\"dim\">none of the fixes</span>");
}

static void print_eras(const struct matrix *matrix)
{
	size_t c = 0, length;

	printf("<tr><th scope=\"row\">fixes that arrive</th>\n");
	while (c < matrix->nr_columns) {
		length = matrix_era_length(matrix, c);
		printf("<th scope=\"colgroup\" class=\"era\" colspan=\"%zu\">",
		       length);
		if (!matrix->column[c].lost)
			print_era(matrix, c);
		printf("</th>\n");
		c += length;
	}
	printf("</tr>\n");
}

static void print_kernels(const struct matrix *matrix)
{
	size_t c;

	printf("<tr><th scope=\"col\">test</th>");
	for (c = 0; c < matrix->nr_columns; c++) {
		const struct matrix_column *column = &matrix->column[c];

		printf("<th scope=\"col\"%s title=\"",
		       column->lost ? " class=\"lost\"" : "");
		print_markup(column->lost ?: column->release);
		printf("\"><a href=\"#kernel-%zu\">", c);
		print_markup(column->name);
		printf("</a></th>");
	}
	printf("</tr>\n");
}

/* --- The grid. ------------------------------------------------------------ */

static void print_cell(const struct matrix *matrix, size_t row, size_t c)
{
	const struct matrix_column *column = &matrix->column[c];
	const struct ktap_result *cell = column->cell[row];

	if (column->lost || !cell) {
		printf("<td class=\"lost\" aria-label=\"%s\"></td>",
		       column->lost ? "kernel lost" : "did not run");
		return;
	}
	printf("<td class=\"%s\"><a href=\"#r%zuc%zu\" aria-label=\"%s\">%s</a></td>",
	       looks[cell->verdict].class, row, c, looks[cell->verdict].word,
	       looks[cell->verdict].sign);
}

static void print_rows(const struct matrix *matrix)
{
	const char *dot, *name, *program = "";
	size_t row, c, len, last = 0;

	for (row = 0; row < matrix->nr_rows; row++) {
		name = matrix->row[row];
		dot = strchr(name, '.');
		len = dot ? (size_t)(dot - name) : strlen(name);
		if (len != last || strncmp(program, name, len)) {
			printf("</tbody><tbody class=\"program\"><tr><th scope=\"rowgroup\" colspan=\"%zu\">%.*s</th></tr></tbody><tbody>\n",
			       matrix->nr_columns + 1, (int)len, name);
			program = name;
			last = len;
		}
		printf("<tr><th scope=\"row\" title=\"%s\">%s</th>", name,
		       dot ? dot + 1 : name);
		for (c = 0; c < matrix->nr_columns; c++)
			print_cell(matrix, row, c);
		printf("</tr>\n");
	}
}

/* --- What the links lead to. ----------------------------------------------- */

static void print_panel(const struct matrix *matrix, size_t row, size_t c)
{
	const struct matrix_column *column = &matrix->column[c];
	const struct ktap_result *cell = column->cell[row];
	const struct invariant *inv;
	size_t i;

	inv = invariant_find(cell->program, ktap_test(cell));
	printf("<section class=\"panel\" id=\"r%zuc%zu\" aria-label=\"explanation\"><a class=\"close\" href=\"#grid\">close</a><h2><span class=\"%s\">%s</span> %s on ",
	       row, c, looks[cell->verdict].class, looks[cell->verdict].word,
	       cell->name);
	print_markup(column->name);
	printf("</h2>\n<p>");
	print_markup(inv ? inv->text : "");
	printf("</p>\n");
	if (*cell->reason) {
		printf("<p><b>");
		print_markup(cell->reason);
		printf("</b></p>\n");
	}
	if (cell->said.nr) {
		printf("<pre>");
		for (i = 0; i < cell->said.nr; i++) {
			print_markup(cell->said.line[i]);
			printf("\n");
		}
		printf("</pre>\n");
	}
	printf("</section>\n");
}

static void print_panels(const struct matrix *matrix)
{
	size_t row, c;

	for (row = 0; row < matrix->nr_rows; row++)
		for (c = 0; c < matrix->nr_columns; c++)
			if (matrix->column[c].cell[row])
				print_panel(matrix, row, c);
}

static void print_kernel(const struct matrix_column *column, size_t c)
{
	size_t i;

	printf("<dt id=\"kernel-%zu\"><b>", c);
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

static void print_fix(enum fix_id id)
{
	char released[RELEASES_TEXT];

	printf("<dt id=\"fix-%d\"><code>%s</code> ", id,
	       fixes[id].series ?: fixes[id].commit);
	print_markup(fixes[id].title);
	printf("</dt><dd class=\"dim\">released in %s; without it: ",
	       fix_releases(id, released));
	print_markup(fixes[id].without);
	printf("</dd>\n");
}

void matrix_print_html(const struct matrix *matrix)
{
	size_t c;
	int id;

	printf("%s<h1>task_exit: what kernels do while tasks exit</h1>\n",
	       head);
	printf("<p class=\"dim\">%zu tests on %zu kernels, oldest first. ",
	       matrix->nr_rows, matrix->nr_columns);
	printf("A cell leads to its explanation: the invariant, what was seen, the events in order, the commit that is missing.</p>\n");
	printf("<div class=\"grid\" id=\"grid\" tabindex=\"0\" role=\"region\" aria-label=\"tests by kernels\">\n<table>\n<thead>\n");
	print_eras(matrix);
	print_kernels(matrix);
	printf("</thead>\n<tbody>\n");
	print_rows(matrix);
	printf("</tbody>\n</table>\n</div>\n<h2>Kernels</h2>\n<dl>\n");
	for (c = 0; c < matrix->nr_columns; c++)
		print_kernel(&matrix->column[c], c);
	printf("</dl>\n<h2>Fixes, in the order of history</h2>\n<dl>\n");
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		print_fix(id);
	printf("</dl>\n");
	print_panels(matrix);
	printf("</html>\n");
}
