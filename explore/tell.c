// SPDX-License-Identifier: GPL-2.0-only
/*
 * tell - a disagreement in words.
 */
#include <stdio.h>
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

void print_coverage(const struct campaign *campaign)
{
	int i, j, never = 0;

	printf("# operations, and how many failed:");
	for (i = 0; i < NR_OPS; i++)
		printf(" %s %lu/%lu", op_infos[i].word, campaign->kinds[i],
		       campaign->failed[i]);
	printf("; slept: %lu\n", campaign->slept);
	for (i = 0; i < NR_OPS; i++)
		for (j = 0; j < NR_OPS; j++)
			never += !campaign->pairs[i][j];
	printf("# pairs of operations that were never made: %d of %d\n", never,
	       NR_OPS * NR_OPS);
}
