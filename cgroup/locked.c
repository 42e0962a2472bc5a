// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_locked - the last context switch does not sleep for css_set_lock.
 *
 * The invariant. After the last context switch of a task the kernel removes it from
 * its cgroup under css_set_lock, in the context of the task that runs next, which
 * must not sleep there. On PREEMPT_RT a contended spinlock sleeps, so there the dead
 * task is put on a list, and leaves its cgroup a little later.
 *
 * History. d245698d727a moved this behind the last context switch, and
 * 9311e6c29b34, also in 6.19, fixed it for PREEMPT_RT. No release has only the first.
 *
 * The window. A BPF program stops a task that reads /proc/PID/cgroup,
 * and checks that it holds the lock. A FIFO task on the same CPU wakes another one,
 * which runs next, and exits.
 *
 * Consequence. "BUG: scheduling while atomic" whenever a task dies while
 * the lock is held. If the lock's holder is the task that runs next, it waits for
 * itself, and all changes of cgroups wait for it.
 */
#include <sched.h>
#include <sys/prctl.h>

#include <bpf/libbpf.h>

#include "bpf_hold.h"
#include "bpf_refusal.h"
#include "helper.h"
#include "klog.h"
#include "pidless.h"
#include "proc.h"
#include "spawn.h"
#include "test.h"
#include "locked.skel.h"

static struct locked *skel;
static struct cgroup c;
static struct helper reader; /* holds css_set_lock */
static struct helper next; /* runs after its child, which dies */
static int test_cpu; /* the others stay off it */

static void setup(void)
{
	if (!is_preempt_rt())
		test_skip("a spinlock does not sleep here: this needs PREEMPT_RT");
	need_bpf_hold();
	libbpf_set_print(NULL);
	skel = locked__open_and_load();
	if (!skel || locked__attach(skel))
		test_skip("kernfs_path_from_node() cannot be traced, or css_set_lock not read: %s",
			  bpf_refusal(-errno));
	bpf_hold_ends_with_test(&skel->bss->hold);
	test_cgroup(&c, &test.root, "c");
	test_cpu = sched_getcpu();
	test_must_call(stay_on_cpu(test_cpu), "cannot stay on CPU %d",
		       test_cpu);
}

static void be_reader(int socket, const void *cpu)
{
	char text[4096];

	if (stay_on_another_cpu(*(const int *)cpu) || !helper_await(socket) ||
	    read_file("/proc/self/cgroup", text, sizeof(text)) < 0)
		return;
	helper_report(socket, "r", 1);
	idle_until_killed();
}

/* The woken task is a FIFO task on this CPU, too, and runs after this one. */
static __noreturn void wake_and_die(int socket, int wake_fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!become_fifo() && helper_await(socket))
		(void)!write(wake_fd, "n", 1);
	_exit(EXIT_SUCCESS);
}

/* Does not wait for its child, as the child's end would wake it too early. */
static void be_next(int socket, const void *cpu)
{
	int ends[2];
	char byte;
	pid_t pid;

	if (stay_on_another_cpu(*(const int *)cpu) || pipe(ends) ||
	    become_fifo())
		return;
	pid = fork();
	if (!pid)
		wake_and_die(socket, ends[1]);
	helper_report(socket, &pid, sizeof(pid));
	if (read(ends[0], &byte, 1) == 1)
		helper_report(socket, "n", 1);
	idle_until_killed();
}

static bool has_answered(const struct helper *helper, int ms)
{
	char answer;

	return helper_hear(helper, &answer, sizeof(answer), ms);
}

/* A task that does not answer may just be slow, so its state counts. */
static bool next_sleeps(void)
{
	struct proc_stat stat;

	return !has_answered(&next, BLOCKED_MS) &&
	       !proc_stat(next.pid, &stat) && stat.state == 'D';
}

static void start_dying_task(void)
{
	struct proc_stat stat;
	pid_t pid;

	test_must_call(helper_start(&next, be_next, &test_cpu), "cannot fork");
	if (!helper_hear(&next, &pid, sizeof(pid), PATIENCE_MS) || pid < 0)
		test_error("a FIFO task on another CPU, and its child, do not start");
	test_must_call(cgroup_add(&c, pid), "cannot move task %d to c", pid);
	if (!WAIT_FOR(!proc_stat(pid, &stat) && stat.state == 'S', PATIENCE_MS))
		test_error("task %d does not wait for its order to exit", pid);
	skel->bss->dying = pid;
}

static void stop_reader_with_lock(void)
{
	test_must_call(helper_start(&reader, be_reader, &test_cpu),
		       "cannot fork");
	skel->bss->reader = reader.pid;
	test_must_call(helper_order(&reader), "cannot order a helper");
	if (!bpf_hold_reached(&skel->bss->hold, PATIENCE_MS))
		test_error("a reader of /proc/PID/cgroup does not call kernfs_path_from_node()");
	if (!bpf_hold_has(&skel->bss->had_lock))
		test_skip("a reader of /proc/PID/cgroup does not hold css_set_lock here");
	test_step("task %d is stopped with css_set_lock held", reader.pid);
}

/* Whether the task that runs next sleeps. */
static bool die_while_locked(void)
{
	bool sleeps;

	test_must_call(helper_order(&next), "cannot order a helper");
	WAIT_FOR(bpf_hold_has(&skel->bss->died), BLOCKED_MS);
	sleeps = next_sleeps();
	test_step("task %d, which is next, %s; populated is %d", next.pid,
		  sleeps ? "sleeps" : "runs", cgroup_populated(&c));
	return sleeps;
}

static void unlock(void)
{
	struct locked__bss *bss = skel->bss;

	if (!bpf_hold_end(&bss->hold))
		test_error("the BPF program that holds the reader does not end");
	test_require(has_answered(&reader, PATIENCE_MS), FIX_NONE,
		     "task %d, which held css_set_lock, never returns from reading /proc/PID/cgroup",
		     reader.pid);
	test_require(WAIT_FOR(bpf_hold_has(&bss->died), PATIENCE_MS), FIX_NONE,
		     "exiting task %d does not reach its last context switch after css_set_lock was released",
		     bss->dying);
	if (!bpf_hold_has(&bss->died_meanwhile))
		test_skip("an exiting task needs css_set_lock before its last context switch here");
	test_step("task %d had reached its last context switch", bss->dying);
}

static bool reports_a_sleep(const char *report)
{
	return strstr(report, "scheduling while atomic") ||
	       strstr(report, "sleeping function");
}

TEST_INVARIANT(last_switch_does_not_sleep_for_css_set_lock,
	       "on PREEMPT_RT the task that runs after a dead task does not sleep for css_set_lock",
	       FAILS_WITHOUT(FIX_RT_SLEEP))
{
	struct klog_findings found;
	struct klog klog;
	bool sleeps;

	start_dying_task();
	stop_reader_with_lock();
	klog_start(&klog);
	sleeps = die_while_locked();
	if (sleeps && bpf_hold_has(&skel->bss->died_meanwhile))
		test_fail(FIX_RT_SLEEP,
			  "the last context switch of a task sleeps for css_set_lock");
	unlock();
	klog_stop(&klog, &found);
	if (found.alarms && !test_has_failed())
		test_fail(reports_a_sleep(found.report) ? FIX_RT_SLEEP :
							  FIX_NONE,
			  "the kernel logs a warning while a task dies and css_set_lock is held: %.*s",
			  (int)strcspn(found.report, "\n"), found.report);
	if (!WAIT_FOR(!test_populated(&c), PATIENCE_MS))
		test_fail(FIX_NONE,
			  "task %d is dead but has not left its cgroup after %d s",
			  skel->bss->dying, PATIENCE_MS / 1000);
}
