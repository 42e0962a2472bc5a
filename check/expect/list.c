// SPDX-License-Identifier: GPL-2.0-only
/*
 * list - reads what "task_exit --list" prints. See rules.h.
 *
 * A line has three fields with tabs between them: PROGRAM.TEST, the guards with commas
 * between them and "?" for "failure only", and the invariant.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

static int add_guard(struct ktap_text *guards, char *guard)
{
	size_t len = strlen(guard);
	bool failure_only = len && guard[len - 1] == '?';
	char **line;

	if (failure_only)
		guard
			[len - 1] = '\0';
	line = reallocarray(guards->line, guards->nr + 1, sizeof(*line));
	if (!line)
		return -ENOMEM;
	guards->line = line;
	if (asprintf(&line[guards->nr], "%s%s", guard,
		     failure_only ? " (failure only)" : "") < 0)
		return -ENOMEM;
	guards->nr++;
	return 0;
}

static int read_test(struct ktap_result *test, char *line)
{
	char *guards = strchr(line, '\t');
	char *invariant = guards ? strchr(guards + 1, '\t') : NULL;
	char *guard, *save = NULL;
	int err = 0;

	if (!invariant || !memchr(line, '.', guards - line))
		return -EINVAL;
	*guards++ = '\0';
	*invariant++ = '\0';
	test->name = strdup(line);
	test->program = strndup(line, strcspn(line, "."));
	test->reason = strdup("");
	test->invariant = strdup(invariant);
	for (guard = strtok_r(guards, ",", &save); !err && guard;
	     guard = strtok_r(NULL, ",", &save))
		err = add_guard(&test->guards, guard);
	return err;
}

int list_read(struct ktap *list, FILE *from)
{
	struct ktap_result *bigger;
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	memset(list, 0, sizeof(*list));
	while (!err && getline(&line, &size, from) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		bigger = reallocarray(list->result, list->nr_results + 1,
				      sizeof(*bigger));
		if (!bigger) {
			err = -ENOMEM;
			break;
		}
		list->result = bigger;
		memset(&bigger[list->nr_results], 0, sizeof(*bigger));
		err = read_test(&bigger[list->nr_results++], line);
	}
	free(line);
	return err ?: list->nr_results ? 0 : -EINVAL;
}
