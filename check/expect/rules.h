/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rules - what a test is expected to say on a kernel, from the history of the
 * fixes and from a file of rules for the tests that history alone does not decide.
 */
#ifndef TASK_EXIT_RULES_H
#define TASK_EXIT_RULES_H

#include <stdbool.h>
#include <stdio.h>

#include "fixes.h"
#include "ktap.h"

/* The kernel that is asked about. */
struct kernel {
	const char *version;
	bool has[FIX_NR]; /* by history, or proven by the results */
	const char *features[8]; /* of the build and the configuration */
	int nr_features;
};

#define RULE_MAX_CONDITIONS 4

struct condition {
	bool with;
	enum fix_id fix; /* or, if FIX_NONE, */
	char feature[32];
};

struct rule {
	char pattern[128]; /* PROGRAM.TEST or PROGRAM.VARIANT.TEST, as in fnmatch() */
	unsigned int verdicts; /* a set of 1 << KTAP_*: each of them will do */
	struct condition condition[RULE_MAX_CONDITIONS];
	int nr_conditions;
};

struct feature {
	char name[32];
	char version[16]; /* the first that has it */
};

struct rules {
	struct rule rule[64];
	int nr_rules;
	struct feature feature[8];
	int nr_features;
	char error[256]; /* why the file was refused, with the line */
};

struct expectation {
	unsigned int verdicts;
	enum fix_id fix; /* the one that a failure names */
};

/* 0, or -EINVAL with an explanation in ->error. */
int rules_read(struct rules *rules, FILE *from);

/* -ENOSPC: it has too many. */
int kernel_add_feature(struct kernel *kernel, const char *feature);

/* What history and the rules' features know of kernel->version. */
void kernel_recall(struct kernel *kernel, const struct rules *rules);

/* @name is PROGRAM.TEST or PROGRAM.VARIANT.TEST, of @inv. */
struct expectation rules_expect(const struct rules *rules,
				const struct kernel *kernel,
				const struct invariant *inv, const char *name);

/* Whether the same is expected of two kernels, whatever the test. */
bool rules_expect_same(const struct rules *rules, const struct kernel *a,
		       const struct kernel *b);

bool result_is_expected(const struct ktap_result *result,
			struct expectation expected);

#endif /* TASK_EXIT_RULES_H */
