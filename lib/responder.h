/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * responder - a live process in a cgroup that answers while it can run.
 */
#ifndef TASK_EXIT_RESPONDER_H
#define TASK_EXIT_RESPONDER_H

#include <stdbool.h>

#include "cgroup.h"
#include "helper.h"

struct responder {
	pid_t pid; /* 0 once it is gone */
	struct helper helper;
};

/* Returns when it has answered from within @cg, or ends the test. */
void responder_start(struct responder *responder, const struct cgroup *cg);

/* Asks once; the answer comes at once, or when the process can run again. */
void responder_ask(struct responder *responder);
bool responder_answered(struct responder *responder, int ms);

/* Kills and reaps it; the end of the test does so, too. */
void responder_end(struct responder *responder);

#endif /* TASK_EXIT_RESPONDER_H */
