// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_run - the running test. See test_run.h.
 *
 * report/ parses the lines that begin with "# invariant:", "# guards:", "# failure:",
 * "# expected failure:", "# missing fix:" and "# kernel spent:", and the timeline with the
 * text of its steps (report/drawing.c): do not change their form.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"

#include "call.h"
#include "guard.h"
#include "klog.h"
#include "proc.h"
#include "spawn.h"
#include "spent.h"
#include "supervise.h"
#include "test_run.h"
#include "timeline.h"
#include "wait.h"

/* The supervisor has this time for its explanation and its cleanup. */
#define EXPLANATION_S 60

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
	pid_t pid; /* of the test; its children do not clean up for it */
	struct test_result result;
	struct findings failures, expected;
	bool lacks[FIX_NR];
	char assertion[96]; /* the first one that failed: "cgroup/rmdir.c:73" */
	const char *quoted;
	struct cleanup *first, *others, *last;
	bool ending;
	bool explained;
} run;

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

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

	run.explained = true;
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

/* The first line of @report. */
static void copy_line(char *line, size_t size, const char *report)
{
	snprintf(line, size, "%.*s", (int)strcspn(report, "\n"), report);
}

/*
 * WARN_ONCE() warns once per boot, and lockdep turns itself off after a report, so a later
 * test would not see the bug.
 */
static void end_with_report(char *report)
{
	char line[160];

	copy_line(line, sizeof(line), report);
	print_kernel_report(report);
	spent_mark("the kernel logged: %s", line);
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
		*exit_code = is_set("TASK_EXIT_STRICT") ? KSFT_FAIL :
							  KSFT_XFAIL;
		set_reason(run.expected.first);
	} else if (*exit_code == KSFT_FAIL && !run.result.reason[0]) {
		snprintf(run.result.reason, run.result.reason_size,
			 "the setup failed: the assertion in %s, which is printed above",
			 run.assertion[0] ? run.assertion : "the test");
	}
}

/* Called last, because it may not return. */
static void remove_root(void)
{
	if (!test.root.path[0] || !cgroup_remove(&test.root))
		return;
	test_fail(FIX_NONE, "the test's cgroups cannot be removed afterwards");
	conclude();
	printf("# failure: %s\n", run.failures.first);
}

/* A child may use the cgroups, or have inherited the scheduler's link. */
static void end_children(void)
{
	struct reason why;

	if (spawn_kill_all(PATIENCE_MS))
		return;
	if (!spawn_survives(&why)) {
		test_step("a process that restores something has not ended");
		return;
	}
	test_fail(FIX_NONE, "%s", why.text);
	spent_mark("%s", why.text);
}

static bool is_explained(void)
{
	return *run.result.exit_code == KSFT_FAIL ||
	       *run.result.exit_code == KSFT_XFAIL ||
	       is_set("TASK_EXIT_VERBOSE");
}

/* Whether the kernel has logged a report that fails the test. */
static bool fail_on_alarm(struct klog_findings *found)
{
	char line[160];

	klog_stop(&test.klog, found);
	if (found->others)
		printf("# %d unrelated kernel warning(s): %s\n", found->others,
		       found->other);
	if (!found->alarms)
		return false;
	copy_line(line, sizeof(line), found->report);
	test_fail(FIX_NONE, "the kernel logged: %s", line);
	return true;
}

void test_end(void)
{
	struct klog_findings found;
	bool alarming;

	/* A cleanup may end the test as well. */
	if (!test.test_case || getpid() != run.pid || run.ending)
		return;
	run.ending = true;
	clean_up(run.first);
	clean_up(run.others);
	end_children();
	clean_up(run.last);
	alarming = fail_on_alarm(&found);
	conclude();
	if (is_explained())
		explain();
	if (alarming)
		end_with_report(found.report);
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
	if (run.failures.nr || run.expected.nr)
		test_stop();
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

void test_skip_or_error(int err)
{
	if (err == -EOPNOTSUPP)
		test_skip("%s", test.reason.text);
	if (err)
		test_error("%s", test.reason.text);
}

/* The test's process hangs: copy the test's state and its timeline from its memory. */
static void take_over(const struct supervised *test_process)
{
	int fd = test.klog.fd;

	timeline_read(test_process);
	if (!supervise_read(test_process, &run, &run, sizeof(run)))
		run.explained = false;
	supervise_read(test_process, &test.root, &test.root, sizeof(test.root));
	test.klog.fd = fd;
	run.pid = getpid();
	run.quoted = NULL;
}

/* The test's process does not end: reports that, and kills the test's processes. */
static void give_up(struct supervised *test_process, const struct reason *why,
		    const struct reason *stack)
{
	bool explained, alarming;
	struct klog_findings found;

	take_over(test_process);
	explained = run.explained;
	test_step("the test's process: %s", stack->text);
	test_fail(FIX_NONE, "%s", why->text);
	alarming = fail_on_alarm(&found);
	conclude();
	if (explained)
		printf("# failure: %s\n", why->text);
	else
		explain();
	if (alarming)
		end_with_report(found.report);
	if (!supervise_kill(test_process, NULL))
		spent_mark("%s", why->text);
}

/* The test's process ended without test_end(): by an oops, for example. */
static void explain_end(struct supervised *test_process)
{
	struct klog_findings found;
	struct reason survivor;
	int status = test_process->status;
	char line[160];

	klog_stop(&test.klog, &found);
	copy_line(line, sizeof(line), found.report);
	if (found.alarms)
		snprintf(run.result.reason, run.result.reason_size,
			 "the kernel ended the test, and logged: %s", line);
	else if (WIFSIGNALED(status))
		snprintf(run.result.reason, run.result.reason_size,
			 "the setup failed: signal %d ended the test",
			 WTERMSIG(status));
	else
		snprintf(run.result.reason, run.result.reason_size,
			 "the setup failed: the test exits with status %d",
			 WEXITSTATUS(status));
	*run.result.exit_code = KSFT_FAIL;
	printf("# failure: %s\n", run.result.reason);
	if (found.alarms)
		end_with_report(found.report);
	if (!supervise_kill(test_process, &survivor))
		spent_mark("%s", survivor.text);
}

/* Ends the supervisor with the exit status or the signal of the test's process. */
static __noreturn void end_like(const struct supervised *test_process)
{
	if (WIFSIGNALED(test_process->status)) {
		signal(WTERMSIG(test_process->status), SIG_DFL);
		kill(getpid(), WTERMSIG(test_process->status));
	}
	_exit(WEXITSTATUS(test_process->status));
}

static __noreturn void watch(struct supervised *test_process)
{
	struct reason why, stack;
	bool ended;

	ended = supervise_wait(test_process,
			       (run.result.timeout - EXPLANATION_S) * 1000,
			       &why, &stack);
	test.test_case = NULL;
	if (!ended)
		give_up(test_process, &why, &stack);
	else if (test_process->status && !run.result.reason[0])
		explain_end(test_process);
	/* A look forks, which may not return on a kernel that is spent. */
	spent_print();
	if (*run.result.exit_code == KSFT_FAIL && !spent_is(NULL))
		spent_look(&test.root);
	spent_print();
	fflush(NULL);
	if (!ended)
		_exit(KSFT_FAIL);
	end_like(test_process);
}

void test_begin(const struct test_case *test_case,
		const struct test_result *result)
{
	static struct supervised test_process;
	int ret;

	guard_join();
	run.pid = getpid();
	run.result = *result;
	print_declaration(test_case);
	if (spent_is(&test.reason))
		test_skip("%s", test.reason.text);
	spent_by(test_case->program, test_case->name);
	klog_start(&test.klog);
	cgroup_set_path(&test.root, NULL, test_case->name);
	if (timeline_begin())
		test_error("no memory for the event log");
	ret = supervise_fork(&test_process);
	if (ret < 0)
		test_error("cannot fork: %s", strerror(-ret));
	if (!ret)
		watch(&test_process);

	run.pid = getpid();
	test.test_case = test_case;
	klog_restart(&test.klog);
	create_root(test_case->name);
}

void test_assertion(const char *file, int line)
{
	if (!run.assertion[0])
		snprintf(run.assertion, sizeof(run.assertion), "%s:%d", file,
			 line);
}

void test_cgroup(struct cgroup *cg, const struct cgroup *parent,
		 const char *name)
{
	int err = cgroup_create(cg, parent, name);

	if (err)
		test_error("cannot create cgroup %s: %s", name, strerror(-err));
	timeline_name_cgroup(cg, name);
}

int test_open(const struct cgroup *cg)
{
	int fd = cgroup_open(cg, "");

	if (fd < 0)
		test_error("cannot open %s: %s", cgroup_name(cg),
			   strerror(-fd));
	return fd;
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
		test_error("cannot read %s of %s: %s", file, cgroup_name(cg),
			   strerror(-ret));
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
