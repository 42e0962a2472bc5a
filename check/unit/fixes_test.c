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
		EXPECT_NE('\0', fixes[id].without[0]);
	}
}

TEST(history_is_in_order)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		EXPECT_GT(id, (int)fixes[id].repairs);
		if (fixes[id].replaced_by)
			EXPECT_LT(id, (int)fixes[id].replaced_by);
		if (fixes[id].groundwork_of)
			EXPECT_LT(id, (int)fixes[id].groundwork_of);
	}
}

TEST(every_commit_of_a_series_has_a_title)
{
	const char *at;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!fixes[id].series)
			continue;
		TH_LOG("%s", fixes[id].series);
		EXPECT_NE(NULL, strstr(fixes[id].series, fixes[id].commit));
		for (at = fixes[id].series; at; at = strchr(at, ' ')) {
			at += *at == ' ';
			EXPECT_NE(NULL, commit_title(at));
		}
	}
	EXPECT_EQ(NULL, commit_title("000000000000"));
}

TEST(fix_goes_by_its_id_or_its_title)
{
	EXPECT_STREQ("d245698d727a", fix_name(FIX_DEFER_UNLINK));
	EXPECT_STREQ(fixes[FIX_KILL_HEADLESS].title,
		     fix_name(FIX_KILL_HEADLESS));
}

TEST_HARNESS_MAIN
