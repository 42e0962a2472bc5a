// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_last_reference - a reader of cgroup.procs skips a task that is being freed.
 *
 * The invariant. While a reader of cgroup.procs pauses, the task at which it will continue
 * dies and loses its last reference. When the reader continues, it skips that task and
 * takes no reference to it.
 *
 * History. Since 6.19 the dead leader of a process stays on a list of its
 * cgroup until it is freed; before, until it was reaped (260fbcb92bbe). So a reader
 * may stop at a task that RCU is about to free. 057dac23d329 makes the reader check
 * that the task has references.
 *
 * The window. The leader of a process exits, another thread lives. A
 * reader stops right before the leader; then the rest of the process dies and is
 * reaped. When RCU frees the leader, a BPF program holds it there, on another CPU,
 * while the reader continues. The program checks that the reader will continue at
 * that task, and reads the task's reference count when the reader is at its end.
 *
 * Consequence. The kernel warns of a use after free, and the reader lists a
 * reaped process, as 0. If the reader stopped again, at that task, it would use freed
 * memory.
 */
#include <sched.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "test.h"
#include "bpf_hold.h"
#include "bpf_refusal.h"
#include "kernel_btf.h"
#include "klog.h"
#include "spawn.h"
#include "last_reference.skel.h"

/* The processes before the leader; see cgroup_next_pid(). */
#define BEFORE 3

static struct last_reference *skel;
static struct cgroup c;
static struct held_task task;
static pid_t before[BEFORE];
static int list; /* the reader's */

/* Loads the program for the function that this kernel has. */
static bool load_and_attach(void)
{
	bool is_new = kernel_btf_function("cgroup_task_free");
	struct bpf_program *program;

	skel = last_reference__open();
	if (!skel)
		return false;
	program = is_new ? skel->progs.task_free : skel->progs.task_free_old;
	bpf_program__set_autoload(program, true);
	return !last_reference__load(skel) && bpf_program__attach(program);
}

static void setup(void)
{
	need_bpf_hold();
	libbpf_set_print(NULL);
	if (!load_and_attach())
		test_skip("cgroup_task_free() cannot be traced with BPF here: %s",
			  bpf_refusal(-errno));
	test_cgroup(&c, &test.root, "c");
}

static void must_list_next(pid_t pid)
{
	pid_t listed = cgroup_next_pid(list);

	test_require(listed == pid, FIX_NONE,
		     "cgroup.procs has %d instead of task %d, which is alive (-1: the end)",
		     listed, pid);
}

static void stop_reader_before_leader(void)
{
	int i;

	for (i = 0; i < BEFORE; i++) {
		before[i] = spawn_idle_in(&c);
		test_must_call(before[i] < 0 ? before[i] : 0,
			       "cannot start a task in c");
	}
	hold_task(&task, HOLD_ZOMBIE_LEADER, &c);
	/* It is a zombie before its last context switch, which moves it to another list. */
	test_require(WAIT_FOR(!test_lists(&c, "cgroup.threads", task.pid),
			      PATIENCE_MS),
		     FIX_NONE,
		     "cgroup.threads still lists task %d, which died %d s ago",
		     task.pid, PATIENCE_MS / 1000);
	/* A task is freed on the CPU that reaps it, so the reader uses another one. */
	skel->bss->reader_cpu = sched_getcpu();
	test_must_call(keep_off_cpu(task.holder.pid, skel->bss->reader_cpu) ?:
			       stay_on_cpu(skel->bss->reader_cpu),
		       "cannot set the CPUs of the tasks");
	list = cgroup_open(&c, "cgroup.procs");
	test_must_call(list < 0 ? list : 0, "cannot open cgroup.procs");
	must_list_next(before[0]);
	test_step("a reader of cgroup.procs stops before that leader");
}

static void hold_leader_while_freed(void)
{
	struct last_reference__bss *bss = skel->bss;

	bpf_hold_ends_with_test(&bss->hold);
	bss->dying_pid = task.pid;
	test_must_call(held_task_let_go(&task), "cannot release the task");
	test_require(WAIT_FOR(__atomic_load_n(&bss->freed, __ATOMIC_ACQUIRE),
			      PATIENCE_MS),
		     FIX_NONE,
		     "task %d is not freed within %d s after its process was killed and reaped",
		     task.pid, PATIENCE_MS / 1000);
	if (!bss->listed)
		test_skip("a freed task is on no list of its cgroup on this kernel");
	if (!bss->awaited)
		test_error("the reader of cgroup.procs will not continue at the freed task");
	if (!bpf_hold_reached(&bss->hold, BLOCKED_MS))
		test_skip("a task that is freed cannot be held here");
	test_step("the process is reaped; its leader has no reference and is about to be freed");
}

/* Returns how many lines are "0". */
static int read_to_end(void)
{
	int i, zeros = 0;
	pid_t pid;

	for (i = 1; i < BEFORE; i++)
		must_list_next(before[i]);
	while ((pid = cgroup_next_pid(list)) >= 0)
		zeros += !pid;
	test_step("the reader reaches the end of the list; %d lines are \"0\"",
		  zeros);
	return zeros;
}

/* A message that the test has read does not fail it once more. */
static void quote_kernel(void)
{
	char message[256];

	while (klog_has(&test.klog, "refcount_t: ", message, sizeof(message)))
		test_step("the kernel says: %s", message);
}

TEST_INVARIANT(paused_reader_takes_no_reference_to_a_freed_task,
	       "a reader of cgroup.procs that paused skips a task whose last reference is gone, and takes no new one",
	       FAILS_WITHOUT(FIX_DEAD_REFERENCE))
{
	struct last_reference__bss *bss = skel->bss;
	int zeros;

	stop_reader_before_leader();
	hold_leader_while_freed();
	zeros = read_to_end();
	if (!bpf_hold_is_on(&bss->hold))
		test_error("too slow: the hold ended before the reader");
	if (!bpf_hold_end(&bss->hold))
		test_error("the BPF program that holds the freed task does not end");
	test_step("the task's reference count is 0x%x", bss->references);
	if (bss->references) {
		test_fail(FIX_DEAD_REFERENCE,
			  "a reader of cgroup.procs takes a reference to a task that has none left and is being freed");
		quote_kernel();
	} else if (zeros) {
		test_fail(FIX_NONE,
			  "cgroup.procs lists a reaped process, as 0");
	}
	release_task(&task);
}
