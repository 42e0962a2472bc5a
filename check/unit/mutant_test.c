// SPDX-License-Identifier: GPL-2.0-only
/*
 * mutant_test - a mutant says what it means, or what is wrong with it is told.
 */
#include "kselftest_harness.h"

#include "mutant.h"

FIXTURE(mutant)
{
	struct mutant mutant;
};

FIXTURE_SETUP(mutant)
{
}

FIXTURE_TEARDOWN(mutant)
{
	mutant_free(&self->mutant);
}

static int read_text(struct mutant *mutant, const char *text)
{
	FILE *from = fmemopen((void *)text, strlen(text), "r");
	int err = from ? mutant_read(mutant, from) : -1;

	if (from)
		fclose(from);
	return err;
}

#define HEAD                 \
	"# a remark\n"       \
	"\n"                 \
	"breaks: it holds\n" \
	"killed by: p.a\n"   \
	"\tp.b\n"

#define EDIT                    \
	"file: kernel/exit.c\n" \
	"in: do_exit\n"         \
	"replace: a();\n"       \
	"with:\n"               \
	"\tb();\n"              \
	"\t\tc();\n"

#define EXPECT_WRONG(words, text)                                  \
	do {                                                       \
		EXPECT_NE(0, read_text(&self->mutant, text));      \
		EXPECT_NE(NULL, strstr(self->mutant.error, words)) \
		{                                                  \
			TH_LOG("it says: %s", self->mutant.error); \
		}                                                  \
		mutant_free(&self->mutant);                        \
	} while (0)

TEST_F(mutant, all_of_it_is_read)
{
	ASSERT_EQ(0, read_text(&self->mutant, HEAD EDIT));
	EXPECT_STREQ("it holds", mutant_value(&self->mutant, "breaks"));
	EXPECT_STREQ("p.a\np.b", mutant_value(&self->mutant, "killed by"));
	EXPECT_EQ(NULL, mutant_value(&self->mutant, "says"));
	ASSERT_EQ((size_t)1, self->mutant.nr_edits);
	EXPECT_STREQ("kernel/exit.c", self->mutant.edit->file);
	EXPECT_STREQ("do_exit", self->mutant.edit->in);
	EXPECT_STREQ("a();", self->mutant.edit->replace);
	EXPECT_STREQ("b();\n\tc();", self->mutant.edit->with);
}

TEST_F(mutant, place_holds_until_the_next)
{
	ASSERT_EQ(
		0,
		read_text(
			&self->mutant, HEAD EDIT
			"replace: d();\nwith:\nin: other\nreplace: e();\nwith:\n"
			"file: mm/memcontrol.c\nreplace: f();\nwith:\n"));
	ASSERT_EQ((size_t)4, self->mutant.nr_edits);
	EXPECT_STREQ("do_exit", self->mutant.edit[1].in);
	EXPECT_STREQ("", self->mutant.edit[1].with);
	EXPECT_STREQ("other", self->mutant.edit[2].in);
	EXPECT_STREQ("kernel/exit.c", self->mutant.edit[2].file);
	EXPECT_EQ(NULL, self->mutant.edit[3].in);
	EXPECT_STREQ("mm/memcontrol.c", self->mutant.edit[3].file);
}

TEST_F(mutant, what_is_wrong_is_told)
{
	EXPECT_WRONG("what it breaks", "killed by: p.a\n" EDIT);
	EXPECT_WRONG("killed by: or equivalent:", "breaks: x\n" EDIT);
	EXPECT_WRONG("killed by: or equivalent:", HEAD "equivalent: so\n" EDIT);
	EXPECT_WRONG("wants an edit", HEAD);
	EXPECT_WRONG("wants an edit", HEAD "file: f\nreplace: a\n");
	EXPECT_WRONG("no key kills", HEAD "kills: p.a\n" EDIT);
	EXPECT_WRONG("a second time", HEAD "breaks: y\n" EDIT);
	EXPECT_WRONG("without a file", HEAD "replace: a\nwith:\n");
	EXPECT_WRONG("no with:",
		     HEAD "file: f\nreplace: a\nreplace: b\nwith:\n");
	EXPECT_WRONG("without a replace", HEAD "file: f\nwith: a\n");
	EXPECT_WRONG("without a replace", HEAD EDIT "with: a\n");
	EXPECT_WRONG("without a key", "\tx\n" HEAD EDIT);
	EXPECT_WRONG("neither KEY", HEAD "nonsense\n" EDIT);
	EXPECT_WRONG("line 3: ", "\n\nnonsense\n");
	EXPECT_WRONG("what it breaks", "");
}

TEST_HARNESS_MAIN
