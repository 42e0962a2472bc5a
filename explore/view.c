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
		"cgroup.procs lists the processes of the cgroup, and of the threaded cgroups of its domain, that have a live thread, and no others; it cannot be read in a threaded cgroup",
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
		"cgroup.controllers lists the controllers that the parent enables, in a threaded cgroup without memory",
	},
	[RULE_TYPE] = {
		"type",
		"cgroup.type is \"domain threaded\" in a cgroup that has a threaded child, or that has tasks and enables a threaded controller, and \"domain invalid\" in domains below it",
	},
	[RULE_TASK] = {
		"task",
		"a task lives until it exits or is killed, is held as long as it is not released, and is then dead",
	},
	[RULE_PROC_CGROUP] = {
		"proc-cgroup",
		"/proc/PID/cgroup names the cgroup of the task, with \" (deleted)\" if that is removed",
	},
	[RULE_PIDFD] = {
		"pidfd",
		"a pidfd is readable when the last thread of its process is dead, and hangs up when that is reaped",
	},
	[RULE_SCHEDULING] = {
		"scheduling",
		"a task keeps its nice value, its class and its affinity until it is reaped",
	},
	[RULE_BELIEVED] = {
		"believed",
		"a BPF scheduler knows each task until its last context switch, in the cgroup whose cpu controller the task uses",
	},
	[RULE_LOOKUP] = {
		"lookup",
		"scx_bpf_tid_to_task() finds a task by its tid until its last context switch, and then nothing",
	},
	[RULE_KNOWN] = {
		"known",
		"a BPF scheduler knows each cgroup with the cpu controller, also a removed one until the last task that uses the controller has made its last context switch",
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

/* The tasks in and below @cgroup, also in removed cgroups, in this state. */
static int count_tasks_below(const struct model *m, int cgroup,
			     enum task_state state)
{
	int i, nr = 0;

	for (i = 0; i < m->nr_tasks; i++)
		nr += m->tasks[i].state == state &&
		      is_below(m, m->tasks[i].cgroup, cgroup);
	return nr;
}

static struct range expect_populated(const struct model *m, int cgroup)
{
	return exactly(count_tasks_below(m, cgroup, TASK_LIVE) ||
		       count_tasks_below(m, cgroup, TASK_HELD));
}

/*
 * Upstream has not decided whether an exiting task delays frozen 1. A task in execve(2)
 * that waits for one does not freeze.
 */
static struct range expect_frozen(const struct model *m, int cgroup)
{
	bool delayed = count_tasks_below(m, cgroup, TASK_HELD);
	int i;

	if (!is_freezing(m, cgroup))
		return exactly(0);
	for (i = 0; i < m->nr_tasks; i++)
		delayed |= m->tasks[i].execs &&
			   is_below(m, m->tasks[i].cgroup, cgroup);
	return (struct range){ !delayed, 1 };
}

static struct range expect_procs(const struct model *m, int cgroup)
{
	struct range set = {};
	int i;

	if (is_threaded(m, cgroup))
		return exactly(NONE);
	for (i = 0; i < m->nr_tasks; i++) {
		bool listed = process_lives(m, i);

		if (m->tasks[i].leader != i ||
		    m->cgroups[m->tasks[i].cgroup].domain != cgroup)
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
		    !is_below(m, i, cgroup))
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
		    !is_below(m, m->csses[i].cgroup, cgroup))
			continue;
		range.low += exists;
		range.high += exists || !settled || controller == CTL_MEMORY;
	}
	return range;
}

static struct range expect_type(const struct model *m, int cgroup)
{
	int counted = model_type(m, cgroup, true),
	    uncounted = model_type(m, cgroup, false);

	return counted < uncounted ? (struct range){ counted, uncounted } :
				     (struct range){ uncounted, counted };
}

static enum pidfd_view expect_pidfd(const struct model *m, int task)
{
	if (m->tasks[task].state == TASK_GONE)
		return PIDFD_HUNG_UP;
	return is_reapable(m, task) ? PIDFD_READABLE : PIDFD_QUIET;
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
	view->pids = exactly(css == NONE ? -1 : pids_in(m, css));
	view->events = exactly(css == NONE ? -1 : m->csses[css].events);
	view->controllers = exactly(controllers_of(m, cgroup));
	view->type = expect_type(m, cgroup);
}

/* The task with this body that the scheduler knows: not dead; NONE. */
static int scheduled_task(const struct model *m, int body)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->loaded && m->tasks[i].body == body &&
		    m->tasks[i].state <= TASK_HELD)
			return i;
	return NONE;
}

static void view_task(const struct model *m, int task, struct task_view *view)
{
	const struct model_task *t = &m->tasks[task];
	int scheduled = scheduled_task(m, t->body);

	view->state = exactly(t->state);
	view->pidfd = exactly(expect_pidfd(m, task));
	view->lookup = exactly(scheduled == NONE ? LOOKUP_FINDS_NOTHING :
						   LOOKUP_FINDS_IT);
	view->believed = exactly(NONE);
	if (scheduled != NONE)
		view->believed =
			exactly(m->csses[m->tasks[scheduled].css[CTL_CPU]]
					.cgroup);
	if (t->state == TASK_GONE)
		return;
	view->home = exactly(t->cgroup +
			     (m->cgroups[t->cgroup].removed ? MAX_CGROUPS : 0));
	view->scheduling =
		exactly(SCHEDULING(t->nice, t->policy, t->everywhere));
}

/* A css goes offline some time after its last task. */
static struct range expect_known(const struct model *m, bool settled)
{
	struct range range = {};
	int i;

	for (i = 0; m->loaded && i < m->nr_csses; i++) {
		bool online = !m->csses[i].dying || css_is_populated(m, i);

		if (m->csses[i].controller != CTL_CPU)
			continue;
		range.low += online;
		range.high += online || !settled;
	}
	return range;
}

void model_view(const struct model *m, bool settled, struct view *view)
{
	int i;

	memset(view, 0, sizeof(*view));
	for (i = 0; i < m->nr_cgroups; i++)
		if (!m->cgroups[i].removed)
			view_cgroup(m, i, settled, &view->cgroups[i]);
	for (i = 0; i < MAX_TASKS; i++)
		view->tasks[i].believed = exactly(NONE);
	for (i = 0; i < m->nr_tasks; i++)
		view_task(m, i, &view->tasks[i]);
	view->known = expect_known(m, settled);
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

	if (!extra || observed == NONE || (expected.low & ~observed))
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

	if (is_accepted(accepted, d) || nr == MAX_ACCEPTED)
		return;
	accepted->kinds[nr].rule = d->rule;
	accepted->kinds[nr].fix = d->fix;
	accepted->kinds[nr].finding = d->finding;
	accepted->nr++;
}

/* The rules of struct cgroup_view.values and struct task_view.values. */
static const enum rule_id cgroup_rules[] = {
	RULE_CONTROLLERS,  RULE_PROCS,	     RULE_THREADS, RULE_NO_ZERO,
	RULE_POPULATED,	   RULE_FROZEN,	     RULE_TYPE,	   RULE_DESCENDANTS,
	RULE_PIDS_CURRENT, RULE_PIDS_EVENTS, RULE_DYING,   RULE_DYING_CSS,
	RULE_DYING_CSS,	   RULE_DYING_CSS,
};

static const enum rule_id task_rules[] = {
	RULE_TASK,	 RULE_PROC_CGROUP, RULE_PIDFD,
	RULE_SCHEDULING, RULE_BELIEVED,	   RULE_LOOKUP,
};

#define NR_CGROUP_RULES ((int)ARRAY_SIZE(cgroup_rules))
#define NR_TASK_RULES ((int)ARRAY_SIZE(task_rules))

unsigned int rules_between(const struct model *m, const struct view *before,
			   const struct view *after)
{
	const unsigned int notified = 1U << RULE_POPULATED | 1U << RULE_FROZEN;
	unsigned int set = 0;
	int i, j;

	for (i = 0; i < m->nr_cgroups; i++) {
		if (i && before->cgroups[i].frozen.high !=
				 after->cgroups[i].frozen.high)
			set |= 1U << RULE_FROZEN_TREE;
		for (j = 0; j < NR_CGROUP_RULES && !m->cgroups[i].removed; j++)
			if (memcmp(&before->cgroups[i].values[j],
				   &after->cgroups[i].values[j],
				   sizeof(struct range)))
				set |= 1U << cgroup_rules[j];
	}
	for (i = 0; i < m->nr_tasks; i++)
		for (j = 0; j < NR_TASK_RULES; j++)
			if (memcmp(&before->tasks[i].values[j],
				   &after->tasks[i].values[j],
				   sizeof(struct range)))
				set |= 1U << task_rules[j];
	if (memcmp(&before->known, &after->known, sizeof(struct range)))
		set |= 1U << RULE_KNOWN;
	return set | (set & notified ? 1U << RULE_NOTIFIED : 0);
}

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
	int i;

	for (i = 0; i <= NR_CGROUP_RULES; i++) {
		*d = (struct difference){ .cgroup = cgroup, .task = NONE };
		if (i == NR_CGROUP_RULES) {
			d->rule = RULE_FROZEN_TREE;
			d->expected.high = frozen_below(m, observed, cgroup);
			d->observed = o->frozen.low;
		} else {
			d->rule = cgroup_rules[i];
			d->expected = e->values[i];
			d->observed = o->values[i].low;
			if (d->rule == RULE_DYING_CSS)
				d->controller =
					i - (NR_CGROUP_RULES - NR_CONTROLLERS);
		}
		if (is_right(d->rule, d->expected, d->observed))
			continue;
		explain(m, d);
		if (!is_accepted(accepted, d))
			return true;
	}
	return false;
}

/* Whether rules @first to @last of the task differ. */
static bool task_differs(const struct model *m, const struct view *expected,
			 const struct view *observed,
			 const struct accepted *accepted, int task, int first,
			 int last, struct difference *d)
{
	int i;

	for (i = first; i <= last; i++) {
		*d = (struct difference){ .rule = task_rules[i],
					  .cgroup = NONE,
					  .task = task };
		d->expected = expected->tasks[task].values[i];
		d->observed = observed->tasks[task].values[i].low;
		if (is_within(d->expected, d->observed))
			continue;
		if (d->rule == RULE_TASK)
			d->fix = fix_of_task(m, task, d->observed);
		if (d->rule == RULE_BELIEVED &&
		    m->tasks[task].state == TASK_DEAD)
			d->fix = FIX_SCX_EXIT_ORDER;
		/* The rest follows from the state, also if that is accepted. */
		if (d->rule == RULE_TASK || !is_accepted(accepted, d))
			return true;
	}
	return false;
}

/* A controller of a live cgroup was disabled too early, or else one of a removed cgroup. */
static enum fix_id fix_of_known(const struct model *m)
{
	int i;

	for (i = 0; i < m->nr_csses; i++)
		if (m->csses[i].controller == CTL_CPU && m->csses[i].dying &&
		    css_is_populated(m, i) &&
		    !m->cgroups[m->csses[i].cgroup].removed)
			return FIX_PER_CSS_KILL;
	return FIX_DEFER_UNLINK;
}

bool view_differs(const struct model *m, const struct view *expected,
		  const struct view *observed, const struct accepted *accepted,
		  struct difference *difference)
{
	int i;

	/* What else differs follows from a state, also of another task. */
	for (i = 0; i < m->nr_tasks; i++)
		if (task_differs(m, expected, observed, accepted, i, 0, 0,
				 difference))
			return true;
	for (i = 0; i < m->nr_tasks; i++)
		if (task_differs(m, expected, observed, accepted, i, 1,
				 NR_TASK_RULES - 1, difference))
			return true;
	for (i = 0; i < m->nr_cgroups; i++)
		if (!m->cgroups[i].removed &&
		    cgroup_differs(m, expected, observed, accepted, i,
				   difference))
			return true;
	*difference = (struct difference){ .rule = RULE_KNOWN,
					   .cgroup = NONE,
					   .task = NONE };
	difference->expected = expected->known;
	difference->observed = observed->known.low;
	if (is_within(difference->expected, difference->observed))
		return false;
	if (difference->observed < difference->expected.low)
		difference->fix = fix_of_known(m);
	return !is_accepted(accepted, difference);
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
					     "domain invalid", "threaded" };
	static const char *const pidfds[] = { "not readable", "readable",
					      "hung up",
					      "not the same for two pidfds" };

	static const char *const lookups[] = { "its tid finds nothing",
					       "its tid finds it",
					       "its tid finds another task" };

	if ((d->rule == RULE_PROCS || d->rule == RULE_THREADS) && value == NONE)
		snprintf(text, size, "it cannot be read");
	else if (d->rule == RULE_PROCS || d->rule == RULE_THREADS)
		print_set(m, value, text, size);
	else if (d->rule == RULE_TASK && value >= 0 && value <= TASK_GONE)
		snprintf(text, size, "%s", states[value]);
	else if (d->rule == RULE_TYPE && value >= 0 && value <= TYPE_THREADED)
		snprintf(text, size, "%s", types[value]);
	else if (d->rule == RULE_PIDFD && value >= 0 && value <= PIDFDS_DIFFER)
		snprintf(text, size, "%s", pidfds[value]);
	else if (d->rule == RULE_SCHEDULING)
		snprintf(text, size, "nice %d, %s%s", value / 10 % 100,
			 policy_words[value % 10 / 2],
			 value % 2 ? ", all CPUs" : "");
	else if (d->rule == RULE_LOOKUP && value >= 0 &&
		 value <= LOOKUP_FINDS_ANOTHER)
		snprintf(text, size, "%s", lookups[value]);
	else if (d->rule == RULE_BELIEVED && value == NONE)
		snprintf(text, size, "unknown");
	else if (d->rule == RULE_PROC_CGROUP || d->rule == RULE_BELIEVED)
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
