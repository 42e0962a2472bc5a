/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_callbacks - data that the BPF scheduler of scx_tid_callbacks shares with the test.
 */
#ifndef TASK_EXIT_TID_CALLBACKS_H
#define TASK_EXIT_TID_CALLBACKS_H

enum tid_callback {
	/* With a task: counted if that is the watched task. */
	CB_INIT_TASK,
	CB_ENABLE,
	CB_SET_WEIGHT,
	CB_SET_CPUMASK,
	CB_SELECT_CPU,
	CB_ENQUEUE,
	CB_DEQUEUE,
	CB_RUNNABLE,
	CB_RUNNING,
	CB_TICK,
	CB_YIELD,
	CB_STOPPING,
	CB_QUIESCENT,
	CB_PREP_MOVE,
	CB_MOVE,
	CB_CANCEL_MOVE,
	CB_DUMP_TASK,
	CB_DISABLE,
	CB_EXIT_TASK,
	/* Without a task: always counted. */
	CB_DISPATCH,
	CB_UPDATE_IDLE,
	CB_CGROUP_INIT,
	CB_CGROUP_EXIT,
	CB_CGROUP_SET_WEIGHT,
	CB_CGROUP_SET_BANDWIDTH,
	CB_DUMP,
	CB_DUMP_CPU,
	CB_EXIT,
	NR_CALLBACKS,
};

/* A test goes through some of these, in this order. */
enum tid_phase {
	PHASE_ENABLE, /* the scheduler is being enabled */
	PHASE_FORK, /* the watched task is being forked */
	PHASE_ALIVE,
	PHASE_DISABLE, /* the scheduler is being disabled */
	PHASE_EXIT, /* the watched task exits */
	PHASE_DEAD, /* it has switched out for the last time */
	NR_PHASES,
};

/* The result of a lookup of the watched task's tid. */
enum tid_found {
	FOUND_NOTHING,
	FOUND_IT,
	FOUND_ANOTHER,
	NR_FOUND,
};

/*
 * The test sets all members but @task. It sets either @tid or @parent: the scheduler
 * then sets @tid.
 */
struct tid_watch {
	__u64 tid; /* of the watched task; 0: none */
	__u64 task; /* its address; init_task stores it */
	__s32 parent; /* watch the next child of this task */
	__u32 phase;
	__u32 delay; /* do not dispatch the watched task */
	__s32 tgid; /* refuse to move the threads of this process but the leader */
	__s32 faulty; /* insert this task into a DSQ that does not exist */
};

#endif /* TASK_EXIT_TID_CALLBACKS_H */
