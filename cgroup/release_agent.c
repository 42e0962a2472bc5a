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
 * what it is called with. That it has not come yet is not waited for but asked:
 * another cgroup is emptied, and when that is announced so is all before.
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

#define SENTINELS 5

FIXTURE(cgroup_release_agent)
{
	struct stage stage;
	struct cgroup in_v2; /* where the task is besides */
	struct cgroup top, p, c; /* of the v1 hierarchy, p/c */
	int mount;
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

/* How often the agent was called for @cg. */
static int calls_for(FIXTURE_DATA(cgroup_release_agent) * self,
		     const struct cgroup *cg)
{
	const char *name = cg->path + strlen(self->top.path);
	char text[4096], *line, *save = NULL;
	int nr = 0;
	ssize_t len;

	len = pread(self->calls, text, sizeof(text) - 1, 0);
	text[len < 0 ? 0 : len] = '\0';
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		nr += !strcmp(line, name);
	return nr;
}

/* Makes and empties a cgroup, and waits until the agent is called for it. */
static bool agent_comes(FIXTURE_DATA(cgroup_release_agent) * self,
			const char *name)
{
	struct cgroup sentinel;
	bool came = false;
	pid_t pid;

	if (cgroup_create(&sentinel, &self->top, name))
		return false;
	pid = spawn(-1);
	if (!pid)
		idle_until_killed();
	if (!cgroup_write(&sentinel, "notify_on_release", "1") && pid > 0 &&
	    !cgroup_add(&sentinel, pid) && spawn_kill(pid, PATIENCE_MS) >= 0)
		came = WAIT_FOR(calls_for(self, &sentinel), PATIENCE_MS);
	cgroup_remove(&sentinel);
	return came;
}

/*
 * One after the other: calls may overtake each other, as each is a process of its
 * own, but none of them is so slow.
 */
static bool agent_has_caught_up(FIXTURE_DATA(cgroup_release_agent) * self,
				const char *name)
{
	char sentinel[32];
	int i;

	for (i = 0; i < SENTINELS; i++) {
		snprintf(sentinel, sizeof(sentinel), "%s.%d", name, i);
		if (!agent_comes(self, sentinel))
			return false;
	}
	return true;
}

FIXTURE_SETUP(cgroup_release_agent)
{
	SET_STAGE();
	ASSERT_EQ(0, cgroup_create(&self->in_v2, &self->stage.root, "in_v2"));
	self->mount = cgroup1_mount(&self->top, NULL, &self->stage.reason);
	if (self->mount < 0)
		LEAVE("%s", self->stage.reason.text);
	ASSERT_EQ(0, cgroup_create(&self->p, &self->top, "p"));
	ASSERT_EQ(0, cgroup_create(&self->c, &self->p, "c"));
	if (start_agent(self) || !agent_comes(self, "try")) {
		cgroup_empty(&self->top);
		LEAVE("the kernel does not run a release agent for us: is there a /bin/sh, and are memfds executable?");
	}
}

FIXTURE_TEARDOWN(cgroup_release_agent)
{
	exiting_destroy(&self->task);
	deadline_abandon(&self->removal.call);
	cgroup_add(&self->top, getpid());
	if (cgroup_empty(&self->top))
		ksft_print_msg("cgroups of the v1 hierarchy stay\n");
	STRIKE_STAGE();
}

static bool is_in_c(pid_t pid)
{
	char file[32], text[4096];

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	return read_file(file, text, sizeof(text)) > 0 &&
	       strstr(text, ":/p/c\n");
}

/*
 * Holds a task that is alone in c. Of one that is exiting /proc does not tell
 * the v1 cgroup; but its parent, which forked it, is in c until it moves away.
 * The witness of the hold is a zombie.
 */
static void hold_in_c(struct __test_metadata *_metadata,
		      FIXTURE_DATA(cgroup_release_agent) * self)
{
	ASSERT_EQ(0, cgroup_add(&self->c, getpid()));
	HOLD(&self->task, HOLD_PIDNS, &self->in_v2);
	ASSERT_TRUE(is_in_c(self->task.holder));
	ASSERT_EQ(0, cgroup_add(&self->top, self->task.holder));
	ASSERT_EQ(0, cgroup_add(&self->top, getpid()));
	STEP("all others have left its v1 cgroup");
}

/* It is not called for @cg until the task is gone, and then once. */
static void agent_waits(struct __test_metadata *_metadata,
			FIXTURE_DATA(cgroup_release_agent) * self,
			const struct cgroup *cg)
{
	ASSERT_TRUE(agent_has_caught_up(self, "before"));
	ASSERT_TRUE(exiting_is_held(&self->task));
	STEP("the agent was called %d times", calls_for(self, cg));
	if (calls_for(self, cg))
		BROKEN(FIX_DEFER_UNLINK,
		       "the release agent is called for a cgroup in which a task still exits");

	ASSERT_EQ(0, exiting_release(&self->task));
	STEP("the task is released and reaped");
	if (!WAIT_FOR(calls_for(self, cg), PATIENCE_MS))
		BROKEN(FIX_NONE,
		       "the release agent is never called, though the task is gone");
	ASSERT_TRUE(agent_has_caught_up(self, "after"));
	STEP("the agent was called %d times", calls_for(self, cg));
	if (calls_for(self, cg) > 1)
		BROKEN(FIX_NONE,
		       "the release agent is called more than once for one cgroup");
}

TEST_F(cgroup_release_agent, comes_once_after_the_last_switch)
{
	ASSERT_EQ(0, cgroup_write(&self->c, "notify_on_release", "1"));
	hold_in_c(_metadata, self);
	agent_waits(_metadata, self, &self->c);
}

TEST_F(cgroup_release_agent, comes_for_the_parent_of_a_removed_child)
{
	ASSERT_EQ(0, cgroup_write(&self->p, "notify_on_release", "1"));
	hold_in_c(_metadata, self);
	if (!removal_done(&self->removal, &self->stage.story, &self->c,
			  BLOCKED_MS))
		SKIP(return,
			   "rmdir around an exiting task does not succeed here: cgroup_rmdir judges that");
	agent_waits(_metadata, self, &self->p);
}

TEST_PROGRAM(cgroup_release_agent)
