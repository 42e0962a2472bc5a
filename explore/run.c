// SPDX-License-Identifier: GPL-2.0-only
/*
 * run - one sequence in the kernel and in the model, step by step.
 */
#include <errno.h>
#include <string.h>

#include "explore.h"
#include "order.h"
#include "wait.h"

/* A removed cgroup is freed after several grace periods. */
#define PATIENCE_FREED 5000

/* A call that has not returned by then sleeps until a task is released. */
#define SLEEP_MS 200

/* What was told before need not be given so much time again. */
#define PATIENCE_ACCEPTED 200

struct run {
	struct campaign *campaign;
	struct model m; /* the state: what the kernel did, where it may choose */
	struct view promised; /* after the operation before */
	struct disagreement *disagreement;
};

/* The rule has judged something, or its value has changed. */
static void exercise(struct run *run, enum rule_id rule)
{
	run->campaign->tally.rules |= 1U << rule;
}

static bool differs(struct run *run, const struct difference *difference)
{
	run->disagreement->difference = *difference;
	run->disagreement->model = run->m;
	return !is_accepted(&run->campaign->tally.accepted, difference);
}

static enum rule_id rule_of_result(const struct op *op, int expected,
				   int actual)
{
	if (op->kind == OP_RMDIR)
		return RULE_RMDIR;
	return expected == OP_SLEEPS || actual == OP_SLEEPS ? RULE_DRAIN :
							      RULE_RESULT;
}

/* Whether exiting tasks, or those that have just exited, are all that is in the cgroup. */
static bool had_exiting_task(const struct model *m, int cgroup)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].cgroup == cgroup &&
		    m->tasks[i].state != TASK_LIVE)
			return true;
	return false;
}

static enum fix_id fix_of_result(const struct model *m, const struct op *op,
				 int expected, int actual)
{
	if (op->kind == OP_RMDIR && !expected &&
	    had_exiting_task(m, model_cgroup(m, op->path)))
		return FIX_DEFER_RMDIR_KILL;
	if (expected == OP_SLEEPS && actual != OP_SLEEPS)
		return FIX_PER_CSS_KILL;
	return FIX_NONE;
}

/* What follows the sequence after such a result is not known: it ends here. */
static enum outcome wrong_result(struct run *run, const struct op *op,
				 int expected, int actual)
{
	const struct difference difference = {
		.rule = rule_of_result(op, expected, actual),
		.cgroup = op->path[0] ? model_cgroup(&run->m, op->path) : NONE,
		.task = NONE,
		.expected = { expected, expected },
		.observed = actual,
		.fix = fix_of_result(&run->m, op, expected, actual),
		.finding = op->kind == OP_LOAD_LOOKUP ? 6 : 0,
	};

	return differs(run, &difference) ? DIFFERS : IMPOSSIBLE;
}

/* Makes the operation in both; the model goes where the kernel went, if it may go there. */
static enum outcome make(struct run *run, const struct op *op)
{
	struct model counted = run->m, uncounted = run->m;
	int results[2] = {
		model_do(&counted, op, true),
		model_do(&uncounted, op, false),
	};
	int actual;

	if (results[0] == OP_IMPOSSIBLE ||
	    (op->kind >= OP_LOAD && !machine_scheduler))
		return IMPOSSIBLE;
	actual = machine_do(&run->m, op, results[0] == OP_SLEEPS,
			    run->campaign->patience);
	/* It may only have waited for a grace period. */
	if (actual == OP_SLEEPS && results[0] == OP_SLEEPS)
		actual = machine_await_call(SLEEP_MS);
	if (actual <= MACHINE_FAILED)
		return BROKEN;
	run->campaign->tally.failed[op->kind] += actual < 0;
	run->campaign->tally.slept += actual == OP_SLEEPS;
	exercise(run,
		 rule_of_result(op, results[op->kind == OP_RMDIR], actual));
	if (results[0] == OP_ANY && actual <= 0)
		return AGREES;
	if (actual != results[0] && actual != results[1])
		return wrong_result(run, op, results[op->kind == OP_RMDIR],
				    actual);
	run->m = actual == results[0] ? counted : uncounted;
	return AGREES;
}

/* A call that slept goes on if, and only if, the tasks that it waits for are gone. */
static enum outcome resume(struct run *run)
{
	struct model counted = run->m, uncounted = run->m;
	struct difference difference = {
		.rule = RULE_WAKE,
		.cgroup = model_cgroup(&run->m, run->m.call.path),
		.task = NONE,
		.observed = OP_SLEEPS,
	};
	int actual, results[2];

	if (!run->m.blocked)
		return AGREES;
	if (!model_can_resume(&run->m)) {
		actual = machine_await_call(0);
		return actual == OP_SLEEPS ? AGREES :
					     wrong_result(run, &run->m.call,
							  OP_SLEEPS, actual);
	}
	exercise(run, RULE_WAKE);
	actual = machine_await_call(run->campaign->patience);
	results[0] = model_resume(&counted, true);
	results[1] = model_resume(&uncounted, false);
	if (actual == OP_SLEEPS)
		return differs(run, &difference) ? DIFFERS : IMPOSSIBLE;
	if (actual != results[0] && actual != results[1])
		return wrong_result(run, &run->m.call, results[0], actual);
	run->m = actual == results[0] ? counted : uncounted;
	return AGREES;
}

/* No list has a dead task, nor a line "0", even before its last context switch. */
static enum outcome look_early(struct run *run, const struct op *op)
{
	struct view expected, observed;
	struct difference difference;

	model_view(&run->m, false, &expected);
	observed = expected;
	if (!machine_look_early(&run->m, op, &observed))
		return AGREES;
	exercise(run, RULE_NO_ZERO);
	return view_differs(&run->m, &expected, &observed,
			    &run->campaign->tally.accepted, &difference) &&
			       differs(run, &difference) ?
		       DIFFERS :
		       AGREES;
}

/* What the kernel cannot tell, as nr_dying_subsys_* before 6.12, is as promised. */
static void fill_unknown(const struct view *expected, struct view *observed)
{
	int i, j;

	for (i = 0; i < MAX_CGROUPS; i++)
		for (j = 0; j < NR_CONTROLLERS; j++)
			if (observed->cgroups[i].dying_csses[j].low == NONE)
				observed->cgroups[i].dying_csses[j] =
					expected->cgroups[i].dying_csses[j];
	for (i = 0; i < MAX_TASKS; i++)
		if (observed->tasks[i].lookup.low == NONE)
			observed->tasks[i].lookup = expected->tasks[i].lookup;
}

/* The kernel may need some time for each value to become what is promised. */
static enum outcome compare(struct run *run, bool settled)
{
	int patience = settled ? PATIENCE_FREED : run->campaign->patience,
	    missed = NONE;
	long long until = now_ms() + patience,
		  short_until = now_ms() + PATIENCE_ACCEPTED;
	struct difference difference, notification = {
		.rule = RULE_NOTIFIED,
		.task = NONE,
		.expected = { 1, 1 },
	};
	struct view expected, observed;
	bool late;

	model_view(&run->m, settled, &expected);
	run->campaign->tally.rules |=
		rules_between(&run->m, &run->promised, &expected);
	run->promised = expected;
	for (;;) {
		late = now_ms() >= until;
		machine_observe(&run->m, &observed, &missed);
		fill_unknown(&expected, &observed);
		notification.cgroup = missed;
		if (missed != NONE && differs(run, &notification))
			return DIFFERS;
		if (!view_differs(&run->m, &expected, &observed,
				  &run->campaign->tally.accepted, &difference))
			return AGREES;
		late |= now_ms() >= short_until &&
			is_accepted(&run->campaign->tally.accepted,
				    &difference);
		if (late)
			return differs(run, &difference) ? DIFFERS : IMPOSSIBLE;
		pause_ms(1);
	}
}

static bool may_end_tasks(enum op_kind kind)
{
	return kind == OP_EXIT || kind == OP_SIGKILL || kind == OP_KILL ||
	       kind == OP_RELEASE || kind == OP_EXEC;
}

static enum outcome step(struct run *run, const struct op *op)
{
	enum outcome outcome = make(run, op);

	if (outcome != AGREES)
		return outcome;
	if (op->kind == OP_EXIT || op->kind == OP_SIGKILL)
		outcome = look_early(run, op);
	if (outcome != AGREES)
		return outcome;
	if (!may_end_tasks(op->kind) ||
	    machine_await_holds(&run->m, run->campaign->patience))
		outcome = resume(run);
	machine_barrier();
	return outcome == AGREES ? compare(run, op->kind == OP_SETTLE) :
				   outcome;
}

static void count(struct tally *tally, const struct sequence *sequence, int i)
{
	tally->operations++;
	tally->kinds[sequence->ops[i].kind]++;
	if (i)
		tally->pairs[sequence->ops[i - 1].kind] |=
			1U << sequence->ops[i].kind;
}

/* A controller that is disabled too early is seen first by a scheduler. */
static enum fix_id fix_of_order(const struct sequence *sequence, int rule)
{
	int i;

	if (rule > ORDER_R2)
		return FIX_NONE;
	for (i = 0; i < sequence->nr; i++)
		if (sequence->ops[i].kind == OP_DISABLE &&
		    sequence->ops[i].controller == CTL_CPU)
			return FIX_PER_CSS_KILL;
	return FIX_SCX_EXIT_ORDER;
}

/* The order of the events from the first load to the last unload. */
static enum outcome check_order(struct run *run,
				const struct sequence *sequence)
{
	struct disagreement *disagreement = run->disagreement;
	struct difference difference = {
		.rule = RULE_ORDER,
		.cgroup = NONE,
		.task = NONE,
	};
	int rule;

	if (run->m.loaded && machine_scheduler->unload())
		return BROKEN;
	exercise(run, RULE_ORDER);
	rule = machine_scheduler->check(disagreement->why,
					sizeof(disagreement->why));
	if (!rule)
		return AGREES;
	difference.observed = rule;
	difference.fix = fix_of_order(sequence, rule);
	return differs(run, &difference) ? DIFFERS : AGREES;
}

enum outcome run_sequence(struct campaign *campaign,
			  const struct sequence *sequence,
			  struct disagreement *disagreement)
{
	struct run run = { .campaign = campaign, .disagreement = disagreement };
	enum outcome outcome = AGREES;
	int i;

	model_init(&run.m);
	model_view(&run.m, false, &run.promised);
	disagreement->sequence = *sequence;
	campaign->tally.sequences++;
	if (machine_begin(sequence)) {
		reason_set(&campaign->broken, "cannot create a cgroup");
		return BROKEN;
	}
	if (machine_scheduler)
		machine_scheduler->forget();
	for (i = 0; i < sequence->nr && outcome == AGREES; i++) {
		disagreement->op = i;
		/* The kernel may have gone where this cannot be done. */
		if (model_obstacle(&run.m, &sequence->ops[i]) &&
		    !campaign->strict)
			continue;
		count(&campaign->tally, sequence, i);
		outcome = step(&run, &sequence->ops[i]);
	}
	reason_set(&campaign->broken, "operation %d cannot be made", i);
	if (!machine_end(&campaign->broken))
		outcome = BROKEN;
	/* What differed before may be the cause of a wrong order. */
	if (machine_scheduler && outcome != BROKEN) {
		enum outcome order = check_order(&run, sequence);

		if (outcome == AGREES || order == BROKEN)
			outcome = order;
	}
	return outcome;
}
