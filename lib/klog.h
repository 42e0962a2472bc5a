/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * klog - the kernel's messages during a test. A warning, an oops, a lockdep report,
 * a hung task or an RCU stall fails the test, even if its own checks pass.
 */
#ifndef TASK_EXIT_KLOG_H
#define TASK_EXIT_KLOG_H

#include <stdbool.h>
#include <stddef.h>

struct klog {
	int fd; /* -1 if the log cannot be read */
};

/* Starts here. If /dev/kmsg cannot be read, there are no messages. */
void klog_start(struct klog *klog);

/* The same in a child, which inherits the parent's position in the log. */
void klog_restart(struct klog *klog);

/*
 * klog_text() returns the text of a /dev/kmsg record, which it terminates in place, or NULL
 * if the kernel did not write the record. klog_is_alarm() returns whether a line of the
 * kernel begins a report.
 */
const char *klog_text(char *record);
bool klog_is_alarm(const char *text);

/*
 * Returns whether the kernel has logged a line with @word since klog_start(), or since the
 * last call of this; the line is copied to @text.
 */
bool klog_has(struct klog *klog, const char *word, char *text, size_t size);

/*
 * The number of alarming lines since klog_start(); the first of them and some lines
 * after it are copied to @text.
 */
int klog_stop(struct klog *klog, char *text, size_t size);

#endif /* TASK_EXIT_KLOG_H */
