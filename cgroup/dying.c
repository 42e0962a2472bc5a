// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_dying - cgroup.stat counts a removed cgroup as dying at once, and each
 * controller for as long as a task uses it.
 *
 * The invariant. When rmdir returns, cgroup.stat of the ancestors counts the
 * cgroup in nr_dying_descendants and each of its controllers in
 * nr_dying_subsys_*; when a controller has been disabled, it is counted there:
 * once, whether or not a task is exiting in the cgroup. A controller leaves the
 * count when the last task that uses it is gone. It does not wait for a task
 * that uses other controllers only: a task that was already exiting when the
 * controller was enabled does not use it.
 *
 * Who broke it. The kernel used to update nr_dying_subsys_* in an asynchronous
 * step after rmdir. As that step can be deferred for as long as a task is
 * exiting, 13e786b64bd3 (7.1, 7.0.8 or 7.0.9, some stable series) counts in
 * rmdir. From 93618edf7538 to 7.1 rmdir deferred all controllers of a cgroup
 * together, so that one waited for tasks that used another. cfc1da7e1127 fixed
 * that.
 *
 * How the window is opened. A FIFO task removes the cgroup and then reads the
 * counts, on one CPU: the asynchronous step runs in another task of that CPU, so
 * it comes later. (Where RCU callbacks are offloaded with rcu_nocbs=, it may come
 * earlier, and a kernel that counts late may pass.) Two exiting tasks use
 * different controllers of one cgroup: each is the killed init process of a pid
 * namespace (HOLD_PIDNS), one from before the second controller is enabled, the
 * other from after that.
 *
 * What a failure means. A program that watches the counts to find a leak, or to
 * know when a controller can be mounted elsewhere, sees 0 and continues too early.
 * Or a controller keeps its state, such as a container's memory, because another
 * controller is in use.
 */
#include "dying.h"
#include "spawn.h"
#include "test.h"

/* A child returns a set: a bit per controller, and this one for the cgroup. */
enum { CGROUP_BIT = 1 << DYING_CONTROLLERS };

struct counts {
	long csses[DYING_CONTROLLERS]; /* negative without the controller */
	long cgroups;
};

static struct cgroup p, c; /* p/c */
static struct held_task task, other;
static struct call rmdir_call, counted_call;
static struct counts base;
static int enabled; /* the set of controllers that c has */
static char disable_all[64]; /* for cgroup.subtree_control */

static void setup(void)
{
	ASSERT_EQ(0, memcg_fault_in_test());
	test_cgroup(&p, &test.root, "p");
	test_cgroup(&c, &p, "c");
}

static void count(struct counts *counts)
{
	int i;

	for (i = 0; i < DYING_CONTROLLERS; i++)
		counts->csses[i] = dying_csses(&p, dying_controllers[i]);
	counts->cgroups = dying_cgroups(&p);
}

/* Gives c every controller that the kernel has, or skips the test. */
static void enable_all(void)
{
	int i;

	count(&base);
	for (i = 0; i < DYING_CONTROLLERS; i++) {
		const char *name = dying_controllers[i];

		if (base.csses[i] < 0 || cgroup_enable(&p, name, &test.reason))
			continue;
		enabled |= 1 << i;
		strcat(strcat(strcat(disable_all, "-"), name), " ");
	}
	if (!enabled)
		test_skip("no controller with a count in cgroup.stat: %s",
			  test.reason.text);
}

static int remove_c(void)
{
	return cgroup_rmdir(&c);
}

static int disable_controllers(void)
{
	return cgroup_write(&p, "cgroup.subtree_control", disable_all);
}

struct change {
	int (*make)(void);
	const char *done; /* "removed" */
};

static const struct change removal = { remove_c, "removed" };
static const struct change disabling = { disable_controllers, "disabled" };

/* In a child: the set of counts that rose by 1; or -errno. */
static int change_and_count(const void *arg)
{
	const struct change *change = arg;
	struct counts before, after;
	int i, err, risen = 0;

	err = run_before_children();
	if (err)
		return err;
	count(&before);
	err = change->make();
	if (err)
		return err;
	count(&after);
	for (i = 0; i < DYING_CONTROLLERS; i++)
		if (after.csses[i] == before.csses[i] + 1)
			risen |= 1 << i;
	if (after.cgroups == before.cgroups + 1)
		risen |= CGROUP_BIT;
	return risen;
}

static void skip_without_rmdir(void)
{
	test_skip("rmdir with an exiting task does not succeed on this kernel: see cgroup_rmdir");
}

static void must_rise(const struct change *change, int risen, int expected)
{
	int i;

	for (i = 0; i < DYING_CONTROLLERS; i++) {
		const char *name = dying_controllers[i];

		if (!(expected & (1 << i)))
			continue;
		test_step("%s: nr_dying_subsys_%s %s", change->done, name,
			  risen & (1 << i) ? "rose by 1" : "did not rise by 1");
		if (!(risen & (1 << i)))
			test_fail(FIX_DYING_COUNT,
				  "nr_dying_subsys_%s does not count a controller that was just %s",
				  name, change->done);
	}
	if ((risen ^ expected) & CGROUP_BIT)
		test_fail(FIX_NONE, "nr_dying_descendants %s by 1 when %s",
			  risen & CGROUP_BIT ? "rose" : "did not rise",
			  expected & CGROUP_BIT ? "one cgroup was removed" :
						  "no cgroup was removed");
}

static void must_count_at_once(const struct change *change, int expected)
{
	ASSERT_EQ(0, call_start(&counted_call, change_and_count, change,
				"the change and the counts"));
	if (!call_wait(&counted_call, BLOCKED_MS) || counted_call.err == -EBUSY)
		skip_without_rmdir();
	ASSERT_GE(counted_call.err, 0);
	must_rise(change, counted_call.err, expected);
}

static bool all_are_freed(void)
{
	struct counts now;

	memcg_drain_stock(&p);
	count(&now);
	return !memcmp(&now, &base, sizeof(now));
}

static void must_be_freed(void)
{
	if (!WAIT_FOR(all_are_freed(), PATIENCE_MS))
		test_fail(FIX_NONE,
			  "nr_dying_* of cgroup.stat do not return to their values from before");
}

static void must_count_at_once_with_exiting_task(const struct change *change,
						 int expected)
{
	hold_task(&task, HOLD_PIDNS, &c);
	must_count_at_once(change, expected);
	assert_held(&task);
	release_task(&task);
	must_be_freed();
}

TEST_INVARIANT(rmdir_is_counted_at_once,
	       "when rmdir returns, cgroup.stat of the parent counts the cgroup and each of its controllers as dying, once",
	       FAILS_WITHOUT(FIX_DYING_COUNT))
{
	enable_all();
	must_count_at_once(&removal, enabled | CGROUP_BIT);
	must_be_freed();
}

TEST_INVARIANT(rmdir_with_an_exiting_task_is_counted_at_once,
	       "when rmdir of a cgroup with an exiting task returns, cgroup.stat of the parent counts the cgroup and each of its controllers as dying, once",
	       FAILS_WITHOUT(FIX_DYING_COUNT))
{
	enable_all();
	must_count_at_once_with_exiting_task(&removal, enabled | CGROUP_BIT);
}

TEST_INVARIANT(disabling_is_counted_at_once,
	       "when a write that disables controllers returns, cgroup.stat counts each of them as dying, once",
	       FAILS_WITHOUT(FIX_DYING_COUNT))
{
	enable_all();
	must_count_at_once(&disabling, enabled);
	must_be_freed();
}

TEST_INVARIANT(disabling_with_an_exiting_task_is_counted_at_once,
	       "when a write that disables controllers of an exiting task returns, cgroup.stat counts each of them as dying, once",
	       FAILS_WITHOUT(FIX_DYING_COUNT))
{
	enable_all();
	must_count_at_once_with_exiting_task(&disabling, enabled);
}

static bool is_dying(const char *controller)
{
	memcg_drain_stock(&p);
	return dying_csses(&p, controller) > 0;
}

static void must_be_dying(const char *controller)
{
	if (!WAIT_FOR(is_dying(controller), PATIENCE_MS))
		test_fail(FIX_NONE,
			  "nr_dying_subsys_%s does not count a controller that an exiting task uses",
			  controller);
}

/* Of the two controllers, task uses @kept in c, and other uses both. */
static void hold_two(const char *freed, const char *kept)
{
	test_enable(&test.root, freed);
	test_enable(&p, kept);
	count(&base);
	hold_task(&task, HOLD_PIDNS, &c);
	test_delegate(&p, freed);
	test_step("the %s controller is enabled for the second task", freed);
	hold_task(&other, HOLD_PIDNS, &c);
	assert_held(&task);
}

static void must_be_freed_before(const char *freed, const char *kept)
{
	hold_two(freed, kept);
	if (!call_rmdir(&rmdir_call, &c, BLOCKED_MS))
		skip_without_rmdir();
	must_be_dying(freed);
	must_be_dying(kept);

	release_task(&other);
	if (!WAIT_FOR(!is_dying(freed), PATIENCE_MS))
		test_fail(FIX_PER_CSS,
			  "the %s controller waits for a task that does not use it",
			  freed);
	test_step("nr_dying_subsys_%s is %ld, nr_dying_subsys_%s is %ld", freed,
		  dying_csses(&p, freed), kept, dying_csses(&p, kept));
	if (!is_dying(kept))
		test_fail(FIX_NONE,
			  "the %s controller does not wait for a task that uses it",
			  kept);
	assert_held(&task);
	release_task(&task);
	must_be_freed();
}

TEST_INVARIANT(pids_controller_drains_before_memory,
	       "the pids controller of a removed cgroup is freed when no exiting task uses it, even if one uses the memory controller",
	       FAILS_WITHOUT(FIX_PER_CSS))
{
	must_be_freed_before("pids", "memory");
}

TEST_INVARIANT(memory_controller_drains_before_pids,
	       "the memory controller of a removed cgroup is freed when no exiting task uses it, even if one uses the pids controller",
	       FAILS_WITHOUT(FIX_PER_CSS))
{
	must_be_freed_before("memory", "pids");
}
