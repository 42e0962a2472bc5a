// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_load_race - no failed fork and no error is lost while a BPF scheduler is loaded.
 *
 * The invariant. A fork that fails after its init_task gets an exit_task with
 * args->cancelled, even while the scheduler is still being loaded. And from the first
 * moment in which a scheduler can raise an error, an error ends the load completely, so
 * that the next load succeeds.
 *
 * Who broke it. From the start of sched_ext, a failed fork got exit_task only if a
 * scheduler was enabled. A load sets that state last, some time after it begins to call
 * init_task for forks (fixed by 03506edca637 in 7.3). Since 7.1 BPF programs can find
 * their scheduler before sched_ext is in the state "enabling". An error at that time was
 * treated as if there were no scheduler, and marked as handled: the load succeeded, the
 * scheduler could not be ejected any more, and an unload freed it while it was in use
 * (fixed by c7a1c6e8004a in 7.3).
 *
 * How the window is opened. The load blocks in init_task of a task (blocking_page.h). A
 * process begins to fork, waits for the load, and is killed, so that its fork will fail.
 * Then the load is released, which lets the fork continue, and a BPF program stops the
 * load before its last step until the fork has failed. In the other test a BPF program
 * stops the load when it adds the new scheduler to sysfs, and calls a kfunc. If the
 * kernel finds a scheduler for the program, the test reads the state of sched_ext. If
 * that is not "enabling" yet, an error would harm the whole machine: the test fails and
 * raises none. Otherwise the program raises an error.
 *
 * What a failure means. A scheduler leaks the state of a task; or a scheduler with an
 * early error can never be unloaded and is used after it is freed, and the machine hangs.
 */
#include <sched.h>
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "blocking_page.h"
#include "bpf_hold.h"
#include "kernel_btf.h"
#include "load_race.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "load_race.skel.h"

static struct scheduler scheduler;
static struct load_race *skel;
static struct cgroup c;
static int forker_pipe = -1; /* a pipe to the process that forks */

/* The kernel's function that an fentry or fexit program traces; NULL for others. */
static const char *traced_function(const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog);

	return section[0] == 'f' ? strchr(section, '/') + 1 : NULL;
}

/* Loads the programs whose function this kernel has. */
static void choose_programs(const struct load_race *opened)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, opened->obj) {
		const char *function = traced_function(prog);

		if (function)
			bpf_program__set_autoload(prog,
						  kernel_btf_function(function));
	}
}

static void preload_programs(void)
{
	unsigned long long unused;
	struct load_race *opened;

	if (!scheduler_prepare(NULL, &unused))
		return;
	opened = OPEN_SKELETON(load_race);
	if (!opened)
		return;
	choose_programs(opened);
	preload("load_race", opened, opened->skeleton);
}

static void __attribute__((constructor)) register_preload(void)
{
	this_program.prepare = preload_programs;
}

static void setup(void)
{
	need_cgroup_sched_ext();
	need_bpf_hold();
	skel = SCHEDULER_OPEN(&scheduler, load_race);
	if (!is_preloaded(skel->skeleton))
		choose_programs(skel);
	scheduler_load(&scheduler);
	timeline_use_log(&skel->bss->events);
	test_cgroup(&c, &test.root, "c");
}

/* Until this process ends. */
static void attach_to_function(const struct bpf_program *prog)
{
	if (bpf_program__fd(prog) < 0 || !bpf_program__attach(prog))
		test_skip("the kernel's function %s cannot be traced here",
			  traced_function(prog));
}

static int end_early(void *unused)
{
	(void)unused;
	return 0;
}

/*
 * In a child: forks when it reads a CPU from @fd, on a different CPU. It shares its
 * memory with the child: a fork that copies memory fails earlier, at a pending SIGKILL.
 */
static __noreturn void fork_on_request(int fd)
{
	static char stack[65536] __aligned(16);
	int cpu;

	if (read(fd, &cpu, sizeof(cpu)) == sizeof(cpu) &&
	    !stay_on_another_cpu(cpu))
		clone(end_early, stack + sizeof(stack), CLONE_VM | SIGCHLD,
		      NULL);
	_exit(EXIT_SUCCESS);
}

static pid_t start_forker(void)
{
	int fds[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	pid = spawn(fds[0]);
	if (!pid)
		fork_on_request(fds[0]);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, cgroup_add(&c, pid));
	close(fds[0]);
	forker_pipe = fds[1];
	timeline_name_task(pid, "the parent");
	return pid;
}

/* Starts a load that blocks in init_task of a task. */
static void block_load(struct blocking_page *page)
{
	skel->bss->blocking_page.owner = page->owner;
	skel->bss->blocking_page.address = page->address;
	skel->bss->blocked_pid = spawn_idle_in(&c);
	ASSERT_LT(0, skel->bss->blocked_pid);
	ASSERT_EQ(0, scheduler_attach_begin(&scheduler));
	if (!blocking_page_reached(page, PATIENCE_MS)) {
		scheduler_attach_must_end(&scheduler);
		test_error("the load does not block at the task");
	}
	test_step("the scheduler is being loaded");
}

/* Whether the process has begun to fork, and sleeps until the load allows it. */
static bool waits_for_load(pid_t forker)
{
	struct proc_stat stat;

	return skel->bss->forking && !proc_stat(forker, &stat) &&
	       stat.state == 'D';
}

/*
 * The load will keep its CPU busy. A thread of ours that loads has to stay there; newer
 * kernels load in a SCHED_FIFO kthread, which wakes up where it was.
 */
static void pin_loader(int cpu)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	ASSERT_EQ(0, pthread_setaffinity_np(scheduler.worker, sizeof(here),
					    &here));
}

/* Begins a fork during the load, which fails after the load is released. */
static void fork_and_kill(struct blocking_page *page)
{
	pid_t forker = skel->bss->forker;
	int cpu = skel->bss->blocked_cpu;

	pin_loader(cpu);
	ASSERT_EQ((ssize_t)sizeof(cpu), write(forker_pipe, &cpu, sizeof(cpu)));
	ASSERT_TRUE(WAIT_FOR(waits_for_load(forker), PATIENCE_MS));
	test_step("the parent forks, waits for the load, and is killed");
	ASSERT_EQ(0, kill(forker, SIGKILL));
	ASSERT_EQ(0, blocking_page_release(page));
	scheduler_attach_must_end(&scheduler);
	test_step("the scheduler is loaded");
	ASSERT_LE(0, spawn_wait(forker, PATIENCE_MS));
}

/* The setup: init_task came, and the fork failed before the load's last step. */
static void fork_must_have_failed(void)
{
	pid_t child = skel->bss->child;

	if (!child)
		test_error("the fork fails before init_task");
	timeline_name_task(child, "the child");
	if (!event_noted(test.log, EV_INIT_TASK, c.id, child))
		test_fail(FIX_NONE, "the child gets no init_task");
	if (!skel->bss->cancelled)
		test_fail(FIX_NONE, "the fork of a killed task does not fail");
	if (test_has_failed())
		test_stop();
	if (!skel->bss->in_window)
		test_skip("a load cannot be stopped here before its last step");
}

static void check_failed_fork(void)
{
	const struct event *exit_task =
		event_last_of_pid(test.log, EV_EXIT_TASK, skel->bss->child);

	if (!exit_task)
		test_fail(FIX_SCX_FORK_IN_LOAD,
			  "exit_task never comes for a fork that failed while the scheduler was being loaded");
	else if (!(exit_task->flags & EVF_CANCELLED))
		test_fail(FIX_NONE,
			  "exit_task of a failed fork comes without args->cancelled");
	if (!scheduler_detach(&scheduler))
		return;
	test_check_order(ORDER_RULE(ORDER_R3), FIX_SCX_FORK_IN_LOAD);
	test_check_order(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R3), FIX_NONE);
}

TEST_INVARIANT(failed_fork_during_a_load_gets_exit_task,
	       "a fork that fails after its init_task while the scheduler is being loaded gets an exit_task with args->cancelled",
	       FAILS_WITHOUT(FIX_SCX_FORK_IN_LOAD))
{
	static struct blocking_page page;

	attach_to_function(skel->progs.pre_fork);
	attach_to_function(skel->progs.enable_key);
	attach_to_function(skel->progs.cancel_fork);
	blocking_page_create(&page);
	skel->bss->forker = start_forker();
	block_load(&page);
	fork_and_kill(&page);
	fork_must_have_failed();
	check_failed_fork();
}

/* From now on kfuncs that @prog calls refer to our scheduler. False if they cannot. */
static bool associate(const struct bpf_program *prog)
{
	unsigned long long command;
	/* Some of the trees that this is built in do not have it in union bpf_attr. */
	const struct {
		__u32 map_fd, prog_fd, flags;
	} attr = {
		.map_fd = bpf_map__fd(skel->maps.ops),
		.prog_fd = bpf_program__fd(prog),
	};

	return !kernel_btf_enum("bpf_cmd", "BPF_PROG_ASSOC_STRUCT_OPS",
				&command) &&
	       !syscall(SYS_bpf, command, &attr, sizeof(attr));
}

/*
 * The thread that loads keeps a CPU busy, and the thread that unloads may spin on
 * another meanwhile. Both have SCHED_FIFO priority 50, so the test needs a higher
 * one. With PREEMPT_RT this also makes its timers expire in hard interrupt context.
 */
static void outrank_kthreads(void)
{
	struct sched_param above = { .sched_priority = 60 };

	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK,
					&above));
}

/* Starts a load that stops when it adds the scheduler to sysfs, or skips the test. */
static void stop_load_in_sysfs(void)
{
	struct bpf_program *prog = skel->progs.add_to_sysfs;
	__s32 *lookup = &skel->bss->lookup;

	attach_to_function(prog);
	if (!associate(prog))
		test_skip("this kernel cannot associate a program with a scheduler");
	ASSERT_EQ(0, scheduler_attach_begin(&scheduler));
	if (!WAIT_FOR(__atomic_load_n(lookup, __ATOMIC_ACQUIRE), PATIENCE_MS)) {
		scheduler_attach_must_end(&scheduler);
		test_error("the load does not add its scheduler to sysfs");
	}
	if (*lookup == LOOKUP_NO_KFUNC)
		test_skip("this kernel has no kfunc that the program can call");
	if (*lookup == LOOKUP_NO_SCHEDULER)
		test_skip("a program cannot find its scheduler before the load is \"enabling\"");
	test_step("the program finds its scheduler");
}

/* Gives the stopped program its order. */
static void order_program(enum early_order order)
{
	__atomic_store_n(&skel->bss->order, order, __ATOMIC_RELEASE);
}

static void finish_load(void)
{
	scheduler_attach_must_end(&scheduler);
	ASSERT_TRUE(skel->bss->got_order);
}

/* The program raises an error, which must end the load. */
static void raise_early_error(void)
{
	order_program(DO_RAISE_ERROR);
	/* The kernel begins to handle the error before the load continues. */
	ASSERT_TRUE(WAIT_FOR(scheduler_state_is("disabling"), PATIENCE_MS));
	test_step("the program raises an error; the load continues");
	__atomic_store_n(&skel->bss->disabling_seen, true, __ATOMIC_RELEASE);
	finish_load();
	if (!scheduler_wait_ejected(&scheduler, &test.reason)) {
		test_fail(FIX_SCX_EARLY_ERROR,
			  "the error of a scheduler that is being loaded is lost");
		test_stop();
	}
	memset(scheduler.exit_info, 0, sizeof(*scheduler.exit_info));
}

static void next_load_must_succeed(void)
{
	if (scheduler_try_attach(&scheduler, &test.reason)) {
		test_fail(FIX_NONE, "the next load fails: %s",
			  test.reason.text);
		test_stop();
	}
	test_step("the scheduler is loaded");
	if (!scheduler_is_enabled("task_exit_load_race"))
		test_fail(FIX_NONE, "the next load enables no scheduler");
}

TEST_INVARIANT(early_error_ends_the_load,
	       "an error that a scheduler raises as soon as BPF programs can find it ends its load, and the next load succeeds",
	       FAILS_WITHOUT(FIX_SCX_EARLY_ERROR))
{
	outrank_kthreads();
	stop_load_in_sysfs();
	if (!scheduler_state_is("enabling")) {
		order_program(DO_CONTINUE);
		test_fail(FIX_SCX_EARLY_ERROR,
			  "a program can raise an error of its scheduler while sched_ext is not enabling: the error would be lost");
		finish_load();
		return;
	}
	raise_early_error();
	next_load_must_succeed();
	if (scheduler_detach(&scheduler))
		test_check_order(ORDER_RULE(ORDER_R3) | ORDER_RULE(ORDER_R4),
				 FIX_NONE);
}
