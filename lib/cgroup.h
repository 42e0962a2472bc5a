/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup - temporary cgroups, which are removed at the end of the run.
 *
 * All cgroups of a run are below one root cgroup, task_exit.PID.NUMBER in the root of the
 * first cgroup2 mount. The guard (guard.h) creates that root,
 * locks it and removes it. A root without a lock is left from a run that was
 * killed: the next run removes it.
 */
#ifndef TASK_EXIT_CGROUP_H
#define TASK_EXIT_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "reason.h"

struct cgroup {
	char path[PATH_MAX];
	unsigned long long id; /* the cgroup id: its inode number */
};

extern struct cgroup cgroup_run_root;

/* Sets the path of @name below @parent, or below the run's root. 0 or -ENAMETOOLONG. */
int cgroup_set_path(struct cgroup *cg, const struct cgroup *parent,
		    const char *name);

/* The last part of its path. */
const char *cgroup_name(const struct cgroup *cg);

/* Creates it below @parent, or below the run's root if that is NULL. 0 or -errno. */
int cgroup_create(struct cgroup *cg, const struct cgroup *parent,
		  const char *name);

/* Kills all its tasks and those below, and removes all cgroups below. 0 or -errno. */
int cgroup_empty(const struct cgroup *cg);

/* The same, and removes @cg. */
int cgroup_remove(const struct cgroup *cg);

/*
 * Enables @controller from the top of the hierarchy down to the children of @cg
 * (NULL: of the run's root). 0, or -errno and the reason.
 */
int cgroup_enable(const struct cgroup *cg, const char *controller,
		  struct reason *reason);

int cgroup_write(const struct cgroup *cg, const char *file, const char *text);
ssize_t cgroup_read(const struct cgroup *cg, const char *file, char *buf,
		    size_t size);

/* A descriptor, or -errno. */
int cgroup_open(const struct cgroup *cg, const char *file);

/* The number after "key " in a flat keyed file; or -errno, -ENOENT without the key. */
long cgroup_read_key(const struct cgroup *cg, const char *file,
		     const char *key);

/* 1 or 0 as cgroup.events says, or -errno. */
int cgroup_populated(const struct cgroup *cg);

/* Returns whether cgroup.procs or cgroup.threads lists @pid; -errno. */
int cgroup_lists(const struct cgroup *cg, const char *file, pid_t pid);

/*
 * The next pid of an open cgroup.procs or cgroup.threads, -1 at its end. Reads one
 * line, so that the test can stop between two lines. The kernel's iterator is up to
 * three tasks ahead then: it has printed the next line, holds a reference to the task
 * after that one, and points to a third task, at which it continues.
 */
pid_t cgroup_next_pid(int fd);

/* Moves a process to @cg. 0 or -errno. */
int cgroup_add(const struct cgroup *cg, pid_t pid);

/* mkdir(2) and rmdir(2), as functions for call_start(): 0 or -errno. */
int cgroup_mkdir(const void *cg);
int cgroup_rmdir(const void *cg);

/* Sets the id of a cgroup that has a path. 0 or -errno. */
int cgroup_find_id(struct cgroup *cg);

/* Enables @controller in cgroup.subtree_control of @cg; 0, or -errno and the reason. */
int cgroup_delegate(const struct cgroup *cg, const char *controller,
		    struct reason *reason);
/* Returns whether a list such as cgroup.controllers contains @controller. */
bool cgroup_lists_controller(const char *list, const char *controller);

#endif /* TASK_EXIT_CGROUP_H */
