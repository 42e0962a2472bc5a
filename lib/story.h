/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * story - what a test did and saw, and, if the invariant was broken, the
 * explanation: the invariant in words, the events in order, the commit that
 * this kernel lacks.
 */
#ifndef TASK_EXIT_STORY_H
#define TASK_EXIT_STORY_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"
#include "compiler.h"
#include "events.h"
#include "fixes.h"
#include "order.h"

#define STORY_MAX_NAMES 64
#define STORY_MAX_VIOLATIONS 16

struct story_name {
	unsigned long long id; /* a cgroup id or a pid */
	char name[32];
};

struct story {
	const struct invariant *invariant;
	struct event_log *log;
	bool own_log;
	struct story_name cgroups[STORY_MAX_NAMES];
	struct story_name tasks[STORY_MAX_NAMES];
	int nr_cgroups;
	int nr_tasks;
	int broken; /* how many times */
	int undecided; /* how many times */
	char first[256]; /* the first breach, for the result line */
	char first_undecided[256];
	bool hinted[FIX_NR];
	struct order_violation violations[STORY_MAX_VIOLATIONS];
	long nr_violations;
	const char *quoted; /* a dump of the kernel, many lines */
};

/* -ENOENT: lib/fixes.c has no row for this test. */
int story_begin(struct story *story, const char *program, const char *test);
void story_end(struct story *story);

/* From now on events go to @log, which a BPF scheduler writes into as well. */
void story_use_log(struct story *story, struct event_log *log);

/* Only what has a name is shown in a timeline. */
void story_name_cgroup(struct story *story, const struct cgroup *cg,
		       const char *name);
void story_name_task(struct story *story, pid_t pid, const char *name);

/* NULL: it has no name. */
const char *story_task_name(const struct story *story, pid_t pid);

/* @text, which must outlive the story, is to be part of the explanation. */
void story_quote(struct story *story, const char *text);

__printf(2, 3) void story_step(struct story *story, const char *fmt, ...);

/* The invariant is broken; a kernel with @fix would not do this. */
__printf(3, 4) void story_broken(struct story *story, enum fix_id fix,
				 const char *fmt, ...);

/*
 * Seen, and upstream has not decided whether it is right, or it is a known bug
 * that no release has fixed: an expected failure, a failure in strict mode.
 */
__printf(2, 3) void story_undecided(struct story *story, const char *fmt, ...);

/*
 * Lets the oracle judge the log; every breach of a rule in @rules (a set of
 * ORDER_RULE()) counts as story_broken(), but for one dead task without a name and
 * without an exit_task per unload. A log that lost events proves nothing: -EOVERFLOW.
 */
int story_judge(struct story *story, unsigned int rules, enum fix_id fix);

/* Names what this kernel lacks; for a test that is skipped for the lack of it, too. */
void story_tell_missing(enum fix_id id);

/* Prints the explanation, as KTAP diagnostic lines. */
void story_explain(const struct story *story);

#endif /* TASK_EXIT_STORY_H */
