/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proc - read a task's state, or a CPU's, from /proc.
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
	pid_t group;
	pid_t session;
	unsigned long ticks; /* of CPU time, in clock ticks */
};

/* 0, or -errno: -ENOENT or -ESRCH if there is no such task. */
int proc_stat(pid_t pid, struct proc_stat *stat);
int thread_stat(pid_t pid, pid_t tid, struct proc_stat *stat);

/* The number of voluntary context switches: unchanged while it sleeps. Or -errno. */
long proc_switches(pid_t pid);

/*
 * Returns whether it sleeps and is dequeued. State S is set before the task is dequeued; a
 * wakeup then bypasses the scheduler.
 */
bool proc_sleeps(pid_t pid);

/* Dead and not reaped; a zombie leader with live threads counts as well. */
bool proc_is_zombie(pid_t pid);

/*
 * Call @matches(id, arg) for each process, or for each thread of process @pid. Return the
 * youngest for which it returns true, or simply the youngest if @matches is NULL; 0: none.
 */
pid_t proc_find(bool (*matches)(pid_t pid, const void *arg), const void *arg);
pid_t thread_find(pid_t pid, bool (*matches)(pid_t tid, const void *arg),
		  const void *arg);

/* The youngest kernel thread of this name, as /proc/PID/comm has it; 0: none. */
pid_t proc_find_kthread(const char *comm);

/* The youngest process with @word as an argument; 0: none. */
pid_t proc_find_argument(const char *word);

/*
 * The idle time of a CPU since the boot, in steps of a clock tick; or -errno. If a
 * task ran too late and its CPU was idle, that is the kernel's fault; if the CPU was
 * busy, the machine may be too slow.
 */
long long proc_cpu_idle_ms(int cpu);

/* The idle time that a busy CPU may show. */
#define BUSY_IDLE_MS 100

/* Returns whether @cpu was idle for @ms at most since proc_cpu_idle_ms() returned @before. */
bool proc_cpu_was_busy(int cpu, long long before, int ms);

/* "sleeps in FUNCTION", "runs" or "is gone", to follow the name of a task. */
void proc_where(pid_t pid, char *buf, size_t size);

/* One line that tells where a task sleeps: state, wait channel, top of its stack. */
void proc_describe(pid_t pid, char *buf, size_t size);

/* Reads /proc/@pid/@file as a string; the number of bytes, or -errno. */
ssize_t proc_read(pid_t pid, const char *file, char *buf, size_t size);

/* The same, for any small file. */
ssize_t read_file(const char *path, char *buf, size_t size);
/* Writes a string with one write(); 0, or -errno. */
int write_file(const char *path, const char *text);

#endif /* TASK_EXIT_PROC_H */
