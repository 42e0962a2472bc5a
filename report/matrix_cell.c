// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix_cell - what a cell of the page leads to: the invariant, what was seen,
 * the events in order and the fix that is missing.
 */
#include <string.h>

#include "escape.h"
#include "matrix_html.h"
#include "releases.h"

/* What stands behind @label in a line that begins so, or NULL. */
static const char *told(const char *line, const char *label)
{
	size_t len = strlen(label);

	return strncmp(line, label, len) ? NULL : line + len;
}

static const char *find_told(const struct ktap_result *result,
			     const char *label)
{
	const char *text;
	size_t i;

	for (i = 0; i < result->said.nr; i++) {
		text = told(result->said.line[i], label);
		if (text)
			return text;
	}
	return NULL;
}

/* As the test said it, and where it said nothing, as the table has it. */
static void print_invariant(const struct ktap_result *result)
{
	const char *text = find_told(result, "invariant: ");
	const struct invariant *inv;

	inv = invariant_find(result->program, ktap_test(result));
	if (!text && inv)
		text = inv->text;
	if (!text)
		return;
	printf("<p>");
	print_markup(text);
	printf("</p>");
}

static bool names_a_fix(const struct ktap_result *result)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (result_names(result, id))
			return true;
	return false;
}

/* Whether the line is in the explanation already, outside of the story. */
static bool is_said(const struct ktap_result *result, const char *line)
{
	const char *broken = told(line, "broken: ");

	if (broken)
		return !strcmp(broken, result->reason);
	return told(line, "invariant: ") ||
	       (told(line, "missing fix: ") && names_a_fix(result));
}

static void print_story(const struct ktap_result *result)
{
	bool begun = false;
	size_t i;

	for (i = 0; i < result->said.nr; i++) {
		if (is_said(result, result->said.line[i]))
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
	char released[RELEASES_TEXT];
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!result_names(result, id))
			continue;
		printf("<p>missing fix: ");
		print_fix(id);
		printf(", released in %s</p>", fix_releases(id, released));
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
	print_invariant(result);
	if (*result->reason) {
		printf("<p><b>");
		print_markup(result->reason);
		printf("</b></p>");
	}
	print_story(result);
	print_missing(result);
	printf("</aside>");
}
