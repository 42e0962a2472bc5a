/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * helper - a process beside the test that follows its orders and dies with it.
 *
 * The two talk over a socket pair: the helper reports, the test orders. Both
 * notice the other's end, as the socket is closed then.
 */
#ifndef TASK_EXIT_HELPER_H
#define TASK_EXIT_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct helper {
	pid_t pid; /* 0: none */
	int socket;
};

/* Runs @fn(socket, @arg) in a child, which exits when it returns. 0 or -errno. */
int helper_start(struct helper *helper, void (*fn)(int socket, const void *arg),
		 const void *arg);

/* Takes a report of this size; false if there is none within @ms. */
bool helper_hear(const struct helper *helper, void *report, size_t size,
		 int ms);

/* Gives the next order; 0 or -errno, -EPIPE if the helper has ended. */
int helper_order(const struct helper *helper);

/* Waits until the helper has ended: its wait status, or -ETIMEDOUT or -errno. */
int helper_wait(struct helper *helper, int ms);

/* Kills and reaps the helper, if there is one. */
void helper_kill(struct helper *helper);

/* In the helper: reports to the test. */
void helper_report(int socket, const void *report, size_t size);

/* In the helper: waits for the next order. False if the test has ended. */
bool helper_await(int socket);

#endif /* TASK_EXIT_HELPER_H */
