/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wait - how long this suite waits for anything.
 *
 * On a machine that emulates its CPU everything is some fifty times slower and
 * a vCPU may lose 100 ms at a stretch, so nothing here is tight. Only a kernel
 * that breaks a promise makes a test wait this long.
 */
#ifndef TASK_EXIT_WAIT_H
#define TASK_EXIT_WAIT_H

#include <stdbool.h>
#include <time.h>

/* What should return at once is called blocked after this long. */
#define BLOCKED_MS 3000

/* What is sure to come, given time, is given up after this long. */
#define PATIENCE_MS 10000

static inline long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static inline void pause_ms(int ms)
{
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&pause, NULL);
}

/*
 * Polls @cond until it is true or @ms have passed; evaluates to whether it
 * became true. Blocks between two looks: a vCPU that spins takes its slice
 * from the very task that it waits for.
 */
#define WAIT_FOR(cond, ms)                                      \
	({                                                      \
		long long __until = now_ms() + (ms);            \
		bool __met;                                     \
		while (!(__met = (cond)) && now_ms() < __until) \
			pause_ms(1);                            \
		__met;                                          \
	})

#endif /* TASK_EXIT_WAIT_H */
