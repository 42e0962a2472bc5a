// SPDX-License-Identifier: GPL-2.0-only
/*
 * source_test - tests finding definitions and code in C source.
 */
#include "kselftest_harness.h"

#include "source.h"

FIXTURE(source)
{
	struct source file;
	struct spans scopes, found;
};

FIXTURE_SETUP(source)
{
}

FIXTURE_TEARDOWN(source)
{
	source_free(&self->file);
	spans_free(&self->scopes);
	spans_free(&self->found);
}

static void find(FIXTURE_DATA(source) * self, const char *text, const char *in,
		 const char *wanted_text)
{
	struct source wanted = {};

	if (!source_split(&self->file, text) &&
	    !source_find_definitions(&self->file, in, &self->scopes) &&
	    !source_split(&wanted, wanted_text))
		source_find(&self->file, &self->scopes, &wanted, &self->found);
	source_free(&wanted);
}

/* Expects @wanted @times in the definitions of @in. */
#define EXPECT_FOUND(times, text, in, wanted)               \
	do {                                                \
		find(self, text, in, wanted);               \
		EXPECT_EQ((size_t)(times), self->found.nr); \
		spans_free(&self->scopes);                  \
		spans_free(&self->found);                   \
		source_free(&self->file);                   \
	} while (0)

#define EXPECT_DEFINED(times, text, in)                      \
	do {                                                 \
		find(self, text, in, "nothing");             \
		EXPECT_EQ((size_t)(times), self->scopes.nr); \
		spans_free(&self->scopes);                   \
		spans_free(&self->found);                    \
		source_free(&self->file);                    \
	} while (0)

TEST_F(source, ignores_layout_and_comments)
{
	EXPECT_FOUND(1,
		     "int f(void)\n{\n\tif (a /* why */ &&\n\t    b)\n\t\tg( 1 );\n}\n",
		     "f", "if (a && b) g(1);");
	EXPECT_FOUND(1, "void f(void) { a // b\n= 1; }", "f", "a=1;");
	EXPECT_FOUND(1, "#define M(x) do { \\\n\ta(x); \\\n} while (0)\n",
		     "#define M", "do { a(x); }");
}

TEST_F(source, finds_whole_tokens_only)
{
	EXPECT_FOUND(0, "void f(void) { abc(); }", "f", "bc()");
	EXPECT_FOUND(0, "void f(void) { a == b; }", "f", "= b");
	EXPECT_FOUND(0, "void f(void) { a <<= b; }", "f", "a <");
	EXPECT_FOUND(0, "void f(void) { g(\"a b\"); }", "f", "a b");
	EXPECT_FOUND(0, "void f(void) { /* g(); */ }", "f", "g();");
}

TEST_F(source, strings_and_characters_are_tokens)
{
	EXPECT_FOUND(1, "void f(void) { g(\"}\\\"{\", '}', '\\''); h(); }", "f",
		     "h();");
	EXPECT_FOUND(1, "void f(void) { g(\"/* \"); h(); }", "f", "h();");
	EXPECT_FOUND(0, "void f(void) { g(\"a  b\"); }", "f", "\"a b\"");
}

TEST_F(source, finds_nothing_outside_the_definition)
{
	EXPECT_FOUND(1,
		     "void e(void) { a(); }\nvoid f(void) { a(); }\nvoid g(void) { a(); }\n",
		     "f", "a();");
	EXPECT_FOUND(0, "void f(void) { if (x) { } }\nvoid g(void) { a(); }\n",
		     "f", "a();");
}

TEST_F(source, finds_all_occurrences)
{
	EXPECT_FOUND(2, "void f(void) { a(); a(); }", "f", "a();");
	EXPECT_FOUND(2, "void f(void) { a(); }\n#else\nvoid f(void) { a(); }",
		     "f", "a();");
}

TEST_F(source, declarations_and_calls_are_no_definitions)
{
	EXPECT_DEFINED(0, "void f(void);\nvoid g(void) { f(); x = f() + 1; }",
		       "f");
	EXPECT_DEFINED(1,
		       "static int f(int (*g)(void), int b)\n\t__releases(b)\n{\n}",
		       "f");
	EXPECT_DEFINED(0, "void fg(void) { }", "f");
}

TEST_F(source, finds_other_definitions_than_functions)
{
	EXPECT_FOUND(1, "struct s *p;\nstruct s { int a; };\nint a;",
		     "struct s", "int a;");
	EXPECT_FOUND(1, "enum e { A, B };\nint B;", "enum e", "B");
	EXPECT_FOUND(1, "#define A 1\n#define B 2\n", "#define B", "2");
	EXPECT_FOUND(0, "#define A 1\n#define B 2\n", "#define A", "2");
	EXPECT_FOUND(1,
		     "struct s v __x = { .f = g };\nstruct s w = { .f = g };",
		     "v", ".f = g");
	EXPECT_FOUND(1, "int v[2][3] = { { 1 }, { 7 } };", "v", "7");
}

TEST_F(source, accepts_unfinished_text)
{
	EXPECT_DEFINED(0, "void f(void) { if (x) {", "f");
	EXPECT_DEFINED(0, "void f(void", "f");
	EXPECT_DEFINED(0, "int v[", "v");
	EXPECT_DEFINED(0, "/* f(", "f");
	EXPECT_DEFINED(0, "\"f(", "f");
	EXPECT_DEFINED(0, "", "f");
}

TEST_HARNESS_MAIN
