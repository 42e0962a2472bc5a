// SPDX-License-Identifier: GPL-2.0-only
/*
 * fixes_test - the table of invariants and fixes is complete and consistent.
 */
#include "kselftest_harness.h"

#include "fixes.h"

TEST(every_fix_is_described)
{
	int id;

	for (id = 0; id < FIX_NR; id++) {
		ASSERT_NE(NULL, fixes[id].commit);
		EXPECT_NE('\0', fixes[id].title[0]);
		EXPECT_NE('\0', fixes[id].released[0]);
		EXPECT_NE('\0', fixes[id].without[0]);
	}
}

TEST(every_invariant_is_found_and_is_there_once)
{
	size_t i;

	for (i = 0; i < nr_invariants; i++) {
		const struct invariant *inv = &invariants[i];

		EXPECT_NE('\0', inv->text[0]);
		EXPECT_EQ(inv, invariant_find(inv->program, inv->test));
	}
}

TEST(unknown_test_has_no_invariant)
{
	EXPECT_EQ(NULL, invariant_find("cgroup_rmdir", "no_such_test"));
	EXPECT_EQ(NULL, invariant_find("no_such_program",
				       "hidden_task_is_not_listed"));
}

TEST_HARNESS_MAIN
