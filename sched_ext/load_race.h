/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load_race - what the test and its BPF programs tell each other.
 */
#ifndef TASK_EXIT_LOAD_RACE_H
#define TASK_EXIT_LOAD_RACE_H

/* What a program finds that looks for its scheduler while that is being loaded. */
enum sight {
	NOT_LOOKED,
	CANNOT_ASK, /* there is no kfunc that it can call */
	OUT_OF_SIGHT,
	IN_SIGHT,
};

/* What it is to do then. */
enum early_answer {
	ANSWER_NONE, /* the test has not said it yet */
	ANSWER_GO_ON,
	ANSWER_FAIL, /* to end the load by an error */
};

#endif /* TASK_EXIT_LOAD_RACE_H */
