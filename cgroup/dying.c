// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_dying - cgroup.stat counts a removed cgroup as dying at once, and each
 * controller for as long as a task uses it.
 *
 * The invariant. When rmdir returns, cgroup.stat of the ancestors counts the
 * cgroup in nr_dying_descendants and each of its controllers in
 * nr_dying_subsys_*, once. When a write that disables a controller returns,
 * nr_dying_subsys_* counts its css, once. Neither depends on whether a task is exiting in
 * the cgroup. A css leaves the count when the last task that uses it is freed. It does not
 * wait for a task that uses only other csses, such as a task that was already exiting when
 * the controller was enabled.
 *
 * History. The kernel used to update nr_dying_subsys_* in an asynchronous
 * step after rmdir. As that step can be deferred for as long as a task is
 * exiting, 13e786b64bd3 counts in rmdir. Since 93618edf7538 rmdir deferred all
 * controllers of a cgroup together, so that one waited for tasks that used
 * another. cfc1da7e1127 fixed that.
 *
 * The window. A FIFO task removes the cgroup and then reads the
 * counts, on one CPU: the asynchronous step runs in another task of that CPU, so
 * it comes later. (Where RCU callbacks are offloaded with rcu_nocbs=, it may come
 * earlier, and a kernel that counts late may pass.) Two exiting tasks use
 * different controllers of one cgroup: each is the killed init process of a pid
 * namespace (HOLD_ZAP_PIDNS), one from before the second controller is enabled, the
 * other from after that.
 *
 * Consequence. A program that watches the counts to find a leak, or to
 * know when a controller can be mounted elsewhere, sees 0 and continues too early.
 * Or a controller keeps its state, such as a container's memory, because another
 * controller is in use.
 */
#include "dying.h"
#include "spawn.h"
#include "test.h"

/*
 * A child returns a set: a bit for each controller, one for the cgroup, and one that
 * tells it from the status of a child that could not count.
 */
enum {
	CGROUP_BIT = 1 << DYING_CONTROLLERS,
	COUNTED_BIT = 1 << (DYING_CONTROLLERS + 1),
};

struct counts {
	long csses[DYING_CONTROLLERS]; /* -ENOENT without the controller */
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
	test_must_call(memcg_fault_in_test(),
		       "cannot lock the memory of the test, or stay on one CPU");
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
		snprintf(disable_all + strlen(disable_all),
			 sizeof(disable_all) - strlen(disable_all), "-%s ",
			 name);
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
	const char *call;
	const char *done; /* "removed" */
};

static const struct change removal = { remove_c, "rmdir", "removed" };
static const struct change disabling = {
	disable_controllers,
	"the write to cgroup.subtree_control",
	"disabled",
};

/* In a child: the set of counts that rose by 1; or the change's -errno. */
static int change_and_count(const void *arg)
{
	const struct change *change = arg;
	struct counts before, after;
	int i, err, risen = COUNTED_BIT;

	if (run_before_children())
		return 0;
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

static bool all_are_freed(void)
{
	struct counts now;

	memcg_drain_stock(&p);
	count(&now);
	return !memcmp(&now, &base, sizeof(now));
}

/* After the last task: the counts return to their values from before. */
static void must_be_freed(void)
{
	struct counts now;
	int i;

	if (WAIT_FOR(all_are_freed(), PATIENCE_MS))
		return;
	count(&now);
	for (i = 0; i < DYING_CONTROLLERS; i++)
		if (now.csses[i] != base.csses[i])
			test_fail(FIX_NONE,
				  "nr_dying_subsys_%s is %ld and was %ld: the controller is never freed",
				  dying_controllers[i], now.csses[i],
				  base.csses[i]);
	if (now.cgroups != base.cgroups)
		test_fail(FIX_NONE,
			  "nr_dying_descendants is %ld and was %ld: the cgroup is never freed",
			  now.cgroups, base.cgroups);
}

/* Makes the change; whether that has returned. */
static bool change_at_once(const struct change *change)
{
	char what[64];

	snprintf(what, sizeof(what), "%s, and the counts", change->call);
	test_must_call(call_start(&counted_call, change_and_count, change,
				  what),
		       "cannot fork");
	return call_wait(&counted_call, BLOCKED_MS);
}

static void must_count_at_once(const struct change *change, int expected)
{
	test_require(counted_call.returned && counted_call.err >= 0, FIX_NONE,
		     "%s fails: %s", change->call, call_failure(&counted_call));
	if (!(counted_call.err & COUNTED_BIT))
		test_error("a FIFO task cannot read the counts");
	must_rise(change, counted_call.err, expected);
}

static void must_count_at_once_without_task(const struct change *change,
					    int expected)
{
	change_at_once(change);
	must_count_at_once(change, expected);
	must_be_freed();
}

static void skip_without_rmdir(void)
{
	must_be_freed();
	test_skip("rmdir with an exiting task does not succeed on this kernel: see cgroup_rmdir");
}

static void must_count_at_once_with_exiting_task(const struct change *change,
						 int expected)
{
	bool refused;

	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	refused = !change_at_once(change) || counted_call.err == -EBUSY;
	assert_held(&task);
	if (!refused || change != &removal)
		must_count_at_once(change, expected);

	release_task(&task);
	if (refused) {
		test_require(call_wait(&counted_call, PATIENCE_MS), FIX_NONE,
			     "rmdir does not return though the task is gone: %s",
			     counted_call.where);
		skip_without_rmdir();
	}
	must_be_freed();
}

TEST_INVARIANT(rmdir_is_counted_at_once,
	       "when rmdir returns, cgroup.stat of the parent counts the cgroup and each of its controllers as dying, once",
	       FAILS_WITHOUT(FIX_DYING_COUNT))
{
	enable_all();
	must_count_at_once_without_task(&removal, enabled | CGROUP_BIT);
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
	must_count_at_once_without_task(&disabling, enabled);
}

TEST_INVARIANT(disabling_with_an_exiting_task_is_counted_at_once,
	       "when a write that disables the controllers of a cgroup with an exiting task returns, cgroup.stat counts each of them as dying, once",
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
			  "nr_dying_subsys_%s is %ld: it does not count a controller that an exiting task of a removed cgroup uses",
			  controller, dying_csses(&p, controller));
}

/* Of the two controllers, task uses @kept in c, and other uses both. */
static void hold_two(const char *freed, const char *kept)
{
	test_enable(&test.root, freed);
	test_enable(&p, kept);
	count(&base);
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	test_delegate(&p, freed);
	test_step("the %s controller is enabled for the second task", freed);
	hold_task(&other, HOLD_ZAP_PIDNS, &c);
	assert_held(&task);
}

static void release_both_and_remove_c(void)
{
	release_task(&other);
	release_task(&task);
	test_require(call_rmdir_until_done(&rmdir_call, &c), FIX_NONE,
		     "rmdir does not succeed even after the tasks are gone: %s",
		     call_failure(&rmdir_call));
}

static void must_be_freed_before(const char *freed, const char *kept)
{
	hold_two(freed, kept);
	if (!call_rmdir(&rmdir_call, &c, BLOCKED_MS)) {
		release_both_and_remove_c();
		skip_without_rmdir();
	}
	must_be_dying(freed);
	must_be_dying(kept);

	release_task(&other);
	if (!WAIT_FOR(!is_dying(freed), PATIENCE_MS))
		test_fail(FIX_PER_CSS,
			  "the %s controller waits for task %d, which does not use it",
			  freed, task.pid);
	test_step("nr_dying_subsys_%s is %ld, nr_dying_subsys_%s is %ld", freed,
		  dying_csses(&p, freed), kept, dying_csses(&p, kept));
	if (!is_dying(kept))
		test_fail(FIX_NONE,
			  "the %s controller does not wait for task %d, which uses it",
			  kept, task.pid);
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
