// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_newborn - a process can be moved to another cgroup during its fork.
 *
 * The invariant. As soon as a process has a pid, the pid can be written to a
 * cgroup.procs, even if the fork has not added the process to a cgroup yet. The write
 * waits until it has, and then moves the process.
 *
 * History. A write to cgroup.procs used to wait for all forks. Since 6.18,
 * with favordynmods, it takes only the lock of the moved process. A fork held only the lock
 * of the parent, so a move of the child did not wait. Since "cgroup: serialize migrations
 * of newly forked processes" (7.3.2) it also holds the lock of the child.
 *
 * The window. The kernel reports a fork after the child has its pid and
 * before it joins a cgroup (lib/fork_events.h). The mover receives that report: it is
 * a FIFO task on the parent's CPU, so the parent does not run until the mover sleeps.
 * The mover checks that the child is in no cgroup and that an unrelated process can be
 * moved meanwhile. A move that does not wait corrupts the lists of the kernel. So the first
 * move is to a cgroup that rejects it, and the test makes the second move, to a cgroup that
 * accepts it, only if the first one waited.
 * Without favordynmods the test enables it. As only a reboot disables it again, this
 * needs a disposable machine.
 *
 * Consequence. A service manager moves a process to a cgroup during its fork,
 * and the process is on the lists of two cgroups. The kernel warns, and oopses or hangs
 * with cgroup_mutex held.
 */
#include "cgroup1.h"
#include "disposable.h"
#include "fork_events.h"
#include "helper.h"
#include "proc.h"
#include "spawn.h"
#include "test.h"

/* A mover that sleeps for another reason misses the window, and tries again. */
#define ATTEMPTS 3

enum window {
	WINDOW_OPEN,
	WINDOW_MISSED, /* the fork was done when the mover received the report */
	WINDOW_CLOSED, /* a move of another process waits for the fork */
};

/* The state that the mover reports to the test. */
struct outcome {
	int err; /* the setup failed */
	enum window window;
	pid_t child;
	int moved; /* the result of the child's move: 0 or -errno */
	bool waited; /* when the move returned the child was in a cgroup */
	struct reason reason;
};

/* In the mover. */
static struct {
	int events;
	struct helper parent; /* forks once for each order */
	pid_t bystander;
} crew;

static struct cgroup home, elsewhere;
static struct cgroup domain, threaded, rejecting; /* the others are in domain */
static struct helper mover;
static struct outcome outcome;

static void setup(void)
{
	int err;

	test_cgroup(&home, &test.root, "home");
	test_cgroup(&elsewhere, &test.root, "elsewhere");
	test_cgroup(&domain, &test.root, "domain");
	test_cgroup(&threaded, &domain, "threaded");
	err = cgroup_write(&threaded, "cgroup.type", "threaded");
	test_require(!err, FIX_NONE, "an empty cgroup cannot be threaded: %s",
		     strerror(-err));
	/* "domain invalid": no process can be moved there. */
	test_cgroup(&rejecting, &domain, "rejecting");
}

static void fork_at_each_order(int socket, const void *unused)
{
	(void)unused;
	while (helper_await(socket))
		if (!fork())
			idle_until_killed();
}

/* The parent is in home, on the mover's CPU with a lower priority. */
static int start_crew(struct reason *reason)
{
	int err;

	crew.events = fork_events_open(reason);
	if (crew.events < 0)
		return crew.events;
	err = run_before_children()					   ?:
		      helper_start(&crew.parent, fork_at_each_order, NULL) ?:
		      cgroup_add(&home, crew.parent.pid);
	if (err)
		return err;
	crew.bystander = spawn_idle_in(&home);
	return crew.bystander < 0 ? crew.bystander : 0;
}

/* In the mover. Where it cannot read, it reports that. */
static bool is_in(const struct cgroup *cg, struct outcome *report)
{
	int listed = cgroup_lists(cg, "cgroup.procs", report->child);

	if (listed < 0) {
		report->err = listed;
		reason_set(&report->reason, "cannot read cgroup.procs: %s",
			   strerror(-listed));
	}
	return listed == 1;
}

static void move_bystander(struct outcome *report)
{
	report->err = cgroup_add(&elsewhere, crew.bystander);
	if (report->err)
		reason_set(&report->reason,
			   "an idle process cannot be moved: %s",
			   strerror(-report->err));
}

static pid_t fork_child(struct outcome *report)
{
	pid_t child;

	report->err = helper_order(&crew.parent);
	if (report->err)
		return report->err;
	child = fork_events_next(crew.events, crew.parent.pid, PATIENCE_MS);
	if (child < 0)
		report->err = child;
	return child;
}

/* After the report of the fork, nothing but a move that waits for the fork may sleep. */
static void move_during_fork(const struct cgroup *to, struct outcome *report)
{
	report->child = fork_child(report);
	if (report->child < 0)
		return;
	report->window = WINDOW_MISSED;
	if (is_in(&home, report) || report->err)
		return;
	move_bystander(report);
	report->window = WINDOW_CLOSED;
	if (report->err || is_in(&home, report) || report->err)
		return;
	report->window = WINDOW_OPEN;
	report->moved = cgroup_add(to, report->child);
	report->waited = is_in(&home, report) || is_in(to, report);
}

static void be_mover(int socket, const void *to)
{
	struct outcome report = {};
	int i;

	report.err = start_crew(&report.reason);
	for (i = 0; i < ATTEMPTS && !report.err; i++) {
		move_during_fork(to, &report);
		if (report.window == WINDOW_OPEN)
			break;
	}
	helper_report(socket, &report, sizeof(report));
	idle_until_killed();
}

static void try_to_move(const struct cgroup *to)
{
	char where[384];
	struct proc_stat stat;

	helper_kill(&mover);
	test_must_call(helper_start(&mover, be_mover, to), "cannot fork");
	if (helper_hear(&mover, &outcome, sizeof(outcome), 2 * PATIENCE_MS))
		return;
	if (proc_stat(mover.pid, &stat) || stat.state == 'Z')
		test_error("the process that moves the other one has died");
	proc_describe(mover.pid, where, sizeof(where));
	test_fail(FIX_NONE, "a move during a fork does not return: %s", where);
	test_stop();
}

/*
 * From now on a move waits only for the forks of the moved process. Only a reboot
 * disables favordynmods again.
 */
static void favor_dynmods(void)
{
	if (!machine_is_disposable())
		test_skip("mounting cgroups with favordynmods takes DISPOSABLE_MACHINE=1");
	test_skip_or_error(cgroup1_probe(NULL, &test.reason));
	if (cgroup1_favor_dynmods(&test.reason))
		test_skip("%s", test.reason.text);
	test_step("cgroups are mounted with favordynmods");
}

/* Moves a process to @to during its fork; sets the outcome. */
static void move_child(const struct cgroup *to)
{
	try_to_move(to);
	if (!outcome.err && outcome.window == WINDOW_CLOSED) {
		favor_dynmods();
		try_to_move(to);
	}
	if (outcome.err == -EOPNOTSUPP && outcome.reason.text[0])
		test_skip("%s", outcome.reason.text);
	test_require(outcome.err != -ETIMEDOUT, FIX_NONE,
		     "the process connector does not report a fork");
	if (outcome.err)
		test_error("a move during a fork cannot be tried: %s",
			   outcome.reason.text[0] ? outcome.reason.text :
						    strerror(-outcome.err));
	if (outcome.window == WINDOW_CLOSED)
		test_skip("a move waits for all forks here");
	if (outcome.window == WINDOW_MISSED)
		test_skip("the fork was not preempted: this needs a preemptible kernel");
	test_step("process %d, not yet in a cgroup, is moved to %s: %s; then it is in %s cgroup",
		  outcome.child, cgroup_name(to),
		  outcome.moved ? strerror(-outcome.moved) : "done",
		  outcome.waited ? "a" : "no");
}

TEST_INVARIANT(move_of_a_process_waits_for_its_fork,
	       "a move of a process that is being forked waits until the process is in a cgroup",
	       FAILS_WITHOUT(FIX_FORK_MIGRATION))
{
	move_child(&rejecting);
	test_require(outcome.moved == -EOPNOTSUPP, FIX_NONE,
		     "a move to a cgroup that is \"domain invalid\" does not fail with EOPNOTSUPP: %s",
		     outcome.moved ? strerror(-outcome.moved) : "it succeeds");
	test_require(outcome.waited, FIX_FORK_MIGRATION,
		     "a move of a process during its fork does not wait until it is in a cgroup");

	move_child(&elsewhere);
	if (outcome.moved)
		test_fail(FIX_NONE,
			  "process %d cannot be moved during its fork: %s",
			  outcome.child, strerror(-outcome.moved));
	else if (!test_lists(&elsewhere, "cgroup.procs", outcome.child))
		test_fail(FIX_NONE,
			  "cgroup.procs of elsewhere does not list process %d, which was moved there during its fork",
			  outcome.child);
}
