/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model - what Linux 7.3 with its fixes promises about cgroups and exiting tasks.
 *
 * Pure C: no kernel is asked. model_do() makes one operation, and model_view() says
 * what userspace may see after it. The state is what the promises need and no more:
 * cgroups, also removed ones, the csses of three controllers, and tasks, each with its
 * cgroup and the csses that it uses.
 *
 * A task is live, held (exiting, before its last context switch), dead (a zombie, after
 * that switch) or gone (reaped). A held task is hidden if its process has no live
 * thread. Upstream has not decided whether a cgroup with hidden tasks only counts as
 * empty where that matters for more than rmdir: model_do() answers for both, and either
 * answer of the kernel is taken.
 */
#ifndef TASK_EXIT_EXPLORE_MODEL_H
#define TASK_EXIT_EXPLORE_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "fixes.h"

enum controller {
	CTL_PIDS,
	CTL_CPU,
	CTL_MEMORY, /* a domain controller: the other two can be threaded */
	NR_CONTROLLERS,
};

extern const char *const controller_names[NR_CONTROLLERS];

#define MAX_CGROUPS \
	24 /* in one sequence, with the removed ones; [0] is the root */
#define MAX_LIVE_CGROUPS 5 /* without the root */
#define MAX_DEPTH 3
#define MAX_TASKS 16
#define MAX_PROCESSES 5 /* that are not reaped */
#define MAX_THREADS 3 /* that are neither leaders nor gone */
#define MAX_CSSES 128

#define NONE (-1)
#define UNLIMITED 1000

struct model_css {
	int cgroup;
	int parent; /* NONE for those of the root */
	enum controller controller;
	bool dying;
	int max, events; /* pids.max, and "max" of pids.events */
};

struct model_cgroup {
	char name; /* '.' for the root */
	int parent;
	int domain; /* of a threaded cgroup: its thread root; else itself */
	bool removed;
	bool freeze;
	unsigned int subtree_control;
	int css[NR_CONTROLLERS]; /* enabled here; NONE */
	int drains[NR_CONTROLLERS]; /* disabled here, not offline yet; NONE */
	bool frozen_leak; /* finding 1 may be seen here */
	bool had_memory; /* leftover pages may pin it */
};

enum task_state {
	TASK_LIVE,
	TASK_HELD,
	TASK_DEAD,
	TASK_GONE,
};

enum hold {
	NO_HOLD, /* it dies at once */
	HOLD_AT_FLUSH, /* in exit_files() */
	HOLD_AT_ZAP, /* in zap_pid_ns_processes() */
	NR_HOLDS,
};

extern const char *const hold_words[NR_HOLDS];

enum policy {
	POLICY_NORMAL,
	POLICY_BATCH,
	POLICY_FIFO,
	NR_POLICIES,
};

extern const char *const policy_words[NR_POLICIES];

/* What is seen of them, as one number. */
#define SCHEDULING(nice, policy, everywhere) \
	((nice) * 10 + (policy) * 2 + (everywhere))
#define MAX_NICE 19
#define MAX_PIDFDS 2

struct model_task {
	char name;
	int leader; /* of its process: a task */
	int body; /* the task that it was before execve(2) made it the leader */
	int cgroup;
	int css[NR_CONTROLLERS];
	enum task_state state;
	enum hold armed; /* where it will be held when it exits */
	enum hold held;
	bool execs; /* in execve(2), until no other thread of its process is left */
	int nice;
	enum policy policy;
	bool everywhere; /* it may run on all CPUs */
	int pidfds; /* beside the one that was opened when it began */
	bool killed_headless; /* by cgroup.kill, when its leader had exited */
	bool forked_after_kill; /* a cgroup.kill of the past must not kill it */
	bool spared; /* by cgroup.kill of a cgroup with an exiting thread of it */
};

enum op_kind {
	OP_MKDIR,
	OP_RMDIR,
	OP_ENABLE,
	OP_DISABLE,
	OP_FREEZE,
	OP_THAW,
	OP_KILL,
	OP_MAX,
	OP_THREADED,
	OP_FORK,
	OP_THREAD,
	OP_MOVE,
	OP_MOVE_THREAD,
	OP_EXEC,
	OP_PIDFD,
	OP_NICE,
	OP_POLICY,
	OP_AFFINITY,
	OP_ARM,
	OP_EXIT,
	OP_SIGKILL,
	OP_RELEASE,
	OP_REAP,
	OP_SETTLE,
	OP_LOAD,
	OP_LOAD_LOOKUP,
	OP_UNLOAD,
	NR_OPS,
};

#define PATH_SIZE 8 /* "a/b/c" */

struct op {
	enum op_kind kind;
	char path[PATH_SIZE]; /* of a cgroup */
	char task, thread;
	enum controller controller;
	enum hold hold;
	int number; /* pids.max, a nice value, or a policy */
};

struct model {
	int nr_cgroups, nr_tasks, nr_csses;
	struct model_cgroup cgroups[MAX_CGROUPS];
	struct model_task tasks[MAX_TASKS];
	struct model_css csses[MAX_CSSES];
	bool killed; /* cgroup.kill was written */
	bool loaded; /* a BPF scheduler */
	bool blocked; /* a call sleeps until a task is released */
	struct op call;
};

void model_init(struct model *m);

/* Results of model_do() beside 0 and -errno. */
enum {
	OP_SLEEPS = 1, /* until the tasks that use a dying css are released */
	OP_ANY, /* upstream has not decided: no effect, any result */
	OP_IMPOSSIBLE, /* cannot be done in this state: not a statement about the kernel */
};

/*
 * Makes the operation: its result. If it fails, it has no effect but on pids.events.
 * @hidden_count: a hidden task counts as a task of its cgroup.
 */
int model_do(struct model *m, const struct op *op, bool hidden_count);

/* What keeps @op from being possible, for a person. */
const char *model_obstacle(const struct model *m, const struct op *op);

/* Whether the sleeping call can go on; model_resume() makes it and returns its result. */
bool model_can_resume(const struct model *m);
int model_resume(struct model *m, bool hidden_count);

/* An index, or NONE. */
int model_cgroup(const struct model *m, const char *path); /* a live one */
int model_task(const struct model *m, char name); /* one that is not gone */

/* Either may be removed. */
bool is_below(const struct model *m, int cgroup, int above);
bool is_live_below(const struct model *m, int cgroup, int above);
bool is_hidden(const struct model *m, int task);

/*
 * Before 6.19 do_exit() unlinks a task from its cgroup, later than it closes its files:
 * there a task in exit_files() is listed and keeps its cgroup busy.
 */
bool may_be_listed(const struct model *m, int task);
bool is_threaded(const struct model *m, int cgroup);
bool process_lives(const struct model *m, int leader);
bool is_freezing(const struct model *m, int cgroup);
bool is_reapable(const struct model *m, int leader);
unsigned int controllers_of(const struct model *m, int cgroup);
int pids_in(const struct model *m, int css); /* that are charged to it */
bool css_is_populated(const struct model *m, int css);
bool css_exists(const struct model *m, int css);
bool cgroup_exists(const struct model *m, int cgroup);

enum cgroup_type {
	TYPE_DOMAIN,
	TYPE_THREAD_ROOT,
	TYPE_INVALID,
	TYPE_THREADED,
};

/* cgroup.type. @hidden_count: see model_do(). */
enum cgroup_type model_type(const struct model *m, int cgroup,
			    bool hidden_count);

/* The path of a cgroup, also of a removed one. */
void model_path(const struct model *m, int cgroup, char path[PATH_SIZE]);

#endif /* TASK_EXIT_EXPLORE_MODEL_H */
