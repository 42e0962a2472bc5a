// SPDX-License-Identifier: GPL-2.0-only
/*
 * expect_test - the expected verdict of a test, and the files of rules and tests.
 */
#include "kselftest_harness.h"

#include "rules.h"
#include "verdict.h"

FIXTURE(expect)
{
	struct rules rules;
	struct kernel kernel;
};

FIXTURE_SETUP(expect)
{
}

FIXTURE_TEARDOWN(expect)
{
}

static int read_text(struct rules *rules, const char *text)
{
	FILE *from = fmemopen((void *)text, strlen(text), "r");
	int err = from ? rules_read(rules, from) : -1;

	if (from)
		fclose(from);
	return err;
}

static struct expectation of(struct rules *rules, const char *version,
			     const char *name, const char *guard)
{
	char program[32], *guards = (char *)guard;
	struct kernel kernel = { .version = version };
	struct ktap_result test = {
		.program = program,
		.name = (char *)name,
		.guards = { .line = &guards, .nr = 1 },
	};

	snprintf(program, sizeof(program), "%.*s", (int)strcspn(name, "."),
		 name);
	kernel_recall(&kernel, rules);
	return rules_expect(rules, &kernel, &test);
}

#define RMDIR "cgroup_rmdir.variant.hidden", "93618edf7538"
#define HEADLESS                        \
	"cgroup_kill.variant.headless", \
		"cgroup: fix cgroup.kill for exited thread group leader"

TEST_F(expect, test_fails_where_its_fix_is_missing)
{
	ASSERT_EQ(0, read_text(&self->rules, "# nothing\n\n"));
	EXPECT_EQ(FIX_KILL_EXITED_LEADER,
		  (int)of(&self->rules, "6.12.107", HEADLESS).fix);
	EXPECT_EQ(1U << KTAP_PASS,
		  of(&self->rules, "6.12.117", HEADLESS).verdicts);
	EXPECT_EQ(1U << KTAP_FAIL,
		  of(&self->rules, "7.2.13", HEADLESS).verdicts);
	EXPECT_EQ(1U << KTAP_PASS, of(&self->rules, "7.4", HEADLESS).verdicts);
}

TEST_F(expect, repair_is_not_missed_where_nothing_is_broken_yet)
{
	ASSERT_EQ(0, read_text(&self->rules, "\n"));
	EXPECT_EQ(1U << KTAP_PASS, of(&self->rules, "6.18.15", RMDIR).verdicts);
	EXPECT_EQ(FIX_DEFER_RMDIR_KILL,
		  (int)of(&self->rules, "6.19.14", RMDIR).fix);
	EXPECT_EQ(1U << KTAP_PASS, of(&self->rules, "7.0.9", RMDIR).verdicts);
}

TEST_F(expect, first_rule_that_fits_goes_before_history)
{
	ASSERT_EQ(0,
		  read_text(&self->rules,
			    "cgroup_rmdir.hidden* skip without d245698d727a\n"
			    "cgroup_rmdir.hidden* xfail with d245698d727a without 93618edf7538\n"
			    "cgroup_kill.variant.* pass|skip always\n"));
	EXPECT_EQ(1U << KTAP_SKIP, of(&self->rules, "6.18.15", RMDIR).verdicts);
	EXPECT_EQ(1U << KTAP_XFAIL, of(&self->rules, "6.19.6", RMDIR).verdicts);
	EXPECT_EQ(1U << KTAP_PASS, of(&self->rules, "7.1", RMDIR).verdicts);
	EXPECT_EQ(1U << KTAP_PASS | 1U << KTAP_SKIP,
		  of(&self->rules, "6.18.15", HEADLESS).verdicts);
}

TEST_F(expect, feature_begins_with_a_version)
{
	ASSERT_EQ(0, read_text(&self->rules,
			       "feature leap 6.16\n"
			       "cgroup_rmdir.* skip without leap\n"));
	EXPECT_EQ(1U << KTAP_SKIP, of(&self->rules, "6.12.1", RMDIR).verdicts);
	EXPECT_EQ(1U << KTAP_PASS, of(&self->rules, "6.16.3", RMDIR).verdicts);
}

static bool same(struct rules *rules, const char *a, const char *b)
{
	struct kernel kernel = { .version = a }, other = { .version = b };

	kernel_recall(&kernel, rules);
	kernel_recall(&other, rules);
	return rules_treat_alike(rules, &kernel, &other);
}

TEST_F(expect, kernels_with_the_same_fixes_stand_in_for_each_other)
{
	ASSERT_EQ(0, read_text(&self->rules,
			       "feature leap 7.0.6\n"
			       "cgroup_rmdir.* skip without leap\n"));
	EXPECT_TRUE(same(&self->rules, "6.19.6", "6.19.8"));
	EXPECT_FALSE(same(&self->rules, "6.19.8", "6.19.9"));
	EXPECT_TRUE(same(&self->rules, "7.0.1", "7.0.4"));
	EXPECT_FALSE(same(&self->rules, "7.0.4", "7.0.7"));
}

TEST_F(expect, mistake_in_the_rules_is_named_with_its_line)
{
	static const struct {
		const char *text, *error;
	} mistakes[] = {
		{ "x\n", "line 1: a verdict is pass, skip or xfail, not " },
		{ "\nx fails always\n",
		  "line 2: a verdict is pass, skip or xfail, not fails" },
		{ "x skip\n", "line 1: no condition; say always " },
		{ "x skip with 0123456789ab\n",
		  "line 1: lib/fixes.c has no 0123456789ab" },
		{ "x skip always x\n", "line 1: nothing may follow always" },
		{ "feature x y\n", "line 1: feature NAME VERSION, not y" },
		{ "feature x\n", "line 1: feature NAME VERSION, not " },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mistakes); i++) {
		EXPECT_NE(0, read_text(&self->rules, mistakes[i].text));
		EXPECT_STREQ(mistakes[i].error, self->rules.error);
	}
}

TEST_F(expect, list_of_tests_is_read)
{
	static const char text[] = "p.a\t93618edf7538,d245698d727a?\tit is so\n"
				   "q.b\t\tit is not\n";
	FILE *from = fmemopen((void *)text, strlen(text), "r");
	const struct ktap_result *test;
	struct ktap list;

	ASSERT_EQ(0, list_read(&list, from));
	fclose(from);
	ASSERT_EQ((size_t)2, list.nr_results);
	test = &list.result[0];
	EXPECT_STREQ("p", test->program);
	EXPECT_STREQ("p.a", test->name);
	EXPECT_STREQ("it is so", test->invariant);
	EXPECT_EQ(GUARD_FULL, (int)result_guard(test, FIX_DEFER_RMDIR_KILL));
	EXPECT_EQ(GUARD_FAILURE_ONLY,
		  (int)result_guard(test, FIX_DEFER_UNLINK));
	EXPECT_EQ((size_t)0, list.result[1].guards.nr);
	EXPECT_STREQ("it is not", list.result[1].invariant);
	ktap_free(&list);
}

TEST_F(expect, text_that_is_no_list_is_refused)
{
	static const char *const texts[] = { "\n", "p.a\n", "p.a\tx\n",
					     "a\tx\ty\n" };
	struct ktap list;
	FILE *from;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		from = fmemopen((void *)texts[i], strlen(texts[i]), "r");
		EXPECT_EQ(-EINVAL, list_read(&list, from));
		fclose(from);
		ktap_free(&list);
	}
}

TEST_HARNESS_MAIN
