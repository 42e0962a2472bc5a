// SPDX-License-Identifier: GPL-2.0-only
/*
 * shrink - the shortest sequence that still differs in the same way.
 */
#include <string.h>

#include "explore.h"

/* Whether @candidate differs as @found does; then it becomes @found. */
static bool still_differs(struct campaign *campaign,
			  const struct sequence *candidate,
			  struct disagreement *found)
{
	struct disagreement again = { .seed = found->seed };
	char error[160];

	if (campaign->broken_for_good || !candidate->nr ||
	    !sequence_check(candidate, error, sizeof(error)))
		return false;
	switch (run_sequence(campaign, candidate, &again)) {
	case DIFFERS:
		break;
	case BROKEN:
		campaign->broken_for_good = true;
		return false;
	default:
		return false;
	}
	if (again.difference.rule != found->difference.rule ||
	    again.difference.fix != found->difference.fix ||
	    again.difference.finding != found->difference.finding)
		return false;
	again.sequence.nr = again.op + 1;
	*found = again;
	return true;
}

/* Without @nr operations from @first on. */
static bool try_without(struct campaign *campaign, struct disagreement *found,
			int first, int nr)
{
	struct sequence candidate = found->sequence;

	if (first + nr > candidate.nr)
		nr = candidate.nr - first;
	memmove(&candidate.ops[first], &candidate.ops[first + nr],
		(candidate.nr - first - nr) * sizeof(candidate.ops[0]));
	candidate.nr -= nr;
	return still_differs(campaign, &candidate, found);
}

static bool remove_operations(struct campaign *campaign,
			      struct disagreement *found)
{
	bool shorter = false;
	int nr, first;

	for (nr = found->sequence.nr / 2; nr; nr /= 2)
		for (first = found->sequence.nr - nr; first >= 0; first -= nr)
			shorter |= try_without(campaign, found, first, nr);
	return shorter;
}

/* No hold, or that in exit_files(), instead of that in zap_pid_ns_processes(). */
static bool simplify_holds(struct campaign *campaign,
			   struct disagreement *found)
{
	bool simpler = false;
	int i;

	for (i = 0; i < found->sequence.nr; i++) {
		struct sequence candidate = found->sequence;

		if (candidate.ops[i].kind != OP_EXIT ||
		    candidate.ops[i].hold == NO_HOLD)
			continue;
		candidate.ops[i].hold = NO_HOLD;
		simpler |= still_differs(campaign, &candidate, found);
	}
	return simpler;
}

/* "arm p pidns; ...; sigkill p" as "exit p pidns". */
static bool join_arm_and_exit(struct campaign *campaign,
			      struct disagreement *found)
{
	int i, j;

	for (i = 0; i < found->sequence.nr; i++)
		for (j = i + 1; j < found->sequence.nr; j++) {
			struct sequence candidate = found->sequence;
			struct op *arm = &candidate.ops[i],
				  *end = &candidate.ops[j];

			if (arm->kind != OP_ARM || arm->task != end->task ||
			    (end->kind != OP_EXIT && end->kind != OP_SIGKILL))
				continue;
			end->kind = OP_EXIT;
			end->hold = arm->hold;
			memmove(arm, arm + 1,
				(candidate.nr - i - 1) * sizeof(*arm));
			candidate.nr--;
			if (still_differs(campaign, &candidate, found))
				return true;
		}
	return false;
}

/* "a/b" as "b": one cgroup less on the way. */
static bool flatten(struct campaign *campaign, struct disagreement *found)
{
	struct sequence candidate = found->sequence;
	bool changed = false;
	int i;

	for (i = 0; i < candidate.nr; i++) {
		char *path = candidate.ops[i].path;

		if (strlen(path) < 3)
			continue;
		memmove(path, path + 2, strlen(path) - 1);
		changed = true;
	}
	return changed && still_differs(campaign, &candidate, found);
}

bool shrink(struct campaign *campaign, struct disagreement *found)
{
	struct sequence whole;
	int i, again = 0;

	found->sequence.nr = found->op + 1;
	whole = found->sequence;
	campaign->strict = true;
	if (!still_differs(campaign, &whole, found)) {
		campaign->strict = false;
		return false;
	}
	campaign->patience = PATIENCE_SHRINK;
	while (remove_operations(campaign, found) ||
	       join_arm_and_exit(campaign, found) ||
	       simplify_holds(campaign, found) || flatten(campaign, found))
		;
	campaign->patience = PATIENCE_FIRST;
	whole = found->sequence;
	for (i = 0; i < 3; i++)
		again += still_differs(campaign, &whole, found);
	found->again = again;
	campaign->strict = false;
	return found->again == 3;
}
