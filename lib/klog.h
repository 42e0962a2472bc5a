/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * klog - the kernel's messages during a test. An oops, a lockdep report, a hung task, an
 * RCU stall or the like fails the test, even if its own checks pass. A plain warning
 * does so only if its location or its call trace names a part of the kernel that the suite
 * tests: on a device another driver may warn meanwhile.
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
 * Returns the text of a /dev/kmsg record, which it terminates in place, or NULL if the
 * kernel did not write the record.
 */
const char *klog_text(char *record);

/*
 * Returns whether the kernel has logged a line with @word since klog_start(), or since the
 * last call of this; the line is copied to @text.
 */
bool klog_has(struct klog *klog, const char *word, char *text, size_t size);

/* What klog_stop() has found. */
struct klog_findings {
	int alarms; /* reports that fail the test */
	char report[4096]; /* the beginning of the first of these */
	int others; /* warnings of other parts of the kernel */
	char other[160]; /* the first line of the first of these */
};

void klog_stop(struct klog *klog, struct klog_findings *found);

/*
 * The state of klog_stop() between two lines: klog_take() takes the next one, and
 * klog_end() comes after the last one. A warning is undecided until a line of it names a
 * part that the suite tests, or it ends.
 */
struct klog_reader {
	struct klog_findings *found;
	bool undecided;
	int lines; /* of the undecided report */
	int quoted; /* lines in found->report */
	size_t used; /* of found->report */
	char first[160]; /* line of the undecided report */
};

void klog_take(struct klog_reader *reader, const char *line);
void klog_end(struct klog_reader *reader);

#endif /* TASK_EXIT_KLOG_H */
