// SPDX-License-Identifier: GPL-2.0-only
/*
 * order_check - check the order of the running test's events. See order_check.h.
 */
#include <stdlib.h>
#include <string.h>

#include "order_check.h"
#include "proc.h"
#include "test_run.h"
#include "timeline.h"

static bool is_dead(pid_t pid)
{
	struct proc_stat stat;

	return proc_stat(pid, &stat) || strchr("ZX", stat.state);
}

/*
 * The kernel may lose the exit_task of a task whose last context switch falls
 * into an unload: the task is off the list that the unload walks, and the
 * scheduler is disabled by the time of the switch (see scx_unload_race). That can be
 * any task of the machine, and of an unnamed dead one the test does not know when
 * it died.
 */
static bool may_have_died_in_unload(const struct order_violation *v)
{
	return v->unpaired && !timeline_task_name(v->unpaired) &&
	       is_dead(v->unpaired);
}

/* Whether there are so few of them that this may be the reason: one per unload. */
static bool are_excused(const struct order_violation *all, long nr)
{
	size_t n, events = event_count(test.log);
	long i, dead = 0, unloads = 0;

	for (i = 0; i < nr; i++)
		dead += may_have_died_in_unload(&all[i]);
	for (n = 0; n < events; n++)
		unloads += test.log->event[n].kind == EV_UNLOAD_END;
	if (dead)
		test_step("%ld dead task(s) got no exit_task, in %ld unload(s)",
			  dead, unloads);
	return dead <= unloads;
}

void test_check_order(unsigned int rules, enum fix_id fix)
{
	const struct event_log *log = test.log;
	struct order_violation *all;
	size_t events = event_count(log);
	bool excused;
	long nr, i;

	if (event_lost(log))
		test_error("the event log is too small for this machine");
	nr = order_check(log->event, events, rules, NULL, 0);
	if (!nr)
		return;
	all = nr < 0 ? NULL : calloc(nr, sizeof(*all));
	if (!all)
		test_error("no memory to check the order of the events");
	order_check(log->event, events, rules, all, nr);

	excused = are_excused(all, nr);
	for (i = 0; i < nr; i++) {
		if (excused && may_have_died_in_unload(&all[i]))
			continue;
		if (!timeline_mark(all[i].earlier, all[i].later,
				   order_rule_name(all[i].rule),
				   order_rule_text(all[i].rule)))
			break;
		test_fail(fix, "%s: %s", order_rule_name(all[i].rule),
			  all[i].what);
	}
	free(all);
}
