// SPDX-License-Identifier: GPL-2.0-only
/*
 * fixes - the table. A row of invariants[] for every test, a row of fixes[]
 * for every commit that a test can miss.
 */
#include <string.h>

#include "compiler.h"
#include "fixes.h"

#define ID_UNKNOWN "id-unknown" /* never shown: see fix_name() */

const struct fix fixes[FIX_NR] = {
	[FIX_NONE] = {
		.commit = "none",
		.title = "no upstream fix is known",
		.without = "report it: this kernel does what no released one should",
	},
	[FIX_DEFER_UNLINK] = {
		.commit = "d245698d727a",
		.series = "260fbcb92bbe d245698d727a",
		.title = "cgroup: Defer task cgroup unlink until after the task is done switching out",
		.without = "controllers are told that a cgroup is empty while a task in it still runs",
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
		.without = "a change of a dead task's class or weight calls a BPF scheduler that has let go of it",
		.harm = HARM_ANSWER,
		.repairs = FIX_SCX_EXIT_ORDER,
	},
	[FIX_HIDE_DEAD] = {
		.commit = "a72f73c4dd9b",
		.title = "cgroup: Don't expose dead tasks in cgroup",
		.without = "cgroup.procs lists tasks that are dead already; service managers wait for them",
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
		.untold = "where it stands alone, rmdir waits for the exiting task, which is a failure as well",
	},
	[FIX_RMDIR_WAIT_TEST] = {
		.commit = "4c56a8ac6869",
		.title = "cgroup: Fix cgroup_drain_dying() testing the wrong condition",
		.without = "rmdir waits for tasks that do not go away",
		.harm = HARM_HANG,
		.repairs = FIX_RMDIR_WAIT,
		.replaced_by = FIX_DEFER_RMDIR_KILL,
		.untold = "it mends code that 93618edf7538 removes",
	},
	[FIX_ITERATE_MIGRATING] = {
		.commit = "5ee01f1a7343",
		.title = "cgroup: fix race between task migration and iteration",
		.without = "a reader of cgroup.procs misses processes while another one is moved away",
		.harm = HARM_ANSWER,
	},
	[FIX_DYING_COUNT] = {
		.commit = "13e786b64bd3",
		.title = "cgroup: Increment nr_dying_subsys_* from rmdir context",
		.without = "cgroup.stat does not count yet what was removed",
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
		.without = "what walks a cgroup's tasks in the kernel misses those that are exiting",
		.harm = HARM_ANSWER,
		.repairs = FIX_HIDE_DEAD,
	},
	[FIX_SCX_INIT_DEATH] = {
		.commit = "c941d7391f25",
		.series = "ff9eda4ea906 cceb8fa9cb2c c941d7391f25 cd6aab736702 d3e73a0808dd",
		.title = "sched_ext: Close root-enable vs sched_ext_dead() race with SCX_TASK_INIT_BEGIN",
		.without = "a BPF scheduler never hears of the end of a task that died while the scheduler was loaded",
		.harm = HARM_ANSWER,
		.repairs = FIX_SCX_EXIT_ORDER,
	},
	[FIX_PER_CSS] = {
		.commit = "cfc1da7e1127",
		.series = "3360a5c16d87 44fabf05634c c4799253a3ee cfc1da7e1127",
		.title = "cgroup: Add per-subsys-css kill_css_finish deferral",
		.without = "a removed cgroup keeps the state of all its controllers for a task that uses one of them",
		.harm = HARM_HANG,
		.repairs = FIX_DEFER_RMDIR_KILL,
		.groundwork_of = FIX_PER_CSS_KILL,
	},
	[FIX_PER_CSS_KILL] = {
		.commit = "1dffd95575eb",
		.title = "cgroup: Defer kill_css_finish() in cgroup_apply_control_disable()",
		.without = "disabling a controller takes its state away from tasks that still exit in it",
		.harm = HARM_LOSS,
	},
	[FIX_REBIND] = {
		.commit = "a99ce697ea5e",
		.title = "cgroup: Migrate tasks to the root css when a controller is rebound",
		.without = "a controller that is mounted with cgroup v1 leaves its state behind in cgroup2, as long as there are tasks",
		.harm = HARM_HANG,
		.repairs = FIX_PER_CSS_KILL,
	},
	[FIX_SCX_TID] = {
		.commit = "41e3312861ea",
		.title = "sched_ext: add p->scx.tid and SCX_OPS_TID_TO_TASK lookup",
		.without = "a BPF scheduler that keys tasks by pid loses the exiting ones",
		.harm = HARM_ANSWER,
		.feature = true,
	},
	[FIX_SCX_FORK_IN_LOAD] = {
		.commit = "03506edca637",
		.title = "sched_ext: Fix exit_task leak on fork failure during enable",
		.without = "a BPF scheduler never hears of the end of a fork that failed while the scheduler was loaded",
		.harm = HARM_ANSWER,
	},
	[FIX_SCX_EVENTS] = {
		.commit = "f39cc395dff6",
		.title = "sched_ext: Make scx_bpf_events() read the calling scheduler's counters",
		.without = "a sub-scheduler that asks for its event counters is given the root's",
		.harm = HARM_ANSWER,
	},
	[FIX_CLONE_INTO_KILLED] = {
		.commit = "8e3599202166",
		.title = "cgroup: fix spurious SIGKILL of CLONE_INTO_CGROUP children",
		.without = "a process that is cloned into a cgroup dies at once, for a cgroup.kill of long ago",
		.harm = HARM_KILL,
	},
	[FIX_SCX_EARLY_ERROR] = {
		.commit = "c7a1c6e8004a",
		.title = "sched_ext: Close the pre-enable ops error claim window",
		.without = "a BPF scheduler that fails at the beginning of its load can never be unloaded and is used after it is freed",
		.harm = HARM_CRASH,
	},
	[FIX_DEAD_REFERENCE] = {
		.commit = "057dac23d329",
		.title = "cgroup: Avoid iteration of dying tasks with zero refcount",
		.without = "a reader of cgroup.procs that pauses takes a reference to a task that is being freed",
		.harm = HARM_CRASH,
		.repairs = FIX_DEFER_UNLINK,
	},
	[FIX_SCX_NO_SCHED] = {
		.commit = "0a85182723b6",
		.title = "sched_ext: Fix NULL sched deref in kfunc sub-sched error paths",
		.without = "a BPF scheduler's mistake about a dead task is an oops of the kernel",
		.harm = HARM_CRASH,
	},
	[FIX_FORK_MIGRATION] = {
		.commit = ID_UNKNOWN,
		.title = "cgroup: serialize migrations of newly forked processes",
		.without = "to move a process during its fork corrupts the lists of cgroups (mount option favordynmods)",
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
		.without = "cgroup.kill ends a process that has left the cgroup",
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

const struct invariant invariants[] = {
	{
		.program = "cgroup_rmdir",
		.test = "hidden_task_does_not_keep_the_cgroup_busy",
		.text = "rmdir of a cgroup whose only task is exiting returns 0, without waiting for it",
		.fixes = { FIX_DEFER_RMDIR_KILL },
	},
	{
		.program = "cgroup_rmdir",
		.test = "hidden_task_is_not_listed",
		.text = "a task that is exiting is in neither cgroup.procs nor cgroup.threads",
		.fixes = { FIX_HIDE_DEAD },
	},
	{
		.program = "cgroup_rmdir",
		.test = "populated_until_the_last_switch",
		.text = "cgroup.events says populated 1 until the last task has switched out, then 0 with a notification",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "cgroup_rmdir",
		.test = "dying_cgroup_is_released",
		.text = "a cgroup removed around an exiting task leaves nr_dying_descendants when the task is gone",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_rmdir",
		.test = "many_hidden_tasks_do_not_keep_the_cgroup_busy",
		.text = "rmdir of a cgroup whose 50 tasks are all exiting returns 0, without waiting for them",
		.fixes = { FIX_DEFER_RMDIR_KILL },
	},
	{
		.program = "cgroup_rmdir",
		.test = "zombie_does_not_keep_the_cgroup_busy",
		.text = "rmdir of a cgroup whose only task is a zombie returns 0",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_rmdir",
		.test = "agrees_with_the_lists_on_a_task_that_closes_its_files",
		.text = "rmdir returns 0 if cgroup.procs and cgroup.threads are empty, else EBUSY",
		.fixes = { FIX_DEFER_RMDIR_KILL },
		.one_sided = true,
	},
	{
		.program = "cgroup_rmdir",
		.test = "agrees_with_the_lists_on_a_zombie_leader",
		.text = "a process whose leader has exited keeps its cgroup busy: it has a live thread",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_rmdir",
		.test = "agrees_with_the_lists_on_a_thread_that_was_left_behind",
		.text = "rmdir returns 0 if cgroup.procs and cgroup.threads are empty, else EBUSY",
		.fixes = { FIX_DEFER_RMDIR_KILL },
		.one_sided = true,
	},
	{
		.program = "cgroup_rmdir",
		.test = "child_then_parent_around_a_hidden_task",
		.text = "a cgroup whose only child was removed around an exiting task can be removed as well",
		.fixes = { FIX_DEFER_RMDIR_KILL },
	},
	{
		.program = "cgroup_rmdir",
		.test = "same_name_again_while_the_old_one_drains",
		.text = "a cgroup can be made under the name of one that is still draining, and is another one",
		.fixes = { FIX_DEFER_RMDIR_KILL },
	},
	{
		.program = "cgroup_rmdir",
		.test = "reaped_task_does_not_keep_the_cgroup_busy",
		.text = "rmdir after a successful wait of the last task never fails with EBUSY",
		.fixes = { FIX_DEFER_RMDIR_KILL },
		.one_sided = true,
	},
	{
		.program = "cgroup_visibility",
		.test = "waited_for_task_is_not_listed",
		.text = "a task that wait has returned is in neither cgroup.procs nor cgroup.threads",
		.fixes = { FIX_HIDE_DEAD },
	},
	{
		.program = "cgroup_visibility",
		.test = "zombie_is_not_listed",
		.text = "a zombie is in neither cgroup.procs nor cgroup.threads",
		.fixes = { FIX_HIDE_DEAD },
		.one_sided = true,
	},
	{
		.program = "cgroup_visibility",
		.test = "process_is_listed_while_a_thread_of_it_lives",
		.text = "a process whose leader is dead but has a live thread is in cgroup.procs, its leader is not in cgroup.threads",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_visibility",
		.test = "process_is_listed_while_a_thread_of_it_exits",
		.text = "a live process of which a thread is exiting is in cgroup.procs",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_visibility",
		.test = "proc_pid_cgroup_keeps_its_path",
		.text = "/proc/PID/cgroup of an exiting task names its cgroup, \" (deleted)\" after rmdir",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_visibility",
		.test = "exiting_task_does_not_migrate",
		.text = "moving a process that is exiting moves nothing",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_visibility",
		.test = "reader_keeps_its_place_while_tasks_exit",
		.text = "a reader of cgroup.procs neither misses a live process nor sees one twice while others exit",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_visibility",
		.test = "reader_keeps_its_place_while_tasks_move",
		.text = "a reader of cgroup.procs neither misses a process that stays nor sees one twice while others move away",
		.fixes = { FIX_ITERATE_MIGRATING },
	},
	{
		.program = "cgroup_visibility",
		.test = "paused_reader_sees_no_0",
		.text = "a reader of cgroup.threads that pauses sees no task that was reaped meanwhile, as 0 or otherwise",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_visibility",
		.test = "thread_without_an_id_is_not_listed",
		.text = "cgroup.threads does not list, as 0, a thread that has given up its id and has not switched out yet",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_populated",
		.test = "in_all_ancestors_until_the_last_switch",
		.text = "populated is 1 in a cgroup and all its ancestors until the last switch of the last task",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "cgroup_populated",
		.test = "turns_once_with_a_notification",
		.text = "populated turns 0 once, at the last switch, with a notification for poll and for inotify",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "cgroup_populated",
		.test = "turns_when_the_last_task_moves_away",
		.text = "cgroup.events says populated 0, with a notification, when the last task has moved away",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_populated",
		.test = "parent_outlasts_a_removed_child",
		.text = "a parent is populated until the last task of its removed child has switched out, and is notified then",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "cgroup_rebind",
		.test = "mount_by_name_completes_after_the_drain",
		.text = "a mount of cgroup v1 completes, at the latest when no task that is exiting uses a disabled controller",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_rebind",
		.test = "controller_can_be_mounted_after_the_drain",
		.text = "a controller that was disabled around an exiting task can be mounted in cgroup v1 when that is gone, and comes back",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_rebind",
		.test = "perf_event_can_be_taken_from_any_task",
		.text = "mounting perf_event in cgroup v1 takes it from live and exiting tasks of cgroup2, and unmounting gives it back",
		.fixes = { FIX_REBIND },
	},
	{
		.program = "cgroup_release_agent",
		.test = "comes_once_after_the_last_switch",
		.text = "the release agent of a v1 cgroup is called once, after the last switch of its last task",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "cgroup_release_agent",
		.test = "comes_for_the_parent_of_a_removed_child",
		.text = "the release agent of a v1 cgroup whose child was removed around an exiting task is called once, when that is gone",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "cgroup_drain_race",
		.test = "rmdir_just_before_the_last_switch",
		.text = "exactly one of a cgroup's removal and its last task's death takes it apart: rmdir first",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_drain_race",
		.test = "rmdir_just_after_the_last_switch",
		.text = "exactly one of a cgroup's removal and its last task's death takes it apart: the death first",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_drain_race",
		.test = "rmdir_from_another_cpu",
		.text = "exactly one of a cgroup's removal and its last task's death takes it apart: rmdir from another CPU, at every distance",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_drain_race",
		.test = "disable_just_before_the_last_switch",
		.text = "exactly one of a cgroup's removal and its last task's death takes it apart: the removal of a controller first",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_drain_race",
		.test = "disable_just_after_the_last_switch",
		.text = "exactly one of a cgroup's removal and its last task's death takes it apart: the death before the removal of a controller",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_drain_race",
		.test = "disable_from_another_cpu",
		.text = "exactly one of a cgroup's removal and its last task's death takes it apart: the removal of a controller from another CPU",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_drain_race",
		.test = "rmdir_among_forks_moves_and_execs",
		.text = "exactly one of a cgroup's removal and its last task's death takes it apart: rmdir while others fork, move and exec",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "live_task_stops_and_runs_again_beside_a_hidden_one",
		.text = "freezing a cgroup stops its live tasks and thawing lets them run, whatever is exiting beside them",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "live_task_stops_beside_one_that_closes_its_files",
		.text = "freezing a cgroup stops its live tasks and thawing lets them run, whatever is exiting beside them",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "live_task_stops_beside_a_thread_that_exits",
		.text = "freezing a cgroup stops its live tasks and thawing lets them run, whatever is exiting beside them",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "hidden_task_that_closes_its_files_sleeps_on",
		.text = "freezing a cgroup does not interrupt the sleep of a task that has begun to exit in it",
		.fixes = { FIX_HIDE_DEAD },
	},
	{
		.program = "cgroup_freeze",
		.test = "hidden_task_sleeps_on",
		.text = "freezing a cgroup does not wake a task that is exiting in it",
		.fixes = { FIX_HIDE_DEAD },
	},
	{
		.program = "cgroup_freeze",
		.test = "frozen_is_told_when_the_hidden_task_is_gone",
		.text = "cgroup.events says frozen 1, with a notification, at the latest when the last task that was exiting is gone",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "frozen_is_told_when_a_task_has_closed_its_files",
		.text = "cgroup.events says frozen 1, with a notification, at the latest when the last task that was exiting is gone",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "frozen_is_told_when_an_exiting_thread_is_gone",
		.text = "cgroup.events says frozen 1, with a notification, at the latest when the last task that was exiting is gone",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "empty_looking_cgroup_is_frozen_at_once",
		.text = "a cgroup whose cgroup.procs is empty is frozen as soon as cgroup.freeze is written",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "empty_looking_cgroup_is_frozen_around_closing_files",
		.text = "a cgroup whose cgroup.procs is empty is frozen as soon as cgroup.freeze is written",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "parent_is_not_frozen_before_its_children",
		.text = "a cgroup says frozen 1 only when all its children do",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "parent_freezes_after_a_freezing_child_was_removed",
		.text = "a cgroup can be frozen after a freezing child of it was removed around an exiting task",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "parent_is_not_frozen_before_its_next_child",
		.text = "a cgroup whose freezing child was removed says frozen 1 only when its next child does",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "parent_freezes_after_a_frozen_child_was_removed",
		.text = "a cgroup can be frozen after a child of it was removed that was frozen",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_freeze",
		.test = "parent_freezes_after_freeze_kill_rmdir_in_a_loop",
		.text = "a cgroup can be frozen after children of it were frozen, killed, reaped and removed",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_kill",
		.test = "reaches_a_process_whose_leader_has_exited",
		.text = "cgroup.kill ends a process whose leader thread has exited",
		.fixes = { FIX_KILL_HEADLESS },
	},
	{
		.program = "cgroup_kill",
		.test = "reaches_a_process_below_whose_leader_has_exited",
		.text = "cgroup.kill ends a process in a child cgroup whose leader thread has exited",
		.fixes = { FIX_KILL_HEADLESS },
	},
	{
		.program = "cgroup_kill",
		.test = "reaches_a_live_process_beside_a_hidden_one",
		.text = "cgroup.kill ends a live process, whatever is exiting beside it",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_kill",
		.test = "reaches_a_live_process_beside_one_that_closes_its_files",
		.text = "cgroup.kill ends a live process, whatever is exiting beside it",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_kill",
		.test = "reaches_a_live_process_beside_a_thread_that_exits",
		.text = "cgroup.kill ends a live process, whatever is exiting beside it",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_kill",
		.test = "reaches_a_process_of_which_a_thread_exits",
		.text = "cgroup.kill ends a process of which a thread is exiting",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_kill",
		.test = "does_no_harm_where_all_are_hidden",
		.text = "cgroup.kill of a cgroup with only exiting tasks returns and kills nobody",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_kill",
		.test = "does_no_harm_where_all_close_their_files",
		.text = "cgroup.kill of a cgroup with only exiting tasks returns and kills nobody",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_kill",
		.test = "spares_a_process_that_left_an_exiting_thread_behind",
		.text = "cgroup.kill spares a process that has moved away and left an exiting thread behind",
		.fixes = { FIX_SPARE_MIGRATED },
	},
	{
		.program = "cgroup_kill",
		.test = "spares_what_is_cloned_in_later",
		.text = "a process that is cloned into a cgroup lives, though cgroup.kill was written before",
		.fixes = { FIX_CLONE_INTO_KILLED },
	},
	{
		.program = "cgroup_kill",
		.test = "spares_what_is_cloned_out_later",
		.text = "a process that is cloned into a cgroup lives, though its parent's cgroup was killed before",
		.fixes = { FIX_CLONE_INTO_KILLED },
	},
	{
		.program = "cgroup_locked",
		.test = "last_switch_does_not_wait_for_the_lock",
		.text = "the last switch of a task sleeps for no lock, also where PREEMPT_RT could",
		.fixes = { FIX_RT_SLEEP },
	},
	{
		.program = "cgroup_newborn",
		.test = "move_during_the_fork_waits_for_it",
		.text = "a move of a process that is still being forked waits until it is in a cgroup",
		.fixes = { FIX_FORK_MIGRATION },
	},
	{
		.program = "cgroup_accounting",
		.test = "hidden_task_is_charged_until_it_is_reaped",
		.text = "pids.current counts a task that is exiting in its cgroup, and in no other, until it is reaped",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "zombie_is_charged_until_it_is_reaped",
		.text = "pids.current counts a zombie in its cgroup, and in no other, until it is reaped",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "charge_of_a_hidden_task_outlives_its_cgroup",
		.text = "pids.current of the parent counts a task of a removed cgroup until it is reaped",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "charge_of_a_zombie_outlives_its_cgroup",
		.text = "pids.current of the parent counts a zombie of a removed cgroup until it is reaped",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "thread_left_behind_is_charged_where_it_is",
		.text = "pids.current counts an exiting thread in the cgroup that its process has left",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "hidden_task_keeps_a_removed_cgroup_dying",
		.text = "cgroup.stat counts a removed cgroup and its controllers as dying once, from rmdir until its exiting task is gone",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "zombie_keeps_a_removed_cgroup_dying",
		.text = "cgroup.stat counts a removed cgroup and its controllers as dying once, from rmdir until its zombie is reaped",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "hidden_task_keeps_a_disabled_controller_dying",
		.text = "cgroup.stat counts a disabled controller as dying once, also if its cgroup is removed then",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "zombie_keeps_a_disabled_controller_dying",
		.text = "cgroup.stat counts a disabled controller as dying once, also if its cgroup is removed then",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "memory_left_behind_can_be_given_back",
		.text = "memory that is left of a removed cgroup is charged to the parent until it is freed",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "kernel_memory_left_behind_keeps_no_cgroup",
		.text = "kernel memory that is left of a removed cgroup is charged to the parent and does not keep the cgroup",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "empty_looking_cgroup_takes_a_domain_controller",
		.text = "a cgroup whose cgroup.procs is empty can enable a domain controller, at the latest when no task in it is exiting",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_accounting",
		.test = "empty_looking_cgroup_becomes_threaded",
		.text = "a cgroup whose cgroup.procs is empty can become threaded, at the latest when no task in it is exiting",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_controllers",
		.test = "disabling_hides_that_controller_only",
		.text = "disabling a controller around an exiting task returns at once and takes away the files of that controller and of no other; disabling it above completes once the task is gone",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_controllers",
		.test = "enabling_completes_after_the_drain",
		.text = "enabling a controller again, and any change above, completes once the exiting task is gone; then the controller enforces its limits",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_controllers",
		.test = "parent_and_grandparent_at_once",
		.text = "a controller can be disabled in a parent and a grandparent of an exiting task at the same time: both complete, and it can be enabled again",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_controllers",
		.test = "removed_cgroup_delays_no_change",
		.text = "a cgroup with only an exiting task can be removed before or after a controller is disabled for it, and then delays no change of its parent's controllers",
		.fixes = { FIX_DEFER_RMDIR_KILL },
	},
	{
		.program = "cgroup_dying",
		.test = "removal_is_counted_at_once",
		.text = "when rmdir returns, cgroup.stat above counts the cgroup and each of its controllers as dying, once",
		.fixes = { FIX_DYING_COUNT },
	},
	{
		.program = "cgroup_dying",
		.test = "removal_around_a_hidden_task_is_counted_at_once",
		.text = "when rmdir around an exiting task returns, cgroup.stat above counts the cgroup and each of its controllers as dying, once",
		.fixes = { FIX_DYING_COUNT },
	},
	{
		.program = "cgroup_dying",
		.test = "disabling_is_counted_at_once",
		.text = "when controllers have been disabled, cgroup.stat counts each of them as dying, once",
		.fixes = { FIX_DYING_COUNT },
	},
	{
		.program = "cgroup_dying",
		.test = "disabling_around_a_hidden_task_is_counted_at_once",
		.text = "when controllers have been disabled around an exiting task, cgroup.stat counts each of them as dying, once",
		.fixes = { FIX_DYING_COUNT },
	},
	{
		.program = "cgroup_dying",
		.test = "pids_controller_drains_before_memory",
		.text = "the pids controller of a removed cgroup is freed when no exiting task uses it, though one uses the memory controller",
		.fixes = { FIX_PER_CSS },
	},
	{
		.program = "cgroup_dying",
		.test = "memory_controller_drains_before_pids",
		.text = "the memory controller of a removed cgroup is freed when no exiting task uses it, though one uses the pids controller",
		.fixes = { FIX_PER_CSS },
	},
	{
		.program = "cgroup_offline",
		.test = "removed_cgroup_stays_online_until_the_last_switch",
		.text = "css_offline of a removed cgroup comes after the last switch of every task in it, once for each controller",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "cgroup_offline",
		.test = "disabled_css_stays_online_until_the_last_switch",
		.text = "css_offline of a disabled controller comes after the last switch of every task in that cgroup",
		.fixes = { FIX_PER_CSS_KILL },
	},
	{
		.program = "cgroup_offline",
		.test = "disabled_css_stays_online_for_a_linked_task",
		.text = "css_offline of a disabled controller comes after the last switch of a task that has only begun to exit",
		.fixes = { FIX_PER_CSS_KILL },
	},
	{
		.program = "cgroup_offline",
		.test = "disabled_css_stays_online_for_a_task_below",
		.text = "css_offline of a disabled controller comes after the last switch of every task below that cgroup",
		.fixes = { FIX_PER_CSS_KILL },
	},
	{
		.program = "cgroup_offline",
		.test = "removed_css_is_not_killed_for_a_task_below",
		.text = "references to the css of a controller in a removed cgroup, and in those above it, can be had until the last switch of every task below",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "cgroup_offline",
		.test = "parent_stays_online_until_all_below_is_offline",
		.text = "css_offline of a removed parent comes after that of its children and after the last switch of every task below",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "cgroup_offline",
		.test = "parent_waits_for_a_child_on_another_cpu",
		.text = "css_offline of a removed parent comes after that of its children, also where another CPU takes them down",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_offline",
		.test = "disabled_css_waits_for_no_live_task",
		.text = "a disabled controller goes offline after the exiting tasks that use it, though the cgroup and its other controllers live on",
		.fixes = { FIX_PER_CSS_KILL },
	},
	{
		.program = "cgroup_offline",
		.test = "disabled_and_removed_goes_offline_once",
		.text = "a controller that is disabled for a cgroup which is then removed goes offline exactly once",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_offline",
		.test = "disabled_and_removed_at_once_goes_offline_once",
		.text = "a controller that is disabled for an empty cgroup which is removed right then is killed, and goes offline, exactly once",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_offline",
		.test = "rmdir_stopped_halfway_goes_offline_once",
		.text = "exactly one of a cgroup's removal and its last task's death takes it apart: rmdir that is stopped halfway",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_fork_kill",
		.test = "reaches_a_process_that_is_being_forked",
		.text = "cgroup.kill ends a process whose fork is under way when it comes",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_fork_kill",
		.test = "reaches_a_process_that_is_being_cloned_in",
		.text = "cgroup.kill ends a process that is being cloned into the cgroup when it comes",
		.fixes = { FIX_NONE },
	},
	{
		.program = "cgroup_last_reference",
		.test = "paused_reader_takes_none_to_a_task_that_is_freed",
		.text = "a reader of cgroup.procs that goes on at a task whose last reference is gone takes none, and passes it over",
		.fixes = { FIX_DEAD_REFERENCE },
	},
	{
		.program = "scx_controller_toggle",
		.test = "held_task_exits_before_its_disabled_cgroup",
		.text = "a BPF scheduler sees cgroup_exit of a cgroup whose cpu controller was disabled after exit_task of the task that is exiting in it; enabled again, it sees cgroup_init and the live tasks move back",
		.fixes = { FIX_PER_CSS_KILL },
	},
	{
		.program = "scx_controller_toggle",
		.test = "linked_task_exits_before_its_disabled_cgroup",
		.text = "a BPF scheduler sees cgroup_exit of a cgroup whose cpu controller was disabled after exit_task of a task that has begun to exit in it",
		.fixes = { FIX_PER_CSS_KILL },
	},
	{
		.program = "scx_controller_toggle",
		.test = "held_task_exits_first_if_memory_goes_as_well",
		.text = "a BPF scheduler sees cgroup_exit of a cgroup whose cpu and memory controllers were disabled after exit_task of the task that is exiting in it",
		.fixes = { FIX_PER_CSS_KILL },
	},
	{
		.program = "scx_controller_toggle",
		.test = "disabled_and_removed_cgroup_exits_once",
		.text = "a BPF scheduler sees one cgroup_exit of a cgroup whose cpu controller was disabled and which was removed then",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_controller_toggle",
		.test = "tasks_exit_before_their_cgroup_in_a_storm",
		.text = "a BPF scheduler sees each task exit before its cgroup does, however often the cpu controller is toggled",
		.fixes = { FIX_PER_CSS_KILL },
	},
	{
		.program = "scx_exit_order",
		.test = "zombie_exits_before_its_cgroup",
		.text = "a BPF scheduler sees exit_task of a zombie when it has switched out for the last time, and before its cgroup's cgroup_exit",
		.fixes = { FIX_SCX_EXIT_ORDER },
	},
	{
		.program = "scx_exit_order",
		.test = "pinned_zombie_exits_before_its_cgroup",
		.text = "a BPF scheduler sees exit_task of a zombie before its cgroup's cgroup_exit, whatever refers to the zombie",
		.fixes = { FIX_SCX_EXIT_ORDER },
	},
	{
		.program = "scx_exit_order",
		.test = "vforked_zombie_exits_before_its_cgroup",
		.text = "a BPF scheduler sees exit_task of a zombie that was vforked before its cgroup's cgroup_exit",
		.fixes = { FIX_SCX_EXIT_ORDER },
	},
	{
		.program = "scx_exit_order",
		.test = "held_task_exits_before_its_cgroup",
		.text = "a BPF scheduler sees exit_task of a task that is exiting when it has ceased to run, and before its cgroup's cgroup_exit",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "scx_exit_order",
		.test = "zombie_leader_exits_before_its_cgroup",
		.text = "a BPF scheduler sees exit_task of a process's dead leader before its cgroup's cgroup_exit",
		.fixes = { FIX_SCX_EXIT_ORDER },
	},
	{
		.program = "scx_exit_order",
		.test = "leader_left_behind_exits_before_its_cgroup",
		.text = "a BPF scheduler sees exit_task of a dead leader before its cgroup's cgroup_exit, also if its process has moved away",
		.fixes = { FIX_SCX_EXIT_ORDER },
	},
	{
		.program = "scx_exit_order",
		.test = "leader_exits_before_its_cgroup_during_exec",
		.text = "a BPF scheduler sees exit_task of a leader that died of another thread's exec before its cgroup's cgroup_exit",
		.fixes = { FIX_SCX_EXIT_ORDER },
	},
	{
		.program = "scx_exit_order",
		.test = "killed_tree_exits_after_its_tasks",
		.text = "a BPF scheduler sees exit_task of all tasks that cgroup.kill ended before cgroup_exit of their cgroups, a child's before its parent's",
		.fixes = { FIX_SCX_EXIT_ORDER },
	},
	{
		.program = "scx_exit_order",
		.test = "children_exit_before_their_parents",
		.text = "a BPF scheduler sees cgroup_exit of a child before its parent's, and both after exit_task of the task in the child",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "scx_init_order",
		.test = "held_task_comes_after_its_removed_cgroup",
		.text = "a BPF scheduler that is loaded sees cgroup_init of a removed cgroup before init_task of the task that is exiting in it",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "scx_init_order",
		.test = "linked_task_comes_after_its_cgroup",
		.text = "a BPF scheduler that is loaded sees cgroup_init of a cgroup before init_task of a task that has begun to exit in it",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_init_order",
		.test = "zombie_of_a_removed_cgroup_is_passed_over",
		.text = "a BPF scheduler that is loaded sees no init_task of a zombie",
		.fixes = { FIX_SCX_EXIT_ORDER },
	},
	{
		.program = "scx_init_order",
		.test = "zombie_leader_of_a_removed_cgroup_is_passed_over",
		.text = "a BPF scheduler that is loaded sees no init_task of a dead leader whose process has moved away",
		.fixes = { FIX_SCX_EXIT_ORDER },
	},
	{
		.program = "scx_init_order",
		.test = "state_is_there_for_a_held_task",
		.text = "a BPF scheduler that makes state for a cgroup in cgroup_init finds it in init_task of a task that is exiting",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "scx_init_order",
		.test = "state_is_there_beside_a_zombie",
		.text = "a BPF scheduler that makes state for a cgroup in cgroup_init finds it in init_task of every task, whatever zombies there are",
		.fixes = { FIX_SCX_EXIT_ORDER },
	},
	{
		.program = "scx_init_order",
		.test = "state_in_a_removed_cgroup_is_there_for_a_held_task",
		.text = "a BPF scheduler that makes state in the cgroup itself in cgroup_init finds it in init_task of a task that is exiting",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "scx_init_order",
		.test = "held_task_comes_after_all_its_removed_ancestors",
		.text = "a BPF scheduler that is loaded sees cgroup_init of a removed cgroup, as of the removed ones above it, before init_task of the task that is exiting in it",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "scx_init_order",
		.test = "many_held_tasks_come_after_their_removed_cgroups",
		.text = "a BPF scheduler that is loaded sees cgroup_init of each of 100 removed cgroups before init_task of the task that is exiting in it",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "scx_init_order",
		.test = "tasks_come_after_their_cgroups_in_a_storm",
		.text = "a BPF scheduler that is loaded while tasks fork, migrate and exit sees cgroup_init of every cgroup before init_task of the tasks in it",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "scx_pairing",
		.test = "refused_fork_has_neither",
		.text = "a fork that a cgroup refuses (pids.max reached, cgroup removed) leaves no init_task without its exit_task",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_pairing",
		.test = "fork_that_fails_after_init_task_has_both",
		.text = "a fork that fails after init_task has its exit_task, which says that it was cancelled",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_pairing",
		.test = "fork_that_init_task_refuses_has_no_exit_task",
		.text = "a fork fails as init_task says, and then there is no exit_task",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_pairing",
		.test = "exec_from_a_thread_ends_each_thread_once",
		.text = "after an exec from a thread the old leader and the thread that took its pid have one exit_task each",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_pairing",
		.test = "task_that_dies_inside_init_task_has_both",
		.text = "a task that dies while init_task runs for it, as a scheduler is loaded, has its exit_task",
		.fixes = { FIX_SCX_INIT_DEATH },
	},
	{
		.program = "scx_pairing",
		.test = "unload_and_reload_around_exiting_tasks",
		.text = "every load and unload around exiting tasks and zombies pairs init_task with exit_task and cgroup_init with cgroup_exit",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_pairing",
		.test = "born_before_and_after_the_load_are_treated_alike",
		.text = "a task that was there before the load has the same callbacks as one that was born after it",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_pairing",
		.test = "fork_within_an_unload_finds_its_cgroup",
		.text = "a task that is forked while a scheduler is unloaded is not initialised in a cgroup that has had its cgroup_exit",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_load_race",
		.test = "fork_that_fails_halfway_through_a_load_has_both",
		.text = "a fork that fails after init_task while the scheduler is loaded has its exit_task, which says that it was cancelled",
		.fixes = { FIX_SCX_FORK_IN_LOAD },
	},
	{
		.program = "scx_load_race",
		.test = "error_in_the_first_moment_ends_the_load",
		.text = "an error of a scheduler that has just been made known ends its load, and the next load succeeds",
		.fixes = { FIX_SCX_EARLY_ERROR },
	},
	{
		.program = "scx_unload_race",
		.test = "task_that_dies_within_an_unload_has_its_exit_task",
		.text = "exit_task comes of a task that switches for the last time while the scheduler is unloaded",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_moves",
		.test = "membership_follows_every_move",
		.text = "where a BPF scheduler takes a task to be is where /proc/PID/cgroup says, after every move",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_moves",
		.test = "refused_move_leaves_the_task_where_it_was",
		.text = "a move that cgroup_prep_move refuses fails, and is cancelled for every task that was prepared",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_moves",
		.test = "exiting_thread_is_left_behind",
		.text = "a thread that is exiting does not move with its process: a BPF scheduler hears of no move, and of its exit_task in the old cgroup",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_moves",
		.test = "exit_comes_after_the_move_that_is_under_way",
		.text = "a task that is killed while it is moved has its cgroup_move before its exit_task",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_moves",
		.test = "no_move_of_a_task_after_its_exit_task",
		.text = "however moves and exits race, no move mentions a task after its exit_task",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_partial",
		.test = "exit_task_of_a_zombie_precedes_cgroup_exit",
		.text = "a scheduler that leaves a task to others sees exit_task of a zombie before the cgroup's cgroup_exit as well",
		.fixes = { FIX_SCX_EXIT_ORDER },
	},
	{
		.program = "scx_partial",
		.test = "exit_task_of_a_hidden_task_precedes_cgroup_exit",
		.text = "a scheduler that leaves a task to others sees exit_task of an exiting one before the cgroup's cgroup_exit as well",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "scx_partial",
		.test = "only_tasks_of_its_own_are_enabled",
		.text = "with SCX_OPS_SWITCH_PARTIAL every task has init_task and exit_task, and enable and disable only while it is SCHED_EXT",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_dying_scheduling",
		.test = "exiting_task_is_enqueued_in_its_cgroup",
		.text = "a scheduler with SCX_OPS_ENQ_EXITING schedules a task that is exiting, in the cgroup that it lived in",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_dying_scheduling",
		.test = "removed_cgroup_is_online_for_an_exiting_task",
		.text = "an exiting task is scheduled in the cgroup that it lived in, which is online though it was removed",
		.fixes = { FIX_DEFER_UNLINK },
	},
	{
		.program = "scx_dying_scheduling",
		.test = "disabled_cgroup_is_online_for_an_exiting_task",
		.text = "an exiting task is scheduled in the cgroup that it lived in, whose cpu controller is online though it was disabled",
		.fixes = { FIX_PER_CSS_KILL },
	},
	{
		.program = "scx_dying_scheduling",
		.test = "forgotten_exiting_task_is_named",
		.text = "a scheduler that never runs an exiting task is ejected, the kernel names the task, and the task comes to its end",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_load_storm",
		.test = "every_load_and_unload_balances",
		.text = "however often a scheduler is loaded and unloaded while tasks and cgroups come and go, every rule of order holds",
		.fixes = { FIX_SCX_EXIT_ORDER, FIX_DEFER_UNLINK,
			   FIX_SCX_INIT_DEATH },
		.one_sided = true,
	},
	{
		.program = "scx_dead_tasks",
		.test = "nice_value_of_a_dead_task_is_not_told",
		.text = "a BPF scheduler is not told of the nice value of a task that has had its exit_task",
		.fixes = { FIX_SCX_DEAD_TASKS },
	},
	{
		.program = "scx_dead_tasks",
		.test = "affinity_of_a_dead_task_is_not_told",
		.text = "a BPF scheduler is not told of the affinity of a task that has had its exit_task",
		.fixes = { FIX_SCX_DEAD_TASKS },
	},
	{
		.program = "scx_dead_tasks",
		.test = "class_of_a_dead_task_is_not_told",
		.text = "a task that has had its exit_task neither leaves the scheduler nor comes to it when its class is changed",
		.fixes = { FIX_SCX_DEAD_TASKS },
	},
	{
		.program = "scx_dead_tasks",
		.test = "dead_task_is_not_mentioned_after_an_unload_and_a_load",
		.text = "no change of a dead task calls a scheduler after its exit_task, before or after an unload and a load",
		.fixes = { FIX_SCX_DEAD_TASKS },
	},
	{
		.program = "scx_tid_lookup",
		.test = "live_task_is_found_by_its_tid",
		.text = "scx_bpf_tid_to_task() of a live task's p->scx.tid finds that task",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_lookup",
		.test = "exiting_task_is_found_by_its_tid",
		.text = "scx_bpf_tid_to_task() finds a task that is exiting",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_lookup",
		.test = "dead_task_is_not_found",
		.text = "scx_bpf_tid_to_task() of a dead task's tid finds nothing, reaped or not",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_lookup",
		.test = "no_task_has_a_reserved_tid",
		.text = "scx_bpf_tid_to_task() of 0 and ~0 finds nothing and ejects nobody",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_lookup",
		.test = "dead_leader_is_not_found",
		.text = "scx_bpf_tid_to_task() of a dead leader's tid finds nothing, though its process lives",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_lookup",
		.test = "tid_never_handed_out_finds_nothing",
		.text = "scx_bpf_tid_to_task() of a tid that no task ever had finds nothing",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_lookup",
		.test = "tracing_programs_find_the_task_they_run_in",
		.text = "scx_bpf_tid_to_task() finds a task also from tp_btf and fentry programs, without an RCU lock of theirs",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_exiting",
		.test = "found_by_its_tid_when_its_pid_is_gone",
		.text = "scx_bpf_tid_to_task() finds a task that has lost its pid and has still to be scheduled",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_exec_stall",
		.test = "queue_of_tids_runs_on_where_one_of_pids_stalls",
		.text = "a scheduler that queues tasks by tid runs the leader whose pid another thread's execve has taken",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_exec_stall",
		.test = "exiting_task_is_queued_only_where_asked_for",
		.text = "a task that exits is run by the kernel itself where the scheduler has not set SCX_OPS_ENQ_EXITING",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_table",
		.test = "has_every_live_task",
		.text = "a loaded scheduler's tid table has every task of the machine, from before the load and from after it",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_table",
		.test = "has_tasks_that_were_exiting_at_the_load",
		.text = "a task that was exiting when the scheduler was loaded is found by its tid",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_table",
		.test = "has_a_task_that_had_no_pid_at_the_load",
		.text = "a task that had lost its pid when the scheduler was loaded is found by its tid",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_table",
		.test = "has_no_task_that_died_during_the_load",
		.text = "a task that dies while a scheduler is loaded is in the tid table at no time after that",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_table",
		.test = "is_filled_anew_at_the_next_load",
		.text = "a scheduler that is loaded again finds the live tasks by the same tids, and no dead one",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_table",
		.test = "is_right_after_each_load_in_a_storm_of_forks",
		.text = "every load of a scheduler fills the tid table, whatever is forked and exits meanwhile",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_table",
		.test = "outlives_a_load_that_failed",
		.text = "the tid table is right after a load that failed half-way, and empty before the next one",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_table",
		.test = "outlives_a_load_that_was_refused",
		.text = "the tid table of a scheduler is right after another one was refused",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_identity",
		.test = "every_task_has_one_of_its_own",
		.text = "every task, thread and kernel thread has a tid, which is not 0 and not another's",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_identity",
		.test = "none_is_given_twice",
		.text = "no two tasks ever have the same tid, with 34000 forked on all CPUs at once",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_identity",
		.test = "stays_over_execve",
		.text = "a task keeps its tid over execve",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_identity",
		.test = "stays_with_the_thread_that_takes_a_pid",
		.text = "a thread that takes its leader's pid by execve keeps its own tid",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_identity",
		.test = "stays_whatever_is_changed",
		.text = "a task keeps its tid when its policy, class, cgroup, user or scheduler changes",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_identity",
		.test = "stays_when_a_cpu_goes_and_comes_back",
		.text = "a task keeps its tid, and nobody gets it, when a CPU goes offline and comes back",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_callbacks",
		.test = "task_is_found_from_its_fork_to_its_last_switch",
		.text = "every callback about a task finds it by its tid, but for init_task and enable at its fork and disable and exit_task at its death",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_callbacks",
		.test = "task_is_found_where_it_is_moved_and_bound",
		.text = "the callbacks that move a task between cgroups or CPUs find it by its tid",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_callbacks",
		.test = "task_is_found_by_callbacks_about_cgroups_and_cpus",
		.text = "callbacks that are not about a task find it by its tid as well",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_callbacks",
		.test = "task_from_before_is_found_from_its_enable_on",
		.text = "a task from before the load is found by its tid from its enable to its exit_task at the unload, not in init_task and not in exit",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_callbacks",
		.test = "task_is_found_in_the_dump_of_a_failed_scheduler",
		.text = "dump, dump_cpu and dump_task of a failed scheduler find a task by its tid",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_flag",
		.test = "callback_without_the_flag_ejects_its_scheduler",
		.text = "a callback that looks a tid up finds nothing and ejects its scheduler, with a message, if that has no SCX_OPS_TID_TO_TASK",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_flag",
		.test = "syscall_program_without_the_flag_ejects_the_scheduler",
		.text = "a syscall program that looks a tid up finds nothing and ejects a scheduler without SCX_OPS_TID_TO_TASK, with a message",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_flag",
		.test = "tp_btf_program_without_the_flag_ejects_the_scheduler",
		.text = "a tp_btf program that looks a tid up finds nothing and ejects a scheduler without SCX_OPS_TID_TO_TASK, with a message",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_flag",
		.test = "fentry_program_without_the_flag_ejects_the_scheduler",
		.text = "a fentry program that looks a tid up finds nothing and ejects a scheduler without SCX_OPS_TID_TO_TASK, with a message",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_flag",
		.test = "without_a_scheduler_nothing_is_found_nor_said",
		.text = "scx_bpf_tid_to_task() without a scheduler finds nothing and prints nothing, from syscall, tp_btf and fentry programs",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_flag",
		.test = "after_the_scheduler_nothing_is_found_nor_said",
		.text = "scx_bpf_tid_to_task() after the unload of the scheduler finds nothing and prints nothing",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_flag",
		.test = "unknown_flags_are_refused",
		.text = "a scheduler with a flag that the kernel does not know is refused with EINVAL",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_flag",
		.test = "init_of_a_scheduler_with_the_flag_may_look",
		.text = "ops.init() of a scheduler with SCX_OPS_TID_TO_TASK can look a tid up and not be ejected for it",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_tid_flag",
		.test = "tracer_from_before_the_load_does_no_harm",
		.text = "a scheduler with SCX_OPS_TID_TO_TASK can be loaded while a tracing program looks tids up",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_tid_verifier",
		.test = "right_uses_are_loaded",
		.text = "programs that use scx_bpf_tid_to_task() as documented are loaded",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_verifier",
		.test = "sleepable_program_must_be_in_a_read_section",
		.text = "the verifier refuses scx_bpf_tid_to_task() outside of an RCU read section with EACCES",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_verifier",
		.test = "result_must_be_checked_for_null",
		.text = "the verifier refuses the use of what scx_bpf_tid_to_task() returns without a check for NULL with EACCES",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_verifier",
		.test = "result_is_not_to_be_released",
		.text = "the verifier refuses the release of a task that was looked up but not acquired with EINVAL",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_verifier",
		.test = "result_ends_with_the_read_section",
		.text = "the verifier refuses to take what scx_bpf_tid_to_task() returned for a task after the RCU read section with EINVAL",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_verifier",
		.test = "result_is_not_to_be_written_to",
		.text = "the verifier refuses a write to a task that was looked up with EACCES",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_verifier",
		.test = "other_program_types_may_not_call_it",
		.text = "the verifier refuses scx_bpf_tid_to_task() in programs other than schedulers, syscall and tracing programs with EACCES",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_sub",
		.test = "sub_with_the_flag_is_rejected_by_a_root_without",
		.text = "a sub-scheduler with SCX_OPS_TID_TO_TASK is rejected with a message under a root scheduler without it, which runs on",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_sub",
		.test = "sub_finds_the_tasks_of_its_cgroup",
		.text = "a sub-scheduler finds the tasks of its cgroup by their tids if the root scheduler has SCX_OPS_TID_TO_TASK",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_sub",
		.test = "sub_without_the_flag_finds_them_as_well",
		.text = "a sub-scheduler without SCX_OPS_TID_TO_TASK may attach under a root scheduler with it, and finds its tasks",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_sub",
		.test = "sub_without_the_flag_attaches_under_a_root_without",
		.text = "a sub-scheduler without SCX_OPS_TID_TO_TASK may attach under a root scheduler without it",
		.fixes = { FIX_SCX_TID },
	},
	{
		.program = "scx_tid_sub",
		.test = "mistake_of_a_sub_does_not_eject_the_root",
		.text = "a sub-scheduler that looks a tid up under a root scheduler without SCX_OPS_TID_TO_TASK does not eject the root scheduler",
		.fixes = { FIX_NONE },
	},
	{
		.program = "scx_sub",
		.test = "load_takes_over_an_exiting_task",
		.text = "a sub-scheduler that is loaded takes over the tasks that are exiting in its cgroup, and sees their end",
		.fixes = { FIX_ITERATE_EXITING },
	},
	{
		.program = "scx_sub",
		.test = "event_counters_are_its_own",
		.text = "scx_bpf_events() gives a sub-scheduler its own event counters, and the root scheduler the root's",
		.fixes = { FIX_SCX_EVENTS },
	},
	{
		.program = "scx_sub",
		.test = "question_about_a_dead_task_is_refused",
		.text = "scx_bpf_select_cpu_and() about a dead task is refused with EINVAL while there are sub-schedulers, which run on",
		.fixes = { FIX_SCX_NO_SCHED },
	},
	{
		.program = "scx_tid_qmap",
		.test = "scx_qmap_runs_on_under_execs_by_threads",
		.text = "scx_qmap of the kernel tree, which keys tasks by tid, is not ejected while threads exec and their old leaders exit without a pid",
		.fixes = { FIX_SCX_TID },
	},
};

const size_t nr_invariants = ARRAY_SIZE(invariants);

_Static_assert(ARRAY_SIZE(invariants) <= INVARIANTS_MAX, "too many invariants");

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

const struct invariant *invariant_find(const char *program, const char *test)
{
	size_t i;

	for (i = 0; i < nr_invariants; i++)
		if (!strcmp(invariants[i].program, program) &&
		    !strcmp(invariants[i].test, test))
			return &invariants[i];
	return NULL;
}
