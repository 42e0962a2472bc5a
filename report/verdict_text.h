/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict_text - the verdict for somebody in a hurry: what is wrong, what to pick, why.
 */
#ifndef TASK_EXIT_VERDICT_TEXT_H
#define TASK_EXIT_VERDICT_TEXT_H

#include "ktap.h"
#include "verdict.h"

struct verdict_text {
	const struct verdict *verdict;
	const struct ktap *ktap;
	const char *kernel; /* its release, or NULL */
	bool verbose; /* every test by its name */
};

/* In a sentence: an id, or a title between quotes. */
void fix_print_name(const char *before, enum fix_id id, const char *after);

/* The tests that speak for a fix's state, once each; those of verbose by name. */
size_t verdict_count_tests(const struct verdict_text *text, enum fix_id id);
void verdict_print_tests(const struct verdict_text *text, enum fix_id id);

/* One line: the kernel, what is missing, what of that is most urgent. */
void verdict_print_sentence(const struct verdict_text *text);

/* What to pick, in which order, and as commands. */
void verdict_print_picks(const struct verdict_text *text);

/* What each of the other fixes is, with the reason; and how they add up. */
void verdict_print_table(const struct verdict_text *text);

/* What failed and no known fix mends. */
void verdict_print_unexplained(const struct verdict_text *text);

/* The programs and tests without a result, in one line. */
void verdict_print_not_run(const struct verdict_text *text, FILE *to);

#endif /* TASK_EXIT_VERDICT_TEXT_H */
