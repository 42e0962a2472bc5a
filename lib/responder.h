/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * responder - a live process in a cgroup that answers when it is asked, as long
 * as it is let run.
 */
#ifndef TASK_EXIT_RESPONDER_H
#define TASK_EXIT_RESPONDER_H

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"

struct responder {
	pid_t pid; /* 0 once it is gone */
	int socket;
};

/* Returns when it has answered from within @cg; or ends the test. */
void responder_start(struct responder *responder, const struct cgroup *cg);

/* Asks it once; what it answers comes now, or when it is let run again. */
void responder_ask(struct responder *responder);
bool responder_answered(struct responder *responder, int ms);

/* Kills and reaps it; the end of the test does so, too. */
void responder_end(struct responder *responder);

#endif /* TASK_EXIT_RESPONDER_H */
