// SPDX-License-Identifier: GPL-2.0-only
/*
 * scx_tid_qmap - a real scheduler that keys tasks by tid survives tasks that lose
 * their pid before their last switch.
 *
 * The invariant. scx_qmap, which comes with the kernel, queues tids, asks for the
 * exiting tasks too (SCX_OPS_ENQ_EXITING) and looks a task up when it dispatches it.
 * It finds each, so that none waits for ever and the watchdog has nothing to say.
 *
 * Who established it. 41e3312861ea, which taught both the kernel and scx_qmap tids.
 * With pids scx_qmap stalled within seconds under the load below: who exits may have
 * no pid any more when it is dispatched.
 *
 * How the window is opened. scx_qmap is built from the tree that the suite is built in,
 * as it is, and run. Then, for ten seconds, on every CPU, processes start a thread that
 * calls exec: the old leader is killed, and loses its pid to that thread, now and then
 * while it is still to be scheduled. BPF programs watch that threads have called exec
 * and that scx_qmap has looked tasks up by their tids. How many of these had no pid is
 * chance and only told: scx_tid_exec_stall shows that one is enough, without chance.
 *
 * What a failure means. The scheduler that others are modelled on is ejected, under a
 * load that a browser or a runtime with threads is.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <scx/common.h>

#include "test.h"
#include "scheduler.h"
#include "spawn.h"
#include "tid_qmap.h"
#include "tid_query.h"
#include "tid_qmap.skel.h"

#define START_MS 200000
#define LOAD_MS 10000
#define MAX_WORKERS 8

FIXTURE(scx_tid_qmap)
{
	struct stage stage;
	struct tid_qmap *skel;
	char path[PATH_MAX]; /* of scx_qmap */
	int output;
	pid_t qmap;
	pid_t workers[MAX_WORKERS];
};

/* It is installed beside us. */
static int find_qmap(char *path, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (len < 0)
		return -errno;
	path[len] = '\0';
	slash = strrchr(path, '/');
	snprintf(slash + 1, size - (slash + 1 - path), "scx_qmap");
	return access(path, X_OK) ? -errno : 0;
}

FIXTURE_SETUP(scx_tid_qmap)
{
	struct reason *reason = &self->stage.reason;
	unsigned long long flag;

	SET_STAGE();
	if (scheduler_possible(reason) || tid_flag(&flag, reason))
		LEAVE("%s", reason->text);
	if (find_qmap(self->path, sizeof(self->path)))
		LEAVE("scx_qmap is not installed: this was built in a kernel tree, or with types or a clang, that cannot build one with tids");
	self->output = memfd_create("scx_qmap", MFD_CLOEXEC);
	ASSERT_GE(self->output, 0);
	self->skel = tid_qmap__open_and_load();
	ASSERT_NE(NULL, self->skel);
	ASSERT_EQ(0, tid_qmap__attach(self->skel));
}

static void end_workers(FIXTURE_DATA(scx_tid_qmap) * self)
{
	int i;

	for (i = 0; i < MAX_WORKERS; i++)
		if (self->workers[i] > 0)
			spawn_kill(self->workers[i], PATIENCE_MS);
	memset(self->workers, 0, sizeof(self->workers));
}

FIXTURE_TEARDOWN(scx_tid_qmap)
{
	end_workers(self);
	if (self->qmap > 0)
		spawn_kill(self->qmap, PATIENCE_MS);
	STRIKE_STAGE();
}

static __noreturn void be_qmap(FIXTURE_DATA(scx_tid_qmap) * self)
{
	dup2(self->output, STDOUT_FILENO);
	dup2(self->output, STDERR_FILENO);
	execl(self->path, "scx_qmap", NULL);
	_exit(EXIT_FAILURE);
}

/* The last line of what scx_qmap has said with these words in it. */
static const char *last_words(FIXTURE_DATA(scx_tid_qmap) * self,
			      const char *words)
{
	static char text[8192], line[256];
	char *at, *save = NULL;
	off_t end = lseek(self->output, 0, SEEK_END);
	ssize_t len;

	len = pread(self->output, text, sizeof(text) - 1,
		    end > (off_t)sizeof(text) - 1 ?
			    end - (off_t)sizeof(text) + 1 :
			    0);
	text[len > 0 ? len : 0] = '\0';
	snprintf(line, sizeof(line), "it said nothing");
	for (at = strtok_r(text, "\n", &save); at;
	     at = strtok_r(NULL, "\n", &save))
		if (strstr(at, words))
			snprintf(line, sizeof(line), "%s", at);
	return line;
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = {};

	return waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) ||
	       info.si_pid;
}

static bool runs(FIXTURE_DATA(scx_tid_qmap) * self)
{
	return scheduler_is_enabled("qmap") && !has_ended(self->qmap);
}

/*
 * Until it is enabled or gives up. Who looks every millisecond takes the time from
 * the verifier, which needs seconds for it where the CPU is emulated, half a minute where
 * KASAN looks at each access besides, and more than one where others want the CPU, too.
 */
static bool await_qmap(FIXTURE_DATA(scx_tid_qmap) * self)
{
	long long until = now_ms() + START_MS;

	while (!runs(self) && !has_ended(self->qmap) && now_ms() < until)
		pause_ms(50);
	return runs(self);
}

static void *exec_as_thread(void *unused)
{
	char *const argv[] = { "task_exit", NULL };

	(void)unused;
	execv("/proc/self/exe", argv);
	_exit(EXIT_FAILURE);
}

/* The leader of each child dies by its own thread's exec; that then says nothing. */
static __noreturn void exec_for_ever(void)
{
	pthread_t thread;

	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			if (pthread_create(&thread, NULL, exec_as_thread, NULL))
				_exit(EXIT_FAILURE);
			for (;;)
				pause();
		}
		waitpid(pid, NULL, 0);
	}
}

static void start_workers(struct __test_metadata *_metadata,
			  FIXTURE_DATA(scx_tid_qmap) * self)
{
	long i, nr = sysconf(_SC_NPROCESSORS_ONLN) + 1;

	for (i = 0; i < nr && i < MAX_WORKERS; i++) {
		self->workers[i] = spawn(-1);
		if (!self->workers[i])
			exec_for_ever();
		ASSERT_GT(self->workers[i], 0);
	}
	STEP("%ld processes start threads that exec", i);
}

TEST_F_TIMEOUT(scx_tid_qmap, scx_qmap_runs_on_under_execs_by_threads,
	       START_MS / 1000 + TEST_TIMEOUT_DEFAULT)
{
	struct seen *seen = &self->skel->bss->seen;
	bool ended;

	self->qmap = spawn(self->output);
	if (!self->qmap)
		be_qmap(self);
	ASSERT_GT(self->qmap, 0);
	if (!await_qmap(self))
		SKIP(return, "the scx_qmap of this tree does not run here: %s",
			   last_words(self, "libbpf:"));
	STEP("scx_qmap is enabled");

	start_workers(_metadata, self);
	WAIT_FOR(!runs(self), LOAD_MS);
	ended = !runs(self);
	end_workers(self);
	STEP("%u execs by threads, %u lookups by tid, %u of them of tasks without a pid",
	     seen->execs, seen->lookups, seen->without_pid);
	if (ended) {
		WAIT_FOR(has_ended(self->qmap), PATIENCE_MS);
		BROKEN(FIX_NONE, "scx_qmap is ejected: %s",
		       last_words(self, "EXIT:"));
		return;
	}
	ASSERT_LT(0U, seen->execs);
	ASSERT_LT(0U, seen->lookups);

	/* It takes its leave when it is asked to. */
	kill(self->qmap, SIGTERM);
	ASSERT_EQ(0, spawn_wait(self->qmap, PATIENCE_MS));
	self->qmap = 0;
	if (!strstr(last_words(self, "EXIT:"), "unregistered from user space"))
		BROKEN(FIX_NONE, "scx_qmap was ejected: %s",
		       last_words(self, "EXIT:"));
}

TEST_PROGRAM(scx_tid_qmap)
