// SPDX-License-Identifier: GPL-2.0-only
/*
 * offline.bpf - notes when a controller is told that a cgroup goes offline, and
 * when a task switches out for the last time.
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
