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

struct verdict {
	struct fix_verdict fix[FIX_NR];
	size_t unexplained; /* failed, and no upstream commit is known for it */
	size_t foreign; /* results of tests that are not in the table */
	size_t not_run; /* tests in the table that have no result */
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

/* Whether there is a result of the test, be it a skip. */
bool invariant_has_result(const struct invariant *inv, const struct ktap *ktap);

/* Whether there is, or its program was skipped as a whole. */
bool invariant_was_asked(const struct invariant *inv, const struct ktap *ktap);

void verdict_reach(struct verdict *verdict, const struct ktap *ktap);

#endif /* TASK_EXIT_VERDICT_H */
