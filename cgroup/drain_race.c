// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_drain_race - the last task's death against the removal of what it is in.
 *
 * The invariant. Whichever comes first, the last switch of the last task of a
 * cgroup or the removal of the cgroup (or of a controller from it), exactly one
 * of the two takes the cgroup apart. Every nr_dying_* counter of cgroup.stat is
 * back where it was once the dust has settled.
 *
 * Who broke it. Nobody yet in a release. It could be broken since the taking apart
 * was put off (1b164b876c36, 93618edf7538, 3360a5c16d87): each side looks whether
 * the other has been, and if both look away nobody does it. 4c56a8ac6869 mended
 * such a look in the first of them before it was released.
 *
 * How the window is opened. So that both orders are had for certain and what lies
 * between is swept. Just before: we are a FIFO task on the child's CPU, its death
 * wakes us, we remove before it goes on. Just after: we wait until its cgroup is not
 * populated. From another CPU: we try to remove again and again while it dies, at a
 * delay that grows from round to round. Halfway: a task is held while a controller is
 * disabled for many cgroups, and when the first of these has lost its file a FIFO task
 * lets the held one go and keeps the CPU of who disables until that is gone, on another
 * one. rmdir(2), which is shorter, is stopped halfway by cgroup_offline.
 *
 * What a failure means. A lost wake-up: rmdir sleeps for ever, or the removed
 * cgroup, with the memory that is charged to it, is never freed.
 */
#include <sched.h>
#include <sys/wait.h>

#include "exiting.h"
#include "spawn.h"
#include "test.h"

/* Each race runs this long, or this many rounds: both are few under TCG. */
#define RACE_MS 350
#define ROUNDS 200
/* Fewer would prove nothing, however long they take. */
#define MIN_ROUNDS 5

/* Cgroups that lose their controllers before the last does: some milliseconds of work. */
#define SIBLINGS 128
/* What a round comes to that tells nothing, and how many such there may be. */
#define MISSED 1
#define MAX_MISSED 40
/* How long who removes is kept from going on at most. */
#define SPIN_MS 200

#define STAT_SIZE 1024

FIXTURE(cgroup_drain_race)
{
	struct stage stage;
	struct cgroup p;
	struct deadline race;
	char base[STAT_SIZE];
	char off[64], on[64]; /* all controllers that there are */
};

/* The nr_dying_* lines of cgroup.stat, as they are. */
static void dying(const struct cgroup *cg, char out[STAT_SIZE])
{
	char text[4096], *line, *save = NULL;
	size_t used = 0;

	out[0] = '\0';
	if (cgroup_read(cg, "cgroup.stat", text, sizeof(text)) < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, "nr_dying_", 9) && used < STAT_SIZE)
			used += snprintf(out + used, STAT_SIZE - used, "%s, ",
					 line);
}

FIXTURE_SETUP(cgroup_drain_race)
{
	SET_STAGE();
	ASSERT_EQ(0, cgroup_create(&self->p, &self->stage.root, "p"));
	if (cgroup_enable(&self->p, "pids", &self->stage.reason))
		LEAVE("%s", self->stage.reason.text);
	dying(&self->p, self->base);
	ASSERT_NE('\0', self->base[0]);
}

FIXTURE_TEARDOWN(cgroup_drain_race)
{
	deadline_abandon(&self->race);
	STRIKE_STAGE();
}

struct race {
	const struct cgroup *p;
	const struct cgroup *other; /* where one may move to */
	/* What is done when the task in c dies; 0, -EBUSY for not yet, or -errno. */
	int (*remove)(const struct race *race, const struct cgroup *c);
	/* One round: c is made, with a child in it that is about to die. */
	int (*run)(const struct race *race, const struct cgroup *c,
		   int cgroup_fd, int round);
	const char *off, *on; /* the controllers, for cgroup.subtree_control */
	/* Files in p: disabling has begun without the first, and is not done with the last. */
	const char *first, *last;
};

static int remove_cgroup(const struct race *race, const struct cgroup *c)
{
	(void)race;
	return cgroup_rmdir(c);
}

/*
 * The controllers come back for the next round, when the old ones have drained. That is
 * before c is removed, which would take apart what was left undone.
 */
static int remove_controllers(const struct race *race, const struct cgroup *c)
{
	int err = cgroup_write(race->p, "cgroup.subtree_control", race->off) ?:
			  cgroup_write(race->p, "cgroup.subtree_control",
				       race->on);

	if (!err)
		WAIT_FOR((err = cgroup_rmdir(c)) != -EBUSY, PATIENCE_MS);
	return err;
}

static int remove_when_it_can_be(const struct race *race,
				 const struct cgroup *c)
{
	int err;

	WAIT_FOR((err = race->remove(race, c)) != -EBUSY, PATIENCE_MS);
	return err;
}

static int just_before(const struct race *race, const struct cgroup *c,
		       int cgroup_fd, int round)
{
	pid_t pid = fork_into(cgroup_fd, 0);
	siginfo_t info;
	int err;

	(void)round;
	if (!pid)
		_exit(0);
	if (pid < 0 || waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		return -errno;
	err = remove_when_it_can_be(race, c);
	waitpid(pid, NULL, 0);
	return err;
}

static int just_after(const struct race *race, const struct cgroup *c,
		      int cgroup_fd, int round)
{
	pid_t pid = fork_into(cgroup_fd, 0);

	(void)round;
	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid ||
	    !WAIT_FOR(!cgroup_populated(c), PATIENCE_MS))
		return -ECHILD;
	return race->remove(race, c);
}

/* The child dies after a delay that sweeps from none to two milliseconds. */
static int from_another_cpu(const struct race *race, const struct cgroup *c,
			    int cgroup_fd, int round)
{
	struct timespec delay = { .tv_nsec = round * 2000000L / ROUNDS };
	int err, cpu = sched_getcpu();
	pid_t pid = fork_into(cgroup_fd, 0);

	if (!pid) {
		stay_on_another_cpu(cpu);
		nanosleep(&delay, NULL);
		_exit(0);
	}
	if (pid < 0)
		return -errno;
	err = remove_when_it_can_be(race, c);
	waitpid(pid, NULL, 0);
	return err;
}

/*
 * Not memory, of which a CPU may keep a dying cgroup's in stock, and so not io, which
 * brings memory with it.
 */
static void enable_many(FIXTURE_DATA(cgroup_drain_race) * self)
{
	static const char *const controllers[] = { "pids", "cpu", "cpuset" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(controllers); i++) {
		if (cgroup_enable(&self->p, controllers[i],
				  &self->stage.reason))
			continue;
		strcat(strcat(self->off, " -"), controllers[i]);
		strcat(strcat(self->on, " +"), controllers[i]);
	}
}

static void make_siblings(struct __test_metadata *_metadata,
			  const struct cgroup *p)
{
	struct cgroup sibling;
	char name[16];
	size_t i;

	for (i = 0; i < SIBLINGS; i++) {
		snprintf(name, sizeof(name), "s%zu", i);
		ASSERT_EQ(0, cgroup_create(&sibling, p, name));
	}
}

/* While the file can be read: by path it might be locked. */
static bool is_there(int file)
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
 * In a FIFO task on the CPU of who removes, who gets no further, once the first file is
 * gone, before the task is. Whether that was so.
 */
static bool interrupt(const struct exiting *task, int first, int last,
		      int events)
{
	struct timespec pause = { .tv_nsec = 20000 };
	long long until = now_ms() + BLOCKED_MS;
	bool begun;

	while (!(begun = !is_there(first)) && now_ms() < until)
		nanosleep(&pause, NULL);
	exiting_let_go(task);
	until = now_ms() + SPIN_MS;
	while (is_populated(events) && now_ms() < until)
		;
	return begun && !is_populated(events) && is_there(last);
}

/* Its pid, when it is in its place; or -errno. Its exit status is 0 for yes. */
static pid_t start_interrupter(const struct race *race, const struct cgroup *c,
			       const struct exiting *task)
{
	int first = cgroup_open(race->p, race->first);
	int last = cgroup_open(race->p, race->last);
	int events = cgroup_open(c, "cgroup.events");
	int ready[2], err = -EIO, cpu = sched_getcpu();
	pid_t pid;

	if (first < 0 || last < 0 || events < 0 || pipe(ready))
		return -EIO;
	pid = fork();
	if (!pid) {
		err = stay_on_cpu(cpu) ?: become_fifo();
		(void)!write(ready[1], &err, sizeof(err));
		_exit(err || !interrupt(task, first, last, events));
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
 * The task exits on another CPU. A live one does not do: it is moved to where the
 * controller is not, before that is taken away from any cgroup.
 */
static int amid_the_removal(const struct race *race, const struct cgroup *c,
			    int cgroup_fd, int round)
{
	int err, status = 0, cpu = sched_getcpu();
	struct reason reason;
	struct exiting task;
	pid_t interrupter;

	(void)cgroup_fd;
	(void)round;
	err = stay_on_another_cpu(cpu) ?:
		      exiting_start(&task, HOLD_PIDNS, c, &reason);
	if (err)
		return err;
	stay_on_cpu(cpu);
	interrupter = start_interrupter(race, c, &task);
	/* Nobody else would let the task go that the controller waits for. */
	if (interrupter < 0) {
		exiting_release(&task);
		return interrupter;
	}
	err = remove_when_it_can_be(race, c);
	waitpid(interrupter, &status, 0);
	err = exiting_release(&task) ?: err;
	return err ?: status ? MISSED : 0;
}

/* Leaves three behind: one exits, one moves away first, one execs. */
static void die_in_company(const struct cgroup *other, int cgroup_fd)
{
	pid_t pid;

	pid = fork_into(cgroup_fd, 0);
	if (!pid)
		_exit(0);
	pid = fork_into(cgroup_fd, 0);
	if (!pid) {
		cgroup_add(other, getpid());
		_exit(0);
	}
	if (!fork_into(cgroup_fd, 0))
		execl("/proc/self/exe", "task_exit", "none", NULL);
	_exit(0);
}

static int in_company(const struct race *race, const struct cgroup *c,
		      int cgroup_fd, int round)
{
	pid_t pid = fork_into(cgroup_fd, 0);
	int err;

	(void)round;
	if (!pid)
		die_in_company(race->other, cgroup_fd);
	if (pid < 0)
		return -errno;
	err = remove_when_it_can_be(race, c);
	waitpid(pid, NULL, 0);
	return err;
}

/* In a child: how many rounds went well (100 stands for more), or -errno. */
static int run_race(const void *arg)
{
	const struct race *race = arg;
	long long until = now_ms() + RACE_MS;
	struct cgroup c;
	int round, missed = 0, err = 0;

	if (race->run == just_before && run_before_children())
		return -EPERM;
	if (race->run == from_another_cpu || race->run == amid_the_removal)
		stay_on_this_cpu();
	for (round = 0; !err && round - missed < ROUNDS &&
			missed < MAX_MISSED && now_ms() < until + PATIENCE_MS &&
			(round - missed < MIN_ROUNDS || now_ms() < until);
	     round++) {
		int cgroup_fd;

		err = cgroup_create(&c, race->p, "c");
		if (err)
			break;
		cgroup_fd = cgroup_open(&c, "");
		err = race->run(race, &c, cgroup_fd, round);
		close(cgroup_fd);
		if (err == MISSED) {
			missed++;
			err = 0;
		}
	}
	round -= missed;
	return err ?: round < 100 ? round : 100;
}

static void judge_race(struct __test_metadata *_metadata,
		       FIXTURE_DATA(cgroup_drain_race) * self,
		       const struct race *race)
{
	bool on_two_cpus = race->run == from_another_cpu ||
			   race->run == amid_the_removal;
	char now[STAT_SIZE];
	cpu_set_t cpus;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));
	if (on_two_cpus && CPU_COUNT(&cpus) < 2)
		SKIP(return, "this needs a second CPU");
	ASSERT_EQ(0, deadline_start(&self->race, run_race, race));
	if (!deadline_wait(&self->race, 2 * PATIENCE_MS)) {
		ASSERT_FALSE(self->race.slow);
		BROKEN(FIX_NONE, "the removal sleeps for ever: %s",
		       self->race.where);
		return;
	}
	STEP("the race is run, %d rounds", self->race.result);
	if (self->race.result == -EOPNOTSUPP)
		SKIP(return, "cannot hold an exiting task: pid namespaces");
	ASSERT_LE(0, self->race.result);
	if (race->run == amid_the_removal && !self->race.result)
		SKIP(return,
			   "who removes cannot be stopped halfway: no preemption in the kernel, or it waits for the task");
	if (race->run != amid_the_removal)
		ASSERT_LE(MIN_ROUNDS, self->race.result);

	if (!WAIT_FOR((dying(&self->p, now), !strcmp(now, self->base)),
		      PATIENCE_MS))
		BROKEN(FIX_NONE, "something is never freed: %s", now);
	STEP("before %s after %s", self->base, now);
}

#define RACE(name, how, what)                       \
	TEST_F(cgroup_drain_race, name)             \
	{                                           \
		struct race race = {                \
			.p = &self->p,              \
			.remove = what,             \
			.run = how,                 \
			.off = "-pids",             \
			.on = "+pids",              \
		};                                  \
		judge_race(_metadata, self, &race); \
	}

RACE(rmdir_just_before_the_last_switch, just_before, remove_cgroup)
RACE(rmdir_just_after_the_last_switch, just_after, remove_cgroup)
RACE(rmdir_from_another_cpu, from_another_cpu, remove_cgroup)
RACE(disable_just_before_the_last_switch, just_before, remove_controllers)
RACE(disable_just_after_the_last_switch, just_after, remove_controllers)

TEST_F(cgroup_drain_race, disable_from_another_cpu)
{
	struct race race = {
		.p = &self->p,
		.remove = remove_controllers,
		.run = amid_the_removal,
		.off = self->off,
		.on = self->on,
		.first = "s0/pids.max",
		.last = "c/pids.max",
	};

	enable_many(self);
	make_siblings(_metadata, &self->p);
	judge_race(_metadata, self, &race);
}

TEST_F(cgroup_drain_race, rmdir_among_forks_moves_and_execs)
{
	struct cgroup other;
	struct race race = {
		.p = &self->p,
		.other = &other,
		.remove = remove_cgroup,
		.run = in_company,
	};

	ASSERT_EQ(0, cgroup_create(&other, &self->p, "other"));
	judge_race(_metadata, self, &race);
}

TEST_PROGRAM(cgroup_drain_race)
