// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_load_storm - a BPF scheduler can be enabled and disabled at any time.
 *
 * The invariant. A scheduler may be enabled and disabled while tasks fork, move and exit
 * and cgroups are created and removed. Each time all ordering rules hold: the kernel
 * calls exit_task and cgroup_exit for each task and cgroup that it has initialised, in the
 * right order. It logs no warning.
 *
 * History. Kernels that lack a fix that another scx test names may fail here. This
 * test also looks for bugs that those do not foresee. It races, so it may miss them.
 *
 * The window. The test enables and disables a scheduler again and again
 * while children create and remove cgroups with tasks that live, exit and move in them,
 * until the scheduler has seen forty forks. On 6.18 that shows some ten violations.
 *
 * Consequence. See the rule that is violated.
 */
#include <sys/wait.h>

#include <scx/common.h>

#include "test.h"
#include "scheduler.h"
#include "share.h"
#include "spawn.h"
#include "steps.h"
#include "load_storm.skel.h"

#define FORKS 40
#define LIMIT_MS 6000 /* for a slow machine */
#define WORKERS 2

/* Why a worker ends. */
enum worker_exit {
	CANNOT_CREATE = 1,
	CANNOT_FORK,
	CANNOT_REMOVE,
};

static struct scheduler scheduler;
static pid_t workers[WORKERS];
static int *worker_errno; /* of each worker that has ended; shared with them */
static int this_worker; /* in a worker, its number */

static void setup(void)
{
	struct load_storm *skel;

	need_cgroup_sched_ext();
	skel = SCHEDULER_OPEN(&scheduler, load_storm);
	timeline_use_log(&skel->bss->events);
	scheduler_load(&scheduler);
	worker_errno = share_memory(sizeof(*worker_errno) * WORKERS);
	if (!worker_errno)
		test_error("mmap: %s", strerror(errno));
}

static __noreturn void end_worker(enum worker_exit why, int err)
{
	worker_errno[this_worker] = err < 0 ? -err : err;
	_exit(why);
}

static void create_numbered(struct cgroup *cg, const char *name, int number)
{
	char numbered[16];
	int err;

	snprintf(numbered, sizeof(numbered), "%s%d", name, number);
	err = cgroup_create(cg, &test.root, numbered);
	if (err)
		end_worker(CANNOT_CREATE, err);
}

static void remove_empty(const struct cgroup *cg)
{
	int err;

	WAIT_FOR(!(err = cgroup_rmdir(cg)), PATIENCE_MS);
	if (err)
		end_worker(CANNOT_REMOVE, err);
}

/*
 * In a cgroup one task exits and becomes a zombie, one is killed, and one moves to
 * another cgroup and is killed there. Both cgroups are removed before the zombie is
 * reaped.
 */
static void create_and_remove(int number)
{
	struct cgroup here, there;
	pid_t pids[3];
	int i, fd;

	create_numbered(&here, "here", number);
	create_numbered(&there, "there", number);
	fd = cgroup_open(&here, "");
	for (i = 0; i < 3; i++) {
		pids[i] = fork_into(fd, 0);
		if (!pids[i] && i == 0)
			_exit(0);
		if (!pids[i])
			idle_until_killed();
		if (pids[i] < 0)
			end_worker(CANNOT_FORK, errno);
	}
	close(fd);
	cgroup_add(&there, pids[1]);
	pause_ms(5);
	for (i = 1; i < 3; i++)
		spawn_kill(pids[i], PATIENCE_MS);
	remove_empty(&here);
	remove_empty(&there);
	pause_ms(20);
	spawn_wait(pids[0], PATIENCE_MS);
}

/* Before the first attach, as a worker must not inherit the scheduler's link. */
static void start_workers(void)
{
	int i;

	for (i = 0; i < WORKERS; i++) {
		workers[i] = spawn(-1);
		this_worker = i;
		while (!workers[i])
			create_and_remove(i);
		must_have_forked(workers[i]);
	}
}

/* All rules, but not R3 on a kernel that violates R3 in some runs only. */
static unsigned int certain_rules(void)
{
	unsigned long long unused;

	/* c941d7391f25 (7.1) fixes the violation of R3 that scx_pairing shows. */
	return kernel_btf_enum("scx_ent_flags", "SCX_TASK_INIT_BEGIN",
			       &unused) ?
		       ORDER_ALL_RULES & ~ORDER_RULE(ORDER_R3) :
		       ORDER_ALL_RULES;
}

/* Whether a task was forked in a cgroup that a worker has created. */
static bool is_in_cgroup_of_worker(const struct event *ev)
{
	const struct event *init =
		event_last(test.log, EV_CGROUP_INIT, ev->cgroup, 0);

	return init && init->to == test.root.id;
}

/* The number of init_task callbacks from forks by workers. */
static int count_forks(void)
{
	size_t i, nr = event_count(test.log);
	int forks = 0;

	for (i = 0; i < nr; i++) {
		const struct event *ev = &test.log->event[i];

		forks += ev->kind == EV_INIT_TASK && ev->flags & EVF_FORK &&
			 is_in_cgroup_of_worker(ev);
	}
	return forks;
}

/* Whether the log has room for another round, on all but the largest machines. */
static bool has_room(void)
{
	return event_count(test.log) < EVENT_LOG_SIZE / 4 * 3;
}

/* False if the kernel ejects the scheduler. */
static bool enable_and_disable(void)
{
	long long begin = now_ms();
	int i;

	for (i = 0;
	     count_forks() < FORKS && now_ms() < begin + LIMIT_MS && has_room();
	     i++) {
		scheduler_attach(&scheduler);
		if (!scheduler_detach(&scheduler))
			return false;
	}
	test_step("enabled %d times in %lld ms, with %d forks", i,
		  now_ms() - begin, count_forks());
	return true;
}

static void workers_must_run(void)
{
	static const char *const why[] = {
		[CANNOT_CREATE] = "cannot create a cgroup",
		[CANNOT_FORK] = "cannot fork into a cgroup",
		[CANNOT_REMOVE] = "cannot remove a cgroup whose tasks are gone",
	};
	int i;

	for (i = 0; i < WORKERS; i++) {
		int status = spawn_wait(workers[i], 0);
		int reason = status < 0 ? 0 : WEXITSTATUS(status);

		if (status == -ETIMEDOUT)
			continue;
		if (reason < CANNOT_CREATE || reason > CANNOT_REMOVE)
			test_error("worker %d has ended", workers[i]);
		test_fail(FIX_NONE, "a process %s: %s", why[reason],
			  strerror(worker_errno[i]));
	}
}

TEST_INVARIANT(every_load_and_unload_keeps_the_order,
	       "while tasks fork, move and exit, each enable and disable of a scheduler pairs and orders init_task, exit_task, cgroup_init and cgroup_exit",
	       MAY_FAIL_WITHOUT(FIX_SCX_EXIT_ORDER),
	       MAY_FAIL_WITHOUT(FIX_DEFER_UNLINK),
	       MAY_FAIL_WITHOUT(FIX_SCX_INIT_DEATH))
{
	const unsigned int exit_rules = ORDER_RULE(ORDER_R1) |
					ORDER_RULE(ORDER_R2);
	unsigned int rules = certain_rules();

	start_workers();
	if (!enable_and_disable())
		return;
	workers_must_run();
	test_check_order(rules & exit_rules, FIX_SCX_EXIT_ORDER);
	test_check_order(rules & ~exit_rules, FIX_NONE);
	if (!count_forks())
		test_skip("this machine is too slow: no worker forked under a scheduler");
}
