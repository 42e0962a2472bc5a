// SPDX-License-Identifier: GPL-2.0-only
/*
 * fixes - the table: a row for every commit that a test can report as missing.
 *
 * A backport is one more version in .released of its fix.
 */
#include <string.h>

#include "fixes.h"

#define ID_UNKNOWN "id-unknown" /* never shown: see fix_name() */

/* clang-format off */

const struct fix fixes[FIX_NR] = {
	[FIX_NONE] = {
		.commit = "none",
		.title = "no upstream fix is known",
		.released = "nowhere",
	},
	[FIX_DEFER_UNLINK] = {
		.commit = "d245698d727a",
		.title =
			"cgroup: Defer task cgroup unlink until after the task is done switching out",
		.released = "6.19",
	},
	[FIX_SCX_EXIT_ORDER] = {
		.commit = "7900aa699c34",
		.title =
			"sched_ext: Fix cgroup exit ordering by moving sched_ext_free() to finish_task_switch()",
		.released = "6.19",
	},
	[FIX_RT_SLEEP] = {
		.commit = "9311e6c29b34",
		.title = "cgroup: Fix sleeping from invalid context warning on PREEMPT_RT",
		.released = "6.19",
	},
	[FIX_SCX_DEAD_TASKS] = {
		.commit = "0eca95cba2b7",
		.title = "sched_ext: Short-circuit sched_class operations on dead tasks",
		.released = "6.19",
	},
	[FIX_HIDE_DEAD] = {
		.commit = "a72f73c4dd9b",
		.title = "cgroup: Don't expose dead tasks in cgroup",
		.released = "7.0, 6.19.9",
	},
	[FIX_RMDIR_WAIT] = {
		.commit = "1b164b876c36",
		.title = "cgroup: Wait for dying tasks to leave on rmdir",
		.released = "7.0, 6.19.12",
	},
	[FIX_RMDIR_WAIT_CONDITION] = {
		.commit = "4c56a8ac6869",
		.title = "cgroup: Fix cgroup_drain_dying() testing the wrong condition",
		.released = "7.0, 6.19.12",
	},
	[FIX_ITERATE_MIGRATING] = {
		.commit = "5ee01f1a7343",
		.title = "cgroup: fix race between task migration and iteration",
		.released = "7.0, 6.19.9, 6.18.19, 6.12.78",
	},
	[FIX_DYING_COUNT] = {
		.commit = "13e786b64bd3",
		.title = "cgroup: Increment nr_dying_subsys_* from rmdir context",
		.released = "7.1, 7.0.9, 6.12.91",
	},
	[FIX_DEFER_RMDIR_KILL] = {
		.commit = "93618edf7538",
		.title = "cgroup: Defer css percpu_ref kill on rmdir until cgroup is depopulated",
		.released = "7.1, 7.0.9",
	},
	[FIX_ITERATE_EXITING] = {
		.commit = "60f21a264930",
		.title = "cgroup, sched_ext: Include exiting tasks in cgroup iter",
		.released = "7.1",
	},
	[FIX_SCX_INIT_DEATH] = {
		.commit = "c941d7391f25",
		.title =
			"sched_ext: Close root-enable vs sched_ext_dead() race with SCX_TASK_INIT_BEGIN",
		.released = "7.1",
	},
	[FIX_PER_CSS] = {
		.commit = "cfc1da7e1127",
		.title = "cgroup: Add per-subsys-css kill_css_finish deferral",
		.released = "7.2",
	},
	[FIX_PER_CSS_KILL] = {
		.commit = "1dffd95575eb",
		.title = "cgroup: Defer kill_css_finish() in cgroup_apply_control_disable()",
		.released = "7.2",
	},
	[FIX_REBIND] = {
		.commit = "a99ce697ea5e",
		.title = "cgroup: Migrate tasks to the root css when a controller is rebound",
		.released = "7.2",
	},
	[FIX_SCX_TID] = {
		.commit = "41e3312861ea",
		.title = "sched_ext: add p->scx.tid and SCX_OPS_TID_TO_TASK lookup",
		.released = "7.2",
	},
	/*
	 * Debian's changelog of 7.2.6 names 7.2.1 to 7.2.6 without their commits: it is the
	 * first kernel of 7.2 that was seen to have this.
	 */
	[FIX_SCX_FORK_IN_LOAD] = {
		.commit = "03506edca637",
		.title = "sched_ext: Fix exit_task leak on fork failure during enable",
		.released = "7.3, 7.2.6, 6.12.117",
	},
	[FIX_SCX_EVENTS] = {
		.commit = "f39cc395dff6",
		.title = "sched_ext: Make scx_bpf_events() read the calling scheduler's counters",
		.released = "7.3",
	},
	[FIX_CLONE_INTO_KILLED] = {
		.commit = "8e3599202166",
		.title = "cgroup: fix spurious SIGKILL of CLONE_INTO_CGROUP children",
		.released = "7.3, 7.2.13, 6.12.115",
	},
	[FIX_SCX_EARLY_ERROR] = {
		.commit = "c7a1c6e8004a",
		.title = "sched_ext: Close the pre-enable ops error claim window",
		.released = "7.3, 7.2.8",
	},
	[FIX_DEAD_REFERENCE] = {
		.commit = "057dac23d329",
		.title = "cgroup: Avoid iteration of dying tasks with zero refcount",
		.released = "7.3, 7.2.8",
	},
	[FIX_SCX_NO_SCHED] = {
		.commit = "0a85182723b6",
		.title = "sched_ext: Fix NULL sched deref in kfunc sub-sched error paths",
		.released = "7.3, 7.2.8",
	},
	[FIX_FORK_MIGRATION] = {
		.commit = ID_UNKNOWN,
		.title = "cgroup: serialize migrations of newly forked processes",
		.released = "7.3.2",
	},
	[FIX_KILL_EXITED_LEADER] = {
		.commit = ID_UNKNOWN,
		.title = "cgroup: fix cgroup.kill for exited thread group leader",
		.released = "7.3.4, 6.12.117",
	},
	[FIX_KILL_SPARES_MIGRATED] = {
		.commit = ID_UNKNOWN,
		.title = "cgroup: don't kill migrated processes through their exiting threads",
		.released = "7.3.4, 6.12.117",
	},
};

/* clang-format on */

bool fix_has_id(enum fix_id id)
{
	return strcmp(fixes[id].commit, ID_UNKNOWN) != 0;
}

const char *fix_name(enum fix_id id)
{
	return fix_has_id(id) ? fixes[id].commit : fixes[id].title;
}
