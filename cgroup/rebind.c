// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_rebind - exiting tasks do not keep a controller from a cgroup v1 mount.
 *
 * The invariant. A mount of cgroup v1 moves controllers between hierarchies, so
 * it waits until the csses of disabled controllers are offline. It may sleep, or
 * fail with EBUSY, while an exiting task uses such a css; it completes once the
 * task is gone. Then the controller is in v1, and after the unmount in cgroup2
 * again. perf_event, which is in cgroup2 without being enabled, can be mounted in
 * v1 at any time, even if the cgroups have tasks.
 *
 * History. Since 1dffd95575eb (7.2) the css of a disabled controller goes
 * offline only after the last task that uses it. For a controller that moves to
 * v1 this would leave csses behind in cgroup2. a99ce697ea5e (7.2, of the same
 * series) first moves the tasks to the root css.
 *
 * The window. The task is the init process of a pid namespace, was
 * killed, and waits in do_exit() (HOLD_ZAP_PIDNS). A child mounts v1, attached
 * nowhere; the mount ends with the child (lib/cgroup1.h). The tests use
 * controllers that are not in use: misc, if the top cgroup does not enable it, and
 * perf_event, if there are no other cgroups.
 *
 * Consequence. A mount sleeps in D state and never returns, like each write to
 * cgroup.subtree_control above the css that it waits for; or neither v1 nor cgroup2 has
 * the controller.
 */
#include <dirent.h>

#include "cgroup1.h"
#include "dying.h"
#include "proc.h"
#include "responder.h"
#include "test.h"

static struct cgroup top; /* of cgroup2 */
static struct cgroup c;
static struct held_task task;
static struct responder responder;
static struct call disable_call, mount_call;

static void setup(void)
{
	top = cgroup_run_root;
	*strrchr(top.path, '/') = '\0';
	test_cgroup(&c, &test.root, "c");
}

/*
 * Whether /proc/self/cgroup, which has a line for each v1 hierarchy, has one with
 * @controller; or -errno.
 */
static int find_in_v1(const char *controller)
{
	char text[4096], line[64];
	ssize_t len = read_file("/proc/self/cgroup", text, sizeof(text));

	if (len < 0)
		return len;
	snprintf(line, sizeof(line), ":%s:", controller);
	return !!strstr(text, line);
}

static bool is_in_v1(const char *controller)
{
	int found = find_in_v1(controller);

	if (found < 0)
		test_error("cannot read /proc/self/cgroup: %s",
			   strerror(-found));
	return found;
}

/* In a child, whose end unmounts it. -ENODEV if v1 does not have the controller. */
static int mount_v1(const void *controller)
{
	struct reason reason;
	struct cgroup v1;
	int mount = cgroup1_mount(&v1, controller, &reason), found;

	if (mount < 0 || !controller)
		return mount < 0 ? mount : 0;
	found = find_in_v1(controller);
	return found < 0 ? found : found ? 0 : -ENODEV;
}

static void start_mount(const char *controller)
{
	char what[sizeof(mount_call.what)];

	snprintf(what, sizeof(what), "mount of v1 with %s",
		 controller ?: "a name only");
	test_must_call(call_start(&mount_call, mount_v1, controller, what),
		       "cannot fork");
}

static bool is_mounted(const char *controller)
{
	if (!call_wait(&mount_call, BLOCKED_MS))
		return false;
	if (mount_call.err == -EBUSY) {
		start_mount(controller);
		call_wait(&mount_call, BLOCKED_MS);
	}
	return mount_call.returned && !mount_call.err;
}

static const char *mount_failure(void)
{
	if (!mount_call.returned)
		return mount_call.where;
	return mount_call.err == -ENODEV ?
		       "/proc/self/cgroup does not have the controller" :
		       strerror(-mount_call.err);
}

/* Mounts v1 while the task is held, and completes that when the task is gone. */
static void mount_around_the_task(const char *controller, enum fix_id fix)
{
	start_mount(controller);
	call_settled(&mount_call);
	assert_held(&task);
	release_task(&task);
	test_require(WAIT_FOR(is_mounted(controller), PATIENCE_MS), fix,
		     "cgroup v1 cannot be mounted even after the task is gone: %s",
		     mount_failure());
}

/* Disables a controller for the children of @cg. */
static void disable(const struct cgroup *cg, const char *text)
{
	call_write(&disable_call, cg, "cgroup.subtree_control", text);
	test_require(call_succeeded(&disable_call, BLOCKED_MS), FIX_NONE,
		     "a write of %s to cgroup.subtree_control does not succeed: %s",
		     text, call_failure(&disable_call));
}

TEST_INVARIANT(named_v1_mount_completes_when_the_task_is_gone,
	       "a cgroup v1 mount completes at the latest when no exiting task uses a disabled controller",
	       NO_FIX)
{
	test_skip_or_error(cgroup1_probe(NULL, &test.reason));
	test_enable(&test.root, "pids");
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	disable(&test.root, "-pids");
	mount_around_the_task(NULL, FIX_NONE);
}

/* For the run's root alone, and only if no other cgroup uses it. */
static void enable_misc(void)
{
	char list[512];
	ssize_t len;

	len = cgroup_read(&top, "cgroup.subtree_control", list, sizeof(list));
	if (len < 0)
		test_error("cannot read cgroup.subtree_control: %s",
			   strerror(-len));
	if (cgroup_lists_controller(list, "misc"))
		test_skip("the misc controller is in use here");
	test_enable(NULL, "misc");
	disable(&cgroup_run_root, "-misc");
}

static bool is_back_in_cgroup2(const char *controller)
{
	if (is_in_v1(controller)) {
		reason_set(&test.reason, "/proc/self/cgroup has it in v1");
		return false;
	}
	return !cgroup_enable(NULL, controller, &test.reason);
}

TEST_INVARIANT(disabled_controller_can_be_mounted_in_v1,
	       "once its exiting task is gone, a disabled controller can move to v1 and back to cgroup2",
	       NO_FIX)
{
	test_skip_or_error(cgroup1_probe("misc", &test.reason));
	enable_misc();
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	disable(&top, "-misc");
	mount_around_the_task("misc", FIX_NONE);
	if (!WAIT_FOR(is_back_in_cgroup2("misc"), PATIENCE_MS))
		test_fail(FIX_NONE,
			  "misc does not return to cgroup2 after v1 is unmounted: %s",
			  test.reason.text);
}

/* Whether there are cgroups besides those of this run. */
static bool has_other_cgroups(void)
{
	const char *ours = cgroup_name(&cgroup_run_root);
	DIR *dir = opendir(top.path);
	struct dirent *entry;
	bool found = false;

	if (!dir)
		test_error("cannot read %s: %s", top.path, strerror(errno));
	while (!found && (entry = readdir(dir)))
		found = entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
			strcmp(entry->d_name, ours);
	closedir(dir);
	return found;
}

/* -ENOENT on a kernel without this count. */
static long dying_perf_events(void)
{
	return dying_csses(&test.root, "perf_event");
}

TEST_INVARIANT(perf_event_can_be_mounted_in_v1,
	       "a v1 mount takes perf_event from live and exiting tasks; the unmount returns it to cgroup2",
	       FAILS_WITHOUT(FIX_REBIND))
{
	long before = dying_perf_events();

	test_skip_or_error(cgroup1_probe("perf_event", &test.reason));
	if (is_in_v1("perf_event"))
		test_skip("perf_event is mounted in cgroup v1 here");
	if (has_other_cgroups())
		test_skip("other cgroups may use perf_event: run this in a virtual machine");
	responder_start(&responder, &c);
	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	mount_around_the_task("perf_event", FIX_REBIND);
	test_require(WAIT_FOR(!is_in_v1("perf_event"), PATIENCE_MS), FIX_REBIND,
		     "perf_event does not return to cgroup2 after v1 is unmounted");
	test_require(WAIT_FOR(dying_perf_events() == before, PATIENCE_MS),
		     FIX_REBIND,
		     "nr_dying_subsys_perf_event rises from %ld to %ld, and does not fall again",
		     before, dying_perf_events());
	test_step("perf_event is in cgroup2 again, and no more csses of it are dying than before");
}
