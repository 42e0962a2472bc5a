// SPDX-License-Identifier: GPL-2.0-only
/*
 * order - the ordering rules. See order.h.
 *
 * The checker replays the events against a model: a cgroup is initialised or
 * not, a task is initialised in one cgroup or not. An event that does not fit
 * the model violates a rule. The model then accepts the event, so that a bug is
 * reported once and not again for every later event.
 *
 * An unload is different by design: the kernel calls cgroup_exit for all cgroups
 * before exit_task for their tasks, so R2 does not apply between EV_UNLOAD_BEGIN
 * and EV_UNLOAD_END. Nor does R1: until EV_UNLOAD_END tasks are forked as
 * before, and new cgroups get no cgroup_init (see scx_pairing).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler.h"
#include "order.h"

enum presence {
	NEVER_SEEN,
	INITIALISED,
	EXITED,
};

struct entity {
	__u64 id; /* cgroup id, or task identity; 0 is a free slot */
	__u64 up; /* of a cgroup its parent, of a task its cgroup */
	enum presence presence;
	size_t since; /* index of the event that set its presence */
	int pid;
	long outlived; /* of a task: violation + 1 by which its cgroup went first */
};

struct entity_table {
	struct entity *slot;
	size_t size; /* a power of two, at least twice the number of entries */
};

struct model {
	const struct event *ev;
	struct entity_table tasks;
	struct entity_table cgroups;
	bool unloading;
	size_t now;
	unsigned int rules;
	struct order_violation *out;
	size_t max;
	long violations;
};

static const char *const rule_texts[ORDER_NR_RULES] = {
	[ORDER_R1] =
		"cgroup_init of a cgroup precedes init_task of every task in it",
	[ORDER_R2] =
		"exit_task of every task in a cgroup precedes the cgroup's cgroup_exit",
	[ORDER_R3] = "init_task and exit_task pair exactly once per task",
	[ORDER_R4] =
		"cgroup_init and cgroup_exit alternate, a child's inside its parent's",
	[ORDER_R5] =
		"a task moves from the cgroup it is in to one that is initialised",
	[ORDER_R6] = "no callback mentions a task after its exit_task",
};

const char *order_rule_name(enum order_rule rule)
{
	static const char *const names[ORDER_NR_RULES] = {
		[ORDER_R1] = "R1", [ORDER_R2] = "R2", [ORDER_R3] = "R3",
		[ORDER_R4] = "R4", [ORDER_R5] = "R5", [ORDER_R6] = "R6",
	};

	return rule >= ORDER_R1 && rule < ORDER_NR_RULES ? names[rule] : "R?";
}

const char *order_rule_text(enum order_rule rule)
{
	return rule >= ORDER_R1 && rule < ORDER_NR_RULES ? rule_texts[rule] :
							   "unknown rule";
}

static int table_init(struct entity_table *table, size_t nr_events)
{
	/* A move adds at most three entries of a kind; twice that keeps the table sparse. */
	for (table->size = 64; table->size < 6 * nr_events; table->size *= 2)
		;
	table->slot = calloc(table->size, sizeof(*table->slot));
	return table->slot ? 0 : -ENOMEM;
}

static struct entity *table_get(struct entity_table *table, __u64 id)
{
	size_t i = (id * 0x9e3779b97f4a7c15ULL) >> 20;

	for (;; i++) {
		struct entity *e = &table->slot[i & (table->size - 1)];

		if (e->id == id)
			return e;
		if (!e->id) {
			e->id = id;
			e->since = ORDER_NO_EVENT;
			return e;
		}
	}
}

static void set_presence(struct model *m, struct entity *e,
			 enum presence presence)
{
	e->presence = presence;
	e->since = m->now;
}

static __printf(4, 5) void violated(struct model *m, enum order_rule rule,
				    size_t earlier, const char *fmt, ...)
{
	struct order_violation *v;
	va_list args;

	if (!(m->rules & ORDER_RULE(rule)) || (size_t)m->violations++ >= m->max)
		return;

	v = &m->out[m->violations - 1];
	*v = (struct order_violation){
		.rule = rule,
		.earlier = earlier,
		.later = m->now,
	};
	va_start(args, fmt);
	vsnprintf(v->what, sizeof(v->what), fmt, args);
	va_end(args);
}

static const char *why_absent(const struct entity *e)
{
	return e->presence == EXITED ? "has exited already" :
				       "was never initialised";
}

static void see_cgroup_init(struct model *m, const struct event *ev)
{
	struct entity *cgroup = table_get(&m->cgroups, ev->cgroup);
	struct entity *parent = ev->to ? table_get(&m->cgroups, ev->to) : NULL;

	if (cgroup->presence == INITIALISED)
		violated(m, ORDER_R4, cgroup->since,
			 "cgroup %llu is initialised a second time",
			 ev->cgroup);
	if (parent && parent->presence != INITIALISED)
		violated(m, ORDER_R4, parent->since,
			 "cgroup %llu is initialised below cgroup %llu, which %s",
			 ev->cgroup, ev->to, why_absent(parent));
	cgroup->up = ev->to;
	set_presence(m, cgroup, INITIALISED);
}

/* Refers to the init_task until the late exit_task is seen. */
static void outlives_cgroup(struct model *m, struct entity *task)
{
	violated(m, ORDER_R2, task->since,
		 "cgroup_exit of cgroup %llu before exit_task of task %d",
		 task->up, task->pid);
	task->outlived = m->rules & ORDER_RULE(ORDER_R2) ? m->violations : 0;
}

static void exits_too_late(struct model *m, struct entity *task)
{
	if (task->outlived && (size_t)task->outlived <= m->max) {
		struct order_violation *v = &m->out[task->outlived - 1];

		v->earlier = v->later;
		v->later = m->now;
	}
	task->outlived = 0;
}

static void see_cgroup_exit(struct model *m, const struct event *ev)
{
	struct entity *cgroup = table_get(&m->cgroups, ev->cgroup);
	size_t i;

	if (cgroup->presence != INITIALISED)
		violated(m, ORDER_R4, cgroup->since,
			 "cgroup_exit of cgroup %llu, which %s", ev->cgroup,
			 why_absent(cgroup));

	for (i = 0; i < m->cgroups.size; i++) {
		const struct entity *child = &m->cgroups.slot[i];

		if (child->id && child->up == ev->cgroup &&
		    child->presence == INITIALISED)
			violated(m, ORDER_R4, child->since,
				 "cgroup %llu exits before its child cgroup %llu",
				 ev->cgroup, child->id);
	}

	for (i = 0; i < m->tasks.size && !m->unloading; i++) {
		struct entity *task = &m->tasks.slot[i];

		if (task->id && task->up == ev->cgroup &&
		    task->presence == INITIALISED)
			outlives_cgroup(m, task);
	}
	set_presence(m, cgroup, EXITED);
}

static void see_init_task(struct model *m, const struct event *ev)
{
	struct entity *cgroup = table_get(&m->cgroups, ev->cgroup);
	struct entity *task = table_get(&m->tasks, ev->task);

	if (task->presence == INITIALISED)
		violated(m, ORDER_R3, task->since,
			 "task %d is initialised a second time", ev->pid);
	if (cgroup->presence != INITIALISED && !m->unloading)
		violated(m, ORDER_R1, cgroup->since,
			 "init_task of task %d in cgroup %llu, which %s",
			 ev->pid, ev->cgroup, why_absent(cgroup));
	task->up = ev->cgroup;
	task->pid = ev->pid;
	set_presence(m, task, INITIALISED);
}

static void see_exit_task(struct model *m, const struct event *ev)
{
	struct entity *task = table_get(&m->tasks, ev->task);

	if (task->presence != INITIALISED)
		violated(m, ORDER_R3, task->since,
			 "exit_task of task %d, which %s", ev->pid,
			 why_absent(task));
	exits_too_late(m, task);
	set_presence(m, task, EXITED);
}

/* The task, or NULL if a callback must not name it. */
static struct entity *see_mention(struct model *m, const struct event *ev)
{
	struct entity *task = table_get(&m->tasks, ev->task);

	if (task->presence == INITIALISED)
		return task;
	if (task->presence == EXITED)
		violated(m, ORDER_R6, task->since,
			 "%s of task %d after its exit_task",
			 event_kind_name(ev->kind), ev->pid);
	else
		violated(m, ORDER_R3, ORDER_NO_EVENT, "%s of task %d, which %s",
			 event_kind_name(ev->kind), ev->pid, why_absent(task));
	return NULL;
}

static void see_move(struct model *m, const struct event *ev)
{
	struct entity *from = table_get(&m->cgroups, ev->cgroup);
	struct entity *to = table_get(&m->cgroups, ev->to);
	struct entity *task = see_mention(m, ev);

	if (from->presence != INITIALISED)
		violated(m, ORDER_R5, from->since,
			 "%s of task %d from cgroup %llu, which %s",
			 event_kind_name(ev->kind), ev->pid, ev->cgroup,
			 why_absent(from));
	if (to->presence != INITIALISED)
		violated(m, ORDER_R5, to->since,
			 "%s of task %d to cgroup %llu, which %s",
			 event_kind_name(ev->kind), ev->pid, ev->to,
			 why_absent(to));
	if (!task)
		return;
	if (task->up != ev->cgroup)
		violated(m, ORDER_R5, task->since,
			 "%s of task %d from cgroup %llu, but it is in cgroup %llu",
			 event_kind_name(ev->kind), ev->pid, ev->cgroup,
			 task->up);
	if (ev->kind == EV_MOVE) {
		task->up = ev->to;
		task->since = m->now;
	}
}

static void never_exits(struct model *m, const struct entity *task)
{
	violated(m, ORDER_R3, task->since, "task %d never had its exit_task",
		 task->pid);
	if (m->rules & ORDER_RULE(ORDER_R3) && (size_t)m->violations <= m->max)
		m->out[m->violations - 1].unpaired = task->pid;
}

static void see_end(struct model *m)
{
	size_t i;

	for (i = 0; i < m->tasks.size; i++) {
		struct entity *task = &m->tasks.slot[i];

		if (task->id && task->presence == INITIALISED) {
			never_exits(m, task);
			set_presence(m, task, EXITED);
		}
	}
	for (i = 0; i < m->cgroups.size; i++) {
		struct entity *cgroup = &m->cgroups.slot[i];

		if (cgroup->id && cgroup->presence == INITIALISED) {
			violated(m, ORDER_R4, cgroup->since,
				 "cgroup %llu never had its cgroup_exit",
				 cgroup->id);
			set_presence(m, cgroup, EXITED);
		}
	}
}

static void see(struct model *m, const struct event *ev)
{
	switch (ev->kind) {
	case EV_UNLOAD_BEGIN:
		m->unloading = true;
		break;
	case EV_UNLOAD_END:
		see_end(m);
		m->unloading = false;
		break;
	case EV_CGROUP_INIT:
		see_cgroup_init(m, ev);
		break;
	case EV_CGROUP_EXIT:
		see_cgroup_exit(m, ev);
		break;
	case EV_INIT_TASK:
		see_init_task(m, ev);
		break;
	case EV_EXIT_TASK:
		see_exit_task(m, ev);
		break;
	case EV_PREP_MOVE:
	case EV_MOVE:
	case EV_CANCEL_MOVE:
		see_move(m, ev);
		break;
	case EV_ENABLE:
	case EV_DISABLE:
	case EV_ENQUEUE:
	case EV_RUNNING:
	case EV_STOPPING:
	case EV_SET_WEIGHT:
	case EV_SET_CPUMASK:
		see_mention(m, ev);
		break;
	}
}

long order_check(const struct event *ev, size_t nr, unsigned int rules,
		 struct order_violation *out, size_t max)
{
	struct model m = {
		.ev = ev,
		.rules = rules,
		.out = out,
		.max = max,
	};
	int err;

	err = table_init(&m.tasks, nr);
	if (!err)
		err = table_init(&m.cgroups, nr);
	for (m.now = 0; !err && m.now < nr; m.now++)
		see(&m, &ev[m.now]);

	free(m.tasks.slot);
	free(m.cgroups.slot);
	return err ?: m.violations;
}
