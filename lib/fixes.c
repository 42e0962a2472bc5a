// SPDX-License-Identifier: GPL-2.0-only
/*
 * fixes - the table: a row for every commit that a test can report as missing.
 */
#include <string.h>

#include "compiler.h"
#include "fixes.h"

#define ID_UNKNOWN "id-unknown" /* never shown: see fix_name() */

const struct fix fixes[FIX_NR] = {
	[FIX_NONE] = {
		.commit = "none",
		.title = "no upstream fix is known",
		.without = "unknown: please report it",
	},
	[FIX_DEFER_UNLINK] = {
		.commit = "d245698d727a",
		.series = "260fbcb92bbe d245698d727a",
		.title = "cgroup: Defer task cgroup unlink until after the task is done switching out",
		.without = "a cgroup counts as empty, and may be offlined, while a task in it still runs",
		.harm = HARM_LOSS,
	},
	[FIX_SCX_EXIT_ORDER] = {
		.commit = "7900aa699c34",
		.title = "sched_ext: Fix cgroup exit ordering by moving sched_ext_free() to finish_task_switch()",
		.without = "a BPF scheduler frees a cgroup's state while it still has tasks in it",
		.harm = HARM_LOSS,
	},
	[FIX_RT_SLEEP] = {
		.commit = "9311e6c29b34",
		.title = "cgroup: Fix sleeping from invalid context warning on PREEMPT_RT",
		.without = "a PREEMPT_RT kernel warns whenever a task dies, and may deadlock",
		.harm = HARM_CRASH,
		.repairs = FIX_DEFER_UNLINK,
	},
	[FIX_SCX_DEAD_TASKS] = {
		.commit = "0eca95cba2b7",
		.title = "sched_ext: Short-circuit sched_class operations on dead tasks",
		.without = "changing a dead task's class or weight calls a BPF scheduler after its exit_task",
		.harm = HARM_ANSWER,
		.repairs = FIX_SCX_EXIT_ORDER,
	},
	[FIX_HIDE_DEAD] = {
		.commit = "a72f73c4dd9b",
		.title = "cgroup: Don't expose dead tasks in cgroup",
		.without = "cgroup.procs lists dead tasks, and service managers wait for them",
		.harm = HARM_HANG,
		.repairs = FIX_DEFER_UNLINK,
	},
	[FIX_RMDIR_WAIT] = {
		.commit = "1b164b876c36",
		.title = "cgroup: Wait for dying tasks to leave on rmdir",
		.without = "rmdir of an empty-looking cgroup fails with EBUSY",
		.harm = HARM_HANG,
		.repairs = FIX_HIDE_DEAD,
		.replaced_by = FIX_DEFER_RMDIR_KILL,
		.untested = "on a kernel with this fix alone, rmdir waits for the exiting task, which fails the same tests",
	},
	[FIX_RMDIR_WAIT_TEST] = {
		.commit = "4c56a8ac6869",
		.title = "cgroup: Fix cgroup_drain_dying() testing the wrong condition",
		.without = "rmdir waits for tasks that never leave",
		.harm = HARM_HANG,
		.repairs = FIX_RMDIR_WAIT,
		.replaced_by = FIX_DEFER_RMDIR_KILL,
		.untested = "it fixes code that 93618edf7538 removes",
	},
	[FIX_ITERATE_MIGRATING] = {
		.commit = "5ee01f1a7343",
		.title = "cgroup: fix race between task migration and iteration",
		.without = "a reader of cgroup.procs misses processes while another process is moved away",
		.harm = HARM_ANSWER,
	},
	[FIX_DYING_COUNT] = {
		.commit = "13e786b64bd3",
		.title = "cgroup: Increment nr_dying_subsys_* from rmdir context",
		.without = "cgroup.stat does not count a removed cgroup at once",
		.harm = HARM_ANSWER,
		.groundwork_of = FIX_DEFER_RMDIR_KILL,
	},
	[FIX_DEFER_RMDIR_KILL] = {
		.commit = "93618edf7538",
		.title = "cgroup: Defer css percpu_ref kill on rmdir until cgroup is depopulated",
		.without = "rmdir of an empty-looking cgroup fails with EBUSY or sleeps in D state",
		.harm = HARM_HANG,
		.repairs = FIX_DEFER_UNLINK,
	},
	[FIX_ITERATE_EXITING] = {
		.commit = "60f21a264930",
		.title = "cgroup, sched_ext: Include exiting tasks in cgroup iter",
		.without = "kernel code that iterates over a cgroup's tasks misses exiting ones",
		.harm = HARM_ANSWER,
		.repairs = FIX_HIDE_DEAD,
	},
	[FIX_SCX_INIT_DEATH] = {
		.commit = "c941d7391f25",
		.series = "ff9eda4ea906 cceb8fa9cb2c c941d7391f25 cd6aab736702 d3e73a0808dd",
		.title = "sched_ext: Close root-enable vs sched_ext_dead() race with SCX_TASK_INIT_BEGIN",
		.without = "a BPF scheduler gets no exit_task for a task that dies while the scheduler is being enabled",
		.harm = HARM_ANSWER,
		.repairs = FIX_SCX_EXIT_ORDER,
	},
	[FIX_PER_CSS] = {
		.commit = "cfc1da7e1127",
		.series = "3360a5c16d87 44fabf05634c c4799253a3ee cfc1da7e1127",
		.title = "cgroup: Add per-subsys-css kill_css_finish deferral",
		.without = "an exiting task in one controller's subtree keeps all csses of a removed cgroup",
		.harm = HARM_HANG,
		.repairs = FIX_DEFER_RMDIR_KILL,
		.groundwork_of = FIX_PER_CSS_KILL,
	},
	[FIX_PER_CSS_KILL] = {
		.commit = "1dffd95575eb",
		.title = "cgroup: Defer kill_css_finish() in cgroup_apply_control_disable()",
		.without = "disabling a controller offlines its css while tasks are still exiting in it",
		.harm = HARM_LOSS,
	},
	[FIX_REBIND] = {
		.commit = "a99ce697ea5e",
		.title = "cgroup: Migrate tasks to the root css when a controller is rebound",
		.without = "mounting a controller in cgroup v1 leaves its csses of cgroup2 behind while they have tasks",
		.harm = HARM_HANG,
		.repairs = FIX_PER_CSS_KILL,
	},
	[FIX_SCX_TID] = {
		.commit = "41e3312861ea",
		.title = "sched_ext: add p->scx.tid and SCX_OPS_TID_TO_TASK lookup",
		.without = "a BPF scheduler that looks up tasks by pid does not find exiting ones",
		.harm = HARM_ANSWER,
		.feature = true,
	},
	[FIX_SCX_FORK_IN_LOAD] = {
		.commit = "03506edca637",
		.title = "sched_ext: Fix exit_task leak on fork failure during enable",
		.without = "a BPF scheduler gets no exit_task for a fork that fails while the scheduler is being enabled",
		.harm = HARM_ANSWER,
	},
	[FIX_SCX_EVENTS] = {
		.commit = "f39cc395dff6",
		.title = "sched_ext: Make scx_bpf_events() read the calling scheduler's counters",
		.without = "a sub-scheduler that reads its event counters gets those of the root scheduler",
		.harm = HARM_ANSWER,
	},
	[FIX_CLONE_INTO_KILLED] = {
		.commit = "8e3599202166",
		.title = "cgroup: fix spurious SIGKILL of CLONE_INTO_CGROUP children",
		.without = "an earlier cgroup.kill kills a process that is cloned into the cgroup later",
		.harm = HARM_KILL,
	},
	[FIX_SCX_EARLY_ERROR] = {
		.commit = "c7a1c6e8004a",
		.title = "sched_ext: Close the pre-enable ops error claim window",
		.without = "a BPF scheduler that fails early while it is enabled cannot be unloaded, and is used after free",
		.harm = HARM_CRASH,
	},
	[FIX_DEAD_REFERENCE] = {
		.commit = "057dac23d329",
		.title = "cgroup: Avoid iteration of dying tasks with zero refcount",
		.without = "a paused reader of cgroup.procs takes a reference to a task that is being freed",
		.harm = HARM_CRASH,
		.repairs = FIX_DEFER_UNLINK,
	},
	[FIX_SCX_NO_SCHED] = {
		.commit = "0a85182723b6",
		.title = "sched_ext: Fix NULL sched deref in kfunc sub-sched error paths",
		.without = "a BPF scheduler's wrong call on a dead task oopses the kernel",
		.harm = HARM_CRASH,
	},
	[FIX_FORK_MIGRATION] = {
		.commit = ID_UNKNOWN,
		.title = "cgroup: serialize migrations of newly forked processes",
		.without = "moving a process during its fork corrupts css_set lists (mount option favordynmods)",
		.harm = HARM_CRASH,
	},
	[FIX_KILL_HEADLESS] = {
		.commit = ID_UNKNOWN,
		.title = "cgroup: fix cgroup.kill for exited thread group leader",
		.without = "a process whose leader has exited survives cgroup.kill",
		.harm = HARM_KILL,
	},
	[FIX_SPARE_MIGRATED] = {
		.commit = ID_UNKNOWN,
		.title = "cgroup: don't kill migrated processes through their exiting threads",
		.without = "cgroup.kill kills a process that has left the cgroup",
		.harm = HARM_KILL,
		.repairs = FIX_KILL_HEADLESS,
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

bool fix_has_id(enum fix_id id)
{
	return strcmp(fixes[id].commit, ID_UNKNOWN) != 0;
}

const char *fix_name(enum fix_id id)
{
	return fix_has_id(id) ? fixes[id].commit : fixes[id].title;
}

const char *fix_id_or_none(enum fix_id id)
{
	return fix_has_id(id) ? fixes[id].commit : "(no id)";
}

const char *harm_name(enum harm harm)
{
	static const char *const names[] = {
		[HARM_ANSWER] = "wrong answer", [HARM_HANG] = "hang or failure",
		[HARM_LOSS] = "lost state",	[HARM_KILL] = "wrong kill",
		[HARM_CRASH] = "crash",
	};

	return names[harm];
}

const char *commit_title(const char *series)
{
	size_t i;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (fix_has_id(id) && !strncmp(series, fixes[id].commit,
					       strlen(fixes[id].commit)))
			return fixes[id].title;
	for (i = 0; i < ARRAY_SIZE(companions); i++)
		if (!strncmp(series, companions[i].commit,
			     strlen(companions[i].commit)))
			return companions[i].title;
	return NULL;
}
