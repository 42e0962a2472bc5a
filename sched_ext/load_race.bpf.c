// SPDX-License-Identifier: GPL-2.0-only
/*
 * load_race.bpf - the observer, and programs that stop the enable path: at init_task of
 * one task, before the last step, and when BPF programs may find the scheduler for the
 * first time.
 */
#define OBSERVER_INIT_TASK load_race_init_task
#include "observer.bpf.h"
#include "load_race.h"
#include "bpf_hold.bpf.h"
#include "blocking_page.bpf.h"

char _license[] SEC("license") = "GPL";

s32 blocked_pid; /* init_task of this task blocks ... */
s32 blocked_cpu; /* ... on this CPU ... */
s32 enabler; /* ... in this thread, which enables the scheduler */

s32 forker; /* the process that forks */
bool forking; /* its fork has begun */
s32 child; /* the pid of its child */
bool cancelled; /* the fork has failed */
bool stopped; /* the enable path has stopped before it sets __scx_enabled */
bool in_window; /* the fork failed while it was stopped */

s32 lookup; /* enum early_lookup; set by add_to_sysfs */
s32 stopped_cpu; /* the CPU on which add_to_sysfs stops the enable path */
s32 order; /* enum early_order; set by the test */
s32 answer; /* enum early_answer; set by add_to_sysfs */
bool disabling_seen; /* set by the test: sched_ext is "disabling" */

static __always_inline bool forker_is_current(void)
{
	return forker && forker == (s32)(bpf_get_current_pid_tgid() >> 32);
}

s32 BPF_STRUCT_OPS_SLEEPABLE(load_race_init_task, struct task_struct *p,
			     struct scx_init_task_args *args)
{
	observe_init_task(p, args);
	if (args->fork) {
		if (forker_is_current())
			child = p->pid;
		return 0;
	}
	enabler = (s32)bpf_get_current_pid_tgid();
	if (p->pid == blocked_pid) {
		blocked_cpu = bpf_get_smp_processor_id();
		wait_at_blocking_page();
	}
	return 0;
}

SEC("?fentry/scx_pre_fork")
int BPF_PROG(pre_fork)
{
	if (forker_is_current())
		forking = true;
	return 0;
}

static long wait_for_cancel(u32 loop, void *until)
{
	return READ_ONCE(cancelled) || spin_is_over(until);
}

/*
 * After its last init_task the enable path lets forks continue, and then enables the
 * static key __scx_enabled. For a scheduler without flags it enables no other key after
 * the first init_task.
 */
SEC("?fentry/static_key_enable")
int BPF_PROG(enable_key, struct static_key *key)
{
	if (stopped || !forking || enabler != (s32)bpf_get_current_pid_tgid())
		return 0;
	stopped = true;
	SPIN_UNTIL(wait_for_cancel);
	in_window = READ_ONCE(cancelled) && !key->enabled.counter;
	return 0;
}

SEC("?fexit/scx_cancel_fork")
int BPF_PROG(cancel_fork)
{
	if (forker_is_current())
		cancelled = true;
	return 0;
}

s32 stop_in_patching; /* enum patching_stop; set by the test */
s32 patching_cpu; /* the CPU on which the enable path stops while it patches the code */
u64 patched_entry;

/* More than the size of __schedule(). */
#define SCHEDULE_SIZE 0x4000

/*
 * The kernel patches the places that test __scx_enabled one by one, in the order of their
 * addresses. task_should_scx(), which chooses the class of a task, has been patched when it
 * comes to __schedule(), which picks from the classes.
 */
static __always_inline bool is_stop(u64 place)
{
	u64 schedule = (u64)&__schedule, choose = (u64)&task_should_scx;

	if (!choose || choose > schedule)
		return false;
	if (stop_in_patching == STOP_BEFORE_CHOICE)
		return place < choose;
	return stop_in_patching == STOP_BEFORE_SCHEDULE && place >= schedule &&
	       place < schedule + SCHEDULE_SIZE;
}

static __always_inline int stop_before(u64 place)
{
	if (hold.reached || enabler != (s32)bpf_get_current_pid_tgid() ||
	    !is_stop(place))
		return 0;
	patching_cpu = bpf_get_smp_processor_id();
	hold_here();
	hold_over();
	return 0;
}

/* x86 collects the places, and then patches each with __text_poke(). */
SEC("?fentry/__text_poke")
int BPF_PROG(patch_place_x86, void *poke, void *addr)
{
	return stop_before((u64)addr);
}

SEC("?fentry/arch_jump_label_transform_queue")
int BPF_PROG(patch_place, struct jump_entry *entry)
{
	s64 code = entry->code;

	/* The verifier allows no such sum with a pointer. */
	WRITE_ONCE(patched_entry, (u64)&entry->code);
	return stop_before(READ_ONCE(patched_entry) + code);
}

static __always_inline bool is_root_scheduler(struct kobject *kobj)
{
	char name[8] = "", set[16] = "";

	bpf_probe_read_kernel_str(name, sizeof(name), kobj->name);
	bpf_probe_read_kernel_str(set, sizeof(set), kobj->kset->kobj.name);
	return !bpf_strncmp(name, sizeof("root"), "root") &&
	       !bpf_strncmp(set, sizeof("sched_ext"), "sched_ext");
}

static long wait_for_order(u32 loop, void *until)
{
	return READ_ONCE(order) || spin_is_over(until);
}

static long wait_for_disabling(u32 loop, void *until)
{
	return READ_ONCE(disabling_seen) || spin_is_over(until);
}

/*
 * Kfuncs that tell whether the program has a scheduler, and that raise an error for a
 * CPU that does not exist, or for NUMA nodes that the scheduler does not use. There are
 * several because in many builds since 7.1 some kfuncs have, by their BTF, an argument
 * that no program can pass, and these differ between builds.
 */
s32 scx_bpf_dsq_nr_queued___task_exit(u64 dsq_id) __ksym __weak;
s32 scx_bpf_cpu_node___task_exit(s32 cpu) __ksym __weak;
s32 scx_bpf_pick_any_cpu___task_exit(const cpumask_t *cpus_allowed,
				     u64 flags) __ksym __weak;
s32 scx_bpf_pick_any_cpu_node___task_exit(const cpumask_t *cpus_allowed,
					  int node, u64 flags) __ksym __weak;

#define NO_CPU 0x100000

static __always_inline s32 pick_cpu(bool with_error)
{
	const cpumask_t *cpus = bpf_get_current_task_btf()->cpus_ptr;

	return with_error ? scx_bpf_pick_any_cpu_node___task_exit(cpus, 0, 0) :
			    scx_bpf_pick_any_cpu___task_exit(cpus, 0);
}

static __always_inline enum early_lookup call_kfunc(bool with_error)
{
	s32 cpu = with_error ? NO_CPU : 0;
	s32 ret;

	if (bpf_ksym_exists(scx_bpf_dsq_nr_queued___task_exit))
		ret = scx_bpf_dsq_nr_queued___task_exit(SCX_DSQ_LOCAL_ON | cpu);
	else if (bpf_ksym_exists(scx_bpf_cpu_node___task_exit))
		ret = scx_bpf_cpu_node___task_exit(cpu);
	else if (bpf_ksym_exists(scx_bpf_pick_any_cpu___task_exit) &&
		 bpf_ksym_exists(scx_bpf_pick_any_cpu_node___task_exit))
		ret = pick_cpu(with_error);
	else
		return LOOKUP_NO_KFUNC;
	return ret < 0 ? LOOKUP_NO_SCHEDULER : LOOKUP_SCHEDULER;
}

/* The enable path has set up most of the scheduler and adds it to sysfs. */
SEC("?fentry/sysfs_create_dir_ns")
int BPF_PROG(add_to_sysfs, struct kobject *kobj)
{
	s32 now;

	if (lookup || !is_root_scheduler(kobj))
		return 0;
	stopped_cpu = bpf_get_smp_processor_id();
	lookup = call_kfunc(false);
	if (lookup != LOOKUP_SCHEDULER)
		return 0;
	SPIN_UNTIL(wait_for_order);
	now = READ_ONCE(order);
	answer = now == DO_WAIT ? ANSWER_NO_ORDER : ANSWER_GOT_ORDER;
	if (now != DO_RAISE_ERROR)
		return 0;
	call_kfunc(true);
	SPIN_UNTIL(wait_for_disabling);
	return 0;
}

OBSERVER("task_exit_load_race");
