// SPDX-License-Identifier: GPL-2.0-only
/*
 * tell - a disagreement in words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"

static void print_place(const struct model *m, const struct difference *d,
			char *text, size_t size)
{
	char path[PATH_SIZE];

	if (d->task != NONE) {
		snprintf(text, size, "task %c", m->tasks[d->task].name);
	} else if (d->cgroup != NONE) {
		model_path(m, d->cgroup, path);
		snprintf(text, size, "cgroup %s", path);
	} else {
		*text = '\0';
	}
}

static void print_range(const struct model *m, const struct difference *d,
			char *text, size_t size)
{
	char low[64], high[64];

	print_value(m, d, d->expected.low, low, sizeof(low));
	print_value(m, d, d->expected.high, high, sizeof(high));
	if (!strcmp(low, high))
		snprintf(text, size, "%s", low);
	else
		snprintf(text, size, "%s to %s", low, high);
}

void summarize(const struct disagreement *disagreement, char *text, size_t size)
{
	const struct difference *d = &disagreement->difference;
	const struct model *m = &disagreement->model;
	char place[32], expected[140], observed[64];
	const char *subject = rules[d->rule].name;

	if (d->rule == RULE_ORDER) {
		snprintf(text, size, "order, R%d: %s", d->observed,
			 disagreement->why);
		return;
	}
	print_place(m, d, place, sizeof(place));
	print_range(m, d, expected, sizeof(expected));
	print_value(m, d, d->observed, observed, sizeof(observed));
	if (d->rule == RULE_DYING_CSS)
		subject = controller_names[d->controller];
	snprintf(text, size, "%s, %s%s%s: %s, but should be: %s",
		 rules[d->rule].name, d->rule == RULE_DYING_CSS ? subject : "",
		 d->rule == RULE_DYING_CSS ? " in " : "", place, observed,
		 expected);
}

static void print_fix(const struct difference *d)
{
	if (d->fix != FIX_NONE)
		printf("# missing fix: %s%s%s%s, released in %s\n",
		       fix_name(d->fix), fix_has_id(d->fix) ? " (\"" : "",
		       fix_has_id(d->fix) ? fixes[d->fix].title : "",
		       fix_has_id(d->fix) ? "\")" : "", fixes[d->fix].released);
	else if (!d->finding)
		printf("# missing fix: none\n");
}

void tell(const struct disagreement *disagreement)
{
	const struct difference *d = &disagreement->difference;
	const struct sequence *sequence = &disagreement->sequence;
	char text[MAX_OPS * 32];
	int i;

	printf("# rule %s: %s\n", rules[d->rule].name, rules[d->rule].sentence);
	for (i = 0; i < sequence->nr; i++) {
		op_print(&sequence->ops[i], text, sizeof(text));
		printf("# %8d  %-24s %s\n", i + 1, text,
		       op_infos[sequence->ops[i].kind].help);
	}
	summarize(disagreement, text, sizeof(text));
	if (d->finding)
		printf("# expected failure: %s (finding %d)\n", text,
		       d->finding);
	else
		printf("# failure: %s\n", text);
	if (disagreement->again)
		printf("# %d of 3 replays differ; seed %llu, %d operations\n",
		       disagreement->again, disagreement->seed, sequence->nr);
	sequence_print(sequence, text, sizeof(text));
	printf("# replay: task_exit explore --replay '%s'\n", text);
	print_fix(d);
	fflush(stdout);
}

static void print_missing(const char *what, int nr, const char *const names[],
			  const bool missing[])
{
	int i, never = 0;

	for (i = 0; i < nr; i++)
		never += missing[i];
	printf("# %s: %d of %d%s", what, never, nr, never ? ":" : "");
	for (i = 0; i < nr; i++)
		if (missing[i])
			printf(" %s", names[i]);
	printf("\n");
}

/* The operations that never followed @first. */
static int print_missing_pairs(const struct tally *tally, int first)
{
	int i, never = 0;

	for (i = 0; i < NR_OPS; i++) {
		if ((tally->pairs[first] & (1U << i)) || !tally->kinds[first] ||
		    !tally->kinds[i])
			continue;
		if (!never++)
			printf("#     %s, then", op_infos[first].word);
		printf(" %s", op_infos[i].word);
	}
	if (never)
		printf("\n");
	return never;
}

void print_coverage(const struct tally *tally)
{
	const char *rule_names[NR_RULES], *words[NR_OPS];
	bool no_rule[NR_RULES], no_op[NR_OPS];
	int i, never = 0;

	printf("# operations, and how many failed:");
	for (i = 0; i < NR_OPS; i++) {
		words[i] = op_infos[i].word;
		no_op[i] = !tally->kinds[i];
		printf(" %s %u/%u", words[i], tally->kinds[i],
		       tally->failed[i]);
	}
	printf("; slept: %u\n", tally->slept);
	for (i = 0; i < NR_RULES; i++) {
		rule_names[i] = rules[i].name;
		no_rule[i] = !(tally->rules & (1U << i));
	}
	print_missing("rules that were never exercised", NR_RULES, rule_names,
		      no_rule);
	print_missing("operations that were never made", NR_OPS, words, no_op);
	printf("# pairs of operations that were never made:\n");
	for (i = 0; i < NR_OPS; i++)
		never += print_missing_pairs(tally, i);
	printf("#     %d of %d\n", never, NR_OPS * NR_OPS);
}

#define NR_NUMBERS (sizeof(struct tally) / sizeof(unsigned int))

void tally_print(const struct tally *tally)
{
	const unsigned int *numbers = (const unsigned int *)tally;
	size_t i, nr = NR_NUMBERS;

	while (nr && !numbers[nr - 1])
		nr--;
	printf("# state %zu", NR_NUMBERS);
	for (i = 0; i < nr; i++)
		printf(".%x", numbers[i]);
	printf("\n");
	fflush(stdout);
}

static bool is_set_of(const unsigned int *number, const struct tally *tally)
{
	return number == &tally->rules ||
	       (number >= tally->pairs && number < tally->pairs + NR_OPS);
}

bool tally_add(struct tally *tally, const char *text)
{
	unsigned int *numbers = (unsigned int *)tally;
	size_t i, nr;
	char *end;

	nr = strtoul(text, &end, 10);
	for (i = 0; i < nr && nr == NR_NUMBERS && *end == '.'; i++) {
		unsigned int number = strtoul(end + 1, &end, 16);

		if (is_set_of(&numbers[i], tally))
			numbers[i] |= number;
		else if (&numbers[i] >= (unsigned int *)&tally->accepted)
			numbers[i] = number;
		else
			numbers[i] += number;
	}
	return nr == NR_NUMBERS && !*end;
}
