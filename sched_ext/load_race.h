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

#endif /* TASK_EXIT_LOAD_RACE_H */
