/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spent - a kernel that a test has left in a state in which later tests prove nothing.
 *
 * A broken kernel may keep what a test leaves for the rest of the boot: a task that
 * sleeps uninterruptibly, a css that never goes offline, so that each later write to
 * cgroup.subtree_control sleeps, a BPF scheduler that cannot be disabled. The
 * kernel is spent then: no further test of the run starts, and no further
 * program until the next boot, which a file with the boot's id tells it. Tools parse
 *
 *	# kernel spent: PROGRAM.TEST: reason
 */
#ifndef TASK_EXIT_SPENT_H
#define TASK_EXIT_SPENT_H

#include <stdbool.h>

#include "cgroup.h"
#include "compiler.h"
#include "reason.h"

/* For the guard, before it forks. */
void spent_share(void);

/* Whether this kernel is spent, and by which test, in @why. */
bool spent_is(struct reason *why);

/* The same, by a program that ran earlier in this boot, whose end may have been a kill. */
bool spent_was(struct reason *why);

/* The test that runs now, for the reason. */
void spent_by(const char *program, const char *name);

/* The kernel is spent. The first reason counts. */
__printf(1, 2) void spent_mark(const char *fmt, ...);

/* At the end of a test, and of a run: prints the line, unless it is printed. */
void spent_print(void);

/* After a failed test: looks for what the kernel still has of it. @root is its cgroup. */
void spent_look(const struct cgroup *root);

/* A test has enabled a scheduler; and a look whether the kernel has not disabled it. */
void spent_note_scheduler(void);
void spent_look_for_scheduler(void);

#endif /* TASK_EXIT_SPENT_H */
