// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_explore - random sequences of operations, with a BPF scheduler.
 *
 * The invariant. As in cgroup_explore; and a scheduler that is loaded and unloaded
 * anywhere in a sequence sees each task and each cgroup in order (lib/order.h).
 *
 * History. Any change: the other programs of the suite test the sequences
 * that their authors thought of.
 *
 * The window. As in cgroup_explore. The order is checked at the end of
 * each sequence, when the scheduler is unloaded.
 *
 * Consequence. See the rule that is violated.
 */
#include <scx/common.h>

#include "order.h"
#include "proc.h"
#include "test.h"
#include "in_test.h"
#include "scheduler.h"
#include "tid_query.h"
#include "explore.skel.h"

/* Of the fixed seeds of this test: what they take on an emulated CPU is about 5 s. */
#define SEQUENCES 16

static struct scheduler scheduler;

static struct explore *skel;
static unsigned long long tid_flag_value; /* 0: the kernel has no tids */

/* What the events say of the tasks that the explorer has started, by their bodies. */
static struct {
	__u64 task; /* while it is initialised */
	__u64 cgroup;
	__u64 tid;
} bodies[MAX_TASKS];

static int load(bool lookup)
{
	struct reason reason;
	int err;

	skel->bss->lookup_in_init = lookup && tid_flag_value;
	err = scheduler_try_attach(&scheduler, &reason);
	if (err || !skel->bss->lookup_in_init ||
	    !scheduler_wait_ejected(&scheduler, &reason))
		return err;
	/* The ejection is no unload that the log knows of. */
	test.log->cursor = 0;
	return -EIO;
}

/*
 * A child that is frozen in its fork has inherited the link: closing it here would not unload
 * the scheduler.
 */
static int unload(void)
{
	event_append(test.log, EV_UNLOAD_BEGIN);
	bpf_link__detach(scheduler.link);
	return scheduler_detach(&scheduler) ? 0 : -EIO;
}

static void forget(void)
{
	test.log->cursor = 0;
	memset(bodies, 0, sizeof(bodies));
}

static int body_of(const struct model *m, const struct event *event)
{
	int i, task;

	for (i = 0; i < MAX_TASKS; i++)
		if (bodies[i].task == event->task)
			return i;
	task = event->kind == EV_INIT_TASK ? machine_task(m, event->pid) : NONE;
	return task == NONE ? NONE : m->tasks[task].body;
}

/* Follows the events: the number of our cgroups that the scheduler knows. */
static int follow_events(const struct model *m)
{
	bool known[MAX_CGROUPS] = {};
	int i, nr = 0;
	size_t n;

	for (i = 0; i < MAX_TASKS; i++)
		bodies[i].task = 0;
	for (n = 0; n < event_count(test.log); n++) {
		const struct event *event = &test.log->event[n];
		int cgroup = machine_cgroup(m, event->cgroup), body;

		if ((event->kind == EV_CGROUP_INIT ||
		     event->kind == EV_CGROUP_EXIT) &&
		    cgroup != NONE)
			known[cgroup] = event->kind == EV_CGROUP_INIT;
		if (event->kind != EV_INIT_TASK &&
		    event->kind != EV_EXIT_TASK && event->kind != EV_MOVE)
			continue;
		body = body_of(m, event);
		if (body == NONE)
			continue;
		bodies[body].task = event->kind == EV_EXIT_TASK ? 0 :
								  event->task;
		bodies[body].cgroup = event->kind == EV_MOVE ? event->to :
							       event->cgroup;
		bodies[body].tid = event->tid;
	}
	for (i = 0; i < MAX_CGROUPS; i++)
		nr += known[i];
	return nr;
}

static int look_up(const struct model *m, int task)
{
	struct tid_query query = { .tid = bodies[m->tasks[task].body].tid };

	if (!tid_flag_value || !query.tid)
		return NONE;
	if (m->tasks[task].state <= TASK_HELD)
		query.pid = machine_tid(task);
	if (tid_ask(skel->progs.lookup_tid, &query))
		test_error("cannot look up a tid");
	if (!query.tid_found)
		return LOOKUP_FINDS_NOTHING;
	return query.pid && !query.same ? LOOKUP_FINDS_ANOTHER :
					  LOOKUP_FINDS_IT;
}

static void observe_scheduler(const struct model *m, struct view *observed)
{
	int i;

	observed->known.low = follow_events(m);
	for (i = 0; i < m->nr_tasks; i++) {
		int body = m->tasks[i].body;

		if (bodies[body].task)
			observed->tasks[i].believed.low =
				machine_cgroup(m, bodies[body].cgroup);
		observed->tasks[i].lookup.low = look_up(m, i);
	}
}

/* A task that dies during an unload may get no exit_task: finding 8. */
static bool is_excused(const struct order_violation *violation)
{
	struct proc_stat stat;

	return violation->unpaired && (proc_stat(violation->unpaired, &stat) ||
				       strchr("ZX", stat.state));
}

static int check(char *why, size_t size)
{
	struct order_violation violations[8];
	long i, nr = order_check(test.log->event, event_count(test.log),
				 ORDER_ALL_RULES, violations,
				 ARRAY_SIZE(violations));

	if (nr < 0 || event_lost(test.log))
		test_error("the events cannot be checked");
	for (i = 0; i < nr && i < (long)ARRAY_SIZE(violations); i++) {
		if (is_excused(&violations[i]))
			continue;
		snprintf(why, size, "%s", violations[i].what);
		return violations[i].rule;
	}
	return 0;
}

static const struct machine_scheduler observer = {
	.load = load,
	.unload = unload,
	.forget = forget,
	.check = check,
	.observe = observe_scheduler,
};

static void setup(void)
{
	need_cgroup_sched_ext();
	skel = SCHEDULER_OPEN(&scheduler, explore);
	bpf_program__set_autoload(skel->progs.lookup_at_rename, false);
	bpf_program__set_autoload(skel->progs.lookup_at_fentry, false);
	if (kernel_btf_enum("scx_ops_flags", "SCX_OPS_TID_TO_TASK",
			    &tid_flag_value))
		bpf_program__set_autoload(skel->progs.lookup_tid, false);
	skel->struct_ops.ops->flags |= tid_flag_value;
	timeline_use_log(&skel->bss->events);
	scheduler_load(&scheduler);
	machine_scheduler = &observer;
	start_machine();
}

TEST_INVARIANT(scheduler_sees_random_sequences_in_order,
	       "a BPF scheduler that is loaded and unloaded in a random sequence sees each task and each cgroup in order, and all files show what a model of Linux 7.3 promises",
	       MAY_FAIL_WITHOUT(FIX_DEFER_UNLINK),
	       MAY_FAIL_WITHOUT(FIX_SCX_EXIT_ORDER),
	       MAY_FAIL_WITHOUT(FIX_HIDE_DEAD),
	       MAY_FAIL_WITHOUT(FIX_DEFER_RMDIR_KILL),
	       MAY_FAIL_WITHOUT(FIX_PER_CSS_KILL),
	       MAY_FAIL_WITHOUT(FIX_CLONE_INTO_KILLED))
{
	bool whole;

	if (getenv("TASK_EXIT_EXPLORE"))
		whole = explore_instead_of_test(fail_test, &campaign.broken);
	else
		whole = explore(&campaign, 1, SEQUENCES, MAX_SECONDS,
				fail_test);
	machine_stop();
	test_require(whole, FIX_NONE, "%s", campaign.broken.text);
}

/* A campaign lasts as long as its options say. */
static void allow_campaign(void)
{
	struct __fixture_metadata *fixture;
	struct __test_metadata *metadata;

	for (fixture = __fixture_list; fixture && getenv("TASK_EXIT_EXPLORE");
	     fixture = fixture->next)
		for (metadata = fixture->tests; metadata;
		     metadata = metadata->next)
			metadata->timeout = INT_MAX / 1000;
}

static void __attribute__((constructor)) register_prepare(void)
{
	this_program.prepare = allow_campaign;
}
