// SPDX-License-Identifier: GPL-2.0-only
/*
 * handshake - reads a description of a handshake between CPUs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "handshake.h"

static const struct description_key handshake_keys[] = {
	{ "promise", offsetof(struct handshake, promise) },
	{ "refuted", offsetof(struct handshake, refuted) },
	{ "known", offsetof(struct handshake, known) },
	{ "made by", offsetof(struct handshake, made_by) },
	{ "applies", offsetof(struct handshake, applies) },
	{ "with", offsetof(struct handshake, with) },
	{ "start", offsetof(struct handshake, start) },
	{ "variables", offsetof(struct handshake, variables) },
	{ "locks", offsetof(struct handshake, locks) },
	{ "never", offsetof(struct handshake, never) },
};

static const struct description_key thread_keys[] = {
	{ "thread", offsetof(struct thread, name) },
	{ "file", offsetof(struct thread, file) },
	{ "in", offsetof(struct thread, in) },
	{ "until", offsetof(struct thread, until) },
	{ "follow", offsetof(struct thread, follow) },
	{ "registers", offsetof(struct thread, registers) },
	{ "begin", offsetof(struct thread, begin) },
	{ "finish", offsetof(struct thread, finish) },
};

static const struct description_key rule_keys[] = {
	{ "code", offsetof(struct rule, code) },
	{ "maybe", offsetof(struct rule, code) },
	{ "skip", offsetof(struct rule, code) },
	{ "is", offsetof(struct rule, is) },
	{ "plain", offsetof(struct rule, plain) },
	{ "end", offsetof(struct rule, end) },
	{ "else", offsetof(struct rule, otherwise) },
};

static const struct description_key premise_keys[] = {
	{ "premise", offsetof(struct premise, file) },
	{ "of", offsetof(struct premise, in) },
	{ "has", offsetof(struct premise, code) },
};

struct reader {
	struct description description;
	struct handshake *handshake;
};

#define set_error(reader, ...) \
	description_error(&(reader)->description, __VA_ARGS__)

#define FIND(object, keys, name) \
	description_find(object, keys, ARRAY_SIZE(keys), name)

/* Adds a zeroed element of @size to the array. NULL: no memory. */
static void *add(void **array, size_t *nr, size_t size)
{
	char *bigger = reallocarray(*array, *nr + 1, size);

	if (!bigger)
		return NULL;
	*array = bigger;
	return memset(bigger + (*nr)++ * size, 0, size);
}

static struct thread *last_thread(const struct handshake *handshake)
{
	return handshake->nr_threads ?
		       &handshake->thread[handshake->nr_threads - 1] :
		       NULL;
}

static struct rule *last_rule(const struct handshake *handshake)
{
	struct thread *thread = last_thread(handshake);

	return thread && thread->nr_rules ?
		       &thread->rule[thread->nr_rules - 1] :
		       NULL;
}

/* Some keys begin a new thread, rule or premise. */
static int begin_object(struct reader *reader, const char *key)
{
	struct handshake *handshake = reader->handshake;
	struct thread *thread = last_thread(handshake);
	bool skips = !strcmp(key, "skip"),
	     optional = skips || !strcmp(key, "maybe");
	struct rule *rule;

	if (!strcmp(key, "thread"))
		return add((void **)&handshake->thread, &handshake->nr_threads,
			   sizeof(*handshake->thread)) ?
			       0 :
			       -ENOMEM;
	if (!strcmp(key, "premise"))
		return add((void **)&handshake->premise,
			   &handshake->nr_premises,
			   sizeof(*handshake->premise)) ?
			       0 :
			       -ENOMEM;
	if (!optional && strcmp(key, "code"))
		return 0;
	if (!thread)
		return set_error(reader, "%s: without a thread:", key);
	rule = add((void **)&thread->rule, &thread->nr_rules, sizeof(*rule));
	if (!rule)
		return -ENOMEM;
	rule->optional = optional;
	rule->skips = skips;
	return 0;
}

static char **find_value(struct handshake *handshake, const char *key)
{
	struct premise *premise = NULL;

	if (handshake->nr_premises)
		premise = &handshake->premise[handshake->nr_premises - 1];
	return FIND(handshake, handshake_keys, key)		      ?:
		       FIND(premise, premise_keys, key)		      ?:
		       FIND(last_thread(handshake), thread_keys, key) ?:
		       FIND(last_rule(handshake), rule_keys, key);
}

static int begin_value(void *arg, const char *key)
{
	struct reader *reader = arg;
	int err = begin_object(reader, key);

	if (err)
		return err;
	reader->description.value = find_value(reader->handshake, key);
	if (!reader->description.value)
		return set_error(reader, "unknown or misplaced key %s", key);
	if (*reader->description.value)
		return set_error(reader, "duplicate %s:", key);
	return 0;
}

static int check_thread(struct reader *reader, const struct thread *thread)
{
	size_t i;

	if (!thread->file || !thread->in || !thread->nr_rules)
		return set_error(reader,
				 "thread: %s needs file:, in: and code:",
				 thread->name);
	for (i = 0; i < thread->nr_rules; i++)
		if (!thread->rule[i].is && !thread->rule[i].skips)
			return set_error(reader, "code: %s has no is:",
					 thread->rule[i].code);
	return 0;
}

static int check(struct reader *reader)
{
	static const char *const needed[] = { "promise", "refuted", "made by",
					      "variables", "never" };
	const struct handshake *handshake = reader->handshake;
	size_t i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (!handshake_value(handshake, needed[i]))
			return set_error(reader, "%s: is missing", needed[i]);
	if (handshake->nr_threads < 2)
		return set_error(reader, "a handshake needs two threads");
	for (i = 0; !err && i < handshake->nr_threads; i++)
		err = check_thread(reader, &handshake->thread[i]);
	for (i = 0; !err && i < handshake->nr_premises; i++)
		if (!handshake->premise[i].in || !handshake->premise[i].code)
			err = set_error(reader, "premise: needs of: and has:");
	return err;
}

int handshake_read(struct handshake *handshake, FILE *from)
{
	struct reader reader = {
		.description.error = handshake->error,
		.handshake = handshake,
	};

	*handshake = (struct handshake){};
	return description_read(&reader.description, from, begin_value, &reader) ?:
		       check(&reader);
}

const char *handshake_value(const struct handshake *handshake, const char *key)
{
	char **value = FIND((void *)handshake, handshake_keys, key);

	return value ? *value : NULL;
}

#define FREE_VALUES(object, keys) \
	description_free(object, keys, ARRAY_SIZE(keys))

void handshake_free(struct handshake *handshake)
{
	size_t i, j;

	for (i = 0; i < handshake->nr_threads; i++) {
		struct thread *thread = &handshake->thread[i];

		for (j = 0; j < thread->nr_rules; j++) {
			FREE_VALUES(&thread->rule[j], rule_keys);
			source_free(&thread->rule[j].tokens);
		}
		free(thread->rule);
		FREE_VALUES(thread, thread_keys);
	}
	for (i = 0; i < handshake->nr_premises; i++)
		FREE_VALUES(&handshake->premise[i], premise_keys);
	free(handshake->thread);
	free(handshake->premise);
	FREE_VALUES(handshake, handshake_keys);
	*handshake = (struct handshake){};
}
