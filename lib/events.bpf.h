/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events.bpf - the BPF side of the event log. See events.h.
 *
 * Include it after vmlinux.h and libbpf's headers. The log is the skeleton's
 * bss->events: pass it to timeline_use_log().
 */
#ifndef TASK_EXIT_EVENTS_BPF_H
#define TASK_EXIT_EVENTS_BPF_H

#include "events.h"

struct event_log events;

/* The next free slot; NULL if the log is full. */
static __always_inline struct event *observe(void)
{
	u64 slot = __sync_fetch_and_add(&events.cursor, 1);
	struct event *ev;

	if (slot >= EVENT_LOG_SIZE)
		return NULL;
	ev = &events.event[slot & (EVENT_LOG_SIZE - 1)];
	ev->time = bpf_ktime_get_ns();
	return ev;
}

/* The kind is stored last: a reader treats a slot without it as unfinished. */
static __always_inline void observed(struct event *ev, u32 kind)
{
	barrier();
	ev->kind = kind;
	barrier();
}

#endif /* TASK_EXIT_EVENTS_BPF_H */
