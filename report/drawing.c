// SPDX-License-Identifier: GPL-2.0-only
/*
 * drawing - a failure's timeline as lanes. See drawing.h.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"
#include "drawing.h"
#include "text.h"

#define MAX_LANES 64
#define KEPT_LANES \
	3 /* of tasks, and of cgroups, besides the one that others share */

#define MAX_MS 1e9

#define WEIGHT_MARK 1000
#define WEIGHT_HELD 100

/* --- The lines of the list -------------------------------------------------- */

/* "A    67.839  cgroup_exit  of c (cgroup 6560)" */
struct line {
	double ms;
	char mark;
	char kind[24];
	const char *text;
};

/* A kind is padded to KIND_WIDTH, and may contain a blank if it is not longer. */
#define KIND_WIDTH 12

static size_t kind_length(const char *text)
{
	size_t len = strlen(text);

	if (len <= KIND_WIDTH || text[KIND_WIDTH] != ' ')
		return strcspn(text, " ");
	for (len = KIND_WIDTH; len && text[len - 1] == ' '; len--)
		;
	return len;
}

static bool parse_line(const char *text, struct line *line)
{
	const char *number;
	size_t len;
	char *end;

	if (*text != ' ' && !(isupper((unsigned char)*text) && text[1] == ' '))
		return false;
	line->mark = *text;
	number = text + 1 + strspn(text + 1, " ");
	if (!isdigit((unsigned char)*number))
		return false;
	line->ms = strtod(number, &end);
	if (line->ms > MAX_MS || !begins(end, "  "))
		return false;
	end += 2;
	len = kind_length(end);
	if (!len || len >= sizeof(line->kind))
		return false;
	memcpy(line->kind, end, len);
	line->kind[len] = '\0';
	end += len;
	line->text = end + strspn(end, " ");
	return true;
}

bool drawing_begins(const char *line)
{
	return begins(line, "timeline, in ");
}

bool drawing_has_line(const char *line)
{
	struct line parsed;

	return parse_line(line, &parsed);
}

/* --- The lane of an event --------------------------------------------------- */

static int find_lane(struct drawing *d, enum lane_kind kind, const char *key,
		     size_t len, const char *name)
{
	struct lane *lane;
	int i;

	for (i = 0; i < d->nr_lanes; i++)
		if (d->lane[i].kind == kind && strlen(d->lane[i].key) == len &&
		    !strncmp(d->lane[i].key, key, len))
			return i;
	if (d->nr_lanes == MAX_LANES || len >= sizeof(lane->key))
		return 0;
	lane = &d->lane[d->nr_lanes];
	memset(lane, 0, sizeof(*lane));
	lane->kind = kind;
	memcpy(lane->key, key, len);
	snprintf(lane->name, sizeof(lane->name), "%s", name);
	return d->nr_lanes++;
}

static int test_lane(struct drawing *d)
{
	return find_lane(d, LANE_TEST, "", 0, "test");
}

static int scheduler_lane(struct drawing *d)
{
	return find_lane(d, LANE_SCHEDULER, "", 0, "scheduler");
}

/* @name may be NULL. */
static int task_lane(struct drawing *d, const char *pid, const char *name,
		     size_t name_len)
{
	size_t len = strspn(pid, "0123456789");
	char text[sizeof(d->lane->name)];
	int lane;

	snprintf(text, sizeof(text), "task %.*s", (int)len, pid);
	lane = find_lane(d, LANE_TASK, pid, len, text);
	if (name && d->lane[lane].kind == LANE_TASK)
		snprintf(d->lane[lane].name, sizeof(d->lane[lane].name),
			 "%.*s, %.*s", (int)(name_len < 26 ? name_len : 26),
			 name, (int)len, pid);
	return lane;
}

static int cgroup_lane(struct drawing *d, const char *name, size_t len)
{
	char text[sizeof(d->lane->name)];
	bool has_kind = len > 7 && begins(name, "cgroup ");

	snprintf(text, sizeof(text), "%s%.*s", has_kind ? "" : "cgroup ",
		 (int)(len < 30 ? len : 30), name);
	return find_lane(d, LANE_CGROUP, name, len, text);
}

/* "of the task (pid 771, exiting) in c, at fork": the label is the kind and "in c". */
static bool place_task(struct drawing *d, struct moment *m,
		       const struct line *line)
{
	const char *name, *pid, *rest;

	if (!begins(line->text, "of "))
		return false;
	name = line->text + 3;
	pid = strstr(name, " (pid ");
	if (!pid)
		return false;
	rest = strchr(pid, ')');
	if (!rest)
		return false;
	m->lane = task_lane(d, pid + 6, name, pid - name);
	snprintf(m->label, sizeof(m->label), "%s%.*s", line->kind,
		 (int)(strstr(rest, ", at fork") ?
			       strstr(rest, ", at fork") - rest - 1 :
			       (long)strlen(rest + 1)),
		 rest + 1);
	if (!strcmp(line->kind, "init_task"))
		m->opens = SPAN_KNOWN;
	else if (!strcmp(line->kind, "exit_task"))
		m->closes = SPAN_KNOWN;
	else if (!strcmp(line->kind, "last switch"))
		m->closes = SPAN_HELD;
	return true;
}

/* "of c (cgroup 6560, offline)", "of cpu in c (cgroup 6560)" */
static bool place_cgroup(struct drawing *d, struct moment *m,
			 const struct line *line)
{
	const char *name, *id, *in;

	if (!begins(line->text, "of "))
		return false;
	name = line->text + 3;
	id = strstr(name, " (cgroup ");
	in = strstr(name, " in ");
	if (!id)
		return false;
	if (in && in < id) {
		snprintf(m->label, sizeof(m->label), "%s of %.*s", line->kind,
			 (int)(in - name), name);
		name = in + 4;
	} else {
		snprintf(m->label, sizeof(m->label), "%s", line->kind);
	}
	m->lane = cgroup_lane(d, name, id - name);
	if (!strcmp(line->kind, "cgroup_init"))
		m->opens = SPAN_KNOWN;
	else if (!strcmp(line->kind, "cgroup_exit"))
		m->closes = SPAN_KNOWN;
	return true;
}

/* --- The steps of the test ---------------------------------------------------- */

/* "task 771 exits and is held in exit_files()", "task 771 is released" */
static bool place_task_step(struct drawing *d, struct moment *m,
			    const char *text)
{
	size_t digits;

	if (!begins(text, "task "))
		return false;
	text += 5;
	digits = strspn(text, "0123456789");
	if (!digits || text[digits] != ' ')
		return false;
	m->lane = task_lane(d, text, NULL, 0);
	text += digits + 1;
	snprintf(m->label, sizeof(m->label), "%s", text);
	if (begins(text, "exits and is "))
		m->opens = SPAN_HELD;
	else if (begins(text, "is released"))
		m->closes = SPAN_HELD;
	return true;
}

/* The name after @before, if it ends at ':' or at @end. */
static size_t cgroup_named(const char *name, const char *end)
{
	size_t len = strcspn(name, ": ");

	if (!len || begins(name, "the "))
		return 0;
	return name[len] == ':' || (end && begins(name + len, end)) ? len : 0;
}

/* "c" of "c/cgroup.kill: done": the file follows. */
static size_t cgroup_of_file(const char *path)
{
	size_t len = strcspn(path, "/: ");

	return path[len] == '/' ? len : 0;
}

/* "rmdir c: done", "write of \"1\" to c/cgroup.kill: done", "populated of c is 0" */
static bool place_cgroup_step(struct drawing *d, struct moment *m,
			      const char *text)
{
	const char *name =
		strstr(text, begins(text, "write ") ? " to " : " of ");
	const char *file;
	size_t len = 0;

	if (begins(text, "rmdir ")) {
		name = text + 6;
		len = cgroup_named(name, NULL);
		snprintf(m->label, sizeof(m->label), "rmdir%s", name + len);
	} else if (name && begins(text, "write of ")) {
		name += 4;
		len = cgroup_of_file(name);
		if (!len)
			return false;
		text += strlen("write of ");
		file = name + len + 1;
		if (begins(file, "cgroup."))
			file += strlen("cgroup.");
		snprintf(m->label, sizeof(m->label), "%.*s %s",
			 (int)(name - 1 - text), text, file);
	} else if (name && begins(text, "populated of ")) {
		name += 4;
		len = cgroup_named(name, " is ");
		snprintf(m->label, sizeof(m->label), "populated%s", name + len);
	}
	if (len)
		m->lane = cgroup_lane(d, name, len);
	return len;
}

static bool place_scheduler_step(struct drawing *d, struct moment *m,
				 const char *text)
{
	static const char is[] = "the scheduler is ";

	if (begins(text, is))
		text += strlen(is);
	else if (!begins(text, "the kernel ejects the scheduler"))
		return false;
	m->lane = scheduler_lane(d);
	snprintf(m->label, sizeof(m->label), "%s", text);
	return true;
}

static void place_step(struct drawing *d, struct moment *m, const char *text)
{
	m->by_test = true;
	m->failed = begins(text, "FAILURE: ") || begins(text, "SETUP FAILED: ");
	if (!m->failed &&
	    (place_task_step(d, m, text) || place_cgroup_step(d, m, text) ||
	     place_scheduler_step(d, m, text)))
		return;
	if (strstr(text, "is released") || strstr(text, "are released"))
		m->closes = SPAN_HELD;
	m->lane = test_lane(d);
	if (begins(text, "FAILURE: "))
		text += 9;
	snprintf(m->label, sizeof(m->label), "%s", text);
}

/* "sleeps in cgroup_drain_dying (cgroup_drain_dying < cgroup_rmdir < ...)" */
static void cut_backtrace(char *label)
{
	char *from = strstr(label, " < ") ? strchr(label, '(') : NULL;

	if (from && from > label)
		from[-1] = '\0';
}

static void place(struct drawing *d, struct moment *m, const struct line *line)
{
	m->ms = line->ms;
	m->mark = line->mark;
	if (!strcmp(line->kind, "test")) {
		place_step(d, m, line->text);
	} else if (!place_task(d, m, line) && !place_cgroup(d, m, line)) {
		m->lane = scheduler_lane(d);
		snprintf(m->label, sizeof(m->label), "%s",
			 begins(line->kind, "disabl") ? line->kind :
							line->text);
	}
	cut_backtrace(m->label);
	d->lane[m->lane].used = true;
	d->lane[m->lane].weight += (m->mark != ' ') * WEIGHT_MARK +
				   (m->opens == SPAN_HELD) * WEIGHT_HELD;
}

/* --- The moments ---------------------------------------------------------------- */

/* "FAILURE: R2: cgroup_exit of ...": the letters show where, so this need not be drawn. */
static bool is_told_by_marks(const struct line *line)
{
	return begins(line->text, "FAILURE: R") &&
	       isdigit((unsigned char)line->text[10]) && line->text[11] == ':';
}

static bool was_reported(const struct drawing *d, const char *text)
{
	size_t i;

	if (begins(text, "FAILURE: "))
		text += 9;
	for (i = 0; i < d->nr_moments; i++)
		if (d->moment[i].failed && !strcmp(d->moment[i].label, text))
			return true;
	return false;
}

static bool has_marks(const struct ktap_text *said)
{
	struct line line;
	size_t i;

	for (i = 0; i < said->nr; i++)
		if (parse_line(said->line[i], &line) && line.mark != ' ')
			return true;
	return false;
}

static void read_moments(struct drawing *d, const struct ktap_text *said)
{
	bool begun = false, marks = has_marks(said);
	struct line line;
	size_t i;

	for (i = 0; i < said->nr; i++) {
		if (drawing_begins(said->line[i])) {
			begun = true;
			continue;
		}
		if (!begun || !parse_line(said->line[i], &line) ||
		    (marks && is_told_by_marks(&line)) ||
		    was_reported(d, line.text))
			continue;
		place(d, &d->moment[d->nr_moments++], &line);
	}
}

/* --- The lanes -------------------------------------------------------------------- */

static int lanes_before(const struct drawing *d, int lane)
{
	int i, before = 0;

	for (i = 0; i < d->nr_lanes; i++)
		before += d->lane[i].kind == d->lane[lane].kind &&
			  (d->lane[i].weight > d->lane[lane].weight ||
			   (d->lane[i].weight == d->lane[lane].weight &&
			    i < lane));
	return before;
}

static bool is_kept(const struct drawing *d, int lane)
{
	int i, alike = 0;

	if (!d->lane[lane].used)
		return false;
	for (i = 0; i < d->nr_lanes; i++)
		alike += d->lane[i].kind == d->lane[lane].kind;
	/* One more lane takes no more room than one that others share. */
	return alike <= KEPT_LANES + 1 || lanes_before(d, lane) < KEPT_LANES;
}

static int add_lane(struct lane *lanes, int *nr, const struct lane *lane)
{
	lanes[*nr] = *lane;
	return (*nr)++;
}

/* Sorts the lanes by kind, and merges those of too many tasks or cgroups. */
static void arrange_lanes(struct drawing *d)
{
	struct lane lanes[MAX_LANES], others = { .shared = true };
	int kind, i, nr = 0, shared;

	for (kind = 0; kind < LANE_NR_KINDS; kind++) {
		shared = -1;
		for (i = 0; i < d->nr_lanes; i++)
			if (d->lane[i].kind == (enum lane_kind)kind &&
			    is_kept(d, i))
				d->lane[i].into =
					add_lane(lanes, &nr, &d->lane[i]);
		for (i = 0; i < d->nr_lanes; i++) {
			if (d->lane[i].kind != (enum lane_kind)kind ||
			    !d->lane[i].used || is_kept(d, i))
				continue;
			others.kind = kind;
			strcpy(others.name, kind == LANE_TASK ?
						    "other tasks" :
						    "other cgroups");
			if (shared < 0)
				shared = add_lane(lanes, &nr, &others);
			d->lane[i].into = shared;
		}
	}
	for (i = 0; (size_t)i < d->nr_moments; i++)
		d->moment[i].lane = d->lane[d->moment[i].lane].into;
	memcpy(d->lane, lanes, nr * sizeof(*lanes));
	d->nr_lanes = nr;
}

/* --- The columns ------------------------------------------------------------------ */

static bool is_important(const struct moment *m)
{
	return m->mark != ' ' || m->failed || m->opens == SPAN_HELD ||
	       m->closes == SPAN_HELD;
}

static bool column_is_important(const struct drawing *d, size_t column)
{
	size_t i;

	for (i = 0; i < d->column[column].nr; i++)
		if (is_important(&d->moment[d->column[column].first + i]))
			return true;
	return false;
}

static bool repeats(const struct moment *m, const struct moment *before)
{
	if (m->failed && before->failed)
		return m->lane == before->lane;
	return !is_important(m) && !is_important(before) &&
	       m->lane == before->lane && !strcmp(m->label, before->label);
}

static void make_columns(struct drawing *d)
{
	struct column *column = NULL;
	size_t i;

	for (i = 0; i < d->nr_moments; i++) {
		if (column && repeats(&d->moment[i], &d->moment[i - 1])) {
			column->nr++;
			continue;
		}
		column = &d->column[d->nr_columns++];
		*column = (struct column){ i, 1, true };
	}
}

/* The length of the run of unimportant columns that begins here. */
static size_t run_length(const struct drawing *d, size_t column)
{
	size_t end = column;

	while (end < d->nr_columns && !column_is_important(d, end))
		end++;
	return end - column;
}

static void merge_columns(struct drawing *d, size_t first, size_t nr)
{
	struct column *column = &d->column[first];
	size_t i;

	for (i = 1; i < nr; i++)
		column->nr += column[i].nr;
	column->alike = false;
	memmove(column + 1, column + nr,
		(d->nr_columns - first - nr) * sizeof(*column));
	d->nr_columns -= nr - 1;
}

/*
 * Merges in the middle of the longest run, which keeps its ends: these explain what is
 * beside them.
 */
static void limit_columns(struct drawing *d, size_t max)
{
	size_t i, len, longest, at, excess;

	while (d->nr_columns > max) {
		excess = d->nr_columns - max + 1;
		longest = 0;
		at = 0;
		for (i = 0; i < d->nr_columns; i += len ?: 1) {
			len = run_length(d, i);
			if (len > longest) {
				longest = len;
				at = i;
			}
		}
		if (longest > 3) {
			at++;
			longest -= 2;
		}
		if (longest < 2)
			return;
		merge_columns(d, at, longest < excess ? longest : excess);
	}
}

static void number_columns(struct drawing *d)
{
	size_t c, i;

	for (c = 0; c < d->nr_columns; c++)
		for (i = 0; i < d->column[c].nr; i++)
			d->moment[d->column[c].first + i].column = c;
}

/* --- The bars and the contradictions ------------------------------------------------- */

static void close_bars(struct drawing *d, const struct moment *m)
{
	bool all = d->lane[m->lane].kind == LANE_TEST;
	size_t i;

	for (i = 0; i < d->nr_bars; i++) {
		struct bar *bar = &d->bar[i];

		if (!bar->open || bar->span != m->closes ||
		    (!all && bar->lane != m->lane))
			continue;
		bar->to = m->column;
		bar->open = false;
	}
}

static void make_bars(struct drawing *d)
{
	size_t i;

	for (i = 0; i < d->nr_moments; i++) {
		const struct moment *m = &d->moment[i];

		if (d->lane[m->lane].shared)
			continue;
		if (m->closes)
			close_bars(d, m);
		if (m->opens)
			d->bar[d->nr_bars++] =
				(struct bar){ m->opens, m->lane, m->column,
					      d->nr_columns - 1, true };
	}
}

/* The next moment with the same mark, or @i. */
static size_t next_with_mark(const struct drawing *d, size_t i)
{
	size_t j;

	for (j = i + 1; d->moment[i].mark != ' ' && j < d->nr_moments; j++)
		if (d->moment[j].mark == d->moment[i].mark)
			return j;
	return i;
}

static void find_contradictions(struct drawing *d)
{
	size_t i, later;

	for (i = 0; i < d->nr_moments; i++) {
		later = next_with_mark(d, i);
		if (later != i)
			d->contradiction[d->nr_contradictions++] =
				(struct contradiction){ d->moment[i].mark, i,
							later };
	}
}

const char *drawing_pid_in(const char *name)
{
	const char *comma = strrchr(name, ',');

	return comma && isdigit((unsigned char)comma[1 + (comma[1] == ' ')]) ?
		       comma :
		       NULL;
}

bool drawing_make(struct drawing *d, const struct ktap_text *said,
		  size_t max_columns)
{
	size_t nr = said->nr + 1;

	memset(d, 0, sizeof(*d));
	d->lane = calloc(MAX_LANES, sizeof(*d->lane));
	d->moment = calloc(nr, sizeof(*d->moment));
	d->column = calloc(nr, sizeof(*d->column));
	d->bar = calloc(nr, sizeof(*d->bar));
	d->contradiction = calloc(nr, sizeof(*d->contradiction));
	if (d->lane && d->moment && d->column && d->bar && d->contradiction) {
		/* The lane of what does not fit into another. */
		test_lane(d);
		read_moments(d, said);
		arrange_lanes(d);
		make_columns(d);
		limit_columns(d, max_columns);
		number_columns(d);
		make_bars(d);
		find_contradictions(d);
	}
	if (d->nr_columns)
		return true;
	drawing_free(d);
	return false;
}

void drawing_free(struct drawing *d)
{
	free(d->lane);
	free(d->moment);
	free(d->column);
	free(d->bar);
	free(d->contradiction);
}
