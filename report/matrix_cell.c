// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix_cell - the explanation that a cell of the page leads to: the invariant, the
 * failure, the events in order and the missing fix.
 */
#include <string.h>

#include "drawing.h"
#include "escape.h"
#include "matrix_html.h"
#include "text.h"

static bool names_a_fix(const struct ktap_result *result)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (result_names(result, id))
			return true;
	return false;
}

/* Whether the page shows the line elsewhere. */
static bool is_shown(const struct ktap_result *result, const char *line)
{
	static const char failure[] = "failure: ", missing[] = "missing fix: ";

	if (begins(line, failure))
		return !strcmp(line + strlen(failure), result->reason);
	return begins(line, missing) && names_a_fix(result);
}

static void print_said(const struct ktap_result *result)
{
	bool begun = false;
	size_t i;

	for (i = 0; i < result->said.nr; i++) {
		if (is_shown(result, result->said.line[i]))
			continue;
		printf("%s", begun ? "\n" : "<pre>");
		print_markup(result->said.line[i]);
		begun = true;
	}
	if (begun)
		printf("</pre>");
}

static void print_missing(const struct ktap_result *result)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!result_names(result, id))
			continue;
		printf("<p>missing fix: ");
		print_fix(id);
		printf(", released in %s</p>", fixes[id].released);
	}
}

void print_cell_address(const struct matrix_column *column,
			const struct ktap_result *result)
{
	print_address(result->name);
	printf("@");
	print_address(column->name);
}

void print_explanation(const struct matrix_column *column,
		       const struct ktap_result *result)
{
	printf("<aside><a href=\"#grid\">close</a><h2><b>%s</b> ",
	       cell_looks[result->verdict].word);
	print_name(result->name);
	printf(" on ");
	print_markup(column->name);
	printf("</h2>");
	if (result->invariant) {
		printf("<p>");
		print_markup(result->invariant);
		printf("</p>");
	}
	if (*result->reason) {
		printf("<p><b>");
		print_markup(result->reason);
		printf("</b></p>");
	}
	if (result->verdict != KTAP_PASS)
		drawing_print_svg(result, column->name);
	print_said(result);
	print_missing(result);
	printf("</aside>");
}
