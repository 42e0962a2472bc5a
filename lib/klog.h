/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * klog - what the kernel printed while a test ran. A warning, an oops, a
 * lockdep report, a hung task or an RCU stall is that test's failure, whatever
 * its own assertions say.
 */
#ifndef TASK_EXIT_KLOG_H
#define TASK_EXIT_KLOG_H

#include <stdbool.h>
#include <stddef.h>

struct klog {
	int fd; /* -1 where the log cannot be read */
};

/* From here on. Watching is skipped where /dev/kmsg is not to be read. */
void klog_start(struct klog *klog);

/*
 * The text of a /dev/kmsg record if the kernel wrote it, else NULL; it is cut out
 * of the record in place. And whether a line of the kernel's begins a report.
 */
const char *klog_text(char *record);
bool klog_is_alarm(const char *text);

/*
 * Whether the kernel has said a line since klog_start(), or since the last time this
 * was asked, that has @word in it; that line goes to @text.
 */
bool klog_says(struct klog *klog, const char *word, char *text, size_t size);

/*
 * The number of alarming lines since klog_start(); the first one and some lines after
 * it go to @text.
 */
int klog_stop(struct klog *klog, char *text, size_t size);

#endif /* TASK_EXIT_KLOG_H */
