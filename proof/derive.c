// SPDX-License-Identifier: GPL-2.0-only
/*
 * derive - writes the litmus test of a handshake, with the order of accesses that a kernel tree has.
 *
 *	derive show KEY HANDSHAKE			prints the value of a key
 *	derive litmus TREE[:TREE...] HANDSHAKE [VALUE]	prints the litmus test; a file is read
 *							from the first tree that has it
 *	derive plain TREE[:TREE...] HANDSHAKE [VALUE]	the same, with plain accesses where the
 *							source has them
 *
 * Reads each thread's function from its beginning to its end and prints what the rules of the
 * handshake say, and each memory barrier, at the place where the function has it.
 *
 * Exit status: 0 on success, 1 the tree has changed, 2 bad usage, 3 the handshake does not
 * apply to this tree.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "handshake.h"
#include "source.h"
#include "text.h"

/* A source file. */
struct file {
	char *name;
	char *text;
	struct source source;
};

/* A thread of the litmus test that is being written. */
struct output {
	struct thread *thread;
	int indent;
	bool opened; /* the last line ends with a brace */
	int locked; /* locks taken less locks released */
};

static struct file files[32];
static size_t nr_files;
static char **trees;
static size_t nr_trees;
static const char *handshake_name;
static const char *word, *value; /* of with: */
static bool plain;

/* The kernel's barriers that tools/memory-model knows by the same name. */
static const char *const barriers[] = {
	"smp_mb",
	"smp_rmb",
	"smp_wmb",
	"barrier",
	"synchronize_rcu",
	"synchronize_rcu_expedited",
	"smp_mb__after_spinlock",
	"smp_mb__before_atomic",
	"smp_mb__after_atomic",
	"smp_mb__after_unlock_lock",
	"rcu_read_lock",
	"rcu_read_unlock",
};

static __noreturn __printf(2, 3) void die(int status, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: %s", handshake_name,
		status == 1 ? "the tree has changed: " : "");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

static void check_err(int err)
{
	if (err)
		die(2, "%s", strerror(-err));
}

static void *check_memory(void *memory)
{
	if (!memory)
		check_err(-ENOMEM);
	return memory;
}

static void read_handshake(struct handshake *handshake, const char *path)
{
	const char *slash = strrchr(path, '/');
	FILE *from;

	handshake_name = slash ? slash + 1 : path;
	from = fopen(path, "r");
	if (!from)
		die(2, "cannot read it: %s", strerror(errno));
	if (handshake_read(handshake, from))
		die(2, "%s",
		    *handshake->error ? handshake->error : "no memory");
	fclose(from);
	if (handshake->with)
		word = strtok(check_memory(strdup(handshake->with)), " ");
}

/* A copy of @text in which the value has replaced the word of with:. */
static char *replace_word(const char *text)
{
	size_t length = word && value ? strlen(word) : 0;
	char *copy, *result;
	const char *at;

	if (!length)
		return check_memory(strdup(text));
	result = check_memory(strdup(""));
	while ((at = strstr(text, word))) {
		if (asprintf(&copy, "%s%.*s%s", result, (int)(at - text), text,
			     value) < 0)
			check_err(-ENOMEM);
		free(result);
		result = copy;
		text = at + length;
	}
	if (asprintf(&copy, "%s%s", result, text) < 0)
		check_err(-ENOMEM);
	free(result);
	return copy;
}

static void split(struct source *tokens, const char *code)
{
	/* The tokens point into the copy. */
	check_err(source_split(tokens, replace_word(code)));
	if (!tokens->nr)
		die(2, "code: is empty");
}

static char *path_of(const char *name)
{
	char *path;
	size_t i;

	for (i = 0; i < nr_trees; i++) {
		if (asprintf(&path, "%s/%s", trees[i], name) < 0)
			check_err(-ENOMEM);
		if (!access(path, R_OK))
			return path;
		free(path);
	}
	return NULL;
}

static struct file *read_file(const char *name)
{
	struct file *file = &files[nr_files];
	char *path = path_of(name);
	size_t room = 0;
	FILE *from;

	if (!path)
		return NULL;
	if (nr_files == ARRAY_SIZE(files))
		die(2, "too many files");
	from = fopen(path, "r");
	if (!from || getdelim(&file->text, &room, '\0', from) < 0)
		die(2, "cannot read %s", path);
	fclose(from);
	free(path);
	file->name = check_memory(strdup(name));
	check_err(source_split(&file->source, file->text));
	nr_files++;
	return file;
}

/* Finds the first of the files in @names that the tree has. NULL: it has none. */
static struct file *find_file(const char *names)
{
	char *copy = check_memory(strdup(names)), *name;
	struct file *file = NULL;
	size_t i;

	for (name = strtok(copy, "\n "); name && !file;
	     name = strtok(NULL, "\n ")) {
		for (i = 0; i < nr_files; i++)
			if (!strcmp(files[i].name, name))
				file = &files[i];
		if (!file)
			file = read_file(name);
	}
	free(copy);
	return file;
}

/* The body of a function: the tokens between its braces. */
static struct span body_of(const struct file *file, const char *function)
{
	struct spans found;
	struct span body;

	check_err(source_find_definitions(&file->source, function, &found));
	if (found.nr != 1)
		die(1, "%s has %s %s()", file->name,
		    found.nr ? "more than one" : "no", function);
	body = *found.span;
	while (!source_is(&file->source, body.begin, "{"))
		body.begin++;
	spans_free(&found);
	return (struct span){ body.begin + 1, body.end - 1 };
}

static bool has_code(const struct file *file, struct span within,
		     const char *code)
{
	struct spans scope = { &within, 1 }, found;
	struct source wanted;
	bool has;

	split(&wanted, code);
	check_err(source_find(&file->source, &scope, &wanted, &found));
	has = found.nr;
	source_free(&wanted);
	spans_free(&found);
	return has;
}

/* The index after the statement at @at. */
static size_t after_statement(const struct source *source, size_t at,
			      size_t end)
{
	static const char *const headed[] = { "if", "while", "for" };
	size_t i;

	if (source_is(source, at, "{"))
		return source_after_brackets(source, at, "{", "}");
	for (i = 0; i < ARRAY_SIZE(headed); i++) {
		if (!source_is(source, at, headed[i]))
			continue;
		at = source_after_brackets(source, at + 1, "(", ")");
		at = after_statement(source, at, end);
		if (!i && source_is(source, at, "else"))
			at = after_statement(source, at + 1, end);
		return at;
	}
	for (; at < end; at++) {
		if (source_is(source, at, ";"))
			return at + 1;
		if (source_is(source, at, "("))
			at = source_after_brackets(source, at, "(", ")") - 1;
		else if (source_is(source, at, "{"))
			return source_after_brackets(source, at, "{", "}");
	}
	return end;
}

/* --- Writing ------------------------------------------------------------------------- */

static void print_line(struct output *output, const char *line, int length)
{
	printf("%.*s%.*s\n", output->indent, "\t\t\t\t\t\t\t\t", length, line);
	output->opened = length && line[length - 1] == '{';
	if (begins(line, "spin_lock(") || begins(line, "rcu_read_lock("))
		output->locked++;
	if (begins(line, "spin_unlock(") || begins(line, "rcu_read_unlock("))
		output->locked--;
}

/* Prints each line of @text, indented by the braces that are open. */
static void print_code(struct output *output, const char *text)
{
	while (*text) {
		int length = strcspn(text, "\n");

		/* herd7 refuses an empty block. */
		if (*text == '}' && output->opened)
			print_line(output, "nothing = 0;",
				   strlen("nothing = 0;"));
		if (*text == '}')
			output->indent--;
		print_line(output, text, length);
		if (output->opened)
			output->indent++;
		text += length + (text[length] == '\n');
	}
}

static void print_barrier(struct output *output, const struct source *source,
			  size_t at)
{
	char text[40];
	size_t i;

	if (!source_is(source, at + 1, "(") || !source_is(source, at + 2, ")"))
		return;
	for (i = 0; i < ARRAY_SIZE(barriers); i++) {
		if (!source_is(source, at, barriers[i]))
			continue;
		snprintf(text, sizeof(text), "%s();", barriers[i]);
		print_code(output, text);
	}
}

/* The longest rule whose code begins at @at. */
static struct rule *find_rule(struct thread *thread,
			      const struct source *source, size_t at)
{
	struct rule *best = NULL, *rule;

	for (rule = thread->rule; rule < thread->rule + thread->nr_rules;
	     rule++)
		if (source_matches(source, at, &rule->tokens) &&
		    (!best || rule->tokens.nr > best->tokens.nr))
			best = rule;
	return best;
}

/* The next of the lines "[FILE] FUNCTION". Sets @name to NULL where there is no FILE. */
static char *next_function(char **lines, char **name)
{
	char *line = strsep(lines, "\n"),
	     *space = line ? strrchr(line, ' ') : NULL;

	*name = space ? line : NULL;
	if (!space)
		return line;
	*space = '\0';
	return space + 1;
}

static void walk(struct output *output, const struct file *file,
		 struct span span);

/* The file of a function: @names, or @file if that is NULL. */
static const struct file *file_of(const char *names, const struct file *file)
{
	if (names)
		file = find_file(names);
	if (!file)
		die(1, "there is no %s", names);
	return file;
}

/* Prints the body of the function that is called at @at. Returns the index after the call. */
static size_t walk_call(struct output *output, const struct file *file,
			size_t at)
{
	const struct source *source = &file->source;
	char *copy, *lines, *function, *name;

	if (!output->thread->follow || !source_is(source, at + 1, "("))
		return at + 1;
	copy = lines = check_memory(strdup(output->thread->follow));
	while ((function = next_function(&lines, &name)))
		if (source_is(source, at, function))
			break;
	if (function) {
		const struct file *callee = file_of(name, file);

		walk(output, callee, body_of(callee, function));
		at = source_after_brackets(source, at + 1, "(", ")") - 1;
	}
	free(copy);
	return at + 1;
}

/* Prints the statement after a rule that has end:. Returns the index after it. */
static size_t walk_statement(struct output *output, const struct file *file,
			     const struct rule *rule, struct span rest)
{
	const struct source *source = &file->source;
	size_t end = after_statement(source, rest.begin, rest.end);

	walk(output, file, (struct span){ rest.begin, end });
	if (rule->otherwise && source_is(source, end, "else")) {
		print_code(output, rule->otherwise);
		rest.begin = end + 1;
		end = after_statement(source, rest.begin, rest.end);
		walk(output, file, (struct span){ rest.begin, end });
	}
	print_code(output, rule->end);
	return end;
}

static void walk(struct output *output, const struct file *file,
		 struct span span)
{
	const struct source *source = &file->source;

	while (span.begin < span.end) {
		struct rule *rule =
			find_rule(output->thread, source, span.begin);

		if (!rule) {
			print_barrier(output, source, span.begin);
			span.begin = walk_call(output, file, span.begin);
			continue;
		}
		rule->seen = true;
		span.begin += rule->tokens.nr;
		if (rule->skips) {
			span.begin =
				after_statement(source, span.begin, span.end);
			continue;
		}
		print_code(output,
			   plain && rule->plain ? rule->plain : rule->is);
		if (rule->end)
			span.begin = walk_statement(output, file, rule, span);
	}
}

/* Cuts off the code from until: on. */
static struct span cut(const struct thread *thread, const struct file *file,
		       struct span body)
{
	struct spans scope = { &body, 1 }, found;
	struct source wanted;

	if (!thread->until)
		return body;
	split(&wanted, thread->until);
	check_err(source_find(&file->source, &scope, &wanted, &found));
	if (!found.nr)
		die(1, "%s has no: %s", file->name, thread->until);
	body.end = found.span->begin;
	spans_free(&found);
	source_free(&wanted);
	return body;
}

static void check_seen(const struct thread *thread)
{
	const struct rule *rule;

	for (rule = thread->rule; rule < thread->rule + thread->nr_rules;
	     rule++)
		if (!rule->seen && !rule->optional)
			die(1, "%s() no longer does this: %s", thread->in,
			    replace_word(rule->code));
}

/* Prints TYPE *NAME for each of @names. */
static void print_parameters(const char *names, const char *type,
			     const char **comma)
{
	char *copy = check_memory(strdup(names ?: "")), *name;

	for (name = strtok(copy, " "); name; name = strtok(NULL, " ")) {
		printf("%s%s *%s", *comma, type, name);
		*comma = ", ";
	}
	free(copy);
}

static void print_registers(const char *names)
{
	char *copy = check_memory(strdup(names ?: "")), *name;

	for (name = strtok(copy, " "); name; name = strtok(NULL, " "))
		printf("\tint %s = 0;\n", name);
	free(copy);
}

/* Walks the functions of a thread, one after the other. */
static void walk_thread(struct output *output)
{
	struct thread *thread = output->thread;
	char *copy = check_memory(strdup(thread->in)), *lines = copy, *function,
	     *name;

	while ((function = next_function(&lines, &name))) {
		const struct file *file = file_of(name ?: thread->file, NULL);
		struct span body = body_of(file, function);

		walk(output, file, lines ? body : cut(thread, file, body));
	}
	free(copy);
}

static void print_thread(const struct handshake *handshake, size_t nr)
{
	struct thread *thread = &handshake->thread[nr];
	struct output output = { .thread = thread, .indent = 1 };
	const char *comma = "";
	size_t i;

	for (i = 0; i < thread->nr_rules; i++)
		split(&thread->rule[i].tokens, thread->rule[i].code);
	printf("\n// %s\nP%zu(", thread->name, nr);
	print_parameters(handshake->variables, "int", &comma);
	print_parameters(handshake->locks, "spinlock_t", &comma);
	puts(")\n{");
	print_registers(thread->registers);
	print_code(&output, thread->begin ?: "");
	walk_thread(&output);
	print_code(&output, thread->finish ?: "");
	puts("}");
	check_seen(thread);
	/* No execution gets past a lock that is not released: all promises would hold. */
	if (output.locked)
		die(1, "%s (%s) does not release each lock that it takes",
		    thread->name, thread->in);
}

/* --- The whole test ------------------------------------------------------------------ */

static void check_applies(const struct handshake *handshake)
{
	char *name, *code;
	struct file *file;

	if (!handshake->applies)
		return;
	name = check_memory(strdup(handshake->applies));
	code = strchr(name, ' ');
	if (!code)
		die(2, "applies: needs FILE CODE");
	*code++ = '\0';
	file = find_file(name);
	if (!file || !has_code(file, (struct span){ 0, file->source.nr }, code))
		die(3, "%s has no %s", name, code);
	free(name);
}

static void check_premises(const struct handshake *handshake)
{
	const struct premise *premise;
	struct file *file;
	size_t i;

	for (i = 0; i < handshake->nr_premises; i++) {
		premise = &handshake->premise[i];
		file = find_file(premise->file);
		if (!file)
			die(1, "there is no %s", premise->file);
		if (!has_code(file, body_of(file, premise->in), premise->code))
			die(1, "%s() of %s no longer does this: %s",
			    premise->in, file->name, premise->code);
	}
}

static void print_litmus(const struct handshake *handshake)
{
	size_t i;

	check_applies(handshake);
	check_premises(handshake);
	printf("C %s%s%s\n\n{\n", handshake_name, value ? "-" : "",
	       value ?: "");
	if (handshake->start)
		printf("\t%s\n", handshake->start);
	puts("}");
	for (i = 0; i < handshake->nr_threads; i++)
		print_thread(handshake, i);
	printf("\nexists (%s)\n", handshake->never);
}

static __noreturn void die_usage(void)
{
	fputs("usage: derive show KEY HANDSHAKE\n"
	      "       derive litmus|plain TREE[:TREE...] HANDSHAKE [VALUE]\n",
	      stderr);
	exit(2);
}

static void split_trees(char *names)
{
	char *tree;

	while ((tree = strsep(&names, ":"))) {
		trees = check_memory(reallocarray(trees, nr_trees + 1,
						  sizeof(*trees)));
		trees[nr_trees++] = tree;
	}
}

int main(int argc, char **argv)
{
	struct handshake handshake;

	if (argc < 4 || argc > 5)
		die_usage();
	if (!strcmp(argv[1], "show") && argc == 4) {
		read_handshake(&handshake, argv[3]);
		puts(handshake_value(&handshake, argv[2]) ?: "");
		return 0;
	}
	plain = !strcmp(argv[1], "plain");
	if (!plain && strcmp(argv[1], "litmus"))
		die_usage();
	split_trees(argv[2]);
	value = argv[4];
	read_handshake(&handshake, argv[3]);
	print_litmus(&handshake);
	return 0;
}
