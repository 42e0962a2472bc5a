// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup - create, use and remove a temporary cgroup. See cgroup.h; the root
 * cgroup of a run is in cgroup_root.c.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "proc.h"
#include "supervise.h"
#include "wait.h"

struct cgroup cgroup_run_root;

static int file_path(const struct cgroup *cg, const char *file, char *path,
		     size_t size)
{
	return (size_t)snprintf(path, size, "%s/%s", cg->path, file) < size ?
		       0 :
		       -ENAMETOOLONG;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *cgroup_name(const struct cgroup *cg)
{
	return base_name(cg->path);
}

int cgroup_write(const struct cgroup *cg, const char *file, const char *text)
{
	char path[PATH_MAX];
	int err = file_path(cg, file, path, sizeof(path));

	if (err)
		return err;
	supervise_enter("write of %.32s to %s of %s", text, file,
			cgroup_name(cg));
	err = write_file(path, text);
	supervise_leave();
	return err;
}

ssize_t cgroup_read(const struct cgroup *cg, const char *file, char *buf,
		    size_t size)
{
	char path[PATH_MAX];

	return file_path(cg, file, path, sizeof(path)) ?:
		       read_file(path, buf, size);
}

int cgroup_open(const struct cgroup *cg, const char *file)
{
	char path[PATH_MAX];
	int fd;

	fd = file_path(cg, file, path, sizeof(path)) ?:
		     open(path, O_RDONLY | O_CLOEXEC);
	return fd == -1 ? -errno : fd;
}

long cgroup_read_key(const struct cgroup *cg, const char *file, const char *key)
{
	char buf[4096], *line, *save = NULL;
	size_t len = strlen(key);
	ssize_t ret;

	ret = cgroup_read(cg, file, buf, sizeof(buf));
	if (ret < 0)
		return ret;
	for (line = strtok_r(buf, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, key, len) && line[len] == ' ')
			return atol(line + len + 1);
	return -ENOENT;
}

int cgroup_populated(const struct cgroup *cg)
{
	return cgroup_read_key(cg, "cgroup.events", "populated");
}

int cgroup_lists(const struct cgroup *cg, const char *file, pid_t pid)
{
	char path[PATH_MAX], line[32];
	int err, found = 0;
	FILE *list;

	err = file_path(cg, file, path, sizeof(path));
	if (err)
		return err;
	list = fopen(path, "re");
	if (!list)
		return -errno;
	while (!found && fgets(line, sizeof(line), list))
		found = atoi(line) == pid;
	if (ferror(list))
		found = -errno;
	fclose(list);
	return found;
}

pid_t cgroup_next_pid(int fd)
{
	pid_t pid = 0;
	char digit;

	while (read(fd, &digit, 1) == 1) {
		if (digit == '\n')
			return pid;
		pid = pid * 10 + digit - '0';
	}
	return -1;
}

int cgroup_add(const struct cgroup *cg, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	return cgroup_write(cg, "cgroup.procs", text);
}

int cgroup_mkdir(const void *arg)
{
	const struct cgroup *cg = arg;
	int err;

	supervise_enter("mkdir of %s", cgroup_name(cg));
	err = mkdir(cg->path, 0755) ? -errno : 0;
	supervise_leave();
	return err;
}

int cgroup_rmdir(const void *arg)
{
	const struct cgroup *cg = arg;
	int err;

	supervise_enter("rmdir of %s", cgroup_name(cg));
	err = rmdir(cg->path) ? -errno : 0;
	supervise_leave();
	return err;
}

int cgroup_set_path(struct cgroup *cg, const struct cgroup *parent,
		    const char *name)
{
	memset(cg, 0, sizeof(*cg));
	return file_path(parent ?: &cgroup_run_root, name, cg->path,
			 sizeof(cg->path));
}

int cgroup_find_id(struct cgroup *cg)
{
	struct stat st;

	if (stat(cg->path, &st))
		return -errno;
	cg->id = st.st_ino;
	return 0;
}

int cgroup_create(struct cgroup *cg, const struct cgroup *parent,
		  const char *name)
{
	int err = cgroup_set_path(cg, parent, name);

	err = err ?: cgroup_mkdir(cg);
	return err ?: cgroup_find_id(cg);
}

/* EBUSY is temporary while tasks exit, and permanent on a broken kernel. */
static int rmdir_patiently(const char *path)
{
	int err;

	supervise_enter("rmdir of %s", base_name(path));
	WAIT_FOR(!(err = rmdir(path) ? -errno : 0) || err != -EBUSY,
		 PATIENCE_MS);
	supervise_leave();
	return err == -ENOENT ? 0 : err;
}

static int remove_tree(const char *path);

static int remove_children(const char *path)
{
	char child[PATH_MAX];
	struct dirent *entry;
	int err = 0;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(child, sizeof(child), "%s/%s", path,
				     entry->d_name) >= sizeof(child))
			err = -ENAMETOOLONG;
		else
			err = remove_tree(child);
	}
	closedir(dir);
	return err;
}

static int remove_tree(const char *path)
{
	return remove_children(path) ?: rmdir_patiently(path);
}

int cgroup_empty(const struct cgroup *cg)
{
	/* A kernel without freezer or cgroup.kill lacks these files: rmdir shows that. */
	cgroup_write(cg, "cgroup.kill", "1");
	cgroup_write(cg, "cgroup.freeze", "0");
	return remove_children(cg->path);
}

int cgroup_remove(const struct cgroup *cg)
{
	return cgroup_empty(cg) ?: rmdir_patiently(cg->path);
}

/* In cgroup v1 the io controller has another name. */
static const char *v1_name(const char *controller)
{
	return strcmp(controller, "io") ? controller : "blkio";
}

/* Whether the controller is in a cgroup v1 hierarchy: /proc/cgroups has its number. */
static bool is_in_v1(const char *controller)
{
	char name[64], line[256];
	FILE *list = fopen("/proc/cgroups", "re");
	int hierarchy = 0, id;

	while (list && !hierarchy && fgets(line, sizeof(line), list))
		if (sscanf(line, "%63s %d", name, &id) == 2 &&
		    !strcmp(name, v1_name(controller)))
			hierarchy = id;
	if (list)
		fclose(list);
	return hierarchy > 0;
}

/*
 * Whether a cgroup_disable= of the kernel command line names the controller.
 * /proc/cgroups has no line for a controller that cgroup v1 does not have.
 */
static bool is_disabled_at_boot(const char *controller)
{
	char line[4096], *word, *name, *save = NULL, *save_name = NULL;
	static const char option[] = "cgroup_disable=";

	if (read_file("/proc/cmdline", line, sizeof(line)) < 0)
		return false;
	for (word = strtok_r(line, "\n ", &save); word;
	     word = strtok_r(NULL, "\n ", &save)) {
		if (strncmp(word, option, strlen(option)))
			continue;
		for (name = strtok_r(word + strlen(option), ",", &save_name);
		     name; name = strtok_r(NULL, ",", &save_name))
			if (!strcmp(name, controller) ||
			    !strcmp(name, v1_name(controller)))
				return true;
	}
	return false;
}

/* Explains why a controller is not available. */
static int explain_missing(const char *controller, struct reason *reason)
{
	if (is_in_v1(controller))
		reason_set(reason,
			   "the %s controller is held by a cgroup v1 mount: unmount it",
			   controller);
	else if (is_disabled_at_boot(controller))
		reason_set(reason,
			   "cgroup_disable= on the kernel command line disables the %s controller",
			   controller);
	else
		reason_set(reason,
			   "cgroup2 has no %s controller here: not built into the kernel, or not delegated to us",
			   controller);
	return -ENODEV;
}

bool cgroup_lists_controller(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *at;

	for (at = list; (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == ' ') &&
		    (!at[len] || isspace(at[len])))
			return true;
	return false;
}

int cgroup_delegate(const struct cgroup *cg, const char *controller,
		    struct reason *reason)
{
	char list[512], text[64];
	int err;

	if (cgroup_read(cg, "cgroup.subtree_control", list, sizeof(list)) >=
		    0 &&
	    cgroup_lists_controller(list, controller))
		return 0;
	if (cgroup_read(cg, "cgroup.controllers", list, sizeof(list)) < 0 ||
	    !cgroup_lists_controller(list, controller))
		return explain_missing(controller, reason);

	snprintf(text, sizeof(text), "+%s", controller);
	err = cgroup_write(cg, "cgroup.subtree_control", text);
	if (err)
		reason_set(reason, "cannot enable the %s controller in %s: %s",
			   controller, cg->path, strerror(-err));
	return err;
}
