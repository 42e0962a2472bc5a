// SPDX-License-Identifier: GPL-2.0-only
/*
 * other_scheduler - loads a scheduler, prints "loaded" and keeps it loaded until it is
 * killed. The suite must not disable it, although it is built from one of the suite's
 * schedulers and has the same name, task_exit_order.
 */
#include <linux/types.h>
#include <stdio.h>
#include <unistd.h>

#include <scx/common.h>

#include "events.h"
#include "exit_order.skel.h"

int main(void)
{
	struct exit_order *skel = exit_order__open();
	struct bpf_link *link;

	if (!skel)
		return 1;
	SCX_ENUM_INIT(skel);
	UEI_SET_SIZE(skel, ops, uei);
	if (exit_order__load(skel))
		return 1;
	link = bpf_map__attach_struct_ops(skel->maps.ops);
	if (!link)
		return 1;

	puts("loaded");
	fflush(stdout);
	while (!UEI_EXITED(skel, uei))
		usleep(100000);
	return 1;
}
