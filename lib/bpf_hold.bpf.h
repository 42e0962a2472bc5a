/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf_hold.bpf - the BPF side of bpf_hold.h, for programs that may not sleep: it
 * spins (spin.bpf.h).
 *
 * Include it after vmlinux.h and libbpf's headers.
 */
#ifndef TASK_EXIT_BPF_HOLD_BPF_H
#define TASK_EXIT_BPF_HOLD_BPF_H

#include "bpf_hold.h"
#include "spin.bpf.h"

struct bpf_hold hold;

/* bpf_loop() calls it each time, so it reads go_on each time. */
static long wait_for_the_test(u32 loop, void *until)
{
	return hold.go_on || spin_is_over(until);
}

/* The program stores its report to the test before it calls these. */
static __always_inline void hold_here(void)
{
	barrier();
	hold.reached = 1;
	SPIN_UNTIL(wait_for_the_test);
}

static __always_inline void hold_over(void)
{
	barrier();
	hold.over = 1;
}

#endif /* TASK_EXIT_BPF_HOLD_BPF_H */
