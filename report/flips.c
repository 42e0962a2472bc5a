// SPDX-License-Identifier: GPL-2.0-only
/*
 * flips - the tests and programs that had more than one verdict in several runs.
 */
#include <stdlib.h>
#include <string.h>

#include "ktap.h"
#include "report.h"

struct entry {
	const char *name;
	size_t seen; /* its place in the order of results */
	enum ktap_verdict verdict;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *one = a, *other = b;
	int order = strcmp(one->name, other->name);

	return order ?: (one->seen > other->seen) - (one->seen < other->seen);
}

/* Of the @nr entries of one name, in the order of the runs. */
static void print_flip(const struct entry *entry, size_t nr)
{
	unsigned int seen = 1 << entry->verdict;
	size_t i;

	for (i = 1; i < nr; i++) {
		if (seen & (1 << entry[i].verdict))
			continue;
		if (seen == 1U << entry->verdict)
			printf("%s: %s", entry->name,
			       verdict_word(entry->verdict));
		printf(" %s", verdict_word(entry[i].verdict));
		seen |= 1 << entry[i].verdict;
	}
	if (seen != 1U << entry->verdict)
		printf("\n");
}

static void print_flips(const struct ktap *ktap, struct entry *entry)
{
	size_t i, first, nr = 0;

	for (i = 0; i < ktap->nr_results; i++, nr++)
		entry[nr] = (struct entry){ ktap->result[i].name, nr,
					    ktap->result[i].verdict };
	for (i = 0; i < ktap->nr_programs; i++)
		if (ktap->program[i].ended)
			entry[nr] = (struct entry){ ktap->program[i].name, nr,
						    ktap->program[i].verdict },
			nr++;
	qsort(entry, nr, sizeof(*entry), compare_entries);
	for (first = 0; first < nr; first = i) {
		for (i = first + 1; i < nr; i++)
			if (strcmp(entry[i].name, entry[first].name))
				break;
		print_flip(&entry[first], i - first);
	}
}

int flips_main(int argc, char **argv)
{
	struct entry *entry;
	struct ktap ktap;

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "task_exit-report: flips takes no argument\n");
		return STATUS_INCOMPLETE;
	}
	if (read_results(&ktap))
		return STATUS_INCOMPLETE;
	entry = calloc(ktap.nr_results + ktap.nr_programs + 1, sizeof(*entry));
	if (entry)
		print_flips(&ktap, entry);
	free(entry);
	ktap_free(&ktap);
	return entry ? 0 : STATUS_INCOMPLETE;
}
