/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroup - temporary cgroups that do not outlive the run.
 *
 * Everything lives below one root cgroup per run, /task_exit.PID of the
 * cgroup2 hierarchy, wherever that is mounted. The guard (guard.h) makes that
 * root, holds a lock on it for as long as it lives, and removes it. A root
 * that nobody locks belonged to a run that was killed: the next run sweeps it.
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
	unsigned long long id; /* what the kernel calls cgroup id: the inode */
};

extern struct cgroup cgroup_run_root;

/* Below @parent, or below the run's root where it is NULL. 0 or -errno. */
int cgroup_create(struct cgroup *cg, const struct cgroup *parent,
		  const char *name);

/* Kills what is in it and below it and removes what is below. 0 or -errno. */
int cgroup_empty(const struct cgroup *cg);

/* The same, and removes it. */
int cgroup_remove(const struct cgroup *cg);

/*
 * Makes @controller available below the run's root and all the way down to the
 * children of @cg (NULL: of the run's root). Where that cannot be, says why in @reason.
 */
int cgroup_enable(const struct cgroup *cg, const char *controller,
		  struct reason *reason);

int cgroup_write(const struct cgroup *cg, const char *file, const char *text);
ssize_t cgroup_read(const struct cgroup *cg, const char *file, char *buf,
		    size_t size);

/* A descriptor to read, poll or watch it; -errno. */
int cgroup_open(const struct cgroup *cg, const char *file);

/* The number after "key " in a flat keyed file; -errno, -ENOENT for no such key. */
long cgroup_read_key(const struct cgroup *cg, const char *file,
		     const char *key);

/* 1 or 0 as cgroup.events says, or -errno. */
int cgroup_populated(const struct cgroup *cg);

/* Whether cgroup.procs or cgroup.threads lists @pid; -errno. */
int cgroup_lists(const struct cgroup *cg, const char *file, pid_t pid);

/*
 * The next pid of an open cgroup.procs or cgroup.threads, -1 at its end. It takes no
 * byte more than that line, so a reader can be stopped anywhere: the kernel is ahead of
 * it by no more than three tasks. It has written the line of the next one, has got hold
 * of the one after that, and has a pointer to the third, where it is to go on.
 */
pid_t cgroup_next_pid(int fd);

/* Moves a process in. */
int cgroup_add(const struct cgroup *cg, pid_t pid);

/* rmdir(2), for deadline_start(): 0 or -errno. */
int cgroup_rmdir(const void *cg);

/* Makes @controller available to the children of @cg; 0 or -errno and @reason. */
int cgroup_delegate(const struct cgroup *cg, const char *controller,
		    struct reason *reason);
/* Whether a list such as cgroup.controllers names @controller. */
bool cgroup_lists_controller(const char *list, const char *controller);

#endif /* TASK_EXIT_CGROUP_H */
