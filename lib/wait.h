/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wait - the time limits of this suite.
 *
 * An emulated CPU is about fifty times slower, and may stop for 100 ms at a
 * time, so the limits are generous. Only a broken kernel makes a test wait so
 * long.
 */
#ifndef TASK_EXIT_WAIT_H
#define TASK_EXIT_WAIT_H

#include <stdbool.h>
#include <time.h>

/* A call that should return at once is considered blocked after this time. */
#define BLOCKED_MS 3000

/* A wait for an event that must come gives up after this time. */
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
 * became true. Sleeps between two polls, as a spinning vCPU takes its time from
 * the task that it waits for.
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
