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

/* What a campaign has done, and from where it can continue: numbers of 32 bits only. */
struct tally {
	unsigned int done, sequences, operations, seconds; /* done: seeds */
	unsigned int told, expected, unsteady; /* disagreements */
	unsigned int slept, kinds[NR_OPS], failed[NR_OPS];
	/* These are sets. */
	unsigned int rules; /* whose values changed, or that judged a result */
	unsigned int pairs[NR_OPS]; /* of an operation and the next one */
	struct accepted accepted;
};

struct campaign {
	struct tally tally;
	int patience;
	bool fixed; /* the seeds of the suite: without GENERATE_LATE */
	bool first; /* it ends with the first disagreement that is no finding */
	bool strict; /* an impossible operation ends the sequence */
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
 * Runs sequences from seed @seed on, those that are done left out, until @nr (0: no limit)
 * or @seconds are done. Tells each kind of disagreement once. False if the machine broke.
 */
bool explore(struct campaign *campaign, unsigned long long seed,
	     unsigned int nr, unsigned int seconds,
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

/* What was done, and which rules, operations and pairs of operations never were. */
void print_coverage(const struct tally *tally);

/* As one word, from which tally_add() reads it; false if it is none. */
void tally_print(const struct tally *tally);
bool tally_add(struct tally *tally, const char *text);

/*
 * With the environment variable TASK_EXIT_EXPLORE="--minutes 10 --seed 1": a campaign, for
 * a machine that runs the programs of the suite only. Its exit status; or, in a test that has
 * started the machine, false and the reason.
 */
int explore_instead_of_suite(void);
bool explore_instead_of_test(void (*report)(const struct disagreement
						    *disagreement),
			     struct reason *reason);

#endif /* TASK_EXIT_EXPLORE_EXPLORE_H */
