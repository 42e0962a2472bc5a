// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_unload_race - a task that dies while the scheduler is being disabled gets its
 * exit_task.
 *
 * The invariant. A BPF scheduler frees in ops.exit_task() the state of a task that it
 * allocated in ops.init_task(), also if the task dies while the scheduler is being
 * disabled.
 *
 * History. It never held. After the last context switch sched_ext_dead() removes
 * the task from the list of all tasks, drops the list's lock, and then calls exit_task.
 * If scx_root_disable() walks the list in between, it does not see the task. When
 * sched_ext_dead() continues, the scheduler has no callbacks any more. No release has
 * fixed this.
 *
 * The window. The window is a few instructions long, between two locks,
 * with preemption off. A BPF program at the second lock keeps the dead task's CPU
 * there, with interrupts on, until the disabling thread waits for RCU, which it does
 * at its end. But RCU waits for that CPU, and sched_ext also waits for RCU when it
 * begins to enable or disable a scheduler, except shortly after another enable. So
 * the task dies while the scheduler is being enabled, at a time when init_task of
 * another task blocks (blocking_page.h), and the scheduler is disabled right after.
 *
 * Consequence. A scheduler leaks the state of a task; if it counts its tasks,
 * the count never drops to zero.
 */
#include <sched.h>

#include <scx/common.h>

#include "test.h"
#include "blocking_load.h"
#include "bpf_refusal.h"
#include "kernel_btf.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "steps.h"
#include "unload_race.skel.h"

/* The thread that disables a scheduler, from 6.16 on. */
#define DISABLER "sched_ext_helper"

static struct scheduler scheduler;
static struct unload_race *skel;
static struct blocking_page page;
static struct cgroup c;

static void attach_program(struct bpf_program *program)
{
	if (!bpf_program__attach(program))
		test_skip("functions of this kernel cannot be traced: %s",
			  bpf_refusal(-errno));
}

static void load(void)
{
	bool has_new_name = kernel_btf_function("_task_rq_lock");
	struct bpf_program *hold = has_new_name ?
					   skel->progs.at_task_rq_lock :
					   skel->progs.at_old_task_rq_lock;

	if (!has_new_name && !kernel_btf_function("task_rq_lock"))
		test_skip("task_rq_lock() of this kernel cannot be traced");
	bpf_program__set_autoload(hold, true);
	bpf_program__set_autoload(skel->progs.at_synchronize_rcu, true);
	scheduler_load(&scheduler);
	attach_program(hold);
	attach_program(skel->progs.at_synchronize_rcu);
}

static void setup(void)
{
	need_cgroup_sched_ext();
	blocking_page_create(&page);
	skel = SCHEDULER_OPEN_ANEW(&scheduler, unload_race);
	load();
	timeline_use_log(&skel->bss->events);
	SET_BLOCKING_PAGE(skel, &page);
	test_cgroup(&c, &test.root, "c");
}

/* Enables the scheduler until init_task of @pid blocks; that of @older is over. */
static void enable_until_younger(pid_t pid, pid_t older)
{
	skel->bss->blocked_pid = pid;
	enable_until_init_task(&scheduler, &page, &c, pid);
	must_have_init_task(&c, older);
}

/*
 * All tasks that must run while the dying one is held stay on @cpu: the thread that
 * waits for the enable path, the page's daemon, the disabler, and the test. The
 * thread that runs init_task is there already.
 */
static void keep_others_on(int cpu)
{
	pid_t disabler = proc_find_kthread(DISABLER);
	cpu_set_t set;

	if (disabler <= 0)
		test_skip("this kernel has no thread " DISABLER);
	skel->bss->disabler = disabler;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	test_must_call(pthread_setaffinity_np(scheduler.worker, sizeof(set),
					      &set),
		       "cannot keep a thread on CPU %d", cpu);
	test_must_call(keep_on_cpu(page.daemon.pid, cpu),
		       "cannot keep the FUSE daemon on CPU %d", cpu);
	test_must_call(keep_on_cpu(disabler, cpu),
		       "cannot keep " DISABLER " on CPU %d", cpu);
	test_must_call(stay_on_cpu(cpu), "cannot stay on CPU %d", cpu);
}

static void kill_and_hold(pid_t pid)
{
	struct unload_race__bss *bss = skel->bss;

	bss->dying_pid = pid;
	must_kill(pid);
	WAIT_FOR(__atomic_load_n(&bss->held, __ATOMIC_ACQUIRE), BLOCKED_MS);
	test_step("the task is killed and %s after its last context switch",
		  bss->held ? "held" : "not held");
	test_must_call(blocking_page_release(&page), "cannot release the page");
	scheduler_attach_must_end(&scheduler);
}

/* Skips the test unless the task was held when the disabler walked the tasks. */
static void need_overlap(pid_t other)
{
	struct unload_race__bss *bss = skel->bss;
	const struct event *walk;

	if (!WAIT_FOR(!bss->held || bss->held_until, PATIENCE_MS))
		test_error("the BPF program that holds the task does not end");
	walk = event_last_of_pid(test.log, EV_EXIT_TASK, other);
	if (!bss->held || !bss->disabler_waits || !walk ||
	    walk->time > bss->held_until)
		test_skip("a dead task cannot be held here while a scheduler is being disabled");
	test_step("the scheduler was disabled while the task was held");
}

TEST_INVARIANT(task_that_dies_during_disable_gets_exit_task,
	       "a task whose last context switch comes while the scheduler is being disabled gets exit_task",
	       NO_FIX)
{
	pid_t dying, younger;
	cpu_set_t cpus;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));
	if (CPU_COUNT(&cpus) < 2)
		test_skip("this needs a second CPU");
	/* The younger task gets its init_task later. */
	dying = start_idle_in(&c, "the task");
	younger = start_idle_in(&c, "the next task");

	enable_until_younger(younger, dying);
	test_must_call(keep_off_cpu(dying, skel->bss->blocked_cpu),
		       "cannot keep the task off CPU %d",
		       skel->bss->blocked_cpu);
	keep_others_on(skel->bss->blocked_cpu);
	kill_and_hold(dying);
	if (!scheduler_detach(&scheduler))
		return;
	need_overlap(younger);
	if (!event_logged(test.log, EV_EXIT_TASK, 0, dying))
		test_xfail("exit_task never comes for a task that dies during the disable");
	test_check_order(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R3), FIX_NONE);
}
