// SPDX-License-Identifier: GPL-2.0-only
/*
 * events - the C side of the event log. See events.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "events.h"
#include "share.h"

static const char *const kind_names[EV_NR_KINDS] = {
	[EV_NONE] = "(unfinished)",
	[EV_STEP] = "test",
	[EV_UNLOAD_BEGIN] = "disabling",
	[EV_UNLOAD_END] = "disabled",
	[EV_CGROUP_INIT] = "cgroup_init",
	[EV_CGROUP_EXIT] = "cgroup_exit",
	[EV_INIT_TASK] = "init_task",
	[EV_EXIT_TASK] = "exit_task",
	[EV_PREP_MOVE] = "cgroup_prep_move",
	[EV_MOVE] = "cgroup_move",
	[EV_CANCEL_MOVE] = "cgroup_cancel_move",
	[EV_ENABLE] = "enable",
	[EV_DISABLE] = "disable",
	[EV_ENQUEUE] = "enqueue",
	[EV_RUNNING] = "running",
	[EV_STOPPING] = "stopping",
	[EV_SET_WEIGHT] = "set_weight",
	[EV_SET_CPUMASK] = "set_cpumask",
	[EV_CSS_KILLED] = "css_killed",
	[EV_CSS_OFFLINE] = "css_offline",
	[EV_LAST_SWITCH] = "last switch",
};

const char *event_kind_name(enum event_kind kind)
{
	return kind < EV_NR_KINDS ? kind_names[kind] : "(unknown)";
}

/*
 * Not part of the log, as libbpf zeroes and copies the log of a BPF program at
 * each load: its size costs time. It is unmapped when the test's process ends.
 */
static struct {
	__u64 used;
	char text[1 << 20];
} *texts;

static bool have_texts(void)
{
	if (!texts)
		texts = share_memory(sizeof(*texts));
	return texts;
}

/* Shared, so that the events of a test's children are in the same order. */
struct event_log *event_log_create(void)
{
	return have_texts() ? share_memory(sizeof(struct event_log)) : NULL;
}

void event_log_destroy(struct event_log *log)
{
	if (log)
		munmap(log, sizeof(*log));
}

/* NULL if there is no log, or if it is full: event_lost() counts that. */
struct event *event_append(struct event_log *log, enum event_kind kind)
{
	struct timespec now;
	struct event *ev;
	__u64 slot;

	if (!log)
		return NULL;
	slot = __atomic_fetch_add(&log->cursor, 1, __ATOMIC_SEQ_CST);
	if (slot >= EVENT_LOG_SIZE)
		return NULL;

	ev = &log->event[slot];
	memset(ev, 0, sizeof(*ev));
	clock_gettime(CLOCK_MONOTONIC, &now);
	ev->time = now.tv_sec * 1000000000ULL + now.tv_nsec;
	__atomic_store_n(&ev->kind, kind, __ATOMIC_RELEASE);
	return ev;
}

/* ->to is the offset plus one: 0 means no text. */
void event_say(struct event *ev, const char *fmt, va_list args)
{
	char text[256];
	__u64 at;
	int len;

	len = vsnprintf(text, sizeof(text), fmt, args);
	if (len >= (int)sizeof(text))
		len = sizeof(text) - 1;
	at = __atomic_fetch_add(&texts->used, len + 1, __ATOMIC_SEQ_CST);
	if (at + len >= sizeof(texts->text))
		return;
	memcpy(&texts->text[at], text, len + 1);
	ev->to = at + 1;
}

const char *event_text(const struct event *ev)
{
	return ev->to ? &texts->text[ev->to - 1] : "(no room for the text)";
}

size_t event_count(const struct event_log *log)
{
	__u64 cursor = __atomic_load_n(&log->cursor, __ATOMIC_SEQ_CST);

	return cursor < EVENT_LOG_SIZE ? cursor : EVENT_LOG_SIZE;
}

size_t event_lost(const struct event_log *log)
{
	__u64 cursor = __atomic_load_n(&log->cursor, __ATOMIC_SEQ_CST);

	return cursor < EVENT_LOG_SIZE ? 0 : cursor - EVENT_LOG_SIZE;
}

bool event_logged(const struct event_log *log, enum event_kind kind,
		  __u64 cgroup, __s32 pid)
{
	size_t i, nr = event_count(log);

	for (i = 0; i < nr; i++) {
		const struct event *ev = &log->event[i];

		if (__atomic_load_n(&ev->kind, __ATOMIC_ACQUIRE) == kind &&
		    (!cgroup || ev->cgroup == cgroup) &&
		    (!pid || ev->pid == pid))
			return true;
	}
	return false;
}

void event_callbacks(const struct event_log *log, __s32 pid, char *buf,
		     size_t size)
{
	static const char letters[EV_NR_KINDS] = {
		[EV_INIT_TASK] = 'i',	[EV_EXIT_TASK] = 'x',
		[EV_PREP_MOVE] = 'p',	[EV_MOVE] = 'm',
		[EV_CANCEL_MOVE] = 'c', [EV_ENABLE] = 'e',
		[EV_DISABLE] = 'd',
	};
	size_t i, used = 0, nr = event_count(log);

	for (i = 0; i < nr && used + 1 < size; i++)
		if (log->event[i].pid == pid && letters[log->event[i].kind])
			buf[used++] = letters[log->event[i].kind];
	buf[used] = '\0';
}

const struct event *event_last(const struct event_log *log,
			       enum event_kind kind, __u64 cgroup, __u64 task)
{
	size_t i = event_count(log);

	while (i--) {
		const struct event *ev = &log->event[i];

		if (ev->kind == (__u32)kind &&
		    (!cgroup || ev->cgroup == cgroup) &&
		    (!task || ev->task == task))
			return ev;
	}
	return NULL;
}

const struct event *event_last_of_pid(const struct event_log *log,
				      enum event_kind kind, __s32 pid)
{
	size_t i = event_count(log);

	while (i--)
		if (log->event[i].kind == (__u32)kind &&
		    log->event[i].pid == pid)
			return &log->event[i];
	return NULL;
}
