// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_newborn - a process that is moved while it is forked goes where it is
 * moved.
 *
 * The invariant. As soon as a process has a pid it can be written to a cgroup.procs,
 * also while its fork has not put it into any cgroup yet. The write waits for that, and
 * then moves it.
 *
 * Who broke it. A write to cgroup.procs waited for every fork, until 6.18 made it wait
 * for the forks of the moved process alone, where cgroups are mounted with
 * favordynmods. The fork of a new process is one of its parent's. "cgroup:
 * serialize migrations of newly forked processes" (7.3.2) has the child's lock
 * taken, too.
 *
 * How the window is opened. The kernel tells of a fork between the moment in which
 * the child has its pid and that in which it gets its cgroup (lib/fork_events.h).
 * The mover hears it, a FIFO task on the CPU of the parent, which stands still until
 * the mover sleeps. That the child is in no cgroup yet, and that an unrelated
 * process can be moved meanwhile, is looked at first. A move that does not wait ruins
 * the kernel: the first one is to a cgroup that refuses it, and only where it has waited
 * the next one is real. Where cgroups are not mounted with favordynmods, that is made
 * up for; it cannot be undone until the next boot, so it takes a machine that is
 * disposable.
 *
 * What a failure means. A service manager puts a process into a cgroup while it is
 * forked: it is in the lists of two cgroups then, and the kernel warns, and oopses or
 * hangs with the lock of all cgroups held.
 */
#include <sys/socket.h>

#include "cgroup1.h"
#include "disposable.h"
#include "fork_events.h"
#include "proc.h"
#include "spawn.h"
#include "test.h"

/* A mover that has to wait for something else misses the window: it tries again. */
#define ATTEMPTS 3

enum window {
	WINDOW_OPEN,
	WINDOW_PASSED, /* the fork was done when the mover heard of it */
	WINDOW_SHUT, /* a move of another process waits for the fork */
};

struct outcome {
	int err; /* the stage could not be set */
	enum window window;
	pid_t child;
	int moved; /* what the move of the child returned: 0 or -errno */
	bool waited; /* when it returned the child was in a cgroup */
	struct reason reason;
};

/* In the mover. */
struct crew {
	int events;
	pid_t parent;
	int orders; /* it forks once for each byte */
	pid_t bystander;
};

FIXTURE(cgroup_newborn)
{
	struct stage stage;
	struct cgroup home, elsewhere;
	struct cgroup domain, threaded,
		refusing; /* domain/{threaded,refusing} */
	pid_t mover; /* 0 for none */
	int control; /* a socket to it */
};

FIXTURE_SETUP(cgroup_newborn)
{
	SET_STAGE();
	ASSERT_EQ(0, cgroup_create(&self->home, &self->stage.root, "home"));
	ASSERT_EQ(0, cgroup_create(&self->elsewhere, &self->stage.root,
				   "elsewhere"));
	ASSERT_EQ(0, cgroup_create(&self->domain, &self->stage.root, "domain"));
	ASSERT_EQ(0, cgroup_create(&self->threaded, &self->domain, "threaded"));
	ASSERT_EQ(0, cgroup_write(&self->threaded, "cgroup.type", "threaded"));
	/* "domain invalid": no process can be moved there. */
	ASSERT_EQ(0, cgroup_create(&self->refusing, &self->domain, "refusing"));
}

static void end_mover(FIXTURE_DATA(cgroup_newborn) * self)
{
	if (self->mover <= 0)
		return;
	spawn_kill(self->mover, BLOCKED_MS);
	self->mover = 0;
	close(self->control);
}

FIXTURE_TEARDOWN(cgroup_newborn)
{
	end_mover(self);
	STRIKE_STAGE();
}

static __noreturn void fork_at_each_order(int orders)
{
	char order;

	while (read(orders, &order, 1) == 1)
		if (!fork())
			idle_until_killed();
	_exit(EXIT_SUCCESS);
}

/* A child of the mover, on its CPU and below it, in the cgroup that is left. */
static int start_parent(struct crew *crew, const struct cgroup *home)
{
	int ends[2];

	if (pipe(ends))
		return -errno;
	crew->parent = spawn(ends[0]);
	if (!crew->parent)
		fork_at_each_order(ends[0]);
	close(ends[0]);
	crew->orders = ends[1];
	return crew->parent < 0 ? -errno : cgroup_add(home, crew->parent);
}

static int assemble(struct crew *crew, const struct cgroup *home,
		    struct reason *reason)
{
	int err;

	crew->events = fork_events_open(reason);
	if (crew->events < 0)
		return crew->events;
	err = run_before_children() ?: start_parent(crew, home);
	if (err)
		return err;
	crew->bystander = spawn_idle_in(home);
	return crew->bystander < 0 ? crew->bystander : 0;
}

static bool is_in(const struct cgroup *cg, pid_t pid)
{
	return cgroup_lists(cg, "cgroup.procs", pid) == 1;
}

/* From the news of the fork on nothing here sleeps, unless for the fork's sake. */
static void move_in_a_fork(FIXTURE_DATA(cgroup_newborn) * self,
			   const struct cgroup *to, struct crew *crew,
			   struct outcome *outcome)
{
	const struct cgroup *home = &self->home;
	pid_t child;

	outcome->err = write(crew->orders, "f", 1) == 1 ? 0 : -errno;
	child = fork_events_next(crew->events, crew->parent, PATIENCE_MS);
	outcome->child = child;
	if (child < 0) {
		outcome->err = child;
	} else if (is_in(home, child)) {
		outcome->window = WINDOW_PASSED;
	} else if (cgroup_add(&self->elsewhere, crew->bystander) ||
		   is_in(home, child)) {
		outcome->window = WINDOW_SHUT;
	} else {
		outcome->window = WINDOW_OPEN;
		outcome->moved = cgroup_add(to, child);
		outcome->waited = is_in(home, child) || is_in(to, child);
	}
}

static __noreturn void be_mover(FIXTURE_DATA(cgroup_newborn) * self,
				const struct cgroup *to, int control)
{
	struct outcome outcome = {};
	struct crew crew = {};
	int i;

	outcome.err = assemble(&crew, &self->home, &outcome.reason);
	for (i = 0; i < ATTEMPTS && !outcome.err; i++) {
		move_in_a_fork(self, to, &crew, &outcome);
		if (outcome.window == WINDOW_OPEN)
			break;
	}
	send(control, &outcome, sizeof(outcome), MSG_NOSIGNAL);
	idle_until_killed();
}

static void start_mover(struct __test_metadata *_metadata,
			FIXTURE_DATA(cgroup_newborn) * self,
			const struct cgroup *to)
{
	int ends[2];

	end_mover(self);
	ASSERT_EQ(0,
		  socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
	self->mover = spawn(ends[1]);
	if (!self->mover)
		be_mover(self, to, ends[1]);
	close(ends[1]);
	ASSERT_LT(0, self->mover);
	self->control = ends[0];
}

/* False where the mover is not heard of: its write sleeps. */
static bool race(struct __test_metadata *_metadata,
		 FIXTURE_DATA(cgroup_newborn) * self, const struct cgroup *to,
		 struct outcome *outcome)
{
	struct pollfd news = { .events = POLLIN };
	char where[384];

	start_mover(_metadata, self, to);
	news.fd = self->control;
	if (poll(&news, 1, 2 * PATIENCE_MS) < 1) {
		proc_describe(self->mover, where, sizeof(where));
		BROKEN(FIX_NONE, "a move during a fork does not return: %s",
		       where);
		return false;
	}
	ASSERT_EQ((ssize_t)sizeof(*outcome),
		  recv(self->control, outcome, sizeof(*outcome), 0));
	return true;
}

/* From now on a move waits only for the forks of the process that is moved. */
static int favor_dynmods(FIXTURE_DATA(cgroup_newborn) * self)
{
	if (machine_is_disposable())
		return cgroup1_favor_dynmods(&self->stage.reason);
	reason_set(
		&self->stage.reason,
		"cgroups are mounted without favordynmods, which is for good: DISPOSABLE_MACHINE=1 allows it");
	return -EPERM;
}

/* The same, with what it takes to have a window. */
static bool race_in_a_window(struct __test_metadata *_metadata,
			     FIXTURE_DATA(cgroup_newborn) * self,
			     const struct cgroup *to, struct outcome *outcome)
{
	if (!race(_metadata, self, to, outcome))
		return false;
	if (!outcome->err && outcome->window == WINDOW_SHUT) {
		if (favor_dynmods(self))
			SKIP(return false, "%s", self->stage.reason.text);
		STEP("cgroups are mounted with favordynmods");
		if (!race(_metadata, self, to, outcome))
			return false;
	}
	if (outcome->err == -EOPNOTSUPP && outcome->reason.text[0])
		SKIP(return false, "%s", outcome->reason.text);
	ASSERT_EQ(0, outcome->err);
	if (outcome->window == WINDOW_SHUT)
		SKIP(return false, "every move waits for every fork here");
	if (outcome->window == WINDOW_PASSED)
		SKIP(return false,
			    "nothing preempts a fork here: that takes preempt=full");
	STEP("process %d has its pid and no cgroup yet, and is moved to %s: %s, and it %s",
	     outcome->child, strrchr(to->path, '/') + 1,
	     outcome->moved ? strerror(-outcome->moved) : "done",
	     outcome->waited ? "is in a cgroup" : "is in none yet");
	return true;
}

TEST_F(cgroup_newborn, move_during_the_fork_waits_for_it)
{
	struct outcome outcome = {};

	if (!race_in_a_window(_metadata, self, &self->refusing, &outcome))
		return;
	ASSERT_EQ(-EOPNOTSUPP, outcome.moved);
	if (!outcome.waited) {
		BROKEN(FIX_FORK_MIGRATION,
		       "a move of a process during its fork does not wait until it is in a cgroup");
		return;
	}

	if (!race_in_a_window(_metadata, self, &self->elsewhere, &outcome))
		return;
	if (outcome.moved)
		BROKEN(FIX_NONE,
		       "a process cannot be moved during its fork: %s",
		       strerror(-outcome.moved));
	else if (!is_in(&self->elsewhere, outcome.child))
		BROKEN(FIX_NONE,
		       "a process that was moved during its fork is not there");
}

TEST_PROGRAM(cgroup_newborn)
