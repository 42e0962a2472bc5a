/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hotplug - take a CPU offline for a while, and online again whatever happens.
 *
 * A helper waits for the end of the test, even if the test is killed, and onlines
 * the CPU; the guard lets it finish. Other tasks lose more by an offline CPU than
 * comes back with it, such as an affinity to this CPU alone: so this is done only
 * with DISPOSABLE_MACHINE=1 in the environment.
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
