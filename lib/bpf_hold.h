/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf_hold - stop a task, or an interrupt, in a BPF program until the test releases it
 * (bpf_hold.bpf.h). The test sees struct bpf_hold as bss->hold of the skeleton.
 *
 * The CPU is busy meanwhile, so the test needs another one: stay_on_another_cpu().
 */
#ifndef TASK_EXIT_BPF_HOLD_H
#define TASK_EXIT_BPF_HOLD_H

struct bpf_hold {
	__u8 reached; /* the program has come here */
	__u8 go_on; /* the test releases it */
	__u8 over; /* it was released, or its time was over */
};

#ifndef __VMLINUX_H__

#include <sched.h>
#include <stdbool.h>
#include <unistd.h>

#include "test_run.h"
#include "wait.h"

/* For setup(): the test needs another CPU for itself, and BTF for the program. */
static inline void need_bpf_hold(void)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		test_error("sched_getaffinity fails");
	if (CPU_COUNT(&cpus) < 2)
		test_skip("this needs a second CPU");
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		test_skip("this kernel has no BTF: CONFIG_DEBUG_INFO_BTF");
}

static inline bool bpf_hold_has(const __u8 *what)
{
	return __atomic_load_n(what, __ATOMIC_ACQUIRE);
}

static inline bool bpf_hold_reached(const struct bpf_hold *hold, int ms)
{
	return WAIT_FOR(bpf_hold_has(&hold->reached), ms);
}

/* If true, the hold has lasted since bpf_hold_reached() returned true. */
static inline bool bpf_hold_is_on(const struct bpf_hold *hold)
{
	return bpf_hold_has(&hold->reached) && !bpf_hold_has(&hold->over);
}

/* Also for a program that has not come here yet: it will not stop. */
static inline void bpf_hold_release(struct bpf_hold *hold)
{
	__atomic_store_n(&hold->go_on, 1, __ATOMIC_RELEASE);
}

static inline bool bpf_hold_end(struct bpf_hold *hold)
{
	bpf_hold_release(hold);
	return WAIT_FOR(bpf_hold_has(&hold->over), PATIENCE_MS);
}

static inline void bpf_hold_release_at_end(void *hold)
{
	bpf_hold_release(hold);
}

/* Ends the hold at the end of the test, before anything else is cleaned up. */
static inline void bpf_hold_ends_with_test(struct bpf_hold *hold)
{
	test_at_end_first(bpf_hold_release_at_end, hold);
}

#endif /* __VMLINUX_H__ */

#endif /* TASK_EXIT_BPF_HOLD_H */
