/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hotplug - a CPU that is taken away for a while, and comes back whatever happens.
 *
 * A process of its own waits for the end of the one that took the CPU, also if that
 * is killed, and the guard lets it finish. What others lose with a CPU, such as an
 * affinity that has only this one, does not come back: so it is done only where
 * nobody else is, which DISPOSABLE_MACHINE=1 in the environment says.
 */
#ifndef TASK_EXIT_HOTPLUG_H
#define TASK_EXIT_HOTPLUG_H

#include <sys/types.h>

#include "reason.h"

struct hotplug {
	int cpu;
	pid_t restorer;
	int lifeline; /* the restorer acts when it is closed */
};

/* 0, or -EOPNOTSUPP with the reason why @cpu is to stay. */
int hotplug_possible(int cpu, struct reason *reason);

/* 0 or -errno. */
int hotplug_offline(struct hotplug *hotplug, int cpu);

/* 0 when it is back, or if it was not away; or -errno. */
int hotplug_online(struct hotplug *hotplug);

#endif /* TASK_EXIT_HOTPLUG_H */
