// SPDX-License-Identifier: GPL-2.0-only
/*
 * klog - read /dev/kmsg. See klog.h.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "klog.h"

/* A line of a report that always counts begins with, or contains, one of these. */
static const char *const crashes[] = {
	"BUG: ",
	"kernel BUG at",
	"Oops: ",
	"Unable to handle kernel",
	"general protection fault",
	"INFO: task ",
	"INFO: rcu_",
	"inconsistent lock state",
	"irq lock inversion dependency detected",
	"unsafe lock order detected",
	"possible recursive locking detected",
	"possible circular locking dependency detected",
	"suspicious RCU usage",
	"invalid wait context",
	"bad unlock balance detected",
	"bad contention detected",
	"held lock freed",
	"lock held when returning to user space",
	"still has locks held",
	"self-detected stall on CPU",
	"detected stalls on CPUs",
	"soft lockup",
	"hard LOCKUP",
	"scheduling while atomic",
	"sleeping function called from invalid context",
	"KASAN: ",
	"list_add corruption",
	"list_del corruption",
	"workqueue lockup",
};

/* The same for a report whose location and call trace decide. */
static const char *const warnings[] = {
	"WARNING: ",
	"INFO: possible ",
	"UBSAN: ",
	"refcount_t: ",
};

/* The sources of which a warning counts: what the suite tests, and what it uses for that. */
static const char *const our_files[] = {
	"kernel/bpf/",	   "kernel/cgroup/",	  "kernel/exit.c",
	"kernel/fork.c",   "kernel/locking/",	  "kernel/pid.c",
	"kernel/pid_name", "kernel/rcu/",	  "kernel/sched/",
	"kernel/signal.c", "kernel/stop_machine", "fs/kernfs/",
	"fs/fuse/",	   "mm/memcontrol",	  "lib/percpu-refcount",
};

/* The beginnings of functions of these, without leading underscores. */
static const char *const our_functions[] = {
	"bpf_",
	"blkcg_",
	"cgroup_",
	"cgroup1_",
	"copy_process",
	"cpu_cgroup_",
	"cpuset_",
	"css_",
	"do_exit",
	"do_task_dead",
	"exit_files",
	"exit_notify",
	"exit_signals",
	"finish_task_switch",
	"free_task",
	"kernel_clone",
	"kernfs_",
	"mem_cgroup_",
	"memcg_",
	"percpu_ref_",
	"pids_",
	"put_css_set",
	"put_task_struct",
	"release_task",
	"sched_",
	"scx_",
	"try_to_wake_up",
	"wake_up_new_task",
	"zap_pid_ns_processes",
};

/* Enough of a report to show its head and the first frames. */
#define REPORT_LINES 16

/* A report that names no part of ours within this many lines does not do so later. */
#define TRACE_LINES 100

/* A warning with a message is two or three such lines. */
#define HEAD_LINES 3

void klog_start(struct klog *klog)
{
	klog->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (klog->fd >= 0)
		lseek(klog->fd, 0, SEEK_END);
}

void klog_restart(struct klog *klog)
{
	if (klog->fd >= 0)
		close(klog->fd);
	klog_start(klog);
}

static bool contains_one_of(const char *text, const char *const words[],
			    size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		const char *at = strstr(text, words[i]);

		/* "BUG: " matches, "DEBUG: " does not. */
		if (at && (at == text || !isalnum(at[-1])))
			return true;
	}
	return false;
}

/* Whether the function that ends before @end, "+0x..." in @line, is one of ours. */
static bool function_is_ours(const char *line, const char *end)
{
	const char *name = end;
	size_t i, len;

	while (name > line && (isalnum(name[-1]) || strchr("_.", name[-1])))
		name--;
	/* A frame with a question mark may be of an earlier call. */
	if (name >= line + 2 && !strncmp(name - 2, "? ", 2))
		return false;
	while (*name == '_')
		name++;
	for (i = 0; i < ARRAY_SIZE(our_functions); i++) {
		len = strlen(our_functions[i]);
		if (!strncmp(name, our_functions[i], len))
			return true;
	}
	/* enqueue_task_scx() */
	return end - name > 4 && !strncmp(end - 4, "_scx", 4);
}

/* Whether a line of a report names a source or a function of ours. */
static bool line_is_ours(const char *line)
{
	const char *at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(our_files); i++) {
		at = strstr(line, our_files[i]);
		/* Not "drivers/x/kernel/sched/". */
		if (at && (at == line || at[-1] == ' '))
			return true;
	}
	/* "name+0x10/0x20 [module]" */
	for (at = line; (at = strstr(at, "+0x")); at++)
		if (!strstr(at, " [") && function_is_ours(line, at))
			return true;
	return false;
}

static void quote(struct klog_reader *reader, const char *line)
{
	struct klog_findings *found = reader->found;

	if (reader->quoted++ < REPORT_LINES &&
	    reader->used < sizeof(found->report))
		reader->used += snprintf(found->report + reader->used,
					 sizeof(found->report) - reader->used,
					 "%s\n", line);
}

/* An undecided warning is of another part of the kernel. */
void klog_end(struct klog_reader *reader)
{
	struct klog_findings *found = reader->found;

	if (!reader->undecided)
		return;
	reader->undecided = false;
	if (!found->others++)
		memcpy(found->other, reader->first, sizeof(found->other));
	if (found->alarms)
		return;
	reader->quoted = 0;
	reader->used = 0;
	found->report[0] = '\0';
}

static void begin_warning(struct klog_reader *reader, const char *line)
{
	/* The head of a warning may be several lines. */
	if (reader->undecided && reader->lines < HEAD_LINES)
		return;
	klog_end(reader);
	reader->undecided = true;
	reader->lines = 0;
	snprintf(reader->first, sizeof(reader->first), "%s", line);
}

void klog_take(struct klog_reader *reader, const char *line)
{
	struct klog_findings *found = reader->found;
	bool crash = contains_one_of(line, crashes, ARRAY_SIZE(crashes));

	if (!crash && contains_one_of(line, warnings, ARRAY_SIZE(warnings)))
		begin_warning(reader, line);
	if (crash || (reader->undecided && line_is_ours(line))) {
		found->alarms++;
		reader->undecided = false;
	}
	if (found->alarms || reader->undecided)
		quote(reader, line);
	if (strstr(line, "end trace") || reader->lines++ >= TRACE_LINES)
		klog_end(reader);
}

/* "PRIORITY,NUMBER,TIME,FLAGS;text\n KEY=value\n..." */
const char *klog_text(char *record)
{
	char *text = strchr(record, ';');

	/* The facility follows three bits of level; the kernel is facility 0. */
	if (!text || atoi(record) >> 3)
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text + 1;
}

/* The next record by the kernel; NULL if there is none yet. */
static const char *next_message(const struct klog *klog, char *record,
				size_t size)
{
	for (;;) {
		ssize_t len = read(klog->fd, record, size - 1);
		const char *message;

		/* EPIPE: the ring buffer has overwritten records; read on. */
		if (len < 0 && errno == EPIPE)
			continue;
		if (len <= 0)
			return NULL;
		record[len] = '\0';
		message = klog_text(record);
		if (message)
			return message;
	}
}

bool klog_has(struct klog *klog, const char *word, char *text, size_t size)
{
	char record[8192];
	const char *message;

	while (klog->fd >= 0 &&
	       (message = next_message(klog, record, sizeof(record)))) {
		if (!strstr(message, word))
			continue;
		snprintf(text, size, "%s", message);
		return true;
	}
	return false;
}

void klog_stop(struct klog *klog, struct klog_findings *found)
{
	struct klog_reader reader = { .found = found };
	const char *message;
	char record[8192];

	memset(found, 0, sizeof(*found));
	if (klog->fd < 0)
		return;
	while ((message = next_message(klog, record, sizeof(record))))
		klog_take(&reader, message);
	klog_end(&reader);
	close(klog->fd);
	klog->fd = -1;
}
