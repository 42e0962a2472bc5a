// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_accounting - the pids controller charges an exiting task to its cgroup until the
 * task is reaped, and the task pins the cgroup until then.
 *
 * The invariant. The pids controller charges a task to its cgroup until the task
 * is reaped, even if an attempt is made to move it or the cgroup is removed. A
 * cgroup that is removed, or loses a controller, counts as dying as long as a task
 * pins it: once, and no longer. Memory that its tasks leave behind can still be
 * freed; kernel memory is charged to the parent and does not pin the cgroup.
 *
 * History. Since 6.19 a task leaves its cgroup after its last context switch
 * (d245698d727a). Since 7.0.9 rmdir, and since 7.2 disabling a controller, kills the
 * csses only after that switch (93618edf7538, 1dffd95575eb). Each commit moved the code
 * that updates the counts, and rmdir might kill the css of a disabled controller a
 * second time. Since 7.0 and 6.19.9 no file lists an exiting process, which is still in
 * its cgroup: a cgroup whose lists are empty may refuse to become threaded or to enable
 * a domain controller. Upstream has not decided whether it should.
 *
 * The window. The task is the init process of a pid namespace, was
 * killed, and waits in do_exit() (HOLD_ZAP_PIDNS); or it is a zombie (HOLD_ZOMBIE), or
 * an exiting thread that its process leaves behind when it moves (HOLD_THREAD).
 *
 * Consequence. If a charge stays, pids.max eventually stops every fork. If
 * it is subtracted twice, pids.max has no effect. If a dying cgroup stays, every
 * service or container that stops leaks memory.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "dying.h"
#include "offline_barrier.h"
#include "spawn.h"
#include "test.h"

static struct cgroup p, c, elsewhere; /* p/c */
static struct held_task task;
static struct call rmdir_call, write_call;
static long base_csses[DYING_CONTROLLERS]; /* -1 without the controller */
static long base_cgroups;

static void setup(void)
{
	test_cgroup(&p, &test.root, "p");
	test_cgroup(&c, &p, "c");
	test_cgroup(&elsewhere, &test.root, "elsewhere");
}

/* A task becomes a zombie shortly before its last context switch. */
static void hold_task_in_c(enum hold_kind hold)
{
	hold_task(&task, hold, &c);
	if (hold == HOLD_ZOMBIE)
		test_require(WAIT_FOR(!test_populated(&c), PATIENCE_MS),
			     FIX_NONE, "zombie %d keeps its cgroup populated",
			     task.pid);
}

static void remove_c(void)
{
	call_rmdir_or_skip(&rmdir_call, &c);
	assert_held(&task);
}

/* -1 for a cgroup that has been removed. */
static long long read_number(const struct cgroup *cg, const char *file)
{
	char text[64];
	ssize_t len = cgroup_read(cg, file, text, sizeof(text));

	if (len == -ENOENT || len == -ENODEV)
		return -1;
	test_must_call(len < 0 ? len : 0, "cannot read %s", file);
	return atoll(text);
}

/* -1 for a cgroup that has been removed. */
static void expect_pids(long long in_p, long long in_c, long long in_elsewhere,
			const char *when)
{
	long long now_p = read_number(&p, "pids.current");
	long long now_c = read_number(&c, "pids.current");
	long long now_elsewhere = read_number(&elsewhere, "pids.current");

	test_step("pids.current is %lld in p, %lld in c, %lld elsewhere", now_p,
		  now_c, now_elsewhere);
	if (now_p != in_p || now_c != in_c || now_elsewhere != in_elsewhere)
		test_fail(FIX_NONE,
			  "pids.current %s should be %lld in p, %lld in c, %lld elsewhere, and is %lld, %lld, %lld",
			  when, in_p, in_c, in_elsewhere, now_p, now_c,
			  now_elsewhere);
}

static void must_be_charged_until_reaped(enum hold_kind hold)
{
	test_enable(&p, "pids");
	hold_task_in_c(hold);
	expect_pids(1, 1, 0, "with one task that is not reaped");
	/* This may succeed or fail, but does not move the exiting task. */
	call_add(&write_call, &elsewhere, task.pid);
	expect_pids(1, 1, 0, "after an attempt to move it");
	assert_held(&task);

	release_task(&task);
	expect_pids(0, 0, 0, "when it is reaped");
}

TEST_INVARIANT(exiting_task_is_charged_until_it_is_reaped,
	       "pids.current counts an exiting task in its cgroup, and in no other, until it is reaped",
	       NO_FIX)
{
	must_be_charged_until_reaped(HOLD_ZAP_PIDNS);
}

TEST_INVARIANT(zombie_is_charged_until_it_is_reaped,
	       "pids.current counts a zombie in its cgroup, and in no other, until it is reaped",
	       NO_FIX)
{
	must_be_charged_until_reaped(HOLD_ZOMBIE);
}

static void charge_must_survive_rmdir(enum hold_kind hold)
{
	test_enable(&p, "pids");
	hold_task_in_c(hold);
	remove_c();
	expect_pids(1, -1, 0,
		    "when the cgroup is removed but its task is not reaped");
	release_task(&task);
	expect_pids(0, -1, 0, "when both are gone");
}

TEST_INVARIANT(charge_of_an_exiting_task_survives_rmdir,
	       "pids.current of the parent counts a task of a removed cgroup until it is reaped",
	       NO_FIX)
{
	charge_must_survive_rmdir(HOLD_ZAP_PIDNS);
}

TEST_INVARIANT(charge_of_a_zombie_survives_rmdir,
	       "pids.current of the parent counts a zombie of a removed cgroup until it is reaped",
	       NO_FIX)
{
	charge_must_survive_rmdir(HOLD_ZOMBIE);
}

TEST_INVARIANT(exiting_thread_stays_charged_when_its_process_moves,
	       "pids.current counts an exiting thread in the cgroup that its process has left",
	       NO_FIX)
{
	test_enable(&p, "pids");
	hold_task(&task, HOLD_THREAD, &c);
	expect_pids(2, 2, 0, "with a process of two threads");
	test_require(!call_add(&write_call, &elsewhere, task.process), FIX_NONE,
		     "process %d, which has an exiting and a live thread, cannot be moved: %s",
		     task.process, strerror(-write_call.err));
	expect_pids(1, 1, 1, "when all but an exiting thread have moved");
	assert_held(&task);
	release_task(&task);
	expect_pids(0, 0, 0, "when the thread and its process are gone");
}

static long dying_css(int i)
{
	return dying_csses(&p, dying_controllers[i]);
}

/* Enables every controller that the kernel has; @list names them, each after @op. */
static int enable_all(const char *op, char *list, size_t size)
{
	int i, nr = 0;
	size_t len = 0;

	for (i = 0; i < DYING_CONTROLLERS; i++) {
		const char *name = dying_controllers[i];

		base_csses[i] = -1;
		if (dying_css(i) < 0 || cgroup_enable(&p, name, &test.reason))
			continue;
		base_csses[i] = dying_css(i);
		len += snprintf(list + len, size - len, "%s%s%s", nr ? " " : "",
				op, name);
		nr++;
	}
	base_cgroups = dying_cgroups(&p);
	return nr;
}

/* Some kernels count it a moment later: see cgroup_dying. */
static void expect_dying_csses(const char *when)
{
	long long until = now_ms() + PATIENCE_MS;
	int i;

	for (i = 0; i < DYING_CONTROLLERS; i++) {
		long now;

		if (base_csses[i] < 0)
			continue;
		WAIT_FOR(dying_css(i) != base_csses[i], until - now_ms());
		now = dying_css(i);
		test_step("nr_dying_subsys_%s is %ld, was %ld",
			  dying_controllers[i], now, base_csses[i]);
		if (now != base_csses[i] + 1)
			test_fail(FIX_NONE,
				  "nr_dying_subsys_%s went from %ld to %ld %s",
				  dying_controllers[i], base_csses[i], now,
				  when);
	}
}

static void expect_dying_cgroup(void)
{
	long now = dying_cgroups(&p);

	test_step("nr_dying_descendants is %ld, was %ld", now, base_cgroups);
	if (now != base_cgroups + 1)
		test_fail(FIX_NONE,
			  "nr_dying_descendants went from %ld to %ld when one cgroup was removed",
			  base_cgroups, now);
}

static long dying_outside_p(void)
{
	memcg_drain_stock(&p);
	return dying_cgroups(&test.root) - dying_cgroups(&p);
}

/*
 * The kernel may only be late to free c. So the test removes another cgroup on the same CPU
 * and waits until that one is freed.
 */
static void expect_still_dying(void)
{
	long outside_p = dying_outside_p();
	static struct cgroup sentinel;
	static struct call call;

	test_cgroup(&sentinel, &test.root, "sentinel");
	test_require(call_rmdir(&call, &sentinel, BLOCKED_MS), FIX_NONE,
		     "rmdir of a cgroup that had no task fails: %s",
		     call_failure(&call));
	test_require(WAIT_FOR(dying_outside_p() == outside_p, PATIENCE_MS),
		     FIX_NONE,
		     "a removed cgroup that had no task is never freed");
	assert_held(&task);
	test_step("another cgroup is removed and freed; nr_dying_descendants is %ld",
		  dying_cgroups(&p));
	if (dying_cgroups(&p) != base_cgroups + 1)
		test_fail(FIX_NONE,
			  "nr_dying_descendants is %ld and was %ld: c is freed, or counted twice, while its task %d is not reaped",
			  dying_cgroups(&p), base_cgroups, task.pid);
}

static bool css_is_freed(int i)
{
	memcg_drain_stock(&p);
	return dying_css(i) == base_csses[i];
}

static bool cgroup_is_freed(void)
{
	memcg_drain_stock(&p);
	return dying_cgroups(&p) == base_cgroups;
}

static void expect_all_freed(void)
{
	long long until = now_ms() + PATIENCE_MS;
	int i;

	for (i = 0; i < DYING_CONTROLLERS; i++)
		if (base_csses[i] >= 0 &&
		    !WAIT_FOR(css_is_freed(i), until - now_ms()))
			test_fail(FIX_NONE,
				  "nr_dying_subsys_%s is %ld and was %ld: it is never freed",
				  dying_controllers[i], dying_css(i),
				  base_csses[i]);
	if (!WAIT_FOR(cgroup_is_freed(), until - now_ms()))
		test_fail(FIX_NONE,
			  "nr_dying_descendants is %ld and was %ld: the cgroup is never freed",
			  dying_cgroups(&p), base_cgroups);
	test_step("no cgroup and no controller is dying any more");
}

static void fault_in_test(void)
{
	test_must_call(memcg_fault_in_test(),
		       "cannot lock the memory of the test, or stay on one CPU");
}

static void enable_all_or_skip(const char *op, char *list, size_t size)
{
	fault_in_test();
	if (!enable_all(op, list, size))
		test_skip("no controller with a count in cgroup.stat: %s",
			  test.reason.text);
}

static void removed_cgroup_must_be_dying(enum hold_kind hold)
{
	char list[64];

	enable_all_or_skip("", list, sizeof(list));
	hold_task_in_c(hold);
	remove_c();
	expect_dying_cgroup();
	expect_dying_csses("at rmdir");
	expect_still_dying();
	release_task(&task);
	expect_all_freed();
}

TEST_INVARIANT(exiting_task_keeps_a_removed_cgroup_dying,
	       "cgroup.stat counts a removed cgroup and its controllers as dying once, from rmdir until its exiting task is gone",
	       NO_FIX)
{
	removed_cgroup_must_be_dying(HOLD_ZAP_PIDNS);
}

TEST_INVARIANT(zombie_keeps_a_removed_cgroup_dying,
	       "cgroup.stat counts a removed cgroup and its controllers as dying once, from rmdir until its zombie is reaped",
	       NO_FIX)
{
	removed_cgroup_must_be_dying(HOLD_ZOMBIE);
}

static void disabled_controllers_must_be_dying(enum hold_kind hold)
{
	char list[64];

	enable_all_or_skip("-", list, sizeof(list));
	hold_task_in_c(hold);
	call_write(&write_call, &p, "cgroup.subtree_control", list);
	test_require(call_succeeded(&write_call, BLOCKED_MS), FIX_NONE,
		     "controllers cannot be disabled: %s: %s", write_call.what,
		     call_failure(&write_call));
	expect_dying_csses("when it was disabled");
	assert_held(&task);

	remove_c();
	expect_dying_cgroup();
	expect_dying_csses("when it was disabled and then removed");
	release_task(&task);
	expect_all_freed();
}

TEST_INVARIANT(exiting_task_keeps_a_disabled_controller_dying,
	       "cgroup.stat counts a disabled controller as dying once, until its exiting task is gone, even if its cgroup is then removed",
	       NO_FIX)
{
	disabled_controllers_must_be_dying(HOLD_ZAP_PIDNS);
}

TEST_INVARIANT(zombie_keeps_a_disabled_controller_dying,
	       "cgroup.stat counts a disabled controller as dying once, until its zombie is reaped, even if its cgroup is then removed",
	       NO_FIX)
{
	disabled_controllers_must_be_dying(HOLD_ZOMBIE);
}

/* The per-CPU stock of the memory controller holds 64 pages. */
#define STOCK_PAGES 64

/* Half of it is more than a stock can keep out of memory.current. */
static int leftover_size(void)
{
	int stock = STOCK_PAGES * sysconf(_SC_PAGESIZE);

	return stock > 2 << 20 ? 4 * stock : 8 << 20;
}

/* In c: fills a memfd, or a pipe. */
static __noreturn void fill(int file)
{
	static char block[1 << 16] = "x";
	int left;

	for (left = leftover_size(); left > 0; left -= sizeof(block))
		if (write(file, block, sizeof(block)) != sizeof(block))
			_exit(EXIT_FAILURE);
	_exit(EXIT_SUCCESS);
}

/* A task in c charges the memory of @file, and is reaped. */
static void leave_memory_behind(int file)
{
	int cgroup_fd = cgroup_open(&c, "");
	int status;
	pid_t pid;

	pid = fork_into(cgroup_fd, 0);
	if (!pid)
		fill(file);
	close(cgroup_fd);
	test_must_call(pid < 0 ? errno : 0, "cannot fork into c");
	status = spawn_wait(pid, PATIENCE_MS);
	test_require(status != -ETIMEDOUT, FIX_NONE,
		     "task %d, which writes %d bytes in c, does not end", pid,
		     leftover_size());
	if (status)
		test_error("task %d cannot write %d bytes in c", pid,
			   leftover_size());
}

static void enable_memory(void)
{
	char list[64];

	test_enable(&p, "memory");
	fault_in_test();
	enable_all("", list, sizeof(list));
}

/*
 * Where rmdir fails or sleeps (see cgroup_rmdir), the task has to go first. The memory is
 * left behind by another task, so these tests do not depend on it.
 */
static void remove_c_with_exiting_task(void)
{
	bool removed;

	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	removed = call_rmdir(&rmdir_call, &c, BLOCKED_MS);
	assert_held(&task);
	release_task(&task);
	test_require(removed || call_rmdir_until_done(&rmdir_call, &c),
		     FIX_NONE,
		     "rmdir does not succeed even after the task is gone: %s",
		     call_failure(&rmdir_call));
}

static void must_be_charged_to_p(long long before)
{
	long long now = read_number(&p, "memory.current");

	test_step("memory.current of p is %lld, was %lld", now, before);
	if (now < before + leftover_size() / 2)
		test_fail(FIX_NONE,
			  "leftover memory of a removed cgroup is not charged to its parent: memory.current of p is %lld, was %lld before",
			  now, before);
}

TEST_INVARIANT(leftover_memory_is_charged_to_the_parent,
	       "leftover memory of a removed cgroup is charged to the parent until it is freed",
	       NO_FIX)
{
	long long before;
	int file;

	/* For offline_barrier_cpu(). */
	test_enable(&p, "cpu");
	enable_memory();
	file = memfd_create("leftover", MFD_CLOEXEC);
	test_must_call(file < 0 ? errno : 0, "memfd_create");
	before = read_number(&p, "memory.current");
	leave_memory_behind(file);
	remove_c_with_exiting_task();
	/* The memory controller reparents its charges when the cgroup goes offline. */
	test_require(WAIT_FOR(!test_populated(&p), PATIENCE_MS), FIX_NONE,
		     "populated is 1 after the task is gone");
	offline_barrier_cpu(&test.root);

	must_be_charged_to_p(before);
	close(file);
	if (!WAIT_FOR(read_number(&p, "memory.current") <
			      before + leftover_size() / 2,
		      PATIENCE_MS))
		test_fail(FIX_NONE,
			  "leftover memory of a removed cgroup is still charged to p after it is freed: memory.current is %lld, was %lld before",
			  read_number(&p, "memory.current"), before);
	test_step("memory.current of p is %lld",
		  read_number(&p, "memory.current"));
	expect_all_freed();
}

TEST_INVARIANT(leftover_kernel_memory_does_not_pin_the_cgroup,
	       "leftover kernel memory of a removed cgroup is charged to the parent and does not pin the cgroup",
	       NO_FIX)
{
	long long before;
	int pipes[2];

	enable_memory();
	if (pipe2(pipes, O_CLOEXEC) ||
	    fcntl(pipes[1], F_SETPIPE_SZ, leftover_size()) != leftover_size())
		test_error("cannot create a pipe of %d bytes: %s",
			   leftover_size(), strerror(errno));
	before = read_number(&p, "memory.current");
	leave_memory_behind(pipes[1]);
	if (read_number(&c, "memory.current") < leftover_size() / 2)
		test_skip("kernel memory is not charged: cgroup.memory=nokmem");
	remove_c_with_exiting_task();

	expect_all_freed();
	must_be_charged_to_p(before);
}

static bool lists_no_process(const struct cgroup *cg)
{
	char text[64];
	ssize_t len = cgroup_read(cg, "cgroup.procs", text, sizeof(text));

	test_must_call(len < 0 ? len : 0, "cannot read cgroup.procs");
	return !len;
}

/* Writes @text to @file of c, which fails with @refusal if c has tasks. */
static void must_be_allowed_when_empty(const char *file, const char *text,
				       int refusal)
{
	bool looks_empty, allowed;

	hold_task(&task, HOLD_ZAP_PIDNS, &c);
	looks_empty = lists_no_process(&c);
	call_write(&write_call, &c, file, text);
	allowed = call_succeeded(&write_call, BLOCKED_MS);
	assert_held(&task);
	if (allowed)
		return;
	test_require(write_call.err == refusal, FIX_NONE, "%s: %s",
		     write_call.what, call_failure(&write_call));
	if (looks_empty)
		test_xfail("\"%s\" to %s fails although cgroup.procs is empty: %s",
			   text, file, strerror(-refusal));

	release_task(&task);
	/* The task may be reaped before its last context switch. */
	test_require(WAIT_FOR(!test_populated(&c), PATIENCE_MS), FIX_NONE,
		     "populated of c is 1 after the task is gone");
	call_write(&write_call, &c, file, text);
	test_require(call_succeeded(&write_call, BLOCKED_MS), FIX_NONE,
		     "%s fails even after the task is gone: %s",
		     write_call.what, call_failure(&write_call));
}

TEST_INVARIANT(empty_looking_cgroup_enables_a_domain_controller,
	       "a cgroup can enable a domain controller as soon as its cgroup.procs is empty, and always after the last context switch of its last task",
	       NO_FIX)
{
	test_enable(&p, "memory");
	must_be_allowed_when_empty("cgroup.subtree_control", "+memory", -EBUSY);
}

TEST_INVARIANT(empty_looking_cgroup_becomes_threaded,
	       "a cgroup can become threaded as soon as its cgroup.procs is empty, and always after the last context switch of its last task",
	       NO_FIX)
{
	must_be_allowed_when_empty("cgroup.type", "threaded", -EOPNOTSUPP);
}
