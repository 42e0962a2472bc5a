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

/*
 * A call that does not return, or an event that does not come, within this time counts as
 * blocked. A test that expects this waits so long on every kernel.
 */
#define BLOCKED_MS 3000

/*
 * The time limit for an event that must happen on a kernel without a bug. If a wait reaches
 * it, later waits at the same source line in this run give up after BLOCKED_MS.
 */
#define PATIENCE_MS 10000

/* Before a run forks: its processes share which waits have run out. */
void wait_share(void);

/* The time limit of a wait that is given @ms; and notes that it has run out. */
int wait_limit(const char *file, int line, int ms);
void wait_ran_out(const char *file, int line, int ms);

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
#define WAIT_FOR(cond, ms)                                               \
	({                                                               \
		int __ms = (ms);                                         \
		long long __until =                                      \
			now_ms() + wait_limit(__FILE__, __LINE__, __ms); \
		bool __met;                                              \
		while (!(__met = (cond)) && now_ms() < __until)          \
			pause_ms(1);                                     \
		if (!__met)                                              \
			wait_ran_out(__FILE__, __LINE__, __ms);          \
		__met;                                                   \
	})

#endif /* TASK_EXIT_WAIT_H */
