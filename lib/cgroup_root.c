// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_root - the root cgroup of a run, and the removal of what killed runs left.
 * See cgroup.h.
 *
 * A root is in use while a process holds flock(2) on its directory. The kernel
 * drops the lock when the process dies, and unlike a pid in a name the lock works across
 * pid namespaces. A root belongs to this suite if it has the extended attribute
 * below. Before a run enables a controller at the top of the hierarchy, it
 * records the controller in that attribute, so that the removal of the root can
 * disable it again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <linux/magic.h>
#include <unistd.h>

#include "cgroup.h"
#include "cgroup1.h"
#include "cgroup_root.h"
#include "call.h"
#include "spent.h"
#include "wait.h"

#define ROOT_PREFIX "task_exit."
/* Also marks a root as ours; empty at first. */
#define ENABLED_XATTR "trusted.task_exit.enabled"

static struct cgroup top;
static int lock_fd = -1;

/* The first cgroup2 mount of this mount namespace. */
static int find_cgroup2(struct reason *reason)
{
	char line[2 * PATH_MAX], mountpoint[PATH_MAX];
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	struct statfs fs;

	top.path[0] = '\0';
	while (mounts && !top.path[0] && fgets(line, sizeof(line), mounts)) {
		if (!strstr(line, " - cgroup2 ") ||
		    sscanf(line, "%*d %*d %*s %*s %4095s", mountpoint) != 1)
			continue;
		/* Another file system may be mounted over it. */
		if (!statfs(mountpoint, &fs) &&
		    fs.f_type == CGROUP2_SUPER_MAGIC)
			snprintf(top.path, sizeof(top.path), "%s", mountpoint);
	}
	if (mounts)
		fclose(mounts);
	if (top.path[0])
		return 0;
	reason_set(reason,
		   "no cgroup2 is mounted: mount -t cgroup2 none /sys/fs/cgroup");
	return -ENODEV;
}

static int lock_root(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static void read_record(const struct cgroup *root, char *controllers,
			size_t size)
{
	ssize_t len;

	len = getxattr(root->path, ENABLED_XATTR, controllers, size - 1);
	controllers[len < 0 ? 0 : len] = '\0';
}

/*
 * Removes a root and disables the controllers that its run enabled at the top.
 * The root goes last: its attribute tells other runs that use the same
 * controller that a run enabled it.
 */
static int remove_root(const void *arg)
{
	const struct cgroup *root = arg;
	char enabled[512], text[64], *word, *save = NULL;
	int err;

	read_record(root, enabled, sizeof(enabled));
	err = cgroup_empty(root);
	cgroup1_sweep(root);
	for (word = strtok_r(enabled, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		snprintf(text, sizeof(text), "-%s", word);
		cgroup_write(root, "cgroup.subtree_control", text);
		/* EBUSY: another run uses it, and has recorded it as well. */
		cgroup_write(&top, "cgroup.subtree_control", text);
	}
	return err ?: cgroup_remove(root);
}

/* A broken kernel may never remove it: it is spent then. */
static void remove_in_time(const struct cgroup *root)
{
	struct call call = {};

	if (call_start(&call, remove_root, root, "rmdir"))
		return;
	if (!call_wait(&call, spent_is(NULL) ? BLOCKED_MS : 2 * PATIENCE_MS)) {
		printf("# cannot remove %s: blocked, %s\n", root->path,
		       call.where);
		spent_mark("rmdir of the cgroups of a run does not return: %s",
			   call.where);
	} else if (call.err) {
		printf("# cannot remove %s: %s\n", root->path,
		       strerror(-call.err));
		if (call.err == -EBUSY)
			spent_mark("the cgroups of a run stay busy: rmdir fails with EBUSY");
	}
}

/* Whether a directory has the name and the attribute of a root. */
static bool is_a_root(const struct cgroup *cg, const char *name)
{
	int pid, number, len = 0;

	return sscanf(name, ROOT_PREFIX "%d.%d%n", &pid, &number, &len) == 2 &&
	       !name[len] && getxattr(cg->path, ENABLED_XATTR, NULL, 0) >= 0;
}

/* The next root in an open directory of the top, including our own. */
static bool next_root(DIR *dir, struct cgroup *root)
{
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if ((size_t)snprintf(root->path, sizeof(root->path), "%s/%s",
				     top.path,
				     entry->d_name) < sizeof(root->path) &&
		    is_a_root(root, entry->d_name))
			return true;
	return false;
}

static void sweep(void)
{
	DIR *dir = opendir(top.path);
	struct cgroup old = {};

	while (next_root(dir, &old)) {
		int fd = lock_root(old.path);

		if (fd < 0)
			continue;
		remove_in_time(&old);
		close(fd);
	}
	if (dir)
		closedir(dir);
}

/* Whether a run of this suite has enabled it. */
static bool is_recorded(const char *controller)
{
	DIR *dir = opendir(top.path);
	struct cgroup root = {};
	char noted[512];
	bool found = false;

	while (!found && next_root(dir, &root)) {
		read_record(&root, noted, sizeof(noted));
		found = cgroup_lists_controller(noted, controller);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* mkdir(2) never returns if a task that hangs has the kernel's locks. */
static int create_in_time(struct cgroup *cg)
{
	struct call call = {};
	int err;

	err = call_start(&call, cgroup_mkdir, cg, "mkdir");
	if (err)
		return err;
	if (!call_wait(&call, PATIENCE_MS)) {
		spent_mark("mkdir of a cgroup does not return: %s", call.where);
		return -ETIMEDOUT;
	}
	return call.err ?: cgroup_find_id(cg);
}

/* 0, -EAGAIN for another name, or -errno. */
static int make_root(int number)
{
	char name[64];
	int err;

	snprintf(name, sizeof(name), ROOT_PREFIX "%d.%d", getpid(), number);
	err = cgroup_set_path(&cgroup_run_root, &top, name) ?:
		      create_in_time(&cgroup_run_root);
	if (err)
		return err == -EEXIST ? -EAGAIN : err;

	lock_fd = lock_root(cgroup_run_root.path);
	if (lock_fd >= 0 &&
	    !setxattr(cgroup_run_root.path, ENABLED_XATTR, "", 0, 0))
		return 0;
	err = lock_fd < 0 ? lock_fd : -errno;
	if (lock_fd >= 0)
		close(lock_fd);
	lock_fd = -1;
	cgroup_rmdir(&cgroup_run_root);
	return err;
}

int cgroup_root_create(struct reason *reason)
{
	int number, err;

	err = find_cgroup2(reason);
	if (err)
		return err;
	sweep();

	err = -EAGAIN;
	for (number = 0; number < 16 && err == -EAGAIN; number++)
		err = make_root(number);
	if (err)
		reason_set(reason, "cannot create a cgroup in %s: %s", top.path,
			   strerror(-err));
	return err;
}

void cgroup_root_remove(void)
{
	if (lock_fd < 0)
		return;
	remove_in_time(&cgroup_run_root);
	close(lock_fd);
	lock_fd = -1;
}

void cgroup_root_disown(void)
{
	close(lock_fd);
	lock_fd = -1;
}

static int record(const char *controller, struct reason *reason)
{
	char noted[512];
	size_t len;

	read_record(&cgroup_run_root, noted, sizeof(noted) - 64);
	if (cgroup_lists_controller(noted, controller))
		return 0;
	len = strlen(noted);
	snprintf(noted + len, sizeof(noted) - len, "%s%s", len ? " " : "",
		 controller);
	if (!setxattr(cgroup_run_root.path, ENABLED_XATTR, noted, strlen(noted),
		      0))
		return 0;
	reason_set(reason,
		   "cannot save the list of enabled controllers of %s: %s",
		   top.path, strerror(errno));
	return -errno;
}

/*
 * Records the controller first, so that a kill in between loses nothing; unless
 * it was enabled before all runs.
 */
static int enable_at_top(const char *controller, struct reason *reason)
{
	char list[512];
	int err;

	if (cgroup_read(&top, "cgroup.subtree_control", list, sizeof(list)) >=
		    0 &&
	    cgroup_lists_controller(list, controller) &&
	    !is_recorded(controller))
		return 0;
	err = record(controller, reason);
	return err ?: cgroup_delegate(&top, controller, reason);
}

/* Another run may disable it at the same time: retry. */
static int enable_in_root(const char *controller, struct reason *reason)
{
	int tries, err = -EAGAIN;

	for (tries = 0; tries < 3 && err; tries++) {
		err = enable_at_top(controller, reason);
		if (!err)
			err = cgroup_delegate(&cgroup_run_root, controller,
					      reason);
	}
	return err;
}

/* From the run's root down to @cg. */
static int enable_below(const struct cgroup *cg, const char *controller,
			struct reason *reason)
{
	size_t len = strlen(cgroup_run_root.path);
	struct cgroup step;
	int err = 0;

	while (!err && cg->path[len]) {
		/* To the end of the next name: path[len] is the '/' before it. */
		len += 1 + strcspn(cg->path + len + 1, "/");
		snprintf(step.path, sizeof(step.path), "%.*s", (int)len,
			 cg->path);
		err = cgroup_delegate(&step, controller, reason);
	}
	return err;
}

int cgroup_enable(const struct cgroup *cg, const char *controller,
		  struct reason *reason)
{
	int err;

	err = enable_in_root(controller, reason);
	if (!err && cg)
		err = enable_below(cg, controller, reason);
	return err;
}
