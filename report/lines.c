// SPDX-License-Identifier: GPL-2.0-only
/*
 * lines - results as one line per event, for scripts. See usage[] in main.c.
 *
 * The input may be a serial console: it is read as it comes, and each event is
 * written at once. A reader in bash gets its deadlines from --tick, as "read -t"
 * drops what it has read when the time is up.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fixes.h"
#include "ktap.h"
#include "report.h"
#include "verdict.h"

struct lines {
	struct ktap ktap;
	struct ktap_reader *reader;
	bool raw;
	long tick; /* in milliseconds; 0: none */
	long next_tick;
	char *input; /* the start of a line, up to @filled */
	size_t filled, size;
};

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void print_field(const char *text)
{
	putchar('\t');
	if (!*text)
		putchar('-');
	for (; *text; text++)
		putchar(*text == '\t' ? ' ' : *text);
}

static void print_missing(const struct ktap_result *result)
{
	const char *separator = "\t";
	enum fix_id id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (!result_names(result, id))
			continue;
		printf("%s%s", separator, fix_name(id));
		separator = ",";
	}
	if (*separator == '\t')
		print_field("");
}

static void print_program(const struct ktap_program *program)
{
	printf("program");
	print_field(program->collection);
	print_field(program->name);
	putchar('\n');
}

static void print_event(const struct lines *lines, enum ktap_event event)
{
	const struct ktap *ktap = &lines->ktap;
	const struct ktap_program *program =
		ktap->program + ktap->nr_programs - 1;
	const struct ktap_result *result = ktap->result + ktap->nr_results - 1;

	if (event == KTAP_SAID) {
		printf("said");
		print_field(ktap_last_said(lines->reader));
	} else if (event == KTAP_RESULT) {
		printf("result\t%s", verdict_word(result->verdict));
		print_field(result->name);
		print_field(result->reason);
		print_missing(result);
	} else if (event == KTAP_PROGRAM_ENDS) {
		printf("end\t%s", verdict_word(program->verdict));
		print_field(program->name);
		print_field(program->reason);
	} else {
		return;
	}
	putchar('\n');
}

/* 0 or -ENOMEM */
static int take_line(struct lines *lines, char *line)
{
	size_t programs = lines->ktap.nr_programs, len = strlen(line);
	int plan, event;

	if (len && line[len - 1] == '\r')
		line[len - 1] = '\0';
	if (lines->raw)
		printf("line\t%s\n", line);
	event = ktap_take(lines->reader, line);
	if (event < 0)
		return event;
	plan = ktap_loose_plan(lines->reader);
	if (event == KTAP_PLAN && plan >= 0)
		printf("plan\t%d\n", plan);
	if (lines->ktap.nr_programs > programs)
		print_program(&lines->ktap.program[programs]);
	print_event(lines, event);
	return 0;
}

/* 0 or -ENOMEM */
static int take_input(struct lines *lines)
{
	char *line = lines->input, *end;
	int err = 0;

	while (!err && (end = memchr(line, '\n',
				     lines->input + lines->filled - line))) {
		*end = '\0';
		err = take_line(lines, line);
		line = end + 1;
	}
	lines->filled -= line - lines->input;
	memmove(lines->input, line, lines->filled);
	return err;
}

static int make_room(struct lines *lines)
{
	size_t size = lines->size ? 2 * lines->size : 65536;
	char *bigger;

	if (lines->filled < lines->size)
		return 0;
	bigger = realloc(lines->input, size);
	if (!bigger)
		return -ENOMEM;
	lines->input = bigger;
	lines->size = size;
	return 0;
}

/* Waits for input, and prints the ticks; 1 if there is input, or -errno. */
static int wait_for_input(struct lines *lines)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int ready = 0;
	long left;

	while (!ready) {
		left = lines->next_tick - now_ms();
		if (lines->tick && left <= 0) {
			printf("tick\n");
			lines->next_tick = now_ms() + lines->tick;
			if (fflush(stdout))
				return -errno;
			continue;
		}
		ready = poll(&in, 1, lines->tick ? left : -1);
		if (ready < 0 && errno != EINTR)
			return -errno;
		ready = ready > 0;
	}
	return 1;
}

/* 0 at the end of the input, or -errno */
static int read_all(struct lines *lines)
{
	ssize_t len;
	int err;

	for (;;) {
		err = make_room(lines) ?: wait_for_input(lines);
		if (err < 0)
			return err;
		len = read(STDIN_FILENO, lines->input + lines->filled,
			   lines->size - lines->filled);
		if (len <= 0)
			return len ? -errno : 0;
		lines->filled += len;
		err = take_input(lines);
		if (err)
			return err;
		if (fflush(stdout))
			return -errno;
	}
}

static int parse_options(struct lines *lines, int argc, char **argv)
{
	static const struct option options[] = {
		{ "raw", no_argument, NULL, 'r' },
		{ "tick", required_argument, NULL, 't' },
		{},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'r')
			lines->raw = true;
		else if (opt == 't')
			lines->tick = atof(optarg) * 1000;
		if (opt == '?' || lines->tick < 0 ||
		    (opt == 't' && !lines->tick))
			return -EINVAL;
	}
	lines->next_tick = now_ms() + lines->tick;
	return optind == argc ? 0 : -EINVAL;
}

int lines_main(int argc, char **argv)
{
	struct lines lines = {};
	int err = -ENOMEM;

	opterr = 0;
	if (parse_options(&lines, argc, argv)) {
		fprintf(stderr,
			"task_exit-report: say task_exit-report lines [--raw] [--tick SECONDS]\n");
		return STATUS_INCOMPLETE;
	}
	lines.reader = ktap_begin(&lines.ktap);
	if (lines.reader) {
		err = read_all(&lines);
		err = ktap_end(lines.reader) ?: err;
	}
	free(lines.input);
	ktap_free(&lines.ktap);
	if (!err || ferror(stdout))
		return 0;
	fprintf(stderr, "task_exit-report: cannot read results: %s\n",
		strerror(-err));
	return STATUS_INCOMPLETE;
}
