// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_drain_race - the last task's exit races with the removal of its cgroup.
 *
 * The invariant. Two events end a cgroup, or a controller of it: its removal, and
 * the last context switch of its last task. In either order, exactly one of the two
 * takes it offline. Then all nr_dying_* counts of cgroup.stat return to their
 * initial values.
 *
 * History. No release broke it. It can break since the kernel defers the kill
 * of a css (93618edf7538, cfc1da7e1127, 1dffd95575eb): each side checks whether the other
 * has happened, and if both see that it has not, neither kills the css. Before that,
 * rmdir waited instead (1b164b876c36); 4c56a8ac6869 fixed the condition of that wait.
 *
 * The window. Some tests force an order, others vary the delay. In "just before", the test
 * is a FIFO task on the child's CPU: the child's exit wakes it, and it removes the cgroup
 * before the child's last context switch; it counts the rounds in which that was so. In
 * "just after", it waits until the cgroup is not populated. In "from another CPU", the child
 * exits on another CPU after a delay that grows from round to round, and the test repeats the
 * removal meanwhile. In "during removal", a controller is disabled for many cgroups while a
 * task is held. When the first cgroup has lost its files, a FIFO task preempts the disabling
 * task, releases the held one, and spins until that has exited on another CPU. rmdir(2) is too
 * short for that; cgroup_offline stops it halfway.
 *
 * Consequence. rmdir never returns, or the removed cgroup, with the memory
 * charged to it, is never freed.
 */
#include <sched.h>
#include <sys/wait.h>

#include "proc.h"
#include "share.h"
#include "spawn.h"
#include "test.h"

/* Each race runs for this time or this number of rounds; TCG reaches few. */
#define RACE_MS 350
#define ROUNDS 200
/* A removal may sleep, and then comes after the last context switch. */
#define AHEAD_MS 1000
/* Fewer prove nothing: run this many even if they take longer. */
#define MIN_ROUNDS 5

/* Cgroups that lose the controllers before the last one: some milliseconds of work. */
#define SIBLINGS 128
/* A round that missed the window, and the limit of such rounds. */
#define MISSED 1
#define MAX_MISSED 40
/* The longest time for which the disabling task is preempted. */
#define SPIN_MS 200

#define STAT_SIZE 1024

static struct cgroup p, other;
static struct call race_call;
static char base[STAT_SIZE];
/* The controllers that are disabled, for cgroup.subtree_control. */
static char off[64] = "-pids", on[64] = "+pids";

/* Copies the nr_dying_* lines of cgroup.stat, except those that are in @known. */
static void read_dying(char out[STAT_SIZE], const char *known)
{
	char text[4096], item[64], *line, *save = NULL;
	size_t used = 0;

	out[0] = '\0';
	if (cgroup_read(&p, "cgroup.stat", text, sizeof(text)) < 0)
		test_error("cannot read cgroup.stat of p");
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		snprintf(item, sizeof(item), "%s, ", line);
		if (!strncmp(item, "nr_dying_", 9) && !strstr(known, item) &&
		    used < STAT_SIZE)
			used += snprintf(out + used, STAT_SIZE - used, "%s",
					 item);
	}
}

static bool all_are_freed(void)
{
	char changed[STAT_SIZE];

	read_dying(changed, base);
	return !changed[0];
}

/* Shared with the child that runs the race. */
static struct race_state {
	int round;
	int ahead; /* rounds in which the removal came first */
	const char *failed; /* what the kernel refused; NULL: it did not */
} *state;

static void setup(void)
{
	state = share_memory(sizeof(*state));
	if (!state)
		test_error("mmap: %s", strerror(errno));
	test_cgroup(&p, &test.root, "p");
	test_enable(&p, "pids");
	read_dying(base, "");
	if (!base[0])
		test_error("cgroup.stat of p has no nr_dying_*");
}

static struct {
	/* Races with the exit of the task in c; 0, -EBUSY to try again, or -errno. */
	int (*remove)(const struct cgroup *c);
	/* One round, with c just created: a child in it exits. */
	int (*run)(const struct cgroup *c, int cgroup_fd, int round);
	bool on_two_cpus;
	/* Without this, the removal cannot come before the last context switch. */
	enum fix_id fix;
} race;

/* Notes @failed if @err is an error of the kernel; a later success erases it. */
static int judge(const char *failed, int err)
{
	state->failed = err ? failed : NULL;
	return err;
}

/* The dead task of just_before(), and its voluntary context switches until then. */
static struct {
	pid_t pid;
	long switches;
} dead;

/* Counts the round if the dead task has not switched out yet, unless rmdir has failed. */
static void note_removal(int err)
{
	if (!err && dead.pid && proc_switches(dead.pid) == dead.switches)
		state->ahead++;
	dead.pid = 0;
}

static int remove_cgroup(const struct cgroup *c)
{
	int err = cgroup_rmdir(c);

	note_removal(err);
	return judge("rmdir of c fails", err);
}

/*
 * The write that enables the controllers again waits until the old csses are offline. It
 * comes before rmdir of c, because rmdir would kill a css that neither side has killed.
 */
static int remove_controllers(const struct cgroup *c)
{
	int err;

	/* The write may wait for RCU, while the task switches out: it begins in time. */
	note_removal(0);
	err = judge("disabling controllers fails",
		    cgroup_write(&p, "cgroup.subtree_control", off));
	if (!err)
		err = judge("enabling controllers again fails",
			    cgroup_write(&p, "cgroup.subtree_control", on));
	if (!err)
		WAIT_FOR((err = remove_cgroup(c)) != -EBUSY, PATIENCE_MS);
	return err;
}

static int remove_until_done(const struct cgroup *c)
{
	int err;

	WAIT_FOR((err = race.remove(c)) != -EBUSY, PATIENCE_MS);
	return err;
}

static int just_before(const struct cgroup *c, int cgroup_fd, int round)
{
	pid_t pid = fork_into(cgroup_fd, 0);
	siginfo_t info;
	int err;

	(void)round;
	if (!pid)
		_exit(0);
	if (pid < 0 || waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		return -errno;
	dead.switches = proc_switches(pid);
	dead.pid = cgroup_populated(c) == 1 ? pid : 0;
	err = remove_until_done(c);
	waitpid(pid, NULL, 0);
	return err;
}

static int just_after(const struct cgroup *c, int cgroup_fd, int round)
{
	pid_t pid = fork_into(cgroup_fd, 0);

	(void)round;
	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		return -errno;
	if (!WAIT_FOR(cgroup_populated(c) == 0, PATIENCE_MS))
		return judge("c stays populated after its task is reaped",
			     -ETIMEDOUT);
	return race.remove(c);
}

/* The child exits after a delay that sweeps from 0 to 2 milliseconds. */
static int from_another_cpu(const struct cgroup *c, int cgroup_fd, int round)
{
	struct timespec delay = { .tv_nsec = round * 2000000L / ROUNDS };
	int err, status = 0, cpu = sched_getcpu();
	pid_t pid = fork_into(cgroup_fd, 0);

	if (!pid) {
		if (stay_on_another_cpu(cpu))
			_exit(EXIT_FAILURE);
		nanosleep(&delay, NULL);
		_exit(0);
	}
	if (pid < 0)
		return -errno;
	err = remove_until_done(c);
	waitpid(pid, &status, 0);
	return err ?: status ? -ENODEV : 0;
}

/* Not memory, whose per-CPU stock may pin a dying cgroup, nor io, which enables it. */
static void enable_more_controllers(void)
{
	static const char *const controllers[] = { "cpu", "cpuset" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(controllers); i++) {
		if (cgroup_enable(&p, controllers[i], &test.reason))
			continue;
		snprintf(off + strlen(off), sizeof(off) - strlen(off), " -%s",
			 controllers[i]);
		snprintf(on + strlen(on), sizeof(on) - strlen(on), " +%s",
			 controllers[i]);
	}
}

static void create_siblings(void)
{
	struct cgroup sibling;
	char name[16];
	size_t i;

	for (i = 0; i < SIBLINGS; i++) {
		snprintf(name, sizeof(name), "s%zu", i);
		test_must_call(cgroup_create(&sibling, &p, name),
			       "cannot create cgroup %s", name);
	}
}

/* By descriptor: a lookup of the path might wait for a lock. */
static bool file_exists(int file)
{
	char text[64];

	return pread(file, text, sizeof(text), 0) >= 0;
}

static bool is_populated(int events)
{
	char text[64];
	ssize_t len = pread(events, text, sizeof(text) - 1, 0);

	text[len < 0 ? 0 : len] = '\0';
	return strstr(text, "populated 1");
}

/*
 * Runs in a FIFO task on the CPU of the disabling task, which it preempts. Whether
 * the held task exited after the first file was removed and before the last was.
 */
static bool exit_during_removal(const struct held_task *task, int first,
				int last, int events)
{
	struct timespec pause = { .tv_nsec = 20000 };
	long long until = now_ms() + BLOCKED_MS;
	bool begun;

	while (!(begun = !file_exists(first)) && now_ms() < until)
		nanosleep(&pause, NULL);
	held_task_let_go(task);
	until = now_ms() + SPIN_MS;
	while (is_populated(events) && now_ms() < until)
		;
	return begun && !is_populated(events) && file_exists(last);
}

/* Returns its pid when it is ready, or -errno. It exits with 0 on success. */
static pid_t start_preempting_task(const struct cgroup *c,
				   const struct held_task *task)
{
	int first = cgroup_open(&p, "s0/pids.max");
	int last = cgroup_open(&p, "c/pids.max");
	int events = cgroup_open(c, "cgroup.events");
	int ready[2], err = -EIO, cpu = sched_getcpu();
	pid_t pid;

	if (first < 0 || last < 0 || events < 0 || pipe(ready))
		return -EIO;
	pid = fork();
	if (!pid) {
		err = stay_on_cpu(cpu) ?: become_fifo();
		(void)!write(ready[1], &err, sizeof(err));
		_exit(err || !exit_during_removal(task, first, last, events));
	}
	close(ready[1]);
	close(first);
	close(last);
	close(events);
	if (pid < 0 || read(ready[0], &err, sizeof(err)) != sizeof(err) || err)
		pid = -EPERM;
	close(ready[0]);
	return pid;
}

/*
 * The task exits on another CPU. It must be an exiting one: the kernel migrates a
 * live task away from the controller before it disables that in any cgroup.
 */
static int during_removal(const struct cgroup *c, int cgroup_fd, int round)
{
	int err, status = 0, cpu = sched_getcpu();
	struct reason reason;
	struct held_task task;
	pid_t preempting;

	(void)cgroup_fd;
	(void)round;
	err = stay_on_another_cpu(cpu) ?:
		      held_task_start(&task, HOLD_ZAP_PIDNS, c, &reason);
	if (err)
		return err;
	err = stay_on_cpu(cpu);
	preempting = err ?: start_preempting_task(c, &task);
	/* The removal would wait forever for the held task. */
	if (preempting < 0) {
		held_task_finish(&task);
		return preempting;
	}
	err = remove_until_done(c);
	waitpid(preempting, &status, 0);
	if (held_task_finish(&task))
		return judge("the released task does not end", -ETIMEDOUT);
	return err ?: status ? MISSED : 0;
}

/* Forks three children and exits: one exits, one moves and exits, one calls execve(2). */
static void exit_among_others(int cgroup_fd)
{
	pid_t pid;

	pid = fork_into(cgroup_fd, 0);
	if (!pid)
		_exit(0);
	pid = fork_into(cgroup_fd, 0);
	if (!pid) {
		cgroup_add(&other, getpid());
		_exit(0);
	}
	if (!fork_into(cgroup_fd, 0))
		execl("/proc/self/exe", "task_exit", "none", NULL);
	_exit(0);
}

static int among_others(const struct cgroup *c, int cgroup_fd, int round)
{
	pid_t pid = fork_into(cgroup_fd, 0);
	int err;

	(void)round;
	if (!pid)
		exit_among_others(cgroup_fd);
	if (pid < 0)
		return -errno;
	err = remove_until_done(c);
	waitpid(pid, NULL, 0);
	return err;
}

static int run_round(int round)
{
	struct cgroup c;
	int cgroup_fd, err;

	err = judge("mkdir of c fails", cgroup_create(&c, &p, "c"));
	if (err)
		return err;
	cgroup_fd = cgroup_open(&c, "");
	err = race.run(&c, cgroup_fd, round);
	close(cgroup_fd);
	return err;
}

/*
 * Stops after RACE_MS, but continues for PATIENCE_MS to complete MIN_ROUNDS, and for AHEAD_MS
 * to remove a cgroup just before the last context switch.
 */
static bool another_round(int done, int missed, long long until)
{
	if (done >= ROUNDS || missed >= MAX_MISSED)
		return false;
	if (race.run == just_before && !state->ahead)
		until += AHEAD_MS;
	return now_ms() < (done < MIN_ROUNDS ? until + PATIENCE_MS : until);
}

/* In a child: the number of rounds that hit the window, 100 at most; or -errno. */
static int run_race(const void *unused)
{
	long long until = now_ms() + RACE_MS;
	int round, missed = 0, err = 0;

	(void)unused;
	if (race.run == just_before && run_before_children())
		return -EPERM;
	if (race.on_two_cpus)
		stay_on_this_cpu();
	for (round = 0; !err && another_round(round - missed, missed, until);
	     round++) {
		state->round = round;
		err = run_round(round);
		if (err == MISSED) {
			missed++;
			err = 0;
		}
	}
	round -= missed;
	return err ?: round < 100 ? round : 100;
}

static void need_two_cpus(void)
{
	cpu_set_t cpus;

	test_must_call(sched_getaffinity(0, sizeof(cpus), &cpus) ? errno : 0,
		       "sched_getaffinity");
	if (CPU_COUNT(&cpus) < 2)
		test_skip("this needs a second CPU");
}

/* Runs the race: each removal returns, and succeeds. */
static void removals_must_succeed(void)
{
	int rounds;

	test_must_call(call_start(&race_call, run_race, NULL, "the race"),
		       "cannot fork");
	test_require(call_wait(&race_call, 2 * PATIENCE_MS), FIX_NONE,
		     "a round of the race does not end: %s", race_call.where);
	rounds = race_call.err;
	test_step("the race ran %d rounds", rounds);
	if (race.run == just_before)
		test_step("the removal came first in %d of all rounds",
			  state->ahead);
	if (rounds == -EOPNOTSUPP && !state->failed)
		test_skip("cannot hold an exiting task: CONFIG_PID_NS, user.max_pid_namespaces");
	test_require(rounds >= 0 || !state->failed, FIX_NONE,
		     "%s in round %d: %s", state->failed, state->round,
		     strerror(-rounds));
	if (rounds < 0)
		test_error("round %d of the race: %s", state->round,
			   strerror(-rounds));
	if (race.run == during_removal && !rounds)
		test_skip("the disabling task cannot be preempted, or waits for the held task");
	if (race.run != during_removal && rounds < MIN_ROUNDS)
		test_error("there was time for %d rounds only", rounds);
}

static void race_must_free_all(void)
{
	char changed[STAT_SIZE];

	if (race.on_two_cpus)
		need_two_cpus();
	removals_must_succeed();
	if (!WAIT_FOR(all_are_freed(), PATIENCE_MS)) {
		test_step("cgroup.stat of p before the race: %s", base);
		read_dying(changed, base);
		test_fail(FIX_NONE,
			  "a cgroup or a controller is never freed: %s",
			  changed);
	}
	if (race.run == just_before && !state->ahead)
		test_skip("no removal came before the last switch: this takes preemption and %s",
			  fix_name(race.fix));
}

#define IS_FREED \
	"the kernel frees a removed cgroup, or the css of a disabled controller, "

TEST_INVARIANT(rmdir_just_before_the_last_switch,
	       IS_FREED "if rmdir comes first", NO_FIX)
{
	race.run = just_before;
	race.remove = remove_cgroup;
	race.fix = FIX_DEFER_RMDIR_KILL;
	race_must_free_all();
}

TEST_INVARIANT(rmdir_just_after_the_last_switch,
	       IS_FREED "if the exit comes before rmdir", NO_FIX)
{
	race.run = just_after;
	race.remove = remove_cgroup;
	race_must_free_all();
}

TEST_INVARIANT(rmdir_from_another_cpu,
	       IS_FREED "if rmdir runs on another CPU, after any delay", NO_FIX)
{
	race.run = from_another_cpu;
	race.remove = remove_cgroup;
	race.on_two_cpus = true;
	race_must_free_all();
}

TEST_INVARIANT(disable_just_before_the_last_switch,
	       IS_FREED "if disabling a controller comes first", NO_FIX)
{
	race.run = just_before;
	race.remove = remove_controllers;
	race.fix = FIX_DEFER_UNLINK;
	race_must_free_all();
}

TEST_INVARIANT(disable_just_after_the_last_switch,
	       IS_FREED "if the exit comes before disabling a controller",
	       NO_FIX)
{
	race.run = just_after;
	race.remove = remove_controllers;
	race_must_free_all();
}

TEST_INVARIANT(last_switch_while_controllers_are_disabled,
	       IS_FREED
	       "if the last task dies on another CPU while the controller is disabled",
	       NO_FIX)
{
	enable_more_controllers();
	create_siblings();
	race.run = during_removal;
	race.remove = remove_controllers;
	race.on_two_cpus = true;
	race_must_free_all();
}

TEST_INVARIANT(rmdir_among_forks_moves_and_execs,
	       IS_FREED "if other tasks fork, move and execute meanwhile",
	       NO_FIX)
{
	test_cgroup(&other, &p, "other");
	race.run = among_others;
	race.remove = remove_cgroup;
	race_must_free_all();
}
