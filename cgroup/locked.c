// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_locked - a task can die while somebody has the lock of all cgroups.
 *
 * The invariant. After the last context switch of a task the kernel takes it out of
 * its cgroup, with css_set_lock, on behalf of the task that runs next. That one must
 * not sleep there. On PREEMPT_RT to take a spinlock is to sleep, if another task
 * has it: so the dead task is put on a list, and leaves its cgroup a little later.
 *
 * Who broke it. d245698d727a moved this behind the last switch; 9311e6c29b34 came
 * with it in 6.19, for the sake of PREEMPT_RT. No release has only the first.
 *
 * How the window is opened. A BPF program stops a task that reads
 * /proc/PID/cgroup where it has the lock, which is looked at. A FIFO task on the
 * same CPU wakes another one, which is to run after it, and dies.
 *
 * What a failure means. "BUG: scheduling while atomic" whenever a task dies while
 * the lock is taken; and where the task that has it is the one that runs next, it
 * waits for itself, and every change of a cgroup waits for it.
 */
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <bpf/libbpf.h>

#include "departing.h"
#include "hold.h"
#include "proc.h"
#include "spawn.h"
#include "test.h"
#include "locked.skel.h"

/* A child, and a socket on which it hears and says one byte. */
struct partner {
	pid_t pid; /* 0 for none */
	int control;
};

FIXTURE(cgroup_locked)
{
	struct stage stage;
	struct locked *skel;
	struct cgroup c;
	struct partner reader;
	struct partner next; /* who runs after the one that dies, its child */
	struct klog klog;
};

FIXTURE_SETUP(cgroup_locked)
{
	SET_STAGE();
	if (!is_preempt_rt())
		LEAVE("nobody sleeps for a spinlock here: this needs PREEMPT_RT");
	LEAVE_WITHOUT_A_HOLD();
	libbpf_set_print(NULL);
	self->skel = locked__open_and_load();
	if (!self->skel || locked__attach(self->skel))
		LEAVE("kernfs_path_from_node() cannot be traced, or css_set_lock not read, with BPF here: %s",
		      strerror(errno));
	ASSERT_EQ(0, cgroup_create(&self->c, &self->stage.root, "c"));
	ASSERT_EQ(0, stay_on_this_cpu());
}

static void end_partner(struct partner *partner)
{
	if (partner->pid <= 0)
		return;
	spawn_kill(partner->pid, PATIENCE_MS);
	partner->pid = 0;
	close(partner->control);
}

FIXTURE_TEARDOWN(cgroup_locked)
{
	if (self->skel)
		hold_let_go(&self->skel->bss->hold);
	end_partner(&self->reader);
	end_partner(&self->next);
	locked__destroy(self->skel);
	STRIKE_STAGE();
}

static int start_partner(struct partner *partner, void (*fn)(int control))
{
	int ends[2], cpu = sched_getcpu();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	partner->pid = spawn(ends[1]);
	if (!partner->pid) {
		if (!stay_on_another_cpu(cpu))
			fn(ends[1]);
		_exit(EXIT_FAILURE);
	}
	close(ends[1]);
	partner->control = ends[0];
	return partner->pid < 0 ? -errno : 0;
}

static int tell(struct partner *partner)
{
	return send(partner->control, "g", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static bool said(struct partner *partner, int ms)
{
	struct pollfd news = { .fd = partner->control, .events = POLLIN };
	char word;

	return poll(&news, 1, ms) == 1 &&
	       recv(partner->control, &word, 1, MSG_DONTWAIT) == 1;
}

static void be_reader(int control)
{
	char word, text[4096];

	if (read(control, &word, 1) != 1 ||
	    read_file("/proc/self/cgroup", text, sizeof(text)) < 0)
		return;
	send(control, "r", 1, MSG_NOSIGNAL);
	idle_until_killed();
}

/* What is woken here runs on this CPU, after us: it is a FIFO task as well. */
static void wake_and_die(int control, int next)
{
	char word;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!become_fifo() && read(control, &word, 1) == 1)
		(void)!write(next, "n", 1);
	_exit(EXIT_SUCCESS);
}

/* It does not wait for its child, lest the end of that wakes it too early. */
static void be_next(int control)
{
	int ends[2];
	char word;
	pid_t pid;

	if (pipe(ends) || become_fifo())
		return;
	pid = fork();
	if (!pid)
		wake_and_die(control, ends[1]);
	send(control, &pid, sizeof(pid), MSG_NOSIGNAL);
	if (read(ends[0], &word, 1) == 1)
		send(control, "n", 1, MSG_NOSIGNAL);
	idle_until_killed();
}

static pid_t hear_pid(struct partner *partner)
{
	struct pollfd news = { .fd = partner->control, .events = POLLIN };
	pid_t pid = -1;

	if (poll(&news, 1, PATIENCE_MS) == 1)
		(void)!recv(partner->control, &pid, sizeof(pid), MSG_DONTWAIT);
	return pid;
}

/* Not to have run is not enough: it may be slow. */
static bool next_sleeps(FIXTURE_DATA(cgroup_locked) * self)
{
	struct proc_stat stat;

	return !said(&self->next, BLOCKED_MS) &&
	       !proc_stat(self->next.pid, &stat) && stat.state == 'D';
}

/* Up to the moment in which the lock is taken and the task is ready to die. */
static void set_the_stage(struct __test_metadata *_metadata,
			  FIXTURE_DATA(cgroup_locked) * self)
{
	struct locked__bss *bss = self->skel->bss;
	struct proc_stat stat;

	ASSERT_EQ(0, start_partner(&self->next, be_next));
	bss->dying = hear_pid(&self->next);
	ASSERT_LT(0, bss->dying);
	ASSERT_EQ(0, cgroup_add(&self->c, bss->dying));
	ASSERT_TRUE(WAIT_FOR(!proc_stat(bss->dying, &stat) && stat.state == 'S',
			     PATIENCE_MS));

	ASSERT_EQ(0, start_partner(&self->reader, be_reader));
	bss->reader = self->reader.pid;
	ASSERT_EQ(0, tell(&self->reader));
	ASSERT_TRUE(hold_reached(&self->skel->bss->hold, PATIENCE_MS));
}

TEST_F(cgroup_locked, last_switch_does_not_wait_for_the_lock)
{
	struct locked__bss *bss = self->skel->bss;
	char report[4096] = "";
	bool sleeps;

	set_the_stage(_metadata, self);
	if (!hold_has(&bss->had_lock))
		SKIP(return,
			   "who reads /proc/PID/cgroup does not have css_set_lock here");
	STEP("task %d is stopped with css_set_lock", self->reader.pid);

	klog_start(&self->klog);
	ASSERT_EQ(0, tell(&self->next));
	WAIT_FOR(hold_has(&bss->died), BLOCKED_MS);
	sleeps = next_sleeps(self);
	STEP("task %d, which is next, %s; c says populated %d", self->next.pid,
	     sleeps ? "sleeps" : "runs", cgroup_populated(&self->c));

	ASSERT_TRUE(hold_end(&self->skel->bss->hold));
	ASSERT_TRUE(said(&self->reader, PATIENCE_MS));
	ASSERT_TRUE(WAIT_FOR(hold_has(&bss->died), PATIENCE_MS));
	if (!hold_has(&bss->died_meanwhile))
		SKIP(return,
			   "a task that exits needs css_set_lock before its last switch here");
	STEP("task %d had switched out for the last time", bss->dying);
	if (klog_stop(&self->klog, report, sizeof(report)) || sleeps)
		BROKEN(FIX_RT_SLEEP,
		       "the last switch of a task sleeps for css_set_lock");
	if (!WAIT_FOR(cgroup_populated(&self->c) == 0, PATIENCE_MS))
		BROKEN(FIX_NONE, "a task that died does not leave its cgroup");
}

TEST_PROGRAM(cgroup_locked)
