/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spawn - start children and threads that end with the test.
 *
 * A spawned child dies with its parent (PDEATHSIG), has /dev/null as standard
 * input and output, so that a child that sleeps in the kernel does not keep the
 * runner's pipe open, and no other descriptor, so that it does not keep a
 * scheduler's link alive.
 */
#ifndef TASK_EXIT_SPAWN_H
#define TASK_EXIT_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "compiler.h"

struct cgroup;
struct reason;

/* The C library's headers may be older than these. */
#ifndef SCHED_EXT
#define SCHED_EXT 7
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* Like fork(2); @keep_fd stays open in the child, -1 for none. */
pid_t spawn(int keep_fd);

/* Like spawn(-1), and the child starts in the cgroup of @cgroup_fd. */
pid_t spawn_into(int cgroup_fd);

/* A child that starts in @cg and sleeps until it is killed. Or -errno. */
pid_t spawn_idle_in(const struct cgroup *cg);

/*
 * A plain fork with more clone flags: the child starts in the cgroup of @cgroup_fd
 * and keeps all descriptors.
 */
pid_t fork_into(int cgroup_fd, unsigned long long flags);

/* In a child, at its start: it dies when @parent, which forked it, does. */
void die_with(pid_t parent);

/* Sleeps until it is killed, which the end of its parent does. */
__noreturn void idle_until_killed(void);

/*
 * Starts a thread of this process without pthreads, so that it runs nothing but
 * @fn, and ends with exit_thread(). Its tid, or -1. With @own_files it has
 * its own file table. A process can start four.
 */
pid_t start_thread(int (*fn)(void *), void *arg, bool own_files);

/* exit(2) of this thread alone: _exit(3) is exit_group(2). */
__noreturn void exit_thread(void);

/* A function for start_thread(): the thread sleeps. */
int idle_thread(void *unused);

/* These set the affinity: of this process, or of @pid (0: this process). 0 or -errno. */
int stay_on_this_cpu(void);
int stay_on_cpu(int cpu);
int keep_on_cpu(pid_t pid, int cpu);

/* The same, for any CPU but @cpu; -ENODEV, or -EINVAL, if there is no other. */
int stay_on_another_cpu(int cpu);
int keep_off_cpu(pid_t pid, int cpu);

/* SCHED_FIFO for this task, but not for its children. 0 or -errno. */
int become_fifo(void);

/* SCHED_FIFO with this priority, for the children as well. 0 or -errno. */
int become_fifo_with(int priority);

/*
 * This process and its children stay on one CPU, and only this process is
 * SCHED_FIFO: it preempts a child that wakes it. So on a preemptible kernel wait(2)
 * returns before the child's last context switch. 0 or -errno.
 */
int run_before_children(void);

/*
 * SIGKILL and reap; gives up on a child that does not die within @ms. -ESRCH if @pid is
 * not a pid but the result of a failed fork.
 */
int spawn_kill(pid_t pid, int ms);

/* SIGKILL and reap all children; false if some do not die within @ms. */
bool spawn_kill_all(int ms);

/* Returns whether spawn_kill_all() could not kill a child; @why then says where it sleeps. */
bool spawn_survives(struct reason *why);

/* Sets @why to where @pid, a process of the test that cannot be killed, sleeps. */
void spawn_explain_survivor(pid_t pid, struct reason *why);

/* Reap; the wait status, or -ETIMEDOUT, or -errno. */
int spawn_wait(pid_t pid, int ms);

/*
 * Sleeps until the child has died, which wakes this task when it would wake wait(2): see
 * run_before_children(). Does not reap. 0, -ETIMEDOUT, or -errno.
 */
int spawn_await_death(pid_t pid, int ms);

#endif /* TASK_EXIT_SPAWN_H */
