// SPDX-License-Identifier: GPL-2.0-only
/*
 * backports_test - the table of backports is complete and consistent.
 */
#include "kselftest_harness.h"

#include "backports.h"
#include "releases.h"

TEST(every_fix_is_described)
{
	int id;

	for (id = 0; id < FIX_NR; id++) {
		TH_LOG("%s", fixes[id].title);
		ASSERT_NE(NULL, backports[id].without);
		EXPECT_NE('\0', backports[id].without[0]);
	}
}

TEST(history_is_in_order)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		EXPECT_GT(id, (int)backports[id].repairs);
		if (backports[id].replaced_by)
			EXPECT_LT(id, (int)backports[id].replaced_by);
		if (backports[id].groundwork_of)
			EXPECT_LT(id, (int)backports[id].groundwork_of);
	}
}

TEST(bugs_are_older_than_their_fixes)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!backports[id].since)
			continue;
		TH_LOG("%s", fixes[id].title);
		EXPECT_TRUE(version_is_at_least(fixes[id].released,
						backports[id].since));
	}
}

TEST(every_commit_of_a_series_has_a_title)
{
	const char *at;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!backports[id].series)
			continue;
		TH_LOG("%s", backports[id].series);
		EXPECT_NE(NULL, strstr(backports[id].series, fixes[id].commit));
		for (at = backports[id].series; at; at = strchr(at, ' ')) {
			at += *at == ' ';
			EXPECT_NE(NULL, commit_title(at));
		}
	}
	EXPECT_EQ(NULL, commit_title("000000000000"));
}

TEST_HARNESS_MAIN
