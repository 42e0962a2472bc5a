// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_accounting - what a task that is exiting costs is counted where it is,
 * until it is gone, and given back.
 *
 * The invariant. A task is charged to the pids controller of its cgroup until
 * it is reaped, wherever somebody tries to move it and whether its cgroup is
 * still there. A cgroup that is removed, or whose controller is switched off,
 * counts as dying as long as something of a task holds it: once, and no longer
 * than that. Memory that its tasks have left behind can still be given back; and
 * the kernel's own, which is the parent's from then on, does not hold it.
 *
 * Who might break it. 6.19 moved the unlinking of a task from its cgroup behind
 * the last switch (d245698d727a), 7.0.9 put off the second half of killing a
 * cgroup (93618edf7538), and 7.2 that of one controller of it (1dffd95575eb):
 * each time somebody else comes to count up and down, and a controller that
 * was switched off can be killed a second time by rmdir. And as since 6.19 a
 * task that no file shows is in its cgroup, a cgroup that looks empty refuses
 * what an empty one must allow: a domain controller for its children, or to
 * become threaded. Upstream has not said whether it should.
 *
 * How the window is opened. The task is the init of a pid namespace, killed,
 * and waits in do_exit() (HOLD_PIDNS), or is a zombie (HOLD_ZOMBIE), or an
 * exiting thread that its process cannot take with it (HOLD_THREAD).
 *
 * What a failure means. A charge that stays: sooner or later pids.max stops
 * every fork. One that is given back twice: the limit is none. A dying cgroup
 * that stays: a leak with every service or container that ends.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "dying.h"
#include "offlining.h"
#include "spawn.h"
#include "test.h"
#include "writing.h"

FIXTURE(cgroup_accounting)
{
	struct stage stage;
	struct cgroup p, c, elsewhere; /* p/c */
	struct exiting task;
	struct removal removal;
	struct writing writing;
	long base[DYING_CONTROLLERS]; /* dying csses, -1 for no such controller */
	long dying; /* cgroups */
};

FIXTURE_SETUP(cgroup_accounting)
{
	SET_STAGE();
	ASSERT_EQ(0, cgroup_create(&self->p, &self->stage.root, "p"));
	ASSERT_EQ(0, cgroup_create(&self->c, &self->p, "c"));
	ASSERT_EQ(0, cgroup_create(&self->elsewhere, &self->stage.root,
				   "elsewhere"));
}

FIXTURE_TEARDOWN(cgroup_accounting)
{
	exiting_destroy(&self->task);
	deadline_abandon(&self->writing.call);
	deadline_abandon(&self->removal.call);
	STRIKE_STAGE();
}

static int enable(FIXTURE_DATA(cgroup_accounting) * self,
		  const char *controller)
{
	struct reason *reason = &self->stage.reason;

	return cgroup_enable(&self->stage.root, controller, reason) ?:
		       cgroup_delegate(&self->p, controller, reason);
}

/* Makes @controller available in c and elsewhere, or leaves the test. */
#define NEED(controller)                                             \
	do {                                                         \
		int __err = enable(self, controller);                \
		if (__err == -ENODEV)                                \
			SKIP(return, "%s", self->stage.reason.text); \
		ASSERT_STAGED(__err);                                \
	} while (0)

static void release(FIXTURE_DATA(cgroup_accounting) * self)
{
	STEP("the task is released and reaped: %s",
	     exiting_release(&self->task) ? "it does not end" : "it is gone");
}

/*
 * Whether c is removed while the task is held. A kernel that makes rmdir wait,
 * or refuses it, is judged by cgroup_rmdir.
 */
static bool remove_c(struct __test_metadata *_metadata,
		     FIXTURE_DATA(cgroup_accounting) * self)
{
	bool removed = removal_done(&self->removal, &self->stage.story,
				    &self->c, BLOCKED_MS);

	ASSERT_TRUE(exiting_is_held(&self->task));
	return removed;
}

static void release_and_remove_c(struct __test_metadata *_metadata,
				 FIXTURE_DATA(cgroup_accounting) * self)
{
	struct removal *removal = &self->removal;

	release(self);
	if (!removal->returned || removal->err)
		ASSERT_TRUE(
			removal_finish(removal, &self->stage.story, &self->c));
}

/* A task is a zombie a moment before its last switch. */
static void let_a_zombie_switch_out(struct __test_metadata *_metadata,
				    FIXTURE_DATA(cgroup_accounting) * self)
{
	if (self->task.hold == HOLD_ZOMBIE)
		ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&self->c), PATIENCE_MS));
}

static long long number(const struct cgroup *cg, const char *file)
{
	char text[64];

	return cgroup_read(cg, file, text, sizeof(text)) < 0 ? -1 : atoll(text);
}

#define PIDS(in_p, in_c, in_elsewhere, when) \
	expect_pids(_metadata, self, in_p, in_c, in_elsewhere, when)

/* -1 where the cgroup is not there any more. */
static void expect_pids(struct __test_metadata *_metadata,
			FIXTURE_DATA(cgroup_accounting) * self, long long in_p,
			long long in_c, long long in_elsewhere,
			const char *when)
{
	long long p = number(&self->p, "pids.current");
	long long c = number(&self->c, "pids.current");
	long long elsewhere = number(&self->elsewhere, "pids.current");

	STEP("pids.current is %lld in p, %lld in c, %lld elsewhere", p, c,
	     elsewhere);
	if (p != in_p || c != in_c || elsewhere != in_elsewhere)
		BROKEN(FIX_NONE,
		       "pids.current %s should be %lld in p, %lld in c, %lld elsewhere",
		       when, in_p, in_c, in_elsewhere);
}

static void charge_stays(struct __test_metadata *_metadata,
			 FIXTURE_DATA(cgroup_accounting) * self,
			 enum exiting_hold hold)
{
	HOLD(&self->task, hold, &self->c);
	let_a_zombie_switch_out(_metadata, self);
	PIDS(1, 1, 0, "with one task that is not reaped");
	/* Whatever this returns, only live tasks move. */
	STEP("moving it elsewhere: %s",
	     strerror(-cgroup_add(&self->elsewhere, self->task.pid)));
	PIDS(1, 1, 0, "after an attempt to move it");
	ASSERT_TRUE(exiting_is_held(&self->task));

	release(self);
	PIDS(0, 0, 0, "when it is reaped");
}

TEST_F(cgroup_accounting, hidden_task_is_charged_until_it_is_reaped)
{
	NEED("pids");
	charge_stays(_metadata, self, HOLD_PIDNS);
}

TEST_F(cgroup_accounting, zombie_is_charged_until_it_is_reaped)
{
	NEED("pids");
	charge_stays(_metadata, self, HOLD_ZOMBIE);
}

static void charge_survives_rmdir(struct __test_metadata *_metadata,
				  FIXTURE_DATA(cgroup_accounting) * self,
				  enum exiting_hold hold)
{
	HOLD(&self->task, hold, &self->c);
	let_a_zombie_switch_out(_metadata, self);
	if (remove_c(_metadata, self))
		PIDS(1, -1, 0,
		     "when the cgroup is removed but its task is not reaped");
	release_and_remove_c(_metadata, self);
	PIDS(0, -1, 0, "when both are gone");
}

TEST_F(cgroup_accounting, charge_of_a_hidden_task_outlives_its_cgroup)
{
	NEED("pids");
	charge_survives_rmdir(_metadata, self, HOLD_PIDNS);
}

TEST_F(cgroup_accounting, charge_of_a_zombie_outlives_its_cgroup)
{
	NEED("pids");
	charge_survives_rmdir(_metadata, self, HOLD_ZOMBIE);
}

TEST_F(cgroup_accounting, thread_left_behind_is_charged_where_it_is)
{
	NEED("pids");
	HOLD(&self->task, HOLD_THREAD, &self->c);
	PIDS(2, 2, 0, "with a process of two threads");
	ASSERT_EQ(0, cgroup_add(&self->elsewhere, self->task.process));
	PIDS(1, 1, 1, "when all moved but a thread that is exiting");
	ASSERT_TRUE(exiting_is_held(&self->task));
	release(self);
	PIDS(0, 0, 0, "when the thread and its process are gone");
}

static long dying_css(FIXTURE_DATA(cgroup_accounting) * self, int i)
{
	return dying_csses(&self->p, dying_controllers[i]);
}

/* Enables what there is; how many controllers @list names then, each after @op. */
static int enable_all(FIXTURE_DATA(cgroup_accounting) * self, const char *op,
		      char *list, size_t size)
{
	int i, nr = 0;
	size_t len = 0;

	for (i = 0; i < DYING_CONTROLLERS; i++) {
		self->base[i] = -1;
		if (dying_css(self, i) < 0 ||
		    enable(self, dying_controllers[i]))
			continue;
		nr++;
		self->base[i] = dying_css(self, i);
		len += snprintf(list + len, size - len, "%s%s%s",
				nr > 1 ? " " : "", op, dying_controllers[i]);
	}
	self->dying = dying_cgroups(&self->p);
	return nr;
}

/* Some kernels count it a moment later: cgroup_dying judges that. */
static void expect_dying_csses(struct __test_metadata *_metadata,
			       FIXTURE_DATA(cgroup_accounting) * self,
			       const char *when)
{
	int i;

	for (i = 0; i < DYING_CONTROLLERS; i++) {
		long now;

		if (self->base[i] < 0)
			continue;
		WAIT_FOR(dying_css(self, i) != self->base[i], PATIENCE_MS);
		now = dying_css(self, i);
		STEP("nr_dying_subsys_%s is %ld, was %ld", dying_controllers[i],
		     now, self->base[i]);
		if (now != self->base[i] + 1)
			BROKEN(FIX_NONE,
			       "nr_dying_subsys_%s went from %ld to %ld %s",
			       dying_controllers[i], self->base[i], now, when);
	}
}

static void expect_dying_cgroup(struct __test_metadata *_metadata,
				FIXTURE_DATA(cgroup_accounting) * self)
{
	long now = dying_cgroups(&self->p);

	STEP("nr_dying_descendants is %ld, was %ld", now, self->dying);
	if (now != self->dying + 1)
		BROKEN(FIX_NONE,
		       "nr_dying_descendants went from %ld to %ld when one cgroup was removed",
		       self->dying, now);
}

/*
 * Not to be freed yet proves nothing: so another cgroup like c is removed after it, on
 * the same CPU, and waited for.
 */
static void expect_dying_still(struct __test_metadata *_metadata,
			       FIXTURE_DATA(cgroup_accounting) * self)
{
	struct cgroup *root = &self->stage.root, sentinel;
	long others = dying_cgroups(root) - dying_cgroups(&self->p);

	ASSERT_EQ(0, cgroup_create(&sentinel, root, "sentinel"));
	ASSERT_EQ(0, cgroup_rmdir(&sentinel));
	ASSERT_TRUE(WAIT_FOR((dying_call_memory_in(&self->p),
			      dying_cgroups(root) - dying_cgroups(&self->p) ==
				      others),
			     PATIENCE_MS));
	ASSERT_TRUE(exiting_is_held(&self->task));
	STEP("another is removed and freed; nr_dying_descendants is %ld",
	     dying_cgroups(&self->p));
	if (dying_cgroups(&self->p) != self->dying + 1)
		BROKEN(FIX_NONE,
		       "a removed cgroup is freed while a task of it is not");
}

static bool css_is_freed(FIXTURE_DATA(cgroup_accounting) * self, int i)
{
	dying_call_memory_in(&self->p);
	return dying_css(self, i) == self->base[i];
}

static bool cgroup_is_freed(FIXTURE_DATA(cgroup_accounting) * self)
{
	dying_call_memory_in(&self->p);
	return dying_cgroups(&self->p) == self->dying;
}

static void expect_nothing_dying(struct __test_metadata *_metadata,
				 FIXTURE_DATA(cgroup_accounting) * self)
{
	long long until = now_ms() + PATIENCE_MS;
	int i;

	for (i = 0; i < DYING_CONTROLLERS; i++)
		if (self->base[i] >= 0 &&
		    !WAIT_FOR(css_is_freed(self, i), until - now_ms()))
			BROKEN(FIX_NONE,
			       "nr_dying_subsys_%s is %ld and was %ld: it is never freed",
			       dying_controllers[i], dying_css(self, i),
			       self->base[i]);
	if (!WAIT_FOR(cgroup_is_freed(self), until - now_ms()))
		BROKEN(FIX_NONE,
		       "nr_dying_descendants is %ld and was %ld: the cgroup is never freed",
		       dying_cgroups(&self->p), self->dying);
	STEP("nothing is dying any more");
}

static void removed_cgroup_is_counted(struct __test_metadata *_metadata,
				      FIXTURE_DATA(cgroup_accounting) * self,
				      enum exiting_hold hold)
{
	char list[64];

	ASSERT_EQ(0, dying_leave_no_pages());
	if (!enable_all(self, "", list, sizeof(list)))
		SKIP(return, "no controller with a count in cgroup.stat: %s",
			   self->stage.reason.text);
	HOLD(&self->task, hold, &self->c);
	let_a_zombie_switch_out(_metadata, self);
	if (remove_c(_metadata, self)) {
		expect_dying_cgroup(_metadata, self);
		expect_dying_csses(_metadata, self, "at rmdir");
		expect_dying_still(_metadata, self);
	}
	release_and_remove_c(_metadata, self);
	expect_nothing_dying(_metadata, self);
}

TEST_F(cgroup_accounting, hidden_task_keeps_a_removed_cgroup_dying)
{
	removed_cgroup_is_counted(_metadata, self, HOLD_PIDNS);
}

TEST_F(cgroup_accounting, zombie_keeps_a_removed_cgroup_dying)
{
	removed_cgroup_is_counted(_metadata, self, HOLD_ZOMBIE);
}

static void disabled_controllers_are_counted(struct __test_metadata *_metadata,
					     FIXTURE_DATA(cgroup_accounting) *
						     self,
					     enum exiting_hold hold)
{
	struct writing *writing = &self->writing;
	char list[64];

	ASSERT_EQ(0, dying_leave_no_pages());
	if (!enable_all(self, "-", list, sizeof(list)))
		SKIP(return, "no controller with a count in cgroup.stat: %s",
			   self->stage.reason.text);
	HOLD(&self->task, hold, &self->c);
	let_a_zombie_switch_out(_metadata, self);
	ASSERT_EQ(0, writing_begin(writing, &self->p, "cgroup.subtree_control",
				   list));
	if (!writing_done(writing, &self->stage.story, BLOCKED_MS))
		BROKEN(FIX_NONE, "controllers cannot be disabled: %s",
		       writing_failure(writing));
	expect_dying_csses(_metadata, self, "when it was disabled");
	ASSERT_TRUE(exiting_is_held(&self->task));

	if (remove_c(_metadata, self)) {
		expect_dying_cgroup(_metadata, self);
		expect_dying_csses(_metadata, self,
				   "when it was disabled and then removed");
	}
	release_and_remove_c(_metadata, self);
	expect_nothing_dying(_metadata, self);
}

TEST_F(cgroup_accounting, hidden_task_keeps_a_disabled_controller_dying)
{
	disabled_controllers_are_counted(_metadata, self, HOLD_PIDNS);
}

TEST_F(cgroup_accounting, zombie_keeps_a_disabled_controller_dying)
{
	disabled_controllers_are_counted(_metadata, self, HOLD_ZOMBIE);
}

/* More than all CPUs together keep back from memory.current. */
#define LEFT_BEHIND (8 << 20)

/* A task in @cg fills a file in memory, or a pipe, and is reaped. */
static int leave_memory_behind(const struct cgroup *cg, int file)
{
	static char block[1 << 16] = "x";
	int cgroup_fd = cgroup_open(cg, "");
	int status, left;
	pid_t pid;

	pid = fork_into(cgroup_fd, 0);
	if (!pid) {
		for (left = LEFT_BEHIND; left > 0; left -= sizeof(block))
			if (write(file, block, sizeof(block)) != sizeof(block))
				_exit(EXIT_FAILURE);
		_exit(EXIT_SUCCESS);
	}
	close(cgroup_fd);
	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

static void expect_charged_to_p(struct __test_metadata *_metadata,
				FIXTURE_DATA(cgroup_accounting) * self,
				long long before)
{
	long long now = number(&self->p, "memory.current");

	STEP("memory.current of p is %lld, was %lld", now, before);
	if (now < before + LEFT_BEHIND / 2)
		BROKEN(FIX_NONE,
		       "memory that a removed cgroup has left is charged to nobody");
}

TEST_F(cgroup_accounting, memory_left_behind_can_be_given_back)
{
	long long before;
	char list[64];
	int file;

	NEED("memory");
	ASSERT_EQ(0, dying_leave_no_pages());
	enable_all(self, "", list, sizeof(list));
	file = memfd_create("left behind", MFD_CLOEXEC);
	ASSERT_GE(file, 0);
	before = number(&self->p, "memory.current");
	ASSERT_EQ(0, leave_memory_behind(&self->c, file));
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	remove_c(_metadata, self);
	release_and_remove_c(_metadata, self);
	/* What comes of memory is said when its cgroup goes offline. */
	ASSERT_TRUE(WAIT_FOR(!cgroup_populated(&self->p), PATIENCE_MS));
	if (offlining_catch_up_unseen(&self->stage.root, &self->stage.reason))
		SKIP(return, "%s", self->stage.reason.text);

	expect_charged_to_p(_metadata, self, before);
	close(file);
	if (!WAIT_FOR(number(&self->p, "memory.current") <
			      before + LEFT_BEHIND / 2,
		      PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "memory that a removed cgroup has left is still charged when it is free");
	STEP("memory.current of p is %lld", number(&self->p, "memory.current"));
	expect_nothing_dying(_metadata, self);
}

TEST_F(cgroup_accounting, kernel_memory_left_behind_keeps_no_cgroup)
{
	long long before;
	char list[64];
	int pipes[2];

	NEED("memory");
	ASSERT_EQ(0, dying_leave_no_pages());
	enable_all(self, "", list, sizeof(list));
	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	ASSERT_EQ(LEFT_BEHIND, fcntl(pipes[1], F_SETPIPE_SZ, LEFT_BEHIND));
	before = number(&self->p, "memory.current");
	ASSERT_EQ(0, leave_memory_behind(&self->c, pipes[1]));
	if (number(&self->c, "memory.current") < LEFT_BEHIND / 2)
		SKIP(return,
			   "kernel memory is not charged: cgroup.memory=nokmem");
	HOLD(&self->task, HOLD_PIDNS, &self->c);
	remove_c(_metadata, self);
	release_and_remove_c(_metadata, self);

	expect_nothing_dying(_metadata, self);
	expect_charged_to_p(_metadata, self, before);
	close(pipes[0]);
	close(pipes[1]);
}

static int lists_nothing(const struct cgroup *cg)
{
	char text[64];

	return !cgroup_read(cg, "cgroup.procs", text, sizeof(text));
}

/* @refusal is what a cgroup answers that has tasks. */
static void is_allowed_after_the_release(struct __test_metadata *_metadata,
					 FIXTURE_DATA(cgroup_accounting) * self,
					 const char *file, const char *text,
					 int refusal)
{
	struct writing *writing = &self->writing;
	struct story *story = &self->stage.story;
	int looks_empty;

	HOLD(&self->task, HOLD_PIDNS, &self->c);
	looks_empty = lists_nothing(&self->c);
	ASSERT_EQ(0, writing_begin(writing, &self->c, file, text));
	if (writing_done(writing, story, BLOCKED_MS)) {
		ASSERT_TRUE(exiting_is_held(&self->task));
		return;
	}
	ASSERT_TRUE(exiting_is_held(&self->task));
	if (writing->err != refusal)
		BROKEN(FIX_NONE, "\"%s\" to %s: %s", text, file,
		       writing_failure(writing));
	else if (looks_empty)
		UNDECIDED(
			"\"%s\" to %s fails where cgroup.procs is empty (%s): the task that is exiting counts",
			text, file, strerror(-refusal));

	release(self);
	/* Reaping may come before the last switch. */
	WAIT_FOR(!cgroup_populated(&self->c), PATIENCE_MS);
	ASSERT_EQ(0, writing_begin(writing, &self->c, file, text));
	if (!writing_done(writing, story, BLOCKED_MS))
		BROKEN(FIX_NONE,
		       "\"%s\" to %s fails even now that the task is gone: %s",
		       text, file, writing_failure(writing));
}

TEST_F(cgroup_accounting, empty_looking_cgroup_takes_a_domain_controller)
{
	NEED("memory");
	is_allowed_after_the_release(_metadata, self, "cgroup.subtree_control",
				     "+memory", -EBUSY);
}

TEST_F(cgroup_accounting, empty_looking_cgroup_becomes_threaded)
{
	is_allowed_after_the_release(_metadata, self, "cgroup.type", "threaded",
				     -EOPNOTSUPP);
}

TEST_PROGRAM(cgroup_accounting)
