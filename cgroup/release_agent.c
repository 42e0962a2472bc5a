// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_release_agent - the kernel calls the release agent of a cgroup v1 hierarchy
 * once, after the last context switch of a cgroup's last task.
 *
 * The invariant. When a v1 cgroup with notify_on_release becomes empty, the kernel
 * calls the release agent. An exiting task is in its cgroup until its last context
 * switch, so the kernel calls the agent after that, not before, and not twice. The
 * same is true for a parent whose last child was removed while the task was exiting.
 *
 * History. Up to 6.18 do_exit() unlinked the task early, and the kernel called
 * the agent while the task still ran (fixed by d245698d727a).
 *
 * The window. A task is held in zap_pid_ns_processes() (HOLD_ZAP_PIDNS).
 * It was forked in the v1 cgroup, and all other tasks then move out of that. The
 * hierarchy has no controller, is mounted nowhere, and ends with the test
 * (lib/cgroup1.h). The agent is a script in a memfd that logs its argument.
 *
 * A call is a work item that starts a process, and both may be late, so the absence
 * of a call proves nothing. Therefore the test clears notify_on_release before it
 * releases the task: then any call, even a late one, shows that the kernel considered the
 * cgroup empty while the task was in it. The test waits for all calls in three steps:
 * - Work items of one CPU start in the order in which they were queued. The test
 *   stays on one CPU and empties a sentinel cgroup last; when the agent is called for
 *   the sentinel, the work that was queued before it has started.
 * - The kernel frees a cgroup after its work has finished, and the hierarchy ends when
 *   all of its cgroups are freed. The agents of all calls run by then.
 * - An agent is visible in /proc until it has logged its call and exited.
 * A second task, in other cgroups, exits with notify_on_release set, and the kernel
 * must call the agent for it once.
 *
 * Consequence. The agent removes the cgroup, as it should, and resources of
 * a task that still uses them; or a cgroup is never removed.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "cgroup1.h"
#include "proc.h"
#include "spawn.h"
#include "test.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

struct pair {
	struct cgroup parent, child;
};

static struct cgroup in_v2; /* the task's cgroup in cgroup2 */
static struct cgroup top; /* of the v1 hierarchy */
static struct pair quiet; /* notify_on_release is cleared before the task exits */
static struct pair noisy; /* notify_on_release stays set */
static int mount; /* of the hierarchy; -1: it has ended */
static int script, calls; /* the agent, and its log */
static struct held_task task;
static struct call rmdir_call;

/* A descriptor of an executable script: exec fails if one is open for writing. */
static int make_script(const char *text)
{
	ssize_t len = strlen(text);
	char path[32];
	int writable, readable = -1;

	writable = memfd_create("release agent", MFD_CLOEXEC | MFD_EXEC);
	if (writable < 0)
		writable = memfd_create("release agent", MFD_CLOEXEC);
	if (writable < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", writable);
	if (write(writable, text, len) == len)
		readable = open(path, O_RDONLY | O_CLOEXEC);
	close(writable);
	return readable;
}

static int install_agent(void)
{
	char text[128];

	calls = memfd_create("calls", MFD_CLOEXEC);
	snprintf(text, sizeof(text),
		 "#!/bin/sh\necho \"$1\" >>/proc/%d/fd/%d\n", getpid(), calls);
	script = make_script(text);
	if (calls < 0 || script < 0)
		return -EINVAL;
	snprintf(text, sizeof(text), "/proc/%d/fd/%d", getpid(), script);
	return cgroup_write(&top, "release_agent", text);
}

/* The agent's argument for @cg. */
static const char *name_of(const struct cgroup *cg)
{
	return cg->path + strlen(top.path);
}

static int count_calls(const struct cgroup *cg)
{
	char text[4096], *line, *save = NULL;
	ssize_t len = pread(calls, text, sizeof(text) - 1, 0);
	int nr = 0;

	if (len < 0)
		test_error("cannot read the agent's log: %s", strerror(errno));
	text[len] = '\0';
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		nr += !strcmp(line, name_of(cg));
	return nr;
}

static void move_to(const struct cgroup *cg, pid_t pid)
{
	test_must_call(cgroup_add(cg, pid), "cannot move process %d to %s", pid,
		       cg->path);
}

static void set_notify_on_release(const struct cgroup *cg, const char *text)
{
	test_must_call(cgroup_write(cg, "notify_on_release", text),
		       "cannot write notify_on_release of %s", name_of(cg));
}

/* Empties a new cgroup, and waits until the agent is called for it. */
static bool call_agent_for(const char *name)
{
	struct cgroup sentinel;
	bool called;

	test_must_call(cgroup_create(&sentinel, &top, name),
		       "cannot create cgroup %s in v1", name);
	set_notify_on_release(&sentinel, "1");
	move_to(&sentinel, getpid());
	move_to(&top, getpid());
	called = WAIT_FOR(count_calls(&sentinel), PATIENCE_MS);
	cgroup_remove(&sentinel);
	return called;
}

static void must_call_agent_for(const char *name)
{
	test_require(call_agent_for(name), FIX_NONE,
		     "the release agent is never called for /%s, which a live task has left",
		     name);
}

/* When this returns, all calls are logged. */
static void end_hierarchy(void)
{
	char agent[32];
	bool ended = cgroup1_end(mount);

	mount = -1;
	snprintf(agent, sizeof(agent), "/proc/%d/fd/%d", getpid(), script);
	test_require(ended, FIX_NONE,
		     "the v1 hierarchy is not destroyed: a removed cgroup in it is never freed");
	if (!WAIT_FOR(!proc_find_argument(agent), PATIENCE_MS))
		test_error("a release agent does not exit");
}

static void empty_hierarchy(void *hierarchy)
{
	if (mount < 0)
		return;
	cgroup_add(hierarchy, getpid());
	if (cgroup_empty(hierarchy))
		ksft_print_msg("cgroups of the v1 hierarchy cannot be removed\n");
}

static void setup(void)
{
	test_cgroup(&in_v2, &test.root, "in_v2");
	mount = cgroup1_mount(&top, NULL, &test.reason);
	if (mount == -EBUSY)
		test_error("%s", test.reason.text);
	if (mount < 0)
		test_skip("%s", test.reason.text);
	test_at_end(empty_hierarchy, &top);
	test_cgroup(&quiet.parent, &top, "p");
	test_cgroup(&quiet.child, &quiet.parent, "c");
	test_cgroup(&noisy.parent, &top, "q");
	test_cgroup(&noisy.child, &noisy.parent, "d");
	test_must_call(stay_on_this_cpu(), "cannot stay on one CPU");
	if (install_agent() || !call_agent_for("try"))
		test_skip("no release agent runs: is there a /bin/sh, are memfds executable?");
}

static bool is_in(const struct cgroup *cg, pid_t pid)
{
	char text[4096], end[64];
	ssize_t len;

	len = proc_read(pid, "cgroup", text, sizeof(text));
	if (len < 0)
		test_error("cannot read /proc/%d/cgroup: %s", pid,
			   strerror(-len));
	snprintf(end, sizeof(end), ":%s\n", name_of(cg));
	return strstr(text, end);
}

/*
 * Holds a task that is alone in @cg. /proc does not name the v1 cgroup of an exiting
 * task, but its parent, which forked it, is in @cg until it moves out. The witness of
 * the hold is a zombie.
 */
static void hold_alone_in(const struct cgroup *cg)
{
	move_to(cg, getpid());
	hold_task(&task, HOLD_ZAP_PIDNS, &in_v2);
	test_require(is_in(cg, task.holder.pid), FIX_NONE,
		     "process %d is not in %s, where it was forked",
		     task.holder.pid, name_of(cg));
	move_to(&top, task.holder.pid);
	move_to(&top, getpid());
	test_step("all others have moved out of %s", name_of(cg));
}

/* The cgroup that becomes empty with the task: the parent, if the child is @removed. */
static const struct cgroup *emptied(const struct pair *pair, bool removed)
{
	return removed ? &pair->parent : &pair->child;
}

/* Holds a task in the child and, if @removed, removes that. False if that fails. */
static bool hold_in_child(const struct pair *pair, bool removed)
{
	set_notify_on_release(emptied(pair, removed), "1");
	hold_alone_in(&pair->child);
	return !removed || call_rmdir(&rmdir_call, &pair->child, BLOCKED_MS);
}

/* Whether the agent must be called for the second task. */
static bool release_noisy(bool removed)
{
	bool held = hold_in_child(&noisy, removed);

	release_task(&task);
	/* The hierarchy ends only when all of its cgroups are removed. */
	test_require(held || call_rmdir_until_done(&rmdir_call, &noisy.child),
		     FIX_NONE,
		     "rmdir of %s does not succeed even after the task is gone: %s",
		     name_of(&noisy.child), call_failure(&rmdir_call));
	return held;
}

#define NO_RMDIR \
	"rmdir does not succeed while a task is exiting: see cgroup_rmdir"

static void release_quiet(bool removed)
{
	const struct cgroup *cg = emptied(&quiet, removed);

	if (!hold_in_child(&quiet, removed))
		test_skip(NO_RMDIR);
	must_call_agent_for("sentinel");
	assert_held(&task);
	set_notify_on_release(cg, "0");
	test_step("notify_on_release of %s is 0, and all work queued before has started",
		  name_of(cg));
	release_task(&task);
}

/* A call that comes too early is a failure even if the second task proves nothing. */
static void check_calls(bool removed)
{
	const struct cgroup *none = emptied(&quiet, removed);
	const struct cgroup *one = emptied(&noisy, removed);
	bool due, called;

	release_quiet(removed);
	due = release_noisy(removed);
	called = due && WAIT_FOR(count_calls(one), PATIENCE_MS);
	must_call_agent_for("last");
	end_hierarchy();
	test_step("the agent was called %d times for %s, %d times for %s",
		  count_calls(none), name_of(none), count_calls(one),
		  name_of(one));

	if (count_calls(none))
		test_fail(FIX_DEFER_UNLINK,
			  "the release agent is called for a cgroup in which a task is exiting: %s",
			  name_of(none));
	else if (!due)
		test_skip(NO_RMDIR);
	else if (!called)
		test_fail(FIX_NONE,
			  "the release agent is never called for %s, though its last task is gone",
			  name_of(one));
	else if (count_calls(one) > 1)
		test_fail(FIX_NONE,
			  "the release agent is called %d times for %s, whose last task is gone",
			  count_calls(one), name_of(one));
}

TEST_INVARIANT(agent_is_called_once_after_the_last_switch,
	       "the release agent of a v1 cgroup is called once, after the last context switch of its last task",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	check_calls(false);
}

TEST_INVARIANT(agent_is_called_once_for_the_parent_of_a_removed_child,
	       "the release agent is called once for a v1 cgroup whose only child is removed, after the last context switch of the last task in that child",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK))
{
	check_calls(true);
}
