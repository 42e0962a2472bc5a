// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_offline - css_offline() follows the last context switch of every task.
 *
 * The invariant. css_offline() tells a controller that no task uses its state for
 * a cgroup (the css) any more. So the kernel calls it after the last context switch
 * of every task in the cgroup and in its descendants, whether the cgroup was removed
 * or the controller disabled. It calls it once for each css, and for a child before
 * its parent. Each css waits for the tasks that use it, and for no others. Until
 * then neither the css nor those of its ancestors are killed, so that new references
 * can be taken.
 *
 * History. Up to 6.18 do_exit() unlinked the task from its cgroup, which
 * could then be removed and go offline before the task's last context switch
 * (fixed by d245698d727a). Up to 7.1 disabling a controller ignored exiting tasks
 * and took it offline at once (fixed by 1dffd95575eb).
 *
 * The window. The task is held in do_exit(): late, as the init
 * process of a pid namespace (HOLD_ZAP_PIDNS), or early, in exit_files() (HOLD_EXIT_FILES).
 * BPF programs log each css_offline() of the controllers that have one, each
 * killed css and each last context switch, in one order. The tests do not wait
 * for a css_offline() that may never come, but for that of a second cgroup
 * (offline_barrier.h). Another BPF program stops rmdir(2) halfway, until the task
 * has left the cgroup.
 *
 * Consequence. The task charges, throttles or schedules in a group that
 * its controller has already shut down. No in-tree controller is known to crash;
 * scx_exit_order shows what happens to a BPF scheduler.
 */
#include <sched.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "test.h"
#include "bpf_refusal.h"
#include "offline_barrier.h"
#include "pidless.h"
#include "share.h"
#include "spawn.h"
#include "offline.skel.h"

/* The controllers that have css_offline(), and the name of that function. */
static const struct {
	const char *controller;
	const char *function;
} known[] = {
	{ "cpu", "cpu_cgroup_css_offline" },
	{ "cpuset", "cpuset_css_offline" },
	{ "io", "blkcg_css_offline" },
	/* io depends on memory, so memory must be the last one to be disabled. */
	{ "memory", "mem_cgroup_css_offline" },
};

static struct offline *skel;
static int load_error; /* -errno */
static struct bpf_link *css_killed; /* NULL: kills cannot be traced */
static const char *traced[ARRAY_SIZE(known)];
static int nr_traced;
static struct cgroup p, c, d; /* p/c, and in one test p/d */
static struct held_task task, other;
static struct call rmdir_p, rmdir_c, rmdir_d, disable_call;

/* Skips the test only if the kernel lacks something, and not for any failure. */
static __noreturn void cannot_trace(const char *function, int err)
{
	if (bpf_classify(err) == -EOPNOTSUPP || err == -ESRCH ||
	    libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_TRACING, NULL) != 1)
		test_skip("this kernel cannot trace %s with BPF: %s", function,
			  bpf_refusal(err));
	test_error("BPF cannot trace %s: %s", function, bpf_refusal(err));
}

static void trace_css_offline(void)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts);
	const char *functions[ARRAY_SIZE(known)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		const char *name = known[i].controller;

		if (cgroup_enable(&test.root, name, &test.reason))
			continue;
		functions[nr_traced] = known[i].function;
		traced[nr_traced++] = name;
		test_step("css_offline of the %s controller is traced", name);
	}
	if (!nr_traced)
		test_skip("%s", test.reason.text);
	opts.syms = functions;
	opts.cnt = nr_traced;
	if (!bpf_program__attach_kprobe_multi_opts(skel->progs.css_offline,
						   NULL, &opts))
		cannot_trace("the controllers' css_offline() (CONFIG_FPROBE)",
			     -errno);
}

static void create_cgroups(void)
{
	int i;

	test_cgroup(&p, &test.root, "p");
	for (i = 0; i < nr_traced; i++)
		test_delegate(&p, traced[i]);
	test_cgroup(&c, &p, "c");
}

/*
 * css_killed and stop_rmdir are fentry programs: a kprobe program does not run in an
 * interrupt that arrives during another BPF program. Not every kernel has fentry.
 */
static bool load(bool with_fentry)
{
	offline__destroy(skel);
	skel = offline__open();
	if (!skel)
		return false;
	bpf_program__set_autoload(skel->progs.css_killed, with_fentry);
	bpf_program__set_autoload(skel->progs.stop_rmdir, with_fentry);
	load_error = offline__load(skel);
	return !load_error;
}

static bool trace_css_killed(void)
{
	css_killed = bpf_program__attach(skel->progs.css_killed);
	return css_killed;
}

static void setup(void)
{
	offline_barrier_begin();
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		test_skip("this kernel has no BTF: CONFIG_DEBUG_INFO_BTF");
	libbpf_set_print(NULL);
	if (!load(true) && !load(false))
		cannot_trace("sched_switch", load_error);
	timeline_use_log(&skel->bss->events);
	if (!bpf_program__attach(skel->progs.last_switch))
		cannot_trace("sched_switch", -errno);
	trace_css_offline();
	create_cgroups();
}

/* The index of the task's last context switch in the log, or -1. */
static long last_switch_of(pid_t pid)
{
	long i, nr = event_count(test.log);

	for (i = 0; i < nr; i++)
		if (test.log->event[i].kind == EV_LAST_SWITCH &&
		    test.log->event[i].pid == pid)
			return i;
	return -1;
}

/* The index of the first such event in the log, or -1; and how many there are. */
static long find(enum event_kind kind, const struct cgroup *cg,
		 const char *controller, int *times)
{
	long i, first = -1, nr = event_count(test.log);

	*times = 0;
	for (i = 0; i < nr; i++) {
		const struct event *ev = &test.log->event[i];

		if (ev->kind != kind || ev->cgroup != cg->id ||
		    strcmp(ev->note, controller))
			continue;
		if (!(*times)++)
			first = i;
	}
	return first;
}

static long find_offline(const struct cgroup *cg, const char *controller)
{
	int times;

	return find(EV_CSS_OFFLINE, cg, controller, &times);
}

static bool is_offline(const struct cgroup *cg, const char *controller)
{
	return find_offline(cg, controller) >= 0;
}

/* When this returns, each css is offline or its offlining is deferred. */
static void wait_for_offlining(void)
{
	offline_barrier(EV_CSS_OFFLINE, &test.root);
}

static void hold(struct held_task *held, enum hold_kind kind,
		 const struct cgroup *cg, const char *name)
{
	hold_task(held, kind, cg);
	timeline_name_task(held->pid, name);
}

/* A task may be reaped before its last context switch. */
static void finish(struct held_task *held)
{
	pid_t pid = held->pid;

	release_task(held);
	test_require(WAIT_FOR(last_switch_of(pid) >= 0, PATIENCE_MS), FIX_NONE,
		     "task %d, which was released, does not reach its last context switch",
		     pid);
}

/* The text that disables the first @nr traced controllers. */
#define LIST_SIZE 64

static char *list_to_disable(int nr, char text[LIST_SIZE])
{
	int i, len = 0;

	text[0] = '\0';
	for (i = 0; i < nr && len < LIST_SIZE; i++)
		len += snprintf(text + len, LIST_SIZE - len, "-%s ", traced[i]);
	return text;
}

/* For the children of @cg. */
static void disable(const struct cgroup *cg, int nr)
{
	char text[LIST_SIZE];

	call_write(&disable_call, cg, "cgroup.subtree_control",
		   list_to_disable(nr, text));
	test_require(call_succeeded(&disable_call, BLOCKED_MS), FIX_NONE,
		     "controllers cannot be disabled: %s: %s",
		     disable_call.what, call_failure(&disable_call));
}

static void css_must_follow(const struct cgroup *cg, const char *controller,
			    pid_t pid, enum fix_id fix)
{
	long offline;
	int times;

	WAIT_FOR(is_offline(cg, controller), PATIENCE_MS);
	offline = find(EV_CSS_OFFLINE, cg, controller, &times);
	test_require(offline >= 0, FIX_NONE,
		     "css_offline of the %s controller is never called for %s, though task %d is gone",
		     controller, cgroup_name(cg), pid);
	if (offline < last_switch_of(pid))
		test_fail(fix,
			  "css_offline of the %s controller is called for %s before the last context switch of task %d in that cgroup or below",
			  controller, cgroup_name(cg), pid);
	if (times > 1)
		test_fail(FIX_NONE,
			  "css_offline of the %s controller is called %d times for one cgroup, %s",
			  controller, times, cgroup_name(cg));
}

/* Each css of @cg went offline once, after the last context switch of @pid. */
static void must_follow(const struct cgroup *cg, pid_t pid, enum fix_id fix)
{
	int i;

	for (i = 0; i < nr_traced; i++)
		css_must_follow(cg, traced[i], pid, fix);
}

static void must_go_offline_first(const struct cgroup *child,
				  const struct cgroup *parent)
{
	int i;

	for (i = 0; i < nr_traced; i++) {
		test_require(WAIT_FOR(is_offline(child, traced[i]),
				      PATIENCE_MS),
			     FIX_NONE,
			     "css_offline of the %s controller is never called for %s, a removed child",
			     traced[i], cgroup_name(child));
		test_require(WAIT_FOR(is_offline(parent, traced[i]),
				      PATIENCE_MS),
			     FIX_NONE,
			     "css_offline of the %s controller is never called for %s, a removed parent",
			     traced[i], cgroup_name(parent));
		if (find_offline(parent, traced[i]) <
		    find_offline(child, traced[i]))
			test_fail(FIX_NONE,
				  "css_offline of the %s controller is called for parent %s before its child %s",
				  traced[i], cgroup_name(parent),
				  cgroup_name(child));
	}
}

static bool all_are_offline(const struct cgroup *cg)
{
	int i;

	for (i = 0; i < nr_traced; i++)
		if (!is_offline(cg, traced[i]))
			return false;
	return true;
}

static void must_go_offline_once(const struct cgroup *cg)
{
	int i, times;

	WAIT_FOR(all_are_offline(cg), PATIENCE_MS);
	for (i = 0; i < nr_traced; i++) {
		find(EV_CSS_OFFLINE, cg, traced[i], &times);
		if (times != 1)
			test_fail(FIX_NONE,
				  "css_offline of the %s controller is called %d times for one cgroup, %s",
				  traced[i], times, cgroup_name(cg));
	}
}

TEST_INVARIANT(removed_cgroup_stays_online_until_the_last_switch,
	       "each css of a removed cgroup goes offline once, after the last context switch of its tasks",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	hold(&task, HOLD_ZAP_PIDNS, &c, "the task");
	call_rmdir_or_skip(&rmdir_c, &c);
	wait_for_offlining();
	assert_held(&task);

	finish(&task);
	must_follow(&c, task.pid, FIX_DEFER_UNLINK);
}

static void disable_around(enum hold_kind kind)
{
	hold(&task, kind, &c, "the task");
	disable(&p, nr_traced);
	wait_for_offlining();
	assert_held(&task);

	finish(&task);
	must_follow(&c, task.pid, FIX_PER_CSS_KILL);
}

TEST_INVARIANT(disabled_css_stays_online_until_the_last_switch,
	       "the css of a disabled controller goes offline after the last context switch of its tasks",
	       FAILS_WITHOUT(FIX_PER_CSS_KILL))
{
	disable_around(HOLD_ZAP_PIDNS);
}

/* Such a task keeps its cgroup populated on every kernel, up to 6.18 as well. */
TEST_INVARIANT(disabled_css_stays_online_for_an_early_exiting_task,
	       "the css of a disabled controller stays online for a task that has only begun to exit",
	       FAILS_WITHOUT(FIX_PER_CSS_KILL))
{
	disable_around(HOLD_EXIT_FILES);
}

/* The task is in c, where no controller is enabled: it uses the csses of p. */
TEST_INVARIANT(disabled_css_stays_online_for_a_task_in_a_child,
	       "the css of a disabled controller goes offline after the last context switch of tasks below",
	       FAILS_WITHOUT(FIX_PER_CSS_KILL))
{
	disable(&p, nr_traced);
	hold(&task, HOLD_ZAP_PIDNS, &c, "the task");
	disable(&test.root, nr_traced);
	offline_barrier(EV_CSS_OFFLINE, &cgroup_run_root);
	assert_held(&task);

	finish(&task);
	must_follow(&p, task.pid, FIX_PER_CSS_KILL);
}

static void kill_must_follow(const struct cgroup *cg, const char *controller,
			     pid_t pid)
{
	long killed;
	int times;

	WAIT_FOR(find(EV_CSS_KILLED, cg, controller, &times) >= 0, PATIENCE_MS);
	killed = find(EV_CSS_KILLED, cg, controller, &times);
	test_require(killed >= 0, FIX_NONE,
		     "the %s css of %s is never killed, though task %d is gone",
		     controller, cgroup_name(cg), pid);
	if (killed < last_switch_of(pid))
		test_fail(FIX_DEFER_UNLINK,
			  "the %s css of %s is killed before the last context switch of task %d in that cgroup or below",
			  controller, cgroup_name(cg), pid);
	if (times > 1)
		test_fail(FIX_NONE, "the %s css of %s is killed %d times",
			  controller, cgroup_name(cg), times);
}

/*
 * css_offline() of the parent waits for the child's css in any case, so it does not show
 * whether the parent's css counts the tasks below it. The kill of that css shows it.
 */
TEST_INVARIANT(removed_css_is_killed_after_the_last_switch,
	       "a css of a removed cgroup can be referenced until the last context switch of all tasks below",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	int i;

	if (!trace_css_killed())
		test_skip("css_killed_ref_fn() cannot be traced here");
	hold(&task, HOLD_ZAP_PIDNS, &c, "the task");
	call_rmdir_or_skip(&rmdir_c, &c);
	call_rmdir_or_skip(&rmdir_p, &p);
	wait_for_offlining();
	assert_held(&task);

	finish(&task);
	for (i = 0; i < nr_traced; i++) {
		kill_must_follow(&c, traced[i], task.pid);
		kill_must_follow(&p, traced[i], task.pid);
	}
}

static void remove_p_around_two_tasks(void)
{
	hold(&task, HOLD_ZAP_PIDNS, &c, "the task");
	test_cgroup(&d, &p, "d");
	hold(&other, HOLD_ZAP_PIDNS, &d, "the other task");

	call_rmdir_or_skip(&rmdir_c, &c);
	call_rmdir_or_skip(&rmdir_d, &d);
	call_rmdir_or_skip(&rmdir_p, &p);
	wait_for_offlining();
	assert_held(&task);
	finish(&task);
	wait_for_offlining();
	assert_held(&other);
	finish(&other);
}

TEST_INVARIANT(parent_goes_offline_after_its_children,
	       "a removed parent goes offline after its children and the last context switch of tasks below",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	remove_p_around_two_tasks();
	must_follow(&c, task.pid, FIX_DEFER_UNLINK);
	must_follow(&d, other.pid, FIX_DEFER_UNLINK);
	must_follow(&p, task.pid, FIX_DEFER_UNLINK);
	must_follow(&p, other.pid, FIX_DEFER_UNLINK);
	must_go_offline_first(&c, &p);
	must_go_offline_first(&d, &p);
}

/* Shorter than what the kernel allows a FIFO task before it throttles it. */
#define BUSY_MS 800

/* Shared with the child that keeps another CPU busy. */
struct busy_cpu {
	int test_cpu;
	int setup_err, rmdir_err;
	int removed, stop;
};

/*
 * Removes c on another CPU. A kernel thread of that CPU takes c offline, and
 * does not run as long as this FIFO task does.
 */
static int remove_c_and_stay_busy(const void *arg)
{
	struct busy_cpu *busy = (void *)arg;
	long long until;

	busy->setup_err = stay_on_another_cpu(busy->test_cpu) ?: become_fifo();
	if (!busy->setup_err)
		busy->rmdir_err = cgroup_rmdir(&c);
	until = now_ms() + BUSY_MS;
	__atomic_store_n(&busy->removed, 1, __ATOMIC_RELEASE);
	while (!busy->setup_err && !busy->rmdir_err &&
	       !__atomic_load_n(&busy->stop, __ATOMIC_ACQUIRE) &&
	       now_ms() < until)
		;
	return 0;
}

/* Removes c on another CPU, which stays busy, and p on this one. */
static void remove_c_and_p(struct busy_cpu *busy, struct call *child_call)
{
	*busy = (struct busy_cpu){ .test_cpu = sched_getcpu() };
	test_must_call(call_start(child_call, remove_c_and_stay_busy, busy,
				  "rmdir c on another CPU"),
		       "cannot fork");
	test_require(WAIT_FOR(__atomic_load_n(&busy->removed, __ATOMIC_ACQUIRE),
			      PATIENCE_MS),
		     FIX_NONE,
		     "rmdir of c, which has no task, does not return");
	test_must_call(busy->setup_err, "no FIFO task on another CPU");
	test_require(!busy->rmdir_err, FIX_NONE,
		     "rmdir of c, which has no task, fails: %s",
		     strerror(-busy->rmdir_err));
	test_require(call_rmdir(&rmdir_p, &p, BLOCKED_MS), FIX_NONE,
		     "rmdir of p, whose only child is removed, fails: %s",
		     call_failure(&rmdir_p));
}

/* Whether this CPU finished its part of the offlining before the other CPU. */
static bool remove_on_two_cpus(struct busy_cpu *busy)
{
	static struct call child_call;
	bool ahead;

	remove_c_and_p(busy, &child_call);
	wait_for_offlining();
	ahead = !event_logged(test.log, EV_CSS_OFFLINE, c.id, 0);
	test_step("this CPU is done with offlining, and the other CPU is %s",
		  ahead ? "not" : "too");
	__atomic_store_n(&busy->stop, 1, __ATOMIC_RELEASE);
	if (!call_succeeded(&child_call, PATIENCE_MS))
		test_error("the FIFO task on the other CPU: %s",
			   call_failure(&child_call));
	must_go_offline_first(&c, &p);
	return ahead;
}

/* No task exits here: the parent must wait only because its child's css is online. */
TEST_INVARIANT(parent_goes_offline_after_a_child_on_another_cpu,
	       "a removed parent goes offline after its children, even if another CPU takes those offline",
	       NO_FIX)
{
	struct busy_cpu *busy = share_memory(sizeof(*busy));
	int tries, cpu = sched_getcpu();
	bool ahead = false;

	if (!busy)
		test_error("mmap: %s", strerror(errno));
	if (is_preempt_rt())
		test_skip("a PREEMPT_RT kernel needs each CPU for its RCU");
	if (stay_on_another_cpu(cpu))
		test_skip("this needs a second CPU");
	test_must_call(stay_on_cpu(cpu), "cannot stay on CPU %d", cpu);
	for (tries = 0; tries < 3 && !ahead; tries++) {
		if (tries)
			create_cgroups();
		ahead = remove_on_two_cpus(busy);
	}
	if (!ahead)
		test_skip("the child went offline though its CPU was busy: nothing is proved");
}

/* The first controller is disabled, its css is offline, and task @live is in c. */
static void only_first_must_be_offline(pid_t live)
{
	int i;

	wait_for_offlining();
	test_require(test_populated(&c), FIX_NONE,
		     "c is not populated, though task %d in it is alive", live);
	for (i = 1; i < nr_traced; i++)
		if (is_offline(&c, traced[i]))
			test_fail(FIX_NONE,
				  "css_offline is called for the %s controller of c, which is not disabled",
				  traced[i]);
}

static void second_must_go_offline(pid_t live)
{
	test_step("only the live task, %d, is left", live);
	disable(&p, 2);
	if (!WAIT_FOR(is_offline(&c, traced[1]), PATIENCE_MS))
		test_fail(FIX_NONE,
			  "css_offline of the %s controller, which is disabled, is not called while live task %d is in c",
			  traced[1], live);
}

TEST_INVARIANT(disabled_css_does_not_wait_for_live_tasks,
	       "a disabled controller waits for exiting tasks only, and the cgroup's other csses stay online",
	       FAILS_WITHOUT(FIX_PER_CSS_KILL))
{
	pid_t live;

	hold(&task, HOLD_ZAP_PIDNS, &c, "the task");
	live = spawn_idle_in(&c);
	test_must_call(live < 0 ? live : 0, "cannot start a task in c");
	disable(&p, 1);
	wait_for_offlining();
	assert_held(&task);

	finish(&task);
	css_must_follow(&c, traced[0], task.pid, FIX_PER_CSS_KILL);
	only_first_must_be_offline(live);
	if (nr_traced > 1)
		second_must_go_offline(live);

	test_require(spawn_kill(live, PATIENCE_MS) >= 0, FIX_NONE,
		     "task %d does not end within %d s of SIGKILL", live,
		     PATIENCE_MS / 1000);
	test_require(call_rmdir_until_done(&rmdir_c, &c), FIX_NONE,
		     "rmdir of c does not succeed even after its tasks are gone: %s",
		     call_failure(&rmdir_c));
	must_follow(&c, task.pid, FIX_PER_CSS_KILL);
}

TEST_INVARIANT(disabled_css_of_a_removed_cgroup_goes_offline_once,
	       "a css that is disabled, and whose cgroup is then removed, goes offline exactly once",
	       NO_FIX)
{
	hold(&task, HOLD_ZAP_PIDNS, &c, "the task");
	disable(&p, nr_traced);
	call_rmdir_or_skip(&rmdir_c, &c);
	wait_for_offlining();
	assert_held(&task);

	finish(&task);
	wait_for_offlining();
	must_go_offline_once(&c);
}

/* A result of disable_and_remove() that is neither 0 nor the -errno of the kernel. */
enum {
	WENT_OFFLINE = 1, /* a css went offline between the two */
	NO_FIFO,
};

/* As a FIFO task, so that no css goes offline between the two. */
static int disable_and_remove(const void *list)
{
	int err;

	if (run_before_children())
		return NO_FIFO;
	err = cgroup_write(&p, "cgroup.subtree_control", list) ?:
								 cgroup_rmdir(&c);
	if (err)
		return err;
	return event_logged(test.log, EV_CSS_OFFLINE, c.id, 0) ? WENT_OFFLINE :
								 0;
}

static void must_be_killed_once(void)
{
	int i, times;

	for (i = 0; i < nr_traced; i++) {
		find(EV_CSS_KILLED, &c, traced[i], &times);
		if (times != 1)
			test_fail(FIX_NONE,
				  "the %s css of c is killed %d times",
				  traced[i], times);
	}
}

/* Without a task: disabling kills the css, and rmdir finds it not yet offline. */
TEST_INVARIANT(css_disabled_just_before_rmdir_goes_offline_once,
	       "a css that is disabled just before rmdir is killed exactly once, and goes offline once",
	       NO_FIX)
{
	static struct call call;
	static char list[LIST_SIZE];

	trace_css_killed();
	list_to_disable(nr_traced, list);
	test_must_call(call_start(&call, disable_and_remove, list,
				  "disabling all controllers of c, and rmdir c"),
		       "cannot fork");
	call_wait(&call, BLOCKED_MS);
	if (call.err == NO_FIFO)
		test_error("cannot become a FIFO task");
	if (call.err == WENT_OFFLINE)
		test_skip("a controller went offline before rmdir");
	test_require(call.returned && !call.err, FIX_NONE, "%s: %s", call.what,
		     call_failure(&call));
	wait_for_offlining();
	must_go_offline_once(&c);
	if (!css_killed)
		test_skip("each css goes offline once; css_killed_ref_fn() cannot be traced here");
	must_be_killed_once();
}

/* In a child on another CPU, as nothing else may run on @cpu while rmdir is stopped. */
static __noreturn void release_when_stopped(int cpu)
{
	if (stay_on_another_cpu(cpu))
		_exit(EXIT_FAILURE);
	__atomic_store_n(&skel->bss->releaser_ready, true, __ATOMIC_RELEASE);
	if (WAIT_FOR(__atomic_load_n(&skel->bss->stopped, __ATOMIC_ACQUIRE),
		     PATIENCE_MS))
		held_task_let_go(&task);
	idle_until_killed();
}

/* Stops rmdir halfway, and the task in c reaches its last context switch meanwhile. */
static void remove_c_around_the_last_switch(void)
{
	struct offline__bss *bss = skel->bss;
	int cpu = sched_getcpu();
	pid_t releaser = spawn(task.holder.socket);
	bool removed;

	if (!releaser)
		release_when_stopped(cpu);
	test_must_call(releaser < 0 ? errno : 0, "cannot fork");
	if (!WAIT_FOR(__atomic_load_n(&bss->releaser_ready, __ATOMIC_ACQUIRE),
		      PATIENCE_MS))
		test_error("the process that releases the task does not start");
	bss->stopped_cgroup = c.id;
	removed = call_rmdir(&rmdir_c, &c, BLOCKED_MS);
	spawn_kill(releaser, PATIENCE_MS);
	if (!removed || !bss->was_populated)
		test_skip("rmdir finds no exiting task, or does not succeed: see cgroup_rmdir");
	test_step("rmdir was stopped halfway while c was populated");
	if (bss->is_populated)
		test_skip("too slow: c was still populated when rmdir continued");
}

TEST_INVARIANT(css_goes_offline_once_if_a_task_dies_during_rmdir,
	       "each css goes offline once if the last context switch of the last task comes while rmdir is running",
	       NO_FIX)
{
	int cpu = sched_getcpu();

	if (!bpf_program__attach(skel->progs.stop_rmdir))
		test_skip("kernfs_remove_by_name_ns() cannot be traced here");
	if (stay_on_another_cpu(cpu))
		test_skip("this needs a second CPU");
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	test_must_call(stay_on_cpu(cpu), "cannot stay on CPU %d", cpu);
	timeline_name_task(task.pid, "the task");

	remove_c_around_the_last_switch();
	finish(&task);
	wait_for_offlining();
	must_go_offline_once(&c);
}
