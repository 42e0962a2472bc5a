/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine - makes the operations of a sequence in the running kernel.
 *
 * Processes and mounts that can be kept are made once, by machine_start(): workers
 * that make each call which may sleep, a FUSE daemon whose file every task has open,
 * and a helper that starts a witness in a pid namespace. A task is held in
 * exit_files() if the daemon does not answer the FLUSH of its file, and in
 * zap_pid_ns_processes() until the helper reaps its witness.
 *
 * The explorer is a SCHED_FIFO task on one CPU, and all that it starts run there
 * beside it: it runs at the moment at which an exit wakes it, before the last context
 * switch of the exiting task.
 */
#ifndef TASK_EXIT_EXPLORE_MACHINE_H
#define TASK_EXIT_EXPLORE_MACHINE_H

#include "cgroup.h"
#include "ops.h"
#include "view.h"

/* The machine, not the kernel, has failed: an errno, below all results of operations. */
#define MACHINE_FAILED (-10000)

/* Sequences run in cgroups below @parent. 0, or -errno and the reason. */
int machine_start(const struct cgroup *parent, struct reason *reason);
void machine_stop(void);

/* The root of the next sequence, and the tasks that need a pid namespace. 0 or -errno. */
int machine_begin(const struct sequence *sequence);

/*
 * Makes an operation that is possible in @m: 0, -errno, or OP_SLEEPS. @may_sleep: the
 * model says that it sleeps, so that it need not be given time.
 */
int machine_do(const struct model *m, const struct op *op, bool may_sleep,
	       int patience);

/* Waits until all tasks that @m says are held have reached their holds. */
bool machine_await_holds(const struct model *m, int patience);

/* Waits until nothing beside the explorer can run on its CPU. */
void machine_barrier(void);

/* The result of the call that slept; OP_SLEEPS if it still does after @patience. */
int machine_await_call(int patience);

/*
 * Looks at the lists of the cgroup of a task that has just exited, before its last
 * context switch if the kernel lets it be seen there.
 */
bool machine_look_early(const struct model *m, const struct op *op,
			struct view *observed);

/* @missed: a cgroup that changed and was not notified, or NONE. */
void machine_observe(const struct model *m, struct view *observed, int *missed);

/*
 * Releases, kills, reaps and removes everything. False if that is not possible, with
 * the reason.
 */
bool machine_end(struct reason *reason);

/* The BPF scheduler of load and unload; NULL: there is none. */
struct machine_scheduler {
	int (*load)(bool lookup); /* 0 or -errno */
	int (*unload)(void);
	void (*forget)(void); /* all events so far */
	/* Whether its events are in order; if not, why, and the rule: ORDER_R1, ... */
	int (*check)(char *why, size_t size);
	/* The believed cgroup and the lookup of each task, and the number of cgroups. */
	void (*observe)(const struct model *m, struct view *observed);
};

/* For it: tasks by their tids, and cgroups by their ids, also removed ones. NONE. */
int machine_task(const struct model *m, pid_t tid);
pid_t machine_tid(int task);
int machine_cgroup(const struct model *m, unsigned long long id);

extern const struct machine_scheduler *machine_scheduler;

/* nr_dying_descendants of the parent. */
long machine_leftover(void);

#endif /* TASK_EXIT_EXPLORE_MACHINE_H */
