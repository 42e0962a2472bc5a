/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proc - what /proc tells about one task, or one CPU.
 */
#ifndef TASK_EXIT_PROC_H
#define TASK_EXIT_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PF_EXITING 0x00000004

struct proc_stat {
	char state;
	unsigned int flags;
	pid_t ppid;
	pid_t session;
	unsigned long ticks; /* of CPU time, in clock ticks */
};

/* 0, or -errno: -ENOENT or -ESRCH where there is no such task. */
int proc_stat(pid_t pid, struct proc_stat *stat);
int thread_stat(pid_t pid, pid_t tid, struct proc_stat *stat);

/* How often it has given up the CPU: who sleeps on does not. Or -errno. */
long proc_switches(pid_t pid);

/*
 * It sleeps, and no runqueue has it: a scheduler sees it when it is woken. One that
 * says S may not have got that far, and would be woken where it is, unseen.
 */
bool proc_sleeps(pid_t pid);

/* Dead and not reaped; a leader that left threads behind is one as well. */
bool proc_is_zombie(pid_t pid);

/* The youngest kernel thread of this name, as /proc/PID/comm has it; 0: none. */
pid_t proc_find_kthread(const char *comm);

/* The youngest process that was started with the argument @word; 0: none. */
pid_t proc_find_argument(const char *word);

/*
 * How long a CPU has been idle since the boot; a clock tick is the unit. Or -errno. It
 * tells a kernel that runs something too late from a machine that has no CPU to run it.
 */
long long proc_cpu_idle_ms(int cpu);

/* What a CPU that is busy all the time may be idle for all the same, to look at it. */
#define BUSY_IDLE_MS 100

/* Whether @cpu was idle for @ms at most since proc_cpu_idle_ms() said @before. */
bool proc_cpu_was_busy(int cpu, long long before, int ms);

/* One line on where a task sleeps: state, wait channel, top of its stack. */
void proc_describe(pid_t pid, char *buf, size_t size);

/* Reads a whole small file as a string; the number of bytes, or -errno. */
ssize_t read_file(const char *path, char *buf, size_t size);
/* Writes a string with one write(); 0, or -errno. */
int write_file(const char *path, const char *text);

#endif /* TASK_EXIT_PROC_H */
