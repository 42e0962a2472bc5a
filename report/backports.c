// SPDX-License-Identifier: GPL-2.0-only
/*
 * backports - the table: a row for every fix in lib/fixes.c.
 */
#include <string.h>

#include "backports.h"
#include "compiler.h"
#include "text.h"

const struct backport backports[FIX_NR] = {
	[FIX_NONE] = {
		.without = "unknown: please report it",
	},
	[FIX_DEFER_UNLINK] = {
		.without = "a cgroup counts as empty, and may be offlined, while a task in it still runs",
		.harm = HARM_LOSS,
		.series = "260fbcb92bbe d245698d727a",
		.brings = "cgroup.threads lists 0 for a thread that has released its pid (finding 2)",
	},
	[FIX_SCX_EXIT_ORDER] = {
		.without = "a BPF scheduler frees a cgroup's state while it still has tasks in it",
		.harm = HARM_LOSS,
	},
	[FIX_RT_SLEEP] = {
		.without = "a PREEMPT_RT kernel warns whenever a task dies, and may deadlock",
		.harm = HARM_CRASH,
		.repairs = FIX_DEFER_UNLINK,
	},
	[FIX_SCX_DEAD_TASKS] = {
		.without = "changing a dead task's class or weight calls a BPF scheduler after its exit_task",
		.harm = HARM_ANSWER,
		.repairs = FIX_SCX_EXIT_ORDER,
	},
	[FIX_HIDE_DEAD] = {
		.without = "cgroup.procs lists dead tasks, and service managers wait for them",
		.harm = HARM_HANG,
		.repairs = FIX_DEFER_UNLINK,
	},
	[FIX_RMDIR_WAIT] = {
		.without = "rmdir of an empty-looking cgroup fails with EBUSY",
		.harm = HARM_HANG,
		.untested = "with this fix alone, rmdir waits for the exiting task, which fails the same tests",
		.repairs = FIX_HIDE_DEAD,
		.replaced_by = FIX_DEFER_RMDIR_KILL,
	},
	[FIX_RMDIR_WAIT_CONDITION] = {
		.without = "rmdir waits for tasks that never leave",
		.harm = HARM_HANG,
		.untested = "it fixes code that 93618edf7538 removes",
		.repairs = FIX_RMDIR_WAIT,
		.replaced_by = FIX_DEFER_RMDIR_KILL,
	},
	[FIX_ITERATE_MIGRATING] = {
		.without = "a reader of cgroup.procs misses processes while another process is moved away",
		.harm = HARM_ANSWER,
	},
	[FIX_DYING_COUNT] = {
		.without = "cgroup.stat does not count a removed cgroup at once",
		.harm = HARM_ANSWER,
		.groundwork_of = FIX_DEFER_RMDIR_KILL,
	},
	[FIX_DEFER_RMDIR_KILL] = {
		.without = "rmdir of an empty-looking cgroup fails with EBUSY or sleeps in D state",
		.harm = HARM_HANG,
		.repairs = FIX_DEFER_UNLINK,
		.brings = "a removed cgroup stays in nr_frozen_descendants (finding 1); a scheduler with cgroup storage cannot be enabled over a removed cgroup (finding 3)",
	},
	[FIX_ITERATE_EXITING] = {
		.without = "a sub-scheduler that takes over a cgroup's tasks misses exiting ones",
		.harm = HARM_ANSWER,
		.since = "7.1", /* sub-schedulers: no other code needs these tasks */
		.repairs = FIX_HIDE_DEAD,
	},
	[FIX_SCX_INIT_DEATH] = {
		.without = "a BPF scheduler gets no exit_task for a task that dies while the scheduler is being enabled",
		.harm = HARM_ANSWER,
		.series = "ff9eda4ea906 cceb8fa9cb2c c941d7391f25 cd6aab736702 d3e73a0808dd",
		.repairs = FIX_SCX_EXIT_ORDER,
	},
	[FIX_PER_CSS] = {
		.without = "an exiting task in one controller's subtree keeps all csses of a removed cgroup",
		.harm = HARM_HANG,
		.series = "3360a5c16d87 44fabf05634c c4799253a3ee cfc1da7e1127",
		.repairs = FIX_DEFER_RMDIR_KILL,
		.groundwork_of = FIX_PER_CSS_KILL,
	},
	[FIX_PER_CSS_KILL] = {
		.without = "disabling a controller offlines its css while tasks are still exiting in it",
		.harm = HARM_LOSS,
	},
	[FIX_REBIND] = {
		.without = "mounting a controller in cgroup v1 leaves its csses of cgroup2 behind while they have tasks",
		.harm = HARM_HANG,
		.repairs = FIX_PER_CSS_KILL,
	},
	[FIX_SCX_TID] = {
		.without = "a BPF scheduler that looks up tasks by pid does not find exiting ones",
		.harm = HARM_ANSWER,
		.feature = true,
	},
	[FIX_SCX_FORK_IN_LOAD] = {
		.without = "a BPF scheduler gets no exit_task for a fork that fails while the scheduler is being enabled",
		.harm = HARM_ANSWER,
	},
	[FIX_SCX_EVENTS] = {
		.without = "a sub-scheduler that reads its event counters gets those of the root scheduler",
		.harm = HARM_ANSWER,
		.since = "7.1", /* sub-schedulers */
	},
	[FIX_CLONE_INTO_KILLED] = {
		.without = "an earlier cgroup.kill kills a process that is cloned into the cgroup later",
		.harm = HARM_KILL,
	},
	[FIX_SCX_EARLY_ERROR] = {
		.without = "a BPF scheduler that fails early while it is enabled cannot be unloaded, and is used after free",
		.harm = HARM_CRASH,
		/* Before, a program found its scheduler through scx_root: set when enabling. */
		.since = "7.1",
	},
	[FIX_DEAD_REFERENCE] = {
		.without = "a paused reader of cgroup.procs takes a reference to a task that is being freed",
		.harm = HARM_CRASH,
		.repairs = FIX_DEFER_UNLINK,
	},
	[FIX_SCX_NO_SCHED] = {
		.without = "a BPF scheduler's wrong call on a dead task oopses the kernel",
		.harm = HARM_CRASH,
		.since = "7.1", /* sub-schedulers */
	},
	[FIX_FORK_MIGRATION] = {
		.without = "moving a process during its fork corrupts css_set lists (mount option favordynmods)",
		.harm = HARM_CRASH,
	},
	[FIX_KILL_EXITED_LEADER] = {
		.without = "a process whose leader has exited survives cgroup.kill",
		.harm = HARM_KILL,
	},
	[FIX_KILL_SPARES_MIGRATED] = {
		.without = "cgroup.kill kills a process that has left the cgroup",
		.harm = HARM_KILL,
		.repairs = FIX_KILL_EXITED_LEADER,
	},
};

/* The commits of a series that are no fixes by themselves. */
static const struct {
	const char *commit;
	const char *title;
} companions[] = {
	{ "260fbcb92bbe",
	  "cgroup: Move dying_tasks cleanup from cgroup_task_release() to cgroup_task_free()" },
	{ "ff9eda4ea906",
	  "sched_ext: Skip past-sched_ext_dead() tasks in scx_task_iter_next_locked()" },
	{ "cceb8fa9cb2c",
	  "sched_ext: Replace SCX_TASK_OFF_TASKS flag with SCX_TASK_DEAD state" },
	{ "cd6aab736702",
	  "sched_ext: Close sub-sched init race with post-init DEAD recheck" },
	{ "d3e73a0808dd",
	  "sched_ext: Handle SCX_TASK_NONE in disable/switched_from paths" },
	{ "3360a5c16d87", "cgroup: Inline cgroup_has_tasks() in cgroup.h" },
	{ "44fabf05634c",
	  "cgroup: Annotate unlocked nr_populated_* accesses with READ_ONCE/WRITE_ONCE" },
	{ "c4799253a3ee",
	  "cgroup: Move populated counters to cgroup_subsys_state" },
};

const char *fix_id_or_none(enum fix_id id)
{
	return fix_has_id(id) ? fixes[id].commit : "(no id)";
}

const char *harm_name(enum harm harm)
{
	static const char *const names[] = {
		[HARM_ANSWER] = "wrong answer",
		[HARM_HANG] = "hang or failure",
		[HARM_LOSS] = "lost state",
		[HARM_KILL] = "wrong or missed kill",
		[HARM_CRASH] = "crash",
	};

	return names[harm];
}

const char *commit_title(const char *series)
{
	size_t i;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (fix_has_id(id) && begins(series, fixes[id].commit))
			return fixes[id].title;
	for (i = 0; i < ARRAY_SIZE(companions); i++)
		if (begins(series, companions[i].commit))
			return companions[i].title;
	return NULL;
}
