// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_qmap - the kernel tree's scx_qmap, which queues tids, is not ejected when tasks
 * lose their pid before their last context switch.
 *
 * The invariant. scx_qmap, which comes with the kernel, sets SCX_OPS_ENQ_EXITING, so
 * that it also schedules exiting tasks. It queues tids, and looks a task up when it
 * dispatches it. It finds every task, so no task waits forever and the watchdog does
 * not eject scx_qmap.
 *
 * History. 41e3312861ea added tids to both the kernel and scx_qmap.
 * With pids, scx_qmap stalled within seconds under the load of this test: an exiting
 * task may have lost its pid by the time it is dispatched.
 *
 * The window. The test runs the scx_qmap of the tree that the suite is
 * built in, unchanged. On every CPU, processes start a thread that calls execve(2):
 * this kills the old leader, and its pid goes to the thread, at times before the
 * leader's last context switch. BPF programs check that threads called execve and that
 * scx_qmap looked tids up. If each lookup finds a task, scx_qmap dispatches that task,
 * and three seconds are enough. A lookup that finds nothing may have lost a task: then
 * the load continues for as long as the watchdog of scx_qmap needs. How many of the
 * tasks had no pid depends on chance and is only reported: scx_tid_exec_stall shows,
 * without chance, that one is enough.
 *
 * Consequence. The kernel ejects the scheduler that others are modelled on,
 * under a load like that of a browser or of a runtime with threads.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <scx/common.h>

#include "test.h"
#include "bpf_refusal.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_qmap.h"
#include "tid_query.h"
#include "tid_qmap.skel.h"

#define START_MS 200000
/* The load takes as long as this, and as many execs need ... */
#define LOAD_MS 3000
#define LOAD_EXECS 10
/* ... or at most this long: the watchdog checks twice per timeout, which is 5 s. */
#define WATCHDOG_MS 10000
#define MAX_WORKERS 8

/* scx_qmap takes up to START_MS to start, in addition to the test. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT (START_MS / 1000 + 180)

static struct tid_qmap *skel;
static char path[PATH_MAX]; /* of scx_qmap */
static int output; /* of scx_qmap */
static pid_t qmap;
static pid_t workers[MAX_WORKERS];

/* It is installed beside this program. */
static bool find_qmap(void)
{
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (len < 0)
		test_error("cannot read /proc/self/exe: %s", strerror(errno));
	path[len] = '\0';
	slash = strrchr(path, '/');
	snprintf(slash + 1, sizeof(path) - (slash + 1 - path), "scx_qmap");
	return !access(path, X_OK);
}

static void attach_tracer(void)
{
	int err;

	skel = tid_qmap__open();
	if (!skel)
		test_error("cannot open the BPF skeleton: %s", strerror(errno));
	err = tid_qmap__load(skel) ?: tid_qmap__attach(skel);
	if (err)
		reason_set(&test.reason,
			   "execve and scx_bpf_tid_to_task() cannot be traced with BPF: %s",
			   bpf_refusal(err));
	test_skip_or_error(bpf_classify(err));
}

static void setup(void)
{
	unsigned long long flag;

	need_sched_ext();
	test_skip_or_error(tid_flag(&flag, &test.reason));
	if (!find_qmap())
		test_skip("no scx_qmap: the tree, its types or clang cannot build one with tids");
	output = memfd_create("scx_qmap", MFD_CLOEXEC);
	if (output < 0)
		test_error("memfd_create: %s", strerror(errno));
	attach_tracer();
}

/* The last line of scx_qmap's output that contains @word. */
static const char *output_line(const char *word)
{
	static char text[8192], line[256];
	const off_t max = sizeof(text) - 1, end = lseek(output, 0, SEEK_END);
	ssize_t len = pread(output, text, max, end > max ? end - max : 0);
	char *at, *save = NULL;

	text[len > 0 ? len : 0] = '\0';
	snprintf(line, sizeof(line), "it printed nothing");
	for (at = strtok_r(text, "\n", &save); at;
	     at = strtok_r(NULL, "\n", &save))
		if (strstr(at, word))
			snprintf(line, sizeof(line), "%s", at);
	return line;
}

static bool qmap_has_ended(void)
{
	siginfo_t info = {};

	return waitid(P_PID, qmap, &info, WEXITED | WNOHANG | WNOWAIT) ||
	       info.si_pid;
}

static bool qmap_is_enabled(void)
{
	return scheduler_is_enabled("qmap") && !qmap_has_ended();
}

static void stop_workers(void)
{
	int i;

	for (i = 0; i < MAX_WORKERS; i++)
		if (workers[i] > 0)
			spawn_kill(workers[i], PATIENCE_MS);
	memset(workers, 0, sizeof(workers));
}

static void stop_all(void *unused)
{
	(void)unused;
	stop_workers();
	if (qmap > 0)
		spawn_kill(qmap, PATIENCE_MS);
}

/*
 * Verifying scx_qmap takes half a minute on an emulated CPU with KASAN, and minutes
 * if the machine is busy. Polling every millisecond would delay the verifier.
 */
static void start_qmap(void)
{
	long long until = now_ms() + START_MS, enabled_by = until;

	qmap = spawn(output);
	if (!qmap) {
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
		execl(path, "scx_qmap", NULL);
		_exit(EXIT_FAILURE);
	}
	test_at_end(stop_all, NULL);
	if (qmap < 0)
		test_error("cannot fork: %s", strerror(errno));
	while (!qmap_is_enabled() && !qmap_has_ended() && now_ms() < until) {
		if (!scheduler_state_is("enabling"))
			enabled_by = now_ms() + 3 * PATIENCE_MS;
		test_require(now_ms() < enabled_by, FIX_NONE,
			     "enabling scx_qmap does not end");
		pause_ms(50);
	}
	if (!qmap_is_enabled())
		test_skip("the scx_qmap of this tree does not run here: %s",
			  output_line("libbpf:"));
	test_step("scx_qmap is enabled");
}

static void *exec_in_thread(void *unused)
{
	char *const argv[] = { "task_exit", NULL };

	(void)unused;
	execv("/proc/self/exe", argv);
	_exit(EXIT_FAILURE);
}

/* The thread's execve kills the leader of each child; the new program ends at once. */
static __noreturn void exec_in_a_loop(void)
{
	pthread_t thread;

	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			if (pthread_create(&thread, NULL, exec_in_thread, NULL))
				_exit(EXIT_FAILURE);
			for (;;)
				pause();
		}
		waitpid(pid, NULL, 0);
	}
}

static void start_workers(void)
{
	long i, nr = sysconf(_SC_NPROCESSORS_ONLN) + 1;

	for (i = 0; i < nr && i < MAX_WORKERS; i++) {
		workers[i] = spawn(-1);
		if (!workers[i])
			exec_in_a_loop();
		if (workers[i] < 0)
			test_error("cannot fork: %s", strerror(errno));
	}
	test_step("%ld processes start threads that exec", i);
}

/* Ends scx_qmap, which then prints why the kernel disabled it. */
static void end_qmap(void)
{
	int status;

	kill(qmap, SIGTERM);
	status = spawn_wait(qmap, PATIENCE_MS);
	if (status != -ETIMEDOUT)
		qmap = 0;
	test_require(status != -ETIMEDOUT, FIX_NONE,
		     "scx_qmap, process %d, does not end on SIGTERM", qmap);
	test_require(!status, FIX_NONE,
		     "scx_qmap ends on SIGTERM with wait status %#x: %s",
		     status, output_line("EXIT:"));
	if (!strstr(output_line("EXIT:"), "unregistered from user space"))
		test_fail(FIX_NONE, "scx_qmap was ejected: %s",
			  output_line("EXIT:"));
}

static bool load_suffices(long long begin)
{
	const struct seen *seen = &skel->bss->seen;

	return now_ms() - begin >= LOAD_MS && seen->execs >= LOAD_EXECS &&
	       !seen->in_vain;
}

TEST_INVARIANT(scx_qmap_is_not_ejected_while_threads_exec,
	       "the kernel tree's scx_qmap, which queues tids, is not ejected while threads call execve(2) and their leaders exit",
	       FAILS_WITHOUT(FIX_SCX_TID))
{
	struct seen *seen = &skel->bss->seen;
	long long begin;
	bool ejected;

	start_qmap();
	start_workers();
	begin = now_ms();
	WAIT_FOR(!qmap_is_enabled() || load_suffices(begin), WATCHDOG_MS);
	ejected = !qmap_is_enabled();
	stop_workers();
	test_step("%u execs by threads, %u lookups by tid: %u find a task without pid, %u nothing",
		  seen->execs, seen->lookups, seen->without_pid, seen->in_vain);
	if (ejected) {
		WAIT_FOR(qmap_has_ended(), PATIENCE_MS);
		test_fail(FIX_NONE, "scx_qmap is ejected: %s",
			  output_line("EXIT:"));
		return;
	}
	if (!seen->execs)
		test_error("no thread has called execve(2)");
	if (!seen->lookups)
		test_error("scx_qmap has not looked up a tid");
	end_qmap();
}
