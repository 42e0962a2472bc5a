// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_controllers - a controller can be taken away from a task that is
 * exiting, and given back.
 *
 * The invariant. To userspace an exiting task is gone, and who switches a
 * controller on or off need not know that one was there. Disabling returns at
 * once, and the controller's files are gone at once, from that cgroup and for
 * that controller only. What the kernel keeps for the task (the controller's
 * state in that cgroup, until the task's last context switch) may delay the
 * next change at that level or above it, as such a change waits for the old
 * state; it is not refused, it completes when the task is gone, and then the
 * controller controls. A cgroup that was removed delays nobody.
 *
 * Who broke it. Since 1dffd95575eb (7.2) the state of a disabled controller
 * outlives the disabling for as long as a task exits in it; so later changes do
 * wait, in D state, and what is proven here is that they end: that the last
 * task's end wakes them, however many wait and wherever. Before, the state was
 * taken down under the task, which cgroup_offline shows; to userspace that was
 * right. The rmdir here fails where cgroup_rmdir does (93618edf7538).
 *
 * How the window is opened. The task is in g/p/c, is the init of a pid
 * namespace, killed, and waits in do_exit() for the last process of its
 * namespace (HOLD_PIDNS). g is the test's own root. In a threaded subtree it
 * may also be a process that closes a file for as long as the test wants
 * (HOLD_FUSE), or a thread that does so in a live process (HOLD_THREAD).
 *
 * What a failure means. Service managers that reconfigure a unit whose
 * processes are just exiting fail, or hang for ever; or a limit that they set
 * afterwards is not enforced.
 */
#include "test.h"
#include "limit.h"
#include "proc.h"
#include "writing.h"

#define MAX_CONTROLLERS 8

/* What has been split into words, with a sign in front of each. */
struct controllers {
	char words[128];
	char *name[MAX_CONTROLLERS];
	int nr;
	char plus[64]; /* for cgroup.subtree_control */
	char minus[64];
};

FIXTURE(cgroup_controllers)
{
	struct stage stage;
	struct cgroup p, c;
	struct controllers them; /* of the variant */
	struct exiting task, other;
	struct removal removal;
	struct writing disabling, second, above;
};

FIXTURE_VARIANT(cgroup_controllers)
{
	const char *controllers; /* which come and go */
	const char *stays; /* one that c has all the time, or NULL */
	const char *type; /* of c */
	enum exiting_hold hold; /* how the task is held that is in c */
};

/* clang-format off */
FIXTURE_VARIANT_ADD(cgroup_controllers, cpu)
{
	.controllers = "cpu",
	.stays = "pids",
	.type = "domain",
};

FIXTURE_VARIANT_ADD(cgroup_controllers, memory)
{
	.controllers = "memory",
	.stays = "pids",
	.type = "domain",
};

FIXTURE_VARIANT_ADD(cgroup_controllers, pids)
{
	.controllers = "pids",
	.stays = "memory",
	.type = "domain",
};

FIXTURE_VARIANT_ADD(cgroup_controllers, io)
{
	.controllers = "io",
	.stays = "pids",
	.type = "domain",
};

FIXTURE_VARIANT_ADD(cgroup_controllers, cpuset)
{
	.controllers = "cpuset",
	.stays = "cpu",
	.type = "domain",
};

FIXTURE_VARIANT_ADD(cgroup_controllers, together)
{
	.controllers = "cpu memory pids io cpuset",
	.type = "domain",
};

FIXTURE_VARIANT_ADD(cgroup_controllers, threaded)
{
	.controllers = "cpu cpuset",
	.stays = "pids",
	.type = "threaded",
};

FIXTURE_VARIANT_ADD(cgroup_controllers, threaded_closing_files)
{
	.controllers = "cpu",
	.stays = "pids",
	.type = "threaded",
	.hold = HOLD_FUSE,
};

FIXTURE_VARIANT_ADD(cgroup_controllers, threaded_thread)
{
	.controllers = "cpu",
	.stays = "pids",
	.type = "threaded",
	.hold = HOLD_THREAD,
};
/* clang-format on */

static void split(struct controllers *them, const char *list)
{
	char *word, *save = NULL;

	snprintf(them->words, sizeof(them->words), "%s", list);
	for (word = strtok_r(them->words, " ", &save);
	     word && them->nr < MAX_CONTROLLERS;
	     word = strtok_r(NULL, " ", &save)) {
		them->name[them->nr++] = word;
		strcat(strcat(strcat(them->plus, "+"), word), " ");
		strcat(strcat(strcat(them->minus, "-"), word), " ");
	}
}

/* From the run's root down to c. */
static int enable(FIXTURE_DATA(cgroup_controllers) * self,
		  const char *controller)
{
	struct reason *reason = &self->stage.reason;

	return cgroup_enable(&self->stage.root, controller, reason) ?:
		       cgroup_delegate(&self->p, controller, reason);
}

static int create(struct cgroup *cg, const struct cgroup *parent,
		  const char *name, const char *type)
{
	int err = cgroup_create(cg, parent, name);

	if (!err && strcmp(type, "domain"))
		err = cgroup_write(cg, "cgroup.type", type);
	return err;
}

FIXTURE_SETUP(cgroup_controllers)
{
	struct controllers *them = &self->them;
	int i, err = 0;

	SET_STAGE();
	split(them, variant->controllers);
	ASSERT_EQ(0, cgroup_create(&self->p, &self->stage.root, "p"));
	for (i = 0; !err && i < them->nr; i++)
		err = enable(self, them->name[i]);
	if (!err && variant->stays)
		err = enable(self, variant->stays);
	if (err)
		LEAVE("%s", self->stage.reason.text);

	ASSERT_EQ(0, create(&self->c, &self->p, "c", variant->type));
	HOLD(&self->task, variant->hold, &self->c);
}

FIXTURE_TEARDOWN(cgroup_controllers)
{
	/* What sleeps in the kernel does so until the task is gone. */
	exiting_destroy(&self->task);
	exiting_destroy(&self->other);
	deadline_abandon(&self->removal.call);
	deadline_abandon(&self->disabling.call);
	deadline_abandon(&self->second.call);
	deadline_abandon(&self->above.call);
	STRIKE_STAGE();
}

static void release(FIXTURE_DATA(cgroup_controllers) * self)
{
	STEP("the task is released and reaped: %s",
	     exiting_release(&self->task) ? "it does not end" : "it is gone");
}

/* Begins to change what the children of @cg have. */
static int change(struct writing *writing, const struct cgroup *cg,
		  const char *what)
{
	return writing_begin(writing, cg, "cgroup.subtree_control", what);
}

/* The change that is not to wait for the task. */
static void changes_at_once(FIXTURE_DATA(cgroup_controllers) * self,
			    struct __test_metadata *_metadata,
			    struct writing *writing, const char *what)
{
	ASSERT_EQ(0, change(writing, &self->p, what));
	if (!writing_done(writing, &self->stage.story, BLOCKED_MS))
		BROKEN(FIX_NONE, "\"%s\" around an exiting task: %s", what,
		       writing_failure(writing));
}

/* The change that may wait for the task, which is gone now. */
static void must_complete(FIXTURE_DATA(cgroup_controllers) * self,
			  struct __test_metadata *_metadata,
			  struct writing *writing)
{
	if (!writing_done(writing, &self->stage.story, BLOCKED_MS))
		BROKEN(FIX_NONE, "\"%s\" after the exiting task has gone: %s",
		       writing->text, writing_failure(writing));
}

static bool has(const struct cgroup *cg, const char *controller)
{
	int fd = cgroup_open(cg, limit_file(controller));

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static void must_control(FIXTURE_DATA(cgroup_controllers) * self,
			 struct __test_metadata *_metadata,
			 const struct cgroup *cg)
{
	int i;

	for (i = 0; i < self->them.nr; i++) {
		const char *name = self->them.name[i];
		bool works = limit_works(cg, name);

		STEP("the %s controller is back and %s", name,
		     works ? "enforces its limit" : "does not work");
		if (!works)
			BROKEN(FIX_NONE,
			       "the %s controller does not work after it was enabled again",
			       name);
	}
}

/* The variant's controllers have left @cg, at least their files have. */
static void must_be_hidden(FIXTURE_DATA(cgroup_controllers) * self,
			   struct __test_metadata *_metadata,
			   const struct cgroup *cg)
{
	int i;

	for (i = 0; i < self->them.nr; i++)
		if (has(cg, self->them.name[i]))
			BROKEN(FIX_NONE,
			       "the files of a disabled controller are still there: %s",
			       self->them.name[i]);
}

TEST_F(cgroup_controllers, disabling_hides_that_controller_only)
{
	struct story *story = &self->stage.story;
	struct controllers *them = &self->them;
	int i;

	for (i = 0; i < them->nr; i++)
		ASSERT_TRUE(has(&self->c, them->name[i]));
	changes_at_once(self, _metadata, &self->disabling, them->minus);
	must_be_hidden(self, _metadata, &self->c);
	if (variant->stays && !has(&self->c, variant->stays))
		BROKEN(FIX_NONE,
		       "a controller that was not disabled has lost its files: %s",
		       variant->stays);

	/* Again in the parent, and in the grandparent. */
	ASSERT_EQ(0, change(&self->second, &self->p, them->minus));
	writing_settled(&self->second, story);
	ASSERT_EQ(0, change(&self->above, &self->stage.root, them->minus));
	writing_settled(&self->above, story);
	ASSERT_TRUE(exiting_is_held(&self->task));

	release(self);
	must_complete(self, _metadata, &self->second);
	must_complete(self, _metadata, &self->above);
	must_be_hidden(self, _metadata, &self->p);
	if (variant->stays && !limit_works(&self->c, variant->stays))
		BROKEN(FIX_NONE,
		       "a controller that was not disabled has ceased to work: %s",
		       variant->stays);
}

TEST_F(cgroup_controllers, enabling_completes_after_the_drain)
{
	struct story *story = &self->stage.story;

	changes_at_once(self, _metadata, &self->disabling, self->them.minus);
	ASSERT_EQ(0, change(&self->second, &self->p, self->them.plus));
	writing_settled(&self->second, story);
	/* It changes nothing, but it too waits for all that is below. */
	ASSERT_EQ(0, change(&self->above, &self->stage.root, self->them.plus));
	writing_settled(&self->above, story);
	ASSERT_TRUE(exiting_is_held(&self->task));

	release(self);
	must_complete(self, _metadata, &self->second);
	must_complete(self, _metadata, &self->above);
	must_control(self, _metadata, &self->c);
}

/* Both at the same time, so that one comes into the other. */
TEST_F(cgroup_controllers, parent_and_grandparent_at_once)
{
	struct story *story = &self->stage.story;
	struct writing *above = &self->above;
	int i;

	ASSERT_EQ(0, change(above, &self->stage.root, self->them.minus));
	changes_at_once(self, _metadata, &self->disabling, self->them.minus);
	writing_settled(above, story);
	must_be_hidden(self, _metadata, &self->c);
	ASSERT_TRUE(exiting_is_held(&self->task));

	release(self);
	/* Who came first above was told that it is in use below. */
	if (above->returned && above->err == -EBUSY)
		ASSERT_EQ(0,
			  change(above, &self->stage.root, self->them.minus));
	must_complete(self, _metadata, above);
	must_be_hidden(self, _metadata, &self->p);

	ASSERT_EQ(0, change(above, &self->stage.root, self->them.plus));
	must_complete(self, _metadata, above);
	ASSERT_EQ(0, change(&self->second, &self->p, self->them.plus));
	must_complete(self, _metadata, &self->second);
	for (i = 0; i < self->them.nr; i++)
		ASSERT_TRUE(has(&self->c, self->them.name[i]));
}

/* 1 if it says that there is a task in @cg. */
static int lists_anything(const struct cgroup *cg)
{
	char text[64];

	return cgroup_read(cg, "cgroup.threads", text, sizeof(text)) != 0;
}

/*
 * Ends what lives of the process beside the exiting task. Whether the cgroup is
 * to be removed then: the task itself may be one that this kernel shows.
 */
static bool leaves_nothing_to_see(struct exiting *task, const struct cgroup *cg)
{
	struct proc_stat stat;

	if (task->hold == HOLD_PIDNS)
		return true;
	if (task->hold == HOLD_THREAD) {
		kill(task->process, SIGKILL);
		WAIT_FOR(!proc_stat(task->process, &stat) && stat.state == 'Z',
			 PATIENCE_MS);
	}
	return !lists_anything(cg);
}

static bool removes(FIXTURE_DATA(cgroup_controllers) * self,
		    struct __test_metadata *_metadata, const struct cgroup *cg)
{
	struct removal *removal = &self->removal;
	bool removed =
		removal_done(removal, &self->stage.story, cg, BLOCKED_MS);

	if (!removal->returned)
		BROKEN(FIX_DEFER_RMDIR_KILL,
		       "rmdir of a cgroup with only an exiting task sleeps until the task is gone");
	else if (!removed)
		BROKEN(FIX_DEFER_RMDIR_KILL,
		       "rmdir of a cgroup with only an exiting task fails: %s",
		       strerror(-removal->err));
	return removed;
}

TEST_F(cgroup_controllers, removed_cgroup_delays_no_change)
{
	struct controllers *them = &self->them;
	struct cgroup d, new;

	if (!leaves_nothing_to_see(&self->task, &self->c))
		SKIP(return,
			   "this kernel shows the exiting task, and cgroup.threads lists it");
	changes_at_once(self, _metadata, &self->disabling, them->minus);
	if (!removes(self, _metadata, &self->c)) {
		ASSERT_TRUE(exiting_is_held(&self->task));
		release(self);
		ASSERT_TRUE(removal_finish(&self->removal, &self->stage.story,
					   &self->c));
		return;
	}
	changes_at_once(self, _metadata, &self->second, them->plus);

	/* The other way round: removed first, disabled then. */
	ASSERT_EQ(0, create(&d, &self->p, "d", variant->type));
	HOLD(&self->other, variant->hold, &d);
	ASSERT_TRUE(leaves_nothing_to_see(&self->other, &d));
	removes(self, _metadata, &d);
	changes_at_once(self, _metadata, &self->disabling, them->minus);
	changes_at_once(self, _metadata, &self->second, them->plus);

	ASSERT_EQ(0, create(&new, &self->p, "new", variant->type));
	must_control(self, _metadata, &new);
	ASSERT_TRUE(exiting_is_held(&self->task));
	ASSERT_TRUE(exiting_is_held(&self->other));
}

TEST_PROGRAM(cgroup_controllers)
