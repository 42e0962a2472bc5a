// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_rebind - cgroup v1 can be mounted while controllers of cgroup2 drain,
 * and a controller that has drained can be mounted there.
 *
 * The invariant. A mount of cgroup v1 changes what controllers belong to, and so
 * waits for the state of those that were disabled. It may sleep while a task
 * exits that still uses such state, or say EBUSY; it completes once the task is
 * gone. Then the controller is in v1, and when that is unmounted, in cgroup2
 * again. A controller that is in cgroup2 without being enabled, perf_event, can
 * be taken from it at any time, whatever tasks there are.
 *
 * Who broke it. Since 1dffd95575eb (7.2) a controller's state is not taken down
 * before the last task that uses it has gone; that would have been so for a
 * controller that is taken away, too, and left state of it in a hierarchy that
 * it has left. a99ce697ea5e (7.2, with it) moves the tasks away first.
 *
 * How the window is opened. The task is the init of a pid namespace, killed, and
 * waits in do_exit() (HOLD_PIDNS). v1 is mounted by a child, nowhere, and is gone
 * with it (lib/cgroup1.h). The controller is one that nobody here uses: misc, if
 * it is not enabled at the top, and perf_event, if there are no other cgroups.
 *
 * What a failure means. A mount that never returns, in D state, and with it
 * everybody who changes a cgroup; or a controller that v1 and cgroup2 both have
 * lost.
 */
#include <dirent.h>

#include "cgroup1.h"
#include "dying.h"
#include "proc.h"
#include "resident.h"
#include "test.h"
#include "writing.h"

FIXTURE(cgroup_rebind)
{
	struct stage stage;
	struct cgroup top; /* of cgroup2 */
	struct cgroup c;
	struct exiting task;
	struct resident resident;
	struct writing disabling;
	struct deadline mounting;
};

FIXTURE_SETUP(cgroup_rebind)
{
	char *end;

	SET_STAGE();
	self->top = cgroup_run_root;
	end = strrchr(self->top.path, '/');
	*end = '\0';
	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
}

FIXTURE_TEARDOWN(cgroup_rebind)
{
	exiting_destroy(&self->task);
	resident_end(&self->resident);
	deadline_abandon(&self->disabling.call);
	deadline_abandon(&self->mounting);
	STRIKE_STAGE();
}

static void release(FIXTURE_DATA(cgroup_rebind) * self)
{
	STEP("the task is released and reaped: %s",
	     exiting_release(&self->task) ? "it does not end" : "it is gone");
}

/* Whether it has a v1 hierarchy: a line for every process. */
static bool is_in_v1(const char *controller)
{
	char text[4096], line[64];

	snprintf(line, sizeof(line), ":%s:", controller);
	return read_file("/proc/self/cgroup", text, sizeof(text)) > 0 &&
	       strstr(text, line);
}

/* In a child, with which the mount goes. */
static int mount_v1(const void *controller)
{
	struct reason reason;
	struct cgroup top;
	int mount = cgroup1_mount(&top, controller, &reason);

	if (mount < 0)
		return mount;
	return !controller || is_in_v1(controller) ? 0 : -ENODEV;
}

static bool sleeps(const struct deadline *call)
{
	struct proc_stat stat;

	return !proc_stat(call->pid, &stat) && stat.state == 'D';
}

/* Begins to mount, and waits until that has returned or sleeps. */
static void mount_around(struct __test_metadata *_metadata,
			 FIXTURE_DATA(cgroup_rebind) * self,
			 const char *controller)
{
	struct deadline *call = &self->mounting;

	ASSERT_EQ(0, deadline_start(call, mount_v1, controller));
	WAIT_FOR(deadline_wait(call, 0) || sleeps(call), PATIENCE_MS);
	STEP("mounting v1 with %s: %s", controller ?: "a name only",
	     call->pid ? "sleeps" : strerror(-call->result));
}

/* Whether the mount that was begun, or one that is begun now, is done. */
static bool is_mounted(FIXTURE_DATA(cgroup_rebind) * self,
		       const char *controller)
{
	struct deadline *call = &self->mounting;

	if (!deadline_wait(call, BLOCKED_MS))
		return false;
	if (call->result == -EBUSY &&
	    !deadline_start(call, mount_v1, controller))
		deadline_wait(call, BLOCKED_MS);
	return !call->pid && !call->result;
}

static void must_be_mounted(struct __test_metadata *_metadata,
			    FIXTURE_DATA(cgroup_rebind) * self,
			    const char *controller, enum fix_id fix)
{
	struct deadline *call = &self->mounting;

	if (WAIT_FOR(is_mounted(self, controller), PATIENCE_MS))
		STEP("v1 is mounted");
	else
		BROKEN(fix,
		       "cgroup v1 cannot be mounted even now that the task is gone: %s",
		       call->pid ? call->where : strerror(-call->result));
}

/* What was enabled for the children of @cg goes, at once. */
static void disables(struct __test_metadata *_metadata,
		     FIXTURE_DATA(cgroup_rebind) * self,
		     const struct cgroup *cg, const char *what)
{
	struct writing *writing = &self->disabling;

	ASSERT_EQ(0,
		  writing_begin(writing, cg, "cgroup.subtree_control", what));
	if (!writing_done(writing, &self->stage.story, BLOCKED_MS))
		BROKEN(FIX_NONE, "a controller cannot be disabled: %s",
		       writing_failure(writing));
}

TEST_F(cgroup_rebind, mount_by_name_completes_after_the_drain)
{
	if (cgroup_enable(&self->stage.root, "pids", &self->stage.reason))
		SKIP(return, "%s", self->stage.reason.text);
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	disables(_metadata, self, &self->stage.root, "-pids");
	mount_around(_metadata, self, NULL);
	ASSERT_TRUE(exiting_is_held(&self->task));
	release(self);
	must_be_mounted(_metadata, self, NULL, FIX_NONE);
}

/* Given to the run's root only, and not if somebody else has it. */
static int enable_misc(FIXTURE_DATA(cgroup_rebind) * self)
{
	struct reason *reason = &self->stage.reason;
	char list[512] = "";
	int err;

	cgroup_read(&self->top, "cgroup.subtree_control", list, sizeof(list));
	if (cgroup_lists_controller(list, "misc")) {
		reason_set(reason, "the misc controller is in use here");
		return -EBUSY;
	}
	err = cgroup_enable(NULL, "misc", reason);
	return err   ?:
		       cgroup_write(&cgroup_run_root, "cgroup.subtree_control",
				    "-misc");
}

static bool is_given_back(FIXTURE_DATA(cgroup_rebind) * self,
			  const char *controller)
{
	return !is_in_v1(controller) &&
	       !cgroup_enable(NULL, controller, &self->stage.reason);
}

TEST_F(cgroup_rebind, controller_can_be_mounted_after_the_drain)
{
	if (enable_misc(self))
		SKIP(return, "%s", self->stage.reason.text);
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	disables(_metadata, self, &self->top, "-misc");
	mount_around(_metadata, self, "misc");
	ASSERT_TRUE(exiting_is_held(&self->task));
	release(self);
	must_be_mounted(_metadata, self, "misc", FIX_NONE);
	if (!WAIT_FOR(is_given_back(self, "misc"), PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "a controller does not come back to cgroup2 after v1 is unmounted: %s",
		       self->stage.reason.text);
}

/* Whether there are cgroups that are not this run's. */
static bool has_other_cgroups(const struct cgroup *top)
{
	const char *ours = strrchr(cgroup_run_root.path, '/') + 1;
	DIR *dir = opendir(top->path);
	struct dirent *entry;
	bool found = !dir;

	while (dir && !found && (entry = readdir(dir)))
		found = entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
			strcmp(entry->d_name, ours);
	if (dir)
		closedir(dir);
	return found;
}

static long dying_perf_events(FIXTURE_DATA(cgroup_rebind) * self)
{
	return dying_csses(&self->stage.root, "perf_event");
}

TEST_F(cgroup_rebind, perf_event_can_be_taken_from_any_task)
{
	long before = dying_perf_events(self);

	if (is_in_v1("perf_event"))
		SKIP(return, "perf_event is mounted in cgroup v1 here");
	if (has_other_cgroups(&self->top))
		SKIP(return,
			   "there are cgroups whose perf_event may be in use: run it in a virtual machine");
	ASSERT_EQ(0, resident_start(&self->resident, &self->c));
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	mount_around(_metadata, self, "perf_event");
	ASSERT_TRUE(exiting_is_held(&self->task));
	release(self);
	must_be_mounted(_metadata, self, "perf_event", FIX_REBIND);
	if (!WAIT_FOR(!is_in_v1("perf_event"), PATIENCE_MS))
		BROKEN(FIX_REBIND,
		       "perf_event does not come back to cgroup2 after v1 is unmounted");
	if (!WAIT_FOR(dying_perf_events(self) == before, PATIENCE_MS))
		BROKEN(FIX_REBIND,
		       "nr_dying_subsys_perf_event went from %ld to %ld, and does not come back",
		       before, dying_perf_events(self));
	STEP("perf_event is in cgroup2 again, and nothing of it is dying");
}

TEST_PROGRAM(cgroup_rebind)
