// SPDX-License-Identifier: GPL-2.0-only
/*
 * fixes - the table. A row of invariants[] for every test, a row of fixes[]
 * for every commit that a test can miss.
 */
#include <string.h>

#include "compiler.h"
#include "fixes.h"

const struct fix fixes[FIX_NR] = {
	[FIX_NONE] = {
		.commit = "none",
		.title = "no upstream fix is known",
		.released = "nowhere",
		.without = "report it: this kernel does what no released one should",
	},
	[FIX_DEFER_UNLINK] = {
		.commit = "d245698d727a",
		.title = "cgroup: Defer task cgroup unlink until after the task is done switching out",
		.released = "6.19",
		.without = "controllers are told that a cgroup is empty while a task in it still runs",
	},
	[FIX_SCX_EXIT_ORDER] = {
		.commit = "7900aa699c34",
		.title = "sched_ext: Fix cgroup exit ordering by moving sched_ext_free() to finish_task_switch()",
		.released = "6.19",
		.without = "a BPF scheduler frees a cgroup's state while it still has tasks in it",
	},
	[FIX_HIDE_DEAD] = {
		.commit = "a72f73c4dd9b",
		.title = "cgroup: Don't expose dead tasks in cgroup",
		.released = "7.0, 6.19.9 or 6.19.10",
		.without = "cgroup.procs lists tasks that are dead already; service managers wait for them",
	},
	[FIX_DEFER_RMDIR_KILL] = {
		.commit = "93618edf7538",
		.title = "cgroup: Defer css percpu_ref kill on rmdir until cgroup is depopulated",
		.released = "7.1, 7.0.8 or 7.0.9",
		.without = "rmdir of an empty-looking cgroup fails with EBUSY or sleeps in D state",
	},
	[FIX_PER_CSS_KILL] = {
		.commit = "1dffd95575eb",
		.title = "cgroup: Defer kill_css_finish() in cgroup_apply_control_disable()",
		.released = "7.2",
		.without = "disabling a controller takes its state away from tasks that still exit in it",
	},
	[FIX_SCX_TID] = {
		.commit = "41e3312861ea",
		.title = "sched_ext: add p->scx.tid and SCX_OPS_TID_TO_TASK lookup",
		.released = "7.2",
		.without = "a BPF scheduler that keys tasks by pid loses the exiting ones",
	},
	[FIX_KILL_HEADLESS] = {
		.commit = "id-unknown",
		.title = "cgroup: fix cgroup.kill for exited thread group leader",
		.released = "7.3.4",
		.without = "a process whose leader has exited survives cgroup.kill",
	},
	[FIX_SPARE_MIGRATED] = {
		.commit = "id-unknown",
		.title = "cgroup: don't kill migrated processes through their exiting threads",
		.released = "7.3.4",
		.without = "cgroup.kill ends a process that has left the cgroup",
	},
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
		.test = "parent_outlasts_a_removed_child",
		.text = "a parent is populated until the last task of its removed child has switched out, and is notified then",
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
		.test = "empty_looking_cgroup_is_frozen_at_once",
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
		.test = "does_no_harm_where_all_are_hidden",
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
		.test = "removed_cgroup_delays_no_change",
		.text = "a cgroup with only an exiting task can be removed before or after a controller is disabled for it, and then delays no change of its parent's controllers",
		.fixes = { FIX_DEFER_RMDIR_KILL },
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
		.test = "parent_stays_online_until_all_below_is_offline",
		.text = "css_offline of a removed parent comes after that of its children and after the last switch of every task below",
		.fixes = { FIX_DEFER_UNLINK },
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
		.program = "scx_exit_order",
		.test = "exit_task_precedes_cgroup_exit",
		.text = "a BPF scheduler sees exit_task of every task in a cgroup before the cgroup's cgroup_exit",
		.fixes = { FIX_SCX_EXIT_ORDER, FIX_DEFER_UNLINK },
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
		.program = "scx_tid_qmap",
		.test = "scx_qmap_runs_on_under_execs_by_threads",
		.text = "scx_qmap of the kernel tree, which keys tasks by tid, is not ejected while threads exec and their old leaders exit without a pid",
		.fixes = { FIX_SCX_TID },
	},
};

const size_t nr_invariants = ARRAY_SIZE(invariants);

const struct invariant *invariant_find(const char *program, const char *test)
{
	size_t i;

	for (i = 0; i < nr_invariants; i++)
		if (!strcmp(invariants[i].program, program) &&
		    !strcmp(invariants[i].test, test))
			return &invariants[i];
	return NULL;
}
