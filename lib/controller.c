// SPDX-License-Identifier: GPL-2.0-only
/*
 * controller - exceed one limit of each controller. See controller.h.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compiler.h"
#include "controller.h"
#include "spawn.h"
#include "test_run.h"
#include "wait.h"

struct limit {
	const char *controller;
	const char *file;
	bool (*works)(const struct cgroup *cg);
};

/* A child that moves itself to @cg and calls @fn. */
static pid_t start_in(const struct cgroup *cg, int (*fn)(void))
{
	pid_t pid = spawn(-1);

	if (pid)
		return pid;
	if (cgroup_add(cg, getpid()))
		_exit(EXIT_FAILURE);
	_exit(fn());
}

/* Whether @key of @file increases while a child calls @fn in @cg. */
static bool is_counted(const struct cgroup *cg, int (*fn)(void),
		       const char *file, const char *key)
{
	pid_t pid = start_in(cg, fn);
	bool counted;

	if (pid < 0)
		return false;
	counted = WAIT_FOR(cgroup_read_key(cg, file, key) > 0, PATIENCE_MS);
	return spawn_kill(pid, PATIENCE_MS) >= 0 && counted;
}

/* Whether a child that calls @fn in @cg reports that the limit stopped it. */
static bool is_stopped(const struct cgroup *cg, int (*fn)(void))
{
	pid_t pid = start_in(cg, fn);

	return pid > 0 && spawn_wait(pid, PATIENCE_MS) == 0;
}

static int spin(void)
{
	while (getppid() > 1)
		;
	return EXIT_SUCCESS;
}

static bool cpu_works(const struct cgroup *cg)
{
	bool works = !cgroup_write(cg, "cpu.max", "1000 10000") &&
		     is_counted(cg, spin, "cpu.stat", "nr_throttled");

	/* Later children in this cgroup must not be throttled. */
	return !cgroup_write(cg, "cpu.max", "max") && works;
}

static int use_memory(void)
{
	const size_t size = 4 << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return EXIT_FAILURE;
	memset(memory, 1, size);
	for (;;)
		pause();
}

/* Not memory.max: an OOM kill fills the kernel log. */
static bool memory_works(const struct cgroup *cg)
{
	bool works = !cgroup_write(cg, "memory.high", "1048576") &&
		     is_counted(cg, use_memory, "memory.events", "high");

	return !cgroup_write(cg, "memory.high", "max") && works;
}

static int fork_must_fail(void)
{
	pid_t pid = fork();

	return pid < 0 && errno == EAGAIN ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool pids_works(const struct cgroup *cg)
{
	return !cgroup_write(cg, "pids.max", "1") &&
	       is_stopped(cg, fork_must_fail);
}

static int count_cpus(void)
{
	cpu_set_t cpus;

	return !sched_getaffinity(0, sizeof(cpus), &cpus) &&
			       CPU_COUNT(&cpus) == 1 ?
		       EXIT_SUCCESS :
		       EXIT_FAILURE;
}

static bool cpuset_works(const struct cgroup *cg)
{
	char cpus[256];

	if (cgroup_read(cg, "cpuset.cpus.effective", cpus, sizeof(cpus)) <= 0)
		return false;
	cpus[strspn(cpus, "0123456789")] = '\0';
	return !cgroup_write(cg, "cpuset.cpus", cpus) &&
	       is_stopped(cg, count_cpus);
}

static bool io_works(const struct cgroup *cg)
{
	char stat[4096];

	return cgroup_read(cg, "io.stat", stat, sizeof(stat)) >= 0;
}

static const struct limit limits[] = {
	{ "cpu", "cpu.weight", cpu_works },
	{ "memory", "memory.current", memory_works },
	{ "pids", "pids.current", pids_works },
	{ "io", "io.stat", io_works },
	{ "cpuset", "cpuset.cpus", cpuset_works },
};

static const struct limit *find_limit(const char *controller)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++)
		if (!strcmp(limits[i].controller, controller))
			return &limits[i];
	return NULL;
}

const char *controller_file(const char *controller)
{
	const struct limit *limit = find_limit(controller);

	return limit ? limit->file : NULL;
}

void need_controller_limit(const struct cgroup *cg, const char *controller)
{
	char text[64];

	if (!strcmp(controller, "cpu") &&
	    cgroup_read(cg, "cpu.max", text, sizeof(text)) < 0)
		test_skip("the cpu controller has no cpu.max: CONFIG_CFS_BANDWIDTH");
}

bool controller_works(const struct cgroup *cg, const char *controller)
{
	const struct limit *limit = find_limit(controller);

	return limit && limit->works(cg);
}
