// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_run - the running test. See test_run.h.
 *
 * Tools read the lines that begin with "# invariant:", "# guards:",
 * "# failure:", "# expected failure:" and "# missing fix:": keep their form.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"

#include "call.h"
#include "guard.h"
#include "klog.h"
#include "spawn.h"
#include "test_run.h"
#include "timeline.h"
#include "wait.h"

struct test test;

struct cleanup {
	void (*fn)(void *arg);
	void *arg;
	struct cleanup *next;
};

/* Failures, or expected failures; the result line has the first one. */
struct findings {
	int nr;
	char first[256];
};

static struct {
	pid_t pid; /* children of the test do not clean up for it */
	struct test_result result;
	struct findings failures, expected;
	bool lacks[FIX_NR];
	const char *quoted;
	struct cleanup *first, *others, *last;
	bool ending;
} run;

static bool is_strict(void)
{
	const char *value = getenv("TASK_EXIT_STRICT");

	return value && !strcmp(value, "1");
}

static void print_declaration(const struct test_case *test_case)
{
	const struct guarded_fix *fix;

	printf("# invariant: %s\n", test_case->invariant);
	for (fix = test_case->fixes;
	     fix < test_case->fixes + TEST_CASE_MAX_FIXES && fix->id; fix++)
		printf("# guards: %s%s\n", fix_name(fix->id),
		       fix->failure_only ? " (failure only)" : "");
}

/* Another variant of this test may have left the cgroup when it was killed. */
static void create_root(const char *name)
{
	int err = cgroup_create(&test.root, NULL, name);

	if (err == -EEXIST)
		err = cgroup_remove(&test.root) ?:
			      cgroup_create(&test.root, NULL, name);
	if (err)
		test_error("cannot create the test's cgroup: %s",
			   strerror(-err));
}

void test_begin(const struct test_case *test_case,
		const struct test_result *result)
{
	guard_join();
	run.pid = getpid();
	run.result = *result;
	klog_start(&test.klog);
	print_declaration(test_case);
	test.test_case = test_case;
	if (timeline_begin())
		test_error("no memory for the event log");
	create_root(test_case->name);
}

static void add_cleanup(struct cleanup **list, void (*fn)(void *), void *arg)
{
	char *here = __builtin_frame_address(0);
	struct cleanup *cleanup;

	if (!test.test_case || getpid() != run.pid)
		return;
	/* The stack is above everything else. */
	if ((char *)arg > here)
		test_error("an object that is cleaned up is on the stack");
	for (cleanup = *list; cleanup; cleanup = cleanup->next)
		if (cleanup->fn == fn && cleanup->arg == arg)
			return;
	cleanup = malloc(sizeof(*cleanup));
	if (!cleanup)
		test_error("no memory for a cleanup");
	*cleanup = (struct cleanup){ fn, arg, *list };
	*list = cleanup;
}

void test_at_end(void (*fn)(void *arg), void *arg)
{
	add_cleanup(&run.others, fn, arg);
}

void test_at_end_first(void (*fn)(void *arg), void *arg)
{
	add_cleanup(&run.first, fn, arg);
}

void test_at_end_last(void (*fn)(void *arg), void *arg)
{
	add_cleanup(&run.last, fn, arg);
}

static void clean_up(struct cleanup *list)
{
	for (; list; list = list->next)
		list->fn(list->arg);
}

/* A child cannot report: it shares no memory with the test. */
static void exit_in_a_child(void)
{
	if (getpid() != run.pid)
		_exit(EXIT_FAILURE);
}

static void say(struct findings *findings, const char *kind, const char *fmt,
		va_list args)
{
	char text[sizeof(findings->first)];

	exit_in_a_child();
	vsnprintf(text, sizeof(text), fmt, args);
	test_step("%s: %s", kind, text);
	if (!findings->nr++)
		memcpy(findings->first, text, sizeof(text));
}

void test_fail(enum fix_id fix, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(&run.failures, "FAILURE", fmt, args);
	va_end(args);
	run.lacks[fix] = true;
}

void test_xfail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(&run.expected, "EXPECTED FAILURE", fmt, args);
	va_end(args);
}

bool test_has_failed(void)
{
	return run.failures.nr;
}

void test_step(const char *fmt, ...)
{
	struct event *ev;
	va_list args;

	if (!test.log)
		return;
	ev = event_append(test.log, EV_STEP);
	if (!ev)
		return;
	va_start(args, fmt);
	event_say(ev, fmt, args);
	va_end(args);
}

void test_quote(const char *text)
{
	run.quoted = text;
}

static void print_quoted(const char *text)
{
	while (*text) {
		int length = strcspn(text, "\n");

		printf("# dump: %.*s\n", length, text);
		text += length + (text[length] == '\n');
	}
}

void test_print_missing(enum fix_id id)
{
	if (fix_has_id(id))
		printf("# missing fix: %s (\"%s\")", fixes[id].commit,
		       fixes[id].title);
	else
		printf("# missing fix: \"%s\"", fixes[id].title);
	if (id != FIX_NONE)
		printf(", released in %s", fixes[id].released);
	printf("\n");
}

static void explain(void)
{
	int id;

	if (run.failures.nr)
		printf("# failure: %s\n", run.failures.first);
	if (run.expected.nr)
		printf("# expected failure: %s\n", run.expected.first);
	timeline_print();
	if (run.quoted)
		print_quoted(run.quoted);
	for (id = 0; id < FIX_NR; id++)
		if (run.lacks[id])
			test_print_missing(id);
}

static void print_kernel_report(char *report)
{
	char *line, *save = NULL;

	for (line = strtok_r(report, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		printf("# kernel: %s\n", line);
}

static void set_reason(const char *text)
{
	snprintf(run.result.reason, run.result.reason_size, "%s", text);
}

/* Sets the test's result from its failures so far. */
static void conclude(void)
{
	int *exit_code = run.result.exit_code;

	if (run.failures.nr) {
		*exit_code = KSFT_FAIL;
		set_reason(run.failures.first);
	} else if (run.expected.nr && *exit_code != KSFT_FAIL) {
		*exit_code = is_strict() ? KSFT_FAIL : KSFT_XFAIL;
		set_reason(run.expected.first);
	} else if (*exit_code == KSFT_FAIL && !run.result.reason[0]) {
		set_reason("the setup failed: an assertion, which is printed above");
	}
}

/* Last, as it may take long, or never return. */
static void remove_root(void)
{
	if (!test.root.path[0] || !cgroup_remove(&test.root))
		return;
	test_fail(FIX_NONE, "the test's cgroups cannot be removed afterwards");
	conclude();
	printf("# failure: %s\n", run.failures.first);
}

void test_end(void)
{
	char report[4096];
	int alarms;

	/* A cleanup may end the test as well. */
	if (!test.test_case || getpid() != run.pid || run.ending)
		return;
	run.ending = true;
	clean_up(run.first);
	clean_up(run.others);
	/* A child may use the cgroups, or have inherited the scheduler's link. */
	spawn_kill_all(BLOCKED_MS);
	clean_up(run.last);
	alarms = klog_stop(&test.klog, report, sizeof(report));
	if (alarms)
		test_fail(FIX_NONE, "the kernel logged %d alarming line(s)",
			  alarms);
	conclude();
	if (*run.result.exit_code == KSFT_FAIL ||
	    *run.result.exit_code == KSFT_XFAIL)
		explain();
	if (alarms)
		print_kernel_report(report);
	remove_root();
	timeline_end();
	test.test_case = NULL;
}

void test_stop(void)
{
	exit_in_a_child();
	test_end();
	fflush(NULL);
	_exit(*run.result.exit_code);
}

void test_skip(const char *fmt, ...)
{
	va_list args;

	exit_in_a_child();
	va_start(args, fmt);
	vsnprintf(run.result.reason, run.result.reason_size, fmt, args);
	va_end(args);
	printf("#      SKIP      %s\n", run.result.reason);
	*run.result.exit_code = KSFT_SKIP;
	test_stop();
}

void test_error(const char *fmt, ...)
{
	char text[256];
	va_list args;

	exit_in_a_child();
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	test_step("SETUP FAILED: %s", text);
	snprintf(run.result.reason, run.result.reason_size,
		 "the setup failed: %s", text);
	*run.result.exit_code = KSFT_FAIL;
	test_stop();
}

void test_must_call(int err, const char *fmt, ...)
{
	char text[192];
	va_list args;

	if (!err)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	test_error("%s: %s", text, strerror(abs(err)));
}

void test_need(int err)
{
	if (err == -EOPNOTSUPP)
		test_skip("%s", test.reason.text);
	if (err)
		test_error("%s", test.reason.text);
}

void test_cgroup(struct cgroup *cg, const struct cgroup *parent,
		 const char *name)
{
	int err = cgroup_create(cg, parent, name);

	if (err)
		test_error("cannot create cgroup %s: %s", name, strerror(-err));
	timeline_name_cgroup(cg, name);
}

void test_enable(const struct cgroup *cg, const char *controller)
{
	int err = cgroup_enable(cg, controller, &test.reason);

	if (err == -ENODEV)
		test_skip("%s", test.reason.text);
	if (err)
		test_error("%s", test.reason.text);
}

void test_delegate(const struct cgroup *cg, const char *controller)
{
	if (cgroup_delegate(cg, controller, &test.reason))
		test_error("%s", test.reason.text);
}

/* @ret, the result of reading @file of @cg, unless it is an error. */
static long must_read(long ret, const struct cgroup *cg, const char *file)
{
	if (ret < 0)
		test_error("cannot read %s of %s: %s", file,
			   strrchr(cg->path, '/') + 1, strerror(-ret));
	return ret;
}

long test_key(const struct cgroup *cg, const char *file, const char *key)
{
	return must_read(cgroup_read_key(cg, file, key), cg, file);
}

bool test_populated(const struct cgroup *cg)
{
	return test_key(cg, "cgroup.events", "populated");
}

bool test_lists(const struct cgroup *cg, const char *file, pid_t pid)
{
	return must_read(cgroup_lists(cg, file, pid), cg, file);
}
