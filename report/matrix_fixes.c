// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix_fixes - the fixes on the page: the new ones of each kernel, and the list.
 */
#include <string.h>

#include "backports.h"
#include "escape.h"
#include "matrix_html.h"

#define COMMIT_AT \
	"https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/commit/?id="

static void print_commit(const char *commit, int len)
{
	printf("<a href=\"" COMMIT_AT "%.*s\"><code>%.*s</code></a>", len,
	       commit, len, commit);
}

/* "cgroup: Defer task ...": the head of the table omits the first word. */
static void print_title(const char *title)
{
	const char *colon = strstr(title, ": ");

	if (colon) {
		printf("<span class=\"area\">%.*s: </span>",
		       (int)(colon - title), title);
		title = colon + 2;
	}
	print_markup(title);
}

void print_fix(enum fix_id id)
{
	const char *commit = fixes[id].commit;

	printf("<span class=\"fix\">");
	if (fix_has_id(id)) {
		print_commit(commit, strlen(commit));
		printf(" ");
	}
	printf("<a href=\"#fix:");
	print_address(fix_name(id));
	printf("\" title=\"");
	print_markup(fixes[id].title);
	printf("\">");
	print_title(fixes[id].title);
	printf("</a></span>");
}

static void print_era(const struct matrix *matrix, size_t column)
{
	bool any = false;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!matrix_fix_arrives(matrix, column, id))
			continue;
		print_fix(id);
		any = true;
	}
	if (!any)
		printf("<span class=\"dim\">none</span>");
}

void print_arrivals(const struct matrix *matrix)
{
	size_t c = 0, length;

	printf("<tr class=\"arrivals\"><th scope=\"row\">fixes that arrive</th>\n");
	while (c < matrix->nr_columns) {
		length = matrix_era_length(matrix, c);
		printf("<th scope=\"colgroup\" colspan=\"%zu\">", length);
		if (!matrix->column[c].lost)
			print_era(matrix, c);
		printf("</th>\n");
		c += length;
	}
	printf("</tr>\n");
	/* The script fills this row when two kernels are compared. */
	printf("<tr class=\"arrivals\" id=\"apart\" hidden><th scope=\"row\">fixes that only this one has</th><th scope=\"col\"></th><th scope=\"col\"></th></tr>\n");
}

static void print_series(const char *series)
{
	int len;

	printf("; pick in this order:");
	for (; *series; series += len + strspn(series + len, " ")) {
		len = strcspn(series, " ");
		printf(" ");
		print_commit(series, len);
	}
}

void print_fixes(void)
{
	int id;

	printf("<h2>Fixes, in the order of history</h2>\n<dl id=\"fixes\">\n");
	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		printf("<dt id=\"fix:");
		print_address(fix_name(id));
		printf("\">");
		print_fix(id);
		printf("</dt><dd class=\"dim\">released in %s; without it: ",
		       fixes[id].released);
		print_markup(backports[id].without);
		if (backports[id].series)
			print_series(backports[id].series);
		printf("</dd>\n");
	}
	printf("</dl>\n");
}
