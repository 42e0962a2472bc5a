// SPDX-License-Identifier: GPL-2.0-only
/*
 * task_exit-report - reads saved test results. It needs no kernel and no root.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "fixes.h"
#include "ktap.h"
#include "report.h"

static const char usage[] =
	"usage: task_exit-report COMMAND < RESULTS\n"
	"\n"
	"  verdict [-c CHANGELOG] [-k RELEASE] [-v]\n"
	"           which upstream fixes the kernel has, which are missing, what to pick;\n"
	"           with a changelog, where that and the results disagree. -k names the\n"
	"           kernel if the results do not, -v names every test.\n"
	"           Exit status: 0 nothing is missing, 1 something is, 2 the results are\n"
	"           incomplete, 4 they tell nothing, 5 a fix is missing that the changelog\n"
	"           claims, 6 a fix is present that it does not claim\n"
	"  parse    one line per program, the explanation of each failure, and the causes.\n"
	"           Exit status: 0 all passed, 1 a test failed, 2 the results are\n"
	"           incomplete, 4 all tests were skipped\n"
	"  causes   the failures by cause: each missing fix, or each message, with its tests\n"
	"  lines [--raw] [--tick SECONDS]\n"
	"           one line per event, at once, with tabs between the fields:\n"
	"             plan N                             programs that will run\n"
	"             program COLLECTION NAME            it begins\n"
	"             said TEXT                          a diagnostic line of the next result\n"
	"             result VERDICT NAME REASON MISSING MISSING: fix[,fix]\n"
	"             end VERDICT NAME REASON            the program ends\n"
	"           VERDICT is pass, fail, skip or xfail. An empty field is \"-\".\n"
	"           --raw prints \"line TEXT\" before the events of each line, --tick\n"
	"           prints \"tick\" every so many seconds. Input after the last newline\n"
	"           is ignored.\n"
	"  matrix table|programs|html|json|junit|ktap DIRECTORY\n"
	"           the results of many kernels side by side; see report/matrix.h\n"
	"  releases the releases with each fix: \"FIX<tab>RELEASE, RELEASE\"\n"
	"\n"
	"RESULTS may be vm/run's, the output of run_kselftest.sh or of one test program, or\n"
	"the log of a serial console.\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "verdict", verdict_main }, { "parse", parse_main },
	{ "causes", causes_main },   { "lines", lines_main },
	{ "matrix", matrix_main },   { "releases", releases_main },
};

int read_results(struct ktap *ktap)
{
	int err = ktap_read(ktap, stdin);

	if (err)
		fprintf(stderr, "task_exit-report: cannot read results: %s\n",
			strerror(-err));
	return err;
}

const char *verdict_word(int verdict)
{
	static const char *const words[KTAP_NR_VERDICTS] = {
		[KTAP_PASS] = "pass",
		[KTAP_FAIL] = "fail",
		[KTAP_SKIP] = "skip",
		[KTAP_XFAIL] = "xfail",
	};

	return words[verdict];
}

int releases_main(int argc, char **argv)
{
	int id;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr,
			"task_exit-report: releases takes no argument\n");
		return STATUS_INCOMPLETE;
	}
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		printf("%s\t%s\n", fix_name(id), fixes[id].released);
	return 0;
}

/* A report that was not written completely is an error. */
static int close_output(int status)
{
	int lost = ferror(stdout);

	errno = 0;
	if (!fclose(stdout) && !lost)
		return status;
	fprintf(stderr, "task_exit-report: cannot write standard output: %s\n",
		errno ? strerror(errno) : "part of it is lost");
	return STATUS_INCOMPLETE;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	size_t i;

	if (!strcmp(name, "-h") || !strcmp(name, "--help")) {
		fputs(usage, stdout);
		return close_output(0);
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			return close_output(commands[i].run(argc - 1,
							    argv + 1));
	fprintf(stderr,
		"task_exit-report: unknown command '%s'; see task_exit-report --help\n",
		name);
	return STATUS_INCOMPLETE;
}
