// SPDX-License-Identifier: GPL-2.0-only
/*
 * story - the test's log and its explanation. See story.h.
 *
 * The lines that begin with "# invariant:", "# broken:", "# undecided:" and
 * "# missing fix:" are read by tools: keep their form.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proc.h"
#include "releases.h"
#include "story.h"

static void print_guards(const struct invariant *invariant)
{
	int i;

	printf("# invariant: %s\n", invariant->text);
	for (i = 0; i < INVARIANT_MAX_FIXES; i++)
		if (invariant->fixes[i])
			printf("# guards: %s%s\n",
			       fix_name(invariant->fixes[i]),
			       invariant->one_sided ? " (failure only)" : "");
}

int story_begin(struct story *story, const char *program, const char *test)
{
	memset(story, 0, sizeof(*story));
	story->invariant = invariant_find(program, test);
	if (!story->invariant)
		return -ENOENT;
	print_guards(story->invariant);
	story->log = event_log_create();
	story->own_log = true;
	return story->log ? 0 : -ENOMEM;
}

void story_end(struct story *story)
{
	if (story->own_log)
		event_log_destroy(story->log);
	story->log = NULL;
}

void story_use_log(struct story *story, struct event_log *log)
{
	size_t i, nr = event_count(story->log);

	for (i = 0; i < nr; i++)
		log->event[i] = story->log->event[i];
	log->cursor = nr;
	if (story->own_log)
		event_log_destroy(story->log);
	story->own_log = false;
	story->log = log;
}

static void add_name(struct story_name *names, int *nr, unsigned long long id,
		     const char *name)
{
	if (*nr >= STORY_MAX_NAMES)
		return;
	names[*nr].id = id;
	snprintf(names[*nr].name, sizeof(names[*nr].name), "%s", name);
	(*nr)++;
}

void story_name_cgroup(struct story *story, const struct cgroup *cg,
		       const char *name)
{
	add_name(story->cgroups, &story->nr_cgroups, cg->id, name);
}

void story_name_task(struct story *story, pid_t pid, const char *name)
{
	add_name(story->tasks, &story->nr_tasks, pid, name);
}

static const char *find_name(const struct story_name *names, int nr,
			     unsigned long long id)
{
	while (nr--)
		if (names[nr].id == id)
			return names[nr].name;
	return NULL;
}

const char *story_task_name(const struct story *story, pid_t pid)
{
	return find_name(story->tasks, story->nr_tasks, pid);
}

void story_quote(struct story *story, const char *text)
{
	story->quoted = text;
}

void story_step(struct story *story, const char *fmt, ...)
{
	struct event *ev = event_append(story->log, EV_STEP);
	va_list args;

	if (!ev)
		return;
	va_start(args, fmt);
	event_say(ev, fmt, args);
	va_end(args);
}

void story_broken(struct story *story, enum fix_id fix, const char *fmt, ...)
{
	char what[sizeof(story->first)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);

	story_step(story, "BROKEN: %s", what);
	if (!story->broken++)
		memcpy(story->first, what, sizeof(what));
	story->hinted[fix] = true;
}

void story_undecided(struct story *story, const char *fmt, ...)
{
	char what[sizeof(story->first_undecided)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);

	story_step(story, "UNDECIDED: %s", what);
	if (!story->undecided++)
		memcpy(story->first_undecided, what, sizeof(what));
}

static bool is_dead(pid_t pid)
{
	struct proc_stat stat;

	return proc_stat(pid, &stat) || strchr("ZX", stat.state);
}

/*
 * A task whose last switch falls into an unload may lose its exit_task: it is off
 * the list that the unload walks, and when it goes on the scheduler is not asked
 * any more (docs/findings.md). That happens to any task of the machine; of one that
 * has no name here and is dead by now nobody knows when it died.
 */
static bool may_have_died_within_unload(const struct story *story,
					const struct order_violation *v)
{
	return v->unpaired && !story_task_name(story, v->unpaired) &&
	       is_dead(v->unpaired);
}

/* Whether they are so few that it may have been that: one for each unload. */
static bool are_excused(struct story *story, const struct order_violation *all,
			long nr)
{
	const struct event_log *log = story->log;
	size_t n, events = event_count(log);
	long i, dead = 0, unloads = 0;

	for (i = 0; i < nr; i++)
		dead += may_have_died_within_unload(story, &all[i]);
	for (n = 0; n < events; n++)
		unloads += log->event[n].kind == EV_UNLOAD_END;
	if (dead)
		story_step(
			story,
			"%ld dead task(s) had no exit_task, in %ld unload(s)",
			dead, unloads);
	return dead <= unloads;
}

static void take_violation(struct story *story, const struct order_violation *v,
			   enum fix_id fix)
{
	story->violations[story->nr_violations++] = *v;
	story_broken(story, fix, "%s: %s", order_rule_name(v->rule), v->what);
}

int story_judge(struct story *story, unsigned int rules, enum fix_id fix)
{
	const struct event_log *log = story->log;
	struct order_violation *all;
	size_t events = event_count(log);
	bool excused;
	long nr, i;

	if (event_lost(log))
		return -EOVERFLOW;
	nr = order_check(log->event, events, rules, NULL, 0);
	if (nr <= 0)
		return nr;
	all = calloc(nr, sizeof(*all));
	if (!all)
		return -ENOMEM;
	order_check(log->event, events, rules, all, nr);

	excused = are_excused(story, all, nr);
	for (i = 0; i < nr && story->nr_violations < STORY_MAX_VIOLATIONS; i++)
		if (!excused || !may_have_died_within_unload(story, &all[i]))
			take_violation(story, &all[i], fix);
	free(all);
	return 0;
}

/* The letter that marks an event which takes part in a violation, or a blank. */
static char violation_mark(const struct story *story, size_t index)
{
	long i;

	for (i = 0; i < story->nr_violations; i++)
		if (story->violations[i].earlier == index ||
		    story->violations[i].later == index)
			return 'A' + i;
	return ' ';
}

static void describe_cgroup(const struct story *story, unsigned long long id,
			    char *buf, size_t size)
{
	const char *name = find_name(story->cgroups, story->nr_cgroups, id);

	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "cgroup %llu", id);
}

static void describe_task(const struct story *story, const struct event *ev,
			  char *buf, size_t size)
{
	const char *name = find_name(story->tasks, story->nr_tasks, ev->pid);

	snprintf(buf, size, "%s (pid %d%s)", name ?: ev->note, ev->pid,
		 ev->flags & EVF_EXITING ? ", exiting" : "");
}

static void describe_event(const struct story *story, const struct event *ev,
			   char *buf, size_t size)
{
	char cgroup[48], to[48], task[160];

	describe_cgroup(story, ev->cgroup, cgroup, sizeof(cgroup));
	describe_cgroup(story, ev->to, to, sizeof(to));
	describe_task(story, ev, task, sizeof(task));

	switch (ev->kind) {
	case EV_STEP:
		snprintf(buf, size, "%s", event_text(ev));
		break;
	case EV_UNLOAD_BEGIN:
		snprintf(buf, size, "the scheduler is to be unloaded");
		break;
	case EV_UNLOAD_END:
		snprintf(buf, size, "the scheduler is unloaded");
		break;
	case EV_CGROUP_INIT:
	case EV_CGROUP_EXIT:
		snprintf(buf, size, "of %s (cgroup %llu%s)", cgroup,
			 (unsigned long long)ev->cgroup,
			 ev->flags & EVF_OFFLINE ? ", offline" : "");
		break;
	case EV_CSS_KILLED:
	case EV_CSS_OFFLINE:
		snprintf(buf, size, "of %s in %s (cgroup %llu)", ev->note,
			 cgroup, (unsigned long long)ev->cgroup);
		break;
	case EV_INIT_TASK:
		snprintf(buf, size, "of %s in %s%s", task, cgroup,
			 ev->flags & EVF_FORK ? ", at fork" : "");
		break;
	case EV_EXIT_TASK:
		snprintf(buf, size, "of %s%s", task,
			 ev->flags & EVF_CANCELLED ?
				 ", its fork was cancelled" :
				 "");
		break;
	case EV_PREP_MOVE:
	case EV_MOVE:
	case EV_CANCEL_MOVE:
		snprintf(buf, size, "of %s from %s to %s", task, cgroup, to);
		break;
	default:
		snprintf(buf, size, "of %s", task);
	}
}

static bool is_of_interest(const struct story *story, const struct event *ev,
			   size_t index)
{
	switch (ev->kind) {
	case EV_STEP:
	case EV_UNLOAD_BEGIN:
	case EV_UNLOAD_END:
		return true;
	case EV_CGROUP_INIT:
	case EV_CGROUP_EXIT:
	case EV_CSS_KILLED:
	case EV_CSS_OFFLINE:
		return find_name(story->cgroups, story->nr_cgroups,
				 ev->cgroup) ||
		       violation_mark(story, index) != ' ';
	default:
		return find_name(story->tasks, story->nr_tasks, ev->pid) ||
		       violation_mark(story, index) != ' ';
	}
}

static void print_timeline(const struct story *story)
{
	const struct event_log *log = story->log;
	size_t i, hidden = 0, nr = event_count(log);
	char text[320];

	printf("# timeline, in milliseconds:\n");
	for (i = 0; i < nr; i++) {
		const struct event *ev = &log->event[i];

		if (!is_of_interest(story, ev, i)) {
			hidden++;
			continue;
		}
		describe_event(story, ev, text, sizeof(text));
		printf("# %c %9.3f  %-12s %s\n", violation_mark(story, i),
		       (double)(long long)(ev->time - log->event[0].time) / 1e6,
		       event_kind_name(ev->kind), text);
	}
	if (hidden)
		printf("#   (%zu events of other tasks and cgroups are not shown)\n",
		       hidden);
	if (event_lost(log))
		printf("#   (%zu events were lost: the log is too small)\n",
		       event_lost(log));
}

static void print_quoted(const char *text)
{
	while (*text) {
		int length = strcspn(text, "\n");

		printf("# dump: %.*s\n", length, text);
		text += length + (text[length] == '\n');
	}
}

void story_tell_missing(enum fix_id id)
{
	char released[RELEASES_TEXT];

	if (fix_has_id(id))
		printf("# missing fix: %s (\"%s\")", fixes[id].commit,
		       fixes[id].title);
	else
		printf("# missing fix: \"%s\"", fixes[id].title);
	printf(", released in %s\n", fix_releases(id, released));
}

void story_explain(const struct story *story)
{
	int id;
	long i;

	if (story->broken)
		printf("# failure: %s\n", story->first);
	if (story->undecided)
		printf("# expected failure: %s\n", story->first_undecided);
	for (i = 0; i < story->nr_violations; i++)
		printf("# rule %s at %c: %s\n",
		       order_rule_name(story->violations[i].rule),
		       (char)('A' + i),
		       order_rule_text(story->violations[i].rule));
	print_timeline(story);
	if (story->quoted)
		print_quoted(story->quoted);
	for (id = 0; id < FIX_NR; id++)
		if (story->hinted[id])
			story_tell_missing(id);
}
