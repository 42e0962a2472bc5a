/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hold - a place in the kernel where a BPF program keeps a task, or what an interrupt
 * does, until the test says so: see hold.bpf.h. It is bss->hold of the skeleton.
 *
 * Its CPU is busy meanwhile and the test needs another one: see stay_on_another_cpu().
 */
#ifndef TASK_EXIT_HOLD_H
#define TASK_EXIT_HOLD_H

struct hold {
	__u8 reached; /* it is kept, or was */
	__u8 go_on; /* the test says so */
	__u8 over; /* it goes on: the test says so, or it is late */
};

#ifndef __VMLINUX_H__

#include <sched.h>
#include <stdbool.h>
#include <unistd.h>

#include "wait.h"

/* In a setup: the machine needs another CPU for the test, and BTF for the program. */
#define LEAVE_WITHOUT_A_HOLD()                                                  \
	do {                                                                    \
		cpu_set_t cpus;                                                 \
                                                                                \
		ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));        \
		if (CPU_COUNT(&cpus) < 2)                                       \
			LEAVE("this needs a second CPU");                       \
		if (access("/sys/kernel/btf/vmlinux", R_OK))                    \
			LEAVE("this kernel has no BTF: CONFIG_DEBUG_INFO_BTF"); \
	} while (0)

static inline bool hold_has(const __u8 *what)
{
	return __atomic_load_n(what, __ATOMIC_ACQUIRE);
}

static inline bool hold_reached(const struct hold *hold, int ms)
{
	return WAIT_FOR(hold_has(&hold->reached), ms);
}

/* What a test did before this it did while the place was kept. */
static inline bool hold_is_on(const struct hold *hold)
{
	return hold_has(&hold->reached) && !hold_has(&hold->over);
}

/* Also for one that is not reached yet, and then will not be kept. */
static inline void hold_let_go(struct hold *hold)
{
	__atomic_store_n(&hold->go_on, 1, __ATOMIC_RELEASE);
}

static inline bool hold_end(struct hold *hold)
{
	hold_let_go(hold);
	return WAIT_FOR(hold_has(&hold->over), PATIENCE_MS);
}

#endif /* __VMLINUX_H__ */

#endif /* TASK_EXIT_HOLD_H */
