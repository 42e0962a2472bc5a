// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_dying - what is removed is counted as dying from that moment on, and
 * each controller of it goes in its own time.
 *
 * The invariant. When rmdir returns, cgroup.stat of the cgroups above counts
 * the cgroup in nr_dying_descendants and each controller of it in
 * nr_dying_subsys_*; when a controller has been disabled, it is counted there:
 * once, whether a task is exiting in the cgroup or not. A controller leaves the
 * count when the last task that uses it has gone. It waits for none that uses
 * only others: a task that was exiting already when the controller was enabled
 * does not use it.
 *
 * Who broke it. The counts of controllers came into being in an asynchronous
 * step that follows rmdir; since that step can be put off for as long as a task
 * exits, 13e786b64bd3 (7.1, 7.0.8 or 7.0.9, some stable series) counts at once.
 * From 93618edf7538 to 7.1 a removed cgroup was drained as a whole, and so one
 * controller waited for the tasks of another (cfc1da7e1127 mended that).
 *
 * How the window is opened. Who removes is a FIFO task and reads on, on one CPU:
 * the asynchronous step, which is the work of another task of that CPU, comes
 * after it. (Not so where RCU callbacks are offloaded, rcu_nocbs=: a kernel that
 * counts late may seem to count in time there.) Two tasks that use different
 * controllers in one cgroup are had by holding one, as the init of a pid
 * namespace that was killed (HOLD_PIDNS), before the second controller is
 * enabled, and one after that.
 *
 * What a failure means. Whoever watches the counts to see a leak, or to know
 * when a controller is free to be mounted elsewhere, sees none dying and goes
 * on too early; or the state of one controller, the memory of a container say,
 * is kept by what another controller still has to do.
 */
#include "dying.h"
#include "spawn.h"
#include "test.h"

/* In the set that a child returns: the controllers, and the cgroup. */
#define CGROUP_BIT (1 << DYING_CONTROLLERS)

struct counts {
	long csses[DYING_CONTROLLERS]; /* negative for no such controller */
	long cgroups;
};

FIXTURE(cgroup_dying)
{
	struct stage stage;
	struct cgroup p, c; /* p/c */
	struct exiting task, other;
	struct removal removal;
	struct deadline call;
	struct counts base;
	int enabled; /* the set of the controllers that c has */
	char disable[64]; /* for cgroup.subtree_control */
};

FIXTURE_SETUP(cgroup_dying)
{
	SET_STAGE();
	ASSERT_EQ(0, dying_leave_no_pages());
	ASSERT_EQ(0, cgroup_create(&self->p, &self->stage.root, "p"));
	ASSERT_EQ(0, cgroup_create(&self->c, &self->p, "c"));
}

FIXTURE_TEARDOWN(cgroup_dying)
{
	exiting_destroy(&self->task);
	exiting_destroy(&self->other);
	deadline_abandon(&self->removal.call);
	deadline_abandon(&self->call);
	STRIKE_STAGE();
}

static void release(FIXTURE_DATA(cgroup_dying) * self, struct exiting *task)
{
	STEP("task %d is released and reaped: %s", task->pid,
	     exiting_release(task) ? "it does not end" : "it is gone");
}

static void count(const struct cgroup *cg, struct counts *counts)
{
	int i;

	for (i = 0; i < DYING_CONTROLLERS; i++)
		counts->csses[i] = dying_csses(cg, dying_controllers[i]);
	counts->cgroups = dying_cgroups(cg);
}

/* Gives c what controllers there are. */
static void enable_all(FIXTURE_DATA(cgroup_dying) * self)
{
	struct reason *reason = &self->stage.reason;
	int i;

	count(&self->p, &self->base);
	for (i = 0; i < DYING_CONTROLLERS; i++) {
		const char *name = dying_controllers[i];

		if (self->base.csses[i] < 0 ||
		    cgroup_enable(&self->p, name, reason))
			continue;
		self->enabled |= 1 << i;
		strcat(strcat(strcat(self->disable, "-"), name), " ");
	}
}

/* What a child does; it then says what has become one more by that. */
struct deed {
	const struct cgroup *p, *c;
	const char *disable; /* in p; NULL to remove c */
};

static int do_and_count(const void *arg)
{
	const struct deed *deed = arg;
	struct counts before, after;
	int i, err, more = 0;

	err = run_before_children();
	if (err)
		return err;
	count(deed->p, &before);
	err = deed->disable ? cgroup_write(deed->p, "cgroup.subtree_control",
					   deed->disable) :
			      cgroup_rmdir(deed->c);
	if (err)
		return err;
	count(deed->p, &after);
	for (i = 0; i < DYING_CONTROLLERS; i++)
		if (after.csses[i] == before.csses[i] + 1)
			more |= 1 << i;
	if (after.cgroups == before.cgroups + 1)
		more |= CGROUP_BIT;
	return more;
}

static bool all_is_freed(FIXTURE_DATA(cgroup_dying) * self)
{
	struct counts now;

	dying_call_memory_in(&self->p);
	count(&self->p, &now);
	return !memcmp(&now, &self->base, sizeof(now));
}

/* Does the @deed, and judges what the child saw right after it. */
static void counts_at_once(FIXTURE_DATA(cgroup_dying) * self,
			   struct __test_metadata *_metadata,
			   const struct deed *deed, int wanted)
{
	const char *what = deed->disable ? "disabled" : "removed";
	int i, got;

	ASSERT_EQ(0, deadline_start(&self->call, do_and_count, deed));
	if (!deadline_wait(&self->call, BLOCKED_MS) ||
	    self->call.result == -EBUSY)
		SKIP(return,
			   "rmdir around an exiting task does not succeed here: cgroup_rmdir judges that");
	got = self->call.result;
	ASSERT_GE(got, 0);
	for (i = 0; i < DYING_CONTROLLERS; i++) {
		if (!(wanted & (1 << i)))
			continue;
		STEP("%s: nr_dying_subsys_%s %s", what, dying_controllers[i],
		     got & (1 << i) ? "is one more" : "is as before");
		if (!(got & (1 << i)))
			BROKEN(FIX_DYING_COUNT,
			       "nr_dying_subsys_%s does not count what was just %s",
			       dying_controllers[i], what);
	}
	if ((got ^ wanted) & CGROUP_BIT)
		BROKEN(FIX_NONE,
		       "nr_dying_descendants does not count what was just removed, and that only");
}

static void must_be_freed(FIXTURE_DATA(cgroup_dying) * self,
			  struct __test_metadata *_metadata)
{
	if (!WAIT_FOR(all_is_freed(self), PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "nr_dying_* of cgroup.stat are not what they were before");
}

TEST_F(cgroup_dying, removal_is_counted_at_once)
{
	struct deed removal = { &self->p, &self->c, NULL };

	enable_all(self);
	if (!self->enabled)
		SKIP(return, "%s", self->stage.reason.text);
	counts_at_once(self, _metadata, &removal, self->enabled | CGROUP_BIT);
	must_be_freed(self, _metadata);
}

TEST_F(cgroup_dying, removal_around_a_hidden_task_is_counted_at_once)
{
	struct deed removal = { &self->p, &self->c, NULL };

	enable_all(self);
	if (!self->enabled)
		SKIP(return, "%s", self->stage.reason.text);
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	counts_at_once(self, _metadata, &removal, self->enabled | CGROUP_BIT);
	ASSERT_TRUE(exiting_is_held(&self->task));
	release(self, &self->task);
	must_be_freed(self, _metadata);
}

TEST_F(cgroup_dying, disabling_is_counted_at_once)
{
	struct deed disabling = { &self->p, NULL, self->disable };

	enable_all(self);
	if (!self->enabled)
		SKIP(return, "%s", self->stage.reason.text);
	counts_at_once(self, _metadata, &disabling, self->enabled);
	must_be_freed(self, _metadata);
}

TEST_F(cgroup_dying, disabling_around_a_hidden_task_is_counted_at_once)
{
	struct deed disabling = { &self->p, NULL, self->disable };

	enable_all(self);
	if (!self->enabled)
		SKIP(return, "%s", self->stage.reason.text);
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	counts_at_once(self, _metadata, &disabling, self->enabled);
	ASSERT_TRUE(exiting_is_held(&self->task));
	release(self, &self->task);
	must_be_freed(self, _metadata);
}

static bool is_dying(FIXTURE_DATA(cgroup_dying) * self, const char *controller)
{
	dying_call_memory_in(&self->p);
	return dying_csses(&self->p, controller) > 0;
}

static void must_be_dying(FIXTURE_DATA(cgroup_dying) * self,
			  struct __test_metadata *_metadata,
			  const char *controller)
{
	if (!WAIT_FOR(is_dying(self, controller), PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "nr_dying_subsys_%s does not count a controller that an exiting task uses",
		       controller);
}

/* The first task uses @kept in c, the other one @kept and @goes. */
static void hold_two(FIXTURE_DATA(cgroup_dying) * self,
		     struct __test_metadata *_metadata, const char *goes,
		     const char *kept)
{
	struct reason *reason = &self->stage.reason;

	if (cgroup_enable(&self->stage.root, goes, reason) ||
	    cgroup_enable(&self->p, kept, reason))
		SKIP(return, "%s", reason->text);
	count(&self->p, &self->base);
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	ASSERT_STAGED(cgroup_enable(&self->p, goes, reason));
	STEP("the %s controller is enabled for the second task", goes);
	HOLD(&self->other, HOLD_PIDNS, &self->c);
	ASSERT_TRUE(exiting_is_held(&self->task));
}

static void drains_before(FIXTURE_DATA(cgroup_dying) * self,
			  struct __test_metadata *_metadata, const char *goes,
			  const char *kept)
{
	hold_two(self, _metadata, goes, kept);
	if (_metadata->exit_code)
		return;
	if (!removal_done(&self->removal, &self->stage.story, &self->c,
			  BLOCKED_MS))
		SKIP(return,
			   "rmdir around an exiting task does not succeed here: cgroup_rmdir judges that");
	must_be_dying(self, _metadata, goes);
	must_be_dying(self, _metadata, kept);

	release(self, &self->other);
	if (!WAIT_FOR(!is_dying(self, goes), PATIENCE_MS))
		BROKEN(FIX_PER_CSS,
		       "the %s controller waits for a task that does not use it",
		       goes);
	STEP("nr_dying_subsys_%s is %ld, nr_dying_subsys_%s is %ld", goes,
	     dying_csses(&self->p, goes), kept, dying_csses(&self->p, kept));
	if (!is_dying(self, kept))
		BROKEN(FIX_NONE,
		       "the %s controller does not wait for a task that uses it",
		       kept);
	ASSERT_TRUE(exiting_is_held(&self->task));
	release(self, &self->task);
	must_be_freed(self, _metadata);
}

TEST_F(cgroup_dying, pids_controller_drains_before_memory)
{
	drains_before(self, _metadata, "pids", "memory");
}

TEST_F(cgroup_dying, memory_controller_drains_before_pids)
{
	drains_before(self, _metadata, "memory", "pids");
}

TEST_PROGRAM(cgroup_dying)
