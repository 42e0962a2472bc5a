/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events - one log of everything that happens during a test, in order.
 *
 * The test writes its steps to it, and a BPF scheduler, if one is loaded, its
 * callbacks. Both allocate a slot by an atomic increment of one cursor, so the
 * index of an event is its position in time and no clocks are compared.
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
 * A load and an unload of a scheduler log two events for every thread of the machine:
 * enough for about ten thousand threads. It is a power of two, as the BPF side masks
 * the index for the verifier.
 */
#define EVENT_LOG_SIZE 32768
#define EVENT_NOTE_SIZE 16 /* a task's comm, a controller's name */

enum event_kind {
	EV_NONE, /* the slot is allocated, and its writer has not finished */
	EV_STEP, /* a step of the test; see event_say() */
	EV_UNLOAD_BEGIN, /* the test is about to unload its scheduler */
	EV_UNLOAD_END, /* the scheduler is unloaded */
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
	EV_CSS_KILLED, /* the percpu ref of a css is killed */
	EV_CSS_OFFLINE, /* css_offline(); @task is the css */
	EV_LAST_SWITCH,
	EV_NR_KINDS,
};

enum event_flags {
	EVF_CANCELLED = 1 << 0, /* exit_task: the fork was cancelled */
	EVF_FORK = 1 << 1, /* init_task: from fork, not from a load */
	EVF_EXITING = 1 << 2, /* the task has PF_EXITING */
	EVF_OFFLINE = 1 << 3, /* the cgroup is offline */
	EVF_UNLINKED = 1 << 4, /* exit_task: the task has left its cgroup */
};

struct event {
	__u64 time; /* CLOCK_MONOTONIC, for the timeline */
	__u32 kind;
	__u32 flags;
	__s32 pid;
	__s32 tgid;
	__u64 task; /* identity of the task while it is initialised */
	__u64 tid; /* p->scx.tid, 0 where the kernel has none */
	__u64 cgroup; /* the cgroup; of a move, the source */
	__u64 to; /* of a move, the destination; of cgroup_init, the parent; of a step, its text */
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

/* Sets the text of a step, which is stored outside of the log. */
void event_say(struct event *ev, const char *fmt, va_list args);
const char *event_text(const struct event *ev);

size_t event_count(const struct event_log *log);
size_t event_lost(const struct event_log *log);

/* Returns whether the log has @kind, of this cgroup and this pid unless they are 0. */
bool event_logged(const struct event_log *log, enum event_kind kind,
		  __u64 cgroup, __s32 pid);

/*
 * The callbacks for @pid in their order, one letter for each:
 * init_task i, exit_task x, prep_move p, move m, cancel_move c, enable e,
 * disable d.
 */
void event_callbacks(const struct event_log *log, __s32 pid, char *buf,
		     size_t size);

/* The last event of a kind, of this cgroup and task unless they are 0. */
const struct event *event_last(const struct event_log *log,
			       enum event_kind kind, __u64 cgroup, __u64 task);

/* The same, for a pid. */
const struct event *event_last_of_pid(const struct event_log *log,
				      enum event_kind kind, __s32 pid);

const char *event_kind_name(enum event_kind kind);

#endif /* __VMLINUX_H__ */

#endif /* TASK_EXIT_EVENTS_H */
