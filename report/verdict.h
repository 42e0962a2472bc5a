/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict - from test results to the upstream fixes that a kernel has.
 */
#ifndef TASK_EXIT_VERDICT_H
#define TASK_EXIT_VERDICT_H

#include "fixes.h"
#include "ktap.h"

enum fix_state {
	FIX_UNKNOWN, /* cannot tell here */
	FIX_PRESENT,
	FIX_MISSING,
};

struct fix_verdict {
	enum fix_state state;
	enum fix_id moot_without; /* it repairs this one, which is missing */
	enum fix_id
		unsure_of; /* its tests pass; it repairs this one, which is unknown */
	bool replaced; /* another, which is there or to be picked, does its work */
	bool pick; /* missing, or its time comes with what is */
	size_t passed, failed,
		left; /* results: proofs of it, against it, neither */
	size_t not_run; /* tests of it that have no result */
};

/* What becomes of a fix: each is of one class, so that they add up. */
enum fix_class {
	CLASS_PRESENT, /* it matters here, as does what is missing */
	CLASS_MISSING,
	CLASS_WITH, /* unknown, and to be picked with what is missing */
	CLASS_FEATURE, /* whether it is there or not */
	CLASS_SUPERSEDED, /* a later one does its work, or will when that is picked */
	CLASS_UNTESTED, /* it was asked, and cannot be told here */
	CLASS_NOT_RUN, /* nobody has asked */
};

struct verdict {
	struct fix_verdict fix[FIX_NR];
	size_t unexplained; /* failed, and no upstream commit is known for it */
	size_t foreign; /* results of tests that are not in the table */
	bool asked[INVARIANTS_MAX]; /* the test, or its program, has a result */
	size_t not_run; /* tests in the table that were not asked */
};

/* What a result's explanation says is missing: whether it names this fix. */
bool result_names(const struct ktap_result *result, enum fix_id id);

/* Whether the result says, or implies, that the fix is missing. */
bool result_blames(const struct ktap_result *result, enum fix_id id);

/* A failure that is blamed on no known fix. */
bool result_is_unexplained(const struct ktap_result *result);

/* Whether the fix is one that this test can miss. */
bool result_is_about(const struct ktap_result *result, enum fix_id id);

/* Whether the result proves that the fix is there, if what it repairs is. */
bool result_proves(const struct ktap_result *result, enum fix_id id);

enum fix_class verdict_class(const struct verdict *verdict, enum fix_id id);

size_t verdict_count(const struct verdict *verdict, enum fix_class class);

/* Whether each test was asked and nothing is cut off. */
bool verdict_is_complete(const struct verdict *verdict,
			 const struct ktap *ktap);

void verdict_reach(struct verdict *verdict, const struct ktap *ktap);

#endif /* TASK_EXIT_VERDICT_H */
