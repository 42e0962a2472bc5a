/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hold.bpf - the BPF side of a hold, for programs that may not sleep. It spins: see
 * spin.bpf.h.
 *
 * Include it after vmlinux.h and libbpf's headers. See hold.h.
 */
#ifndef TASK_EXIT_BPF_HOLD_BPF_H
#define TASK_EXIT_BPF_HOLD_BPF_H

#include "bpf_hold.h"
#include "spin.bpf.h"

struct bpf_hold hold;

static long wait_for_the_test(u32 loop, void *until)
{
	return *(volatile __u8 *)&hold.go_on || spin_is_over(until);
}

/* What the program tells the test it has to note before one or the other of these. */
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
