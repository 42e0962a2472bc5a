// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_load_race - what goes wrong in the middle of a scheduler's load is not lost.
 *
 * The invariant. From the first moment in which anything can go wrong with it, a
 * scheduler that is being loaded is treated like one that is loaded: a fork that fails
 * after its init_task has an exit_task that says so, and an error of the scheduler ends
 * the load and everything of it, so that the next load succeeds.
 *
 * Who broke it. From the beginning of sched_ext a fork that failed asked whether a
 * scheduler is enabled. A load notes that last, and init_task runs for forks some time
 * before (03506edca637 in 7.3). Since 7.1 a program knows its scheduler before the kernel
 * has noted that a load is under way. An error at that time was taken for one without a
 * scheduler and marked as done: the load succeeded, nothing could end it any more, and an
 * unload only freed the scheduler, which went on to be used (c7a1c6e8004a in 7.3).
 *
 * How the window is opened. The load stops at a task whose init_task is kept open
 * (stuck_page.h). A process begins to fork and waits for the load, and is killed there,
 * so that its fork is to fail at the end. Then the load goes on and lets the fork go on,
 * and a BPF program keeps it from its last note until the fork is over. The other window
 * is kept open by a BPF program at the function that gives a new scheduler its place in
 * sysfs. It asks something of its scheduler, and when the kernel knows one the test reads
 * the state of sched_ext. If that is not yet "enabling" an error would harm the whole
 * machine: the test fails and raises none. Otherwise the program raises one.
 *
 * What a failure means. A scheduler leaks what it keeps for a task; or one that makes a
 * mistake early can never be unloaded, is used after it is freed, and the machine hangs.
 */
#include <sched.h>
#include <sys/syscall.h>

#include <scx/common.h>

#include "test.h"
#include "kernel_btf.h"
#include "load_race.h"
#include "proc.h"
#include "scheduler.h"
#include "spawn.h"
#include "stuck_page.h"
#include "load_race.skel.h"

#define MAX_HOOKS 3

FIXTURE(scx_load_race)
{
	struct stage stage;
	struct scheduler scheduler;
	struct load_race *skel;
	struct stuck_page page;
	struct bpf_link *hooks[MAX_HOOKS];
	struct cgroup c;
};

/* Loads those that this kernel has a function for. */
static void choose_programs(struct load_race *skel)
{
	const struct {
		struct bpf_program *prog;
		const char *function;
	} all[] = {
		{ skel->progs.fork_begins, "scx_pre_fork" },
		{ skel->progs.load_is_halfway, "static_key_enable" },
		{ skel->progs.fork_is_cancelled, "scx_cancel_fork" },
		{ skel->progs.scheduler_is_added, "sysfs_create_dir_ns" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		bpf_program__set_autoload(all[i].prog,
					  kernel_btf_function(all[i].function));
}

FIXTURE_SETUP(scx_load_race)
{
	struct reason *reason = &self->stage.reason;
	cpu_set_t cpus;

	SET_STAGE();
	if (scheduler_possible_in(&self->stage.root, reason))
		LEAVE("%s", reason->text);
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));
	if (CPU_COUNT(&cpus) < 2)
		LEAVE("this needs a second CPU, as a load that is held keeps one");
	self->skel = SCHEDULER_OPEN(&self->scheduler, load_race);
	ASSERT_NE(NULL, self->skel);
	if (!is_preloaded(self->skel->skeleton))
		choose_programs(self->skel);
	ASSERT_STAGED(scheduler_load(&self->scheduler, reason));
	story_use_log(&self->stage.story, &self->skel->bss->events);

	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	story_name_cgroup(&self->stage.story, &self->c, "c");
}

FIXTURE_TEARDOWN(scx_load_race)
{
	int i;

	stuck_page_destroy(&self->page);
	cgroup_empty(&self->c);
	scheduler_detach(&self->scheduler, &self->stage.story);
	for (i = 0; i < MAX_HOOKS; i++)
		bpf_link__destroy(self->hooks[i]);
	STRIKE_STAGE();
}

/* Attaches the test's own programs to functions of the kernel; 0 or -EOPNOTSUPP. */
static int hook_in(FIXTURE_DATA(scx_load_race) * self,
		   struct bpf_program *const progs[], int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		if (bpf_program__fd(progs[i]) >= 0)
			self->hooks[i] = bpf_program__attach(progs[i]);
		if (self->hooks[i])
			continue;
		reason_set(&self->stage.reason,
			   "the kernel's function for %s cannot be traced here",
			   bpf_program__name(progs[i]));
		return -EOPNOTSUPP;
	}
	return 0;
}

/* In a test: goes on if @err is 0, or leaves it, skipped where something is missing. */
#define GO_ON_UNLESS(err)                                            \
	do {                                                         \
		int __err = (err);                                   \
		if (__err == -EOPNOTSUPP || __err == -EBUSY)         \
			SKIP(return, "%s", self->stage.reason.text); \
		ASSERT_STAGED(__err);                                \
	} while (0)

static int end_early(void *unused)
{
	(void)unused;
	return 0;
}

/*
 * In a child: forks when it is told a CPU, which is not to be its own. The memory is
 * shared, as a copy of it would be given up earlier when a signal is to kill us.
 */
static __noreturn void fork_when_told(int tell)
{
	static char stack[65536] __aligned(16);
	int cpu;

	if (read(tell, &cpu, sizeof(cpu)) == sizeof(cpu) &&
	    !stay_on_another_cpu(cpu))
		clone(end_early, stack + sizeof(stack), CLONE_VM | SIGCHLD,
		      NULL);
	_exit(EXIT_SUCCESS);
}

static pid_t start_forker(const struct cgroup *cg, int *tell)
{
	int pipes[2];
	pid_t pid;

	if (pipe(pipes))
		return -errno;
	pid = spawn(pipes[0]);
	if (!pid)
		fork_when_told(pipes[0]);
	close(pipes[0]);
	*tell = pipes[1];
	return pid > 0 && cgroup_add(cg, pid) ? -1 : pid;
}

/* A load that stands still at a task, and a process that can fork; 0, or why not. */
static int stop_a_load(FIXTURE_DATA(scx_load_race) * self, int *tell)
{
	struct load_race__bss *bss = self->skel->bss;
	struct reason *reason = &self->stage.reason;
	int err = stuck_page_create(&self->page, reason);

	if (err)
		return err;
	bss->stuck_page.owner = self->page.owner;
	bss->stuck_page.address = self->page.address;
	bss->forker = start_forker(&self->c, tell);
	bss->stuck_pid = spawn_idle_in(&self->c);
	if (bss->forker <= 0 || bss->stuck_pid <= 0) {
		reason_set(reason, "no process can be made in c");
		return -ECHILD;
	}
	story_name_task(&self->stage.story, bss->forker, "the parent");
	err = scheduler_attach_begin(&self->scheduler);
	if (err || stuck_page_reached(&self->page, PATIENCE_MS))
		return err;
	return scheduler_attach_end(&self->scheduler, reason) ?: -ETIMEDOUT;
}

/* It has begun to fork, and sleeps until the load allows it. */
static bool waits_for_load(const struct load_race__bss *bss)
{
	struct proc_stat stat;

	return bss->forking && !proc_stat(bss->forker, &stat) &&
	       stat.state == 'D';
}

/* In a load that stands still: begins a fork, which is to fail when it goes on. */
static void fork_and_kill(FIXTURE_DATA(scx_load_race) * self,
			  struct __test_metadata *_metadata, int tell)
{
	struct load_race__bss *bss = self->skel->bss;
	int cpu = bss->stuck_cpu;
	cpu_set_t here;

	/*
	 * The load will keep its CPU from all others. If our own thread loads it is to
	 * stay there; newer kernels have a FIFO kthread for it, which wakes where it was.
	 */
	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	ASSERT_EQ(0, pthread_setaffinity_np(self->scheduler.worker,
					    sizeof(here), &here));
	ASSERT_EQ((ssize_t)sizeof(cpu), write(tell, &cpu, sizeof(cpu)));
	ASSERT_TRUE(WAIT_FOR(waits_for_load(bss), PATIENCE_MS));
	STEP("the parent forks, waits for the load, and is killed");
	ASSERT_EQ(0, kill(bss->forker, SIGKILL));
	ASSERT_EQ(0, stuck_page_release(&self->page));
	ASSERT_STAGED(
		scheduler_attach_end(&self->scheduler, &self->stage.reason));
	STEP("the scheduler is loaded");
	ASSERT_LE(0, spawn_wait(bss->forker, PATIENCE_MS));
}

static void judge_fork(FIXTURE_DATA(scx_load_race) * self,
		       struct __test_metadata *_metadata)
{
	struct story *story = &self->stage.story;
	const struct event *gone = event_last_of_pid(story->log, EV_EXIT_TASK,
						     self->skel->bss->child);

	if (!gone)
		BROKEN(FIX_SCX_FORK_IN_LOAD,
		       "exit_task never comes of a fork that failed while its scheduler was loaded");
	else if (!(gone->flags & EVF_CANCELLED))
		BROKEN(FIX_NONE,
		       "exit_task of a fork that failed does not say so");
	if (!scheduler_detach(&self->scheduler, story))
		return;
	JUDGE(ORDER_RULE(ORDER_R3), FIX_SCX_FORK_IN_LOAD);
	JUDGE(ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R3), FIX_NONE);
}

TEST_F(scx_load_race, fork_that_fails_halfway_through_a_load_has_both)
{
	struct load_race__bss *bss = self->skel->bss;
	struct bpf_program *const hooks[MAX_HOOKS] = {
		self->skel->progs.fork_begins,
		self->skel->progs.load_is_halfway,
		self->skel->progs.fork_is_cancelled,
	};
	struct story *story = &self->stage.story;
	int tell = -1;

	GO_ON_UNLESS(hook_in(self, hooks, MAX_HOOKS));
	GO_ON_UNLESS(stop_a_load(self, &tell));
	STEP("the scheduler is being loaded");
	fork_and_kill(self, _metadata, tell);
	close(tell);
	/* The stage: init_task came, and the fork failed before the load's last step. */
	ASSERT_TRUE(
		event_noted(story->log, EV_INIT_TASK, self->c.id, bss->child));
	story_name_task(story, bss->child, "the child");
	ASSERT_TRUE(bss->cancelled);
	if (!bss->in_window)
		SKIP(return, "a load cannot be held here before its last step");
	judge_fork(self, _metadata);
}

/* From now on what @prog asks of a scheduler, it asks of ours. */
static int associate(FIXTURE_DATA(scx_load_race) * self,
		     struct bpf_program *prog)
{
	unsigned long long command;
	/* Not every tree that this is built in has it in union bpf_attr. */
	const struct {
		__u32 map_fd, prog_fd, flags;
	} attr = {
		.map_fd = bpf_map__fd(self->skel->maps.ops),
		.prog_fd = bpf_program__fd(prog),
	};

	if (kernel_btf_enum("bpf_cmd", "BPF_PROG_ASSOC_STRUCT_OPS", &command))
		return -EOPNOTSUPP;
	return syscall(SYS_bpf, command, &attr, sizeof(attr)) ? -errno : 0;
}

/* A load that made its scheduler known; 0, or why there is none. */
static int begin_a_load(FIXTURE_DATA(scx_load_race) * self)
{
	__s32 *sight = &self->skel->bss->sight;
	int err = scheduler_attach_begin(&self->scheduler);

	if (err ||
	    WAIT_FOR(__atomic_load_n(sight, __ATOMIC_ACQUIRE), PATIENCE_MS))
		return err;
	return scheduler_attach_end(&self->scheduler, &self->stage.reason) ?:
		       -ETIMEDOUT;
}

static void answer(FIXTURE_DATA(scx_load_race) * self, enum early_answer word)
{
	__atomic_store_n(&self->skel->bss->answer, word, __ATOMIC_RELEASE);
}

/*
 * The thread that loads keeps a CPU, and the one that unloads may spin on another until
 * it is done. Both are FIFO tasks of the middle priority: we must not wait for them, nor
 * do the timers of a FIFO task with PREEMPT_RT.
 */
static int outrank_kthreads(void)
{
	struct sched_param above = { .sched_priority = 60 };

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &above))
		return -errno;
	return 0;
}

/* The program raises its error; whether the load ends by that, and all of it. */
static void fail_early(FIXTURE_DATA(scx_load_race) * self,
		       struct __test_metadata *_metadata)
{
	struct reason *reason = &self->stage.reason;

	answer(self, ANSWER_FAIL);
	/* The stage: what is to be done about the error begins before the load goes on. */
	ASSERT_TRUE(WAIT_FOR(scheduler_state_is("disabling"), PATIENCE_MS));
	STEP("the program raises an error; the load goes on");
	__atomic_store_n(&self->skel->bss->noticed, true, __ATOMIC_RELEASE);
	ASSERT_STAGED(scheduler_attach_end(&self->scheduler, reason));
	ASSERT_TRUE(self->skel->bss->answered);
	if (!scheduler_falls(&self->scheduler, &self->stage.story, reason))
		BROKEN(FIX_SCX_EARLY_ERROR,
		       "a scheduler's error is lost that it raised while it was loaded");
	memset(self->scheduler.exit_info, 0,
	       sizeof(*self->scheduler.exit_info));
}

TEST_F(scx_load_race, error_in_the_first_moment_ends_the_load)
{
	struct bpf_program *prog = self->skel->progs.scheduler_is_added;
	struct story *story = &self->stage.story;

	ASSERT_EQ(0, outrank_kthreads());
	GO_ON_UNLESS(hook_in(self, &prog, 1));
	if (associate(self, prog))
		SKIP(return,
			   "this kernel does not let a program belong to a scheduler");
	GO_ON_UNLESS(begin_a_load(self));
	if (self->skel->bss->sight == CANNOT_ASK)
		SKIP(return,
			   "this kernel has no kfunc for what a program is to ask");
	if (self->skel->bss->sight == OUT_OF_SIGHT)
		SKIP(return,
			   "a program does not see its scheduler before the load has begun");

	STEP("the scheduler is in its programs' sight");
	if (!scheduler_state_is("enabling")) {
		answer(self, ANSWER_GO_ON);
		BROKEN(FIX_SCX_EARLY_ERROR,
		       "a program can raise an error of its scheduler while sched_ext is not enabling: it would be lost");
		ASSERT_STAGED(scheduler_attach_end(&self->scheduler,
						   &self->stage.reason));
		ASSERT_TRUE(self->skel->bss->answered);
		return;
	}
	fail_early(self, _metadata);
	if (story->broken)
		return;
	ATTACH(&self->scheduler);
	ASSERT_TRUE(scheduler_is_enabled("task_exit_load_race"));
	if (!scheduler_detach(&self->scheduler, story))
		return;
	JUDGE(ORDER_RULE(ORDER_R3) | ORDER_RULE(ORDER_R4), FIX_NONE);
}

static void prepare_program(void)
{
	unsigned long long unused;
	struct load_race *skel;

	if (!scheduler_prepare(NULL, &unused))
		return;
	skel = OPEN_SKELETON(load_race);
	if (!skel)
		return;
	choose_programs(skel);
	preload("load_race", skel, skel->skeleton);
}

DEFINE_TEST_PROGRAM(scx_load_race, prepare_program())
