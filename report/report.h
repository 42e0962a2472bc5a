/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report - the commands of task_exit-report. See main.c.
 */
#ifndef TASK_EXIT_REPORT_H
#define TASK_EXIT_REPORT_H

/* Exit status; the first, second and last are those of kselftest. */
enum {
	STATUS_PASSED = 0,
	STATUS_FAILED = 1,
	STATUS_INCOMPLETE = 2, /* or bad usage */
	STATUS_SKIPPED = 4,
};

/* argv[0] is the command's name. */
int verdict_main(int argc, char **argv);
int parse_main(int argc, char **argv);
int causes_main(int argc, char **argv);
int lines_main(int argc, char **argv);
int matrix_main(int argc, char **argv);
int releases_main(int argc, char **argv);

struct ktap;

/* Reads results from stdin; 0, or -errno with a message on stderr. */
int read_results(struct ktap *ktap);

/* The name of a verdict in the output for programs: "pass". */
const char *verdict_word(int verdict);

#endif /* TASK_EXIT_REPORT_H */
