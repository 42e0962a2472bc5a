// SPDX-License-Identifier: GPL-2.0-only
/*
 * hotplug - a CPU that is taken away for a while. See hotplug.h.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compiler.h"
#include "disposable.h"
#include "hotplug.h"
#include "proc.h"
#include "spawn.h"
#include "test_run.h"
#include "wait.h"

static const char *online_file(int cpu)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	return path;
}

int hotplug_possible(int cpu, struct reason *reason)
{
	if (!machine_is_disposable()) {
		reason_set(
			reason,
			"a CPU is taken away only where nobody else is: say so with DISPOSABLE_MACHINE=1");
		return -EOPNOTSUPP;
	}
	if (access(online_file(cpu), W_OK)) {
		reason_set(reason, "CPU %d cannot be taken away here", cpu);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* It is no part of the test's process group, which may be killed as a whole. */
static __noreturn void restore_at_the_end(int cpu, int lifeline)
{
	char byte;

	setsid();
	prctl(PR_SET_PDEATHSIG, 0);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	if (send(lifeline, "r", 1, MSG_NOSIGNAL) != 1)
		_exit(EXIT_FAILURE);
	while (read(lifeline, &byte, 1) > 0)
		;
	_exit(write_file(online_file(cpu), "1") ? EXIT_FAILURE : EXIT_SUCCESS);
}

static void online(void *hotplug)
{
	hotplug_online(hotplug);
}

int hotplug_offline(struct hotplug *hotplug, int cpu)
{
	int ends[2];
	char ready;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	hotplug->cpu = cpu;
	hotplug->lifeline = ends[0];
	hotplug->restorer = spawn(ends[1]);
	if (!hotplug->restorer)
		restore_at_the_end(cpu, ends[1]);
	close(ends[1]);
	test_at_end(online, hotplug);
	/* What it leaves behind if it cannot wait is an end of file. */
	if (hotplug->restorer < 0 || read(ends[0], &ready, 1) != 1)
		return -ECHILD;
	return write_file(online_file(cpu), "0");
}

int hotplug_online(struct hotplug *hotplug)
{
	int status;

	if (hotplug->restorer <= 0)
		return 0;
	close(hotplug->lifeline);
	status = spawn_wait(hotplug->restorer, PATIENCE_MS);
	hotplug->restorer = 0;
	return status > 0 ? -EIO : status;
}
