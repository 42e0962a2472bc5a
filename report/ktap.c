// SPDX-License-Identifier: GPL-2.0-only
/*
 * ktap - reads saved test results. See ktap.h.
 *
 * A line is stripped of what others have put around it: a carriage return,
 * colours, a time stamp. What then begins with "[  1.234567] " is the kernel's;
 * where that stands in the middle of a line, the rest of the line is somewhere
 * else and lost.
 *
 * How deeply a line is nested (how many "# " stand before it) depends on who
 * saved it and tells nothing. A result of a test has the test program's name and a
 * dot before its own; a result of a program comes from the runner.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "compiler.h"
#include "ktap.h"

struct reader {
	struct ktap *ktap;
	struct ktap_program *program; /* that runs now, or NULL */
	int loose_plan; /* a plan of which it is not known yet whose; or -1 */
	struct ktap_text loose; /* said before it is known by which program */
	size_t first_garbled; /* number of the first garbled line */
	size_t nr_lines;
	bool out_of_memory;
};

const char *ktap_verdict_name(enum ktap_verdict verdict)
{
	static const char *const names[KTAP_NR_VERDICTS] = {
		[KTAP_PASS] = "passed",
		[KTAP_FAIL] = "FAILED",
		[KTAP_SKIP] = "skipped",
		[KTAP_XFAIL] = "expected to fail",
	};

	return names[verdict];
}

const char *ktap_test(const struct ktap_result *result)
{
	const char *dot = strrchr(result->name, '.');

	return dot ? dot + 1 : result->name;
}

size_t ktap_count(const struct ktap *ktap, enum ktap_verdict verdict)
{
	size_t i, n = 0;

	for (i = 0; i < ktap->nr_results; i++)
		n += ktap->result[i].verdict == verdict;
	return n;
}

/* --- Memory: arrays that grow by doubling. ------------------------------- */

static void *grow(struct reader *r, void *array, size_t nr, size_t size)
{
	void *bigger;

	/* Full at each power of two, and before the first. */
	if (nr & (nr - 1))
		return array;
	bigger = reallocarray(array, nr ? 2 * nr : 1, size);
	if (!bigger)
		r->out_of_memory = true;
	return bigger ?: array;
}

static char *copy(struct reader *r, const char *from, size_t len)
{
	char *to = strndup(from, len);

	if (!to)
		r->out_of_memory = true;
	return to;
}

static void text_add(struct reader *r, struct ktap_text *text, char *line)
{
	if (!line)
		return;
	text->line = grow(r, text->line, text->nr, sizeof(*text->line));
	if (r->out_of_memory)
		free(line);
	else
		text->line[text->nr++] = line;
}

static void text_free(struct ktap_text *text)
{
	while (text->nr)
		free(text->line[--text->nr]);
	free(text->line);
	text->line = NULL;
}

static __printf(2, 3) void complain(struct reader *r, const char *fmt, ...)
{
	va_list args;
	char *line;

	va_start(args, fmt);
	if (vasprintf(&line, fmt, args) < 0) {
		line = NULL;
		r->out_of_memory = true;
	}
	va_end(args);
	text_add(r, &r->ktap->complaints, line);
}

/* --- One line, without what is not its own. ------------------------------ */

static void strip_escapes(char *line)
{
	char *to = line;

	while (*line) {
		if (line[0] == '\033' && line[1] == '[') {
			line += 2;
			while (*line && !isalpha((unsigned char)*line))
				line++;
			line += *line != '\0';
		} else if (*line == '\r') {
			line++;
		} else {
			*to++ = *line++;
		}
	}
	*to = '\0';
}

/* "[   12.345678] ", as the kernel puts it before a line; its length, or 0. */
static size_t kernel_stamp(const char *s)
{
	const char *at = s;
	int digits;

	if (*at++ != '[')
		return 0;
	at += strspn(at, " ");
	digits = strspn(at, "0123456789");
	at += digits;
	if (!digits || *at++ != '.')
		return 0;
	digits = strspn(at, "0123456789");
	at += digits;
	/* With CONFIG_PRINTK_CALLER the task stands in a bracket of its own. */
	if (digits != 6 || *at++ != ']')
		return 0;
	return at + (*at == ' ') - s;
}

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static bool is_ktap(const char *s)
{
	return begins(s, "ok ") || begins(s, "not ok ") || begins(s, "# ") ||
	       begins(s, "1..") || begins(s, "TAP version") ||
	       begins(s, "KTAP version");
}

/* Who saved the results may have told, or the kernel itself, when it booted. */
static void take_kernel(struct reader *r, const char *release)
{
	if (!r->ktap->kernel && *release)
		r->ktap->kernel = copy(r, release, strcspn(release, " "));
}

/*
 * The line's own text; NULL where it is the kernel's. A log collector's time
 * stamp, or the kernel's before a line that went through /dev/kmsg, is cut off
 * where KTAP follows it.
 */
static char *own_text(struct reader *r, char *line)
{
	char *at, *word;

	strip_escapes(line);
	word = line + strcspn(line, " \t");
	word += strspn(word, " \t");
	if (!is_ktap(line) && isdigit((unsigned char)line[0]) && is_ktap(word))
		line = word;
	if (kernel_stamp(line)) {
		line += kernel_stamp(line);
		if (begins(line, "Linux version "))
			take_kernel(r, line + strlen("Linux version "));
		return is_ktap(line) ? line : NULL;
	}
	if (!is_ktap(line))
		return NULL;
	for (at = strchr(line, '['); at; at = strchr(at + 1, '[')) {
		if (!kernel_stamp(at))
			continue;
		/* A test may quote the kernel's log, as whole lines. */
		if (strspn(line, "# ") == (size_t)(at - line) ||
		    strstr(line, "kernel: "))
			break;
		*at = '\0';
		if (!r->ktap->garbled++)
			r->first_garbled = r->nr_lines;
		break;
	}
	return line;
}

/* --- What a line says. --------------------------------------------------- */

static struct ktap_program *program_begins(struct reader *r, const char *name,
					   size_t len)
{
	struct ktap *ktap = r->ktap;
	struct ktap_program *program;

	ktap->program = grow(r, ktap->program, ktap->nr_programs,
			     sizeof(*ktap->program));
	if (r->out_of_memory)
		return NULL;
	program = &ktap->program[ktap->nr_programs];
	memset(program, 0, sizeof(*program));
	program->name = copy(r, name, len);
	if (!program->name)
		return NULL;
	ktap->nr_programs++;
	program->planned = -1;
	r->program = program;
	return program;
}

/* What stands behind "NAME # ", and by that what "ok" or "not ok" mean. */
static const char *directive(const char *after_name, enum ktap_verdict *verdict)
{
	const char *text = after_name;

	text += strspn(text, " ");
	if (*text == '#')
		text++;
	text += strspn(text, " ");
	if (begins(text, "SKIP")) {
		*verdict = KTAP_SKIP;
		text += 4;
	} else if (begins(text, "XFAIL")) {
		*verdict = KTAP_XFAIL;
		text += 5;
	}
	return text + strspn(text, " ");
}

static bool is_chatter(const char *said)
{
	const char *test_failed = strstr(said, ": Test failed");

	return begins(said, " RUN ") || begins(said, "  OK ") ||
	       begins(said, "           OK") || begins(said, "         FAIL") ||
	       begins(said, "Starting ") || begins(said, "PASSED: ") ||
	       begins(said, "FAILED: ") || begins(said, "Totals: ") ||
	       begins(said, "TAP version") || begins(said, "KTAP version") ||
	       begins(said, "timeout set") ||
	       (test_failed && !test_failed[strlen(": Test failed")]);
}

static void take_said(struct reader *r, const char *said)
{
	struct ktap_program *program = r->program;
	size_t len;

	if (program && begins(said, " RUN ")) {
		said += strspn(said, " RUN");
		len = strcspn(said, " ");
		free(program->running);
		program->running = copy(r, said, len);
	} else if (!is_chatter(said)) {
		text_add(r, program ? &program->said : &r->loose,
			 copy(r, said, strlen(said)));
	}
}

/* "ok 1 selftests: COLLECTION: PROGRAM # ...": @name is what stands behind "1 ". */
static void take_program_end(struct reader *r, enum ktap_verdict verdict,
			     const char *name)
{
	struct ktap_program *program = r->program;
	const char *colon;
	size_t len;

	name += strlen("selftests: ");
	colon = strchr(name, ':');
	if (colon)
		name = colon + 1 + strspn(colon + 1, " ");
	len = strcspn(name, " ");
	if (!program || program->ended || strlen(program->name) != len ||
	    strncmp(program->name, name, len))
		program = program_begins(r, name, len);
	if (!program)
		return;
	name = directive(name + len, &verdict);
	program->verdict = verdict;
	program->reason = copy(r, name, strlen(name));
	program->ended = true;
	r->program = NULL;
}

static struct ktap_program *program_of(struct reader *r, const char *name)
{
	size_t len = strcspn(name, ". ");
	struct ktap_program *program = r->program;
	struct ktap_text *said = program ? &program->said : &r->loose;
	struct ktap_text so_far = *said;

	if (program && strlen(program->name) == len &&
	    !strncmp(program->name, name, len))
		return program;
	if (name[len] != '.')
		return NULL;
	/* One program's own output, saved without the runner's. */
	memset(said, 0, sizeof(*said));
	program = program_begins(r, name, len);
	if (program) {
		program->planned = r->loose_plan;
		r->loose_plan = -1;
		program->said = so_far;
	}
	return program;
}

static void take_result(struct reader *r, enum ktap_verdict verdict,
			const char *name)
{
	struct ktap_program *program = program_of(r, name);
	size_t len = strcspn(name, " ");
	struct ktap *ktap = r->ktap;
	struct ktap_result *result;
	const char *reason;

	if (!program)
		return;
	ktap->result =
		grow(r, ktap->result, ktap->nr_results, sizeof(*ktap->result));
	if (r->out_of_memory)
		return;
	reason = directive(name + len, &verdict);
	result = &ktap->result[ktap->nr_results++];
	result->verdict = verdict;
	result->program = copy(r, program->name, strlen(program->name));
	result->name = copy(r, name, len);
	result->reason = copy(r, reason, strlen(reason));
	result->said = program->said;
	memset(&program->said, 0, sizeof(program->said));
	free(program->running);
	program->running = NULL;
	program->seen++;
}

/* Behind "ok " or "not ok ": a number, and whose result it is. */
static void take_ok(struct reader *r, enum ktap_verdict verdict,
		    const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || text[digits] != ' ')
		return;
	text += digits;
	text += strspn(text, " -");
	if (begins(text, "selftests: "))
		take_program_end(r, verdict, text);
	else
		take_result(r, verdict, text);
}

/* "1..12", or "1..0 # SKIP why", which is all that a skipped program says. */
static void take_plan(struct reader *r, const char *text)
{
	int planned = atoi(text);

	if (r->program && r->program->planned < 0)
		r->program->planned = planned;
	else if (!r->program)
		r->loose_plan = planned;
	if (r->program && !planned) {
		text += strcspn(text, "#");
		if (*text)
			take_said(r, text + strspn(text, "# "));
	}
}

static void take_program_begin(struct reader *r, const char *text)
{
	const char *colon = strchr(text, ':');

	/* Whoever has planned before a program began has planned programs. */
	if (r->loose_plan >= 0)
		r->ktap->planned =
			r->loose_plan +
			(r->ktap->planned > 0 ? r->ktap->planned : 0);
	r->loose_plan = -1;
	text_free(&r->loose);
	if (colon)
		text = colon + 1 + strspn(colon + 1, " ");
	program_begins(r, text, strcspn(text, " "));
}

static void take_line(struct reader *r, char *line)
{
	const char *text = own_text(r, line);
	const char *said = NULL;

	if (!text)
		return;
	while (begins(text, "# ")) {
		text += 2;
		said = text;
		/* A test explains itself with more blanks than these. */
		if (*text == ' ')
			break;
	}
	if (begins(text, "ok "))
		take_ok(r, KTAP_PASS, text + 3);
	else if (begins(text, "not ok "))
		take_ok(r, KTAP_FAIL, text + 7);
	else if (begins(text, "1.."))
		take_plan(r, text + 3);
	else if (said && begins(said, "selftests: "))
		take_program_begin(r, said + strlen("selftests: "));
	else if (said && !r->program && begins(said, "kernel: "))
		take_kernel(r, said + strlen("kernel: "));
	else if (said)
		take_said(r, said);
}

/* --- Does it add up? ----------------------------------------------------- */

static void look_at_program(struct reader *r, const struct ktap_program *p)
{
	if (p->running)
		complain(r, "%s began and has no result", p->running);
	if (p->planned > 0 && p->seen != p->planned)
		complain(r, "%s planned %d results and %d are there", p->name,
			 p->planned, p->seen);
}

static void look_for_gaps(struct reader *r)
{
	const struct ktap *ktap = r->ktap;
	size_t i, ended = 0;

	if (!ktap->nr_programs && !ktap->nr_results) {
		complain(r, "no test results in %zu line(s)", r->nr_lines);
		return;
	}
	for (i = 0; i < ktap->nr_programs; i++) {
		ended += ktap->program[i].ended;
		look_at_program(r, &ktap->program[i]);
	}
	if (ktap->planned >= 0 && ended != (size_t)ktap->planned)
		complain(r, "%d programs were planned and %zu have ended",
			 ktap->planned, ended);
	if (ktap->garbled)
		complain(r, "%zu line(s) were cut by others, the first is %zu",
			 ktap->garbled, r->first_garbled);
}

int ktap_read(struct ktap *ktap, FILE *from)
{
	struct reader r = { .ktap = ktap, .loose_plan = -1 };
	size_t size = 0;
	char *line = NULL;
	ssize_t len;

	memset(ktap, 0, sizeof(*ktap));
	ktap->planned = -1;
	errno = 0;
	while (!r.out_of_memory && (len = getline(&line, &size, from)) >= 0) {
		r.nr_lines++;
		if (len && line[len - 1] == '\n')
			line[len - 1] = '\0';
		take_line(&r, line);
	}
	free(line);
	text_free(&r.loose);
	if (r.out_of_memory)
		return -ENOMEM;
	if (ferror(from))
		return errno ? -errno : -EIO;
	look_for_gaps(&r);
	return r.out_of_memory ? -ENOMEM : 0;
}

void ktap_free(struct ktap *ktap)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++) {
		struct ktap_result *result = &ktap->result[i];

		free(result->program);
		free(result->name);
		free(result->reason);
		text_free(&result->said);
	}
	for (i = 0; i < ktap->nr_programs; i++) {
		free(ktap->program[i].name);
		free(ktap->program[i].reason);
		free(ktap->program[i].running);
		text_free(&ktap->program[i].said);
	}
	free(ktap->result);
	free(ktap->program);
	text_free(&ktap->complaints);
	free(ktap->kernel);
	memset(ktap, 0, sizeof(*ktap));
}
