// SPDX-License-Identifier: GPL-2.0-only
/*
 * offline.bpf - notes when a controller is told that a cgroup goes offline, and
 * when a task switches out for the last time; and stops rmdir halfway.
 */
#include <vmlinux.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "events.bpf.h"

#define PF_EXITING 0x00000004
#define TASK_DEAD 0x00000080

char _license[] SEC("license") = "GPL";

static void note_css(struct cgroup_subsys_state *css, enum event_kind kind)
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

/* The test attaches it to each controller's css_offline(). */
SEC("kprobe.multi")
int BPF_KPROBE(css_offline, struct cgroup_subsys_state *css)
{
	note_css(css, EV_CSS_OFFLINE);
	return 0;
}

/* Every CPU has seen that the css is killed; a cgroup itself has a css, too. */
SEC("?fentry/css_killed_ref_fn")
int BPF_PROG(css_killed, struct percpu_ref *ref)
{
	struct cgroup_subsys_state *css;

	css = (void *)ref -
	      bpf_core_field_offset(struct cgroup_subsys_state, refcnt);
	if (BPF_CORE_READ(css, ss))
		note_css(css, EV_CSS_KILLED);
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

/* The count of the cgroup itself was in one of two places. */
struct cgroup___with_count {
	int nr_populated_csets;
} __attribute__((preserve_access_index));

struct cgroup_subsys_state___with_count {
	int nr_populated_csets;
} __attribute__((preserve_access_index));

/* How long rmdir is stopped at most. */
#define STOP_NS 4000000000ULL
#define STOP_LOOPS (1 << 23) /* that bpf_loop() allows ... */
#define STOP_TIMES 16 /* ... and that take half a second under emulation */

__u64 stopped_cgroup; /* rmdir of this one is stopped until nobody is left in it */
bool ready; /* who lets the task go is on another CPU */
bool stopped; /* it is, or has been */
bool was_populated, is_populated; /* when it was stopped, when it went on */

struct stop {
	struct cgroup *cgrp;
	u64 until;
};

static int tasks_of(struct cgroup_subsys_state *css)
{
	return BPF_CORE_READ((struct cgroup_subsys_state___with_count *)css,
			     nr_populated_csets);
}

/*
 * A task leaves the cgroup first and then, one by one, what the controllers have of it;
 * who looks may see it halfway.
 */
static bool has_tasks(struct cgroup *cgrp)
{
	struct cgroup___with_count *own = (void *)cgrp;
	struct cgroup_subsys_state *css;
	int i;

	if (bpf_core_field_exists(own->nr_populated_csets))
		return BPF_CORE_READ(own, nr_populated_csets);
	if (tasks_of((void *)cgrp + bpf_core_field_offset(struct cgroup, self)))
		return true;
	for (i = 0; i < bpf_core_enum_value(enum cgroup_subsys_id,
					    CGROUP_SUBSYS_COUNT);
	     i++)
		if (!bpf_core_read(&css, sizeof(css), &cgrp->subsys[i]) &&
		    css && tasks_of(css))
			return true;
	return false;
}

static long wait_for_tasks(u32 loop, void *context)
{
	struct stop *stop = context;

	return !has_tasks(stop->cgrp) || bpf_ktime_get_ns() > stop->until;
}

/*
 * At the first file that rmdir takes away: it has seen that no live task is in the
 * cgroup, and is still to look whether to take down what the controllers have.
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
		bpf_loop(STOP_LOOPS, wait_for_tasks, &stop, 0);
	is_populated = has_tasks(stop.cgrp);
	return 0;
}
