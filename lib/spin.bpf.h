/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spin - how a program that may not sleep waits for the test, or for another
 * program: it keeps its CPU busy for some seconds at most, with interrupts on if they
 * were. RCU waits for it, and so does who waits for RCU.
 *
 * Include it after vmlinux.h and libbpf's headers. For the wait for a test there is
 * hold.bpf.h as well.
 */
#ifndef TASK_EXIT_SPIN_BPF_H
#define TASK_EXIT_SPIN_BPF_H

/* How long at most: less than what RCU and the watchdogs complain of. */
#define SPIN_NS 8000000000ULL
#define SPIN_LOOPS (1 << 23) /* that bpf_loop() allows ... */
#define SPIN_TIMES 32 /* ... and that take half a second under emulation */

/* Used as *(u64 *)until: whether the time is up. */
static __always_inline bool spin_is_over(const void *until)
{
	return bpf_ktime_get_ns() > *(const u64 *)until;
}

/* @done is a static function, (u32 loop, void *until), that says 1 when it is. */
#define SPIN_UNTIL(done)                                         \
	do {                                                     \
		u64 __until = bpf_ktime_get_ns() + SPIN_NS;      \
		int __i;                                         \
		for (__i = 0; __i < SPIN_TIMES; __i++)           \
			bpf_loop(SPIN_LOOPS, done, &__until, 0); \
	} while (0)

#endif /* TASK_EXIT_SPIN_BPF_H */
