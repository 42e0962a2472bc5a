// SPDX-License-Identifier: GPL-2.0-only
/*
 * drawing_svg - a failure's timeline as a part of the page: time from left to right.
 *
 * The distance of two columns grows with the logarithm of the time between them, and with
 * the labels that must fit. The names of the lanes are an image of their own, which stays
 * visible while the other one scrolls.
 */
#include <stdlib.h>
#include <string.h>

#include "drawing.h"
#include "escape.h"
#include "text.h"

#define MAX_COLUMNS 24

/* In pixels. */
#define NAMES_WIDTH 122
#define NAME_CHARS 15
#define LEFT 22
#define CHAR_WIDTH 6.3
#define BOLD_WIDTH 7.2
#define LINE_HEIGHT 13
#define LANE_FOOT \
	22 /* from the last line of the labels to the end of the lane */
#define AXIS_HEIGHT 30
#define WIDE 1150 /* of a window of 1280 */
#define TICK_WIDTH 48

#define IDLE_MS 400 /* a longer time without an event is marked on the axis */
#define LABEL_LINES 3
#define LABEL_CHARS 20
#define FAILURE_CHARS 32

struct label {
	const char *line[LABEL_LINES];
	int length[LABEL_LINES];
	int nr;
	bool cut;
	char text[DRAWING_LABEL + 32];
	double width;
	int row; /* labels of one lane alternate between rows if that saves width */
};

struct svg {
	const struct drawing *d;
	struct label *label; /* by moment */
	double *x; /* by column */
	double width, height;
	int rows;
	int *lane_y, *lane_lines; /* of the line; of each row of labels */
};

const char drawing_style[] =
	".drawing { display: flex; overflow-x: auto; margin: .6rem 0; border: 1px solid var(--line);\n"
	"  background: var(--bg); width: max-content; max-width: 100% }\n"
	".drawing svg { flex: none; display: block; font: 11px system-ui, sans-serif; fill: var(--fg) }\n"
	".drawing .lanes { position: sticky; left: 0; background: var(--head); z-index: 1;\n"
	"  font-weight: bold }\n"
	".drawing line, .drawing path { stroke: var(--dim); fill: none }\n"
	".drawing .grid { stroke: var(--line) } .drawing .tick { fill: var(--dim) }\n"
	".drawing .label { paint-order: stroke; stroke: var(--bg); stroke-width: 3px }\n"
	".drawing .held { fill: var(--held); stroke: var(--fg) } .drawing .hold { font-weight: 600 }\n"
	".drawing .known { fill: var(--line); stroke: none }\n"
	".drawing .event { fill: var(--fg) } .drawing .step { fill: var(--bg); stroke: var(--fg) }\n"
	".drawing .wrong { stroke: var(--broken); stroke-width: 2 }\n"
	".drawing .letter { fill: var(--fail-bg); stroke: var(--bg) }\n"
	".drawing .letters { fill: #fff; font-weight: bold; text-anchor: middle }\n"
	".drawing .bad { fill: var(--broken); font-weight: 600 }\n";

/* --- Labels --------------------------------------------------------------------- */

static int alike_in_column(const struct svg *svg, const struct moment *m)
{
	const struct column *column = &svg->d->column[m->column];
	size_t i;
	int n = 0;

	for (i = 0; i < column->nr; i++)
		n += svg->d->moment[column->first + i].lane == m->lane;
	return n;
}

static bool is_first_of_lane(const struct svg *svg, size_t moment)
{
	const struct moment *m = &svg->d->moment[moment];
	size_t i;

	for (i = svg->d->column[m->column].first; i < moment; i++)
		if (svg->d->moment[i].lane == m->lane)
			return false;
	return true;
}

static void word_label(const struct svg *svg, size_t moment)
{
	const struct moment *m = &svg->d->moment[moment];
	struct label *label = &svg->label[moment];
	int alike = alike_in_column(svg, m);

	if (m->failed && alike > 1)
		snprintf(label->text, sizeof(label->text), "%d failures: %s",
			 alike, m->label);
	else if (alike > 1 && svg->d->column[m->column].alike)
		snprintf(label->text, sizeof(label->text), "%s, %d times",
			 m->label, alike);
	else if (alike > 1)
		snprintf(label->text, sizeof(label->text), "%d events", alike);
	else
		snprintf(label->text, sizeof(label->text), "%s", m->label);
}

/* Breaks the label at blanks; the rest of a long one is in its tooltip. */
static void wrap_label(struct label *label, int chars, double char_width)
{
	const char *text = label->text;
	int longest = 0, len, blank;

	while (*text && label->nr < LABEL_LINES) {
		len = strlen(text);
		if (len > chars) {
			blank = chars;
			while (blank && text[blank] != ' ')
				blank--;
			len = blank ?: (int)strcspn(text, " ");
		}
		label->line[label->nr] = text;
		label->length[label->nr++] = len;
		if (len > longest)
			longest = len;
		text += len;
		text += strspn(text, " ");
	}
	label->cut = *text;
	label->width = (longest + 2 * label->cut) * char_width;
}

static bool is_bold(const struct moment *m)
{
	return m->failed || m->mark != ' ' || m->opens == SPAN_HELD;
}

static void make_labels(struct svg *svg)
{
	size_t i;

	for (i = 0; i < svg->d->nr_moments; i++) {
		const struct moment *m = &svg->d->moment[i];

		if (!is_first_of_lane(svg, i))
			continue;
		word_label(svg, i);
		wrap_label(&svg->label[i],
			   m->failed ? FAILURE_CHARS : LABEL_CHARS,
			   is_bold(m) ? BOLD_WIDTH : CHAR_WIDTH);
	}
}

/* --- Places --------------------------------------------------------------------- */

static double column_ms(const struct drawing *d, size_t column)
{
	return d->moment[d->column[column].first].ms;
}

static double column_end_ms(const struct drawing *d, size_t column)
{
	return d->moment[d->column[column].first + d->column[column].nr - 1].ms;
}

static bool is_idle_before(const struct drawing *d, size_t column)
{
	return column &&
	       column_ms(d, column) - column_end_ms(d, column - 1) > IDLE_MS;
}

static double distance_before(const struct drawing *d, size_t column)
{
	double ms = column_ms(d, column) - column_end_ms(d, column - 1);

	double distance = 16;

	if (is_idle_before(d, column))
		return 84;
	for (; ms >= 1; ms /= 2)
		distance += 7;
	return distance;
}

/* The place of the label's row that is free first; the label takes it. */
static double take_row(const struct svg *svg, double *ends, size_t moment,
		       double x)
{
	struct label *label = &svg->label[moment];
	int row, best = 0;

	for (row = 1; row < svg->rows; row++)
		if (ends[row] < ends[best])
			best = row;
	/* Stay in the upper row where there is room. */
	if (ends[0] <= x)
		best = 0;
	label->row = best;
	return ends[best] > x ? ends[best] : x;
}

static void place_column(struct svg *svg, double *ends, size_t column, double x)
{
	const struct column *c = &svg->d->column[column];
	size_t i;

	for (i = c->first; i < c->first + c->nr; i++)
		if (svg->label[i].nr)
			x = take_row(svg, ends + svg->d->moment[i].lane * 2, i,
				     x);
	svg->x[column] = x;
	for (i = c->first; i < c->first + c->nr; i++) {
		const struct label *label = &svg->label[i];
		double end = x + label->width + 10;

		if (!label->nr)
			continue;
		ends[svg->d->moment[i].lane * 2 + label->row] = end;
		if (end > svg->width)
			svg->width = end;
	}
}

/* With one or two rows of labels in each lane. */
static bool place_columns(struct svg *svg, int rows)
{
	double *ends = calloc(svg->d->nr_lanes, 2 * sizeof(*ends)), x = LEFT;
	size_t c;

	if (!ends)
		return false;
	svg->rows = rows;
	svg->width = 0;
	for (c = 0; c < svg->d->nr_columns; c++) {
		if (c)
			x = svg->x[c - 1] + distance_before(svg->d, c);
		place_column(svg, ends, c, x);
	}
	/* For the last time on the axis. */
	if (svg->width < svg->x[c - 1] + TICK_WIDTH)
		svg->width = svg->x[c - 1] + TICK_WIDTH;
	free(ends);
	return true;
}

static void place_lanes(struct svg *svg)
{
	const struct drawing *d = svg->d;
	int y = 0, lane, row;
	size_t i;

	for (i = 0; i < d->nr_moments; i++) {
		lane = 2 * d->moment[i].lane + svg->label[i].row;
		if (svg->label[i].nr > svg->lane_lines[lane])
			svg->lane_lines[lane] = svg->label[i].nr;
	}
	for (lane = 0; lane < d->nr_lanes; lane++) {
		for (row = 0; row < 2; row++)
			y += svg->lane_lines[2 * lane + row] * LINE_HEIGHT;
		svg->lane_y[lane] = y + 14;
		y += 14 + LANE_FOOT - 8;
	}
	svg->height = y + AXIS_HEIGHT;
}

/* --- Shapes ----------------------------------------------------------------------- */

/* "c" is a part of the name, and so is "cgroup" or "pid 771" in the line above or below. */
static void split_name(const char *name, char first[], char second[],
		       size_t size)
{
	const char *comma = drawing_pid_in(name);

	second[0] = '\0';
	if (comma) {
		snprintf(first, size, "%.*s", (int)(comma - name), name);
		snprintf(second, size, "pid %s", comma + 2);
	} else if (begins(name, "cgroup ")) {
		snprintf(first, size, "cgroup");
		snprintf(second, size, "%s", name + 7);
	} else {
		snprintf(first, size, "%s", name);
	}
}

static void print_name_line(const char *text)
{
	char cut[NAME_CHARS + 1];

	snprintf(cut, sizeof(cut), "%.*s", NAME_CHARS, text);
	print_markup(cut);
	if (strlen(text) > NAME_CHARS)
		printf("..");
}

static void print_names(const struct svg *svg)
{
	const struct drawing *d = svg->d;
	char first[sizeof(d->lane->name)], second[sizeof(d->lane->name)];
	int i;

	printf("<svg class=\"lanes\" width=\"%d\" height=\"%.0f\" aria-hidden=\"true\">",
	       NAMES_WIDTH, svg->height);
	for (i = 0; i < d->nr_lanes; i++) {
		split_name(d->lane[i].name, first, second, sizeof(first));
		printf("<text x=\"6\" y=\"%d\">",
		       svg->lane_y[i] + (*second ? -2 : 4));
		print_name_line(first);
		if (*second) {
			printf("<tspan x=\"6\" dy=\"12\">");
			print_name_line(second);
			printf("</tspan>");
		}
		printf("</text>");
	}
	printf("<text class=\"tick\" x=\"6\" y=\"%.0f\">time in ms</text></svg>",
	       svg->height - 8);
}

static void print_lanes(const struct svg *svg)
{
	int i;

	for (i = 0; i < svg->d->nr_lanes; i++)
		printf("<line class=\"grid\" x1=\"0\" x2=\"%.0f\" y1=\"%d\" y2=\"%d\"/>",
		       svg->width, svg->lane_y[i], svg->lane_y[i]);
}

static void print_bars(const struct svg *svg, enum span span)
{
	size_t i;

	for (i = 0; i < svg->d->nr_bars; i++) {
		const struct bar *bar = &svg->d->bar[i];
		int half = span == SPAN_HELD ? 6 : 3;
		double to = bar->open ? svg->width : svg->x[bar->to];

		if (bar->span == span)
			printf("<rect class=\"%s\" x=\"%.0f\" y=\"%d\" width=\"%.0f\" height=\"%d\"/>",
			       span == SPAN_HELD ? "held" : "known",
			       svg->x[bar->from], svg->lane_y[bar->lane] - half,
			       to - svg->x[bar->from], 2 * half);
	}
}

/* A curve between the two events, so that it does not hide what is between them. */
static void print_contradictions(const struct svg *svg)
{
	const struct drawing *d = svg->d;
	size_t i;

	for (i = 0; i < d->nr_contradictions; i++) {
		const struct moment *a =
			&d->moment[d->contradiction[i].earlier];
		const struct moment *b = &d->moment[d->contradiction[i].later];
		double x1 = svg->x[a->column], x2 = svg->x[b->column];
		int y1 = svg->lane_y[a->lane], y2 = svg->lane_y[b->lane];

		if (a->lane == b->lane)
			printf("<path class=\"wrong\" d=\"M%.0f %dQ%.0f %d %.0f %d\"/>",
			       x1, y1, (x1 + x2) / 2, y1 + 30, x2, y2);
		else
			printf("<path class=\"wrong\" d=\"M%.0f %dC%.0f %d %.0f %d %.0f %d\"/>",
			       x1, y1, (x1 + x2) / 2, y1, (x1 + x2) / 2, y2, x2,
			       y2);
	}
}

/* A line through all lanes shows what else is true when the test finds the failure. */
static void print_failures(const struct svg *svg)
{
	size_t i;

	for (i = 0; i < svg->d->nr_moments; i++)
		if (svg->d->moment[i].failed)
			printf("<line class=\"wrong\" stroke-dasharray=\"3 3\" x1=\"%.0f\" x2=\"%.0f\" y1=\"4\" y2=\"%d\"/>",
			       svg->x[svg->d->moment[i].column],
			       svg->x[svg->d->moment[i].column],
			       svg->lane_y[svg->d->moment[i].lane]);
}

static void print_marker(const struct svg *svg, size_t moment)
{
	const struct moment *m = &svg->d->moment[moment];
	double x = svg->x[m->column];
	int y = svg->lane_y[m->lane];

	if (m->mark != ' ')
		printf("<circle class=\"letter\" cx=\"%.0f\" cy=\"%d\" r=\"8\"/><text class=\"letters\" x=\"%.0f\" y=\"%d\">%c</text>",
		       x, y, x, y + 4, m->mark);
	else if (m->failed)
		printf("<path class=\"wrong\" d=\"M%.0f %dl10 10m0 -10l-10 10\"/>",
		       x - 5, y - 5);
	else if (m->by_test)
		printf("<rect class=\"step\" x=\"%.0f\" y=\"%d\" width=\"7\" height=\"7\"/>",
		       x - 3.5, y - 4);
	else
		printf("<circle class=\"event\" cx=\"%.0f\" cy=\"%d\" r=\"4\"/>",
		       x, y);
}

static void print_label(const struct svg *svg, size_t moment)
{
	const struct moment *m = &svg->d->moment[moment];
	const struct label *label = &svg->label[moment];
	int i, y = svg->lane_y[m->lane] - 12 - (label->nr - 1) * LINE_HEIGHT;
	double x = svg->x[m->column] - 5;

	if (!label->row)
		y -= svg->lane_lines[2 * m->lane + 1] * LINE_HEIGHT;
	printf("<text class=\"label%s\" x=\"%.0f\" y=\"%d\">",
	       m->failed || m->mark != ' ' ? " bad" :
	       m->opens == SPAN_HELD	   ? " hold" :
					     "",
	       x, y);
	if (label->cut) {
		printf("<title>");
		print_markup(label->text);
		printf("</title>");
	}
	for (i = 0; i < label->nr; i++) {
		char line[sizeof(label->text)];

		snprintf(line, sizeof(line), "%.*s", label->length[i],
			 label->line[i]);
		printf("<tspan x=\"%.0f\"%s>", x, i ? " dy=\"13\"" : "");
		print_markup(line);
		printf("%s</tspan>",
		       label->cut && i + 1 == label->nr ? " ..." : "");
	}
	printf("</text>");
}

static bool column_has_mark(const struct drawing *d, size_t column)
{
	size_t i;

	for (i = 0; i < d->column[column].nr; i++)
		if (d->moment[d->column[column].first + i].mark != ' ' ||
		    d->moment[d->column[column].first + i].failed)
			return true;
	return false;
}

/* Whether it would cover that of a column with a mark, which has precedence. */
static bool is_crowded(const struct svg *svg, size_t column)
{
	size_t c;

	for (c = column + 1; c < svg->d->nr_columns; c++)
		if (column_has_mark(svg->d, c))
			return svg->x[c] - svg->x[column] < TICK_WIDTH;
	return false;
}

static void print_axis(const struct svg *svg)
{
	double x, end = -TICK_WIDTH, y = svg->height - 8;
	char text[32], last[32] = "";
	size_t c;

	for (c = 0; c < svg->d->nr_columns; c++) {
		x = svg->x[c];
		if (is_idle_before(svg->d, c))
			printf("<path d=\"M%.0f %.0fl4 -8l4 8l4 -8\"/>", x - 36,
			       y);
		snprintf(text, sizeof(text), "%.1f", column_ms(svg->d, c));
		if (!strcmp(text, last) || (c && x < end + TICK_WIDTH) ||
		    (!column_has_mark(svg->d, c) && is_crowded(svg, c)))
			continue;
		printf("<line class=\"grid\" x1=\"%.0f\" x2=\"%.0f\" y1=\"0\" y2=\"%.0f\"/><text class=\"tick\" x=\"%.0f\" y=\"%.0f\">%s</text>",
		       x, x, y - 12, x - 5, y, text);
		strcpy(last, text);
		end = x;
	}
}

/* --- The image ---------------------------------------------------------------------- */

static void print_description(const struct svg *svg)
{
	const struct drawing *d = svg->d;
	size_t i, nr = 0;

	printf("%zu events of %d lanes in %.1f ms.", d->nr_moments, d->nr_lanes,
	       d->moment[d->nr_moments - 1].ms - d->moment[0].ms);
	for (i = 0; i < d->nr_contradictions; i++) {
		const struct contradiction *c = &d->contradiction[i];
		const struct moment *a = &d->moment[c->earlier];
		const struct moment *b = &d->moment[c->later];

		printf(" %c: ", c->mark);
		print_markup(d->lane[a->lane].name);
		printf(": ");
		print_markup(a->label);
		printf(" at %.1f ms contradicts ", a->ms);
		print_markup(d->lane[b->lane].name);
		printf(": ");
		print_markup(b->label);
		printf(" at %.1f ms.", b->ms);
	}
	for (i = 0; i < d->nr_moments; i++) {
		if (!d->moment[i].failed || nr++)
			continue;
		printf(" At %.1f ms: ", d->moment[i].ms);
		print_markup(d->moment[i].label);
		printf(".");
	}
	printf(" The list below has every event.");
}

static void print_image(const struct svg *svg, const struct ktap_result *result,
			const char *kernel)
{
	static int number;
	size_t i;

	number++;
	printf("<div class=\"drawing\" tabindex=\"0\" role=\"group\" aria-label=\"drawing\">");
	print_names(svg);
	printf("<svg role=\"img\" width=\"%.0f\" height=\"%.0f\" aria-labelledby=\"t%d d%d\"><title id=\"t%d\">Timeline of ",
	       svg->width, svg->height, number, number, number);
	print_markup(result->name);
	printf(" on ");
	print_markup(kernel);
	printf("</title><desc id=\"d%d\">", number);
	print_description(svg);
	printf("</desc>");
	print_lanes(svg);
	print_axis(svg);
	print_bars(svg, SPAN_KNOWN);
	print_bars(svg, SPAN_HELD);
	print_failures(svg);
	print_contradictions(svg);
	for (i = 0; i < svg->d->nr_moments; i++)
		if (svg->label[i].nr)
			print_label(svg, i);
	for (i = 0; i < svg->d->nr_moments; i++)
		if (svg->label[i].nr)
			print_marker(svg, i);
	printf("</svg></div>");
}

void drawing_print_svg(const struct ktap_result *result, const char *kernel)
{
	struct drawing d;
	struct svg svg = { .d = &d };

	if (!drawing_make(&d, &result->said, MAX_COLUMNS))
		return;
	svg.label = calloc(d.nr_moments, sizeof(*svg.label));
	svg.x = calloc(d.nr_columns, sizeof(*svg.x));
	svg.lane_y = calloc(d.nr_lanes, sizeof(*svg.lane_y));
	svg.lane_lines = calloc(d.nr_lanes, 2 * sizeof(*svg.lane_lines));
	if (svg.label && svg.x && svg.lane_y && svg.lane_lines) {
		make_labels(&svg);
		if (place_columns(&svg, 1) &&
		    (svg.width < WIDE || place_columns(&svg, 2))) {
			place_lanes(&svg);
			print_image(&svg, result, kernel);
		}
	}
	free(svg.label);
	free(svg.x);
	free(svg.lane_y);
	free(svg.lane_lines);
	drawing_free(&d);
}
