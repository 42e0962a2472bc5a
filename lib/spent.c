// SPDX-License-Identifier: GPL-2.0-only
/*
 * spent - whether the kernel is spent. See spent.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "call.h"
#include "compiler.h"
#include "proc.h"
#include "share.h"
#include "spent.h"
#include "wait.h"

#define SPENT_FILE "/dev/shm/task_exit.spent"
#define SCHEDULER_STATE "/sys/kernel/sched_ext/state"
#define SCHEDULER_SEQUENCE "/sys/kernel/sched_ext/enable_seq"

/* Shared by all processes of a run. */
static struct {
	bool is_spent;
	bool is_printed;
	long scheduler; /* enable_seq of the scheduler that a test enabled last */
	char by[160];
	char reason[320];
} *shared;

/* How often a scheduler has been enabled since the boot; -1: unknown. */
static long enabled_schedulers(void)
{
	char text[32];

	return read_file(SCHEDULER_SEQUENCE, text, sizeof(text)) > 0 ?
		       atol(text) :
		       -1;
}

void spent_note_scheduler(void)
{
	if (shared)
		shared->scheduler = enabled_schedulers();
}

/* Another user, or another run, may have enabled the one that runs now. */
static bool own_scheduler_runs(char *state, size_t size)
{
	return shared->scheduler > 0 &&
	       shared->scheduler == enabled_schedulers() &&
	       read_file(SCHEDULER_STATE, state, size) > 0 &&
	       strncmp(state, "disabled", strlen("disabled"));
}

void spent_share(void)
{
	shared = share_memory(sizeof(*shared));
}

bool spent_is(struct reason *why)
{
	if (!shared || !shared->is_spent)
		return false;
	reason_set(why, "the kernel is spent by %s: %s", shared->by,
		   shared->reason);
	return true;
}

static void read_boot_id(char *id, size_t size)
{
	if (read_file("/proc/sys/kernel/random/boot_id", id, size) < 0)
		id[0] = '\0';
	id[strcspn(id, "\n")] = '\0';
}

/* Any user can write to /dev/shm: only root's file counts, and no link is followed. */
static bool read_spent_file(char *text, size_t size)
{
	int fd = open(SPENT_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	ssize_t len = -1;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && !st.st_uid)
		len = read(fd, text, size - 1);
	close(fd);
	if (len < 0)
		return false;
	text[len] = '\0';
	return true;
}

bool spent_was(struct reason *why)
{
	char text[640], id[64], *lines = text, *boot, *test, *reason;

	if (!read_spent_file(text, sizeof(text)))
		return false;
	boot = strsep(&lines, "\n");
	test = strsep(&lines, "\n");
	reason = strsep(&lines, "\n");
	read_boot_id(id, sizeof(id));
	if (!reason || strcmp(boot, id)) {
		unlink(SPENT_FILE);
		return false;
	}
	reason_set(why,
		   "the kernel is spent by %s: %s; reboot, or remove %s to run the tests anyway",
		   test, reason, SPENT_FILE);
	return true;
}

/* Without /dev/shm, each later program runs its tests and fails again. */
static void write_spent_file(void)
{
	char id[64];
	int fd;

	unlink(SPENT_FILE);
	fd = open(SPENT_FILE,
		  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	read_boot_id(id, sizeof(id));
	dprintf(fd, "%s\n%s\n%s\n", id, shared->by, shared->reason);
	close(fd);
}

void spent_by(const char *program, const char *name)
{
	if (shared)
		snprintf(shared->by, sizeof(shared->by), "%s.%s", program,
			 name);
}

void spent_mark(const char *fmt, ...)
{
	va_list args;

	if (!shared || shared->is_spent)
		return;
	va_start(args, fmt);
	vsnprintf(shared->reason, sizeof(shared->reason), fmt, args);
	va_end(args);
	if (!shared->by[0])
		snprintf(shared->by, sizeof(shared->by), "an earlier run");
	shared->is_spent = true;
	write_spent_file();
}

void spent_print(void)
{
	if (!shared || !shared->is_spent || shared->is_printed)
		return;
	shared->is_printed = true;
	printf("# kernel spent: %s: %s\n", shared->by, shared->reason);
	fflush(stdout);
}

static int remove_cgroup(const void *cg)
{
	return cgroup_remove(cg);
}

static void look_for_cgroups(const struct cgroup *root)
{
	static struct call call;

	if (!root->path[0] || access(root->path, F_OK) ||
	    call_start(&call, remove_cgroup, root, "rmdir"))
		return;
	if (!call_wait(&call, PATIENCE_MS))
		spent_mark("rmdir of the test's cgroups does not return: %s",
			   call.where);
	else if (call.err == -EBUSY)
		spent_mark("the test's cgroups stay busy: rmdir fails with EBUSY");
	call_kill(&call);
}

/*
 * A write to cgroup.subtree_control first waits until all killed csses below are offline
 * (cgroup_lock_and_drain_offline()). This write changes nothing.
 */
static int write_nothing(const void *unused)
{
	(void)unused;
	return cgroup_write(&cgroup_run_root, "cgroup.subtree_control", "\n");
}

static void look_for_online_csses(void)
{
	static struct call call;

	if (call_start(&call, write_nothing, NULL, "write"))
		return;
	if (!call_wait(&call, PATIENCE_MS))
		spent_mark("a write to cgroup.subtree_control does not return: %s",
			   call.where);
	call_kill(&call);
}

/* A kernel without the key has no such csses. */
static bool has_dying_csses(const char *key, long *nr)
{
	*nr = cgroup_read_key(&cgroup_run_root, "cgroup.stat", key);
	return *nr > 0;
}

/*
 * Only tasks pin the csses of these controllers. A page may pin the css of the memory
 * controller for hours, also on a kernel without a bug.
 */
static void look_for_dying_csses(void)
{
	static const char *const keys[] = {
		"nr_dying_subsys_cpu",
		"nr_dying_subsys_pids",
		"nr_dying_subsys_cpuset",
	};
	size_t i;
	long nr;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!WAIT_FOR(!has_dying_csses(keys[i], &nr), 2 * PATIENCE_MS))
			spent_mark("%s stays at %ld without a task", keys[i],
				   nr);
}

void spent_look_for_scheduler(void)
{
	char state[32] = "";

	if (!shared ||
	    WAIT_FOR(!own_scheduler_runs(state, sizeof(state)), PATIENCE_MS))
		return;
	state[strcspn(state, "\n")] = '\0';
	spent_mark("sched_ext is %s, although the test's scheduler has ended",
		   state);
}

void spent_look(const struct cgroup *root)
{
	look_for_cgroups(root);
	look_for_online_csses();
	/* On a spent kernel each of these waits until its time limit. */
	if (!spent_is(NULL))
		look_for_dying_csses();
	if (!spent_is(NULL))
		spent_look_for_scheduler();
}
