/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * order - which ordering rules does a sequence of events violate?
 *
 * It only reads a list of events, so that its unit tests can give it every wrong
 * sequence.
 */
#ifndef TASK_EXIT_ORDER_H
#define TASK_EXIT_ORDER_H

#include "events.h"

enum order_rule {
	ORDER_R1 = 1, /* cgroup_init(c) precedes every init_task in c */
	ORDER_R2, /* every exit_task in c precedes cgroup_exit(c) */
	ORDER_R3, /* init_task and exit_task pair exactly once per task */
	ORDER_R4, /* cgroup_init and cgroup_exit alternate, children inside parents */
	ORDER_R5, /* a move is between initialised cgroups, and membership follows it */
	ORDER_R6, /* nothing mentions a task after its exit_task */
	ORDER_NR_RULES,
};

#define ORDER_NO_EVENT ((size_t)-1)

struct order_violation {
	enum order_rule rule;
	size_t earlier; /* index of the event that @later contradicts, or none */
	size_t later; /* index of the event that violates the rule, or none */
	int unpaired; /* the pid of a task whose exit_task never came, else 0 */
	char what[160];
};

const char *order_rule_name(enum order_rule rule);
const char *order_rule_text(enum order_rule rule);

/* The rules to check: a set of ORDER_RULE(). */
#define ORDER_RULE(rule) (1U << (rule))
#define ORDER_ALL_RULES (~0U)

/*
 * Stores the first @max violations of @rules and returns the number of all
 * violations, or -errno. A list that ends in EV_UNLOAD_END is complete: a task or
 * cgroup that is still initialised there never got its exit.
 */
long order_check(const struct event *ev, size_t nr, unsigned int rules,
		 struct order_violation *out, size_t max);

#endif /* TASK_EXIT_ORDER_H */
