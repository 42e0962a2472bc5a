/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * explore - runs random sequences of operations, compares what the kernel shows after
 * each with what the model promises, and tells the shortest sequence that differs.
 */
#ifndef TASK_EXIT_EXPLORE_EXPLORE_H
#define TASK_EXIT_EXPLORE_EXPLORE_H

#include "machine.h"

/* How long a value may take to become what is promised. */
#define PATIENCE_FIRST 2000
#define PATIENCE_SHRINK 600

enum outcome {
	AGREES,
	DIFFERS,
	IMPOSSIBLE, /* an operation cannot be done where the kernel went */
	BROKEN, /* the sequence cannot be cleaned up, or the machine failed */
};

struct disagreement {
	struct difference difference;
	int op; /* after which */
	char why[160]; /* of RULE_ORDER */
	struct model model; /* the state that is promised */
	struct sequence sequence;
	unsigned long long seed;
	int again; /* of 3 replays of the shortest sequence */
};

struct campaign {
	struct accepted accepted;
	int patience;
	bool strict; /* an impossible operation ends the sequence */
	unsigned long sequences, operations;
	unsigned long kinds[NR_OPS], pairs[NR_OPS][NR_OPS], failed[NR_OPS],
		slept;
	int nr_told, nr_expected, nr_unsteady;
	struct reason broken;
	bool broken_for_good; /* the machine cannot go on */
};

enum outcome run_sequence(struct campaign *campaign,
			  const struct sequence *sequence,
			  struct disagreement *disagreement);

/* Replays it three times and shortens it; false if it does not differ again. */
bool shrink(struct campaign *campaign, struct disagreement *disagreement);

/* Prints it, each line after "# ". */
void tell(const struct disagreement *disagreement);

/* One line: "populated of a is 0, not 1". */
void summarize(const struct disagreement *disagreement, char *text,
	       size_t size);

/*
 * Runs sequences from seed @seed on, until @nr (0: no limit) or the time is over. Tells
 * each kind of disagreement once. False if the machine broke.
 */
bool explore(struct campaign *campaign, unsigned long long seed,
	     unsigned long nr, long long until,
	     void (*report)(const struct disagreement *disagreement));

/*
 * Replays one sequence, and calls @report for each disagreement. False if the machine
 * broke.
 */
bool replay(struct campaign *campaign, const struct sequence *sequence,
	    void (*report)(const struct disagreement *disagreement));

/*
 * The sequences in @text, one a line; "#" begins a comment. Their number, or -2 with a
 * message on standard error.
 */
int sequences_parse(char *text, struct sequence *sequences, int max);

/* Sequences that were bugs: known.txt */
extern const char known_sequences[];

void print_coverage(const struct campaign *campaign);

/* The subcommand "task_exit explore", in a process that has a guard. */
int explore_words(int argc, char **argv);

#endif /* TASK_EXIT_EXPLORE_EXPLORE_H */
