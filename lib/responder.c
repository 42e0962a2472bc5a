// SPDX-License-Identifier: GPL-2.0-only
/*
 * responder - a process that answers. See responder.h.
 */
#include "responder.h"
#include "test_run.h"
#include "wait.h"

static void answer(int socket, const void *unused)
{
	(void)unused;
	while (helper_await(socket))
		helper_report(socket, "a", 1);
}

static void end(void *responder)
{
	responder_end(responder);
}

void responder_start(struct responder *responder, const struct cgroup *cg)
{
	if (helper_start(&responder->helper, answer, NULL))
		test_error("cannot start a process");
	responder->pid = responder->helper.pid;
	test_at_end(end, responder);
	if (cgroup_add(cg, responder->pid))
		test_error("cannot move process %d to %s", responder->pid,
			   cg->path);
	responder_ask(responder);
	if (!responder_answered(responder, PATIENCE_MS))
		test_error("process %d does not answer", responder->pid);
}

void responder_ask(struct responder *responder)
{
	helper_order(&responder->helper);
}

bool responder_answered(struct responder *responder, int ms)
{
	char answer;

	return helper_hear(&responder->helper, &answer, 1, ms);
}

void responder_end(struct responder *responder)
{
	helper_kill(&responder->helper);
	responder->pid = 0;
}
