/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spent - a kernel that a test has left in a state in which later tests prove nothing.
 *
 * A broken kernel may keep what a test leaves for the rest of the boot: a task that
 * sleeps uninterruptibly, a css that never goes offline, so that each later write to
 * cgroup.subtree_control sleeps, a BPF scheduler that cannot be disabled. The
 * kernel is spent then: the run starts no further test, and later programs skip all their
 * tests until the next boot. They read this from a file that contains the boot id. Tools
 * parse
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

/* Returns whether the kernel is spent, and sets @why, unless NULL, to the test and the reason. */
bool spent_is(struct reason *why);

/* The same, for a program that ran earlier in this boot, even if it was killed. */
bool spent_was(struct reason *why);

/* Sets the name of the running test, for spent_mark(). */
void spent_by(const char *program, const char *name);

/* Marks the kernel as spent. Only the first reason is kept. */
__printf(1, 2) void spent_mark(const char *fmt, ...);

/* At the end of a test, and of a run: prints the line, unless it is printed. */
void spent_print(void);

/*
 * After a failed test: marks the kernel as spent if a cgroup, a css or a scheduler of the
 * test remains. @root is the test's cgroup.
 */
void spent_look(const struct cgroup *root);

/*
 * Call spent_note_scheduler() when a test has enabled a scheduler.
 * spent_look_for_scheduler() marks the kernel as spent if that one is still enabled.
 */
void spent_note_scheduler(void);
void spent_look_for_scheduler(void);

#endif /* TASK_EXIT_SPENT_H */
