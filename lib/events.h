/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events - one log, in one order, of all that happened during a test.
 *
 * Two sides write into it: the test itself (a STEP says what it did or saw)
 * and, where a BPF scheduler is loaded, the scheduler's callbacks. Both take
 * their place with one atomic increment of the same cursor, so the index of
 * an event is its place in time and no clock has to be compared.
 *
 * This header is shared with BPF programs: fixed-size types, no pointers. The
 * including side has the __u32, __u64, ... types (vmlinux.h there,
 * linux/types.h here).
 */
#ifndef TASK_EXIT_EVENTS_H
#define TASK_EXIT_EVENTS_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#endif

/*
 * A load and an unload of a scheduler are two events for every thread of the
 * machine: enough for some ten thousand. A power of two, as the BPF side masks
 * the index for the verifier.
 */
#define EVENT_LOG_SIZE 32768
#define EVENT_NOTE_SIZE 16 /* a task's comm, a controller's name */

enum event_kind {
	EV_NONE, /* the slot was taken, its writer has not finished */
	EV_STEP, /* the test: what it did or saw; see event_say() */
	EV_UNLOAD_BEGIN, /* the test: is about to detach its scheduler */
	EV_UNLOAD_END, /* the test: the scheduler is gone */
	EV_CGROUP_INIT,
	EV_CGROUP_EXIT,
	EV_INIT_TASK,
	EV_EXIT_TASK,
	EV_PREP_MOVE,
	EV_MOVE,
	EV_CANCEL_MOVE,
	EV_ENABLE,
	EV_DISABLE,
	EV_ENQUEUE,
	EV_RUNNING,
	EV_STOPPING,
	EV_SET_WEIGHT,
	EV_SET_CPUMASK,
	EV_CSS_KILLED, /* no new reference to a css can be had any more */
	EV_CSS_OFFLINE, /* a controller leaves a cgroup; @task is the css */
	EV_LAST_SWITCH,
	EV_NR_KINDS,
};

enum event_flags {
	EVF_CANCELLED = 1 << 0, /* exit_task: the fork was cancelled */
	EVF_FORK = 1 << 1, /* init_task: from fork, not from a load */
	EVF_EXITING = 1 << 2, /* the task has PF_EXITING */
	EVF_OFFLINE = 1 << 3, /* the cgroup is offline */
	EVF_UNLINKED = 1 << 4, /* exit_task: in no cgroup any more */
};

struct event {
	__u64 time; /* CLOCK_MONOTONIC, for people to read */
	__u32 kind;
	__u32 flags;
	__s32 pid;
	__s32 tgid;
	__u64 task; /* identity of the task while it is initialised */
	__u64 tid; /* p->scx.tid, 0 where the kernel has none */
	__u64 cgroup; /* the cgroup; of a move, where from */
	__u64 to; /* of a move, where to; of cgroup_init, the parent; a STEP's text */
	char note[EVENT_NOTE_SIZE];
};

struct event_log {
	__u64 cursor; /* the next free slot; may pass EVENT_LOG_SIZE */
	struct event event[EVENT_LOG_SIZE];
};

#ifndef __VMLINUX_H__

struct event_log *event_log_create(void);
void event_log_destroy(struct event_log *log);

struct event *event_append(struct event_log *log, enum event_kind kind);

/* What a STEP, or a mark of the test, says. The text is kept beside the log. */
void event_say(struct event *ev, const char *fmt, va_list args);
const char *event_text(const struct event *ev);

size_t event_count(const struct event_log *log);
size_t event_lost(const struct event_log *log);

/* Whether @kind was noted, of this cgroup and this pid where they are not 0. */
bool event_noted(const struct event_log *log, enum event_kind kind,
		 __u64 cgroup, __s32 pid);

/*
 * What a scheduler was told of @pid, a letter for each callback, in their order:
 * init_task i, exit_task x, prep_move p, move m, cancel_move c, enable e,
 * disable d.
 */
void event_callbacks(const struct event_log *log, __s32 pid, char *buf,
		     size_t size);

/* The last event of a kind, of this cgroup and task where they are not 0. */
const struct event *event_last(const struct event_log *log,
			       enum event_kind kind, __u64 cgroup, __u64 task);

/* The same, of a task by its pid. */
const struct event *event_last_of_pid(const struct event_log *log,
				      enum event_kind kind, __s32 pid);

const char *event_kind_name(enum event_kind kind);

#endif /* __VMLINUX_H__ */

#endif /* TASK_EXIT_EVENTS_H */
