// SPDX-License-Identifier: GPL-2.0-only
/*
 * fork_events - listen to the process connector. See fork_events.h.
 */
#include <errno.h>
#include <linux/posix_types.h> /* cn_proc.h uses it but does not include it */
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compiler.h"
#include "fork_events.h"
#include "wait.h"

/* The size of a netlink message with a connector message with @size bytes. */
#define PAYLOAD_AT (NLMSG_HDRLEN + sizeof(struct cn_msg))
#define MESSAGE_SIZE(size) (PAYLOAD_AT + (size))

static int subscribe(int events)
{
	char buf[MESSAGE_SIZE(sizeof(__u32))] __aligned(8) = {};
	__u32 listen = PROC_CN_MCAST_LISTEN;
	struct nlmsghdr *netlink = (void *)buf;
	struct cn_msg *message = NLMSG_DATA(netlink);

	netlink->nlmsg_len = sizeof(buf);
	netlink->nlmsg_type = NLMSG_DONE;
	message->id.idx = CN_IDX_PROC;
	message->id.val = CN_VAL_PROC;
	message->len = sizeof(listen);
	memcpy(buf + PAYLOAD_AT, &listen, sizeof(listen));
	return send(events, buf, sizeof(buf), 0) == sizeof(buf) ? 0 : -errno;
}

/* 0, or -EAGAIN if there is no message yet; other messages are PROC_EVENT_NONE. */
static int next_event(int events, struct proc_event *event)
{
	char buf[MESSAGE_SIZE(sizeof(*event))] __aligned(8);
	ssize_t len = recv(events, buf, sizeof(buf), MSG_DONTWAIT);

	memset(event, 0, sizeof(*event));
	if (len < 0)
		return -errno;
	if (len == (ssize_t)sizeof(buf))
		memcpy(event, buf + PAYLOAD_AT, sizeof(*event));
	return 0;
}

/* The kernel answers within our send(2), or not at all. */
static int begin_to_listen(int events)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK,
				       .nl_groups = CN_IDX_PROC };
	struct proc_event answer;
	int err;

	if (bind(events, (void *)&address, sizeof(address)))
		return -errno;
	err = subscribe(events) ?: next_event(events, &answer);
	return err == -EAGAIN || err == -ECONNREFUSED ? -EOPNOTSUPP : err;
}

int fork_events_open(struct reason *reason)
{
	int events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			    NETLINK_CONNECTOR);
	int err = events < 0 ? -EOPNOTSUPP : begin_to_listen(events);

	if (!err)
		return events;
	if (events >= 0)
		close(events);
	reason_set(reason,
		   "this kernel reports no forks (CONFIG_PROC_EVENTS): %s",
		   strerror(-err));
	return err;
}

pid_t fork_events_next(int events, pid_t parent, int ms)
{
	struct pollfd news = { .fd = events, .events = POLLIN };
	long long until = now_ms() + ms;
	struct proc_event event;

	for (;;) {
		long long left = until - now_ms();

		if (left <= 0 || poll(&news, 1, left) < 1)
			return -ETIMEDOUT;
		if (!next_event(events, &event) &&
		    event.what == PROC_EVENT_FORK &&
		    event.event_data.fork.parent_tgid == parent)
			return event.event_data.fork.child_tgid;
	}
}
