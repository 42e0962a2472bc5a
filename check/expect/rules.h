/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rules - the verdict that is expected of a test on a kernel: by the history of the
 * fixes, and by a file of rules for the tests that history alone does not decide.
 */
#ifndef TASK_EXIT_RULES_H
#define TASK_EXIT_RULES_H

#include <stdbool.h>
#include <stdio.h>

#include "fixes.h"
#include "ktap.h"

struct kernel {
	const char *version;
	bool has[FIX_NR]; /* by history, or shown by the results */
	const char *features[8]; /* of the build and the configuration */
	int nr_features;
};

#define RULE_MAX_CONDITIONS 4

struct condition {
	bool with;
	enum fix_id fix; /* FIX_NONE: look at the feature */
	char feature[32];
};

struct rule {
	char pattern[128]; /* PROGRAM.TEST or PROGRAM.VARIANT.TEST, as in fnmatch() */
	unsigned int verdicts; /* a set of 1 << KTAP_* */
	struct condition condition[RULE_MAX_CONDITIONS];
	int nr_conditions;
};

struct feature {
	char name[32];
	char version[16]; /* the first with it */
};

struct rules {
	struct rule rule[128];
	int nr_rules;
	struct feature feature[8];
	int nr_features;
	char error[256]; /* the mistake in the file, with its line */
};

struct expectation {
	unsigned int verdicts;
	enum fix_id fix; /* the one that a failure must name */
};

/* 0, or -EINVAL with an explanation in ->error. */
int rules_read(struct rules *rules, FILE *from);

/* -ENOSPC: too many. */
int kernel_add_feature(struct kernel *kernel, const char *feature);

/* Sets the fixes and features of kernel->version. */
void kernel_recall(struct kernel *kernel, const struct rules *rules);

/*
 * Reads a list of tests, from "task_exit --list", as results without a verdict.
 * 0, or -EINVAL; the list is freed with ktap_free().
 */
int list_read(struct ktap *list, FILE *from);

/* @test may be one of a list, or a result. */
struct expectation rules_expect(const struct rules *rules,
				const struct kernel *kernel,
				const struct ktap_result *test);

/*
 * Whether both kernels lack the same fixes, as far as tests can tell, and fit the
 * same rules. Then every test is expected to have the same verdict on them.
 */
bool rules_treat_alike(const struct rules *rules, const struct kernel *a,
		       const struct kernel *b);

bool result_is_expected(const struct kernel *kernel,
			const struct ktap_result *result,
			struct expectation expected);

#endif /* TASK_EXIT_RULES_H */
