// SPDX-License-Identifier: GPL-2.0-only
/*
 * ktap_test - the reader takes results from any source, and lists what is missing.
 */
#include "kselftest_harness.h"

#include "ktap.h"

FIXTURE(ktap)
{
	struct ktap ktap;
};

FIXTURE_SETUP(ktap)
{
}

FIXTURE_TEARDOWN(ktap)
{
	ktap_free(&self->ktap);
}

static int read_text(struct ktap *ktap, const char *text)
{
	FILE *from = fmemopen((void *)text, strlen(text), "r");
	int err = from ? ktap_read(ktap, from) : -1;

	if (from)
		fclose(from);
	return err;
}

#define RUNNER_BEGIN                             \
	"TAP version 13\n"                       \
	"1..1\n"                                 \
	"# timeout set to 600\n"                 \
	"# selftests: task_exit: cgroup_rmdir\n" \
	"# TAP version 13\n"                     \
	"# 1..3\n"                               \
	"# # Starting 3 tests from 1 test cases.\n"
#define FIRST_RESULT                              \
	"# #  RUN           cgroup_rmdir.a ...\n" \
	"# #            OK  cgroup_rmdir.a\n"     \
	"# ok 1 cgroup_rmdir.a\n"
#define OTHER_RESULTS                                  \
	"# #  RUN           cgroup_rmdir.b ...\n"      \
	"# # invariant: it does not\n"                 \
	"# # guards: 93618edf7538\n"                   \
	"# # guards: cgroup: a \"b\" (failure only)\n" \
	"# # failure: it does\n"                       \
	"# #      13.582  test         it begins\n"    \
	"# # b: Test failed\n"                         \
	"# #          FAIL  cgroup_rmdir.b\n"          \
	"# not ok 2 cgroup_rmdir.b #  it does\n"       \
	"# ok 3 cgroup_rmdir.v.c # SKIP why not\n"
#define RUNNER_END                                                   \
	"# # FAILED: 2 / 3 tests passed.\n"                          \
	"# # Totals: pass:1 fail:1 xfail:0 xpass:0 skip:1 error:0\n" \
	"# # suite: 38 programs, 225 tests\n"                        \
	"not ok 1 selftests: task_exit: cgroup_rmdir # exit=1\n"     \
	"# Totals: pass:0 fail:1 xfail:0 xpass:0 skip:0 error:0\n"

TEST_F(ktap, whole_run_is_read)
{
	struct ktap *ktap = &self->ktap;

	ASSERT_EQ(0, read_text(ktap, RUNNER_BEGIN FIRST_RESULT OTHER_RESULTS
					     RUNNER_END));
	EXPECT_EQ((size_t)0, ktap->complaints.nr);
	ASSERT_EQ((size_t)1, ktap->nr_programs);
	EXPECT_STREQ("cgroup_rmdir", ktap->program[0].name);
	EXPECT_EQ(KTAP_FAIL, (int)ktap->program[0].verdict);
	EXPECT_STREQ("exit=1", ktap->program[0].reason);
	ASSERT_EQ((size_t)3, ktap->nr_results);
	EXPECT_EQ(KTAP_PASS, (int)ktap->result[0].verdict);
	EXPECT_STREQ("cgroup_rmdir.a", ktap->result[0].name);
	EXPECT_EQ((size_t)0, ktap->result[0].said.nr);
	EXPECT_EQ(KTAP_FAIL, (int)ktap->result[1].verdict);
	EXPECT_STREQ("it does", ktap->result[1].reason);
	EXPECT_EQ(KTAP_SKIP, (int)ktap->result[2].verdict);
	EXPECT_STREQ("why not", ktap->result[2].reason);
	EXPECT_STREQ("c", ktap_test(&ktap->result[2]));
}

TEST_F(ktap, explanation_is_kept_as_it_was_printed)
{
	const struct ktap_text *said;

	ASSERT_EQ(0, read_text(&self->ktap, RUNNER_BEGIN FIRST_RESULT
						    OTHER_RESULTS RUNNER_END));
	said = &self->ktap.result[1].said;
	ASSERT_EQ((size_t)2, said->nr);
	EXPECT_STREQ("failure: it does", said->line[0]);
	EXPECT_STREQ("     13.582  test         it begins", said->line[1]);
}

TEST_F(ktap, result_has_its_invariant_and_guards)
{
	const struct ktap_result *result;

	ASSERT_EQ(0, read_text(&self->ktap, RUNNER_BEGIN FIRST_RESULT
						    OTHER_RESULTS RUNNER_END));
	EXPECT_EQ(NULL, self->ktap.result[0].invariant);
	EXPECT_EQ((size_t)0, self->ktap.result[0].guards.nr);
	result = &self->ktap.result[1];
	EXPECT_STREQ("it does not", result->invariant);
	ASSERT_EQ((size_t)2, result->guards.nr);
	EXPECT_STREQ("93618edf7538", result->guards.line[0]);
	EXPECT_STREQ("cgroup: a \"b\" (failure only)", result->guards.line[1]);
	EXPECT_EQ(NULL, self->ktap.result[2].invariant);
}

TEST_F(ktap, guards_of_a_test_without_a_result_are_dropped)
{
	ASSERT_EQ(0, read_text(&self->ktap,
			       "# selftests: task_exit: cgroup_rmdir\n"
			       "# #  RUN           cgroup_rmdir.a ...\n"
			       "# # invariant: of a\n# # guards: 93618edf7538\n"
			       "# #  RUN           cgroup_rmdir.b ...\n"
			       "# # invariant: of b\n"
			       "# ok 2 cgroup_rmdir.b\n"));
	ASSERT_EQ((size_t)1, self->ktap.nr_results);
	EXPECT_STREQ("of b", self->ktap.result[0].invariant);
	EXPECT_EQ((size_t)0, self->ktap.result[0].guards.nr);
}

TEST_F(ktap, size_of_the_suite_is_read)
{
	ASSERT_EQ(0, read_text(&self->ktap, RUNNER_BEGIN FIRST_RESULT));
	EXPECT_EQ((size_t)0, self->ktap.suite_tests);
	ktap_free(&self->ktap);
	ASSERT_EQ(0, read_text(&self->ktap, RUNNER_BEGIN FIRST_RESULT
						    OTHER_RESULTS RUNNER_END));
	EXPECT_EQ((size_t)38, self->ktap.suite_programs);
	EXPECT_EQ((size_t)225, self->ktap.suite_tests);
}

TEST_F(ktap, another_suite_may_name_its_results_as_it_likes)
{
	ASSERT_EQ(0,
		  read_text(&self->ktap,
			    "1..1\n# selftests: cgroup: test_core\n"
			    "# 1..2\n# ok 1 - test a b\n"
			    "# not ok 2 c # why\n"
			    "not ok 1 selftests: cgroup: test_core # exit=1\n"));
	EXPECT_EQ((size_t)0, self->ktap.complaints.nr);
	ASSERT_EQ((size_t)2, self->ktap.nr_results);
	EXPECT_STREQ("test a b", self->ktap.result[0].name);
	EXPECT_STREQ("test_core", self->ktap.result[0].program);
	EXPECT_STREQ("c", ktap_short_name(&self->ktap.result[1]));
	EXPECT_STREQ("why", self->ktap.result[1].reason);
	EXPECT_STREQ("cgroup", self->ktap.program[0].collection);
}

TEST_F(ktap, each_line_is_an_event)
{
	static const struct {
		const char *line;
		enum ktap_event event;
	} lines[] = {
		{ "1..1", KTAP_PLAN },
		{ "# selftests: task_exit: scx_x", KTAP_PROGRAM_BEGINS },
		{ "# 1..1", KTAP_PLAN },
		{ "# #  RUN           scx_x.a ...", KTAP_NOTHING },
		{ "# # failure: it does", KTAP_SAID },
		{ "# not ok 1 scx_x.a # it does", KTAP_RESULT },
		{ "not ok 1 selftests: task_exit: scx_x", KTAP_PROGRAM_ENDS },
		{ "login:", KTAP_NOTHING },
	};
	struct ktap_reader *reader = ktap_begin(&self->ktap);
	char line[80];
	size_t i;

	ASSERT_NE(NULL, reader);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(line, sizeof(line), "%s", lines[i].line);
		EXPECT_EQ((int)lines[i].event, ktap_take(reader, line));
		if (lines[i].event == KTAP_SAID)
			EXPECT_STREQ("failure: it does",
				     ktap_last_said(reader));
		if (lines[i].event == KTAP_PLAN)
			EXPECT_EQ(i ? -1 : 1, ktap_loose_plan(reader));
	}
	EXPECT_EQ(0, ktap_end(reader));
	EXPECT_EQ((size_t)0, self->ktap.complaints.nr);
}

TEST_F(ktap, one_programs_own_output_is_read)
{
	ASSERT_EQ(0, read_text(&self->ktap,
			       "TAP version 13\n"
			       "1..2\n"
			       "ok 1 scx_x.a\n"
			       "not ok 2 scx_x.b # XFAIL so it is\n"));
	EXPECT_EQ((size_t)0, self->ktap.complaints.nr);
	ASSERT_EQ((size_t)2, self->ktap.nr_results);
	EXPECT_STREQ("scx_x", self->ktap.result[0].program);
	EXPECT_EQ(KTAP_XFAIL, (int)self->ktap.result[1].verdict);
}

TEST_F(ktap, serial_log_is_read)
{
	struct ktap *ktap = &self->ktap;

	ASSERT_EQ(0,
		  read_text(ktap, "[    0.000000] Linux version 7.3\r\n"
				  "[    1.500000] TAP version 13\r\n"
				  "[    1.500000] 1..2\r\n"
				  "[    1.600000] ok 1 scx_x.a\r\n"
				  "[    1.700000][   T1] sched_ext: enabled\r\n"
				  "\033[32mok 2 scx_x.b\033[m\r\n"));
	EXPECT_EQ((size_t)0, ktap->complaints.nr);
	ASSERT_EQ((size_t)2, ktap->nr_results);
	EXPECT_STREQ("scx_x.b", ktap->result[1].name);
}

TEST_F(ktap, kernel_is_named_by_a_line_of_vm_run)
{
	ASSERT_EQ(0, read_text(&self->ktap,
			       "TAP version 13\n# kernel: 7.0.9-mine\n1..1\n"
			       "# selftests: task_exit: cgroup_rmdir\n"
			       "# # kernel: WARNING: quoted\n"
			       "# ok 1 cgroup_rmdir.a\n"
			       "ok 1 selftests: task_exit: cgroup_rmdir\n"));
	EXPECT_STREQ("7.0.9-mine", self->ktap.kernel);
	EXPECT_EQ((size_t)0, self->ktap.complaints.nr);
}

TEST_F(ktap, kernel_names_itself_on_a_serial_console)
{
	ASSERT_EQ(0,
		  read_text(&self->ktap,
			    "[    0.000000] Linux version 7.0.9-mine (a@b) (gcc)\r\n" RUNNER_BEGIN
			    "# # kernel: WARNING: quoted\n" FIRST_RESULT));
	EXPECT_STREQ("7.0.9-mine", self->ktap.kernel);
}

TEST_F(ktap, kernel_may_be_unknown)
{
	ASSERT_EQ(0, read_text(&self->ktap, RUNNER_BEGIN
			       "# # kernel: WARNING: quoted\n" FIRST_RESULT));
	EXPECT_EQ(NULL, self->ktap.kernel);
}

TEST_F(ktap, time_stamps_of_a_collector_are_cut_off)
{
	ASSERT_EQ(0, read_text(&self->ktap,
			       "2026-11-21T10:00:00.1 1..1\n"
			       "2026-11-21T10:00:00.2 ok 1 scx_x.a\n"));
	EXPECT_EQ((size_t)0, self->ktap.complaints.nr);
	ASSERT_EQ((size_t)1, self->ktap.nr_results);
}

TEST_F(ktap, line_cut_by_a_kernel_message_is_reported)
{
	ASSERT_EQ(0,
		  read_text(&self->ktap, "1..2\n"
					 "ok 1 scx_x.a\n"
					 "ok 2 scx[    3.141592] sched_ext: x\n"
					 "_x.b\n"));
	EXPECT_EQ((size_t)1, self->ktap.nr_results);
	EXPECT_EQ((size_t)1, self->ktap.garbled);
	EXPECT_EQ((size_t)2, self->ktap.complaints.nr);
}

TEST_F(ktap, quoted_kernel_log_does_not_cut_a_line)
{
	ASSERT_EQ(0,
		  read_text(&self->ktap, "1..1\n"
					 "# kernel: [    3.141592] WARNING: x\n"
					 "not ok 1 scx_x.a\n"));
	EXPECT_EQ((size_t)0, self->ktap.garbled);
	EXPECT_EQ((size_t)0, self->ktap.complaints.nr);
}

TEST_F(ktap, truncated_run_is_reported)
{
	const struct ktap_text *complaints = &self->ktap.complaints;

	ASSERT_EQ(0, read_text(&self->ktap, RUNNER_BEGIN FIRST_RESULT
			       "# #  RUN           cgroup_rmdir.b ...\n"));
	EXPECT_EQ((size_t)1, self->ktap.nr_results);
	ASSERT_EQ((size_t)3, complaints->nr);
	EXPECT_STREQ("cgroup_rmdir.b began and has no result",
		     complaints->line[0]);
	EXPECT_STREQ("cgroup_rmdir planned 3 results and has 1",
		     complaints->line[1]);
	EXPECT_STREQ("1 programs were planned and 0 ended",
		     complaints->line[2]);
}

TEST_F(ktap, several_runs_in_one_file_are_read)
{
	ASSERT_EQ(0, read_text(&self->ktap,
			       RUNNER_BEGIN FIRST_RESULT OTHER_RESULTS
				       RUNNER_END RUNNER_BEGIN FIRST_RESULT
					       OTHER_RESULTS RUNNER_END));
	EXPECT_EQ((size_t)6, self->ktap.nr_results);
	EXPECT_EQ((size_t)0, self->ktap.complaints.nr);
}

TEST_F(ktap, skipped_program_is_read)
{
	ASSERT_EQ(0, read_text(&self->ktap,
			       "1..1\n"
			       "# selftests: task_exit: scx_x\n"
			       "# TAP version 13\n"
			       "# 1..0 # SKIP not root\n"
			       "ok 1 selftests: task_exit: scx_x # SKIP\n"));
	EXPECT_EQ((size_t)0, self->ktap.complaints.nr);
	ASSERT_EQ((size_t)1, self->ktap.nr_programs);
	EXPECT_EQ(KTAP_SKIP, (int)self->ktap.program[0].verdict);
	EXPECT_STREQ("not root", self->ktap.program[0].reason);
}

TEST_F(ktap, missing_results_are_reported)
{
	ASSERT_EQ(0, read_text(&self->ktap, "Linux version 7.3\nlogin:\n"));
	EXPECT_EQ((size_t)0, self->ktap.nr_results);
	ASSERT_EQ((size_t)1, self->ktap.complaints.nr);
	EXPECT_STREQ("no test results in 2 line(s)",
		     self->ktap.complaints.line[0]);
}

TEST_F(ktap, spent_kernel_is_read_once)
{
	ASSERT_EQ(0,
		  read_text(&self->ktap, "# kernel spent: p.a: rmdir sleeps\n"
					 "not ok 1 p.a # x\n"
					 "# kernel spent: p.a: rmdir sleeps\n"
					 "# # kernel spent: p.ab: it warns\n"));
	ASSERT_EQ((size_t)2, self->ktap.spent.nr);
	EXPECT_STREQ("p.a: rmdir sleeps", self->ktap.spent.line[0]);
	EXPECT_STREQ("p.ab: it warns", self->ktap.spent.line[1]);
}

TEST(test_that_was_not_run_names_the_one_that_spent_the_kernel)
{
	EXPECT_STREQ("p.a: why",
		     ktap_spent_by("the kernel is spent by p.a: why"));
	EXPECT_EQ(NULL, ktap_spent_by("the kernel has no FUSE"));
	EXPECT_EQ(NULL, ktap_spent_by(NULL));
}

TEST(reason_is_in_words)
{
	static const char *const code[] = {
		"",
		"a == b",
		"0 != err",
		"Expected 0 (0) == err (-2)",
		"skel->bss->seen is 0",
		"ASSERT_TRUE(x)",
	};
	size_t i;

	EXPECT_TRUE(ktap_is_in_words("rmdir of c fails: Device or resource busy"));
	EXPECT_TRUE(ktap_is_in_words("R2: cgroup_exit of cgroup 1 before exit_task of task 2"));
	for (i = 0; i < sizeof(code) / sizeof(code[0]); i++)
		EXPECT_FALSE(ktap_is_in_words(code[i]));
}

TEST_HARNESS_MAIN
