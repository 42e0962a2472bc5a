/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * in_test - the explorer in a test of the suite. Include it after test.h.
 */
#ifndef TASK_EXIT_EXPLORE_IN_TEST_H
#define TASK_EXIT_EXPLORE_IN_TEST_H

#include "explore.h"

/* Of random sequences, on the slowest machine: else they take five seconds. */
#define MAX_SECONDS 60

static struct campaign campaign = { .fixed = true };

/* Ends the test if that is not possible. */
static inline void start_machine(void)
{
	int err = machine_start(&test.root, &test.reason);

	if (err == -ENODEV || err == -EOPNOTSUPP)
		test_skip("%s", test.reason.text);
	if (err)
		test_error("%s", test.reason.text);
}

static inline void fail_test(const struct disagreement *found)
{
	char text[256], sequence[MAX_OPS * 32];

	tell(found);
	summarize(found, text, sizeof(text));
	sequence_print(&found->sequence, sequence, sizeof(sequence));
	if (found->difference.finding)
		test_xfail("%s (finding %d): %s", text,
			   found->difference.finding, sequence);
	else
		test_fail(found->difference.fix, "%s: %s", text, sequence);
}

#endif /* TASK_EXIT_EXPLORE_IN_TEST_H */
