// SPDX-License-Identifier: GPL-2.0-only
/*
 * resident - a process that answers. See resident.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resident.h"
#include "spawn.h"
#include "wait.h"

static void answer_until_the_end(int socket)
{
	char word;

	while (read(socket, &word, 1) == 1)
		send(socket, &word, 1, MSG_NOSIGNAL);
	_exit(EXIT_SUCCESS);
}

int resident_start(struct resident *resident, const struct cgroup *cg)
{
	int sockets[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return -errno;
	resident->pid = spawn(sockets[1]);
	if (!resident->pid)
		answer_until_the_end(sockets[1]);
	close(sockets[1]);
	resident->socket = sockets[0];

	err = resident->pid < 0 ? -errno : cgroup_add(cg, resident->pid);
	resident_ask(resident);
	if (!err && !resident_answered(resident, PATIENCE_MS))
		err = -ETIMEDOUT;
	if (err)
		resident_end(resident);
	return err;
}

void resident_ask(struct resident *resident)
{
	send(resident->socket, "?", 1, MSG_NOSIGNAL);
}

bool resident_answered(struct resident *resident, int ms)
{
	struct pollfd socket = { .fd = resident->socket, .events = POLLIN };
	char word;

	return poll(&socket, 1, ms) == 1 &&
	       recv(resident->socket, &word, 1, MSG_DONTWAIT) == 1;
}

void resident_end(struct resident *resident)
{
	if (!resident->socket)
		return;
	if (resident->pid > 0)
		spawn_kill(resident->pid, PATIENCE_MS);
	close(resident->socket);
	memset(resident, 0, sizeof(*resident));
}
