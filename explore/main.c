// SPDX-License-Identifier: GPL-2.0-only
/*
 * main - campaigns, and the subcommand.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_root.h"
#include "guard.h"
#include "program.h"
#include "explore.h"
#include "wait.h"

#define NR_OPERATIONS 12
#define PROGRESS_MS 10000

static void report_disagreement(struct campaign *campaign,
				struct disagreement *found,
				void (*report)(const struct disagreement *))
{
	bool again;

	again = shrink(campaign, found);
	if (!again) {
		char text[MAX_OPS * 32];

		/* Told, but not accepted: it may be another one the next time. */
		sequence_print(&found->sequence, text, sizeof(text));
		printf("# differs, but not in each replay (%d of 3): seed %llu: %s\n",
		       found->again, found->seed, text);
		summarize(found, text, sizeof(text));
		printf("#     %s\n", text);
		campaign->nr_unsteady++;
		return;
	}
	report(found);
	accept_difference(&campaign->accepted, &found->difference);
	if (found->difference.finding)
		campaign->nr_expected++;
	else
		campaign->nr_told++;
}

static void print_progress(const struct campaign *campaign, long long began)
{
	long long ms = now_ms() - began;

	printf("# %lld s: %lu sequences, %lu operations, %.0f sequences a minute, ",
	       ms / 1000, campaign->sequences, campaign->operations,
	       campaign->sequences * 60000.0 / (ms ? ms : 1));
	printf("%d disagreements, %d known, %d unsteady\n", campaign->nr_told,
	       campaign->nr_expected, campaign->nr_unsteady);
	fflush(stdout);
}

bool explore(struct campaign *campaign, unsigned long long seed,
	     unsigned long nr, long long until,
	     void (*report)(const struct disagreement *disagreement))
{
	long long began = now_ms(), told = began;
	unsigned long i;

	campaign->patience = PATIENCE_FIRST;
	for (i = 0; (!nr || i < nr) && now_ms() < until; i++) {
		static struct disagreement found;
		struct sequence sequence;

		sequence_generate(&sequence, NR_OPERATIONS, seed + i,
				  machine_scheduler);
		memset(&found, 0, sizeof(found));
		found.seed = seed + i;
		switch (run_sequence(campaign, &sequence, &found)) {
		case DIFFERS:
			report_disagreement(campaign, &found, report);
			break;
		case BROKEN:
			campaign->broken_for_good = true;
			break;
		default:
			break;
		}
		if (campaign->broken_for_good) {
			char text[MAX_OPS * 32];

			sequence_print(&found.sequence, text, sizeof(text));
			printf("# failure: %s, in: %s\n", campaign->broken.text,
			       text);
			return false;
		}
		if (now_ms() - told >= PROGRESS_MS) {
			told = now_ms();
			print_progress(campaign, began);
		}
	}
	print_progress(campaign, began);
	return true;
}

static const char usage[] =
	"usage: task_exit explore [--seed N] [--sequences N] [--minutes N]\n"
	"       task_exit explore --replay 'mkdir a; ...' | --file FILE\n"
	"\n"
	"Runs random sequences of operations on cgroups and exiting tasks, and compares\n"
	"what the kernel shows with what Linux 7.3 promises. Exit status: 0 nothing\n"
	"differs but known findings, 1 something differs, 2 bad usage, 4 cannot run.\n";

static struct {
	unsigned long long seed, sequences, minutes;
	const char *replay;
} options;

static int bad_usage(const char *what, const char *why)
{
	fprintf(stderr, "task_exit explore: %s%s%s\n", what, why ? ": " : "",
		why ?: "");
	return 2;
}

static bool parse_positive(const char *text, unsigned long long *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* The sequences of a file, one a line; "#" begins a comment. */
static bool read_sequences(const char *name)
{
	FILE *file = fopen(name, "re");
	char *text = calloc(1, 1 << 16);
	size_t len;

	if (!file || !text)
		return false;
	len = fread(text, 1, (1 << 16) - 1, file);
	text[len] = '\0';
	fclose(file);
	options.replay = text;
	return true;
}

/* 0, or the exit status of bad usage. */
static int parse_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "sequences", required_argument, NULL, 'n' },
		{ "minutes", required_argument, NULL, 'm' },
		{ "replay", required_argument, NULL, 'r' },
		{ "file", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int option;

	options.seed = 1;
	optind = 1;
	while ((option = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		bool good = true;

		if (option == 's')
			good = parse_positive(optarg, &options.seed);
		else if (option == 'n')
			good = parse_positive(optarg, &options.sequences);
		else if (option == 'm')
			good = parse_positive(optarg, &options.minutes);
		else if (option == 'r')
			options.replay = strdup(optarg);
		else if (option == 'f' && !read_sequences(optarg))
			return bad_usage(optarg, strerror(errno));
		else if (option == 'h')
			return -1;
		else if (option == '?')
			return 2;
		if (!good)
			return bad_usage(optarg, "is no number");
	}
	return optind < argc ? bad_usage(argv[optind], "is no option") : 0;
}

static int nr_results;

static void print_result(const struct disagreement *found)
{
	char text[256];

	tell(found);
	summarize(found, text, sizeof(text));
	printf("%s %d %s # %s\n", found->difference.finding ? "ok" : "not ok",
	       ++nr_results, rules[found->difference.rule].name, text);
	fflush(stdout);
}

int sequences_parse(char *text, struct sequence *sequences, int max)
{
	char *line, error[160];
	int nr = 0, number = 0;

	while ((line = strsep(&text, "\n"))) {
		number++;
		line[strcspn(line, "#")] = '\0';
		if (!line[strspn(line, " \t")])
			continue;
		if (nr == max)
			return -bad_usage("too many sequences", NULL);
		if (!sequence_parse(&sequences[nr], line, error,
				    sizeof(error)) ||
		    !sequence_check(&sequences[nr], error, sizeof(error))) {
			fprintf(stderr, "task_exit explore: line %d: %s\n",
				number, error);
			return -2;
		}
		nr++;
	}
	if (!nr)
		return -bad_usage("there is no sequence", NULL);
	return nr;
}

#define MAX_REPLAYS 64

static struct sequence replays[MAX_REPLAYS];

/*
 * Calls @report for each disagreement of @sequence: after one, it is replayed, and the
 * model takes the kernel's word for that one.
 */
bool replay(struct campaign *campaign, const struct sequence *sequence,
	    void (*report)(const struct disagreement *disagreement))
{
	static struct disagreement found;
	enum outcome outcome;

	campaign->patience = PATIENCE_FIRST;
	campaign->strict = true;
	campaign->accepted.nr = 0;
	do {
		int nr = campaign->accepted.nr;

		memset(&found, 0, sizeof(found));
		outcome = run_sequence(campaign, sequence, &found);
		if (outcome != DIFFERS)
			break;
		found.sequence.nr = found.op + 1;
		report(&found);
		accept_difference(&campaign->accepted, &found.difference);
		if (campaign->accepted.nr == nr)
			break;
	} while (true);
	if (outcome == IMPOSSIBLE && !campaign->accepted.nr)
		printf("# operation %d cannot be made on this kernel\n",
		       found.op + 1);
	return outcome != BROKEN;
}

static int nr_unexpected;

static void print_replay(const struct disagreement *found)
{
	print_result(found);
	nr_unexpected += !found->difference.finding;
}

static bool replay_all(struct campaign *campaign, int nr)
{
	char text[MAX_OPS * 32];
	int i;

	for (i = 0; i < nr; i++) {
		int before = nr_results;

		if (!replay(campaign, &replays[i], print_replay))
			return false;
		sequence_print(&replays[i], text, sizeof(text));
		if (nr_results == before)
			printf("ok %d %s\n", ++nr_results, text);
	}
	campaign->nr_told = nr_unexpected;
	return true;
}

static int skip_all(const struct reason *reason)
{
	printf("1..0 # SKIP %s\n", reason->text);
	return 4;
}

/* When all is over nothing may be left: the last of many sequences has to tell. */
static bool look_for_leftovers(void)
{
	if (WAIT_FOR(!machine_leftover(), PATIENCE_MS))
		return true;
	printf("# failure: %s: %ld removed cgroups are not freed\n",
	       rules[RULE_LEFTOVER].name, machine_leftover());
	return false;
}

static int nr_replays;

static int run_campaign(int argc, char **argv)
{
	static struct campaign campaign;
	struct reason reason = {};
	long long until = now_ms() + options.minutes * 60000LL;
	bool whole;

	(void)argc;
	(void)argv;
	printf("TAP version 13\n");
	if (machine_start(&cgroup_run_root, &reason))
		return skip_all(&reason);
	if (options.replay)
		whole = replay_all(&campaign, nr_replays);
	else
		whole = explore(&campaign, options.seed, options.sequences,
				options.minutes ? until :
						  now_ms() + (1LL << 40),
				print_result);
	if (!options.replay)
		print_coverage(&campaign);
	if (whole && !look_for_leftovers()) {
		printf("not ok %d leftover\n", ++nr_results);
		campaign.nr_told++;
	}
	if (!whole)
		printf("not ok %d the machine # %s\n", ++nr_results,
		       campaign.broken.text);
	else if (!nr_results)
		printf("ok %d nothing differs\n", ++nr_results);
	printf("1..%d\n", nr_results);
	machine_stop();
	return campaign.nr_told || !whole;
}

/* Reads the options: -1 if there is something to run, or the exit status. */
static int prepare(int argc, char **argv)
{
	int err = parse_options(argc, argv);

	if (err < 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (err)
		return err;
	if (options.replay) {
		nr_replays = sequences_parse((char *)options.replay, replays,
					     MAX_REPLAYS);
		if (nr_replays < 0)
			return 2;
	} else if (!options.sequences && !options.minutes) {
		options.minutes = 10;
	}
	return -1;
}

int explore_words(int argc, char **argv)
{
	int status = prepare(argc, argv);

	return status < 0 ? run_campaign(argc, argv) : status;
}

static int explore_main(int argc, char **argv)
{
	int status = prepare(argc, argv);

	return status < 0 ? guard_run(run_campaign, argc, argv) : status;
}

static struct program command = {
	.name = "explore",
	.run = explore_main,
	.is_command = true,
};

static void __attribute__((constructor)) register_command(void)
{
	program_register(&command);
}
