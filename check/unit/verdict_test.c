// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict_test - what the results of tests say about fixes.
 */
#include "kselftest_harness.h"

#include "verdict.h"

/* The tests' names are no matter: what they guard is in the results. */
#define TEST_OF(fix) "# invariant: it is so\n# guards: " fix "\n"
#define OK(fix) TEST_OF(fix) "ok 1 p.a\n"
#define NOT_OK(fix) TEST_OF(fix) "not ok 1 p.b\n"
#define SKIPPED(fix) TEST_OF(fix) "ok 1 p.c # SKIP why\n"

#define UNLINK "d245698d727a"
#define HIDE "a72f73c4dd9b"
#define RMDIR "93618edf7538"
#define PER_CSS "1dffd95575eb"
#define REBIND "a99ce697ea5e"
#define DRAINS "cfc1da7e1127"
#define HEADLESS "cgroup: fix cgroup.kill for exited thread group leader"
#define SPARE \
	"cgroup: don't kill migrated processes through their exiting threads"
#define RT "9311e6c29b34"
#define TID "41e3312861ea"
#define ZOMBIE HIDE " (failure only)"

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
	REACH(OK(UNLINK) OK(RMDIR));
	EXPECT_EQ(FIX_PRESENT, (int)self->verdict.fix[FIX_DEFER_UNLINK].state);
	EXPECT_EQ(FIX_PRESENT,
		  (int)self->verdict.fix[FIX_DEFER_RMDIR_KILL].state);
	EXPECT_EQ(FIX_UNKNOWN, (int)self->verdict.fix[FIX_HIDE_DEAD].state);
}

TEST_F(verdict, failed_test_proves_the_fix_that_it_names_missing)
{
	REACH(OK(UNLINK) "# missing fix: a72f73c4dd9b (\"cgroup: Don't expose dead tasks in cgroup\"), released in 7.0\n" NOT_OK(RMDIR));
	EXPECT_EQ(FIX_MISSING, (int)self->verdict.fix[FIX_HIDE_DEAD].state);
	EXPECT_EQ(FIX_UNKNOWN,
		  (int)self->verdict.fix[FIX_DEFER_RMDIR_KILL].state);
	EXPECT_TRUE(self->verdict.fix[FIX_HIDE_DEAD].pick);
	EXPECT_FALSE(self->verdict.fix[FIX_DEFER_UNLINK].pick);
}

TEST_F(verdict, one_failure_outweighs_passes)
{
	REACH(OK(UNLINK) NOT_OK(UNLINK));
	EXPECT_EQ(FIX_MISSING, (int)self->verdict.fix[FIX_DEFER_UNLINK].state);
}

TEST_F(verdict, failure_without_its_explanation_still_tells)
{
	REACH(NOT_OK(PER_CSS));
	EXPECT_EQ(FIX_MISSING, (int)self->verdict.fix[FIX_PER_CSS_KILL].state);
	EXPECT_EQ((size_t)0, self->verdict.unexplained);
}

TEST_F(verdict, repair_proves_nothing_where_the_repaired_is_missing)
{
	REACH(NOT_OK(UNLINK) OK(RMDIR) OK(HIDE));
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
	REACH(SKIPPED(PER_CSS) OK(REBIND));
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_REBIND));
	EXPECT_EQ(FIX_PER_CSS_KILL,
		  (int)self->verdict.fix[FIX_REBIND].unsure_of);
	EXPECT_FALSE(PICKED(FIX_REBIND));
}

TEST_F(verdict, repair_is_present_where_the_repaired_is)
{
	REACH(OK(PER_CSS) OK(REBIND));
	EXPECT_EQ(FIX_PRESENT, STATE(FIX_REBIND));
	EXPECT_EQ(FIX_NONE, (int)self->verdict.fix[FIX_REBIND].unsure_of);
}

TEST_F(verdict, repair_that_fails_is_missing_whatever_it_repairs)
{
	REACH(SKIPPED(PER_CSS) NOT_OK(REBIND));
	EXPECT_EQ(FIX_MISSING, STATE(FIX_REBIND));
	EXPECT_TRUE(PICKED(FIX_REBIND));
	/* What fails has what it repairs. */
	EXPECT_FALSE(PICKED(FIX_PER_CSS_KILL));
}

TEST_F(verdict, doubt_goes_down_a_chain_of_repairs)
{
	REACH(SKIPPED(UNLINK) OK(RMDIR) OK(DRAINS));
	EXPECT_EQ(FIX_DEFER_UNLINK,
		  (int)self->verdict.fix[FIX_DEFER_RMDIR_KILL].unsure_of);
	EXPECT_EQ(FIX_DEFER_RMDIR_KILL,
		  (int)self->verdict.fix[FIX_PER_CSS].unsure_of);
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_PER_CSS));
}

TEST_F(verdict, repair_that_cannot_be_told_is_picked_with_the_repaired)
{
	REACH(NOT_OK(HEADLESS) SKIPPED(SPARE));
	EXPECT_TRUE(PICKED(FIX_KILL_EXITED_LEADER));
	EXPECT_TRUE(PICKED(FIX_KILL_SPARES_MIGRATED));
}

TEST_F(verdict, repair_that_cannot_be_told_is_not_picked_alone)
{
	REACH(OK(UNLINK) SKIPPED(RT));
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_RT_SLEEP));
	EXPECT_FALSE(PICKED(FIX_RT_SLEEP));
}

TEST_F(verdict, groundwork_that_repairs_a_pick_is_picked_with_it)
{
	REACH(OK(UNLINK) NOT_OK(RMDIR) OK(DRAINS) SKIPPED(PER_CSS));
	EXPECT_TRUE(PICKED(FIX_DEFER_RMDIR_KILL));
	EXPECT_TRUE(PICKED(FIX_PER_CSS));
	EXPECT_FALSE(PICKED(FIX_PER_CSS_KILL));
}

TEST_F(verdict, pick_that_is_no_failure_needs_what_it_repairs)
{
	REACH(OK(UNLINK) SKIPPED(RMDIR) NOT_OK(PER_CSS));
	EXPECT_TRUE(PICKED(FIX_PER_CSS));
	EXPECT_TRUE(PICKED(FIX_DEFER_RMDIR_KILL));
	EXPECT_TRUE(PICKED(FIX_DYING_COUNT));
	EXPECT_FALSE(PICKED(FIX_DEFER_UNLINK));
	EXPECT_FALSE(PICKED(FIX_HIDE_DEAD));
}

TEST_F(verdict, groundwork_that_is_there_is_not_picked)
{
	REACH(OK(UNLINK) OK(RMDIR) OK(DRAINS) NOT_OK(PER_CSS));
	EXPECT_TRUE(PICKED(FIX_PER_CSS_KILL));
	EXPECT_FALSE(PICKED(FIX_PER_CSS));
	EXPECT_FALSE(PICKED(FIX_DEFER_RMDIR_KILL));
}

TEST_F(verdict, what_was_replaced_is_needed_where_its_successor_is_unknown)
{
	REACH(OK(UNLINK) NOT_OK(HIDE) SKIPPED(RMDIR));
	EXPECT_TRUE(PICKED(FIX_HIDE_DEAD));
	EXPECT_TRUE(PICKED(FIX_RMDIR_WAIT));
	EXPECT_TRUE(PICKED(FIX_RMDIR_WAIT_CONDITION));
}

TEST_F(verdict, groundwork_is_picked_with_what_stands_on_it)
{
	REACH(OK(UNLINK) NOT_OK(PER_CSS));
	EXPECT_TRUE(self->verdict.fix[FIX_PER_CSS].pick);
}

TEST_F(verdict, groundwork_alone_is_not_picked)
{
	REACH(OK(UNLINK) OK(PER_CSS));
	EXPECT_FALSE(self->verdict.fix[FIX_PER_CSS].pick);
}

TEST_F(verdict, feature_is_never_picked)
{
	REACH("# missing fix: 41e3312861ea (\"sched_ext: add p->scx.tid and SCX_OPS_TID_TO_TASK lookup\"), released in 7.2\n" SKIPPED(TID));
	EXPECT_EQ(FIX_MISSING, (int)self->verdict.fix[FIX_SCX_TID].state);
	EXPECT_FALSE(self->verdict.fix[FIX_SCX_TID].pick);
}

TEST_F(verdict, two_fixes_without_an_id_are_told_apart)
{
	REACH("# missing fix: \"cgroup: fix cgroup.kill for exited thread group leader\", released in 7.3.4\n" NOT_OK(HEADLESS));
	EXPECT_EQ(FIX_MISSING,
		  (int)self->verdict.fix[FIX_KILL_EXITED_LEADER].state);
	EXPECT_EQ(FIX_UNKNOWN,
		  (int)self->verdict.fix[FIX_KILL_SPARES_MIGRATED].state);
}

TEST_F(verdict, skipped_test_tells_nothing)
{
	REACH(SKIPPED(PER_CSS));
	EXPECT_EQ(FIX_UNKNOWN, (int)self->verdict.fix[FIX_PER_CSS_KILL].state);
	EXPECT_EQ((size_t)1, self->verdict.fix[FIX_PER_CSS_KILL].left);
}

TEST_F(verdict, pass_of_a_guard_by_failure_only_proves_nothing)
{
	REACH(OK(UNLINK) OK(ZOMBIE));
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_HIDE_DEAD));
	EXPECT_EQ((size_t)1, self->verdict.fix[FIX_HIDE_DEAD].left);
}

TEST_F(verdict, failure_of_a_guard_by_failure_only_proves)
{
	REACH(OK(UNLINK) NOT_OK(ZOMBIE));
	EXPECT_EQ(FIX_MISSING, STATE(FIX_HIDE_DEAD));
}

TEST_F(verdict, one_test_may_guard_fixes_in_both_ways)
{
	REACH("# invariant: it is so\n# guards: " UNLINK "\n# guards: " ZOMBIE
	      "\nok 1 p.a\n");
	EXPECT_EQ(FIX_PRESENT, STATE(FIX_DEFER_UNLINK));
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_HIDE_DEAD));
}

TEST_F(verdict, failure_of_a_test_with_two_guards_must_name_one)
{
	REACH("# invariant: it is so\n# guards: " UNLINK "\n# guards: " HIDE
	      "\nnot ok 1 p.a\n");
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_DEFER_UNLINK));
	EXPECT_EQ((size_t)1, self->verdict.unexplained);
}

TEST_F(verdict, failure_of_a_test_without_guards_is_unexplained)
{
	REACH("# invariant: it is so\nnot ok 1 p.a\n");
	EXPECT_EQ((size_t)1, self->verdict.unexplained);
}

TEST_F(verdict, unknown_guard_is_reported)
{
	REACH(OK("0123456789ab"));
	EXPECT_STREQ("0123456789ab", self->verdict.unknown_guard);
	EXPECT_FALSE(verdict_is_complete(&self->verdict, &self->ktap));
}

TEST_F(verdict, fix_without_a_result_was_not_run)
{
	REACH(SKIPPED(RT));
	EXPECT_EQ(CLASS_UNTESTED,
		  (int)verdict_class(&self->verdict, FIX_RT_SLEEP));
	EXPECT_EQ(CLASS_NOT_RUN,
		  (int)verdict_class(&self->verdict, FIX_KILL_EXITED_LEADER));
	EXPECT_FALSE(verdict_is_complete(&self->verdict, &self->ktap));
}

TEST_F(verdict, program_that_was_skipped_may_have_tests_of_any_fix)
{
	REACH("# selftests: task_exit: cgroup_kill\n"
	      "# 1..0 # SKIP needs root\n"
	      "ok 1 selftests: task_exit: cgroup_kill # SKIP\n");
	EXPECT_EQ(CLASS_UNTESTED,
		  (int)verdict_class(&self->verdict, FIX_KILL_EXITED_LEADER));
	ASSERT_NE(NULL, self->verdict.skipped);
	EXPECT_STREQ("needs root", self->verdict.skipped->reason);
	EXPECT_TRUE(verdict_is_complete(&self->verdict, &self->ktap));
}

TEST_F(verdict, variants_and_runs_of_a_test_count_once)
{
	REACH("# invariant: it is so\nok 1 p.v.a\n"
	      "# invariant: it is so\nok 2 p.w.a\n"
	      "# invariant: it is so\nok 3 p.v.a\n"
	      "# invariant: it is so\nok 4 q.a\n# suite: 2 programs, 2 tests\n");
	EXPECT_EQ((size_t)2, self->verdict.tests);
	EXPECT_EQ((size_t)2, self->verdict.programs);
	EXPECT_FALSE(verdict_lacks_tests(&self->verdict, &self->ktap));
}

TEST_F(verdict, test_without_a_result_is_missed)
{
	REACH(OK(UNLINK) "# suite: 1 programs, 2 tests\n");
	EXPECT_TRUE(verdict_lacks_tests(&self->verdict, &self->ktap));
}

TEST_F(verdict, program_without_a_result_is_missed)
{
	REACH(OK(UNLINK) "# suite: 2 programs, 1 tests\n");
	EXPECT_TRUE(verdict_lacks_tests(&self->verdict, &self->ktap));
}

TEST_F(verdict, results_of_an_older_suite_are_recognized)
{
	REACH("ok 1 p.a\n# invariant: it is so\nnot ok 2 p.b\n");
	EXPECT_TRUE(self->verdict.older);
	EXPECT_FALSE(verdict_is_complete(&self->verdict, &self->ktap));
}

TEST_F(verdict, results_of_another_suite_do_not_count)
{
	REACH("# suite: 1 programs, 1 tests\nnot ok 1 test_core.something\n" OK(UNLINK));
	EXPECT_FALSE(self->verdict.older);
	EXPECT_EQ((size_t)1, self->verdict.tests);
	EXPECT_EQ((size_t)0, self->verdict.unexplained);
}

TEST_F(verdict, test_that_was_not_run_on_a_spent_kernel_tells_nothing)
{
	REACH(OK(UNLINK)
		      TEST_OF(HIDE) "ok 1 p.c # SKIP the kernel is spent by p.a: why\n");
	EXPECT_EQ(CLASS_NOT_RUN,
		  (int)verdict_class(&self->verdict, FIX_HIDE_DEAD));
	EXPECT_EQ((size_t)1, self->verdict.spent_tests);
	EXPECT_FALSE(verdict_is_complete(&self->verdict, &self->ktap));
}

TEST_F(verdict, program_that_was_not_run_on_a_spent_kernel_excuses_no_fix)
{
	REACH("# selftests: task_exit: cgroup_kill\n"
	      "# 1..0 # SKIP the kernel is spent by p.a: why\n"
	      "ok 1 selftests: task_exit: cgroup_kill # SKIP\n");
	EXPECT_EQ(NULL, self->verdict.skipped);
	EXPECT_EQ((size_t)1, self->verdict.spent_programs);
	EXPECT_EQ(CLASS_NOT_RUN,
		  (int)verdict_class(&self->verdict, FIX_KILL_EXITED_LEADER));
	EXPECT_FALSE(verdict_is_complete(&self->verdict, &self->ktap));
}

TEST_F(verdict, presumed_fix_is_picked_with_its_repair)
{
	REACH(OK(UNLINK) SKIPPED(HEADLESS) SKIPPED(SPARE));
	verdict_presume(&self->verdict, FIX_KILL_EXITED_LEADER, true);
	verdict_decide_picks(&self->verdict);
	EXPECT_EQ(FIX_UNKNOWN, STATE(FIX_KILL_EXITED_LEADER));
	EXPECT_EQ(CLASS_PRESUMED,
		  (int)verdict_class(&self->verdict, FIX_KILL_EXITED_LEADER));
	EXPECT_TRUE(PICKED(FIX_KILL_EXITED_LEADER));
	EXPECT_TRUE(PICKED(FIX_KILL_SPARES_MIGRATED));
}

TEST_F(verdict, tested_fix_is_not_presumed)
{
	REACH(OK(UNLINK) NOT_OK(HEADLESS));
	verdict_presume(&self->verdict, FIX_DEFER_UNLINK, true);
	verdict_presume(&self->verdict, FIX_KILL_EXITED_LEADER, false);
	verdict_presume(&self->verdict, FIX_HIDE_DEAD, true);
	verdict_decide_picks(&self->verdict);
	EXPECT_FALSE(PICKED(FIX_DEFER_UNLINK));
	EXPECT_TRUE(PICKED(FIX_KILL_EXITED_LEADER));
	/* No test of it was run. */
	EXPECT_FALSE(PICKED(FIX_HIDE_DEAD));
}

TEST_F(verdict, fix_of_a_newer_bug_is_not_picked)
{
	REACH(OK(UNLINK) NOT_OK(HIDE) SKIPPED("60f21a264930"));
	EXPECT_TRUE(PICKED(FIX_ITERATE_EXITING));
	verdict_presume(&self->verdict, FIX_ITERATE_EXITING, false);
	verdict_decide_picks(&self->verdict);
	EXPECT_FALSE(PICKED(FIX_ITERATE_EXITING));
	EXPECT_EQ(CLASS_UNAFFECTED,
		  (int)verdict_class(&self->verdict, FIX_ITERATE_EXITING));
	EXPECT_TRUE(PICKED(FIX_HIDE_DEAD));
}

TEST_F(verdict, smaller_set_has_what_its_fixes_need)
{
	REACH(OK(UNLINK) NOT_OK(PER_CSS) NOT_OK(HEADLESS) SKIPPED(SPARE));
	EXPECT_TRUE(PICKED(FIX_PER_CSS_KILL));
	EXPECT_FALSE(self->verdict.fix[FIX_PER_CSS_KILL].urgent);
	EXPECT_TRUE(self->verdict.fix[FIX_KILL_EXITED_LEADER].urgent);
	EXPECT_TRUE(self->verdict.fix[FIX_KILL_SPARES_MIGRATED].urgent);
}

TEST_HARNESS_MAIN
