/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch - the notifications of a cgroup's cgroup.events, by both ways in which
 * they come: poll(2) and inotify(7).
 */
#ifndef TASK_EXIT_WATCH_H
#define TASK_EXIT_WATCH_H

#include <poll.h>
#include <stdbool.h>

#include "cgroup.h"

struct watch {
	struct pollfd poll;
	struct pollfd inotify;
};

/* From here on; false if it cannot be watched. */
bool watch_start(struct watch *watch, const struct cgroup *cg);

/* Waits for the news by both ways; false if one does not bring it. */
bool watch_notified(struct watch *watch);

/* Whether there was no news up to now, by either way. */
bool watch_quiet(struct watch *watch);

/* Forgets the news up to now: a notification is of what comes after. */
bool watch_renew(struct watch *watch);

void watch_stop(struct watch *watch);

#endif /* TASK_EXIT_WATCH_H */
