// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict_test - what results of tests say of fixes.
 */
#include "kselftest_harness.h"

#include "verdict.h"

#define UNLINK "cgroup_populated.turns_once_with_a_notification"
#define HIDE "cgroup_rmdir.hidden_task_is_not_listed"
#define RMDIR "cgroup_rmdir.hidden_task_does_not_keep_the_cgroup_busy"
#define PER_CSS "cgroup_offline.disabled_css_stays_online_until_the_last_switch"
#define NO_FIX "cgroup_rmdir.dying_cgroup_is_released"

FIXTURE(verdict)
{
	struct ktap ktap;
	struct verdict verdict;
};

FIXTURE_SETUP(verdict)
{
}

FIXTURE_TEARDOWN(verdict)
{
	ktap_free(&self->ktap);
}

static void reach(struct verdict *verdict, struct ktap *ktap, const char *text)
{
	FILE *from = fmemopen((void *)text, strlen(text), "r");

	if (from && !ktap_read(ktap, from))
		verdict_reach(verdict, ktap);
	if (from)
		fclose(from);
}

#define REACH(text) reach(&self->verdict, &self->ktap, text)

TEST_F(verdict, passed_test_proves_its_fix_present)
{
	REACH("ok 1 " UNLINK "\nok 2 " RMDIR "\n");
	EXPECT_EQ(FIX_PRESENT, (int)self->verdict.fix[FIX_DEFER_UNLINK].state);
	EXPECT_EQ(FIX_PRESENT,
		  (int)self->verdict.fix[FIX_DEFER_RMDIR_KILL].state);
	EXPECT_EQ(FIX_UNKNOWN, (int)self->verdict.fix[FIX_HIDE_DEAD].state);
}

TEST_F(verdict, failed_test_proves_the_fix_that_it_names_missing)
{
	REACH("ok 1 " UNLINK "\n"
	      "# missing fix: a72f73c4dd9b (\"cgroup: Don't expose dead tasks in cgroup\"), released in 7.0\n"
	      "not ok 2 " RMDIR "\n");
	EXPECT_EQ(FIX_MISSING, (int)self->verdict.fix[FIX_HIDE_DEAD].state);
	EXPECT_EQ(FIX_UNKNOWN,
		  (int)self->verdict.fix[FIX_DEFER_RMDIR_KILL].state);
	EXPECT_TRUE(self->verdict.fix[FIX_HIDE_DEAD].pick);
	EXPECT_FALSE(self->verdict.fix[FIX_DEFER_UNLINK].pick);
}

TEST_F(verdict, one_failure_outweighs_many_passes)
{
	REACH("ok 1 cgroup_populated.in_all_ancestors_until_the_last_switch\n"
	      "not ok 2 " UNLINK "\n");
	EXPECT_EQ(FIX_MISSING, (int)self->verdict.fix[FIX_DEFER_UNLINK].state);
}

TEST_F(verdict, failure_without_its_explanation_still_tells)
{
	REACH("not ok 1 " PER_CSS "\n");
	EXPECT_EQ(FIX_MISSING, (int)self->verdict.fix[FIX_PER_CSS_KILL].state);
	EXPECT_EQ((size_t)0, self->verdict.unexplained);
}

TEST_F(verdict, repair_proves_nothing_where_the_repaired_is_missing)
{
	REACH("not ok 1 " UNLINK "\nok 2 " RMDIR "\nok 3 " HIDE "\n");
	EXPECT_EQ(FIX_UNKNOWN,
		  (int)self->verdict.fix[FIX_DEFER_RMDIR_KILL].state);
	EXPECT_EQ(FIX_DEFER_UNLINK,
		  (int)self->verdict.fix[FIX_DEFER_RMDIR_KILL].moot_without);
	/* ... and is to be picked with it, but not what was replaced since. */
	EXPECT_TRUE(self->verdict.fix[FIX_DEFER_RMDIR_KILL].pick);
	EXPECT_TRUE(self->verdict.fix[FIX_HIDE_DEAD].pick);
	EXPECT_FALSE(self->verdict.fix[FIX_RMDIR_WAIT].pick);
}

TEST_F(verdict, groundwork_is_picked_with_what_stands_on_it)
{
	REACH("ok 1 " UNLINK "\nnot ok 2 " PER_CSS "\n");
	EXPECT_TRUE(self->verdict.fix[FIX_PER_CSS].pick);
}

TEST_F(verdict, groundwork_alone_is_not_picked)
{
	REACH("ok 1 " UNLINK "\nok 2 " PER_CSS "\n");
	EXPECT_FALSE(self->verdict.fix[FIX_PER_CSS].pick);
}

TEST_F(verdict, feature_is_never_picked)
{
	REACH("# missing fix: 41e3312861ea (\"sched_ext: add p->scx.tid and SCX_OPS_TID_TO_TASK lookup\"), released in 7.2\n"
	      "ok 1 scx_tid_lookup.live_task_is_found_by_its_tid # SKIP none here\n");
	EXPECT_EQ(FIX_MISSING, (int)self->verdict.fix[FIX_SCX_TID].state);
	EXPECT_FALSE(self->verdict.fix[FIX_SCX_TID].pick);
}

TEST_F(verdict, two_fixes_without_an_id_are_told_apart)
{
	REACH("# missing fix: \"cgroup: fix cgroup.kill for exited thread group leader\", released in 7.3.4\n"
	      "not ok 1 cgroup_kill.reaches_a_process_whose_leader_has_exited\n");
	EXPECT_EQ(FIX_MISSING, (int)self->verdict.fix[FIX_KILL_HEADLESS].state);
	EXPECT_EQ(FIX_UNKNOWN,
		  (int)self->verdict.fix[FIX_SPARE_MIGRATED].state);
}

TEST_F(verdict, results_of_an_older_suite_are_read)
{
	REACH("# missing fix: id-unknown (\"cgroup: fix cgroup.kill for exited thread group leader\"), released in 7.3.4\n"
	      "not ok 1 cgroup_kill.reaches_a_process_whose_leader_has_exited\n");
	EXPECT_EQ(FIX_MISSING, (int)self->verdict.fix[FIX_KILL_HEADLESS].state);
	EXPECT_EQ(FIX_UNKNOWN,
		  (int)self->verdict.fix[FIX_SPARE_MIGRATED].state);
}

TEST_F(verdict, failure_that_no_fix_mends_is_counted)
{
	REACH("not ok 1 " NO_FIX "\n");
	EXPECT_EQ((size_t)1, self->verdict.unexplained);
}

TEST_F(verdict, skipped_test_tells_nothing)
{
	REACH("ok 1 " PER_CSS " # SKIP no BTF\n");
	EXPECT_EQ(FIX_UNKNOWN, (int)self->verdict.fix[FIX_PER_CSS_KILL].state);
	EXPECT_EQ((size_t)1, self->verdict.fix[FIX_PER_CSS_KILL].left);
}

TEST_F(verdict, tests_of_others_are_counted_apart)
{
	REACH("not ok 1 test_core.something\n");
	EXPECT_EQ((size_t)1, self->verdict.foreign);
	EXPECT_EQ((size_t)0, self->verdict.unexplained);
}

TEST_HARNESS_MAIN
