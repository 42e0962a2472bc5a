// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_offline - no controller is told that a cgroup is offline while a task
 * still runs in it.
 *
 * The invariant. css_offline() tells a controller that it may take down what it
 * keeps for a cgroup: no task will use it any more. So it comes after the last
 * context switch of every task in the cgroup and below, for a cgroup that was
 * removed as for one that lost the controller; for a child before its parent;
 * and once. Each controller waits for the tasks that use it, and for no other.
 * Until then what the controller keeps (its css) can be referred to: it is not
 * killed, nor is that of any cgroup above.
 *
 * Who broke it. Up to 6.18 do_exit() unlinked the task from its cgroup, which
 * then could be removed and taken down around a task that was still to run
 * (d245698d727a mended that). Disabling a controller did not look for exiting
 * tasks at all and took it down at once, up to 7.1 (1dffd95575eb).
 *
 * How the window is opened. The task is held in do_exit(): late, as the init of a
 * pid namespace (HOLD_PIDNS), in one test early, closing its files (HOLD_FUSE).
 * BPF programs note every css_offline() of the controllers that have one, every
 * css that is killed and every last switch, in one order. Whether the kernel takes
 * a cgroup down now is not waited for but asked, with a sentinel (lib/offlining.h).
 * One more BPF program stops rmdir(2) halfway, until the task has left the cgroup.
 *
 * What a failure means. The task charges, throttles or schedules in a group
 * that its controller has taken down. None of the controllers in the kernel is
 * known to crash on it; a BPF scheduler is misled, see scx_exit_order.
 */
#include <sched.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "test.h"
#include "departing.h"
#include "offlining.h"
#include "spawn.h"
#include "writing.h"
#include "offline.skel.h"

/* The controllers that have a css_offline(), and its name in the kernel. */
static const struct {
	const char *controller;
	const char *function;
} known[] = {
	{ "cpu", "cpu_cgroup_css_offline" },
	{ "cpuset", "cpuset_css_offline" },
	{ "io", "blkcg_css_offline" },
	/* The last: io has it switched on, too, so it goes only with io. */
	{ "memory", "mem_cgroup_css_offline" },
};

/* How long a CPU is kept from others at most: not for so long that it is noticed. */
#define OCCUPY_MS 800

FIXTURE(cgroup_offline)
{
	struct stage stage;
	struct offline *skel;
	struct bpf_link *last_switch, *css_offline, *css_killed, *stop_rmdir;
	const char *traced[ARRAY_SIZE(known)];
	int nr_traced;
	struct cgroup p, c;
	struct exiting task, other;
	struct removal removal, second, parent;
	struct writing disabling;
};

/* Traces what can be traced here; an error, and why, if that is nothing. */
static int watch_offlining(FIXTURE_DATA(cgroup_offline) * self)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts);
	const char *functions[ARRAY_SIZE(known)];
	struct reason *reason = &self->stage.reason;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		const char *name = known[i].controller;

		if (cgroup_enable(&self->stage.root, name, reason))
			continue;
		functions[self->nr_traced] = known[i].function;
		self->traced[self->nr_traced++] = name;
		STEP("css_offline of the %s controller is traced", name);
	}
	if (!self->nr_traced)
		return -ENODEV;

	opts.syms = functions;
	opts.cnt = self->nr_traced;
	self->css_offline = bpf_program__attach_kprobe_multi_opts(
		self->skel->progs.css_offline, NULL, &opts);
	if (!self->css_offline)
		reason_set(
			reason,
			"cannot trace the controllers' css_offline(): %s: CONFIG_FPROBE",
			strerror(errno));
	return self->css_offline ? 0 : -EOPNOTSUPP;
}

static int make_cgroups(FIXTURE_DATA(cgroup_offline) * self)
{
	int i, err = cgroup_create(&self->p, &self->stage.root, "p");

	for (i = 0; !err && i < self->nr_traced; i++)
		err = cgroup_delegate(&self->p, self->traced[i],
				      &self->stage.reason);
	err = err ?: cgroup_create(&self->c, &self->p, "c");
	story_name_cgroup(&self->stage.story, &self->p, "p");
	story_name_cgroup(&self->stage.story, &self->c, "c");
	return err;
}

/*
 * css_killed and stop_rmdir are fentry programs, which nothing keeps from running in an
 * interrupt of another program, as it would a kprobe. Not every kernel has those.
 */
static int load(FIXTURE_DATA(cgroup_offline) * self)
{
	bool all = true;

	do {
		offline__destroy(self->skel);
		self->skel = offline__open();
		if (!self->skel)
			return -ENOMEM;
		bpf_program__set_autoload(self->skel->progs.css_killed, all);
		bpf_program__set_autoload(self->skel->progs.stop_rmdir, all);
		if (!offline__load(self->skel))
			return 0;
		all = !all;
	} while (!all);
	return -errno;
}

/* Whether what follows knows of every css that is killed. */
static bool watches_kills(FIXTURE_DATA(cgroup_offline) * self)
{
	self->css_killed = bpf_program__attach(self->skel->progs.css_killed);
	return self->css_killed;
}

FIXTURE_SETUP(cgroup_offline)
{
	struct reason *reason = &self->stage.reason;

	SET_STAGE();
	ASSERT_EQ(0, offlining_keep_order());
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		LEAVE("this kernel has no BTF: CONFIG_DEBUG_INFO_BTF");
	libbpf_set_print(NULL);
	if (load(self))
		LEAVE("this kernel cannot trace sched_switch with BPF: %s",
		      strerror(errno));
	story_use_log(&self->stage.story, &self->skel->bss->events);
	self->last_switch = bpf_program__attach(self->skel->progs.last_switch);
	if (!self->last_switch)
		LEAVE("this kernel cannot trace sched_switch with BPF: %s",
		      strerror(errno));
	if (watch_offlining(self))
		LEAVE("%s", reason->text);

	ASSERT_STAGED(make_cgroups(self));
}

FIXTURE_TEARDOWN(cgroup_offline)
{
	exiting_destroy(&self->task);
	exiting_destroy(&self->other);
	deadline_abandon(&self->removal.call);
	deadline_abandon(&self->second.call);
	deadline_abandon(&self->parent.call);
	deadline_abandon(&self->disabling.call);
	bpf_link__destroy(self->css_offline);
	bpf_link__destroy(self->css_killed);
	bpf_link__destroy(self->stop_rmdir);
	bpf_link__destroy(self->last_switch);
	STRIKE_STAGE();
}

/* The place in the log of the last switch of @pid, -1 where it has none. */
static long switch_of(FIXTURE_DATA(cgroup_offline) * self, pid_t pid)
{
	const struct event_log *log = self->stage.story.log;
	long i, nr = event_count(log);

	for (i = 0; i < nr; i++)
		if (log->event[i].kind == EV_LAST_SWITCH &&
		    log->event[i].pid == pid)
			return i;
	return -1;
}

/* The place of the first @kind of @controller for @cg, and how many. */
static long place_of(FIXTURE_DATA(cgroup_offline) * self, enum event_kind kind,
		     const struct cgroup *cg, const char *controller,
		     int *times)
{
	const struct event_log *log = self->stage.story.log;
	long i, first = -1, nr = event_count(log);

	*times = 0;
	for (i = 0; i < nr; i++) {
		const struct event *ev = &log->event[i];

		if (ev->kind != kind || ev->cgroup != cg->id ||
		    strcmp(ev->note, controller))
			continue;
		if (!(*times)++)
			first = i;
	}
	return first;
}

static long offline_of(FIXTURE_DATA(cgroup_offline) * self,
		       const struct cgroup *cg, const char *controller,
		       int *times)
{
	return place_of(self, EV_CSS_OFFLINE, cg, controller, times);
}

static bool catches_up(FIXTURE_DATA(cgroup_offline) * self)
{
	return offlining_has_caught_up(self->stage.story.log, EV_CSS_OFFLINE,
				       &self->stage.root);
}

/* Lets @task go and waits for its last switch: reaping may come before that. */
static bool finishes(FIXTURE_DATA(cgroup_offline) * self, struct exiting *task)
{
	STEP("task %d is released", task->pid);
	return !exiting_release(task) &&
	       WAIT_FOR(switch_of(self, task->pid) >= 0, PATIENCE_MS);
}

/* @controller left @cg, once, after the last switch of @pid. */
static void must_follow(FIXTURE_DATA(cgroup_offline) * self,
			struct __test_metadata *_metadata,
			const struct cgroup *cg, const char *controller,
			pid_t pid, enum fix_id fix)
{
	long offline;
	int times;

	WAIT_FOR(offline_of(self, cg, controller, &times) >= 0, PATIENCE_MS);
	offline = offline_of(self, cg, controller, &times);
	if (offline < 0)
		BROKEN(FIX_NONE,
		       "css_offline of the %s controller never comes, though the task is gone",
		       controller);
	else if (offline < switch_of(self, pid))
		BROKEN(fix,
		       "css_offline of the %s controller comes before the last switch of a task in that cgroup",
		       controller);
	if (times > 1)
		BROKEN(FIX_NONE,
		       "css_offline of the %s controller comes %d times for one cgroup",
		       controller, times);
}

static void all_must_follow(FIXTURE_DATA(cgroup_offline) * self,
			    struct __test_metadata *_metadata,
			    const struct cgroup *cg, pid_t pid, enum fix_id fix)
{
	int i;

	for (i = 0; i < self->nr_traced; i++)
		must_follow(self, _metadata, cg, self->traced[i], pid, fix);
}

/* Both are to be offline: that each comes to that is judged by other tests. */
static void must_precede(FIXTURE_DATA(cgroup_offline) * self,
			 struct __test_metadata *_metadata,
			 const struct cgroup *child,
			 const struct cgroup *parent)
{
	int i, times;

	for (i = 0; i < self->nr_traced; i++) {
		const char *name = self->traced[i];

		ASSERT_TRUE(
			WAIT_FOR(offline_of(self, parent, name, &times) >= 0,
				 PATIENCE_MS));
		ASSERT_TRUE(WAIT_FOR(offline_of(self, child, name, &times) >= 0,
				     PATIENCE_MS));
		if (offline_of(self, parent, name, &times) <
		    offline_of(self, child, name, &times))
			BROKEN(FIX_NONE,
			       "css_offline of the %s controller comes for a parent before its child",
			       name);
	}
}

/* For cgroup.subtree_control, to switch the first @nr of the traced controllers off. */
static char *list_of(FIXTURE_DATA(cgroup_offline) * self, int nr, char text[64])
{
	int i;

	text[0] = '\0';
	for (i = 0; i < nr; i++)
		strcat(strcat(strcat(text, "-"), self->traced[i]), " ");
	return text;
}

/* Does that for the children of @cg. */
static bool disables(FIXTURE_DATA(cgroup_offline) * self,
		     const struct cgroup *cg, int nr)
{
	char text[64];

	return !writing_begin(&self->disabling, cg, "cgroup.subtree_control",
			      list_of(self, nr, text)) &&
	       writing_done(&self->disabling, &self->stage.story, BLOCKED_MS);
}

/* That rmdir succeeds is judged by cgroup_rmdir; here, what comes of it. */
static bool removes(FIXTURE_DATA(cgroup_offline) * self,
		    struct removal *removal, const struct cgroup *cg)
{
	return removal_done(removal, &self->stage.story, cg, BLOCKED_MS);
}

static bool is_removed(FIXTURE_DATA(cgroup_offline) * self,
		       struct removal *removal, const struct cgroup *cg)
{
	return (removal->returned && !removal->err) ||
	       removal_finish(removal, &self->stage.story, cg);
}

TEST_F(cgroup_offline, removed_cgroup_stays_online_until_the_last_switch)
{
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	story_name_task(&self->stage.story, self->task.pid, "the task");
	if (removes(self, &self->removal, &self->c))
		ASSERT_TRUE(catches_up(self));
	ASSERT_TRUE(exiting_is_held(&self->task));

	ASSERT_TRUE(finishes(self, &self->task));
	ASSERT_TRUE(is_removed(self, &self->removal, &self->c));
	all_must_follow(self, _metadata, &self->c, self->task.pid,
			FIX_DEFER_UNLINK);
}

static void disable_around(FIXTURE_DATA(cgroup_offline) * self,
			   struct __test_metadata *_metadata,
			   enum exiting_hold hold)
{
	HOLD(&self->task, hold, &self->c);
	story_name_task(&self->stage.story, self->task.pid, "the task");
	ASSERT_TRUE(disables(self, &self->p, self->nr_traced));
	ASSERT_TRUE(catches_up(self));
	ASSERT_TRUE(exiting_is_held(&self->task));

	ASSERT_TRUE(finishes(self, &self->task));
	all_must_follow(self, _metadata, &self->c, self->task.pid,
			FIX_PER_CSS_KILL);
}

TEST_F(cgroup_offline, disabled_css_stays_online_until_the_last_switch)
{
	disable_around(self, _metadata, HOLD_PIDNS);
}

/* A task that every kernel still counts as one of the cgroup's. */
TEST_F(cgroup_offline, disabled_css_stays_online_for_a_linked_task)
{
	disable_around(self, _metadata, HOLD_FUSE);
}

/* The task is in c, which has nothing of its own: it uses what p has. */
TEST_F(cgroup_offline, disabled_css_stays_online_for_a_task_below)
{
	const struct event_log *log = self->stage.story.log;

	ASSERT_TRUE(disables(self, &self->p, self->nr_traced));
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	story_name_task(&self->stage.story, self->task.pid, "the task");
	ASSERT_TRUE(disables(self, &self->stage.root, self->nr_traced));
	ASSERT_TRUE(
		offlining_has_caught_up(log, EV_CSS_OFFLINE, &cgroup_run_root));
	ASSERT_TRUE(exiting_is_held(&self->task));

	ASSERT_TRUE(finishes(self, &self->task));
	all_must_follow(self, _metadata, &self->p, self->task.pid,
			FIX_PER_CSS_KILL);
}

/* The css of @cg was killed, once, after the last switch of @pid. */
static void kill_must_follow(FIXTURE_DATA(cgroup_offline) * self,
			     struct __test_metadata *_metadata,
			     const struct cgroup *cg, const char *controller,
			     pid_t pid)
{
	int times;

	WAIT_FOR(place_of(self, EV_CSS_KILLED, cg, controller, &times) >= 0,
		 PATIENCE_MS);
	if (place_of(self, EV_CSS_KILLED, cg, controller, &times) <
	    switch_of(self, pid))
		BROKEN(FIX_DEFER_UNLINK,
		       times ? "the css of the %s controller is killed before the last switch of a task in that cgroup or below" :
			       "the css of the %s controller is never killed, though the task is gone",
		       controller);
	if (times > 1)
		BROKEN(FIX_NONE,
		       "the css of the %s controller is killed %d times",
		       controller, times);
}

/*
 * That the parent goes offline late proves nothing for its own count of tasks:
 * it waits for its child's css in any case.
 */
TEST_F(cgroup_offline, removed_css_is_not_killed_for_a_task_below)
{
	int i;

	if (!watches_kills(self))
		SKIP(return, "css_killed_ref_fn() cannot be traced here");
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	story_name_task(&self->stage.story, self->task.pid, "the task");
	if (!removes(self, &self->removal, &self->c) ||
	    !removes(self, &self->parent, &self->p))
		SKIP(return,
			   "rmdir around an exiting task does not succeed here: cgroup_rmdir judges that");
	ASSERT_TRUE(catches_up(self));
	ASSERT_TRUE(exiting_is_held(&self->task));

	ASSERT_TRUE(finishes(self, &self->task));
	for (i = 0; i < self->nr_traced; i++) {
		kill_must_follow(self, _metadata, &self->c, self->traced[i],
				 self->task.pid);
		kill_must_follow(self, _metadata, &self->p, self->traced[i],
				 self->task.pid);
	}
}

TEST_F(cgroup_offline, parent_stays_online_until_all_below_is_offline)
{
	struct story *story = &self->stage.story;
	struct cgroup d;

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	story_name_task(&self->stage.story, self->task.pid, "the task");
	ASSERT_EQ(0, cgroup_create(&d, &self->p, "d"));
	story_name_cgroup(story, &d, "d");
	HOLD(&self->other, HOLD_PIDNS, &d);
	story_name_task(story, self->other.pid, "the other task");

	if (removes(self, &self->removal, &self->c) &&
	    removes(self, &self->second, &d) &&
	    removes(self, &self->parent, &self->p))
		ASSERT_TRUE(catches_up(self));
	ASSERT_TRUE(exiting_is_held(&self->task));
	ASSERT_TRUE(finishes(self, &self->task));
	ASSERT_TRUE(catches_up(self));
	ASSERT_TRUE(exiting_is_held(&self->other));
	ASSERT_TRUE(finishes(self, &self->other));
	ASSERT_TRUE(is_removed(self, &self->removal, &self->c));
	ASSERT_TRUE(is_removed(self, &self->second, &d));
	ASSERT_TRUE(is_removed(self, &self->parent, &self->p));

	all_must_follow(self, _metadata, &self->c, self->task.pid,
			FIX_DEFER_UNLINK);
	all_must_follow(self, _metadata, &d, self->other.pid, FIX_DEFER_UNLINK);
	all_must_follow(self, _metadata, &self->p, self->task.pid,
			FIX_DEFER_UNLINK);
	all_must_follow(self, _metadata, &self->p, self->other.pid,
			FIX_DEFER_UNLINK);
	must_precede(self, _metadata, &self->c, &self->p);
	must_precede(self, _metadata, &d, &self->p);
}

/* In memory that is shared with the child that occupies a CPU. */
struct occupation {
	const struct cgroup *cg;
	int not_on; /* the CPU of the test */
	int ready, end;
};

/*
 * On another CPU: what takes the cgroup down later is the work of a kernel thread of
 * that CPU, which a FIFO task does not let run. It ends by itself before such tasks are
 * throttled.
 */
static int remove_and_occupy(const void *arg)
{
	struct occupation *at = *(struct occupation *const *)arg;
	long long until;
	int err;

	err = stay_on_another_cpu(at->not_on) ?: become_fifo();
	if (!err)
		err = cgroup_rmdir(at->cg);
	until = now_ms() + OCCUPY_MS;
	__atomic_store_n(&at->ready, 1, __ATOMIC_RELEASE);
	while (!err && !__atomic_load_n(&at->end, __ATOMIC_ACQUIRE) &&
	       now_ms() < until)
		;
	return err;
}

static bool any_is_offline(FIXTURE_DATA(cgroup_offline) * self,
			   const struct cgroup *cg)
{
	return event_noted(self->stage.story.log, EV_CSS_OFFLINE, cg->id, 0);
}

/*
 * The child is removed on another CPU and the parent here. Sets @ahead if what this CPU
 * has to do was done before that of the other.
 */
static void remove_on_two_cpus(FIXTURE_DATA(cgroup_offline) * self,
			       struct __test_metadata *_metadata,
			       struct occupation *at, bool *ahead)
{
	struct deadline *call = &self->second.call;

	*at = (struct occupation){ &self->c, sched_getcpu(), 0, 0 };
	ASSERT_EQ(0, deadline_start(call, remove_and_occupy, &at));
	ASSERT_TRUE(WAIT_FOR(__atomic_load_n(&at->ready, __ATOMIC_ACQUIRE),
			     PATIENCE_MS));
	ASSERT_TRUE(removes(self, &self->removal, &self->p));
	ASSERT_TRUE(catches_up(self));
	*ahead = !any_is_offline(self, &self->c);
	STEP("this CPU has caught up, the other has %s",
	     *ahead ? "not" : "as well");
	__atomic_store_n(&at->end, 1, __ATOMIC_RELEASE);
	ASSERT_TRUE(deadline_wait(call, PATIENCE_MS));
	ASSERT_EQ(0, call->result);

	must_precede(self, _metadata, &self->c, &self->p);
}

/*
 * Those who exit have nothing to do with this; but that children go first is all that
 * orders what two CPUs do.
 */
TEST_F(cgroup_offline, parent_waits_for_a_child_on_another_cpu)
{
	struct occupation *at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int tries, cpu = sched_getcpu();
	bool ahead = false;

	ASSERT_NE(MAP_FAILED, at);
	if (is_preempt_rt())
		SKIP(return, "a PREEMPT_RT kernel needs each CPU for its RCU");
	if (stay_on_another_cpu(cpu))
		SKIP(return, "this needs a second CPU");
	ASSERT_EQ(0, stay_on_cpu(cpu));
	for (tries = 0; tries < 3 && !ahead; tries++) {
		if (tries)
			ASSERT_EQ(0, make_cgroups(self));
		remove_on_two_cpus(self, _metadata, at, &ahead);
	}
	if (!ahead)
		SKIP(return,
			   "the child went offline though its CPU was kept busy: nothing is proved");
}

/* A process that lives in c for as long as the test lets it. */
static pid_t populate(const struct cgroup *cg)
{
	pid_t pid = spawn(-1);

	if (!pid)
		idle_until_killed();
	if (pid > 0 && cgroup_add(cg, pid))
		return -EINVAL;
	return pid;
}

TEST_F(cgroup_offline, disabled_css_waits_for_no_live_task)
{
	const char *first = self->traced[0];
	int i, times;
	pid_t live;

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	story_name_task(&self->stage.story, self->task.pid, "the task");
	live = populate(&self->c);
	ASSERT_GT(live, 0);
	ASSERT_TRUE(disables(self, &self->p, 1));
	ASSERT_TRUE(catches_up(self));
	ASSERT_TRUE(exiting_is_held(&self->task));

	ASSERT_TRUE(finishes(self, &self->task));
	must_follow(self, _metadata, &self->c, first, self->task.pid,
		    FIX_PER_CSS_KILL);
	ASSERT_TRUE(catches_up(self));
	ASSERT_EQ(1, cgroup_populated(&self->c));
	for (i = 1; i < self->nr_traced; i++)
		if (offline_of(self, &self->c, self->traced[i], &times) >= 0)
			BROKEN(FIX_NONE,
			       "css_offline of the %s controller comes, which was not disabled",
			       self->traced[i]);

	if (self->nr_traced > 1) {
		STEP("only the live task is left");
		ASSERT_TRUE(disables(self, &self->p, 2));
		if (!WAIT_FOR(offline_of(self, &self->c, self->traced[1],
					 &times) >= 0,
			      PATIENCE_MS))
			BROKEN(FIX_NONE,
			       "css_offline of the %s controller does not come while a task lives in that cgroup",
			       self->traced[1]);
	}

	ASSERT_LE(0, spawn_kill(live, PATIENCE_MS));
	ASSERT_TRUE(is_removed(self, &self->removal, &self->c));
	all_must_follow(self, _metadata, &self->c, self->task.pid,
			FIX_PER_CSS_KILL);
}

/* For every controller that is traced. */
static bool c_is_offline(FIXTURE_DATA(cgroup_offline) * self)
{
	int i, times;

	for (i = 0; i < self->nr_traced; i++)
		if (offline_of(self, &self->c, self->traced[i], &times) < 0)
			return false;
	return true;
}

static void c_is_offline_once(FIXTURE_DATA(cgroup_offline) * self,
			      struct __test_metadata *_metadata)
{
	int i, times;

	WAIT_FOR(c_is_offline(self), PATIENCE_MS);
	for (i = 0; i < self->nr_traced; i++) {
		offline_of(self, &self->c, self->traced[i], &times);
		if (times != 1)
			BROKEN(FIX_NONE,
			       "css_offline of the %s controller comes %d times for one cgroup",
			       self->traced[i], times);
	}
}

TEST_F(cgroup_offline, disabled_and_removed_goes_offline_once)
{
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	story_name_task(&self->stage.story, self->task.pid, "the task");
	ASSERT_TRUE(disables(self, &self->p, self->nr_traced));
	removes(self, &self->removal, &self->c);
	ASSERT_TRUE(catches_up(self));
	ASSERT_TRUE(exiting_is_held(&self->task));

	ASSERT_TRUE(finishes(self, &self->task));
	ASSERT_TRUE(is_removed(self, &self->removal, &self->c));
	ASSERT_TRUE(catches_up(self));
	c_is_offline_once(self, _metadata);
}

struct both {
	const struct cgroup *p, *c;
	const char *list; /* what to disable */
	const struct event_log *log;
};

/*
 * As a FIFO task: what takes the controllers down does not run in between. 1 if it did
 * nevertheless.
 */
static int disable_and_remove(const void *arg)
{
	const struct both *both = arg;

	int err =
		run_before_children() ?:
			cgroup_write(both->p, "cgroup.subtree_control", both->list) ?:
			cgroup_rmdir(both->c);

	return err ?: event_noted(both->log, EV_CSS_OFFLINE, both->c->id, 0);
}

/* No task: the first of the two has the css killed, the second finds it there yet. */
TEST_F(cgroup_offline, disabled_and_removed_at_once_goes_offline_once)
{
	struct both both = { &self->p, &self->c, NULL, self->stage.story.log };
	char list[64];
	int i, times;

	if (!watches_kills(self))
		STEP("css_killed_ref_fn() cannot be traced here");
	both.list = list_of(self, self->nr_traced, list);
	ASSERT_EQ(0, deadline_start(&self->second.call, disable_and_remove,
				    &both));
	ASSERT_TRUE(deadline_wait(&self->second.call, BLOCKED_MS));
	if (self->second.call.result == 1)
		SKIP(return, "a controller went offline before rmdir");
	ASSERT_EQ(0, self->second.call.result);
	STEP("c loses its controllers and is removed at once");
	ASSERT_TRUE(catches_up(self));
	c_is_offline_once(self, _metadata);
	for (i = 0; i < self->nr_traced; i++) {
		place_of(self, EV_CSS_KILLED, &self->c, self->traced[i],
			 &times);
		if (self->css_killed && times != 1)
			BROKEN(FIX_NONE,
			       "the css of the %s controller is killed %d times",
			       self->traced[i], times);
	}
}

/*
 * In a child: lets the task go, on another CPU, when rmdir is stopped on @cpu. There
 * nobody else may run then.
 */
static __noreturn void release_when_stopped(FIXTURE_DATA(cgroup_offline) * self,
					    int cpu)
{
	struct offline__bss *bss = self->skel->bss;

	if (stay_on_another_cpu(cpu))
		_exit(EXIT_FAILURE);
	__atomic_store_n(&bss->ready, true, __ATOMIC_RELEASE);
	if (WAIT_FOR(__atomic_load_n(&bss->stopped, __ATOMIC_ACQUIRE),
		     PATIENCE_MS))
		exiting_let_go(&self->task);
	idle_until_killed();
}

/* Stops rmdir halfway, with the task in c; its last switch may come then. */
static bool removes_around_the_last_switch(FIXTURE_DATA(cgroup_offline) * self,
					   struct __test_metadata *_metadata)
{
	struct offline__bss *bss = self->skel->bss;
	int cpu = sched_getcpu();
	pid_t releaser = spawn(self->task.control);
	bool removed;

	if (!releaser)
		release_when_stopped(self, cpu);
	ASSERT_LT(0, releaser);
	ASSERT_TRUE(WAIT_FOR(__atomic_load_n(&bss->ready, __ATOMIC_ACQUIRE),
			     PATIENCE_MS));
	bss->stopped_cgroup = self->c.id;
	removed = removes(self, &self->removal, &self->c);
	spawn_kill(releaser, PATIENCE_MS);
	if (removed && bss->stopped)
		STEP("rmdir is stopped halfway, with tasks in c: %s; it goes on, with tasks: %s",
		     bss->was_populated ? "yes" : "no",
		     bss->is_populated ? "yes" : "no");
	return removed && bss->was_populated;
}

TEST_F(cgroup_offline, rmdir_stopped_halfway_goes_offline_once)
{
	int cpu = sched_getcpu();

	self->stop_rmdir = bpf_program__attach(self->skel->progs.stop_rmdir);
	if (!self->stop_rmdir)
		SKIP(return,
			   "kernfs_remove_by_name_ns() or css_killed_ref_fn() cannot be traced here");
	if (stay_on_another_cpu(cpu))
		SKIP(return, "this needs a second CPU");
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	ASSERT_EQ(0, stay_on_cpu(cpu));
	story_name_task(&self->stage.story, self->task.pid, "the task");

	if (!removes_around_the_last_switch(self, _metadata))
		SKIP(return,
			   "rmdir does not find an exiting task here, or waits for it: cgroup_rmdir judges that");
	if (self->skel->bss->is_populated)
		SKIP(return,
			   "too slow: the task was not gone when rmdir went on");
	ASSERT_TRUE(finishes(self, &self->task));
	ASSERT_TRUE(catches_up(self));
	c_is_offline_once(self, _metadata);
}

TEST_PROGRAM(cgroup_offline)
