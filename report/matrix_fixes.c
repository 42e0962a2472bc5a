// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix_fixes - the list of all fixes on the page.
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
	print_markup(fixes[id].title);
	printf("</a></span>");
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
