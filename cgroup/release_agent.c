// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_release_agent - the release agent of cgroup v1 comes when the last task
 * of a cgroup has switched out, and once.
 *
 * The invariant. In a v1 hierarchy a cgroup with notify_on_release is announced
 * to the release agent when it has become empty. An exiting task is in it until
 * its last switch: the agent comes after that, not before, and not twice. The
 * same is true of a parent whose last child was removed around the task.
 *
 * Who broke it. Up to 6.18 do_exit() unlinked the task early, and the agent came
 * while it still ran (d245698d727a mended that).
 *
 * How the window is opened. A task is held in zap_pid_ns_processes() (HOLD_PIDNS).
 * It was forked in the v1 cgroup, from which all others then move away. The
 * hierarchy has no controller, is mounted nowhere, and is gone with the test
 * (lib/cgroup1.h). The agent is a script that exists in memory only and notes
 * what it is called with.
 *
 * Whether it was called too early cannot be asked by waiting for it, nor for another
 * call: a call is a work item, which starts a process, and both may be late. So
 * notify_on_release is switched off before the task is let go, and a call that comes
 * at all, however late, was made for a cgroup with the task in it. That all have come
 * is known step by step:
 * - The work of one CPU begins in the order in which it was queued. All is done on one
 *   CPU, and when the agent has come for a sentinel, emptied last, the work that was
 *   queued before has begun.
 * - Work that has begun is waited for before its cgroup is freed, and the hierarchy ends
 *   when all of its cgroups are freed. The agents of all calls are running then.
 * - They are seen in /proc until they have noted their call and ended.
 * A second task, in other cgroups, dies while notify_on_release is on: for that the
 * agent has to come, and it comes once.
 *
 * What a failure means. The agent removes the cgroup, as it should, and what
 * belongs to it, while a task uses that; or a cgroup stays for ever.
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

/* p, and c in it. */
struct family {
	struct cgroup p, c;
};

FIXTURE(cgroup_release_agent)
{
	struct stage stage;
	struct cgroup in_v2; /* where the task is besides */
	struct cgroup top; /* of the v1 hierarchy */
	struct family silent,
		told; /* without and with notify_on_release at the death */
	int mount; /* -1: it has ended */
	int script, calls; /* the agent, and what it has noted */
	struct exiting task;
	struct removal removal;
};

static bool put(int fd, const char *text)
{
	return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* The descriptor of a script that can be run: none may be open to write it. */
static int make_script(const char *text)
{
	char path[32];
	int written, script = -1;

	written = memfd_create("release agent", MFD_CLOEXEC | MFD_EXEC);
	if (written < 0)
		written = memfd_create("release agent", MFD_CLOEXEC);
	if (written < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", written);
	if (put(written, text))
		script = open(path, O_RDONLY | O_CLOEXEC);
	close(written);
	return script;
}

static int start_agent(FIXTURE_DATA(cgroup_release_agent) * self)
{
	char text[128];

	self->calls = memfd_create("calls", MFD_CLOEXEC);
	snprintf(text, sizeof(text),
		 "#!/bin/sh\necho \"$1\" >>/proc/%d/fd/%d\n", getpid(),
		 self->calls);
	self->script = make_script(text);
	if (self->calls < 0 || self->script < 0)
		return -EINVAL;
	snprintf(text, sizeof(text), "/proc/%d/fd/%d", getpid(), self->script);
	return cgroup_write(&self->top, "release_agent", text);
}

/* What the agent calls it. */
static const char *name_of(FIXTURE_DATA(cgroup_release_agent) * self,
			   const struct cgroup *cg)
{
	return cg->path + strlen(self->top.path);
}

/* How often the agent was called for @cg. */
static int calls_for(FIXTURE_DATA(cgroup_release_agent) * self,
		     const struct cgroup *cg)
{
	char text[4096], *line, *save = NULL;
	int nr = 0;
	ssize_t len;

	len = pread(self->calls, text, sizeof(text) - 1, 0);
	text[len < 0 ? 0 : len] = '\0';
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		nr += !strcmp(line, name_of(self, cg));
	return nr;
}

/* Makes and empties a cgroup, and waits until the agent is called for it. */
static bool agent_comes(FIXTURE_DATA(cgroup_release_agent) * self,
			const char *name)
{
	struct cgroup sentinel;
	bool came = false;

	if (cgroup_create(&sentinel, &self->top, name))
		return false;
	if (!cgroup_write(&sentinel, "notify_on_release", "1") &&
	    !cgroup_add(&sentinel, getpid()) &&
	    !cgroup_add(&self->top, getpid()))
		came = WAIT_FOR(calls_for(self, &sentinel), PATIENCE_MS);
	cgroup_remove(&sentinel);
	return came;
}

/* After this no more calls are noted. */
static bool all_calls_are_noted(FIXTURE_DATA(cgroup_release_agent) * self)
{
	char agent[32];
	bool ended;

	snprintf(agent, sizeof(agent), "/proc/%d/fd/%d", getpid(),
		 self->script);
	ended = cgroup1_end(self->mount);
	self->mount = -1;
	return ended && WAIT_FOR(!proc_find_argument(agent), PATIENCE_MS);
}

static int create_family(FIXTURE_DATA(cgroup_release_agent) * self,
			 struct family *family, const char *p, const char *c)
{
	return cgroup_create(&family->p, &self->top, p) ?:
		       cgroup_create(&family->c, &family->p, c);
}

FIXTURE_SETUP(cgroup_release_agent)
{
	SET_STAGE();
	ASSERT_EQ(0, cgroup_create(&self->in_v2, &self->stage.root, "in_v2"));
	self->mount = cgroup1_mount(&self->top, NULL, &self->stage.reason);
	if (self->mount < 0)
		LEAVE("%s", self->stage.reason.text);
	ASSERT_EQ(0, create_family(self, &self->silent, "p", "c"));
	ASSERT_EQ(0, create_family(self, &self->told, "q", "d"));
	ASSERT_EQ(0, stay_on_this_cpu());
	if (start_agent(self) || !agent_comes(self, "try")) {
		cgroup_empty(&self->top);
		LEAVE("the kernel does not run a release agent for us: is there a /bin/sh, and are memfds executable?");
	}
}

FIXTURE_TEARDOWN(cgroup_release_agent)
{
	exiting_destroy(&self->task);
	deadline_abandon(&self->removal.call);
	if (self->mount >= 0) {
		cgroup_add(&self->top, getpid());
		if (cgroup_empty(&self->top))
			ksft_print_msg("cgroups of the v1 hierarchy stay\n");
	}
	STRIKE_STAGE();
}

static bool is_in(FIXTURE_DATA(cgroup_release_agent) * self,
		  const struct cgroup *cg, pid_t pid)
{
	char file[32], text[4096], end[64];

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	snprintf(end, sizeof(end), ":%s\n", name_of(self, cg));
	return read_file(file, text, sizeof(text)) > 0 && strstr(text, end);
}

/*
 * Holds a task that is alone in @c. Of one that is exiting /proc does not tell
 * the v1 cgroup; but its parent, which forked it, is in @c until it moves away.
 * The witness of the hold is a zombie.
 */
static void hold_in(struct __test_metadata *_metadata,
		    FIXTURE_DATA(cgroup_release_agent) * self,
		    const struct cgroup *c)
{
	ASSERT_EQ(0, cgroup_add(c, getpid()));
	HOLD(&self->task, HOLD_PIDNS, &self->in_v2);
	ASSERT_TRUE(is_in(self, c, self->task.holder));
	ASSERT_EQ(0, cgroup_add(&self->top, self->task.holder));
	ASSERT_EQ(0, cgroup_add(&self->top, getpid()));
	STEP("all others have left %s", name_of(self, c));
}

/* The cgroup that a family's last task is to empty: p, where c is @removed around it. */
static const struct cgroup *emptied(const struct family *family, bool removed)
{
	return removed ? &family->p : &family->c;
}

/* Whether a task that exits is alone in the family. */
static bool task_is_alone(struct __test_metadata *_metadata,
			  FIXTURE_DATA(cgroup_release_agent) * self,
			  const struct family *family, bool removed)
{
	ASSERT_EQ(0, cgroup_write(emptied(family, removed), "notify_on_release",
				  "1"));
	hold_in(_metadata, self, &family->c);
	if (!self->task.holder)
		return false;
	return !removed || removal_done(&self->removal, &self->stage.story,
					&family->c, BLOCKED_MS);
}

static void release(struct __test_metadata *_metadata,
		    FIXTURE_DATA(cgroup_release_agent) * self)
{
	ASSERT_EQ(0, exiting_release(&self->task));
	STEP("the task is released and reaped");
}

/* The second task dies and is announced: false where its stage cannot be set. */
static bool agent_is_due(struct __test_metadata *_metadata,
			 FIXTURE_DATA(cgroup_release_agent) * self,
			 bool removed)
{
	struct story *story = &self->stage.story;

	if (task_is_alone(_metadata, self, &self->told, removed)) {
		release(_metadata, self);
		return true;
	}
	/* The hierarchy ends when all of its cgroups have. */
	ASSERT_NE(0, self->task.holder);
	release(_metadata, self);
	ASSERT_TRUE(removal_finish(&self->removal, story, &self->told.c));
	return false;
}

#define NO_RMDIR \
	"rmdir around an exiting task does not succeed here: cgroup_rmdir judges that"

/*
 * It is not called for what a task exits in, and once when that is gone. That it was
 * called too early is said also where the second cannot be asked.
 */
static void agent_waits(struct __test_metadata *_metadata,
			FIXTURE_DATA(cgroup_release_agent) * self, bool removed)
{
	const struct cgroup *silent = emptied(&self->silent, removed);
	const struct cgroup *told = emptied(&self->told, removed);
	bool due, came;

	if (!task_is_alone(_metadata, self, &self->silent, removed)) {
		if (self->task.holder)
			SKIP(return, NO_RMDIR);
		return;
	}
	ASSERT_TRUE(agent_comes(self, "sentinel"));
	ASSERT_TRUE(exiting_is_held(&self->task));
	ASSERT_EQ(0, cgroup_write(silent, "notify_on_release", "0"));
	STEP("notify_on_release of %s is 0, and what was queued before has begun",
	     name_of(self, silent));
	release(_metadata, self);

	due = agent_is_due(_metadata, self, removed);
	came = due && WAIT_FOR(calls_for(self, told), PATIENCE_MS);
	ASSERT_TRUE(agent_comes(self, "last"));
	ASSERT_TRUE(all_calls_are_noted(self));
	STEP("the agent was called %d times for %s, %d times for %s",
	     calls_for(self, silent), name_of(self, silent),
	     calls_for(self, told), name_of(self, told));

	if (calls_for(self, silent))
		BROKEN(FIX_DEFER_UNLINK,
		       "the release agent is called for a cgroup in which a task still exits");
	else if (!due)
		SKIP(return, NO_RMDIR);
	else if (!came)
		BROKEN(FIX_NONE,
		       "the release agent is never called, though the task is gone");
	else if (calls_for(self, told) > 1)
		BROKEN(FIX_NONE,
		       "the release agent is called more than once for one cgroup");
}

TEST_F(cgroup_release_agent, comes_once_after_the_last_switch)
{
	agent_waits(_metadata, self, false);
}

TEST_F(cgroup_release_agent, comes_for_the_parent_of_a_removed_child)
{
	agent_waits(_metadata, self, true);
}

TEST_PROGRAM(cgroup_release_agent)
