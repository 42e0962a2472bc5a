/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drawing - a failure's timeline as lanes: one for each task and cgroup, one for the
 * scheduler and one for the test.
 *
 * It is made from the lines that lib/timeline.c prints. Events that follow each other
 * closely share a column, so that a long timeline stays legible.
 */
#ifndef TASK_EXIT_DRAWING_H
#define TASK_EXIT_DRAWING_H

#include "ktap.h"

#define DRAWING_LABEL 288

/* In the order of the lanes. */
enum lane_kind {
	LANE_TASK,
	LANE_CGROUP,
	LANE_SCHEDULER,
	LANE_TEST,
	LANE_NR_KINDS,
};

struct lane {
	enum lane_kind kind;
	char key[40]; /* a pid, or a cgroup's name */
	char name[40];
	int weight; /* lanes with contradicting events and held tasks are kept */
	bool used;
	bool shared; /* by several tasks, or several cgroups */
	int into; /* while lanes are being merged: the new index */
};

enum span {
	SPAN_NONE,
	SPAN_HELD, /* the task is held */
	SPAN_KNOWN, /* from cgroup_init to cgroup_exit, init_task to exit_task */
};

struct moment {
	double ms;
	char mark; /* 'A' and so on, or a blank */
	bool failed; /* the test reports a failure */
	bool by_test; /* and not the kernel or its scheduler */
	enum span opens, closes;
	int lane;
	size_t column;
	char label[DRAWING_LABEL];
};

/* Moments that are drawn at one place. If there are several, some are only counted. */
struct column {
	size_t first, nr;
	bool alike; /* the same event of one lane, repeated */
};

struct bar {
	enum span span;
	int lane;
	size_t from, to; /* columns */
	bool open; /* it does not end in this timeline */
};

/* Two moments that violate a rule together. */
struct contradiction {
	char mark;
	size_t earlier, later;
};

struct drawing {
	struct lane *lane;
	int nr_lanes;
	struct moment *moment;
	size_t nr_moments;
	struct column *column;
	size_t nr_columns;
	struct bar *bar;
	size_t nr_bars;
	struct contradiction *contradiction;
	size_t nr_contradictions;
};

/*
 * False if the lines have no timeline, or memory is short. At most @max_columns, unless more
 * than that must be shown.
 */
bool drawing_make(struct drawing *drawing, const struct ktap_text *said,
		  size_t max_columns);
void drawing_free(struct drawing *drawing);

/* Of a lane's name, the part that begins with ", " and a pid; or NULL. */
const char *drawing_pid_in(const char *name);

/* A part of a page. */
void drawing_print_svg(const struct ktap_result *result, const char *kernel);
extern const char drawing_style[];

/* The first line of a timeline, and a line in it that the drawing replaces. */
bool drawing_begins(const char *line);
bool drawing_has_line(const char *line);

/*
 * For a terminal of 80 columns, at most 20 lines: false if the list of events is clearer,
 * as it is without two events that contradict each other.
 */
bool drawing_make_text(struct drawing *drawing, const struct ktap_text *said);
void drawing_print_text(const struct drawing *drawing);

#endif /* TASK_EXIT_DRAWING_H */
