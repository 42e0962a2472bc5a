// SPDX-License-Identifier: GPL-2.0-only
/*
 * hotplug - take a CPU offline for a while. See hotplug.h.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "disposable.h"
#include "hotplug.h"
#include "proc.h"
#include "test_run.h"
#include "wait.h"

static const char *online_file(int cpu)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	return path;
}

void need_hotplug(int cpu)
{
	if (!machine_is_disposable())
		test_skip("taking a CPU offline takes DISPOSABLE_MACHINE=1");
	if (access(online_file(cpu), W_OK))
		test_skip("CPU %d cannot be taken offline: CONFIG_HOTPLUG_CPU",
			  cpu);
}

/* In its own session, as the test's process group may be killed. */
static void restore_at_end(int socket, const void *arg)
{
	const int *cpu = arg;

	setsid();
	prctl(PR_SET_PDEATHSIG, 0);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	helper_report(socket, "r", 1);
	helper_await(socket);
	if (write_file(online_file(*cpu), "1"))
		_exit(EXIT_FAILURE);
}

static void online(void *hotplug)
{
	hotplug_online(hotplug);
}

int hotplug_offline(struct hotplug *hotplug, int cpu)
{
	int err = helper_start(&hotplug->restorer, restore_at_end, &cpu);
	char ready;

	if (err)
		return err;
	test_at_end(online, hotplug);
	hotplug->cpu = cpu;
	if (!helper_hear(&hotplug->restorer, &ready, 1, PATIENCE_MS))
		return -ECHILD;
	return write_file(online_file(cpu), "0");
}

int hotplug_online(struct hotplug *hotplug)
{
	int status;

	if (!hotplug->restorer.pid)
		return 0;
	/* The end of the socket is an order as well. */
	shutdown(hotplug->restorer.socket, SHUT_RDWR);
	status = helper_wait(&hotplug->restorer, PATIENCE_MS);
	return status > 0 ? -EIO : status;
}
