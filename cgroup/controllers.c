// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_controllers - a controller of a cgroup with an exiting task can be
 * disabled, and enabled again.
 *
 * The invariant. cgroup.procs and cgroup.threads do not list an exiting process, so
 * userspace may enable and disable controllers as if there were none. A write that disables
 * a controller returns at once and removes the files of that controller only.
 * The css that the kernel keeps for the task until its last context switch may
 * delay the next change at that level or above, as such a change waits for the
 * old css. The change does not fail; it completes when the task is gone, and then
 * the controller works. A removed cgroup delays no change.
 *
 * History. Since 1dffd95575eb (7.2) the css of a disabled controller stays
 * online as long as a task in the cgroup is exiting. So later changes do wait, in
 * D state. These tests prove that the wait ends: the last task's exit wakes every
 * waiter, at every level. Before 7.2 disabling took the css offline while the task
 * used it; cgroup_offline tests that. Without 93618edf7538 the rmdir here fails, as in
 * cgroup_rmdir.
 *
 * The window. The task is in g/p/c, where g is the test's root. It
 * is the init process of a pid namespace, was killed, and waits in do_exit() for
 * the last process of its namespace (HOLD_ZAP_PIDNS). In a threaded subtree it may
 * also block in exit_files(), as a process (HOLD_EXIT_FILES) or as a thread of a live
 * process (HOLD_THREAD).
 *
 * Consequence. A service manager that reconfigures a unit whose processes
 * are exiting fails or hangs; or a limit that it sets afterwards has no effect.
 */
#include "controller.h"
#include "proc.h"
#include "test.h"

#define MAX_CONTROLLERS 8

static struct cgroup p, c, d; /* g/p/c and g/p/d */
static struct held_task task, other;
static struct call rmdir_call, disabling, second, above;

/* The controllers of the variant. */
static char *controllers[MAX_CONTROLLERS];
static int nr_controllers;
static char plus[64], minus[64]; /* all of them, for cgroup.subtree_control */

FIXTURE_VARIANT_(TEST_PROGRAM)
{
	const char *controllers; /* which are disabled and enabled */
	const char *stays; /* one that stays enabled, or NULL */
	const char *type; /* of c */
	enum hold_kind hold; /* how the task in c is held */
};

/* clang-format off */
FIXTURE_VARIANT_ADD_(TEST_PROGRAM, cpu)
{
	.controllers = "cpu",
	.stays = "pids",
	.type = "domain",
};

FIXTURE_VARIANT_ADD_(TEST_PROGRAM, memory)
{
	.controllers = "memory",
	.stays = "pids",
	.type = "domain",
};

FIXTURE_VARIANT_ADD_(TEST_PROGRAM, pids)
{
	.controllers = "pids",
	.stays = "memory",
	.type = "domain",
};

FIXTURE_VARIANT_ADD_(TEST_PROGRAM, io)
{
	.controllers = "io",
	.stays = "pids",
	.type = "domain",
};

FIXTURE_VARIANT_ADD_(TEST_PROGRAM, cpuset)
{
	.controllers = "cpuset",
	.stays = "cpu",
	.type = "domain",
};

FIXTURE_VARIANT_ADD_(TEST_PROGRAM, together)
{
	.controllers = "cpu memory pids io cpuset",
	.type = "domain",
};

FIXTURE_VARIANT_ADD_(TEST_PROGRAM, threaded)
{
	.controllers = "cpu cpuset",
	.stays = "pids",
	.type = "threaded",
};

FIXTURE_VARIANT_ADD_(TEST_PROGRAM, threaded_early_exiting)
{
	.controllers = "cpu",
	.stays = "pids",
	.type = "threaded",
	.hold = HOLD_EXIT_FILES,
};

FIXTURE_VARIANT_ADD_(TEST_PROGRAM, threaded_exiting_thread)
{
	.controllers = "cpu",
	.stays = "pids",
	.type = "threaded",
	.hold = HOLD_THREAD,
};

/* clang-format on */

static void parse_controllers(void)
{
	static char words[128];
	char *word, *save = NULL;

	snprintf(words, sizeof(words), "%s", variant->controllers);
	for (word = strtok_r(words, " ", &save);
	     word && nr_controllers < MAX_CONTROLLERS;
	     word = strtok_r(NULL, " ", &save)) {
		controllers[nr_controllers++] = word;
		snprintf(plus + strlen(plus), sizeof(plus) - strlen(plus),
			 "+%s ", word);
		snprintf(minus + strlen(minus), sizeof(minus) - strlen(minus),
			 "-%s ", word);
	}
}

static void create_child(struct cgroup *cg, const char *name)
{
	static struct call call;

	test_cgroup(cg, &p, name);
	if (!strcmp(variant->type, "domain"))
		return;
	call_write(&call, cg, "cgroup.type", variant->type);
	test_require(call_succeeded(&call, BLOCKED_MS), FIX_NONE,
		     "%s, a new cgroup, does not succeed: %s", call.what,
		     call_failure(&call));
}

static void setup(void)
{
	int i;

	parse_controllers();
	test_cgroup(&p, &test.root, "p");
	for (i = 0; i < nr_controllers; i++)
		test_enable(&p, controllers[i]);
	if (variant->stays)
		test_enable(&p, variant->stays);
	create_child(&c, "c");
	for (i = 0; i < nr_controllers; i++)
		need_controller_limit(&c, controllers[i]);
	if (variant->stays)
		need_controller_limit(&c, variant->stays);
	hold_task(&task, variant->hold, &c);
}

static void start_change(struct call *call, const struct cgroup *cg,
			 const char *text)
{
	call_write(call, cg, "cgroup.subtree_control", text);
}

/* Starts a change that may wait for the task. */
static void start_change_and_settle(struct call *call, const struct cgroup *cg,
				    const char *text)
{
	start_change(call, cg, text);
	call_settled(call);
}

/* A change that must not wait for the task. */
static void must_change_at_once(struct call *call, const char *text)
{
	start_change(call, &p, text);
	test_require(call_succeeded(call, BLOCKED_MS), FIX_NONE,
		     "%s does not succeed at once while a task is exiting below p: %s",
		     call->what, call_failure(call));
}

/* The task is gone: no change has a reason to wait. */
static void must_complete(struct call *call)
{
	test_require(call_succeeded(call, BLOCKED_MS), FIX_NONE,
		     "%s does not succeed after the exiting task is gone: %s",
		     call->what, call_failure(call));
}

static bool has_files(const struct cgroup *cg, const char *controller)
{
	int fd = cgroup_open(cg, controller_file(controller));

	if (fd == -ENOENT)
		return false;
	test_must_call(fd < 0 ? fd : 0, "cannot open %s",
		       controller_file(controller));
	close(fd);
	return true;
}

static void must_have_all_files(void)
{
	int i;

	for (i = 0; i < nr_controllers; i++)
		test_require(has_files(&c, controllers[i]), FIX_NONE,
			     "the %s controller is enabled but c has no %s",
			     controllers[i], controller_file(controllers[i]));
}

static void must_have_no_files(const struct cgroup *cg)
{
	int i;

	for (i = 0; i < nr_controllers; i++)
		if (has_files(cg, controllers[i]))
			test_fail(FIX_NONE,
				  "the files of a disabled controller are still there: %s",
				  controllers[i]);
}

static void must_enforce_limits(const struct cgroup *cg)
{
	int i;

	for (i = 0; i < nr_controllers; i++) {
		bool works = controller_works(cg, controllers[i]);

		test_step("the %s controller is enabled again and %s",
			  controllers[i],
			  works ? "enforces its limit" : "does not work");
		if (!works)
			test_fail(FIX_NONE,
				  "the %s controller does not work after it was enabled again",
				  controllers[i]);
	}
}

TEST_INVARIANT(disabling_removes_the_files_of_that_controller_only,
	       "disabling a controller while a task is exiting returns at once and removes the files of that controller only; disabling it above completes once the task is gone",
	       NO_FIX)
{
	must_have_all_files();
	must_change_at_once(&disabling, minus);
	must_have_no_files(&c);
	if (variant->stays && !has_files(&c, variant->stays))
		test_fail(FIX_NONE,
			  "the %s controller was not disabled but c has no %s",
			  variant->stays, controller_file(variant->stays));

	start_change_and_settle(&second, &p, minus);
	start_change_and_settle(&above, &test.root, minus);
	assert_held(&task);

	release_task(&task);
	must_complete(&second);
	must_complete(&above);
	must_have_no_files(&p);
	if (variant->stays && !controller_works(&c, variant->stays))
		test_fail(FIX_NONE,
			  "the %s controller was not disabled but no longer works",
			  variant->stays);
}

TEST_INVARIANT(enabling_completes_after_the_last_switch,
	       "enabling a controller again, and any change above, completes once the exiting task is gone; then the controller enforces its limits",
	       NO_FIX)
{
	must_change_at_once(&disabling, minus);
	start_change_and_settle(&second, &p, plus);
	/* This changes nothing, but waits for the dying csses below as well. */
	start_change_and_settle(&above, &test.root, plus);
	assert_held(&task);

	release_task(&task);
	must_complete(&second);
	must_complete(&above);
	must_enforce_limits(&c);
}

/* The two writes run at the same time, so that one may come during the other. */
TEST_INVARIANT(parent_and_grandparent_can_disable_at_once,
	       "of two concurrent writes that disable a controller in p and in its parent, that in p succeeds at once and that in the parent succeeds or fails with EBUSY; after the task is dead the controller can be disabled in the parent and enabled again in both",
	       NO_FIX)
{
	start_change(&above, &test.root, minus);
	must_change_at_once(&disabling, minus);
	call_settled(&above);
	must_have_no_files(&c);
	assert_held(&task);

	release_task(&task);
	/* The grandparent came first: the controller was still enabled in p. */
	if (above.returned && above.err == -EBUSY)
		start_change(&above, &test.root, minus);
	must_complete(&above);
	must_have_no_files(&p);

	start_change(&above, &test.root, plus);
	must_complete(&above);
	start_change(&second, &p, plus);
	must_complete(&second);
	must_have_all_files();
}

static bool lists_a_task(const struct cgroup *cg)
{
	char text[64];
	ssize_t len = cgroup_read(cg, "cgroup.threads", text, sizeof(text));

	test_must_call(len < 0 ? len : 0, "cannot read cgroup.threads");
	return len;
}

/*
 * Kills the process of an exiting thread. Whether the cgroup looks empty then:
 * some kernels list the exiting task itself.
 */
static bool make_cgroup_look_empty(struct held_task *held,
				   const struct cgroup *cg)
{
	if (held->hold == HOLD_ZAP_PIDNS)
		return true;
	if (held->hold == HOLD_THREAD) {
		kill(held->process, SIGKILL);
		test_require(WAIT_FOR(proc_is_zombie(held->process),
				      PATIENCE_MS),
			     FIX_NONE,
			     "the leader of process %d does not exit within %d s of SIGKILL",
			     held->process, PATIENCE_MS / 1000);
	}
	return !lists_a_task(cg);
}

static bool rmdir_must_succeed(const struct cgroup *cg)
{
	bool removed = call_rmdir(&rmdir_call, cg, BLOCKED_MS);

	if (!rmdir_call.returned)
		test_fail(FIX_DEFER_RMDIR_KILL,
			  "rmdir of a cgroup with only an exiting task sleeps");
	else if (!removed)
		test_fail(FIX_DEFER_RMDIR_KILL,
			  "rmdir of a cgroup with only an exiting task fails: %s",
			  strerror(-rmdir_call.err));
	return removed;
}

static void release_task_and_remove_c(void)
{
	assert_held(&task);
	release_task(&task);
	test_require(call_rmdir_until_done(&rmdir_call, &c), FIX_NONE,
		     "rmdir does not succeed even after the task is gone: %s",
		     call_failure(&rmdir_call));
}

TEST_INVARIANT(removed_cgroup_does_not_delay_changes,
	       "a cgroup with only an exiting task can be removed before or after a controller is disabled for it, and then delays no change of its parent's controllers",
	       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	struct cgroup new;

	if (!make_cgroup_look_empty(&task, &c))
		test_skip("cgroup.threads of this kernel lists the exiting task");
	must_change_at_once(&disabling, minus);
	if (!rmdir_must_succeed(&c)) {
		release_task_and_remove_c();
		return;
	}
	must_change_at_once(&second, plus);

	/* The other order: remove, then disable. */
	create_child(&d, "d");
	hold_task(&other, variant->hold, &d);
	test_require(make_cgroup_look_empty(&other, &d), FIX_NONE,
		     "cgroup.threads of d lists exiting task %d, but that of c did not list task %d",
		     other.pid, task.pid);
	if (!rmdir_must_succeed(&d))
		return;
	must_change_at_once(&disabling, minus);
	must_change_at_once(&second, plus);

	create_child(&new, "new");
	must_enforce_limits(&new);
	assert_held(&task);
	assert_held(&other);
}
