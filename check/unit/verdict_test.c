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
#define REBIND "cgroup_rebind.perf_event_can_be_taken_from_any_task"
#define DRAINS "cgroup_dying.pids_controller_drains_before_memory"
#define HEADLESS "cgroup_kill.reaches_a_process_whose_leader_has_exited"
#define SPARE "cgroup_kill.spares_a_process_that_left_an_exiting_thread_behind"
#define RT "cgroup_locked.last_switch_does_not_wait_for_the_lock"
#define STORM "scx_load_storm.every_load_and_unload_balances"
#define NO_FIX "cgroup_rmdir.dying_cgroup_is_released"

#define STATE(id) ((int)self->verdict.fix[id].state)
#define PICKED(id) (self->verdict.fix[id].pick)

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

TEST_F(verdict, repair_proves_nothing_where_the_repaired_is_unknown)
{
	REACH("ok 1 " PER_CSS " # SKIP cgroup v1 has memory\n"
	      "ok 2 " REBIND "\n");
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_REBIND));
	EXPECT_EQ(FIX_PER_CSS_KILL,
		  (int)self->verdict.fix[FIX_REBIND].unsure_of);
	EXPECT_FALSE(PICKED(FIX_REBIND));
}

TEST_F(verdict, repair_is_present_where_the_repaired_is)
{
	REACH("ok 1 " PER_CSS "\nok 2 " REBIND "\n");
	EXPECT_EQ(FIX_PRESENT, STATE(FIX_REBIND));
	EXPECT_EQ(FIX_NONE, (int)self->verdict.fix[FIX_REBIND].unsure_of);
}

TEST_F(verdict, repair_that_fails_is_missing_whatever_it_repairs)
{
	REACH("ok 1 " PER_CSS " # SKIP cgroup v1 has memory\n"
	      "not ok 2 " REBIND "\n");
	EXPECT_EQ(FIX_MISSING, STATE(FIX_REBIND));
	EXPECT_TRUE(PICKED(FIX_REBIND));
	/* What fails has what it repairs. */
	EXPECT_FALSE(PICKED(FIX_PER_CSS_KILL));
}

TEST_F(verdict, doubt_goes_down_a_chain_of_repairs)
{
	REACH("ok 1 " UNLINK " # SKIP why\nok 2 " RMDIR "\n"
	      "ok 3 " DRAINS "\n");
	EXPECT_EQ(FIX_DEFER_UNLINK,
		  (int)self->verdict.fix[FIX_DEFER_RMDIR_KILL].unsure_of);
	EXPECT_EQ(FIX_DEFER_RMDIR_KILL,
		  (int)self->verdict.fix[FIX_PER_CSS].unsure_of);
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_PER_CSS));
}

TEST_F(verdict, pass_that_proves_nothing_is_no_proof)
{
	REACH("ok 1 cgroup_populated.turns_once_with_a_notification\n"
	      "ok 2 cgroup_visibility.zombie_is_not_listed\n"
	      "ok 3 " STORM "\n");
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_HIDE_DEAD));
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_SCX_EXIT_ORDER));
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_SCX_INIT_DEATH));
}

TEST_F(verdict, its_failure_is_one)
{
	REACH("ok 1 " UNLINK "\n"
	      "not ok 2 cgroup_visibility.zombie_is_not_listed\n");
	EXPECT_EQ(FIX_MISSING, STATE(FIX_HIDE_DEAD));
}

TEST_F(verdict, repair_that_cannot_be_told_is_picked_with_the_repaired)
{
	REACH("not ok 1 " HEADLESS "\nok 2 " SPARE " # SKIP why\n");
	EXPECT_TRUE(PICKED(FIX_KILL_HEADLESS));
	EXPECT_TRUE(PICKED(FIX_SPARE_MIGRATED));
}

TEST_F(verdict, repair_that_cannot_be_told_is_not_picked_alone)
{
	REACH("ok 1 " UNLINK "\nok 2 " RT " # SKIP no PREEMPT_RT\n");
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_RT_SLEEP));
	EXPECT_FALSE(PICKED(FIX_RT_SLEEP));
}

TEST_F(verdict, groundwork_that_repairs_a_pick_is_picked_with_it)
{
	REACH("ok 1 " UNLINK "\nnot ok 2 " RMDIR "\nok 3 " DRAINS "\n"
	      "ok 4 " PER_CSS " # SKIP no BTF\n");
	EXPECT_TRUE(PICKED(FIX_DEFER_RMDIR_KILL));
	EXPECT_TRUE(PICKED(FIX_PER_CSS));
	EXPECT_FALSE(PICKED(FIX_PER_CSS_KILL));
}

TEST_F(verdict, pick_that_is_no_failure_needs_what_it_repairs)
{
	REACH("ok 1 " UNLINK "\nok 2 " RMDIR " # SKIP why\n"
	      "not ok 3 " PER_CSS "\n");
	EXPECT_TRUE(PICKED(FIX_PER_CSS));
	EXPECT_TRUE(PICKED(FIX_DEFER_RMDIR_KILL));
	EXPECT_TRUE(PICKED(FIX_DYING_COUNT));
	EXPECT_FALSE(PICKED(FIX_DEFER_UNLINK));
	EXPECT_FALSE(PICKED(FIX_HIDE_DEAD));
}

TEST_F(verdict, groundwork_that_is_there_is_not_picked)
{
	REACH("ok 1 " UNLINK "\nok 2 " RMDIR "\nok 3 " DRAINS "\n"
	      "not ok 4 " PER_CSS "\n");
	EXPECT_TRUE(PICKED(FIX_PER_CSS_KILL));
	EXPECT_FALSE(PICKED(FIX_PER_CSS));
	EXPECT_FALSE(PICKED(FIX_DEFER_RMDIR_KILL));
}

TEST_F(verdict, what_was_replaced_is_needed_where_its_successor_is_unknown)
{
	REACH("ok 1 " UNLINK "\nnot ok 2 " HIDE "\n"
	      "ok 3 " RMDIR " # SKIP why\n");
	EXPECT_TRUE(PICKED(FIX_HIDE_DEAD));
	EXPECT_TRUE(PICKED(FIX_RMDIR_WAIT));
	EXPECT_TRUE(PICKED(FIX_RMDIR_WAIT_TEST));
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

TEST_F(verdict, what_has_no_result_was_not_run)
{
	REACH("ok 1 " RT "\n");
	EXPECT_EQ(nr_invariants - 1, self->verdict.not_run);
	EXPECT_EQ((size_t)0, self->verdict.fix[FIX_RT_SLEEP].not_run);
	EXPECT_EQ((size_t)2, self->verdict.fix[FIX_KILL_HEADLESS].not_run);
}

TEST_F(verdict, what_was_skipped_was_asked)
{
	REACH("ok 1 " RT " # SKIP no PREEMPT_RT\n");
	EXPECT_EQ((size_t)0, self->verdict.fix[FIX_RT_SLEEP].not_run);
}

TEST_F(verdict, program_that_was_skipped_as_a_whole_was_asked)
{
	REACH("# selftests: task_exit: cgroup_kill\n"
	      "# 1..0 # SKIP needs root\n"
	      "ok 1 selftests: task_exit: cgroup_kill # SKIP\n");
	EXPECT_EQ((size_t)0, self->verdict.fix[FIX_KILL_HEADLESS].not_run);
	EXPECT_EQ((size_t)4, self->verdict.fix[FIX_SCX_DEAD_TASKS].not_run);
}

TEST_F(verdict, rest_of_a_program_that_died_was_not_run)
{
	REACH("# selftests: task_exit: cgroup_kill\n"
	      "# 1..2\n# ok 1 " HEADLESS "\n"
	      "not ok 1 selftests: task_exit: cgroup_kill # exit=139\n");
	EXPECT_EQ((size_t)1, self->verdict.fix[FIX_KILL_HEADLESS].not_run);
}

TEST_F(verdict, tests_of_others_are_counted_apart)
{
	REACH("not ok 1 test_core.something\n");
	EXPECT_EQ((size_t)1, self->verdict.foreign);
	EXPECT_EQ((size_t)0, self->verdict.unexplained);
}

TEST_HARNESS_MAIN
