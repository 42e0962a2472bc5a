// SPDX-License-Identifier: GPL-2.0-only
/*
 * responder - a process that answers. See responder.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "responder.h"
#include "spawn.h"
#include "test_run.h"
#include "wait.h"

static void answer_until_the_end(int socket)
{
	char word;

	while (read(socket, &word, 1) == 1)
		send(socket, &word, 1, MSG_NOSIGNAL);
	_exit(EXIT_SUCCESS);
}

static void end(void *responder)
{
	responder_end(responder);
}

void responder_start(struct responder *responder, const struct cgroup *cg)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		test_error("socketpair: %s", strerror(errno));
	responder->pid = spawn(sockets[1]);
	if (!responder->pid)
		answer_until_the_end(sockets[1]);
	close(sockets[1]);
	responder->socket = sockets[0];
	test_at_end(end, responder);

	if (responder->pid < 0 || cgroup_add(cg, responder->pid))
		test_error("cannot start a process in %s", cg->path);
	responder_ask(responder);
	if (!responder_answered(responder, PATIENCE_MS))
		test_error("process %d does not answer", responder->pid);
}

void responder_ask(struct responder *responder)
{
	send(responder->socket, "?", 1, MSG_NOSIGNAL);
}

bool responder_answered(struct responder *responder, int ms)
{
	struct pollfd socket = { .fd = responder->socket, .events = POLLIN };
	char word;

	return poll(&socket, 1, ms) == 1 &&
	       recv(responder->socket, &word, 1, MSG_DONTWAIT) == 1;
}

void responder_end(struct responder *responder)
{
	if (!responder->socket)
		return;
	if (responder->pid > 0)
		spawn_kill(responder->pid, PATIENCE_MS);
	close(responder->socket);
	memset(responder, 0, sizeof(*responder));
}
