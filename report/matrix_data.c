// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix_data - tests x kernels for programs: KTAP, JSON and JUnit XML.
 */
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "matrix.h"
#include "report.h"

static const char *state_word(enum fix_state state)
{
	return state == FIX_PRESENT ? "present" :
	       state == FIX_MISSING ? "missing" :
				      "unknown";
}

/* --- KTAP: a kernel is a test, each result is a subtest. ------------------- */

static void print_ktap_result(size_t number, const struct ktap_result *result)
{
	static const char *const directives[KTAP_NR_VERDICTS] = {
		[KTAP_SKIP] = " # SKIP",
		[KTAP_XFAIL] = " # XFAIL",
	};
	const char *directive = directives[result->verdict] ?: "";
	size_t i;

	if (result->verdict == KTAP_FAIL) {
		directive = *result->reason ? " #" : "";
		if (result->invariant)
			printf("    # invariant: %s\n", result->invariant);
		for (i = 0; i < result->said.nr; i++)
			printf("    # %s\n", result->said.line[i]);
	}
	printf("    %s %zu %s%s%s%s\n",
	       result->verdict == KTAP_FAIL ? "not ok" : "ok", number,
	       result->name, directive, *result->reason ? " " : "",
	       result->reason);
}

void matrix_print_ktap(const struct matrix *matrix)
{
	size_t c, i;

	printf("KTAP version 1\n1..%zu\n", matrix->nr_columns);
	for (c = 0; c < matrix->nr_columns; c++) {
		const struct matrix_column *column = &matrix->column[c];

		if (column->lost) {
			printf("ok %zu %s # SKIP %s\n", c + 1, column->name,
			       column->lost);
			continue;
		}
		printf("    KTAP version 1\n    # Subtest: %s\n    # kernel: %s\n    1..%zu\n",
		       column->name, column->release, column->ktap.nr_results);
		for (i = 0; i < column->ktap.nr_results; i++)
			print_ktap_result(i + 1, &column->ktap.result[i]);
		printf("%s %zu %s\n",
		       ktap_count(&column->ktap, KTAP_FAIL) ? "not ok" : "ok",
		       c + 1, column->name);
	}
}

/* --- JSON ----------------------------------------------------------------- */

static void print_json_member(const char *name, const char *value,
			      const char *after)
{
	printf("\"%s\": ", name);
	print_json_string(value);
	printf("%s", after);
}

static void print_json_lines(const char *name, const struct ktap_text *text,
			     const char *after)
{
	size_t i;

	printf("\"%s\": [", name);
	for (i = 0; i < text->nr; i++) {
		printf("%s", i ? ", " : "");
		print_json_string(text->line[i]);
	}
	printf("]%s", after);
}

static void print_json_results(const struct ktap *ktap)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++) {
		const struct ktap_result *result = &ktap->result[i];

		printf("%s\n      { ", i ? "," : "");
		print_json_member("test", result->name, ", ");
		print_json_member("verdict", verdict_word(result->verdict),
				  ", ");
		print_json_member("reason", result->reason, ", ");
		if (result->invariant)
			print_json_member("invariant", result->invariant, ", ");
		print_json_lines("guards", &result->guards, ", ");
		print_json_lines("explanation", &result->said, " }");
	}
}

static void print_json_fixes(const struct verdict *verdict)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		printf("%s\n      { ", id > FIX_NONE + 1 ? "," : "");
		if (fix_has_id(id))
			print_json_member("commit", fixes[id].commit, ", ");
		else
			printf("\"commit\": null, ");
		print_json_member("title", fixes[id].title, ", ");
		print_json_member("state", state_word(verdict->fix[id].state),
				  " }");
	}
}

void matrix_print_json(const struct matrix *matrix)
{
	size_t c;

	printf("{ \"kernels\": [");
	for (c = 0; c < matrix->nr_columns; c++) {
		const struct matrix_column *column = &matrix->column[c];

		printf("%s\n  { ", c ? "," : "");
		print_json_member("name", column->name, ", ");
		print_json_member("release", column->release, ",\n");
		if (column->lost) {
			printf("    ");
			print_json_member("lost", column->lost, " }");
			continue;
		}
		printf("    \"fixes\": [");
		print_json_fixes(&column->verdict);
		printf("\n    ],\n    \"results\": [");
		print_json_results(&column->ktap);
		printf("\n    ] }");
	}
	printf("\n] }\n");
}

/* --- JUnit: a kernel is a suite, a test program its class. ---------------- */

static void print_junit_case(const struct ktap_result *result)
{
	size_t i;

	printf("    <testcase classname=\"");
	print_markup(result->program);
	printf("\" name=\"");
	print_markup(ktap_short_name(result));
	printf("\"");
	switch (result->verdict) {
	case KTAP_FAIL:
		printf(">\n      <failure message=\"");
		print_markup(result->reason);
		printf("\">");
		for (i = 0; i < result->said.nr; i++) {
			print_markup(result->said.line[i]);
			printf("\n");
		}
		printf("</failure>\n    </testcase>\n");
		break;
	case KTAP_SKIP:
	case KTAP_XFAIL:
		printf(">\n      <skipped message=\"%s",
		       result->verdict == KTAP_XFAIL ? "expected to fail: " :
						       "");
		print_markup(result->reason);
		printf("\"/>\n    </testcase>\n");
		break;
	default:
		printf("/>\n");
	}
}

void matrix_print_junit(const struct matrix *matrix)
{
	size_t c, i;

	printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"task_exit\">\n");
	for (c = 0; c < matrix->nr_columns; c++) {
		const struct matrix_column *column = &matrix->column[c];
		const struct ktap *ktap = &column->ktap;

		printf("  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\"%s>\n",
		       column->name,
		       column->lost ? (size_t)0 : ktap->nr_results,
		       ktap_count(ktap, KTAP_FAIL),
		       ktap_count(ktap, KTAP_SKIP) +
			       ktap_count(ktap, KTAP_XFAIL),
		       column->lost ? " disabled=\"1\"" : "");
		for (i = 0; i < ktap->nr_results; i++)
			print_junit_case(&ktap->result[i]);
		printf("    <system-out>");
		print_markup(column->lost ?: column->release);
		printf("</system-out>\n  </testsuite>\n");
	}
	printf("</testsuites>\n");
}
