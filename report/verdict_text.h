/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict_text - the verdict as text: what is wrong, what to pick, why.
 */
#ifndef TASK_EXIT_VERDICT_TEXT_H
#define TASK_EXIT_VERDICT_TEXT_H

#include "ktap.h"
#include "verdict.h"

struct verdict_text {
	const struct verdict *verdict;
	const struct ktap *ktap;
	const char *kernel; /* its release, or NULL */
	bool verbose; /* name every test */
};

/* In a sentence: its id, or its title in quotes. */
void fix_print_name(const char *before, enum fix_id id, const char *after);

/* The tests that show a fix's state; print them only if ->verbose. */
size_t verdict_count_tests(const struct verdict_text *text, enum fix_id id);
void verdict_print_tests(const struct verdict_text *text, enum fix_id id);

/* One line: the kernel, the number of missing fixes, the most urgent one. */
void verdict_print_sentence(const struct verdict_text *text);

/* The first test that left the kernel in a bad state, with its reason; or NULL. */
const char *verdict_spent_by(const struct verdict_text *text);

/* What to pick, in order, and as commands. */
void verdict_print_picks(const struct verdict_text *text);

/* Which release has all that is to be picked. */
void verdict_print_update(const struct verdict_text *text);

/* The tests that fail on every kernel: known bugs. */
void verdict_print_known_bugs(const struct verdict_text *text);

/* The other fixes, with reasons, and the totals. */
void verdict_print_table(const struct verdict_text *text);

/* Failures that no known fix explains. */
void verdict_print_unexplained(const struct verdict_text *text);

/* A line for each reason why not all tests were run. */
void verdict_print_not_run(const struct verdict_text *text, FILE *to);

#endif /* TASK_EXIT_VERDICT_TEXT_H */
