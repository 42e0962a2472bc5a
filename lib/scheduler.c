// SPDX-License-Identifier: GPL-2.0-only
/*
 * scheduler - load, attach and unload a BPF scheduler. See scheduler.h.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <scx/common.h>

#include "bpf_refusal.h"
#include "proc.h"
#include "kernel_btf.h"
#include "offline_barrier.h"
#include "scheduler.h"
#include "spent.h"
#include "supervise.h"
#include "timeline.h"
#include "wait.h"

#define STATE_FILE "/sys/kernel/sched_ext/state"
#define OPS_FILE "/sys/kernel/sched_ext/root/ops"

/* libbpf's first warning, to explain a failed load. */
static char complaint[256];

static int note_complaint(enum libbpf_print_level level, const char *fmt,
			  va_list args)
{
	char line[256];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), fmt, args);
	line[strcspn(line, "\n")] = '\0';
	/* The first warning is the cause; the later ones report the failure. */
	if (!complaint[0])
		snprintf(complaint, sizeof(complaint), "%s", line);
	return 0;
}

bool scheduler_state_is(const char *state)
{
	char now[32];

	return read_file(STATE_FILE, now, sizeof(now)) > 0 &&
	       !strncmp(now, state, strlen(state));
}

bool scheduler_is_enabled(const char *name)
{
	char ops[128];

	return scheduler_state_is("enabled") &&
	       read_file(OPS_FILE, ops, sizeof(ops)) > 0 &&
	       !strncmp(ops, name, strlen(name));
}

/* The kernel enables no scheduler then. The list of CPUs is empty without isolcpus=. */
static bool has_isolated_cpus(void)
{
	char cpus[64];

	return read_file("/sys/devices/system/cpu/isolated", cpus,
			 sizeof(cpus)) > 0 &&
	       cpus[0] != '\n';
}

static int is_possible(struct reason *reason)
{
	char ops[64] = "unknown";

	libbpf_set_print(note_complaint);
	if (access(STATE_FILE, R_OK)) {
		reason_set(reason,
			   "this kernel has no sched_ext: 6.12 or later with CONFIG_SCHED_CLASS_EXT");
		return -EOPNOTSUPP;
	}
	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		reason_set(reason,
			   "this kernel has no BTF: CONFIG_DEBUG_INFO_BTF");
		return -EOPNOTSUPP;
	}
	if (has_isolated_cpus()) {
		reason_set(reason,
			   "sched_ext refuses all schedulers: isolcpus= on the kernel command line");
		return -EOPNOTSUPP;
	}
	/* A scheduler whose owner has just died disables itself. */
	if (!WAIT_FOR(scheduler_state_is("disabled"), BLOCKED_MS)) {
		if (read_file(OPS_FILE, ops, sizeof(ops)) > 0)
			ops[strcspn(ops, "\n")] = '\0';
		reason_set(reason,
			   "another sched_ext scheduler is running (%s): stop it first",
			   ops);
		return -EBUSY;
	}
	return 0;
}

void need_sched_ext(void)
{
	int err = is_possible(&test.reason);

	if (err == -EBUSY)
		test_skip("%s", test.reason.text);
	test_skip_or_error(err);
}

void need_cgroup_sched_ext(void)
{
	test_enable(&test.root, "cpu");
	need_sched_ext();
	if (!kernel_btf_member("sched_ext_ops", "cgroup_init"))
		test_skip("this kernel's sched_ext does not know cgroups: CONFIG_EXT_GROUP_SCHED");
}

bool scheduler_prepare(const char *flag_name, unsigned long long *flag)
{
	libbpf_set_print(note_complaint);
	kernel_btf_prepare();
	if (flag_name && kernel_btf_enum("scx_ops_flags", flag_name, flag))
		return false;
	return kernel_btf_member("sched_ext_ops", "init_task");
}

void scheduler_adapt(struct bpf_object *obj)
{
	struct bpf_program *probe =
		bpf_object__find_program_by_name(obj, "scx_lib_init_probe");

	if (probe)
		bpf_program__set_autoload(probe, false);
}

int scheduler_try_load(struct scheduler *sch, struct reason *reason)
{
	int err;

	if (is_preloaded(sch->skeleton))
		return 0;
	complaint[0] = '\0';
	supervise_enter("load of the BPF scheduler");
	err = bpf_object__load_skeleton(sch->skeleton);
	supervise_leave();
	if (err)
		reason_set(reason, "cannot load the BPF scheduler: %s: %s",
			   bpf_refusal(err), complaint);
	return bpf_classify(err);
}

static void detach_at_end(void *sch)
{
	scheduler_detach(sch);
}

/* The test has had a scheduler: from then on the kernel must accept another. */
static bool accepted_one;

int scheduler_try_attach(struct scheduler *sch, struct reason *reason)
{
	struct reason why;
	int err;

	if (!sch->unregistered &&
	    kernel_btf_enum("scx_exit_kind", "SCX_EXIT_UNREG",
			    &sch->unregistered)) {
		reason_set(reason, "this kernel has no SCX_EXIT_UNREG");
		return -ENOENT;
	}
	complaint[0] = '\0';
	test_at_end_last(detach_at_end, sch);
	supervise_enter("attach of the scheduler");
	sch->link = bpf_map__attach_struct_ops(sch->ops);
	err = -errno;
	supervise_leave();
	accepted_one |= !!sch->link;
	if (sch->link) {
		spent_note_scheduler();
		return 0;
	}
	if (scheduler_ejected(sch, &why)) {
		reason_set(reason, "cannot attach the BPF scheduler: %s",
			   why.text);
		return err;
	}
	reason_set(reason, "cannot attach the BPF scheduler: %s: %s",
		   bpf_refusal(err), complaint);
	return err;
}

void scheduler_load(struct scheduler *sch)
{
	test_skip_or_error(scheduler_try_load(sch, &test.reason));
}

static void must_be_attached(const struct scheduler *sch, int err)
{
	struct reason unused;

	if (err == -EBUSY && !accepted_one)
		test_skip("%s", test.reason.text);
	if (err == -EBUSY || (err && scheduler_ejected(sch, &unused))) {
		test_fail(FIX_NONE, "%s", test.reason.text);
		test_stop();
	}
	if (err)
		test_error("%s", test.reason.text);
	test_step("the scheduler is enabled");
}

void scheduler_attach(struct scheduler *sch)
{
	must_be_attached(sch, scheduler_try_attach(sch, &test.reason));
}

static void *attach(void *scheduler)
{
	struct scheduler *sch = scheduler;

	sch->attach_err = scheduler_try_attach(sch, &sch->attach_failure);
	__atomic_store_n(&sch->attached, true, __ATOMIC_RELEASE);
	return NULL;
}

int scheduler_attach_begin(struct scheduler *sch)
{
	int err;

	/* Before the thread does so: the list of cleanups has no lock. */
	test_at_end_last(detach_at_end, sch);
	sch->attached = false;
	err = pthread_create(&sch->worker, NULL, attach, sch);
	sch->attaching = !err;
	return -err;
}

/* False if the kernel never returns to the thread, which sets @done at its end. */
static bool join(struct scheduler *sch, bool *working, const bool *done)
{
	if (!*working || sch->stuck)
		return !sch->stuck;
	if (!WAIT_FOR(__atomic_load_n(done, __ATOMIC_ACQUIRE),
		      3 * PATIENCE_MS)) {
		sch->stuck = true;
		return false;
	}
	pthread_join(sch->worker, NULL);
	*working = false;
	return true;
}

static bool join_attach(struct scheduler *sch)
{
	return join(sch, &sch->attaching, &sch->attached);
}

int scheduler_attach_end(struct scheduler *sch, struct reason *reason)
{
	if (!join_attach(sch)) {
		test_fail(FIX_NONE, "enabling the scheduler does not end");
		test_stop();
	}
	*reason = sch->attach_failure;
	return sch->attach_err;
}

void scheduler_attach_must_end(struct scheduler *sch)
{
	must_be_attached(sch, scheduler_attach_end(sch, &test.reason));
}

static bool event_logged_or_ejected(const struct scheduler *sch,
				    enum event_kind kind, __u64 cgroup,
				    pid_t pid)
{
	struct reason unused;

	return event_logged(test.log, kind, cgroup, pid) ||
	       scheduler_ejected(sch, &unused);
}

bool scheduler_wait_event(const struct scheduler *sch, enum event_kind kind,
			  __u64 cgroup, pid_t pid)
{
	WAIT_FOR(event_logged_or_ejected(sch, kind, cgroup, pid), PATIENCE_MS);
	return event_logged(test.log, kind, cgroup, pid);
}

void scheduler_offline_barrier(const struct scheduler *sch,
			       const struct cgroup *parent)
{
	struct cgroup sentinel;
	struct reason unused;
	bool offline;

	offline_barrier_remove(&sentinel, parent);
	offline = scheduler_wait_event(sch, EV_CGROUP_EXIT, sentinel.id, 0);
	/* The cleanup reports the ejection. */
	if (!offline && scheduler_ejected(sch, &unused))
		test_stop();
	offline_barrier_require(offline);
}

void scheduler_must_know(const struct cgroup *cg, pid_t pid)
{
	if (event_lost(test.log))
		test_error("the event log is too small for this machine");
	if (!event_logged(test.log, EV_CGROUP_INIT, cg->id, 0))
		test_fail(FIX_NONE, "cgroup %llu got no cgroup_init", cg->id);
	if (!event_logged(test.log, EV_INIT_TASK, cg->id, pid))
		test_fail(FIX_NONE, "task %d got no init_task in cgroup %llu",
			  pid, cg->id);
	if (test_has_failed())
		test_stop();
}

/* The watchdog's "comm[pid] failed to run for 30.0s" names a task. */
static pid_t blamed(const struct scheduler *sch)
{
	const char *bracket = strchr(sch->exit_info->msg, '[');

	return bracket ? atoi(bracket + 1) : 0;
}

static void report_ejection(const struct scheduler *sch,
			    const struct reason *why)
{
	const char *name = timeline_task_name(blamed(sch));

	test_fail(FIX_NONE, "the kernel ejected the scheduler: %s%s%s",
		  why->text, name ? ": that is " : "", name ?: "");
	test_quote(sch->dump);
}

void scheduler_disable(struct scheduler *sch)
{
	if (!sch->link)
		return;
	event_append(test.log, EV_UNLOAD_BEGIN);
	supervise_enter("detach of the scheduler");
	/* Waits until the kernel has disabled it. */
	bpf_link__destroy(sch->link);
	supervise_leave();
	sch->link = NULL;
	event_append(test.log, EV_UNLOAD_END);
}

static bool detach(struct scheduler *sch)
{
	struct reason why;

	scheduler_disable(sch);
	if (sch->expect_ejection || !scheduler_ejected(sch, &why))
		return true;
	report_ejection(sch, &why);
	return false;
}

static void *detach_in_thread(void *scheduler)
{
	struct scheduler *sch = scheduler;

	sch->detach_ok = detach(sch);
	__atomic_store_n(&sch->detached, true, __ATOMIC_RELEASE);
	return NULL;
}

int scheduler_detach_begin(struct scheduler *sch)
{
	int err;

	sch->detached = false;
	err = pthread_create(&sch->worker, NULL, detach_in_thread, sch);
	sch->detaching = !err;
	return -err;
}

bool scheduler_detach_end(struct scheduler *sch)
{
	if (join(sch, &sch->detaching, &sch->detached))
		return sch->detach_ok;
	test_fail(FIX_NONE, "disabling the scheduler does not end");
	return false;
}

bool scheduler_detach(struct scheduler *sch)
{
	if (!join_attach(sch))
		return false;
	if (sch->detaching)
		return scheduler_detach_end(sch);
	if (!sch->link)
		return true;
	return detach(sch);
}

bool scheduler_wait_ejected(struct scheduler *sch, struct reason *reason)
{
	if (!sch->link ||
	    !WAIT_FOR(scheduler_ejected(sch, reason), PATIENCE_MS))
		return false;
	test_step("the kernel ejects the scheduler: %s", reason->text);
	scheduler_disable(sch);
	return true;
}

bool scheduler_ejected(const struct scheduler *sch, struct reason *reason)
{
	const struct user_exit_info *info = sch->exit_info;
	int kind = __atomic_load_n(&info->kind, __ATOMIC_ACQUIRE);

	if (!kind || kind == (int)sch->unregistered)
		return false;
	reason_set(reason, "%s (%s)", info->reason, info->msg);
	return true;
}
