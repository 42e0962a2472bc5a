/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch - the notifications of a cgroup's cgroup.events, by both ways in which
 * they come: poll(2) and inotify(7).
 */
#ifndef TASK_EXIT_NOTIFICATION_H
#define TASK_EXIT_NOTIFICATION_H

#include <poll.h>
#include <stdbool.h>

#include "cgroup.h"

struct notification {
	struct pollfd poll;
	struct pollfd inotify;
};

/* From here on; false if it cannot be watched. */
bool notification_start(struct notification *watch, const struct cgroup *cg);

/* Waits for the news by both ways; false if one does not bring it. */
bool notification_notified(struct notification *watch);

/* Whether there was no news up to now, by either way. */
bool notification_quiet(struct notification *watch);

/* Forgets the news up to now: a notification is of what comes after. */
bool notification_renew(struct notification *watch);

void notification_stop(struct notification *watch);

#endif /* TASK_EXIT_NOTIFICATION_H */
