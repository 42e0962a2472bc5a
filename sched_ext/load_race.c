// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_load_race - no failed fork and no error is lost while a BPF scheduler is being
 * enabled.
 *
 * The invariant. A fork that fails after its init_task gets an exit_task with
 * args->cancelled, even while the scheduler is still being enabled. From the moment
 * at which a scheduler can raise an error, an error disables it completely, and a scheduler
 * can be enabled again. A task whose class changes meanwhile can be picked to run.
 *
 * History. From the start of sched_ext, a failed fork got exit_task only if a
 * scheduler was enabled. The enable path sets that state last, some time after it begins
 * to call init_task for forks (fixed by 03506edca637 in 7.3). Since 7.1 BPF programs can
 * find their scheduler before sched_ext is in the state "enabling". An error at that time
 * was treated as if there were no scheduler, and marked as handled: the scheduler was
 * enabled and could not be ejected any more, and disabling it freed it while it was in
 * use (fixed by c7a1c6e8004a in 7.3).
 *
 * The window. The enable path blocks in init_task of a task
 * (blocking_load.h). A process begins to fork, waits for the enable path, and is killed,
 * so that its fork will fail. Then the enable path is released, which lets the fork
 * continue, and a BPF program stops the enable path before its last step until the fork
 * has failed. In the other test a BPF program stops the enable path when it adds the new
 * scheduler to sysfs, and calls a kfunc. If the kernel finds a scheduler for the program,
 * the test reads the state of sched_ext. If that is not "enabling" yet, an error would
 * harm the whole machine: the test fails and raises none. Otherwise the program raises an
 * error. The last test is about the static key __scx_enabled: the kernel patches the places
 * that test it one by one, in the order of their addresses. A BPF program stops it after
 * task_should_scx(), which gives new tasks the sched_ext class, and before __schedule(), which
 * picks from that class; and, to compare, before both.
 *
 * Consequence. A scheduler leaks the state of a task; or a scheduler with an
 * early error can never be disabled and is used after it is freed, and the machine hangs; or
 * a CPU picks its idle task while a task could run, and put_prev_task_scx() warns.
 */
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "blocking_load.h"
#include "bpf_hold.h"
#include "kernel_btf.h"
#include "load_race.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "steps.h"
#include "load_race.skel.h"

/* How often a slow machine may miss the time in which the program waits for its order. */
#define TRIES 3

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
	must_have_forked(pid);
	test_must_call(cgroup_add(&c, pid), "cannot move the parent to c");
	close(fds[0]);
	forker_pipe = fds[1];
	timeline_name_task(pid, "the parent");
	return pid;
}

static void enable_until_blocked(struct blocking_page *page)
{
	pid_t pid = start_idle_in(&c, "the blocking task");

	SET_BLOCKING_PAGE(skel, page);
	skel->bss->blocked_pid = pid;
	enable_until_init_task(&scheduler, page, &c, pid);
}

/* Whether the process has begun to fork, and sleeps until the enable path is done. */
static bool waits_for_enable(pid_t forker)
{
	struct proc_stat stat;

	return skel->bss->forking && !proc_stat(forker, &stat) &&
	       stat.state == 'D';
}

/*
 * The enable path will keep its CPU busy. A thread of ours that enables has to stay there;
 * newer kernels enable in a SCHED_FIFO kthread, which wakes up where it was.
 */
static void pin_enabler(int cpu)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	ASSERT_EQ(0, pthread_setaffinity_np(scheduler.worker, sizeof(here),
					    &here));
}

static void fork_until_it_waits(void)
{
	int cpu = skel->bss->blocked_cpu;

	ASSERT_EQ((ssize_t)sizeof(cpu), write(forker_pipe, &cpu, sizeof(cpu)));
	if (WAIT_FOR(waits_for_enable(skel->bss->forker), PATIENCE_MS))
		return;
	if (!skel->bss->forking)
		test_error("the parent does not begin to fork");
	test_fail(FIX_NONE,
		  "a fork does not wait while init_task is called for all tasks");
	test_stop();
}

/* Begins a fork while the scheduler is being enabled, and lets it fail after that. */
static void fork_and_kill(struct blocking_page *page)
{
	pid_t forker = skel->bss->forker;

	pin_enabler(skel->bss->blocked_cpu);
	fork_until_it_waits();
	test_step("the parent forks, waits for the enable path, and is killed");
	must_kill(forker);
	test_must_call(blocking_page_release(page), "cannot release the page");
	scheduler_attach_must_end(&scheduler);
	must_die(forker);
}

/* The setup: init_task came, and the fork failed before the last step of the enable path. */
static void fork_must_have_failed(void)
{
	pid_t child = skel->bss->child;

	if (!child)
		test_error("the fork fails before init_task");
	timeline_name_task(child, "the child");
	must_have_init_task(&c, child);
	test_require(skel->bss->cancelled, FIX_NONE,
		     "the fork of a killed task does not fail");
	if (!skel->bss->in_window)
		test_skip("the enable path cannot be stopped here before its last step");
}

static void check_failed_fork(void)
{
	const struct event *exit_task =
		event_last_of_pid(test.log, EV_EXIT_TASK, skel->bss->child);

	if (!exit_task)
		log_must_be_complete();
	if (!exit_task)
		test_fail(FIX_SCX_FORK_IN_LOAD,
			  "exit_task never comes for a fork that failed while the scheduler was being enabled");
	else if (!(exit_task->flags & EVF_CANCELLED))
		test_fail(FIX_NONE,
			  "exit_task of a failed fork comes without args->cancelled");
	if (!scheduler_detach(&scheduler))
		return;
	test_check_order(ORDER_RULE(ORDER_R3), FIX_SCX_FORK_IN_LOAD);
	test_check_order(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R3), FIX_NONE);
}

TEST_INVARIANT(failed_fork_during_a_load_gets_exit_task,
	       "a fork that fails after its init_task while the scheduler is being enabled gets an exit_task with args->cancelled",
	       FAILS_WITHOUT(FIX_SCX_FORK_IN_LOAD))
{
	static struct blocking_page page;

	attach_to_function(skel->progs.pre_fork);
	attach_to_function(skel->progs.enable_key);
	attach_to_function(skel->progs.cancel_fork);
	blocking_page_create(&page);
	skel->bss->forker = start_forker();
	enable_until_blocked(&page);
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
 * The thread that enables keeps a CPU busy, and the thread that disables may spin on
 * another meanwhile. Both have SCHED_FIFO priority 50, so the test needs a higher
 * one. With PREEMPT_RT this also makes its timers expire in hard interrupt context.
 */
static void outrank_kthreads(void)
{
	struct sched_param above = { .sched_priority = 60 };

	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK,
					&above));
}

/* Lets the program stop the enable path, or skips the test. */
static void prepare_program(void)
{
	attach_to_function(skel->progs.add_to_sysfs);
	if (!associate(skel->progs.add_to_sysfs))
		test_skip("this kernel cannot associate a program with a scheduler");
	outrank_kthreads();
}

/* Enables the scheduler until the program stops the enable path, or skips the test. */
static void enable_until_sysfs(void)
{
	__s32 *lookup = &skel->bss->lookup;

	test_must_call(scheduler_attach_begin(&scheduler),
		       "cannot start a thread");
	if (!WAIT_FOR(__atomic_load_n(lookup, __ATOMIC_ACQUIRE), PATIENCE_MS)) {
		scheduler_attach_must_end(&scheduler);
		test_error("the BPF program does not see that the scheduler is added to sysfs");
	}
	if (*lookup == LOOKUP_NO_KFUNC)
		test_skip("this kernel has no kfunc that the program can call");
	if (*lookup == LOOKUP_NO_SCHEDULER)
		test_skip("a program cannot find its scheduler before sched_ext is \"enabling\"");
	test_step("the program finds its scheduler");
}

/* Orders the stopped program to continue. False if it has not waited for that. */
static bool order_program(enum early_order order)
{
	__s32 *answer = &skel->bss->answer;

	__atomic_store_n(&skel->bss->order, order, __ATOMIC_RELEASE);
	if (!WAIT_FOR(__atomic_load_n(answer, __ATOMIC_ACQUIRE), PATIENCE_MS))
		test_error("the BPF program that stops the enable path does not end");
	return *answer == ANSWER_GOT_ORDER;
}

/*
 * The program stops the enable path for some seconds only, and where the kernel cannot
 * be preempted, it may keep the test from running meanwhile.
 */
static void prepare_next_try(void)
{
	test_step("the program continues without its order");
	scheduler_attach_must_end(&scheduler);
	if (!scheduler_detach(&scheduler))
		test_stop();
	skel->bss->order = DO_WAIT;
	skel->bss->answer = ANSWER_NONE;
	skel->bss->lookup = LOOKUP_NONE;
	test_must_call(stay_on_another_cpu(skel->bss->stopped_cpu),
		       "cannot move to another CPU");
}

/*
 * Whether sched_ext is "enabling" where the program stops the enable path; it raises an
 * error then.
 */
static bool raise_error_if_enabling(void)
{
	bool enabling;
	int i;

	for (i = 0; i < TRIES; i++) {
		enable_until_sysfs();
		enabling = scheduler_state_is("enabling");
		if (order_program(enabling ? DO_RAISE_ERROR : DO_CONTINUE))
			return enabling;
		prepare_next_try();
	}
	test_skip("this machine is too slow: the enable path stops for 8 s only");
}

static bool is_disabling(void)
{
	return scheduler_state_is("disabling") ||
	       scheduler_state_is("disabled");
}

/* The error of the program must end the enabling, which is still going on. */
static void must_be_ejected(void)
{
	/* The kernel begins to handle the error before the enable path continues. */
	WAIT_FOR(is_disabling(), PATIENCE_MS);
	test_step("the program raises an error; the enable path continues");
	__atomic_store_n(&skel->bss->disabling_seen, true, __ATOMIC_RELEASE);
	scheduler_attach_must_end(&scheduler);
	test_require(scheduler_wait_ejected(&scheduler, &test.reason),
		     FIX_SCX_EARLY_ERROR,
		     "the error of a scheduler that is being enabled is lost");
	memset(scheduler.exit_info, 0, sizeof(*scheduler.exit_info));
}

static void must_be_enabled_again(void)
{
	int err = scheduler_try_attach(&scheduler, &test.reason);

	test_require(!err, FIX_NONE,
		     "the scheduler cannot be enabled after an early error: %s",
		     test.reason.text);
	test_step("the scheduler is enabled");
	if (!scheduler_is_enabled("task_exit_load_race"))
		test_fail(FIX_NONE,
			  "the attach succeeds after an early error, but no scheduler is enabled");
}

TEST_INVARIANT(early_error_ends_the_load,
	       "an error that a scheduler raises as soon as BPF programs can find it ends its enabling, and it can be enabled again",
	       FAILS_WITHOUT(FIX_SCX_EARLY_ERROR))
{
	prepare_program();
	if (!raise_error_if_enabling()) {
		test_fail(FIX_SCX_EARLY_ERROR,
			  "a program can raise an error of its scheduler while sched_ext is not enabling: the error would be lost");
		scheduler_attach_must_end(&scheduler);
		return;
	}
	must_be_ejected();
	must_be_enabled_again();
	if (scheduler_detach(&scheduler))
		test_check_order(ORDER_RULE(ORDER_R3) | ORDER_RULE(ORDER_R4),
				 FIX_NONE);
}

/* Enables the scheduler until the program stops the enable path, or skips the test. */
static void enable_until_patching(enum patching_stop stop)
{
	struct load_race__bss *bss = skel->bss;

	bss->hold = (struct bpf_hold){};
	bss->enabler = 0;
	bss->stop_in_patching = stop;
	test_must_call(scheduler_attach_begin(&scheduler),
		       "cannot start a thread");
	if (!bpf_hold_reached(&bss->hold, PATIENCE_MS)) {
		scheduler_attach_must_end(&scheduler);
		test_skip("the enable path cannot be stopped here while it patches the code");
	}
	test_step("the enable path is stopped while it patches the code");
	test_must_call(stay_on_another_cpu(bss->patching_cpu),
		       "cannot move to another CPU");
}

/* Whether a new task runs within a second, on the CPU of the test, which sleeps. */
static bool new_task_runs(void)
{
	struct pollfd end = { .events = POLLIN };
	int fds[2];
	pid_t pid;
	bool ran;

	ASSERT_EQ(0, pipe(fds));
	pid = spawn(fds[1]);
	if (!pid)
		_exit(write(fds[1], "x", 1) != 1);
	must_have_forked(pid);
	end.fd = fds[0];
	ran = poll(&end, 1, 1000) == 1;
	test_step("a task is forked and %s within a second",
		  ran ? "runs" : "does not run");
	return ran;
}

/* Whether a task that is forked while the enable path is stopped there runs. */
static bool task_forked_at_stop_runs(enum patching_stop stop)
{
	bool ran;

	enable_until_patching(stop);
	ran = new_task_runs();
	if (!bpf_hold_is_on(&skel->bss->hold))
		test_skip("this machine is too slow: the enable path stops for 8 s only");
	bpf_hold_end(&skel->bss->hold);
	scheduler_attach_must_end(&scheduler);
	if (!scheduler_detach(&scheduler))
		test_stop();
	return ran;
}

TEST_INVARIANT(task_forked_while_its_class_is_switched_runs,
	       "a task that is forked while a scheduler is being enabled runs as soon as its CPU is idle",
	       NO_FIX)
{
	attach_to_function(kernel_btf_function("smp_text_poke_batch_finish") ?
				   skel->progs.patch_place_x86 :
				   skel->progs.patch_place);
	outrank_kthreads();
	bpf_hold_ends_with_test(&skel->bss->hold);
	test_require(task_forked_at_stop_runs(STOP_BEFORE_CHOICE), FIX_NONE,
		     "a task that is forked with the fair class does not run");
	if (!task_forked_at_stop_runs(STOP_BEFORE_SCHEDULE))
		test_xfail("a task has the sched_ext class before __schedule() picks from it");
}
