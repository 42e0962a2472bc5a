/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spin - how a BPF program that may not sleep waits for the test, or for another
 * program: it spins for some seconds at most, and does not change whether interrupts
 * are enabled. RCU grace periods wait for it.
 *
 * Include it after vmlinux.h and libbpf's headers. See also bpf_hold.bpf.h.
 */
#ifndef TASK_EXIT_SPIN_BPF_H
#define TASK_EXIT_SPIN_BPF_H

/* The longest wait: shorter than the limits of RCU and the watchdogs. */
#define SPIN_NS 8000000000ULL

/* The most loops that bpf_loop() allows. They take half a second under emulation. */
#define SPIN_LOOPS (8 << 20)

/* Calls of bpf_loop(): more than SPIN_NS, which ends the wait first. */
#define SPIN_TIMES 32

/* @until points to the end of the wait, a u64. */
static __always_inline bool spin_is_over(const void *until)
{
	return bpf_ktime_get_ns() > *(const u64 *)until;
}

/* @done is a static function (u32 loop, void *until) that returns 1 to stop. */
#define SPIN_UNTIL(done)                                         \
	do {                                                     \
		u64 __until = bpf_ktime_get_ns() + SPIN_NS;      \
		int __i;                                         \
		for (__i = 0; __i < SPIN_TIMES; __i++)           \
			bpf_loop(SPIN_LOOPS, done, &__until, 0); \
	} while (0)

#endif /* TASK_EXIT_SPIN_BPF_H */
