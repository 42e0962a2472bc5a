/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hold.bpf - the BPF side of a hold, for programs that may not sleep. It keeps the CPU
 * busy, with interrupts on if they were. RCU waits for it, and so does who waits for RCU.
 *
 * Include it after vmlinux.h and libbpf's headers. See hold.h.
 */
#ifndef TASK_EXIT_HOLD_BPF_H
#define TASK_EXIT_HOLD_BPF_H

#include "hold.h"

/* How long at most: less than what the kernel calls a stall. */
#define HOLD_NS 8000000000ULL
#define HOLD_LOOPS (1 << 23) /* that bpf_loop() allows ... */
#define HOLD_TIMES 32 /* ... and that take half a second under emulation */

struct hold hold;

static long wait_for_the_test(u32 loop, void *until)
{
	return *(volatile __u8 *)&hold.go_on ||
	       bpf_ktime_get_ns() > *(u64 *)until;
}

/* What the program tells the test it has to note before one or the other of these. */
static __always_inline void hold_here(void)
{
	u64 until = bpf_ktime_get_ns() + HOLD_NS;
	int i;

	barrier();
	hold.reached = 1;
	for (i = 0; i < HOLD_TIMES; i++)
		bpf_loop(HOLD_LOOPS, wait_for_the_test, &until, 0);
}

static __always_inline void hold_over(void)
{
	barrier();
	hold.over = 1;
}

#endif /* TASK_EXIT_HOLD_BPF_H */
