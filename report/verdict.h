/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict - from test results to the upstream fixes that a kernel has.
 */
#ifndef TASK_EXIT_VERDICT_H
#define TASK_EXIT_VERDICT_H

#include "fixes.h"
#include "ktap.h"

enum fix_state {
	FIX_UNKNOWN, /* the results do not tell */
	FIX_PRESENT,
	FIX_MISSING,
};

struct fix_verdict {
	enum fix_state state;
	enum fix_id moot_without; /* it repairs this one, which is missing */
	enum fix_id unsure_of; /* its tests pass; it repairs this one: unknown */
	bool replaced; /* a later fix, present or to be picked, does its work */
	bool presumed; /* missing, by the kernel's version or its changelog */
	bool unaffected; /* the bug is newer than this kernel */
	bool pick; /* missing, or belongs with what is missing */
	bool urgent; /* a pick against crashes and wrong kills, or needed by one */
	size_t passed, failed, left; /* results: for it, against it, neither */
};

/* Each fix has one class, so that the numbers add up. */
enum fix_class {
	CLASS_PRESENT, /* it matters here, as does a missing one */
	CLASS_MISSING,
	CLASS_PRESUMED, /* untested, and missing by its releases */
	CLASS_WITH, /* unknown, to be picked with a missing one */
	CLASS_FEATURE, /* present or not */
	CLASS_SUPERSEDED, /* a later fix does its work, or will when it is picked */
	CLASS_UNAFFECTED, /* untested, and its bug is newer than this kernel */
	CLASS_UNTESTED, /* its tests ran, and cannot tell here */
	CLASS_NOT_RUN, /* no result guards it */
};

struct verdict {
	struct fix_verdict fix[FIX_NR];
	size_t unexplained; /* failures without a known upstream fix */
	size_t tests, programs; /* of this suite, with a result or skipped */
	const struct ktap_program *skipped; /* one that was skipped as a whole */
	const char *unknown_guard; /* a fix that lib/fixes.c does not have */
	size_t spent_tests, spent_programs; /* not run on a spent kernel */
	bool sched_ext; /* a test of sched_ext was run */
	bool older; /* tests without an invariant, and no "# suite:" line */
};

/* How a test guards a fix. */
enum guard {
	GUARD_NONE,
	GUARD_FAILURE_ONLY, /* a failure may show that it is missing */
	GUARD_FULL, /* and a pass shows that it is present */
};

enum guard result_guard(const struct ktap_result *result, enum fix_id id);

/* The fix of one of ->guards, and how it is guarded; FIX_NONE if it is unknown. */
enum fix_id guard_fix(const char *guard, enum guard *how);

/* Whether the result prints "missing fix:" with this fix. */
bool result_names(const struct ktap_result *result, enum fix_id id);

/* Whether the result shows that the fix is missing. */
bool result_blames(const struct ktap_result *result, enum fix_id id);

/* A failure that shows no known fix missing. */
bool result_is_unexplained(const struct ktap_result *result);

/* Whether the result shows that the fix is present, if the one it repairs is. */
bool result_proves(const struct ktap_result *result, enum fix_id id);

enum fix_class verdict_class(const struct verdict *verdict, enum fix_id id);

size_t verdict_count(const struct verdict *verdict, enum fix_class class);

/* Whether some tests or programs of the build have no result. */
bool verdict_lacks_tests(const struct verdict *verdict,
			 const struct ktap *ktap);

/* Whether every test of every fix was run, and nothing is cut off. */
bool verdict_is_complete(const struct verdict *verdict,
			 const struct ktap *ktap);

void verdict_reach(struct verdict *verdict, const struct ktap *ktap);

/*
 * Takes a fix that cannot be tested here as missing, or its bug as newer than the kernel;
 * then call verdict_decide_picks().
 */
void verdict_presume(struct verdict *verdict, enum fix_id id, bool affected);
void verdict_decide_picks(struct verdict *verdict);

#endif /* TASK_EXIT_VERDICT_H */
