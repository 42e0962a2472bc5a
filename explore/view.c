// SPDX-License-Identifier: GPL-2.0-only
/*
 * view - the rules. See view.h.
 */
#include <stdio.h>
#include <string.h>

#include "compiler.h"
#include "view.h"

const struct rule rules[NR_RULES] = {
	[RULE_POPULATED] = {
		"populated",
		"populated is 1 as long as a task of the cgroup, or of one below that may be removed, has not made its last context switch, and then 0",
	},
	[RULE_FROZEN] = {
		"frozen",
		"frozen is 0 in a cgroup that is not freezing, and 1 in one that is when all its live tasks are frozen",
	},
	[RULE_FROZEN_TREE] = {
		"frozen-tree",
		"a cgroup with a child that reports frozen 0 does not report frozen 1",
	},
	[RULE_PROCS] = {
		"procs",
		"cgroup.procs lists the processes of the cgroup that have a live thread, and no others",
	},
	[RULE_THREADS] = {
		"threads",
		"cgroup.threads lists the tasks of the cgroup before their last context switch whose process has a live thread, and no others",
	},
	[RULE_NO_ZERO] = {
		"no-zero",
		"neither cgroup.procs nor cgroup.threads has a line \"0\"",
	},
	[RULE_DESCENDANTS] = {
		"descendants",
		"nr_descendants counts the cgroups below that are not removed",
	},
	[RULE_DYING] = {
		"dying",
		"nr_dying_descendants counts a removed cgroup until it is freed, after its last task is reaped",
	},
	[RULE_DYING_CSS] = {
		"dying-css",
		"nr_dying_subsys_* counts a disabled controller until the last task that uses it is reaped, and no longer",
	},
	[RULE_PIDS_CURRENT] = {
		"pids-current",
		"pids.current counts each task that is charged to the cgroup until it is reaped",
	},
	[RULE_PIDS_EVENTS] = {
		"pids-events",
		"pids.events counts each fork that exceeds the limit of the cgroup or of one below",
	},
	[RULE_CONTROLLERS] = {
		"controllers",
		"cgroup.controllers lists the controllers that the parent enables",
	},
	[RULE_TYPE] = {
		"type",
		"cgroup.type is \"domain threaded\" in a cgroup with tasks that enables a threaded controller, and \"domain invalid\" below it",
	},
	[RULE_TASK] = {
		"task",
		"a task lives until it exits or is killed, is held as long as it is not released, and is then dead",
	},
	[RULE_PROC_CGROUP] = {
		"proc-cgroup",
		"/proc/PID/cgroup names the cgroup of the task, with \" (deleted)\" if that is removed",
	},
	[RULE_NOTIFIED] = {
		"notified",
		"a change of populated or frozen is notified",
	},
	[RULE_RMDIR] = {
		"rmdir",
		"rmdir of a cgroup that has no child and lists no task succeeds at once",
	},
	[RULE_DRAIN] = {
		"drain",
		"a change of cgroup.subtree_control waits for the last context switch of all tasks that use a disabled controller, and for nothing else",
	},
	[RULE_WAKE] = {
		"wake",
		"a change of cgroup.subtree_control that waits goes on after the last context switch of the last of these tasks",
	},
	[RULE_RESULT] = {
		"result",
		"an operation succeeds, or fails with its error",
	},
	[RULE_LEFTOVER] = {
		"leftover",
		"when all tasks are reaped and all cgroups removed, none is left",
	},
	[RULE_ORDER] = {
		"order",
		"a BPF scheduler sees each task and each cgroup in the order of lib/order.h",
	},
};

static struct range exactly(int value)
{
	return (struct range){ value, value };
}

static bool is_inside(const struct model *m, int cgroup, int above)
{
	while (cgroup != NONE && cgroup != above)
		cgroup = m->cgroups[cgroup].parent;
	return cgroup == above;
}

/* The tasks in and below @cgroup, also in removed cgroups, in this state. */
static int count_tasks_below(const struct model *m, int cgroup,
			     enum task_state state)
{
	int i, nr = 0;

	for (i = 0; i < m->nr_tasks; i++)
		nr += m->tasks[i].state == state &&
		      is_inside(m, m->tasks[i].cgroup, cgroup);
	return nr;
}

static struct range expect_populated(const struct model *m, int cgroup)
{
	return exactly(count_tasks_below(m, cgroup, TASK_LIVE) ||
		       count_tasks_below(m, cgroup, TASK_HELD));
}

/* Upstream has not decided whether an exiting task delays frozen 1. */
static struct range expect_frozen(const struct model *m, int cgroup)
{
	if (!is_freezing(m, cgroup))
		return exactly(0);
	return (struct range){ !count_tasks_below(m, cgroup, TASK_HELD), 1 };
}

static struct range expect_procs(const struct model *m, int cgroup)
{
	struct range set = {};
	int i;

	for (i = 0; i < m->nr_tasks; i++) {
		bool listed = process_lives(m, i);

		if (m->tasks[i].leader != i || m->tasks[i].cgroup != cgroup)
			continue;
		set.low |= listed << i;
		set.high |= (listed || may_be_listed(m, i)) << i;
	}
	return set;
}

static struct range expect_threads(const struct model *m, int cgroup)
{
	struct range set = {};
	int i;

	for (i = 0; i < m->nr_tasks; i++) {
		bool member = m->tasks[i].state == TASK_LIVE ||
			      m->tasks[i].state == TASK_HELD;

		if (!member || m->tasks[i].cgroup != cgroup)
			continue;
		set.low |= !is_hidden(m, i) << i;
		set.high |= (!is_hidden(m, i) || may_be_listed(m, i)) << i;
	}
	return set;
}

static struct range expect_descendants(const struct model *m, int cgroup)
{
	int i, nr = 0;

	for (i = 1; i < m->nr_cgroups; i++)
		nr += i != cgroup && is_live_below(m, i, cgroup);
	return exactly(nr);
}

/* What is freed leaves the count some time later. */
static struct range expect_dying(const struct model *m, int cgroup,
				 bool settled)
{
	struct range range = {};
	int i;

	for (i = 1; i < m->nr_cgroups; i++) {
		bool exists = cgroup_exists(m, i);

		if (i == cgroup || !m->cgroups[i].removed ||
		    !is_inside(m, i, cgroup))
			continue;
		range.low += exists;
		range.high += exists || !settled || m->cgroups[i].had_memory;
	}
	return range;
}

static struct range expect_dying_csses(const struct model *m, int cgroup,
				       enum controller controller, bool settled)
{
	struct range range = {};
	int i;

	for (i = 0; i < m->nr_csses; i++) {
		bool exists = css_exists(m, i);

		if (!m->csses[i].dying ||
		    m->csses[i].controller != controller ||
		    !is_inside(m, m->csses[i].cgroup, cgroup))
			continue;
		range.low += exists;
		range.high += exists || !settled || controller == CTL_MEMORY;
	}
	return range;
}

static int pids_charged(const struct model *m, int css)
{
	int i, nr = 0;

	for (i = 0; i < m->nr_tasks; i++) {
		int at = m->tasks[i].css[CTL_PIDS];

		while (at != NONE && at != css)
			at = m->csses[at].parent;
		nr += at == css && m->tasks[i].state != TASK_GONE;
	}
	return nr;
}

static struct range expect_type(const struct model *m, int cgroup)
{
	unsigned int threaded = 1u << CTL_PIDS | 1u << CTL_CPU;
	struct range range = { TYPE_DOMAIN, TYPE_DOMAIN };
	int above, i;

	for (above = cgroup; above != NONE; above = m->cgroups[above].parent) {
		bool has = false, visible = false;

		for (i = 0; i < m->nr_tasks; i++) {
			if (m->tasks[i].cgroup != above ||
			    m->tasks[i].state > TASK_HELD)
				continue;
			has = true;
			visible |= !is_hidden(m, i);
		}
		if (!has || !(m->cgroups[above].subtree_control & threaded))
			continue;
		range.high = above == cgroup && range.high < TYPE_INVALID ?
				     TYPE_THREAD_ROOT :
				     TYPE_INVALID;
		if (visible)
			range.low = range.high;
	}
	return range;
}

static void view_cgroup(const struct model *m, int cgroup, bool settled,
			struct cgroup_view *view)
{
	int i, css = m->cgroups[cgroup].css[CTL_PIDS];

	view->populated = expect_populated(m, cgroup);
	view->frozen = expect_frozen(m, cgroup);
	view->procs = expect_procs(m, cgroup);
	view->threads = expect_threads(m, cgroup);
	view->zeros = exactly(0);
	view->descendants = expect_descendants(m, cgroup);
	view->dying = expect_dying(m, cgroup, settled);
	for (i = 0; i < NR_CONTROLLERS; i++)
		view->dying_csses[i] =
			expect_dying_csses(m, cgroup, i, settled);
	view->pids = exactly(css == NONE ? -1 : pids_charged(m, css));
	view->events = exactly(css == NONE ? -1 : m->csses[css].events);
	view->controllers = exactly(controllers_of(m, cgroup));
	view->type = expect_type(m, cgroup);
}

void model_view(const struct model *m, bool settled, struct view *view)
{
	int i;

	memset(view, 0, sizeof(*view));
	for (i = 0; i < m->nr_cgroups; i++)
		if (!m->cgroups[i].removed)
			view_cgroup(m, i, settled, &view->cgroups[i]);
	for (i = 0; i < m->nr_tasks; i++) {
		const struct model_task *t = &m->tasks[i];

		view->tasks[i] = exactly(t->state);
		view->homes[i] =
			exactly(t->cgroup + (m->cgroups[t->cgroup].removed ?
						     MAX_CGROUPS :
						     0));
	}
}

static bool is_within(struct range range, int value)
{
	return value >= range.low && value <= range.high;
}

/* In sets of tasks, @low must be there and @high may be. */
static bool is_right(enum rule_id rule, struct range range, int value)
{
	if (rule == RULE_PROCS || rule == RULE_THREADS)
		return (value & range.low) == range.low &&
		       !(value & ~range.high);
	return is_within(range, value);
}

static enum fix_id fix_of_populated(const struct model *m, int cgroup,
				    int observed)
{
	return !observed && !count_tasks_below(m, cgroup, TASK_LIVE) ?
		       FIX_DEFER_UNLINK :
		       FIX_NONE;
}

/* Only exiting tasks are listed too many. */
static enum fix_id fix_of_list(const struct model *m, struct range expected,
			       int observed)
{
	int i, extra = observed & ~expected.high;

	if (!extra || (expected.low & ~observed))
		return FIX_NONE;
	for (i = 0; i < m->nr_tasks; i++)
		if ((extra & (1 << i)) && m->tasks[i].state == TASK_LIVE)
			return FIX_NONE;
	return FIX_HIDE_DEAD;
}

static enum fix_id fix_of_task(const struct model *m, int task, int observed)
{
	const struct model_task *leader = &m->tasks[m->tasks[task].leader];

	if (observed == TASK_LIVE && leader->killed_headless)
		return FIX_KILL_EXITED_LEADER;
	if (observed != TASK_LIVE && m->tasks[task].state == TASK_LIVE &&
	    leader->spared)
		return FIX_KILL_SPARES_MIGRATED;
	if (observed != TASK_LIVE && m->tasks[task].state == TASK_LIVE &&
	    leader->forked_after_kill)
		return FIX_CLONE_INTO_KILLED;
	return FIX_NONE;
}

static void explain(const struct model *m, struct difference *d)
{
	switch (d->rule) {
	case RULE_POPULATED:
		d->fix = fix_of_populated(m, d->cgroup, d->observed);
		break;
	case RULE_PROCS:
	case RULE_THREADS:
		d->fix = fix_of_list(m, d->expected, d->observed);
		break;
	case RULE_NO_ZERO:
		d->finding = 2;
		break;
	case RULE_FROZEN:
		if (m->cgroups[d->cgroup].frozen_leak)
			d->finding = 1;
		else if (d->observed && !is_freezing(m, d->cgroup))
			d->finding = 9;
		break;
	case RULE_FROZEN_TREE:
		d->finding = m->cgroups[d->cgroup].frozen_leak ? 1 : 9;
		break;
	case RULE_DYING_CSS:
		if (d->observed > d->expected.high)
			d->fix = FIX_PER_CSS;
		break;
	default:
		break;
	}
}

bool is_accepted(const struct accepted *accepted, const struct difference *d)
{
	int i;

	for (i = 0; i < accepted->nr; i++)
		if (accepted->kinds[i].rule == d->rule &&
		    accepted->kinds[i].fix == d->fix &&
		    accepted->kinds[i].finding == d->finding)
			return true;
	return false;
}

void accept_difference(struct accepted *accepted, const struct difference *d)
{
	int nr = accepted->nr;

	if (is_accepted(accepted, d) || nr == ARRAY_SIZE(accepted->kinds))
		return;
	accepted->kinds[nr].rule = d->rule;
	accepted->kinds[nr].fix = d->fix;
	accepted->kinds[nr].finding = d->finding;
	accepted->nr++;
}

struct comparison {
	enum rule_id rule;
	struct range expected;
	int observed;
	enum controller controller;
};

static bool frozen_below(const struct model *m, const struct view *observed,
			 int cgroup)
{
	int i;

	for (i = 1; i < m->nr_cgroups; i++)
		if (!m->cgroups[i].removed && m->cgroups[i].parent == cgroup &&
		    !observed->cgroups[i].frozen.low)
			return false;
	return true;
}

static bool cgroup_differs(const struct model *m, const struct view *expected,
			   const struct view *observed,
			   const struct accepted *accepted, int cgroup,
			   struct difference *d)
{
	const struct cgroup_view *e = &expected->cgroups[cgroup],
				 *o = &observed->cgroups[cgroup];
	const struct comparison comparisons[] = {
		{ RULE_CONTROLLERS, e->controllers, o->controllers.low, 0 },
		{ RULE_PROCS, e->procs, o->procs.low, 0 },
		{ RULE_THREADS, e->threads, o->threads.low, 0 },
		{ RULE_NO_ZERO, e->zeros, o->zeros.low, 0 },
		{ RULE_POPULATED, e->populated, o->populated.low, 0 },
		{ RULE_FROZEN, e->frozen, o->frozen.low, 0 },
		{ RULE_FROZEN_TREE,
		  { 0, frozen_below(m, observed, cgroup) },
		  o->frozen.low,
		  0 },
		{ RULE_TYPE, e->type, o->type.low, 0 },
		{ RULE_DESCENDANTS, e->descendants, o->descendants.low, 0 },
		{ RULE_PIDS_CURRENT, e->pids, o->pids.low, 0 },
		{ RULE_PIDS_EVENTS, e->events, o->events.low, 0 },
		{ RULE_DYING, e->dying, o->dying.low, 0 },
		{ RULE_DYING_CSS, e->dying_csses[0], o->dying_csses[0].low, 0 },
		{ RULE_DYING_CSS, e->dying_csses[1], o->dying_csses[1].low, 1 },
		{ RULE_DYING_CSS, e->dying_csses[2], o->dying_csses[2].low, 2 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(comparisons); i++) {
		const struct comparison *c = &comparisons[i];

		if (is_right(c->rule, c->expected, c->observed))
			continue;
		*d = (struct difference){
			.rule = c->rule,
			.cgroup = cgroup,
			.task = NONE,
			.controller = c->controller,
			.expected = c->expected,
			.observed = c->observed,
		};
		explain(m, d);
		if (!is_accepted(accepted, d))
			return true;
	}
	return false;
}

static bool task_differs(const struct model *m, const struct view *expected,
			 const struct view *observed,
			 const struct accepted *accepted, int task,
			 struct difference *d)
{
	*d = (struct difference){ .rule = RULE_TASK,
				  .cgroup = NONE,
				  .task = task };
	d->expected = expected->tasks[task];
	d->observed = observed->tasks[task].low;
	d->fix = fix_of_task(m, task, d->observed);
	/* Also if it is accepted: the rest follows from it. */
	if (!is_within(d->expected, d->observed))
		return true;
	d->fix = FIX_NONE;
	d->rule = RULE_PROC_CGROUP;
	d->expected = expected->homes[task];
	d->observed = observed->homes[task].low;
	return m->tasks[task].state != TASK_GONE &&
	       !is_within(d->expected, d->observed) &&
	       !is_accepted(accepted, d);
}

bool view_differs(const struct model *m, const struct view *expected,
		  const struct view *observed, const struct accepted *accepted,
		  struct difference *difference)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (task_differs(m, expected, observed, accepted, i,
				 difference))
			return true;
	for (i = 0; i < m->nr_cgroups; i++)
		if (!m->cgroups[i].removed &&
		    cgroup_differs(m, expected, observed, accepted, i,
				   difference))
			return true;
	return false;
}

bool must_be_notified(const struct view *before, const struct view *after,
		      int cgroup)
{
	const struct cgroup_view *b = &before->cgroups[cgroup],
				 *a = &after->cgroups[cgroup];

	return b->populated.low != a->populated.low ||
	       b->frozen.low != a->frozen.low;
}

static void print_set(const struct model *m, int set, char *text, size_t size)
{
	size_t len = 0;
	int i;

	snprintf(text, size, "%s", set ? "" : "nothing");
	for (i = 0; i < m->nr_tasks && len + 4 < size; i++)
		if (set & (1 << i))
			len += snprintf(text + len, size - len, "%s%c",
					len ? " " : "", m->tasks[i].name);
}

static void print_home(const struct model *m, int value, char *text,
		       size_t size)
{
	char path[PATH_SIZE] = "?";

	if (value >= 0)
		model_path(m, value % MAX_CGROUPS, path);
	snprintf(text, size, "%s%s", path,
		 value >= MAX_CGROUPS ? " (deleted)" : "");
}

void print_value(const struct model *m, const struct difference *d, int value,
		 char *text, size_t size)
{
	static const char *const states[] = { "live", "held", "dead", "gone" };
	static const char *const types[] = { "domain", "domain threaded",
					     "domain invalid" };

	if (d->rule == RULE_PROCS || d->rule == RULE_THREADS)
		print_set(m, value, text, size);
	else if (d->rule == RULE_TASK && value >= 0 && value <= TASK_GONE)
		snprintf(text, size, "%s", states[value]);
	else if (d->rule == RULE_TYPE && value >= 0 && value <= TYPE_INVALID)
		snprintf(text, size, "%s", types[value]);
	else if (d->rule == RULE_PROC_CGROUP)
		print_home(m, value, text, size);
	else if (d->rule >= RULE_RMDIR && value < 0)
		snprintf(text, size, "%s", strerror(-value));
	else if (d->rule >= RULE_RMDIR && value == OP_SLEEPS)
		snprintf(text, size, "it sleeps");
	else if (d->rule >= RULE_RMDIR && !value)
		snprintf(text, size, "it succeeds");
	else
		snprintf(text, size, "%d", value);
}
