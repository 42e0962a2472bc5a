// SPDX-License-Identifier: GPL-2.0-only
/*
 * drawing_text - a failure's timeline on a terminal: time downwards, a lane is a column.
 *
 * Each line has one event, or several that are only counted, so that its label may
 * cover the lanes to its right. Brackets at the right margin join the events that
 * contradict each other.
 */
#include <langinfo.h>
#include <stdio.h>
#include <string.h>

#include "drawing.h"

#define WIDTH 80
#define INDENT 4
#define TIME_WIDTH 10
#define HEAD_LINES 2
#define MAX_LINES 20
#define MAX_LANES 5
#define MAX_BRACKETS 4
#define BRACKET_WIDTH 2

/* One character, which may have several bytes. */
struct cell {
	char text[8];
};

struct text {
	const struct drawing *d;
	struct cell cell[WIDTH];
	int left, lane_width, right;
	int at[MAX_LANES]; /* of each lane */
};

enum sign {
	SIGN_LANE, /* nothing is known of it */
	SIGN_KNOWN,
	SIGN_HELD,
	SIGN_EVENT,
	SIGN_STEP,
	SIGN_FAILED,
	SIGN_MORE,
	SIGN_OPEN, /* a bracket */
	SIGN_JOIN,
	SIGN_CLOSE,
	SIGN_NR,
};

static const char *sign_text(enum sign sign)
{
	static const char *const plain[SIGN_NR] = { ".", "|", "#", "*", "o",
						    "X", ":", ".", "|", "'" };
	static const char *const utf8[SIGN_NR] = {
		"\u250a", "\u2502", "\u2503", "\u25cf", "\u25cb",
		"\u2717", "\u22ee", "\u2510", "\u2502", "\u2518",
	};

	return (!strcmp(nl_langinfo(CODESET), "UTF-8") ? utf8 : plain)[sign];
}

static void put(struct text *text, int at, const char *sign)
{
	if (at >= 0 && at < WIDTH)
		snprintf(text->cell[at].text, sizeof(text->cell[at].text), "%s",
			 sign);
}

static void put_words(struct text *text, int at, int end, const char *words)
{
	char one[2] = "";
	int i, len = strlen(words), room = end - at;

	for (i = 0; i < len && i < room; i++) {
		one[0] = len > room && i >= room - 2 ? '.' : words[i];
		put(text, at + i, one);
	}
	if (i < room)
		put(text, at + i, " ");
}

static void clear(struct text *text)
{
	int i;

	for (i = 0; i < WIDTH; i++)
		put(text, i, " ");
}

static void print_line(const struct text *text)
{
	int i, end = WIDTH;

	while (end && text->cell[end - 1].text[0] == ' ')
		end--;
	for (i = 0; i < end; i++)
		printf("%s", text->cell[i].text);
	printf("\n");
}

/* The test first: its labels are the longest, and cover the others. */
static void place_lanes(struct text *text)
{
	const struct drawing *d = text->d;
	int lane, next = text->left;

	for (lane = d->nr_lanes - 1; lane >= 0; lane--) {
		if (d->lane[lane].kind != LANE_TEST)
			continue;
		text->at[lane] = next;
		next += text->lane_width;
	}
	for (lane = 0; lane < d->nr_lanes; lane++) {
		if (d->lane[lane].kind == LANE_TEST)
			continue;
		text->at[lane] = next;
		next += text->lane_width;
	}
}

static void print_head(struct text *text)
{
	char name[sizeof(text->d->lane->name)];
	bool any_pid = false;
	const char *pid;
	int lane;

	clear(text);
	put_words(text, INDENT + TIME_WIDTH - 3, text->left, "ms");
	for (lane = 0; lane < text->d->nr_lanes; lane++) {
		pid = drawing_pid_in(text->d->lane[lane].name);
		any_pid |= pid != NULL;
		snprintf(name, sizeof(name), "%.*s",
			 (int)(pid ? pid - text->d->lane[lane].name :
				     (long)sizeof(name) - 1),
			 text->d->lane[lane].name);
		put_words(text, text->at[lane],
			  text->at[lane] + text->lane_width - 1, name);
	}
	print_line(text);
	if (!any_pid)
		return;
	clear(text);
	for (lane = 0; lane < text->d->nr_lanes; lane++) {
		pid = drawing_pid_in(text->d->lane[lane].name);
		if (!pid)
			continue;
		snprintf(name, sizeof(name), "pid %s", pid + 2);
		put_words(text, text->at[lane],
			  text->at[lane] + text->lane_width - 1, name);
	}
	print_line(text);
}

/* Whether the bar is there in this line. */
static bool covers(const struct bar *bar, size_t column)
{
	return column >= bar->from && (bar->open || column <= bar->to);
}

static void put_lanes(struct text *text, size_t column)
{
	const struct drawing *d = text->d;
	enum sign sign;
	int lane;
	size_t i;

	for (lane = 0; lane < d->nr_lanes; lane++) {
		sign = SIGN_LANE;
		for (i = 0; i < d->nr_bars; i++)
			if (d->bar[i].lane == lane &&
			    covers(&d->bar[i], column))
				if (sign == SIGN_LANE ||
				    d->bar[i].span == SPAN_HELD)
					sign = d->bar[i].span == SPAN_HELD ?
						       SIGN_HELD :
						       SIGN_KNOWN;
		put(text, text->at[lane], sign_text(sign));
	}
}

static void put_event(struct text *text, const struct column *column)
{
	const struct moment *m = &text->d->moment[column->first];
	const char letter[2] = { m->mark, '\0' };
	char label[DRAWING_LABEL + 32];
	int at = text->at[m->lane];

	snprintf(label, sizeof(label), "%s%s", m->failed ? "FAILURE: " : "",
		 m->label);
	if (column->nr > 1 && m->failed)
		snprintf(label, sizeof(label), "%zu FAILURES: %s", column->nr,
			 m->label);
	else if (column->nr > 1)
		snprintf(label, sizeof(label), "%s, %zu times", m->label,
			 column->nr);
	put(text, at,
	    m->mark != ' ' ? letter :
			     sign_text(m->failed  ? SIGN_FAILED :
				       m->by_test ? SIGN_STEP :
						    SIGN_EVENT));
	put_words(text, at + 2, text->right, label);
}

static void put_several(struct text *text, const struct column *column)
{
	char label[40];
	int at, last = 0;
	size_t i;

	for (i = column->first; i < column->first + column->nr; i++) {
		at = text->at[text->d->moment[i].lane];
		put(text, at, sign_text(SIGN_MORE));
		if (at > last)
			last = at;
	}
	snprintf(label, sizeof(label), "%zu events", column->nr);
	put_words(text, last + 2, text->right, label);
}

static void put_brackets(struct text *text, size_t column)
{
	size_t i;

	for (i = 0; i < text->d->nr_contradictions; i++) {
		const struct contradiction *c = &text->d->contradiction[i];
		size_t from = text->d->moment[c->earlier].column;
		size_t to = text->d->moment[c->later].column;

		if (column >= from && column <= to)
			put(text, text->right + 1 + i * BRACKET_WIDTH,
			    sign_text(column == from ? SIGN_OPEN :
				      column == to   ? SIGN_CLOSE :
						       SIGN_JOIN));
	}
}

static void print_column(struct text *text, size_t number)
{
	const struct column *column = &text->d->column[number];
	char time[32];

	clear(text);
	snprintf(time, sizeof(time), "%*.1f", TIME_WIDTH - 1,
		 text->d->moment[column->first].ms);
	put_words(text, INDENT, text->left, time);
	put_lanes(text, number);
	if (column->alike)
		put_event(text, column);
	else
		put_several(text, column);
	put_brackets(text, number);
	print_line(text);
}

bool drawing_make_text(struct drawing *d, const struct ktap_text *said)
{
	if (!drawing_make(d, said, MAX_LINES - HEAD_LINES))
		return false;
	if (d->nr_contradictions && d->nr_contradictions <= MAX_BRACKETS &&
	    d->nr_columns <= MAX_LINES - HEAD_LINES && d->nr_lanes <= MAX_LANES)
		return true;
	drawing_free(d);
	return false;
}

void drawing_print_text(const struct drawing *d)
{
	struct text text = { .d = d, .left = INDENT + TIME_WIDTH + 1 };
	size_t i;

	text.right = WIDTH - 1 - d->nr_contradictions * BRACKET_WIDTH;
	text.lane_width = (text.right - text.left) / d->nr_lanes;
	place_lanes(&text);
	print_head(&text);
	for (i = 0; i < d->nr_columns; i++)
		print_column(&text, i);
}
