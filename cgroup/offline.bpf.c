// SPDX-License-Identifier: GPL-2.0-only
/*
 * offline.bpf - logs css_offline(), killed csses and last context switches, and
 * stops rmdir(2) halfway.
 */
#include <vmlinux.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "events.bpf.h"

#define PF_EXITING 0x00000004
#define TASK_DEAD 0x00000080

char _license[] SEC("license") = "GPL";

static void log_css(struct cgroup_subsys_state *css, enum event_kind kind)
{
	struct event *ev = observe();

	if (!ev)
		return;
	ev->task = (u64)css;
	ev->cgroup = BPF_CORE_READ(css, cgroup, kn, id);
	bpf_probe_read_kernel_str(ev->note, sizeof(ev->note),
				  BPF_CORE_READ(css, ss, name));
	observed(ev, kind);
}

/* The test attaches this to the css_offline() of each controller. */
SEC("kprobe.multi")
int BPF_KPROBE(css_offline, struct cgroup_subsys_state *css)
{
	log_css(css, EV_CSS_OFFLINE);
	return 0;
}

/* All CPUs see the css of a controller as killed; rmdir kills cgrp->self without this. */
SEC("?fentry/css_killed_ref_fn")
int BPF_PROG(css_killed, struct percpu_ref *ref)
{
	struct cgroup_subsys_state *css;

	css = (void *)ref -
	      bpf_core_field_offset(struct cgroup_subsys_state, refcnt);
	if (BPF_CORE_READ(css, ss))
		log_css(css, EV_CSS_KILLED);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(last_switch, bool preempt, struct task_struct *prev,
	     struct task_struct *next, unsigned int prev_state)
{
	struct event *ev;

	if (!(prev_state & TASK_DEAD))
		return 0;
	ev = observe();
	if (!ev)
		return 0;
	ev->task = (u64)prev;
	ev->pid = prev->pid;
	ev->tgid = prev->tgid;
	if (prev->flags & PF_EXITING)
		ev->flags |= EVF_EXITING;
	bpf_probe_read_kernel(ev->note, sizeof(prev->comm), prev->comm);
	observed(ev, EV_LAST_SWITCH);
	return 0;
}

/* The kernel moved this counter from struct cgroup to its css. */
struct cgroup___with_count {
	int nr_populated_csets;
} __attribute__((preserve_access_index));

struct cgroup_subsys_state___with_count {
	int nr_populated_csets;
} __attribute__((preserve_access_index));

/* rmdir is stopped for at most this long. */
#define STOP_NS 4000000000ULL
#define STOP_LOOPS (8 << 20) /* the maximum for bpf_loop() ... */
#define STOP_TIMES 16 /* ... which takes half a second under emulation */

__u64 stopped_cgroup; /* stop rmdir of this cgroup until no task is left in it */
bool releaser_ready; /* the process that releases the task is on another CPU */
bool stopped; /* rmdir is or was stopped */
bool was_populated; /* when rmdir was stopped */
bool is_populated; /* when rmdir continued */

struct stop {
	struct cgroup *cgrp;
	u64 until;
};

static int nr_populated(struct cgroup_subsys_state *css)
{
	return BPF_CORE_READ((struct cgroup_subsys_state___with_count *)css,
			     nr_populated_csets);
}

/*
 * The kernel decrements the counters of the cgroup and of its csses one by one,
 * so all of them must be 0.
 */
static bool has_tasks(struct cgroup *cgrp)
{
	struct cgroup___with_count *old = (void *)cgrp;
	struct cgroup_subsys_state *css;
	int i;

	if (bpf_core_field_exists(old->nr_populated_csets))
		return BPF_CORE_READ(old, nr_populated_csets);
	if (nr_populated((void *)cgrp +
			 bpf_core_field_offset(struct cgroup, self)))
		return true;
	for (i = 0; i < bpf_core_enum_value(enum cgroup_subsys_id,
					    CGROUP_SUBSYS_COUNT);
	     i++)
		if (!bpf_core_read(&css, sizeof(css), &cgrp->subsys[i]) &&
		    css && nr_populated(css))
			return true;
	return false;
}

static long is_over(u32 loop, void *context)
{
	struct stop *stop = context;

	return !has_tasks(stop->cgrp) || bpf_ktime_get_ns() > stop->until;
}

/*
 * Stops rmdir at the first file that it removes: it has checked that the cgroup
 * has no live task, and not yet whether to kill the csses.
 */
SEC("?fentry/kernfs_remove_by_name_ns")
int BPF_PROG(stop_rmdir, struct kernfs_node *parent)
{
	struct stop stop;
	int i;

	if (!stopped_cgroup || BPF_CORE_READ(parent, id) != stopped_cgroup)
		return 0;
	stopped_cgroup = 0;
	stop.cgrp = BPF_CORE_READ(parent, priv);
	stop.until = bpf_ktime_get_ns() + STOP_NS;
	was_populated = has_tasks(stop.cgrp);
	barrier();
	stopped = true;
	for (i = 0; i < STOP_TIMES; i++)
		bpf_loop(STOP_LOOPS, is_over, &stop, 0);
	is_populated = has_tasks(stop.cgrp);
	return 0;
}
