// SPDX-License-Identifier: GPL-2.0-only
/*
 * mutant_test - tests reading mutant files, and the errors in them.
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
	"# a comment\n"      \
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

#define EXPECT_ERROR(words, text)                                  \
	do {                                                       \
		EXPECT_NE(0, read_text(&self->mutant, text));      \
		EXPECT_NE(NULL, strstr(self->mutant.error, words)) \
		{                                                  \
			TH_LOG("error: %s", self->mutant.error);   \
		}                                                  \
		mutant_free(&self->mutant);                        \
	} while (0)

TEST_F(mutant, reads_headers_and_edits)
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

TEST_F(mutant, file_and_in_apply_to_following_edits)
{
	ASSERT_EQ(0,
		  read_text(&self->mutant, HEAD EDIT
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

TEST_F(mutant, reports_errors)
{
	EXPECT_ERROR("breaks: is missing", "killed by: p.a\n" EDIT);
	EXPECT_ERROR("or cannot be detected:", "breaks: x\n" EDIT);
	EXPECT_ERROR("or cannot be detected:",
		     HEAD "cannot be detected: so\n" EDIT);
	EXPECT_ERROR("or cannot be detected:",
		     "breaks: x\nrefuted by: a\ncannot be detected: so\n" EDIT);
	EXPECT_ERROR("needs an edit", HEAD);
	EXPECT_ERROR("needs an edit", HEAD "file: f\nreplace: a\n");
	EXPECT_ERROR("unknown key kills", HEAD "kills: p.a\n" EDIT);
	EXPECT_ERROR("duplicate breaks:", HEAD "breaks: y\n" EDIT);
	EXPECT_ERROR("without a file", HEAD "replace: a\nwith:\n");
	EXPECT_ERROR("no with:",
		     HEAD "file: f\nreplace: a\nreplace: b\nwith:\n");
	EXPECT_ERROR("without a replace", HEAD "file: f\nwith: a\n");
	EXPECT_ERROR("without a replace", HEAD EDIT "with: a\n");
	EXPECT_ERROR("without a key", "\tx\n" HEAD EDIT);
	EXPECT_ERROR("expected KEY: VALUE", HEAD "nonsense\n" EDIT);
	EXPECT_ERROR("line 3: ", "\n\nnonsense\n");
	EXPECT_ERROR("breaks: is missing", "");
}

TEST_HARNESS_MAIN
