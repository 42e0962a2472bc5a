/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * init_order - what the test tells its scheduler.
 */
#ifndef TASK_EXIT_INIT_ORDER_H
#define TASK_EXIT_INIT_ORDER_H

/* Where it keeps state for each cgroup, made in cgroup_init, needed in init_task. */
enum state_kind {
	STATE_NONE, /* nowhere: it only watches */
	STATE_BY_ID, /* in a hash table */
	STATE_IN_CGROUP, /* in a BPF_MAP_TYPE_CGRP_STORAGE */
};

#endif /* TASK_EXIT_INIT_ORDER_H */
