// SPDX-License-Identifier: GPL-2.0-only
/*
 * order_test - the oracle's own tests. For every rule: a sequence that keeps it
 * and sequences that break it, each of which must trip that rule and no other.
 *
 * Tasks are 1, 2, ...; cgroups are 100 (the root), 110 and its child 111. Where
 * the root is left out, 110 has no parent (0).
 */
#include "kselftest_harness.h"

#include "order.h"

#define ROOT 100
#define PARENT 110
#define CHILD 111

#define CGROUP_INIT(c, parent)          \
	{                               \
		.kind = EV_CGROUP_INIT, \
		.cgroup = c,            \
		.to = parent,           \
	}
#define CGROUP_EXIT(c)                  \
	{                               \
		.kind = EV_CGROUP_EXIT, \
		.cgroup = c,            \
	}
#define INIT_TASK(t, c)               \
	{                             \
		.kind = EV_INIT_TASK, \
		.task = t,            \
		.pid = t,             \
		.cgroup = c,          \
	}
#define EXIT_TASK(t)                  \
	{                             \
		.kind = EV_EXIT_TASK, \
		.task = t,            \
		.pid = t,             \
	}
#define CANCELLED(t)                    \
	{                               \
		.kind = EV_EXIT_TASK,   \
		.task = t,              \
		.pid = t,               \
		.flags = EVF_CANCELLED, \
	}
#define MOVE(k, t, c, d)     \
	{                    \
		.kind = k,   \
		.task = t,   \
		.pid = t,    \
		.cgroup = c, \
		.to = d,     \
	}
#define MENTION(k, t)      \
	{                  \
		.kind = k, \
		.task = t, \
		.pid = t,  \
	}
#define UNLOAD_BEGIN                     \
	{                                \
		.kind = EV_UNLOAD_BEGIN, \
	}
#define UNLOAD_END                     \
	{                              \
		.kind = EV_UNLOAD_END, \
	}

#define MAX_VIOLATIONS 8

/* Judges a list; the violations go to v and their number to nr. */
#define JUDGE_LIST(...)                                                   \
	static const struct event list[] = { __VA_ARGS__ };               \
	struct order_violation v[MAX_VIOLATIONS];                         \
	long nr = order_check(list, ARRAY_SIZE(list), ORDER_ALL_RULES, v, \
			      MAX_VIOLATIONS);                            \
	for (long i = 0; i < nr && i < MAX_VIOLATIONS; i++)               \
	ksft_print_msg("%s: %s\n", order_rule_name(v[i].rule), v[i].what)

#define ACCEPTED() ASSERT_EQ(0, nr)

/* Exactly this one breach, shown by these two events. */
#define REJECTED(expected_rule, earlier_index, later_index)       \
	do {                                                      \
		ASSERT_EQ(1, nr);                                 \
		EXPECT_EQ((int)(expected_rule), (int)v[0].rule);  \
		EXPECT_EQ((size_t)(earlier_index), v[0].earlier); \
		EXPECT_EQ((size_t)(later_index), v[0].later);     \
	} while (0)

TEST(a_whole_life_is_accepted)
{
	JUDGE_LIST(CGROUP_INIT(ROOT, 0), CGROUP_INIT(PARENT, ROOT),
		   INIT_TASK(1, ROOT), CGROUP_INIT(CHILD, PARENT),
		   INIT_TASK(2, CHILD), MENTION(EV_ENABLE, 2),
		   MOVE(EV_PREP_MOVE, 1, ROOT, CHILD),
		   MOVE(EV_MOVE, 1, ROOT, CHILD), MENTION(EV_RUNNING, 2),
		   EXIT_TASK(2), EXIT_TASK(1), CGROUP_EXIT(CHILD),
		   CGROUP_EXIT(PARENT), UNLOAD_BEGIN, CGROUP_EXIT(ROOT),
		   UNLOAD_END);
	ACCEPTED();
}

TEST(nothing_is_accepted)
{
	struct order_violation v;

	ASSERT_EQ(0, order_check(NULL, 0, ORDER_ALL_RULES, &v, 1));
}

TEST(r1_task_after_its_cgroup_is_accepted)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT));
	ACCEPTED();
}

TEST(r1_task_in_an_unknown_cgroup)
{
	JUDGE_LIST(CGROUP_INIT(ROOT, 0), INIT_TASK(1, PARENT));
	REJECTED(ORDER_R1, ORDER_NO_EVENT, 1);
}

TEST(r1_task_before_its_cgroup)
{
	JUDGE_LIST(INIT_TASK(1, PARENT), CGROUP_INIT(PARENT, 0));
	REJECTED(ORDER_R1, ORDER_NO_EVENT, 0);
}

TEST(r1_task_in_a_cgroup_that_has_exited)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_EXIT(PARENT),
		   INIT_TASK(1, PARENT));
	REJECTED(ORDER_R1, 1, 2);
}

TEST(r1_task_of_a_load_in_a_cgroup_that_was_passed_over)
{
	JUDGE_LIST(CGROUP_INIT(ROOT, 0), CGROUP_INIT(PARENT, ROOT),
		   INIT_TASK(1, PARENT), INIT_TASK(2, CHILD),
		   INIT_TASK(3, ROOT));
	REJECTED(ORDER_R1, ORDER_NO_EVENT, 3);
}

TEST(r2_cgroup_after_its_tasks_is_accepted)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), EXIT_TASK(1),
		   CGROUP_EXIT(PARENT));
	ACCEPTED();
}

TEST(r2_cgroup_before_its_task)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT),
		   CGROUP_EXIT(PARENT), EXIT_TASK(1));
	REJECTED(ORDER_R2, 2, 3);
}

TEST(r2_cgroup_before_a_task_that_never_exits)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT),
		   CGROUP_EXIT(PARENT));
	REJECTED(ORDER_R2, 1, 2);
}

TEST(r2_cgroup_before_a_task_that_moved_in)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_INIT(CHILD, PARENT),
		   INIT_TASK(1, PARENT), MOVE(EV_MOVE, 1, PARENT, CHILD),
		   CGROUP_EXIT(CHILD), EXIT_TASK(1));
	REJECTED(ORDER_R2, 4, 5);
}

TEST(r2_cgroup_after_a_task_that_moved_out_is_accepted)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_INIT(CHILD, PARENT),
		   INIT_TASK(1, CHILD), MOVE(EV_MOVE, 1, CHILD, PARENT),
		   CGROUP_EXIT(CHILD), EXIT_TASK(1));
	ACCEPTED();
}

TEST(r2_cgroup_before_a_task_that_did_not_move_out)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_INIT(CHILD, PARENT),
		   INIT_TASK(1, CHILD), MOVE(EV_PREP_MOVE, 1, CHILD, PARENT),
		   MOVE(EV_CANCEL_MOVE, 1, CHILD, PARENT), CGROUP_EXIT(CHILD),
		   EXIT_TASK(1));
	REJECTED(ORDER_R2, 5, 6);
}

TEST(r2_does_not_apply_inside_an_unload)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), UNLOAD_BEGIN,
		   CGROUP_EXIT(PARENT), EXIT_TASK(1), UNLOAD_END);
	ACCEPTED();
}

TEST(r1_does_not_apply_inside_an_unload)
{
	JUDGE_LIST(CGROUP_INIT(ROOT, 0), UNLOAD_BEGIN, CGROUP_EXIT(ROOT),
		   INIT_TASK(1, ROOT), INIT_TASK(2, PARENT), EXIT_TASK(1),
		   EXIT_TASK(2), UNLOAD_END);
	ACCEPTED();
}

TEST(r1_applies_again_after_an_unload)
{
	JUDGE_LIST(CGROUP_INIT(ROOT, 0), UNLOAD_BEGIN, CGROUP_EXIT(ROOT),
		   UNLOAD_END, INIT_TASK(1, ROOT));
	REJECTED(ORDER_R1, 2, 4);
}

TEST(r2_applies_again_after_an_unload)
{
	JUDGE_LIST(UNLOAD_BEGIN, UNLOAD_END, CGROUP_INIT(PARENT, 0),
		   INIT_TASK(1, PARENT), CGROUP_EXIT(PARENT), EXIT_TASK(1));
	REJECTED(ORDER_R2, 4, 5);
}

TEST(r3_cancelled_fork_is_accepted)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), CANCELLED(1));
	ACCEPTED();
}

TEST(r3_reused_task_struct_is_accepted)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), EXIT_TASK(1),
		   INIT_TASK(1, PARENT), EXIT_TASK(1));
	ACCEPTED();
}

TEST(r3_task_is_initialised_twice)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT),
		   INIT_TASK(1, PARENT));
	REJECTED(ORDER_R3, 1, 2);
}

TEST(r3_task_exits_twice)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), EXIT_TASK(1),
		   EXIT_TASK(1));
	REJECTED(ORDER_R3, 2, 3);
}

TEST(r3_task_exits_uninitialised)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), EXIT_TASK(1));
	REJECTED(ORDER_R3, ORDER_NO_EVENT, 1);
}

TEST(r3_cancelled_fork_exits_again)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), CANCELLED(1),
		   EXIT_TASK(1));
	REJECTED(ORDER_R3, 2, 3);
}

TEST(r3_task_never_exits)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), UNLOAD_BEGIN,
		   CGROUP_EXIT(PARENT), UNLOAD_END);
	REJECTED(ORDER_R3, 1, 4);
	EXPECT_EQ(1, v[0].unpaired);
}

TEST(r3_unknown_task_is_mentioned)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), MENTION(EV_ENQUEUE, 1));
	REJECTED(ORDER_R3, ORDER_NO_EVENT, 1);
}

TEST(r4_cgroup_of_the_same_id_again_is_accepted)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_EXIT(PARENT),
		   CGROUP_INIT(PARENT, 0), CGROUP_EXIT(PARENT));
	ACCEPTED();
}

TEST(r4_generations_are_accepted)
{
	JUDGE_LIST(CGROUP_INIT(ROOT, 0), CGROUP_INIT(PARENT, ROOT),
		   CGROUP_INIT(CHILD, PARENT), CGROUP_EXIT(CHILD),
		   CGROUP_INIT(CHILD, PARENT), CGROUP_EXIT(CHILD),
		   CGROUP_EXIT(PARENT));
	ACCEPTED();
}

TEST(r4_child_before_its_parent)
{
	JUDGE_LIST(CGROUP_INIT(CHILD, PARENT), CGROUP_INIT(PARENT, 0));
	REJECTED(ORDER_R4, ORDER_NO_EVENT, 0);
}

TEST(r4_child_of_a_parent_that_has_exited)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_EXIT(PARENT),
		   CGROUP_INIT(CHILD, PARENT));
	REJECTED(ORDER_R4, 1, 2);
}

TEST(r4_cgroup_is_initialised_twice)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_INIT(PARENT, 0));
	REJECTED(ORDER_R4, 0, 1);
}

TEST(r4_cgroup_exits_twice)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_EXIT(PARENT),
		   CGROUP_EXIT(PARENT));
	REJECTED(ORDER_R4, 1, 2);
}

TEST(r4_cgroup_exits_uninitialised)
{
	JUDGE_LIST(CGROUP_EXIT(PARENT));
	REJECTED(ORDER_R4, ORDER_NO_EVENT, 0);
}

TEST(r4_parent_exits_before_its_child)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_INIT(CHILD, PARENT),
		   CGROUP_EXIT(PARENT), CGROUP_EXIT(CHILD));
	REJECTED(ORDER_R4, 1, 2);
}

TEST(r4_parent_exits_before_its_child_in_an_unload)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_INIT(CHILD, PARENT),
		   UNLOAD_BEGIN, CGROUP_EXIT(PARENT), CGROUP_EXIT(CHILD),
		   UNLOAD_END);
	REJECTED(ORDER_R4, 1, 3);
}

TEST(r4_cgroup_never_exits)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), UNLOAD_BEGIN, UNLOAD_END);
	REJECTED(ORDER_R4, 0, 2);
}

TEST(r5_move_and_cancelled_move_are_accepted)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_INIT(CHILD, PARENT),
		   INIT_TASK(1, PARENT), MOVE(EV_PREP_MOVE, 1, PARENT, CHILD),
		   MOVE(EV_CANCEL_MOVE, 1, PARENT, CHILD),
		   MOVE(EV_PREP_MOVE, 1, PARENT, CHILD),
		   MOVE(EV_MOVE, 1, PARENT, CHILD));
	ACCEPTED();
}

TEST(r5_move_to_an_unknown_cgroup)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT),
		   MOVE(EV_MOVE, 1, PARENT, CHILD));
	REJECTED(ORDER_R5, ORDER_NO_EVENT, 2);
}

TEST(r5_move_to_a_cgroup_that_has_exited)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_INIT(CHILD, PARENT),
		   INIT_TASK(1, PARENT), CGROUP_EXIT(CHILD),
		   MOVE(EV_PREP_MOVE, 1, PARENT, CHILD));
	REJECTED(ORDER_R5, 3, 4);
}

TEST(r5_cancelled_move_from_a_cgroup_that_it_has_left)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_INIT(CHILD, PARENT),
		   INIT_TASK(1, PARENT), MOVE(EV_MOVE, 1, PARENT, CHILD),
		   MOVE(EV_CANCEL_MOVE, 1, PARENT, CHILD));
	REJECTED(ORDER_R5, 3, 4);
}

TEST(r5_move_from_a_cgroup_that_it_is_not_in)
{
	JUDGE_LIST(CGROUP_INIT(ROOT, 0), CGROUP_INIT(PARENT, ROOT),
		   CGROUP_INIT(CHILD, PARENT), INIT_TASK(1, ROOT),
		   MOVE(EV_MOVE, 1, PARENT, CHILD));
	REJECTED(ORDER_R5, 3, 4);
}

TEST(r5_membership_follows_the_move)
{
	JUDGE_LIST(CGROUP_INIT(ROOT, 0), CGROUP_INIT(PARENT, ROOT),
		   CGROUP_INIT(CHILD, PARENT), INIT_TASK(1, ROOT),
		   MOVE(EV_MOVE, 1, ROOT, PARENT),
		   MOVE(EV_MOVE, 1, ROOT, CHILD));
	REJECTED(ORDER_R5, 4, 5);
}

TEST(r5_prepared_move_changes_nothing)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_INIT(CHILD, PARENT),
		   INIT_TASK(1, PARENT), MOVE(EV_PREP_MOVE, 1, PARENT, CHILD),
		   CGROUP_EXIT(CHILD), EXIT_TASK(1));
	ACCEPTED();
}

TEST(r6_callbacks_between_init_and_exit_are_accepted)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT),
		   MENTION(EV_ENQUEUE, 1), MENTION(EV_RUNNING, 1),
		   MENTION(EV_STOPPING, 1), MENTION(EV_SET_WEIGHT, 1),
		   MENTION(EV_SET_CPUMASK, 1), MENTION(EV_DISABLE, 1),
		   EXIT_TASK(1));
	ACCEPTED();
}

TEST(r6_task_is_enqueued_after_its_exit)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), EXIT_TASK(1),
		   MENTION(EV_ENQUEUE, 1));
	REJECTED(ORDER_R6, 2, 3);
}

TEST(r6_task_is_reweighted_after_its_exit)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), EXIT_TASK(1),
		   MENTION(EV_SET_WEIGHT, 1));
	REJECTED(ORDER_R6, 2, 3);
}

TEST(r6_cpumask_of_a_task_is_set_after_its_exit)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), EXIT_TASK(1),
		   MENTION(EV_SET_CPUMASK, 1));
	REJECTED(ORDER_R6, 2, 3);
}

TEST(r6_task_is_moved_after_its_exit)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), CGROUP_INIT(CHILD, PARENT),
		   INIT_TASK(1, PARENT), EXIT_TASK(1),
		   MOVE(EV_MOVE, 1, PARENT, CHILD));
	REJECTED(ORDER_R6, 3, 4);
}

TEST(r6_task_is_disabled_after_its_cancelled_fork)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), CANCELLED(1),
		   MENTION(EV_DISABLE, 1));
	REJECTED(ORDER_R6, 2, 3);
}

TEST(r6_reused_task_struct_is_mentioned_again)
{
	JUDGE_LIST(CGROUP_INIT(PARENT, 0), INIT_TASK(1, PARENT), EXIT_TASK(1),
		   INIT_TASK(1, PARENT), MENTION(EV_RUNNING, 1), EXIT_TASK(1));
	ACCEPTED();
}

TEST(many_events_and_more_violations_than_there_is_room_for)
{
	enum { NR = 2000 };
	static struct event list[NR];
	struct order_violation v[2] = {};
	int i;

	for (i = 0; i < NR; i++)
		list[i] = (struct event)INIT_TASK(i + 1, PARENT);
	ASSERT_EQ(NR, order_check(list, NR, ORDER_ALL_RULES, v, ARRAY_SIZE(v)));
	EXPECT_EQ((int)ORDER_R1, (int)v[0].rule);
	EXPECT_EQ((size_t)1, v[1].later);
}

TEST(only_the_rules_asked_for_are_judged)
{
	static const struct event list[] = {
		INIT_TASK(1, PARENT),
		CGROUP_INIT(PARENT, 0),
		CGROUP_EXIT(PARENT),
		EXIT_TASK(1),
	};
	struct order_violation v[1] = { { .unpaired = 1 } };

	/* R1 is broken first; asked for R2 alone, it takes no room from it. */
	ASSERT_EQ(1, order_check(list, ARRAY_SIZE(list), ORDER_RULE(ORDER_R2),
				 v, 1));
	EXPECT_EQ((int)ORDER_R2, (int)v[0].rule);
	EXPECT_EQ(0, v[0].unpaired);
	EXPECT_EQ((size_t)2, v[0].earlier);
	EXPECT_EQ((size_t)3, v[0].later);
	ASSERT_EQ(0, order_check(list, ARRAY_SIZE(list), ORDER_RULE(ORDER_R3),
				 v, 1));
}

TEST_HARNESS_MAIN
