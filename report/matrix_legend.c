// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix_legend - the meaning of the signs, and the tools that choose rows and columns.
 *
 * The stylesheet reads the checkboxes. Comparing two kernels needs the script, which
 * shows their menus.
 */
#include "compiler.h"
#include "escape.h"
#include "matrix_html.h"

#define FEWEST_TO_CHOOSE_FROM 3

const struct look cell_looks[KTAP_NR_VERDICTS] = {
	[KTAP_PASS] = { "pass", "\xe2\x9c\x93", "passed",
			"the invariant holds" },
	[KTAP_FAIL] = { "fail", "\xe2\x9c\x97", "failed",
			"the invariant is broken: the cell has the events in order and the missing fix" },
	[KTAP_XFAIL] = { "xfail", "x", "expected to fail",
			 "upstream has not decided, or no release has a fix" },
	[KTAP_SKIP] = { "skip", "\xe2\x80\x93", "skipped",
			"the test could not run: the cell says what is missing" },
};

static const struct look other_looks[] = {
	{ "none", "?", "no result", "the test did not run, or did not finish" },
	{ "lost", "&nbsp;", "lost",
	  "the kernel could not be fetched, or did not boot: its name leads to the reason" },
};

static void print_sign(const struct look *look)
{
	printf("<span class=\"sign %s\">%s</span> %s", look->class, look->sign,
	       look->word);
}

static void print_meaning(const struct look *look)
{
	printf("<dt>");
	print_sign(look);
	printf("</dt><dd>%s</dd>\n", look->meaning);
}

/* The signs of a failure's drawing. */
static void print_drawing_legend(void)
{
	printf("<dt>drawing of a failure</dt><dd>a lane for each task, each cgroup, the scheduler and the test; time from left to right, with long waits and many events shortened. A dot is an event that the kernel or its scheduler reports, a square is a step of the test. A thick bar holds an exiting task; a thin one is the time from init_task to exit_task, or from cgroup_init to cgroup_exit. Events with the same letter contradict each other, and a line joins them. A cross, with a dashed line through the lanes, is where the test finds the failure.</dd>\n");
}

void print_legend(void)
{
	static const enum ktap_verdict order[] = { KTAP_PASS, KTAP_FAIL,
						   KTAP_XFAIL, KTAP_SKIP };
	size_t i;

	printf("<details id=\"legend\"><summary>");
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		printf("<span>");
		print_sign(&cell_looks[order[i]]);
		printf("</span> ");
	}
	for (i = 0; i < ARRAY_SIZE(other_looks); i++) {
		printf("<span>");
		print_sign(&other_looks[i]);
		printf("</span> ");
	}
	printf("<span class=\"more\">what they mean</span></summary>\n<dl>\n");
	for (i = 0; i < ARRAY_SIZE(order); i++)
		print_meaning(&cell_looks[order[i]]);
	for (i = 0; i < ARRAY_SIZE(other_looks); i++)
		print_meaning(&other_looks[i]);
	for (i = 0; i < nr_fix_looks; i++)
		print_meaning(&fix_looks[i]);
	printf("<dt>claimed, not claimed</dt><dd>by the kernel's version: shown where it does not agree with the tests, or where they cannot tell. A fix's id leads to the commit, its title to its description.</dd>\n");
	print_drawing_legend();
	printf("<dt>only failures</dt><dd>tests that fail on a shown kernel</dd>\n");
	printf("<dt>only changes</dt><dd>tests whose verdicts differ between the shown kernels; lost kernels do not count</dd>\n");
	printf("</dl>\n<p>The address of this page names the open cell, or the choice of rows and kernels.</p>\n</details>\n");
}

static void print_box(const char *id, const char *more, const char *label)
{
	printf("<label><input type=\"checkbox\" id=\"%s\" autocomplete=\"off\"%s> %s</label>\n",
	       id, more, label);
}

static void print_choice(const struct matrix *matrix, const char *label,
			 const char *all)
{
	size_t c;

	printf("<label>%s <select name=\"kernel\" autocomplete=\"off\"><option value=\"\">%s</option>",
	       label, all);
	for (c = 0; c < matrix->nr_columns; c++) {
		printf("<option>");
		print_markup(matrix->column[c].name);
		printf("</option>");
	}
	printf("</select></label>\n");
}

void print_tools(const struct matrix *matrix)
{
	printf("<div id=\"tools\" role=\"group\" aria-label=\"what is shown\">\n");
	print_box("failures", " name=\"only\" value=\"failures\"",
		  "only failures");
	print_box("changes", " name=\"only\" value=\"changes\"",
		  "only changes");
	printf("<output id=\"count\" class=\"dim\"></output>\n");
	if (matrix->nr_columns >= FEWEST_TO_CHOOSE_FROM) {
		printf("<span id=\"compare\" hidden>");
		print_choice(matrix, "compare", "all kernels");
		print_choice(matrix, "with", "all others");
		printf("</span>\n");
	}
	printf("</div>\n");
}
