/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * resident - a live process in a cgroup that answers when it is asked, as long
 * as it is let run.
 */
#ifndef TASK_EXIT_RESIDENT_H
#define TASK_EXIT_RESIDENT_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"

struct resident {
	pid_t pid; /* 0 once it is gone */
	int socket;
};

/* Returns when it has answered from within @cg; 0 or -errno. */
int resident_start(struct resident *resident, const struct cgroup *cg);

/* Asks it once; what it answers comes now, or when it is let run again. */
void resident_ask(struct resident *resident);
bool resident_answered(struct resident *resident, int ms);

/* For teardown: kills and reaps it. */
void resident_end(struct resident *resident);

#endif /* TASK_EXIT_RESIDENT_H */
