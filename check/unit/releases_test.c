// SPDX-License-Identifier: GPL-2.0-only
/*
 * releases_test - which kernel has a fix by history.
 */
#include "kselftest_harness.h"

#include "releases.h"

/* "VERSION, VERSION", each of an older series than the one before. */
static bool list_is_valid(const char *list)
{
	const char *before = "999.0";
	size_t len;

	for (;; list += len + 2) {
		len = strspn(list, "0123456789.");
		if (len >= RELEASE_TEXT || !version_is_valid(list) ||
		    !version_is_at_least(before, list) ||
		    version_is_of_series(before, list))
			return false;
		if (!list[len])
			return true;
		if (strncmp(list + len, ", ", 2))
			return false;
		before = list;
	}
}

TEST(every_fix_has_a_list_of_releases)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		TH_LOG("%s", fixes[id].title);
		EXPECT_TRUE(list_is_valid(fixes[id].released));
	}
	EXPECT_STREQ("nowhere", fixes[FIX_NONE].released);
	EXPECT_FALSE(fix_released_in(FIX_NONE, "99.4.1"));
}

TEST(mistake_in_a_list_of_releases_is_found)
{
	EXPECT_TRUE(list_is_valid("7.1, 7.0.9, 6.12.91"));
	EXPECT_FALSE(list_is_valid("7.0.9, 7.1"));
	EXPECT_FALSE(list_is_valid("7.1, 7.0.9, 7.0.8"));
	EXPECT_FALSE(list_is_valid("7.1,7.0.9"));
	EXPECT_FALSE(list_is_valid("7.1, "));
	EXPECT_FALSE(list_is_valid(""));
	EXPECT_FALSE(list_is_valid("nowhere"));
}

TEST(mainline_release_and_what_follows_has_the_fix)
{
	EXPECT_FALSE(fix_released_in(FIX_DEFER_UNLINK, "6.18.15"));
	EXPECT_TRUE(fix_released_in(FIX_DEFER_UNLINK, "6.19"));
	EXPECT_TRUE(fix_released_in(FIX_DEFER_UNLINK,
				    "6.19.6+deb13-cloud-amd64"));
	EXPECT_TRUE(fix_released_in(FIX_DEFER_UNLINK, "7.3.4"));
}

TEST(backport_is_in_its_series_from_that_version_on)
{
	EXPECT_FALSE(fix_released_in(FIX_KILL_EXITED_LEADER, "6.12.107"));
	EXPECT_TRUE(fix_released_in(FIX_KILL_EXITED_LEADER, "6.12.117"));
	EXPECT_TRUE(fix_released_in(FIX_KILL_EXITED_LEADER,
				    "6.12.118+deb13-cloud-amd64"));
	EXPECT_FALSE(fix_released_in(FIX_KILL_EXITED_LEADER, "6.18.15"));
	EXPECT_FALSE(fix_released_in(FIX_KILL_EXITED_LEADER, "7.2.13"));
	EXPECT_FALSE(fix_released_in(FIX_KILL_EXITED_LEADER, "7.3.3"));
	EXPECT_TRUE(fix_released_in(FIX_KILL_EXITED_LEADER, "7.3.4"));
}

TEST(series_that_is_not_known_has_what_its_predecessor_has)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		EXPECT_TRUE(fix_released_in(id, "99.4.1"));
}

TEST(release_candidate_need_not_have_what_its_release_has)
{
	EXPECT_FALSE(fix_released_in(FIX_SCX_TID, "7.2-rc1"));
	EXPECT_FALSE(fix_released_in(FIX_SCX_TID, "7.2.0-rc1"));
	EXPECT_TRUE(fix_released_in(FIX_SCX_TID, "7.3~rc7"));
	EXPECT_TRUE(version_is_news("7.3-rc7"));
	EXPECT_TRUE(version_is_news("7.3.4-rc1"));
}

TEST(candidate_of_a_stable_release_comes_after_the_one_before)
{
	EXPECT_TRUE(fix_released_in(FIX_KILL_EXITED_LEADER, "7.3.5-rc1"));
	EXPECT_FALSE(fix_released_in(FIX_KILL_EXITED_LEADER, "7.3.4-rc1"));
	EXPECT_TRUE(version_is_at_least("7.2.14-rc1", "7.2.13"));
	EXPECT_FALSE(version_is_at_least("7.2.14-rc1", "7.2.14"));
	EXPECT_FALSE(version_is_at_least("7.2.0-rc1", "7.2"));
}

TEST(newer_than_what_was_looked_at_is_news)
{
	EXPECT_FALSE(version_is_news("6.12.107"));
	EXPECT_FALSE(version_is_news("6.12.117"));
	EXPECT_TRUE(version_is_news("6.12.9999"));
	EXPECT_TRUE(version_is_news("7.9"));
	EXPECT_TRUE(version_is_news("6.15.3"));
}

/* Its number says what it was made from, and not what was added. */
TEST(kernel_of_somebodys_own_may_have_any_fix)
{
	EXPECT_TRUE(version_is_upstream("7.2.13"));
	EXPECT_TRUE(version_is_upstream("7.2.13+deb13-cloud-amd64"));
	EXPECT_TRUE(version_is_upstream("7.4.0-rc1"));
	EXPECT_FALSE(version_is_upstream("6.12.0-124.8.1.el10_1.x86_64"));
	EXPECT_FALSE(version_is_upstream("6.17.0-5-generic"));
	EXPECT_FALSE(version_is_upstream("7.2.13-00012-gabcdef012345"));
	EXPECT_FALSE(version_is_upstream("next"));
	EXPECT_TRUE(version_is_news("6.12.0-124.8.1.el10_1.x86_64"));
}

TEST(series_means_the_newest_of_it_that_was_looked_at)
{
	EXPECT_TRUE(version_is_at_least(version_meant_by("6.12"), "6.12.117"));
	EXPECT_FALSE(version_is_at_least(version_meant_by("6.12"), "6.13"));
	EXPECT_STREQ("6.12.107", version_meant_by("6.12.107"));
	EXPECT_STREQ("99.4", version_meant_by("99.4"));
	EXPECT_STREQ("6.12-rc1", version_meant_by("6.12-rc1"));
	EXPECT_STREQ("next", version_meant_by("next"));
}

TEST(release_of_a_series_is_known_from_the_list)
{
	char text[RELEASE_TEXT];

	EXPECT_STREQ("7.0.9",
		     fix_release_in_series(FIX_DYING_COUNT, "7.0.4", text));
	EXPECT_STREQ("7.1",
		     fix_release_in_series(FIX_DYING_COUNT, "7.1.13", text));
	EXPECT_EQ(NULL,
		  fix_release_in_series(FIX_DYING_COUNT, "6.16.12", text));
}

TEST(what_is_no_version_is_refused)
{
	EXPECT_TRUE(version_is_valid("7.3.4+deb13-cloud-amd64"));
	EXPECT_FALSE(version_is_valid("bzImage"));
	EXPECT_FALSE(version_is_valid("7"));
	EXPECT_FALSE(version_is_valid(""));
	EXPECT_FALSE(fix_released_in(FIX_DEFER_UNLINK, "next"));
}

TEST_HARNESS_MAIN
