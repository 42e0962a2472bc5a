/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * init_order - shared by the test and its BPF scheduler.
 */
#ifndef TASK_EXIT_INIT_ORDER_H
#define TASK_EXIT_INIT_ORDER_H

/* Where the scheduler keeps state for each cgroup, from cgroup_init to init_task. */
enum state_kind {
	STATE_NONE, /* it only observes */
	STATE_BY_ID, /* in a hash map, by cgroup id */
	STATE_IN_CGROUP, /* in a BPF_MAP_TYPE_CGRP_STORAGE */
};

#endif /* TASK_EXIT_INIT_ORDER_H */
