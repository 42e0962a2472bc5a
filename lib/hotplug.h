/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hotplug - take a CPU offline for a while, and online again whatever happens.
 *
 * A helper onlines the CPU when the test has ended, even if it was killed; the guard
 * does not kill the helper. Onlining does not undo everything: a task that could run on
 * this CPU alone has lost that affinity. So a test does this only with
 * DISPOSABLE_MACHINE=1 in the environment.
 */
#ifndef TASK_EXIT_HOTPLUG_H
#define TASK_EXIT_HOTPLUG_H

#include "helper.h"

struct hotplug {
	int cpu;
	struct helper restorer;
};

/* For setup(): skips the test if @cpu cannot, or must not, be taken offline. */
void need_hotplug(int cpu);

/* 0 or -errno. */
int hotplug_offline(struct hotplug *hotplug, int cpu);

/* 0 when the CPU is online again, or never was offline; or -errno. */
int hotplug_online(struct hotplug *hotplug);

#endif /* TASK_EXIT_HOTPLUG_H */
