// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix_states - fixes by kernels: whether the tests find a fix, and whether the kernel's
 * version claims it.
 *
 * A version claims what lib/fixes.c says that it was released with. Only upstream's and
 * Debian's versions tell what a kernel does not claim.
 */
#include "backports.h"
#include "compiler.h"
#include "escape.h"
#include "matrix_html.h"
#include "releases.h"

enum {
	LOOK_UNKNOWN,
	LOOK_PRESENT,
	LOOK_MISSING,
	LOOK_NEEDLESS, /* missing, and it does not matter here */
	LOOK_UNAFFECTED,
};

const struct look fix_looks[] = {
	[LOOK_UNKNOWN] = { "unsure", "?", "cannot tell",
			   "no test that ran tells whether the kernel has the fix" },
	[LOOK_PRESENT] = { "has", "\xe2\x9c\x93", "present",
			   "a test that fails without the fix passes" },
	[LOOK_MISSING] = { "lacks", "\xe2\x9c\x97", "missing",
			   "a test fails because of it: the cell leads to the failure" },
	[LOOK_NEEDLESS] = { "needless", "\xe2\x97\x8b", "missing, not needed",
			    "a later fix does its work, or it is a feature" },
	[LOOK_UNAFFECTED] = { "needless", "\xe2\x80\x93", "not affected",
			      "the bug is newer than the kernel" },
};
const size_t nr_fix_looks = ARRAY_SIZE(fix_looks);

static int look_of(const struct verdict *verdict, enum fix_id id)
{
	enum fix_class class = verdict_class(verdict, id);

	switch (verdict->fix[id].state) {
	case FIX_PRESENT:
		return LOOK_PRESENT;
	case FIX_MISSING:
		return class == CLASS_MISSING ? LOOK_MISSING : LOOK_NEEDLESS;
	default:
		return class == CLASS_UNAFFECTED ? LOOK_UNAFFECTED :
						   LOOK_UNKNOWN;
	}
}

enum claimed {
	CLAIMED_UNKNOWN,
	CLAIMED,
	NOT_CLAIMED,
};

static enum claimed claimed_by(const char *release, enum fix_id id)
{
	if (!version_is_valid(release))
		return CLAIMED_UNKNOWN;
	if (fix_released_in(id, release))
		return CLAIMED;
	return version_is_news(release) ? CLAIMED_UNKNOWN : NOT_CLAIMED;
}

/* A claim that agrees with what the tests find is in the tooltip only. */
static bool claim_matters(int look, enum claimed claimed)
{
	if (look == LOOK_UNKNOWN)
		return claimed != CLAIMED_UNKNOWN;
	if (look == LOOK_UNAFFECTED)
		return false;
	return claimed == (look == LOOK_PRESENT ? NOT_CLAIMED : CLAIMED);
}

/* The result that shows the state, or NULL. */
static const struct ktap_result *evidence(const struct matrix_column *column,
					  enum fix_id id)
{
	enum fix_state state = column->verdict.fix[id].state;
	const struct ktap *ktap = &column->ktap;
	size_t i;

	for (i = 0; i < ktap->nr_results; i++) {
		const struct ktap_result *result = &ktap->result[i];

		if (state == FIX_MISSING && result->verdict != KTAP_PASS &&
		    result_blames(result, id))
			return result;
		if (state == FIX_PRESENT && result_proves(result, id))
			return result;
	}
	return NULL;
}

/* Of several results with one name, the grid has the last. */
static bool is_in_grid(const struct matrix *matrix,
		       const struct matrix_column *column,
		       const struct ktap_result *result)
{
	size_t row;

	for (row = 0; row < matrix->nr_rows; row++)
		if (column->cell[row] == result)
			return true;
	return false;
}

static void print_state(const struct matrix *matrix,
			const struct matrix_column *column, enum fix_id id)
{
	static const char *const words[] = {
		[CLAIMED] = "claimed",
		[NOT_CLAIMED] = "not claimed",
	};
	int nr = look_of(&column->verdict, id);
	const struct look *look = &fix_looks[nr];
	const struct ktap_result *shows = evidence(column, id);
	enum claimed claimed = claimed_by(column->release, id);
	bool linked = shows && is_in_grid(matrix, column, shows);

	printf("<td class=\"%s\" title=\"%s", look->class, look->word);
	if (claimed)
		printf("; its version: %s", words[claimed]);
	printf("\"><%s aria-label=\"%s\"", linked ? "a" : "span", look->word);
	if (linked) {
		printf(" href=\"#");
		print_cell_address(column, shows);
		printf("\"");
	}
	printf(">%s</%s>", look->sign, linked ? "a" : "span");
	if (claim_matters(nr, claimed))
		printf("<small>%s</small>", words[claimed]);
	printf("</td>");
}

static void print_fix_row(const struct matrix *matrix, enum fix_id id)
{
	size_t c;

	printf("<tr class=\"state\"><th scope=\"row\">");
	print_fix(id);
	printf(" <b class=\"harm\">%s</b></th>",
	       backports[id].feature ? "feature" :
				       harm_name(backports[id].harm));
	for (c = 0; c < matrix->nr_columns; c++) {
		if (matrix->column[c].lost)
			printf("<td class=\"lost\" aria-label=\"kernel lost\"></td>");
		else
			print_state(matrix, &matrix->column[c], id);
	}
	printf("</tr>\n");
}

/* Whether a kernel lacks it, and should not. */
static bool is_missing(const struct matrix *matrix, enum fix_id id)
{
	size_t c;

	for (c = 0; c < matrix->nr_columns; c++)
		if (!matrix->column[c].lost &&
		    look_of(&matrix->column[c].verdict, id) == LOOK_MISSING)
			return true;
	return false;
}

/* At least so many, or "?", where the results are not complete. */
static void print_counts(const struct matrix *matrix)
{
	static const char incomplete[] =
		" title=\"the results are incomplete\"";
	size_t c, nr;

	printf("<tr class=\"counts\"><th scope=\"row\">fixes that are missing</th>");
	for (c = 0; c < matrix->nr_columns; c++) {
		const struct matrix_column *column = &matrix->column[c];
		bool all = verdict_is_complete(&column->verdict, &column->ktap);

		if (column->lost) {
			printf("<td class=\"lost\" aria-label=\"kernel lost\"></td>");
			continue;
		}
		nr = verdict_count(&column->verdict, CLASS_MISSING);
		if (all)
			printf("<td>%zu</td>", nr);
		else if (nr)
			printf("<td%s>&ge; %zu</td>", incomplete, nr);
		else
			printf("<td%s>?</td>", incomplete);
	}
	printf("</tr>\n");
}

static void print_fix_rows(const struct matrix *matrix, bool missing)
{
	int id;

	printf("<tbody>");
	if (missing)
		print_counts(matrix);
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (is_missing(matrix, id) == missing)
			print_fix_row(matrix, id);
	printf("</tbody>\n</table>\n");
}

void print_fix_tables(const struct matrix *matrix)
{
	size_t others = 0;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		others += !is_missing(matrix, id);
	printf("<section id=\"states\">\n");
	print_table_head(matrix, "fix");
	print_fix_rows(matrix, true);
	printf("<p id=\"alike\" hidden>As far as the tests tell, these two have the same fixes.</p>\n");
	if (others) {
		printf("<details><summary>%zu more fix%s no kernel is found to lack</summary>\n",
		       others, others == 1 ? " that" : "es that");
		print_table_head(matrix, "fix");
		print_fix_rows(matrix, false);
		printf("</details>\n");
	}
	printf("</section>\n");
}
