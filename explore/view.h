/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view - what userspace sees of the cgroups and tasks of a model, as ranges: a range
 * of one value where the kernel promises it, a wider one where it does not.
 *
 * Each value belongs to a rule: the sentence that it stands for, and the fix that
 * established it.
 */
#ifndef TASK_EXIT_EXPLORE_VIEW_H
#define TASK_EXIT_EXPLORE_VIEW_H

#include "model.h"

enum rule_id {
	RULE_POPULATED,
	RULE_FROZEN,
	RULE_FROZEN_TREE,
	RULE_PROCS,
	RULE_THREADS,
	RULE_NO_ZERO,
	RULE_DESCENDANTS,
	RULE_DYING,
	RULE_DYING_CSS,
	RULE_PIDS_CURRENT,
	RULE_PIDS_EVENTS,
	RULE_CONTROLLERS,
	RULE_TYPE,
	RULE_TASK,
	RULE_PROC_CGROUP,
	RULE_PIDFD,
	RULE_SCHEDULING,
	RULE_BELIEVED,
	RULE_LOOKUP,
	RULE_KNOWN,
	RULE_NOTIFIED,
	/* These are about the result of an operation. */
	RULE_RMDIR,
	RULE_DRAIN,
	RULE_WAKE,
	RULE_RESULT,
	RULE_LEFTOVER,
	RULE_ORDER,
	NR_RULES,
};

struct rule {
	const char *name;
	const char *sentence;
};

extern const struct rule rules[NR_RULES];

struct range {
	int low, high;
};

/*
 * Sets of tasks have a bit for each, and are -1 if the file cannot be read; so are the
 * values of other files that do not exist.
 */
struct cgroup_view {
	union {
		struct {
			struct range controllers, procs, threads, zeros,
				populated, frozen, type, descendants, pids,
				events, dying, dying_csses[NR_CONTROLLERS];
		};
		struct range values[11 + NR_CONTROLLERS];
	};
};

/* Of a pidfd: not ready, readable, hung up; or two pidfds of the task differ. */
enum pidfd_view {
	PIDFD_QUIET,
	PIDFD_READABLE,
	PIDFD_HUNG_UP,
	PIDFDS_DIFFER,
};

enum lookup_view {
	LOOKUP_FINDS_NOTHING,
	LOOKUP_FINDS_IT,
	LOOKUP_FINDS_ANOTHER,
};

struct task_view {
	union {
		struct {
			struct range state;
			/* By /proc/PID/cgroup: a cgroup, + MAX_CGROUPS: deleted. */
			struct range home;
			struct range pidfd, scheduling;
			/* By the scheduler: a cgroup; NONE if it does not know the task. */
			struct range believed;
			struct range lookup; /* of its tid: enum lookup_view */
		};
		struct range values[6];
	};
};

struct view {
	struct cgroup_view cgroups[MAX_CGROUPS]; /* the live ones */
	struct task_view tasks[MAX_TASKS];
	struct range known; /* the number of cgroups that the scheduler knows */
};

/* @settled: all that can be freed is freed. */
void model_view(const struct model *m, bool settled, struct view *view);

/* The rules, as a set, whose values differ in two promises. */
unsigned int rules_between(const struct model *m, const struct view *before,
			   const struct view *after);

/* The first difference between what is promised and what was observed. */
struct difference {
	enum rule_id rule;
	int cgroup, task; /* NONE */
	enum controller controller;
	struct range expected;
	int observed;
	enum fix_id fix; /* that a kernel with this difference lacks */
	int finding; /* of docs/findings.md; 0: it is not known */
};

#define MAX_ACCEPTED 32

/* What was told already: the model takes the kernel's word for it. */
struct accepted {
	int nr;
	struct {
		enum rule_id rule;
		enum fix_id fix;
		int finding;
	} kinds[MAX_ACCEPTED];
};

bool is_accepted(const struct accepted *accepted,
		 const struct difference *difference);
void accept_difference(struct accepted *accepted,
		       const struct difference *difference);

/*
 * False if there is no difference, beside the accepted ones. The state of a task is never
 * accepted.
 */
bool view_differs(const struct model *m, const struct view *expected,
		  const struct view *observed, const struct accepted *accepted,
		  struct difference *difference);

/* Whether a value that is notified differs between two views of the cgroup. */
bool must_be_notified(const struct view *before, const struct view *after,
		      int cgroup);

/* The values in words. */
void print_value(const struct model *m, const struct difference *d, int value,
		 char *text, size_t size);

#endif /* TASK_EXIT_EXPLORE_VIEW_H */
