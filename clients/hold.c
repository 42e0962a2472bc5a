// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold - holds an exiting task in a cgroup, for the clients.
 *
 *	hold HOLD CGROUP
 *
 * HOLD is a hold of lib/held_task.h: exiting (HOLD_ZAP_PIDNS) or leader (HOLD_ZOMBIE_LEADER);
 * CGROUP is the directory of a cgroup. Prints "held PID", and releases the task and ends when
 * its standard input ends. If the task cannot be held, prints the reason and ends with 1.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "held_task.h"
#include "reason.h"

static const struct {
	const char *name;
	enum hold_kind hold;
} holds[] = {
	{ "exiting", HOLD_ZAP_PIDNS },
	{ "leader", HOLD_ZOMBIE_LEADER },
};

static int hold(enum hold_kind kind, const char *path)
{
	struct held_task task;
	struct reason reason;
	struct cgroup cg;
	char order;

	snprintf(cg.path, sizeof(cg.path), "%s", path);
	if (held_task_start(&task, kind, &cg, &reason)) {
		printf("%s\n", reason.text);
		return EXIT_FAILURE;
	}
	printf("held %d\n", task.pid);
	fflush(stdout);
	while (read(STDIN_FILENO, &order, 1) > 0)
		;
	return held_task_finish(&task) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 3 && i < ARRAY_SIZE(holds); i++)
		if (!strcmp(argv[1], holds[i].name))
			return hold(holds[i].hold, argv[2]);
	fprintf(stderr, "usage: hold exiting|leader CGROUP\n");
	return 2;
}
