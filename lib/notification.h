/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * notification - the notifications of a cgroup's cgroup.events, by poll(2) and by
 * inotify(7).
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

/* Starts here; false if that fails. */
bool notification_start(struct notification *watch, const struct cgroup *cg);

/* Waits for a notification by both; false if one of them sends none. */
bool notification_came(struct notification *watch);

/* Returns whether there was no notification so far, by either. */
bool notification_none(struct notification *watch);

/* Discards the notifications so far. */
bool notification_renew(struct notification *watch);

void notification_stop(struct notification *watch);

#endif /* TASK_EXIT_NOTIFICATION_H */
