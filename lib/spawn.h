/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spawn - fork a child that cannot outlive the test nor get in its way.
 *
 * Such a child dies with its parent (PDEATHSIG), has /dev/null for stdio, so
 * that one that sleeps in the kernel keeps no pipe of a runner open, and has
 * no other descriptor, so that it does not keep a scheduler's link alive.
 */
#ifndef TASK_EXIT_SPAWN_H
#define TASK_EXIT_SPAWN_H

#include <sys/types.h>

#include "compiler.h"

/* As fork(2); @keep_fd stays open in the child, -1 for none. */
pid_t spawn(int keep_fd);

/* The same, and the child is born in the cgroup that @cgroup_fd is open on. */
pid_t spawn_into(int cgroup_fd);

struct cgroup;

/* The same, and it does nothing until it is killed. Or -errno. */
pid_t spawn_idle_in(const struct cgroup *cg);

/*
 * A bare fork(2) with more clone flags, whose child is born in the cgroup that
 * @cgroup_fd is open on; it keeps all descriptors.
 */
pid_t fork_into(int cgroup_fd, unsigned long long flags);

/* In a child: nothing more, until it is killed, at the latest with its parent. */
__noreturn void idle_until_killed(void);

/*
 * This process, and what it forks, stays on the CPU that it is on; on @cpu; on any
 * other than @cpu, -ENODEV where there is none. 0 or -errno.
 */
int stay_on_this_cpu(void);
int stay_on_cpu(int cpu);
int keep_on_cpu(pid_t pid,
		int cpu); /* @pid does, not what it has forked; 0: we */
int stay_on_another_cpu(int cpu);

/* @pid leaves @cpu to others, who may use all of ours; -EINVAL where there is no other. */
int keep_off_cpu(pid_t pid, int cpu);

/* A FIFO task, whose children are none. 0 or -errno. */
int become_fifo(void);

/*
 * This process and its children stay on one CPU, and it is a FIFO task and they
 * are not: it runs as soon as one of them wakes it, and before that one goes on.
 * So what it does after wait(2) has returned a child, it does before the child's
 * last switch. 0 or -errno.
 */
int run_before_children(void);

/* SIGKILL and reap; gives up on a child that does not die within @ms. */
int spawn_kill(pid_t pid, int ms);

/* Reap; the wait status, or -ETIMEDOUT, or -errno. */
int spawn_wait(pid_t pid, int ms);

#endif /* TASK_EXIT_SPAWN_H */
