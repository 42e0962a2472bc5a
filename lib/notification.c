// SPDX-License-Identifier: GPL-2.0-only
/*
 * notification - poll(2) and inotify(7) on cgroup.events. See notification.h.
 */
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "wait.h"
#include "notification.h"

bool notification_start(struct notification *watch, const struct cgroup *cg)
{
	char path[PATH_MAX + 16];

	watch->poll.fd = cgroup_open(cg, "cgroup.events");
	watch->poll.events = POLLPRI;
	watch->inotify.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	watch->inotify.events = POLLIN;
	snprintf(path, sizeof(path), "%s/cgroup.events", cg->path);
	return watch->poll.fd >= 0 && watch->inotify.fd >= 0 &&
	       inotify_add_watch(watch->inotify.fd, path, IN_MODIFY) >= 0 &&
	       notification_renew(watch);
}

bool notification_came(struct notification *watch)
{
	return poll(&watch->poll, 1, PATIENCE_MS) == 1 &&
	       watch->poll.revents & POLLPRI &&
	       poll(&watch->inotify, 1, PATIENCE_MS) == 1;
}

bool notification_none(struct notification *watch)
{
	return (poll(&watch->poll, 1, 0) == 0 ||
		!(watch->poll.revents & POLLPRI)) &&
	       poll(&watch->inotify, 1, 0) == 0;
}

bool notification_renew(struct notification *watch)
{
	char text[1024];

	while (read(watch->inotify.fd, text, sizeof(text)) > 0)
		;
	return pread(watch->poll.fd, text, sizeof(text), 0) > 0;
}

void notification_stop(struct notification *watch)
{
	close(watch->poll.fd);
	close(watch->inotify.fd);
}
