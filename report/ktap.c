// SPDX-License-Identifier: GPL-2.0-only
/*
 * ktap - the one reader of test results. See ktap.h.
 *
 * A line is first stripped of carriage returns, colours and the time stamp of a log
 * collector. A line that then begins with "[  1.234567] " is the kernel's. Where such
 * a stamp stands inside a line, the rest of that line is lost.
 *
 * The nesting of a line (the number of "# " before it) depends on the way it was
 * saved, so it means nothing. A result belongs to the program that the runner has
 * begun; without the runner's lines, to the program in its name before the dot.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "compiler.h"
#include "ktap.h"
#include "text.h"

struct ktap_reader {
	struct ktap *ktap;
	struct ktap_program *program; /* that runs now, or NULL */
	bool by_runner; /* the runner began it */
	struct ktap_result next; /* what is known of the next result */
	int loose_plan; /* a plan before the first program or result, or -1 */
	size_t first_garbled; /* number of the first garbled line */
	size_t nr_lines;
	bool cut; /* the current line ends in a kernel message */
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

const char *ktap_short_name(const struct ktap_result *result)
{
	size_t len = strlen(result->program);

	if (!strncmp(result->name, result->program, len) &&
	    result->name[len] == '.')
		return result->name + len + 1;
	return result->name;
}

size_t ktap_count(const struct ktap *ktap, enum ktap_verdict verdict)
{
	size_t i, n = 0;

	for (i = 0; i < ktap->nr_results; i++)
		n += ktap->result[i].verdict == verdict;
	return n;
}

const char *ktap_spent_by(const char *reason)
{
	static const char prefix[] = "the kernel is spent by ";

	if (!reason || !begins(reason, prefix))
		return NULL;
	return reason + strlen(prefix);
}

bool ktap_is_in_words(const char *reason)
{
	static const char *const code[] = { "==",     "!=",	"->",
					    "ASSERT", "EXPECT", "Expected" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(code); i++)
		if (strstr(reason, code[i]))
			return false;
	return *reason;
}

/* --- Memory: arrays grow by doubling. ------------------------------------ */

static void *grow(struct ktap_reader *r, void *array, size_t nr, size_t size)
{
	void *bigger;

	/* The array is full at each power of two, and at 0. */
	if (nr & (nr - 1))
		return array;
	bigger = reallocarray(array, nr ? 2 * nr : 1, size);
	if (!bigger)
		r->out_of_memory = true;
	return bigger ?: array;
}

static char *copy(struct ktap_reader *r, const char *from, size_t len)
{
	char *to = strndup(from, len);

	if (!to)
		r->out_of_memory = true;
	return to;
}

static void text_add(struct ktap_reader *r, struct ktap_text *text, char *line)
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

static void text_move(struct ktap_text *to, struct ktap_text *from)
{
	text_free(to);
	*to = *from;
	memset(from, 0, sizeof(*from));
}

static void result_free(struct ktap_result *result)
{
	free(result->program);
	free(result->name);
	free(result->reason);
	free(result->invariant);
	text_free(&result->guards);
	text_free(&result->said);
	memset(result, 0, sizeof(*result));
}

static __printf(2, 3) void complain(struct ktap_reader *r, const char *fmt, ...)
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

/* --- One line, stripped. -------------------------------------------------- */

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

/* The length of a "[   12.345678] " of the kernel at @s, or 0. */
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
	/* CONFIG_PRINTK_CALLER adds a second pair of brackets: leave it. */
	if (digits != 6 || *at++ != ']')
		return 0;
	return at + (*at == ' ') - s;
}

static bool is_ktap(const char *s)
{
	return begins(s, "ok ") || begins(s, "not ok ") || begins(s, "# ") ||
	       begins(s, "1..") || begins(s, "TAP version") ||
	       begins(s, "KTAP version");
}

/* vm/run adds this line; on a console it is the kernel's own. */
static void take_kernel(struct ktap_reader *r, const char *release)
{
	if (!r->ktap->kernel && *release)
		r->ktap->kernel = copy(r, release, strcspn(release, " "));
}

/*
 * The line's own text; NULL if it is the kernel's. The time stamp of a log
 * collector, or the kernel's on a line that came through /dev/kmsg, is cut off if
 * KTAP follows it.
 */
static char *own_text(struct ktap_reader *r, char *line)
{
	char *at, *word;

	r->cut = false;
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
		/* A test quotes the kernel's log in whole lines. */
		if (strspn(line, "# ") == (size_t)(at - line) ||
		    strstr(line, "kernel: "))
			break;
		*at = '\0';
		r->cut = true;
		if (!r->ktap->garbled++)
			r->first_garbled = r->nr_lines;
		break;
	}
	return line;
}

/* --- The meaning of a line. ----------------------------------------------- */

/* The text between two results is about the next one, or a program's last. */
static void close_program(struct ktap_reader *r)
{
	if (r->program)
		text_move(&r->program->said, &r->next.said);
	result_free(&r->next);
	r->program = NULL;
}

static struct ktap_program *program_begins(struct ktap_reader *r,
					   const char *collection,
					   size_t collection_len,
					   const char *name, size_t len)
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
	program->collection = copy(r, collection, collection_len);
	ktap->nr_programs++;
	program->planned = -1;
	r->program = program;
	return r->out_of_memory ? NULL : program;
}

/* "COLLECTION: PROGRAM", of the runner. */
static struct ktap_program *runner_begins(struct ktap_reader *r,
					  const char *text)
{
	const char *colon = strchr(text, ':');
	const char *name = colon ? colon + 1 + strspn(colon + 1, " ") : text;

	close_program(r);
	r->by_runner = true;
	return program_begins(r, text, colon ? colon - text : 0, name,
			      strcspn(name, " "));
}

/* The reason after "NAME # ", and what it makes of "ok" or "not ok". */
static const char *directive(const char *after_name, enum ktap_verdict *verdict)
{
	const char *text = after_name + strspn(after_name, " ");

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

/* Lines of the harness and the runner, not of a test. */
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

/* Its invariant and guards follow; an earlier test without a result left some. */
static void take_test_begin(struct ktap_reader *r, const char *name)
{
	free(r->next.invariant);
	r->next.invariant = NULL;
	text_free(&r->next.guards);
	if (!r->program)
		return;
	free(r->program->running);
	r->program->running = copy(r, name, strcspn(name, " "));
}

static bool take_suite(struct ktap *ktap, const char *said)
{
	size_t programs, tests;

	if (sscanf(said, "suite: %zu programs, %zu tests", &programs, &tests) !=
	    2)
		return false;
	if (programs > ktap->suite_programs)
		ktap->suite_programs = programs;
	if (tests > ktap->suite_tests)
		ktap->suite_tests = tests;
	return true;
}

/* A test and the program's end may both report it. */
static void take_spent(struct ktap_reader *r, const char *by)
{
	struct ktap_text *spent = &r->ktap->spent;
	size_t i, name = strcspn(by, ":") + 1;

	for (i = 0; i < spent->nr; i++)
		if (!strncmp(spent->line[i], by, name))
			return;
	text_add(r, spent, copy(r, by, strlen(by)));
}

static enum ktap_event take_said(struct ktap_reader *r, const char *said)
{
	if (begins(said, "kernel spent: "))
		take_spent(r, said + strlen("kernel spent: "));
	if (begins(said, " RUN ")) {
		take_test_begin(r, said + strspn(said, " RUN"));
	} else if (begins(said, "invariant: ")) {
		free(r->next.invariant);
		said += strlen("invariant: ");
		r->next.invariant = copy(r, said, strlen(said));
	} else if (begins(said, "guards: ")) {
		said += strlen("guards: ");
		text_add(r, &r->next.guards, copy(r, said, strlen(said)));
	} else if (!take_suite(r->ktap, said) && !is_chatter(said)) {
		text_add(r, &r->next.said, copy(r, said, strlen(said)));
		return KTAP_SAID;
	}
	return KTAP_NOTHING;
}

/* "COLLECTION: PROGRAM # ..." */
static enum ktap_event take_program_end(struct ktap_reader *r,
					enum ktap_verdict verdict,
					const char *text)
{
	struct ktap_program *program = r->program;
	const char *colon = strchr(text, ':');
	const char *name = colon ? colon + 1 + strspn(colon + 1, " ") : text;
	size_t len = strcspn(name, " ");

	if (!program || strlen(program->name) != len ||
	    strncmp(program->name, name, len))
		program = runner_begins(r, text);
	if (!program)
		return KTAP_NOTHING;
	name = directive(name + len, &verdict);
	program->verdict = verdict;
	if (*name || !program->reason) {
		free(program->reason);
		program->reason = copy(r, name, strlen(name));
	}
	program->ended = true;
	close_program(r);
	return KTAP_PROGRAM_ENDS;
}

/* Without the runner, a program begins with the first result that names it. */
static struct ktap_program *program_of(struct ktap_reader *r, const char *name)
{
	size_t len = strcspn(name, ". ");
	struct ktap_program *program = r->program;

	if (program && (r->by_runner || (strlen(program->name) == len &&
					 !strncmp(program->name, name, len))))
		return program;
	if (name[len] != '.')
		return NULL;
	r->by_runner = false;
	program = program_begins(r, "", 0, name, len);
	if (program) {
		program->planned = r->loose_plan;
		r->loose_plan = -1;
	}
	return program;
}

static size_t name_length(const char *text)
{
	const char *end = strstr(text, " #") ?: text + strlen(text);

	while (end > text && end[-1] == ' ')
		end--;
	return end - text;
}

static enum ktap_event take_result(struct ktap_reader *r,
				   enum ktap_verdict verdict, const char *name)
{
	size_t len = name_length(name);
	struct ktap_program *program;
	struct ktap *ktap = r->ktap;
	struct ktap_result *result;
	const char *reason;

	/* Part of the name may be lost. */
	if (r->cut && !name[len])
		return KTAP_NOTHING;
	program = program_of(r, name);
	if (!program)
		return KTAP_NOTHING;
	ktap->result =
		grow(r, ktap->result, ktap->nr_results, sizeof(*ktap->result));
	if (r->out_of_memory)
		return KTAP_NOTHING;
	reason = directive(name + len, &verdict);
	result = &ktap->result[ktap->nr_results++];
	*result = r->next;
	memset(&r->next, 0, sizeof(r->next));
	result->verdict = verdict;
	result->program = copy(r, program->name, strlen(program->name));
	result->name = copy(r, name, len);
	result->reason = copy(r, reason, strlen(reason));
	free(program->running);
	program->running = NULL;
	program->seen++;
	return KTAP_RESULT;
}

/* @text follows "ok " or "not ok ": a number, and a test or a program. */
static enum ktap_event take_ok(struct ktap_reader *r, enum ktap_verdict verdict,
			       const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || text[digits] != ' ')
		return KTAP_NOTHING;
	text += digits;
	text += strspn(text, " -");
	if (begins(text, "selftests: "))
		return take_program_end(r, verdict,
					text + strlen("selftests: "));
	return take_result(r, verdict, text);
}

/* "12", or "0 # SKIP why", which is all that a skipped program prints. */
static enum ktap_event take_plan(struct ktap_reader *r, const char *text)
{
	int planned = atoi(text);
	enum ktap_verdict verdict = KTAP_PASS;
	const char *reason = directive(text + strcspn(text, "#"), &verdict);

	if (!r->program)
		r->loose_plan = planned;
	else if (r->program->planned < 0)
		r->program->planned = planned;
	if (r->program && verdict == KTAP_SKIP) {
		free(r->program->reason);
		r->program->reason = copy(r, reason, strlen(reason));
	}
	return KTAP_PLAN;
}

static enum ktap_event take_program_begin(struct ktap_reader *r,
					  const char *text)
{
	/* A plan before the first program was a plan of programs. */
	if (r->loose_plan >= 0)
		r->ktap->planned =
			r->loose_plan +
			(r->ktap->planned > 0 ? r->ktap->planned : 0);
	r->loose_plan = -1;
	runner_begins(r, text);
	return KTAP_PROGRAM_BEGINS;
}

static enum ktap_event take_line(struct ktap_reader *r, char *line)
{
	const char *text = own_text(r, line);
	const char *said = NULL;

	if (!text)
		return KTAP_NOTHING;
	while (begins(text, "# ")) {
		text += 2;
		said = text;
		/* A timeline is indented by more blanks. */
		if (*text == ' ')
			break;
	}
	if (begins(text, "ok "))
		return take_ok(r, KTAP_PASS, text + 3);
	if (begins(text, "not ok "))
		return take_ok(r, KTAP_FAIL, text + 7);
	if (begins(text, "1.."))
		return take_plan(r, text + 3);
	if (!said)
		return KTAP_NOTHING;
	if (begins(said, "selftests: "))
		return take_program_begin(r, said + strlen("selftests: "));
	if (!r->program && begins(said, "kernel: ")) {
		take_kernel(r, said + strlen("kernel: "));
		return KTAP_NOTHING;
	}
	return take_said(r, said);
}

/* --- Does it add up? ----------------------------------------------------- */

static void check_program(struct ktap_reader *r, const struct ktap_program *p)
{
	if (p->running)
		complain(r, "%s began and has no result", p->running);
	if (p->planned > 0 && p->seen != p->planned)
		complain(r, "%s planned %d results and has %d", p->name,
			 p->planned, p->seen);
}

static void check_all(struct ktap_reader *r)
{
	const struct ktap *ktap = r->ktap;
	size_t i, ended = 0;

	if (!ktap->nr_programs && !ktap->nr_results) {
		complain(r, "no test results in %zu line(s)", r->nr_lines);
		return;
	}
	for (i = 0; i < ktap->nr_programs; i++) {
		ended += ktap->program[i].ended;
		check_program(r, &ktap->program[i]);
	}
	if (ktap->planned >= 0 && ended != (size_t)ktap->planned)
		complain(r, "%d programs were planned and %zu ended",
			 ktap->planned, ended);
	if (ktap->garbled)
		complain(r,
			 "%zu line(s) were cut by kernel messages; the first is line %zu",
			 ktap->garbled, r->first_garbled);
}

struct ktap_reader *ktap_begin(struct ktap *ktap)
{
	struct ktap_reader *r = calloc(1, sizeof(*r));

	memset(ktap, 0, sizeof(*ktap));
	ktap->planned = -1;
	if (r) {
		r->ktap = ktap;
		r->loose_plan = -1;
	}
	return r;
}

int ktap_take(struct ktap_reader *r, char *line)
{
	enum ktap_event event;

	r->nr_lines++;
	event = take_line(r, line);
	return r->out_of_memory ? -ENOMEM : (int)event;
}

int ktap_end(struct ktap_reader *r)
{
	bool out_of_memory;

	close_program(r);
	check_all(r);
	out_of_memory = r->out_of_memory;
	free(r);
	return out_of_memory ? -ENOMEM : 0;
}

const char *ktap_last_said(const struct ktap_reader *r)
{
	const struct ktap_text *said = &r->next.said;

	return said->nr ? said->line[said->nr - 1] : "";
}

int ktap_loose_plan(const struct ktap_reader *r)
{
	return r->program ? -1 : r->loose_plan;
}

int ktap_read(struct ktap *ktap, FILE *from)
{
	struct ktap_reader *r = ktap_begin(ktap);
	size_t size = 0;
	char *line = NULL;
	int err = r ? 0 : -ENOMEM;
	ssize_t len;

	errno = 0;
	while (err >= 0 && (len = getline(&line, &size, from)) >= 0) {
		if (len && line[len - 1] == '\n')
			line[len - 1] = '\0';
		err = ktap_take(r, line);
	}
	free(line);
	if (err >= 0 && ferror(from))
		err = errno ? -errno : -EIO;
	if (r)
		err = ktap_end(r) ?: err < 0 ? err : 0;
	return err;
}

void ktap_free(struct ktap *ktap)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++)
		result_free(&ktap->result[i]);
	for (i = 0; i < ktap->nr_programs; i++) {
		free(ktap->program[i].name);
		free(ktap->program[i].collection);
		free(ktap->program[i].reason);
		free(ktap->program[i].running);
		text_free(&ktap->program[i].said);
	}
	free(ktap->result);
	free(ktap->program);
	text_free(&ktap->complaints);
	text_free(&ktap->spent);
	free(ktap->kernel);
	memset(ktap, 0, sizeof(*ktap));
}
