// SPDX-License-Identifier: GPL-2.0-only
/*
 * timeline - the events of the running test. See timeline.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test_run.h"
#include "timeline.h"

#define MAX_NAMES 64
#define MAX_MARKS 16

struct name {
	unsigned long long id; /* a cgroup id or a pid */
	char text[32];
};

struct mark {
	size_t earlier, later; /* indices of events */
	const char *rule;
	const char *rule_text;
};

static struct {
	bool own_log;
	struct name cgroups[MAX_NAMES];
	struct name tasks[MAX_NAMES];
	int nr_cgroups;
	int nr_tasks;
	struct mark marks[MAX_MARKS];
	int nr_marks;
} timeline;

int timeline_begin(void)
{
	test.log = event_log_create();
	timeline.own_log = true;
	return test.log ? 0 : -ENOMEM;
}

void timeline_end(void)
{
	if (timeline.own_log)
		event_log_destroy(test.log);
	test.log = NULL;
}

void timeline_use_log(struct event_log *log)
{
	size_t i, nr = event_count(test.log);

	for (i = 0; i < nr; i++)
		log->event[i] = test.log->event[i];
	log->cursor = nr;
	if (timeline.own_log)
		event_log_destroy(test.log);
	timeline.own_log = false;
	test.log = log;
}

void timeline_read(const struct supervised *test_process)
{
	struct event_log *log = test.log, *theirs;
	size_t size;

	if (!supervise_read(test_process, &test.log, &theirs, sizeof(theirs)) ||
	    !theirs)
		return;
	supervise_read(test_process, &timeline, &timeline, sizeof(timeline));
	/* A log that is shared is at the same address. */
	if (theirs == log || !supervise_read(test_process, &theirs->cursor,
					     &log->cursor, sizeof(log->cursor)))
		return;
	size = event_count(log) * sizeof(log->event[0]);
	if (!supervise_read(test_process, theirs->event, log->event, size))
		log->cursor = 0;
}

static void add_name(struct name *names, int *nr, unsigned long long id,
		     const char *text)
{
	if (*nr >= MAX_NAMES)
		return;
	names[*nr].id = id;
	snprintf(names[*nr].text, sizeof(names[*nr].text), "%s", text);
	(*nr)++;
}

void timeline_name_cgroup(const struct cgroup *cg, const char *name)
{
	add_name(timeline.cgroups, &timeline.nr_cgroups, cg->id, name);
}

void timeline_name_task(pid_t pid, const char *name)
{
	add_name(timeline.tasks, &timeline.nr_tasks, pid, name);
}

static const char *find_name(const struct name *names, int nr,
			     unsigned long long id)
{
	while (nr--)
		if (names[nr].id == id)
			return names[nr].text;
	return NULL;
}

const char *timeline_task_name(pid_t pid)
{
	return find_name(timeline.tasks, timeline.nr_tasks, pid);
}

bool timeline_mark(size_t earlier, size_t later, const char *rule,
		   const char *rule_text)
{
	if (timeline.nr_marks == MAX_MARKS)
		return false;
	timeline.marks[timeline.nr_marks++] =
		(struct mark){ earlier, later, rule, rule_text };
	return true;
}

/* The letter of an event's mark, or a blank. */
static char mark_of(size_t index)
{
	int i;

	for (i = 0; i < timeline.nr_marks; i++)
		if (timeline.marks[i].earlier == index ||
		    timeline.marks[i].later == index)
			return 'A' + i;
	return ' ';
}

static void describe_cgroup(unsigned long long id, char *buf, size_t size)
{
	const char *name = find_name(timeline.cgroups, timeline.nr_cgroups, id);

	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "cgroup %llu", id);
}

static void describe_task(const struct event *ev, char *buf, size_t size)
{
	const char *name =
		find_name(timeline.tasks, timeline.nr_tasks, ev->pid);

	snprintf(buf, size, "%s (pid %d%s)", name ?: ev->note, ev->pid,
		 ev->flags & EVF_EXITING ? ", exiting" : "");
}

static void describe_event(const struct event *ev, char *buf, size_t size)
{
	char cgroup[48], to[48], task[160];

	describe_cgroup(ev->cgroup, cgroup, sizeof(cgroup));
	describe_cgroup(ev->to, to, sizeof(to));
	describe_task(ev, task, sizeof(task));

	switch (ev->kind) {
	case EV_STEP:
		snprintf(buf, size, "%s", event_text(ev));
		break;
	case EV_UNLOAD_BEGIN:
		snprintf(buf, size, "the test disables the scheduler");
		break;
	case EV_UNLOAD_END:
		snprintf(buf, size, "the scheduler is disabled");
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

static bool is_shown(const struct event *ev, size_t index)
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
		return find_name(timeline.cgroups, timeline.nr_cgroups,
				 ev->cgroup) ||
		       mark_of(index) != ' ';
	default:
		return find_name(timeline.tasks, timeline.nr_tasks, ev->pid) ||
		       mark_of(index) != ' ';
	}
}

static void print_events(void)
{
	const struct event_log *log = test.log;
	size_t i, hidden = 0, nr = event_count(log);
	char text[320];

	printf("# timeline, in milliseconds:\n");
	for (i = 0; i < nr; i++) {
		const struct event *ev = &log->event[i];

		if (!is_shown(ev, i)) {
			hidden++;
			continue;
		}
		describe_event(ev, text, sizeof(text));
		printf("# %c %9.3f  %-12s %s\n", mark_of(i),
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

static void print_rules(void)
{
	int i;

	for (i = 0; i < timeline.nr_marks; i++)
		printf("# rule %s at %c: %s\n", timeline.marks[i].rule,
		       (char)('A' + i), timeline.marks[i].rule_text);
}

void timeline_print(void)
{
	print_rules();
	print_events();
}
