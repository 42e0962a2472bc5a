// SPDX-License-Identifier: GPL-2.0-only
/*
 * helper - a process beside the test. See helper.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper.h"
#include "spawn.h"
#include "test_run.h"
#include "wait.h"

int helper_start(struct helper *helper, void (*fn)(int socket, const void *arg),
		 const void *arg)
{
	int sockets[2], err = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) {
		if (errno == EAFNOSUPPORT || errno == ENOSYS)
			test_skip("this kernel has no Unix sockets: CONFIG_UNIX");
		return -errno;
	}
	helper->pid = spawn(sockets[1]);
	if (!helper->pid) {
		fn(sockets[1], arg);
		_exit(EXIT_SUCCESS);
	}
	if (helper->pid < 0) {
		err = -errno;
		helper->pid = 0;
		close(sockets[0]);
	}
	close(sockets[1]);
	helper->socket = sockets[0];
	return err;
}

bool helper_hear(const struct helper *helper, void *report, size_t size, int ms)
{
	struct pollfd socket = { .fd = helper->socket, .events = POLLIN };

	return helper->pid && poll(&socket, 1, ms) == 1 &&
	       recv(helper->socket, report, size, MSG_DONTWAIT) ==
		       (ssize_t)size;
}

int helper_order(const struct helper *helper)
{
	if (!helper->pid)
		return -ESRCH;
	return send(helper->socket, "o", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static void forget(struct helper *helper)
{
	close(helper->socket);
	helper->pid = 0;
}

int helper_wait(struct helper *helper, int ms)
{
	int status;

	if (!helper->pid)
		return -ESRCH;
	status = spawn_wait(helper->pid, ms);
	if (status >= 0)
		forget(helper);
	return status;
}

void helper_kill(struct helper *helper)
{
	if (!helper->pid)
		return;
	spawn_kill(helper->pid, PATIENCE_MS);
	forget(helper);
}

void helper_report(int socket, const void *report, size_t size)
{
	send(socket, report, size, MSG_NOSIGNAL);
}

bool helper_await(int socket)
{
	char order;

	return read(socket, &order, 1) == 1;
}
