// SPDX-License-Identifier: GPL-2.0-only
/*
 * fixes_test - the table of fixes is complete and consistent.
 */
#include "kselftest_harness.h"

#include "fixes.h"

TEST(every_fix_is_described)
{
	int id;

	for (id = 0; id < FIX_NR; id++) {
		ASSERT_NE(NULL, fixes[id].commit);
		EXPECT_NE('\0', fixes[id].title[0]);
		ASSERT_NE(NULL, fixes[id].released);
	}
}

TEST(fix_goes_by_its_id_or_its_title)
{
	EXPECT_STREQ("d245698d727a", fix_name(FIX_DEFER_UNLINK));
	EXPECT_STREQ(fixes[FIX_KILL_EXITED_LEADER].title,
		     fix_name(FIX_KILL_EXITED_LEADER));
}

TEST_HARNESS_MAIN
