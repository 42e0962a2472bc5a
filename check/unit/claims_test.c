// SPDX-License-Identifier: GPL-2.0-only
/*
 * claims_test - what a changelog is taken to claim.
 */
#include "kselftest_harness.h"

#include "claims.h"

#define KILL "cgroup: fix cgroup.kill for exited thread group leader"
#define COUNT "cgroup: Increment nr_dying_subsys_* from rmdir context"
#define HIDE "cgroup: Don't expose dead tasks in cgroup"
#define DEFER \
	"cgroup: Defer css percpu_ref kill on rmdir until cgroup is depopulated"
#define DEFER_ID "93618edf7538"
#define DEFER_COMMIT "93618edf75388e30000000000000000000000000"
#define LOCAL "0123456789abcdef0123456789abcdef01234567"

#define ENTRY(version)                                          \
	"linux (" version ") trixie-security; urgency=high\n\n" \
	"  * New upstream stable update:\n"
#define HEADING(version) "    https://host/v6.x/ChangeLog-" version "\n"
#define SIGNED "\n -- A <a@b>  Mon, 01 Jan 2026 00:00:00 +0000\n\n"

FIXTURE(claims)
{
	struct claims claims;
};

FIXTURE_SETUP(claims)
{
}

FIXTURE_TEARDOWN(claims)
{
}

static int read_text(struct claims *claims, const char *text, size_t size)
{
	FILE *from = fmemopen((void *)text, size, "r");
	int err = from ? claims_read(claims, from) : -1;

	if (from)
		fclose(from);
	return err;
}

#define READ(text) \
	ASSERT_EQ(0, read_text(&self->claims, text, sizeof(text) - 1))
#define EXPECT_CLAIM(id, version)                               \
	do {                                                    \
		EXPECT_TRUE(self->claims.fix[id].claimed);      \
		EXPECT_STREQ(version, self->claims.fix[id].in); \
	} while (0)
#define EXPECT_NO_CLAIM(id) EXPECT_FALSE(self->claims.fix[id].claimed)

TEST_F(claims, title_is_claimed_in_the_release_that_it_stands_below)
{
	READ(ENTRY("6.12.94-1")
		     HEADING("6.12.91") "    - x\n    - " COUNT
					"\n" HEADING("6.12.92") "    - y\n" SIGNED);
	EXPECT_CLAIM(FIX_DYING_COUNT, "6.12.91");
	EXPECT_STREQ("6.12.94", self->claims.version);
	EXPECT_NO_CLAIM(FIX_KILL_EXITED_LEADER);
}

TEST_F(claims, title_goes_on_in_the_next_line_and_may_name_a_cve)
{
	READ(ENTRY("7.0.9-1") "    - [amd64] cgroup: Defer css percpu_ref kill on rmdir until cgroup is\n"
			      "      depopulated (CVE-2026-1)\n" SIGNED);
	EXPECT_CLAIM(FIX_DEFER_RMDIR_KILL, "7.0.9");
}

TEST_F(claims, longer_title_is_another)
{
	READ("- " HIDE " v1 tests\n");
	EXPECT_NO_CLAIM(FIX_HIDE_DEAD);
}

TEST_F(claims, newest_entry_decides)
{
	READ(ENTRY("6.12.3-1") "    - Revert \"" KILL
			       "\"\n" SIGNED ENTRY("6.12.2-1") "    - " KILL
							       "\n" SIGNED);
	EXPECT_NO_CLAIM(FIX_KILL_EXITED_LEADER);
	EXPECT_TRUE(self->claims.fix[FIX_KILL_EXITED_LEADER].reverted);
}

TEST_F(claims, last_word_of_an_entry_decides)
{
	READ(ENTRY("6.12.3-1") "    - " KILL "\n    - Revert \"" KILL "\"\n"
			       "    - " COUNT "\n    - Revert \"" COUNT "\"\n"
			       "    - Reapply \"" COUNT "\"\n" SIGNED);
	EXPECT_NO_CLAIM(FIX_KILL_EXITED_LEADER);
	EXPECT_CLAIM(FIX_DYING_COUNT, "6.12.3");
}

TEST_F(claims, revert_of_a_revert_is_a_claim)
{
	READ("- Revert \"Revert \"" KILL "\"\"\n");
	EXPECT_CLAIM(FIX_KILL_EXITED_LEADER, "");
}

TEST_F(claims, backport_names_its_upstream_commit)
{
	static const char *const ways[] = {
		"commit " DEFER_COMMIT " upstream.",
		"[ Upstream commit " DEFER_COMMIT " ]",
		"(cherry picked from commit " DEFER_COMMIT ")",
		"(backported from commit " DEFER_COMMIT " linux-next)",
		"Upstream-commit: " DEFER_ID,
		"Git-commit: " DEFER_COMMIT,
	};
	char text[512];
	size_t i;
	int len;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		TH_LOG("%s", ways[i]);
		len = snprintf(text, sizeof(text),
			       "commit " LOCAL
			       "\nAuthor: A\n\n    another title\n\n    %s\n",
			       ways[i]);
		ASSERT_EQ(0, read_text(&self->claims, text, len));
		EXPECT_CLAIM(FIX_DEFER_RMDIR_KILL, "0123456789ab");
	}
}

TEST_F(claims, commit_that_is_only_mentioned_is_not_claimed)
{
	READ("commit " LOCAL "\n\n    another title\n\n"
	     "    Since commit " DEFER_COMMIT " (\"" DEFER
	     "\") rmdir is quicker.\n\n    Fixes: " DEFER_ID " (\"" DEFER
	     "\")\n");
	EXPECT_NO_CLAIM(FIX_DEFER_RMDIR_KILL);
}

TEST_F(claims, revert_in_git_names_its_upstream_commit)
{
	READ("commit " LOCAL "\n\n    Revert \"some title\"\n\n"
	     "    This reverts commit 76543210fedcba9876543210fedcba9876543210 which is\n"
	     "    commit " DEFER_COMMIT " upstream.\n"
	     "commit 1" LOCAL "\n");
	EXPECT_NO_CLAIM(FIX_DEFER_RMDIR_KILL);
	EXPECT_TRUE(self->claims.fix[FIX_DEFER_RMDIR_KILL].reverted);
}

TEST_F(claims, upstream_history_has_the_commit_itself)
{
	READ("commit " DEFER_COMMIT "\nAuthor: A\n\n    " DEFER "\n");
	EXPECT_CLAIM(FIX_DEFER_RMDIR_KILL, DEFER_ID);
}

TEST_F(claims, oneline_log)
{
	READ("0123456789ab " KILL "\n76543210fedc another\n");
	EXPECT_CLAIM(FIX_KILL_EXITED_LEADER, "0123456789ab");
}

TEST_F(claims, rpm_changelog)
{
	READ("* Tue Oct 06 2026 A B <a@b> [6.12.0-155.el10]\n"
	     "- " DEFER " (A B) [RHEL-1]\n- x (A B)\n\n"
	     "* Mon Oct 05 2026 A B <a@b> - 6.12.0-154\n- " HIDE " (C D)\n");
	EXPECT_CLAIM(FIX_DEFER_RMDIR_KILL, "6.12.0-155.el10");
	EXPECT_CLAIM(FIX_HIDE_DEAD, "6.12.0-154");
	EXPECT_STREQ("6.12.0-155.el10", self->claims.version);
}

TEST_F(claims, series_has_what_it_was_released_with)
{
	READ(ENTRY("7.0.9-1") "    - x\n" SIGNED);
	claims_add_version(&self->claims, "7.0.9+deb13-cloud-amd64");
	EXPECT_CLAIM(FIX_DEFER_UNLINK, "6.19");
	EXPECT_CLAIM(FIX_HIDE_DEAD, "7.0");
	EXPECT_NO_CLAIM(FIX_DYING_COUNT);
	EXPECT_NO_CLAIM(FIX_KILL_EXITED_LEADER);
}

TEST_F(claims, release_candidate_need_not_have_what_its_release_has)
{
	READ("commit " LOCAL "\n\n    x\n");
	claims_add_version(&self->claims, "7.3.0-rc3");
	EXPECT_CLAIM(FIX_SCX_TID, "7.2");
	EXPECT_NO_CLAIM(FIX_SCX_EVENTS);
}

TEST_F(claims, series_does_not_outweigh_a_revert)
{
	READ(ENTRY("7.0.9-1") "    - Revert \"" HIDE "\"\n" SIGNED);
	claims_add_version(&self->claims, "7.0.9");
	EXPECT_NO_CLAIM(FIX_HIDE_DEAD);
}

TEST_F(claims, release_that_is_not_listed_has_what_it_was_released_with)
{
	READ(ENTRY("7.0.9-1") HEADING("7.0.8")
		     HEADING("7.0.9") "\n  [ A ]\n  * x\n" SIGNED);
	EXPECT_EQ((size_t)2, self->claims.nr_unlisted);
	claims_add_version(&self->claims, "7.0.9");
	EXPECT_CLAIM(FIX_DYING_COUNT, "7.0.9");
	EXPECT_FALSE(claims_may_lack(&self->claims, "7.0.9"));
}

TEST_F(claims, release_that_is_listed_has_only_what_is_listed)
{
	READ(ENTRY("7.0.9-1") HEADING("7.0.9") "    - x\n" SIGNED);
	EXPECT_EQ((size_t)0, self->claims.nr_unlisted);
	claims_add_version(&self->claims, "7.0.9");
	EXPECT_NO_CLAIM(FIX_DYING_COUNT);
}

TEST_F(claims, unknown_release_that_is_not_listed_may_have_anything)
{
	READ(ENTRY("7.0.999-1") HEADING("7.0.999") SIGNED);
	EXPECT_TRUE(claims_may_lack(&self->claims, "7.0.999"));
	EXPECT_FALSE(claims_may_lack(&self->claims, "7.1.3"));
}

TEST_F(claims, what_is_no_text_is_refused)
{
	EXPECT_EQ(-EINVAL, read_text(&self->claims, "a\0b\n", 4));
}

TEST_HARNESS_MAIN
