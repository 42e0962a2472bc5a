/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tid_callbacks - what the test and its scheduler tell each other.
 */
#ifndef TASK_EXIT_TID_CALLBACKS_H
#define TASK_EXIT_TID_CALLBACKS_H

enum tid_callback {
	/* About one task: only those about the watched task count. */
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
	/* About none. */
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

/* Where the watched task is in its life, as the test says. */
enum tid_phase {
	PHASE_LOAD, /* it is there already, and the scheduler is loaded */
	PHASE_FORK,
	PHASE_LIFE,
	PHASE_UNLOAD,
	PHASE_DEATH,
	PHASE_GONE,
	NR_PHASES,
};

/* What a lookup of the watched task's tid found. */
enum tid_found {
	FOUND_NOTHING,
	FOUND_IT,
	FOUND_ANOTHER,
	NR_FOUND,
};

struct tid_watch {
	__u64 tid; /* of the watched task; 0: of none */
	__u64 task; /* its address, noted by its init_task */
	__s32 parent; /* in: watch its next child */
	__u32 phase; /* in */
	__u32 keep; /* in: the watched task is not dispatched */
	__s32 tgid; /* in: refuse to move this process' threads but the leader */
	__s32 culprit; /* in: what this pid does next is an error */
};

#endif /* TASK_EXIT_TID_CALLBACKS_H */
