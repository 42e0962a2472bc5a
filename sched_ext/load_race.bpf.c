// SPDX-License-Identifier: GPL-2.0-only
/*
 * load_race.bpf - the observer, and what stops a load: at one task, where all tasks are
 * initialised and the scheduler is about to be called enabled, and where it has just
 * been made known.
 */
#define OBSERVER_INIT_TASK load_race_init_task
#include "observer.bpf.h"
#include "load_race.h"
#include "spin.bpf.h"
#include "stuck_page.bpf.h"

char _license[] SEC("license") = "GPL";

s32 stuck_pid; /* init_task of this task waits ... */
s32 stuck_cpu; /* ... on this CPU ... */
s32 loader; /* ... in this thread, which loads the scheduler */

s32 forker; /* this process forks meanwhile ... */
bool forking; /* ... has begun to ... */
s32 child; /* ... this task ... */
bool cancelled; /* ... and has given up ... */
bool held; /* ... until which the load waits before its last step ... */
bool in_window; /* ... if it does not have to wait for too long */

s32 sight; /* a program looks for its scheduler when that is being made known ... */
s32 answer; /* ... does what the test says ... */
bool answered; /* ... if it has said it in time ... */
bool noticed; /* ... and goes on when the test has seen what came of it */

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
	loader = (s32)bpf_get_current_pid_tgid();
	if (p->pid == stuck_pid) {
		stuck_cpu = bpf_get_smp_processor_id();
		wait_at_stuck_page();
	}
	return 0;
}

SEC("?fentry/scx_pre_fork")
int BPF_PROG(fork_begins)
{
	if (forker_is_current())
		forking = true;
	return 0;
}

static long wait_for_cancel(u32 loop, void *until)
{
	return *(volatile bool *)&cancelled || spin_is_over(until);
}

/*
 * After its last init_task a load lets go of the forks, and then turns on the key that
 * says that there is a scheduler. It turns on no other in between, nor, if the
 * scheduler has no flags, since its first init_task.
 */
SEC("?fentry/static_key_enable")
int BPF_PROG(load_is_halfway, struct static_key *key)
{
	if (held || !forking || loader != (s32)bpf_get_current_pid_tgid())
		return 0;
	held = true;
	SPIN_UNTIL(wait_for_cancel);
	in_window = *(volatile bool *)&cancelled && !key->enabled.counter;
	return 0;
}

SEC("?fexit/scx_cancel_fork")
int BPF_PROG(fork_is_cancelled)
{
	if (forker_is_current())
		cancelled = true;
	return 0;
}

static __always_inline bool is_root_scheduler(struct kobject *kobj)
{
	char name[8] = "", set[16] = "";

	bpf_probe_read_kernel_str(name, sizeof(name), kobj->name);
	bpf_probe_read_kernel_str(set, sizeof(set), kobj->kset->kobj.name);
	return !bpf_strncmp(name, sizeof("root"), "root") &&
	       !bpf_strncmp(set, sizeof("sched_ext"), "sched_ext");
}

static long wait_for_answer(u32 loop, void *until)
{
	return *(volatile s32 *)&answer || spin_is_over(until);
}

static long wait_for_notice(u32 loop, void *until)
{
	return *(volatile bool *)&noticed || spin_is_over(until);
}

/*
 * What a program may ask of its scheduler: each tells whether there is one, and asked
 * @wrongly, of a CPU that there is not or of nodes that it does not follow, each raises
 * an error. There are three, because many a kernel since 7.1 was built so that some
 * kfuncs want an argument that no program has, and every build has others of that kind.
 */
s32 scx_bpf_dsq_nr_queued___task_exit(u64 dsq_id) __ksym __weak;
s32 scx_bpf_cpu_node___task_exit(s32 cpu) __ksym __weak;
s32 scx_bpf_pick_any_cpu___task_exit(const cpumask_t *cpus_allowed,
				     u64 flags) __ksym __weak;
s32 scx_bpf_pick_any_cpu_node___task_exit(const cpumask_t *cpus_allowed,
					  int node, u64 flags) __ksym __weak;

#define NO_CPU (1 << 20)

static __always_inline s32 pick_cpu(bool wrongly)
{
	const cpumask_t *cpus = bpf_get_current_task_btf()->cpus_ptr;

	return wrongly ? scx_bpf_pick_any_cpu_node___task_exit(cpus, 0, 0) :
			 scx_bpf_pick_any_cpu___task_exit(cpus, 0);
}

static __always_inline enum sight ask(bool wrongly)
{
	s32 cpu = wrongly ? NO_CPU : 0;
	s32 ret;

	if (bpf_ksym_exists(scx_bpf_dsq_nr_queued___task_exit))
		ret = scx_bpf_dsq_nr_queued___task_exit(SCX_DSQ_LOCAL_ON | cpu);
	else if (bpf_ksym_exists(scx_bpf_cpu_node___task_exit))
		ret = scx_bpf_cpu_node___task_exit(cpu);
	else if (bpf_ksym_exists(scx_bpf_pick_any_cpu___task_exit) &&
		 bpf_ksym_exists(scx_bpf_pick_any_cpu_node___task_exit))
		ret = pick_cpu(wrongly);
	else
		return CANNOT_ASK;
	return ret < 0 ? OUT_OF_SIGHT : IN_SIGHT;
}

/* A load has almost made its scheduler, and asks for the place in sysfs. */
SEC("?fentry/sysfs_create_dir_ns")
int BPF_PROG(scheduler_is_added, struct kobject *kobj)
{
	s32 said;

	if (sight || !is_root_scheduler(kobj))
		return 0;
	sight = ask(false);
	if (sight != IN_SIGHT)
		return 0;
	SPIN_UNTIL(wait_for_answer);
	said = *(volatile s32 *)&answer;
	answered = said != ANSWER_NONE;
	if (said != ANSWER_FAIL)
		return 0;
	ask(true);
	SPIN_UNTIL(wait_for_notice);
	return 0;
}

OBSERVER("task_exit_load_race");
