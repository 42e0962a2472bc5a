// SPDX-License-Identifier: GPL-2.0-only
/*
 * proc - read /proc. See proc.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

ssize_t read_file(const char *path, char *buf, size_t size)
{
	size_t used = 0;
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((len = read(fd, buf + used, size - 1 - used)) > 0)
		used += len;
	if (len < 0)
		len = -errno;
	close(fd);
	buf[used] = '\0';
	return len < 0 ? len : (ssize_t)used;
}

int write_file(const char *path, const char *text)
{
	ssize_t len = strlen(text);
	int fd, err = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != len)
		err = -errno;
	close(fd);
	return err;
}

ssize_t proc_read(pid_t pid, const char *file, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return read_file(path, buf, size);
}

static int parse_stat(const char *path, struct proc_stat *stat)
{
	unsigned long user, kernel;
	char buf[1024], *after_comm;
	ssize_t len;

	len = read_file(path, buf, sizeof(buf));
	if (len < 0)
		return len;

	/* comm may contain parentheses: search for the last one. */
	after_comm = strrchr(buf, ')');
	if (!after_comm ||
	    sscanf(after_comm + 1,
		   " %c %d %d %d %*d %*d %u %*u %*u %*u %*u %lu %lu",
		   &stat->state, &stat->ppid, &stat->group, &stat->session,
		   &stat->flags, &user, &kernel) != 7)
		return -EINVAL;
	stat->ticks = user + kernel;
	return 0;
}

int proc_stat(pid_t pid, struct proc_stat *stat)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return parse_stat(path, stat);
}

int thread_stat(pid_t pid, pid_t tid, struct proc_stat *stat)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	return parse_stat(path, stat);
}

static pid_t find_in(const char *path,
		     bool (*matches)(pid_t id, const void *arg),
		     const void *arg)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	pid_t found = 0;

	while (dir && (entry = readdir(dir))) {
		pid_t id = atoi(entry->d_name);

		if (id > 0 && (!matches || matches(id, arg)) && id > found)
			found = id;
	}
	if (dir)
		closedir(dir);
	return found;
}

pid_t proc_find(bool (*matches)(pid_t pid, const void *arg), const void *arg)
{
	return find_in("/proc", matches, arg);
}

pid_t thread_find(pid_t pid, bool (*matches)(pid_t tid, const void *arg),
		  const void *arg)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	return find_in(path, matches, arg);
}

long proc_switches(pid_t pid)
{
	char buf[4096], *line;
	ssize_t len;

	len = proc_read(pid, "status", buf, sizeof(buf));
	if (len < 0)
		return len;
	line = strstr(buf, "\nvoluntary_ctxt_switches:");
	return line ? atol(strchr(line, ':') + 1) : -EINVAL;
}

/* "[<0>] do_exit+0x3a3/0x9f0" lines become "do_exit < do_group_exit < ...". */
static void join_stack(const char *stack, char *buf, size_t size)
{
	const char *line = stack;
	size_t used = 0;
	int frames = 0;

	while (*line && frames < 6) {
		const char *name = strchr(line, ' ');
		size_t len = name ? strcspn(name + 1, "+\n") : 0;

		if (len && used + len + 4 < size)
			used += sprintf(buf + used, "%s%.*s",
					frames++ ? " < " : "", (int)len,
					name + 1);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	buf[used] = '\0';
}

bool proc_is_zombie(pid_t pid)
{
	struct proc_stat stat;

	return !proc_stat(pid, &stat) && stat.state == 'Z';
}

/* wchan is 0 unless the task is off the runqueue. */
bool proc_sleeps(pid_t pid)
{
	char wchan[64];

	return proc_read(pid, "wchan", wchan, sizeof(wchan)) > 0 &&
	       strcmp(wchan, "0");
}

#define KTHREADD 2

static bool is_kthread(pid_t pid, const void *comm)
{
	struct proc_stat stat;
	char name[32];

	if (proc_stat(pid, &stat) || stat.ppid != KTHREADD)
		return false;
	if (proc_read(pid, "comm", name, sizeof(name)) < 0)
		return false;
	name[strcspn(name, "\n")] = '\0';
	return !strcmp(name, comm);
}

static bool has_argument(pid_t pid, const void *word)
{
	char line[4096];
	ssize_t len, at;

	len = proc_read(pid, "cmdline", line, sizeof(line));
	for (at = 0; at < len; at += strlen(line + at) + 1)
		if (!strcmp(line + at, word))
			return true;
	return false;
}

pid_t proc_find_kthread(const char *comm)
{
	return proc_find(is_kthread, comm);
}

pid_t proc_find_argument(const char *word)
{
	return proc_find(has_argument, word);
}

long long proc_cpu_idle_ms(int cpu)
{
	unsigned long long idle, iowait;
	long long ticks = -ENOENT;
	char line[512], name[16];
	FILE *file = fopen("/proc/stat", "re");

	if (!file)
		return -errno;
	snprintf(name, sizeof(name), "cpu%d ", cpu);
	while (ticks < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) &&
		    sscanf(line, "%*s %*u %*u %*u %llu %llu", &idle, &iowait) ==
			    2)
			ticks = idle + iowait;
	fclose(file);
	return ticks < 0 ? ticks : ticks * 1000 / sysconf(_SC_CLK_TCK);
}

bool proc_cpu_was_busy(int cpu, long long before, int ms)
{
	long long now = proc_cpu_idle_ms(cpu);

	return before >= 0 && now >= 0 && now - before <= ms;
}

void proc_where(pid_t pid, char *buf, size_t size)
{
	char wchan[48];

	if (proc_read(pid, "wchan", wchan, sizeof(wchan)) <= 0)
		snprintf(buf, size, "is gone");
	else if (!strcmp(wchan, "0"))
		snprintf(buf, size, "runs");
	else
		snprintf(buf, size, "sleeps in %s", wchan);
}

void proc_describe(pid_t pid, char *buf, size_t size)
{
	char wchan[64], stack[2048], frames[256];
	struct proc_stat stat;

	if (proc_stat(pid, &stat)) {
		snprintf(buf, size, "gone");
		return;
	}

	if (proc_read(pid, "wchan", wchan, sizeof(wchan)) <= 0)
		snprintf(wchan, sizeof(wchan), "?");
	if (proc_read(pid, "stack", stack, sizeof(stack)) < 0)
		stack[0] = '\0';
	join_stack(stack, frames, sizeof(frames));

	snprintf(buf, size, "state %c%s, in %s%s%s%s", stat.state,
		 stat.flags & PF_EXITING ? ", PF_EXITING" : "", wchan,
		 frames[0] ? " (" : "", frames, frames[0] ? ")" : "");
}
