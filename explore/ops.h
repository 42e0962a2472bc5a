/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ops - the table of operations, and sequences of them as text, one per clause:
 *
 *	mkdir a; +pids .; fork p a; exit p pidns; rmdir a; release p; reap p
 *
 * "." is the root, where a sequence begins; other cgroups have names of one letter, a/b
 * is a child. Tasks have one letter.
 */
#ifndef TASK_EXIT_EXPLORE_OPS_H
#define TASK_EXIT_EXPLORE_OPS_H

#include "model.h"

#define MAX_OPS 64

struct sequence {
	int nr;
	struct op ops[MAX_OPS];
};

struct op_info {
	const char *word;
	/* c: cgroup, t: task, n: new task, h: hold or none, m: number or max, p: policy */
	const char *arguments;
	int weight; /* of its choice by the generator */
	const char *help;
};

extern const struct op_info op_infos[NR_OPS];

/* False, with the place and the reason in @error. */
bool sequence_parse(struct sequence *sequence, const char *text, char *error,
		    size_t size);

/* Also that each operation is possible: "operation 3, rmdir b: the cgroup does not exist". */
bool sequence_check(const struct sequence *sequence, char *error, size_t size);

void op_print(const struct op *op, char *text, size_t size);
void sequence_print(const struct sequence *sequence, char *text, size_t size);

struct random {
	unsigned long long state;
};

unsigned int random_below(struct random *random, unsigned int limit);

enum {
	GENERATE_SCHEDULER = 1, /* load and unload a BPF scheduler as well */
	/* Not only what was there when the verdicts of the suite's seeds were looked at. */
	GENERATE_LATE = 2,
};

/* Random operations, each possible in the state that the model predicts. */
void sequence_generate(struct sequence *sequence, int nr,
		       unsigned long long seed, int flags);

#endif /* TASK_EXIT_EXPLORE_OPS_H */
