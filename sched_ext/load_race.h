/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load_race - shared by the test and its BPF programs.
 */
#ifndef TASK_EXIT_LOAD_RACE_H
#define TASK_EXIT_LOAD_RACE_H

/* The result of a program's search for its scheduler while that is being enabled. */
enum early_lookup {
	LOOKUP_NONE, /* it has not searched yet */
	LOOKUP_NO_KFUNC, /* there is no kfunc that it can call */
	LOOKUP_NO_SCHEDULER,
	LOOKUP_SCHEDULER,
};

/* The test's order to the program. */
enum early_order {
	DO_WAIT,
	DO_CONTINUE,
	DO_RAISE_ERROR, /* it ends the enabling */
};

enum early_answer {
	ANSWER_NONE, /* it still waits for the order */
	ANSWER_GOT_ORDER,
	ANSWER_NO_ORDER, /* its time was over */
};

/* Where the enable path stops while it patches the places that test __scx_enabled. */
enum patching_stop {
	NO_STOP,
	STOP_BEFORE_CHOICE, /* of a task's class */
	STOP_BEFORE_SCHEDULE, /* which picks the next task from the classes */
};

#ifdef __VMLINUX_H__

extern const void __schedule __ksym __weak;
extern const void task_should_scx __ksym __weak;

#endif /* __VMLINUX_H__ */

#endif /* TASK_EXIT_LOAD_RACE_H */
