// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops - operations as text. See ops.h.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"

const struct op_info op_infos[NR_OPS] = {
	[OP_MKDIR] = { "mkdir", "c", 6, "create a cgroup" },
	[OP_RMDIR] = { "rmdir", "c", 12, "remove a cgroup" },
	[OP_ENABLE] = { "+", "c", 8, "enable a controller for the children" },
	[OP_DISABLE] = { "-", "c", 10, "disable it" },
	[OP_FREEZE] = { "freeze", "c", 6, "write 1 to cgroup.freeze" },
	[OP_THAW] = { "thaw", "c", 2, "write 0 to cgroup.freeze" },
	[OP_KILL] = { "kill", "c", 2, "write 1 to cgroup.kill" },
	[OP_MAX] = { "max", "cm", 2, "write to pids.max" },
	[OP_THREADED] = { "threaded", "c", 5,
			  "write \"threaded\" to cgroup.type" },
	[OP_FORK] = { "fork", "nc", 9, "start a process in a cgroup" },
	[OP_THREAD] = { "thread", "tn", 5, "a process starts a thread" },
	[OP_MOVE] = { "move", "tc", 5, "write a process to cgroup.procs" },
	[OP_MOVE_THREAD] = { "movethread", "tc", 4,
			     "write a thread to cgroup.threads" },
	[OP_EXEC] = { "exec", "t", 4, "a task calls execve(2)" },
	[OP_PIDFD] = { "pidfd", "t", 1, "open one more pidfd, and keep it" },
	[OP_NICE] = { "nice", "tm", 1, "set the nice value of a task" },
	[OP_POLICY] = { "policy", "tp", 1,
			"set the scheduling policy of a task" },
	[OP_AFFINITY] = { "affinity", "t", 1,
			  "let an exiting or dead task run on all CPUs" },
	[OP_ARM] = { "arm", "th", 4, "a task will be held here when it exits" },
	[OP_EXIT] = { "exit", "th", 18, "a task exits alone" },
	[OP_SIGKILL] = { "sigkill", "t", 3, "send SIGKILL to a process" },
	[OP_RELEASE] = { "release", "t", 8, "let go a held task" },
	[OP_REAP] = { "reap", "t", 4, "wait for a dead process" },
	[OP_SETTLE] = { "settle", "", 3,
			"wait until all that can be freed is freed" },
	[OP_LOAD] = { "load", "", 0, "load a BPF scheduler that observes" },
	[OP_LOAD_LOOKUP] = { "load-lookup", "", 0,
			     "load it, and look up a tid in ops.init()" },
	[OP_UNLOAD] = { "unload", "", 0, "unload it" },
};

/* The next word of a clause; NULL at its end. */
static char *next_word(char **text)
{
	char *word = *text + strspn(*text, " \t\n");

	if (!*word)
		return NULL;
	*text = word + strcspn(word, " \t\n");
	if (**text)
		*(*text)++ = '\0';
	return word;
}

static bool parse_path(struct op *op, const char *word)
{
	size_t i, len = strlen(word);

	if (len >= PATH_SIZE || len > 2 * MAX_DEPTH - 1)
		return false;
	for (i = 0; i < len && strcmp(word, "."); i++)
		if (i % 2 ? word[i] != '/' : !islower((unsigned char)word[i]))
			return false;
	if (strcmp(word, ".") && len % 2 == 0)
		return false;
	memcpy(op->path, word, len + 1);
	return true;
}

static bool parse_hold(struct op *op, const char *word)
{
	for (op->hold = HOLD_AT_FLUSH; op->hold < NR_HOLDS; op->hold++)
		if (!strcmp(word, hold_words[op->hold]))
			return true;
	return false;
}

static bool parse_policy(struct op *op, const char *word)
{
	for (op->number = 0; op->number < NR_POLICIES; op->number++)
		if (!strcmp(word, policy_words[op->number]))
			return true;
	return false;
}

static bool parse_number(struct op *op, const char *word)
{
	char *end;

	if (!strcmp(word, "max")) {
		op->number = UNLIMITED;
		return true;
	}
	op->number = strtol(word, &end, 10);
	return isdigit((unsigned char)*word) && !*end && op->number < UNLIMITED;
}

/* What is wrong with the argument; NULL: nothing. */
static const char *parse_argument(struct op *op, char kind, bool first,
				  const char *word)
{
	bool letter = islower((unsigned char)word[0]) && !word[1];

	switch (kind) {
	case 'c':
		return parse_path(op, word) ? NULL : "is no cgroup";
	case 'h':
		return parse_hold(op, word) ? NULL : "is no hold";
	case 'm':
		return parse_number(op, word) ? NULL : "is no number";
	case 'p':
		return parse_policy(op, word) ? NULL : "is no policy";
	default:
		*(first ? &op->task : &op->thread) = word[0];
		return letter ? NULL : "is no task";
	}
}

static bool parse_word(struct op *op, const char *word)
{
	for (op->kind = 0; op->kind < NR_OPS; op->kind++)
		if (!strcmp(word, op_infos[op->kind].word))
			return true;
	if (*word != '+' && *word != '-')
		return false;
	op->kind = *word == '+' ? OP_ENABLE : OP_DISABLE;
	for (op->controller = 0; op->controller < NR_CONTROLLERS;
	     op->controller++)
		if (!strcmp(word + 1, controller_names[op->controller]))
			return true;
	return false;
}

static bool parse_clause(struct op *op, char *clause, char *error, size_t size)
{
	char *word = next_word(&clause);
	const char *kinds, *wrong;

	memset(op, 0, sizeof(*op));
	if (!word || !parse_word(op, word) || !strcmp(word, "+") ||
	    !strcmp(word, "-")) {
		snprintf(error, size, "'%s' is no operation", word ?: "");
		return false;
	}
	for (kinds = op_infos[op->kind].arguments; *kinds; kinds++) {
		char *argument = next_word(&clause);

		if (!argument && *kinds == 'h' && op->kind == OP_EXIT)
			return true;
		if (!argument) {
			snprintf(error, size, "'%s' needs another argument",
				 word);
			return false;
		}
		wrong = parse_argument(op, *kinds,
				       kinds == op_infos[op->kind].arguments,
				       argument);
		if (wrong) {
			snprintf(error, size, "'%.20s' %s", argument, wrong);
			return false;
		}
	}
	word = next_word(&clause);
	if (word)
		snprintf(error, size, "'%.20s' is too much", word);
	return !word;
}

bool sequence_parse(struct sequence *sequence, const char *text, char *error,
		    size_t size)
{
	char *copy = strdup(text), *rest = copy, *clause, reason[80];
	bool parsed = true;

	memset(sequence, 0, sizeof(*sequence));
	while (parsed && (clause = strsep(&rest, ";"))) {
		if (!clause[strspn(clause, " \t\n")])
			continue;
		snprintf(reason, sizeof(reason), "more than %d operations",
			 MAX_OPS);
		parsed = sequence->nr < MAX_OPS &&
			 parse_clause(&sequence->ops[sequence->nr], clause,
				      reason, sizeof(reason));
		sequence->nr++;
		if (!parsed)
			snprintf(error, size, "operation %d: %s", sequence->nr,
				 reason);
	}
	free(copy);
	if (parsed && !sequence->nr) {
		snprintf(error, size, "there is no operation");
		parsed = false;
	}
	return parsed;
}

/* The state after @op, where the model has to guess as the kernel may answer either way. */
static bool predict(struct model *m, const struct op *op)
{
	/* As Linux 7.3 answers. */
	if (model_do(m, op, op->kind != OP_RMDIR) == OP_IMPOSSIBLE)
		return false;
	while (model_can_resume(m))
		model_resume(m, true);
	return true;
}

bool sequence_check(const struct sequence *sequence, char *error, size_t size)
{
	struct model m;
	int i;

	model_init(&m);
	for (i = 0; i < sequence->nr; i++) {
		const char *obstacle = model_obstacle(&m, &sequence->ops[i]);
		char text[64];

		if (!obstacle) {
			predict(&m, &sequence->ops[i]);
			continue;
		}
		op_print(&sequence->ops[i], text, sizeof(text));
		snprintf(error, size, "operation %d, '%s': %s", i + 1, text,
			 obstacle);
		return false;
	}
	return true;
}

void op_print(const struct op *op, char *text, size_t size)
{
	const char *kinds = op_infos[op->kind].arguments, *kind;
	int len = snprintf(text, size, "%s", op_infos[op->kind].word);

	if (op->kind == OP_ENABLE || op->kind == OP_DISABLE)
		len += snprintf(text + len, size - len, "%s",
				controller_names[op->controller]);
	for (kind = kinds; *kind; kind++) {
		char *at = text + len;
		size_t left = size - len;

		if (*kind == 'c')
			len += snprintf(at, left, " %s", op->path);
		else if (*kind == 'h' && op->hold != NO_HOLD)
			len += snprintf(at, left, " %s", hold_words[op->hold]);
		else if (*kind == 'm' && op->number == UNLIMITED)
			len += snprintf(at, left, " max");
		else if (*kind == 'm')
			len += snprintf(at, left, " %d", op->number);
		else if (*kind == 'p')
			len += snprintf(at, left, " %s",
					policy_words[op->number]);
		else if (*kind == 't' || *kind == 'n')
			len += snprintf(at, left, " %c",
					kind == kinds ? op->task : op->thread);
	}
}

void sequence_print(const struct sequence *sequence, char *text, size_t size)
{
	size_t len = 0;
	int i;

	*text = '\0';
	for (i = 0; i < sequence->nr && len + 32 < size; i++) {
		len += snprintf(text + len, size - len, "%s", i ? "; " : "");
		op_print(&sequence->ops[i], text + len, size - len);
		len += strlen(text + len);
	}
}

/* splitmix64 */
static unsigned long long random_next(struct random *random)
{
	unsigned long long x = random->state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

unsigned int random_below(struct random *random, unsigned int limit)
{
	return random_next(random) % limit;
}

/* Not generated with the fixed seeds of the suite. */
static bool is_late(enum op_kind kind)
{
	switch (kind) {
	case OP_THREADED:
	case OP_MOVE_THREAD:
	case OP_EXEC:
	case OP_PIDFD:
	case OP_NICE:
	case OP_POLICY:
	case OP_AFFINITY:
		return true;
	default:
		return false;
	}
}

static int weight_of(enum op_kind kind, int flags)
{
	return is_late(kind) && !(flags & GENERATE_LATE) ?
		       0 :
		       op_infos[kind].weight;
}

static enum op_kind random_kind(struct random *random, int flags)
{
	unsigned int i, sum = 0, choice;

	for (i = 0; i < NR_OPS; i++)
		sum += weight_of(i, flags);
	choice = random_below(random, sum);
	for (i = 0; choice >= (unsigned int)weight_of(i, flags); i++)
		choice -= weight_of(i, flags);
	return i;
}

/* Whether an exiting task is there, or below. */
static bool has_exiting_task(const struct model *m, int cgroup)
{
	int i;

	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].state == TASK_HELD &&
		    is_live_below(m, m->tasks[i].cgroup, cgroup))
			return true;
	return false;
}

/* A live cgroup: more often one with an exiting task, and not the root. */
static int random_cgroup(struct random *random, const struct model *m,
			 enum op_kind kind)
{
	bool top = kind == OP_ENABLE || kind == OP_DISABLE;
	int cgroup, tries = 0;
	bool dull;

	do {
		cgroup = random_below(random, m->nr_cgroups);
		dull = !has_exiting_task(m, cgroup) || (!cgroup && !top);
	} while (m->cgroups[cgroup].removed || (dull && tries++ < 3));
	return cgroup;
}

/* Of a child that is removed and not freed; 0 if there is none, and every other time. */
static char draining_name(struct random *random, const struct model *m,
			  int parent)
{
	int i;

	for (i = 1; i < m->nr_cgroups; i++)
		if (m->cgroups[i].parent == parent && m->cgroups[i].removed &&
		    cgroup_exists(m, i) && random_below(random, 2))
			return m->cgroups[i].name;
	return 0;
}

/* For mkdir, a name below it. */
static void random_path(struct random *random, const struct model *m, int flags,
			struct op *op)
{
	int cgroup = random_cgroup(random, m, op->kind);
	size_t len;
	char name;

	model_path(m, cgroup, op->path);
	if (op->kind != OP_MKDIR)
		return;
	len = cgroup ? strlen(op->path) : 0;
	if (len + 3 > PATH_SIZE)
		return;
	if (len)
		op->path[len++] = '/';
	name = flags & GENERATE_LATE ? draining_name(random, m, cgroup) : 0;
	op->path[len++] = name ?: 'a' + (char)random_below(random, 3);
	op->path[len] = '\0';
}

static char random_task(struct random *random, const struct model *m)
{
	return m->nr_tasks ? m->tasks[random_below(random, m->nr_tasks)].name :
			     'p';
}

static void random_arguments(struct random *random, const struct model *m,
			     enum op_kind op_kind, int flags, struct op *op)
{
	const char *kinds = op_infos[op_kind].arguments, *kind;

	memset(op, 0, sizeof(*op));
	op->kind = op_kind;
	if (op_kind == OP_ENABLE || op_kind == OP_DISABLE)
		op->controller = random_below(random, NR_CONTROLLERS);
	for (kind = kinds; *kind; kind++) {
		char new = 'k' + m->nr_tasks;

		if (*kind == 'c')
			random_path(random, m, flags, op);
		else if (*kind == 'h')
			op->hold = random_below(random, 2 * NR_HOLDS - 1) %
				   NR_HOLDS;
		else if (*kind == 'm')
			op->number = op_kind == OP_NICE ||
						     random_below(random, 4) ?
					     (int)random_below(random, 4) :
					     UNLIMITED;
		else if (*kind == 'p')
			op->number = random_below(random, NR_POLICIES);
		else
			*(kind == kinds ? &op->task : &op->thread) =
				*kind == 'n' ? new : random_task(random, m);
	}
}

/* A cgroup without tasks is removed, frozen and killed by every other test. */
static bool is_deserted(const struct model *m, const struct op *op)
{
	int i, cgroup = op->path[0] ? model_cgroup(m, op->path) : NONE;

	if (cgroup == NONE || op->task || op->kind == OP_ENABLE ||
	    op->kind == OP_DISABLE || op->kind == OP_THREADED)
		return false;
	for (i = 0; i < m->nr_tasks; i++)
		if (m->tasks[i].state != TASK_GONE &&
		    is_live_below(m, m->tasks[i].cgroup, cgroup))
			return false;
	return true;
}

/* Most of what fails, or changes nothing, is dull. */
static bool is_good(struct random *random, struct model *m, const struct op *op)
{
	struct model before = *m;

	if ((op->kind == OP_ARM && op->hold == NO_HOLD) ||
	    (is_deserted(m, op) && random_below(random, 20)) || !predict(m, op))
		return false;
	/* An exec of a single thread changes nothing in the model. */
	if (memcmp(&before, m, sizeof(before)) ||
	    !random_below(random, op->kind == OP_EXEC ? 4 : 50))
		return true;
	*m = before;
	return false;
}

static enum op_kind random_load(struct random *random, const struct model *m,
				int flags)
{
	if (m->loaded)
		return OP_UNLOAD;
	return !(flags & GENERATE_LATE) || random_below(random, 8) ?
		       OP_LOAD :
		       OP_LOAD_LOOKUP;
}

#define TRIES 12

void sequence_generate(struct sequence *sequence, int nr,
		       unsigned long long seed, int flags)
{
	struct random random = { seed };
	struct model m;
	int tries, kinds;

	model_init(&m);
	memset(sequence, 0, sizeof(*sequence));
	for (kinds = 0; sequence->nr < nr && kinds < 100 * nr; kinds++) {
		struct op *op = &sequence->ops[sequence->nr];
		enum op_kind kind = random_kind(&random, flags);

		if (m.nr_cgroups == 1 && random_below(&random, 4))
			kind = OP_MKDIR;
		else if ((flags & GENERATE_SCHEDULER) &&
			 !random_below(&random, 8))
			kind = random_load(&random, &m, flags);
		for (tries = 0; tries < TRIES; tries++) {
			random_arguments(&random, &m, kind, flags, op);
			if (!is_good(&random, &m, op))
				continue;
			sequence->nr++;
			break;
		}
	}
}
