// SPDX-License-Identifier: GPL-2.0-only
/*
 * edit - reads a mutant and applies its edits to a kernel tree.
 *
 *	edit show KEY MUTANT		prints the value of a key
 *	edit check TREE MUTANT		checks that the edits apply to the tree
 *	edit apply TREE MUTANT OUT	writes the edited files below OUT
 *
 * Exit status: 0 on success, 2 after an error message.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compiler.h"
#include "mutant.h"
#include "source.h"

/* The text of a file that an edit replaces. */
struct place {
	const char *begin, *end;
	const struct edit *edit;
};

static const char *mutant_name;

static __noreturn __printf(1, 2) void die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "mutants/%s: ", mutant_name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static void check_err(int err)
{
	if (err)
		die("%s", strerror(-err));
}

static void read_mutant(struct mutant *mutant, const char *path)
{
	const char *slash = strrchr(path, '/');
	FILE *from;

	mutant_name = slash ? slash + 1 : path;
	from = fopen(path, "r");
	if (!from)
		die("cannot read the mutant: %s", strerror(errno));
	if (mutant_read(mutant, from))
		die("%s", *mutant->error ? mutant->error : "no memory");
	fclose(from);
}

static char *read_file(const char *tree, const char *name)
{
	char *path, *text = NULL;
	size_t room = 0;
	FILE *from;

	if (asprintf(&path, "%s/%s", tree, name) < 0)
		die("no memory");
	from = fopen(path, "r");
	if (!from)
		die("%s: %s", path, strerror(errno));
	if (getdelim(&text, &room, '\0', from) < 0)
		die("%s is empty", path);
	fclose(from);
	free(path);
	return text;
}

static void find_scopes(const struct source *source, const struct edit *edit,
			struct spans *scopes)
{
	if (edit->in) {
		check_err(source_find_definitions(source, edit->in, scopes));
		if (!scopes->nr)
			die("line %d: %s has no %s", edit->line, edit->file,
			    edit->in);
		return;
	}
	scopes->span = calloc(1, sizeof(*scopes->span));
	check_err(scopes->span ? 0 : -ENOMEM);
	scopes->span->begin = 0;
	scopes->span->end = source->nr;
	scopes->nr = 1;
}

static struct place find_place(const struct source *source,
			       const struct edit *edit)
{
	const struct token *first, *last;
	struct spans scopes, found;
	struct source wanted;
	struct place place;

	check_err(source_split(&wanted, edit->replace));
	if (!wanted.nr)
		die("line %d: replace: is empty", edit->line);
	find_scopes(source, edit, &scopes);
	check_err(source_find(source, &scopes, &wanted, &found));
	if (found.nr != 1)
		die("line %d: the text to replace occurs %zu times in %s%s%s, expected once: %s",
		    edit->line, found.nr, edit->in ?: "",
		    edit->in ? " of " : "", edit->file, edit->replace);
	first = &source->token[found.span->begin];
	last = &source->token[found.span->end - 1];
	place = (struct place){ first->at, last->at + last->length, edit };
	source_free(&wanted);
	spans_free(&scopes);
	spans_free(&found);
	return place;
}

static int compare_begin(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	return left->begin < right->begin ? -1 : left->begin > right->begin;
}

static FILE *create(const char *out, const char *name)
{
	char *path, *slash;
	FILE *to;

	if (asprintf(&path, "%s/%s", out, name) < 0)
		die("no memory");
	for (slash = path + strlen(out); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
	to = fopen(path, "w");
	if (!to)
		die("cannot write %s: %s", path, strerror(errno));
	free(path);
	return to;
}

static void write_edited(FILE *to, const char *text, const struct place *place,
			 size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		fwrite(text, 1, place[i].begin - text, to);
		fputs(place[i].edit->with, to);
		text = place[i].end;
	}
	fputs(text, to);
	if (ferror(to) | fclose(to))
		die("cannot write an edited file: %s", strerror(errno));
}

/* Applies all edits of one file. With @out == NULL, only checks them. */
static void edit_file(const struct mutant *mutant, const char *name,
		      const char *tree, const char *out)
{
	struct place *place = calloc(mutant->nr_edits, sizeof(*place));
	char *text = read_file(tree, name);
	struct source source;
	size_t i, nr = 0;

	check_err(place ? source_split(&source, text) : -ENOMEM);
	for (i = 0; i < mutant->nr_edits; i++)
		if (!strcmp(mutant->edit[i].file, name))
			place[nr++] = find_place(&source, &mutant->edit[i]);
	qsort(place, nr, sizeof(*place), compare_begin);
	for (i = 1; i < nr; i++)
		if (place[i].begin < place[i - 1].end)
			die("line %d: the edit overlaps the edit of line %d",
			    place[i].edit->line, place[i - 1].edit->line);
	if (out)
		write_edited(create(out, name), text, place, nr);
	source_free(&source);
	free(text);
	free(place);
}

static bool is_first_of_its_file(const struct mutant *mutant, size_t edit)
{
	size_t i;

	for (i = 0; i < edit; i++)
		if (!strcmp(mutant->edit[i].file, mutant->edit[edit].file))
			return false;
	return true;
}

static void edit(const struct mutant *mutant, const char *tree, const char *out)
{
	size_t i;

	for (i = 0; i < mutant->nr_edits; i++)
		if (is_first_of_its_file(mutant, i))
			edit_file(mutant, mutant->edit[i].file, tree, out);
}

static void show(const struct mutant *mutant, const char *key)
{
	puts(mutant_value(mutant, key) ?: "");
}

int main(int argc, char **argv)
{
	static const char usage[] = "usage: edit show KEY MUTANT\n"
				    "       edit check TREE MUTANT\n"
				    "       edit apply TREE MUTANT OUT\n";
	struct mutant mutant;

	if (argc == 4 && !strcmp(argv[1], "show")) {
		read_mutant(&mutant, argv[3]);
		show(&mutant, argv[2]);
	} else if (argc == 4 && !strcmp(argv[1], "check")) {
		read_mutant(&mutant, argv[3]);
		edit(&mutant, argv[2], NULL);
	} else if (argc == 5 && !strcmp(argv[1], "apply")) {
		read_mutant(&mutant, argv[3]);
		edit(&mutant, argv[2], argv[4]);
	} else {
		fputs(usage, stderr);
		return 2;
	}
	mutant_free(&mutant);
	return 0;
}
