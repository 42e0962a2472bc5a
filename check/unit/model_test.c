// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_test - the explorer's model: each rule with a state that it accepts and one that
 * it refuses, and the text of sequences.
 */
#include <errno.h>

#include "kselftest_harness.h"

#include "ops.h"
#include "view.h"

static struct model m;
static struct view expected, observed;
static struct difference difference;
static const struct accepted nothing;

/* The result of the last operation of @text. */
static int make(const char *text)
{
	struct sequence sequence;
	char error[160];
	int i, result = 0;

	model_init(&m);
	if (!sequence_parse(&sequence, text, error, sizeof(error)))
		return OP_IMPOSSIBLE;
	for (i = 0; i < sequence.nr; i++)
		result = model_do(&m, &sequence.ops[i], true);
	model_view(&m, false, &expected);
	observed = expected;
	for (i = 0; i < MAX_CGROUPS; i++)
		observed.cgroups[i].frozen.low =
			expected.cgroups[i].frozen.high;
	return result;
}

static bool agrees(void)
{
	return !view_differs(&m, &expected, &observed, &nothing, &difference);
}

#define EXPECT_REFUSED(rule_id)                                \
	do {                                                   \
		EXPECT_FALSE(agrees());                        \
		EXPECT_EQ((int)rule_id, (int)difference.rule); \
	} while (0)

/* @field of cgroup @i is @value: refused. */
#define REFUSE(i, field, value, rule_id)                                       \
	do {                                                                   \
		EXPECT_TRUE(agrees());                                         \
		observed.cgroups[i].field.low = value;                         \
		EXPECT_REFUSED(rule_id);                                       \
		observed.cgroups[i].field.low = expected.cgroups[i].field.low; \
	} while (0)

TEST(exiting_task_populates_its_cgroup)
{
	make("mkdir a; fork p a; exit p pidns");
	EXPECT_EQ(1, expected.cgroups[0].populated.low);
	REFUSE(1, populated, 0, RULE_POPULATED);
	EXPECT_EQ((int)FIX_DEFER_UNLINK, (int)difference.fix);
	make("mkdir a; fork p a; exit p");
	REFUSE(1, populated, 1, RULE_POPULATED);
	EXPECT_EQ((int)FIX_NONE, (int)difference.fix);
}

TEST(removed_cgroup_populates_its_parent)
{
	EXPECT_EQ(0, make("mkdir a; fork p a; exit p pidns; rmdir a"));
	REFUSE(0, populated, 0, RULE_POPULATED);
}

TEST(freezing_cgroup_is_frozen)
{
	make("mkdir a; fork p a; freeze a");
	REFUSE(1, frozen, 0, RULE_FROZEN);
	make("mkdir a; fork p a; exit p pidns; freeze a");
	observed.cgroups[1].frozen.low = 0;
	EXPECT_TRUE(agrees());
	make("mkdir a; fork p a");
	REFUSE(1, frozen, 1, RULE_FROZEN);
}

TEST(parent_is_frozen_with_its_children_only)
{
	make("mkdir a; fork p a; exit p pidns; freeze .");
	observed.cgroups[1].frozen.low = 0;
	EXPECT_REFUSED(RULE_FROZEN_TREE);
	observed.cgroups[0].frozen.low = 0;
	EXPECT_TRUE(agrees());
}

TEST(lists_have_no_hidden_task)
{
	make("fork p .; exit p pidns");
	REFUSE(0, procs, 1, RULE_PROCS);
	EXPECT_EQ((int)FIX_HIDE_DEAD, (int)difference.fix);
	REFUSE(0, threads, 1, RULE_THREADS);
	REFUSE(0, zeros, 1, RULE_NO_ZERO);
	EXPECT_EQ(2, difference.finding);
}

TEST(headless_process_is_listed)
{
	make("fork p .; thread p q; exit p");
	EXPECT_EQ(1, expected.cgroups[0].procs.low);
	EXPECT_EQ(2, expected.cgroups[0].threads.low);
}

TEST(dying_cgroups_are_counted)
{
	make("mkdir a; fork p a; exit p pidns; rmdir a");
	REFUSE(0, dying, 0, RULE_DYING);
	REFUSE(0, descendants, 1, RULE_DESCENDANTS);
	make("mkdir a; rmdir a");
	EXPECT_EQ(0, expected.cgroups[0].dying.low);
	EXPECT_EQ(1, expected.cgroups[0].dying.high);
}

TEST(controller_drains_without_tasks_that_do_not_use_it)
{
	make("+pids .; mkdir a; fork p a; exit p pidns; +cpu .; rmdir a");
	model_view(&m, true, &expected);
	EXPECT_EQ(1, expected.cgroups[0].dying_csses[CTL_PIDS].low);
	EXPECT_EQ(0, expected.cgroups[0].dying_csses[CTL_CPU].high);
	observed = expected;
	REFUSE(0, dying_csses[CTL_CPU], 1, RULE_DYING_CSS);
	EXPECT_EQ((int)FIX_PER_CSS, (int)difference.fix);
}

TEST(exiting_task_is_charged_where_it_was)
{
	make("mkdir a; fork p a; exit p pidns; +pids .");
	EXPECT_EQ(0, expected.cgroups[1].pids.low);
	REFUSE(0, pids, 0, RULE_PIDS_CURRENT);
	make("fork p .; exit p; reap p");
	REFUSE(0, pids, 1, RULE_PIDS_CURRENT);
}

TEST(limit_of_pids_is_kept)
{
	EXPECT_EQ(-EAGAIN,
		  make("+pids .; mkdir a; max . 1; fork p a; exit p pidns; fork q a"));
	REFUSE(0, events, 0, RULE_PIDS_EVENTS);
	EXPECT_EQ(0, expected.cgroups[1].events.low);
	EXPECT_EQ(0, make("max . 1; fork p .; exit p; reap p; fork q ."));
}

TEST(controllers_are_those_of_the_parent)
{
	make("+pids .; mkdir a");
	REFUSE(1, controllers, 0, RULE_CONTROLLERS);
}

TEST(type_counts_live_tasks_and_maybe_exiting_ones)
{
	make("mkdir a; +pids .; fork p .");
	REFUSE(1, type, TYPE_DOMAIN, RULE_TYPE);
	make("mkdir a; +pids .; fork p .; exit p pidns");
	EXPECT_EQ(TYPE_DOMAIN, expected.cgroups[0].type.low);
	EXPECT_EQ(TYPE_THREAD_ROOT, expected.cgroups[0].type.high);
}

TEST(kill_spares_a_process_that_has_moved_away)
{
	make("mkdir a; mkdir b; fork p a; thread p q; exit q flush; move p b; kill a");
	EXPECT_EQ(TASK_LIVE, expected.tasks[0].state.low);
	observed.tasks[0].state.low = TASK_DEAD;
	EXPECT_REFUSED(RULE_TASK);
	EXPECT_EQ((int)FIX_KILL_SPARES_MIGRATED, (int)difference.fix);
}

TEST(kill_kills_a_headless_process)
{
	make("fork p .; thread p q; exit p; kill .");
	EXPECT_EQ(TASK_GONE, expected.tasks[1].state.low);
	observed.tasks[1].state.low = TASK_LIVE;
	EXPECT_REFUSED(RULE_TASK);
	EXPECT_EQ((int)FIX_KILL_EXITED_LEADER, (int)difference.fix);
}

TEST(proc_cgroup_says_deleted)
{
	make("mkdir a; fork p a; exit p; rmdir a");
	observed.tasks[0].home.low = 1;
	EXPECT_REFUSED(RULE_PROC_CGROUP);
}

TEST(rmdir_fails_with_listed_tasks_only)
{
	struct op rmdir = { .kind = OP_RMDIR, .path = "a" };

	EXPECT_EQ(0, make("mkdir a; fork p a; exit p pidns; rmdir a"));
	/* Before 6.19 such a task is listed. */
	make("mkdir a; fork p a; exit p flush");
	EXPECT_EQ(0, expected.cgroups[1].procs.low);
	EXPECT_EQ(1, expected.cgroups[1].procs.high);
	EXPECT_EQ(-EBUSY, model_do(&m, &rmdir, true));
	EXPECT_EQ(0, model_do(&m, &rmdir, false));
	EXPECT_EQ(-EBUSY,
		  make("mkdir a; fork p a; thread p q; exit q flush; rmdir a"));
	EXPECT_EQ(-EBUSY, make("mkdir a; mkdir a/b; rmdir a"));
}

TEST(changes_wait_for_a_draining_controller)
{
	EXPECT_EQ(OP_SLEEPS,
		  make("+pids .; mkdir a; fork p a; exit p pidns; -pids .; +cpu ."));
	EXPECT_FALSE(model_can_resume(&m));
	EXPECT_EQ(0,
		  model_do(&m, &(struct op){ .kind = OP_RELEASE, .task = 'p' },
			   true));
	EXPECT_TRUE(model_can_resume(&m));
	EXPECT_EQ(0, model_resume(&m, true));
	EXPECT_EQ(0,
		  make("+pids .; mkdir a; fork p a; exit p pidns; rmdir a; -pids .; +pids ."));
}

TEST(exiting_task_may_keep_a_cgroup_busy)
{
	struct op enable = { .kind = OP_ENABLE,
			     .path = "a",
			     .controller = CTL_MEMORY };

	make("+memory .; mkdir a; fork p a; exit p pidns");
	EXPECT_EQ(-EBUSY, model_do(&m, &enable, true));
	EXPECT_EQ(0, model_do(&m, &enable, false));
}

TEST(no_internal_processes)
{
	EXPECT_EQ(-EBUSY, make("+memory .; fork p ."));
	EXPECT_EQ(-EBUSY, make("fork p .; +memory ."));
	EXPECT_EQ(-EOPNOTSUPP, make("mkdir a; +pids .; fork p .; fork q a"));
}

TEST(threaded_cgroup_shares_the_domain_of_its_parent)
{
	EXPECT_EQ(0,
		  make("mkdir a; mkdir a/b; threaded a/b; fork p a; thread p q; movethread q a/b"));
	EXPECT_EQ(TYPE_THREAD_ROOT, expected.cgroups[1].type.low);
	REFUSE(2, type, TYPE_DOMAIN, RULE_TYPE);
	/* cgroup.procs of the domain has the process, that of the threaded cgroup no line. */
	EXPECT_EQ(1, expected.cgroups[1].procs.low);
	REFUSE(2, procs, 0, RULE_PROCS);
	REFUSE(2, threads, 0, RULE_THREADS);
	REFUSE(1, threads, 3, RULE_THREADS);
	EXPECT_EQ(0, make("mkdir a; mkdir a/b; threaded a/b; fork p a/b"));
	EXPECT_EQ(1, expected.cgroups[1].procs.low);
	EXPECT_EQ(TYPE_INVALID,
		  (make("mkdir a; mkdir a/b; mkdir a/c; threaded a/b"),
		   expected.cgroups[3].type.low));
}

TEST(threaded_cgroup_needs_an_empty_cgroup_and_a_valid_domain)
{
	EXPECT_EQ(-EOPNOTSUPP, make("threaded ."));
	EXPECT_EQ(-EOPNOTSUPP, make("mkdir a; fork p a; threaded a"));
	EXPECT_EQ(-EOPNOTSUPP, make("mkdir a; +memory .; threaded a"));
	EXPECT_EQ(-EOPNOTSUPP,
		  make("mkdir a; mkdir a/b; fork p a/b; threaded a"));
	EXPECT_EQ(0, make("mkdir a; threaded a; threaded a"));
	EXPECT_EQ(-EOPNOTSUPP,
		  make("mkdir a; threaded a; mkdir a/b; fork p a/b"));
	EXPECT_EQ(-EOPNOTSUPP, make("mkdir a; threaded a; kill a"));
	EXPECT_EQ(-EOPNOTSUPP, make("mkdir a; threaded a; +memory ."));
	EXPECT_EQ(-ENOENT, make("mkdir a; mkdir b; threaded a; +memory a"));
	/* A cgroup without tasks may enable threaded controllers beside tasks. */
	EXPECT_EQ(0, make("mkdir a; threaded a; fork p a; +cpu .; +cpu a"));
	EXPECT_EQ(OP_SLEEPS,
		  make("+pids .; mkdir a; fork p a; exit p pidns; -pids .; threaded a"));
	EXPECT_EQ(0,
		  model_do(&m, &(struct op){ .kind = OP_RELEASE, .task = 'p' },
			   true));
	EXPECT_EQ(0, model_resume(&m, true));
	EXPECT_EQ(TYPE_THREADED, (int)model_type(&m, 1, true));
}

TEST(thread_moves_within_its_domain)
{
	EXPECT_EQ(-EOPNOTSUPP,
		  make("mkdir a; mkdir b; fork p a; thread p q; movethread q b"));
	EXPECT_EQ(0,
		  make("mkdir a; threaded a; fork p .; thread p q; exit p; movethread q a"));
	EXPECT_EQ(1, expected.cgroups[0].procs.low);
	EXPECT_EQ(0, expected.cgroups[0].threads.low);
	EXPECT_EQ(OP_ANY,
		  make("mkdir a; threaded a; fork p .; thread p q; exit q flush; "
		       "movethread q a"));
}

TEST(exec_of_a_thread_makes_it_the_leader)
{
	make("mkdir a; threaded a; fork p .; thread p q; movethread q a; exec q");
	EXPECT_EQ(TASK_LIVE, expected.tasks[0].state.low);
	EXPECT_EQ(TASK_GONE, expected.tasks[1].state.low);
	EXPECT_EQ(1, expected.cgroups[1].threads.low);
	observed.tasks[0].state.low = TASK_DEAD;
	EXPECT_REFUSED(RULE_TASK);
	/* It waits for a thread that is held. */
	make("fork p .; thread p q; exit p flush; exec q");
	EXPECT_EQ(TASK_HELD, expected.tasks[0].state.low);
	EXPECT_EQ(TASK_LIVE, expected.tasks[1].state.low);
	make("fork p .; thread p q; exit p flush; exec q; release p");
	EXPECT_EQ(TASK_LIVE, expected.tasks[0].state.low);
	EXPECT_EQ(TASK_GONE, expected.tasks[1].state.low);
	make("fork p .; thread p q; exit p flush; exec q; sigkill p; release p");
	EXPECT_EQ(TASK_DEAD, expected.tasks[0].state.low);
	make("fork p .; thread p q; arm q flush; exec p");
	EXPECT_EQ(TASK_HELD, expected.tasks[1].state.low);
	EXPECT_EQ(OP_IMPOSSIBLE,
		  make("fork p .; thread p q; arm q flush; exec p; exec p"));
}

TEST(exec_that_waits_does_not_freeze)
{
	make("fork p .; thread p q; arm q flush; exec p; freeze .");
	EXPECT_EQ(0, expected.cgroups[0].frozen.low);
	make("fork p .; thread p q; exec p; freeze .");
	EXPECT_EQ(1, expected.cgroups[0].frozen.low);
}

TEST(pidfd_tells_the_death_of_the_last_thread)
{
	make("fork p .; thread p q; exit p; pidfd p");
	EXPECT_EQ(PIDFD_QUIET, expected.tasks[0].pidfd.low);
	observed.tasks[0].pidfd.low = PIDFD_READABLE;
	EXPECT_REFUSED(RULE_PIDFD);
	make("fork p .; thread p q; exit p; exit q");
	EXPECT_EQ(PIDFD_READABLE, expected.tasks[0].pidfd.low);
	EXPECT_EQ(PIDFD_HUNG_UP, expected.tasks[1].pidfd.low);
	make("fork p .; exit p; reap p");
	EXPECT_EQ(PIDFD_HUNG_UP, expected.tasks[0].pidfd.low);
	observed.tasks[0].pidfd.low = PIDFDS_DIFFER;
	EXPECT_REFUSED(RULE_PIDFD);
	EXPECT_EQ(OP_IMPOSSIBLE, make("fork p .; pidfd p; pidfd p; pidfd p"));
}

TEST(task_keeps_its_scheduling)
{
	make("fork p .; nice p 3; policy p fifo; thread p q; exit p pidns");
	EXPECT_EQ(SCHEDULING(3, POLICY_FIFO, false),
		  expected.tasks[1].scheduling.low);
	make("fork p .; nice p 3; policy p batch; exit p; affinity p");
	EXPECT_EQ(SCHEDULING(3, POLICY_BATCH, true),
		  expected.tasks[0].scheduling.low);
	EXPECT_TRUE(agrees());
	observed.tasks[0].scheduling.low = SCHEDULING(0, POLICY_BATCH, true);
	EXPECT_REFUSED(RULE_SCHEDULING);
}

TEST(scheduler_knows_a_task_until_its_last_switch)
{
	make("mkdir a; mkdir b; +cpu .; fork p a; exit p pidns; rmdir a; load");
	EXPECT_EQ(1, expected.tasks[0].believed.low);
	EXPECT_EQ(3, expected.known.low);
	observed.tasks[0].believed.low = NONE;
	EXPECT_REFUSED(RULE_BELIEVED);
	observed.tasks[0].believed.low = 1;
	observed.tasks[0].lookup.low = LOOKUP_FINDS_NOTHING;
	EXPECT_REFUSED(RULE_LOOKUP);
	observed.tasks[0].lookup.low = LOOKUP_FINDS_IT;
	EXPECT_TRUE(agrees());
	observed.known.low = 2;
	EXPECT_REFUSED(RULE_KNOWN);
	EXPECT_EQ((int)FIX_DEFER_UNLINK, (int)difference.fix);
	make("+cpu .; mkdir a; load; fork p a; exit p pidns; -cpu .");
	observed.known.low = 1;
	EXPECT_REFUSED(RULE_KNOWN);
	EXPECT_EQ((int)FIX_PER_CSS_KILL, (int)difference.fix);
	make("load; fork p .; exit p");
	EXPECT_EQ(NONE, expected.tasks[0].believed.low);
	EXPECT_EQ(LOOKUP_FINDS_NOTHING, expected.tasks[0].lookup.low);
	observed.tasks[0].believed.low = 0;
	EXPECT_REFUSED(RULE_BELIEVED);
	EXPECT_EQ((int)FIX_SCX_EXIT_ORDER, (int)difference.fix);
}

TEST(scheduler_believes_in_the_cgroup_with_the_cpu_controller)
{
	make("mkdir a; load; fork p a");
	EXPECT_EQ(0, expected.tasks[0].believed.low);
	make("mkdir a; load; fork p a; +cpu .");
	EXPECT_EQ(1, expected.tasks[0].believed.low);
	/* A thread that executes a program keeps its tid. */
	make("+cpu .; mkdir a; load; fork p a; thread p q; exec q");
	EXPECT_EQ(1, m.tasks[0].body);
	EXPECT_EQ(LOOKUP_FINDS_IT, expected.tasks[1].lookup.low);
}

TEST(rules_are_exercised_by_what_they_promise_anew)
{
	struct view before;

	make("mkdir a; fork p a");
	before = expected;
	EXPECT_EQ(0, (int)rules_between(&m, &before, &expected));
	make("mkdir a; fork p a; freeze a");
	EXPECT_EQ(1U << RULE_FROZEN | 1U << RULE_FROZEN_TREE |
			  1U << RULE_NOTIFIED,
		  rules_between(&m, &before, &expected));
}

TEST(first_finding_is_recognized)
{
	make("mkdir a; fork p a; exit p pidns; freeze .; rmdir a; release p");
	REFUSE(0, frozen, 0, RULE_FROZEN);
	EXPECT_EQ(1, difference.finding);
}

TEST(accepted_differences_are_ignored)
{
	struct accepted accepted = {};

	make("fork p .; exit p pidns");
	observed.cgroups[0].zeros.low = 1;
	EXPECT_REFUSED(RULE_NO_ZERO);
	accept_difference(&accepted, &difference);
	EXPECT_FALSE(view_differs(&m, &expected, &observed, &accepted,
				  &difference));
	observed.cgroups[0].populated.low = 0;
	EXPECT_TRUE(view_differs(&m, &expected, &observed, &accepted,
				 &difference));
}

TEST(random_sequences_are_possible_and_readable)
{
	struct sequence sequence, again;
	char text[MAX_OPS * 32], copy[MAX_OPS * 32], error[160];
	int seed;

	for (seed = 0; seed < 500; seed++) {
		sequence_generate(&sequence, 14, seed, seed % 4);
		sequence_print(&sequence, text, sizeof(text));
		ASSERT_TRUE(sequence_parse(&again, text, error, sizeof(error)));
		ASSERT_TRUE(sequence_check(&again, error, sizeof(error)));
		sequence_print(&again, copy, sizeof(copy));
		ASSERT_STREQ(text, copy);
	}
}

TEST(bad_text_is_refused_with_its_place)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
		{ "", "there is no operation" },
		{ "mkdir a; mkdri b", "operation 2: 'mkdri' is no operation" },
		{ "+foo .", "operation 1: '+foo' is no operation" },
		{ "mkdir", "operation 1: 'mkdir' needs another argument" },
		{ "mkdir a b", "operation 1: 'b' is too much" },
		{ "mkdir A", "operation 1: 'A' is no cgroup" },
		{ "mkdir a/", "operation 1: 'a/' is no cgroup" },
		{ "mkdir a/b/c/d", "operation 1: 'a/b/c/d' is no cgroup" },
		{ "fork pp .", "operation 1: 'pp' is no task" },
		{ "fork p .; exit p soon", "operation 2: 'soon' is no hold" },
		{ "max . many", "operation 1: 'many' is no number" },
		{ "fork p .; policy p idle",
		  "operation 2: 'idle' is no policy" },
		{ "fork p .; nice p 20",
		  "operation 2, 'nice p 20': it is no nice value" },
		{ "fork p .; affinity p",
		  "operation 2, 'affinity p': the task is live" },
		{ "rmdir a",
		  "operation 1, 'rmdir a': the cgroup does not exist" },
		{ "fork p .; reap p",
		  "operation 2, 'reap p': it cannot be reaped yet" },
		{ "mkdir a; mkdir a", "operation 2, 'mkdir a': it exists" },
	};
	struct sequence sequence;
	char error[160];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_FALSE(sequence_parse(&sequence, bad[i].text, error,
					    sizeof(error)) &&
			     sequence_check(&sequence, error, sizeof(error)));
		EXPECT_STREQ(bad[i].error, error);
	}
}

TEST_HARNESS_MAIN
