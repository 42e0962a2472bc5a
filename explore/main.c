// SPDX-License-Identifier: GPL-2.0-only
/*
 * main - campaigns, and the subcommand.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
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
		campaign->tally.unsteady++;
		return;
	}
	report(found);
	accept_difference(&campaign->tally.accepted, &found->difference);
	if (found->difference.finding)
		campaign->tally.expected++;
	else
		campaign->tally.told++;
}

static void print_progress(const struct tally *tally)
{
	printf("# %u s: %u sequences, %u operations, %.0f sequences a minute, ",
	       tally->seconds, tally->sequences, tally->operations,
	       tally->sequences * 60.0 / (tally->seconds ?: 1));
	printf("%d of %d rules exercised, %u disagreements, %u known, %u unsteady\n",
	       __builtin_popcount(tally->rules), NR_RULES, tally->told,
	       tally->expected, tally->unsteady);
	fflush(stdout);
}

/* The last line of a machine that ends here says where to continue. */
static void print_state(const struct tally *tally)
{
	print_progress(tally);
	tally_print(tally);
}

bool explore(struct campaign *campaign, unsigned long long seed,
	     unsigned int nr, unsigned int seconds,
	     void (*report)(const struct disagreement *disagreement))
{
	struct tally *tally = &campaign->tally;
	long long began = now_ms() - tally->seconds * 1000LL, told = now_ms();

	campaign->patience = PATIENCE_FIRST;
	for (; (!nr || tally->done < nr) && tally->seconds < seconds;
	     tally->done++) {
		static struct disagreement found;
		struct sequence sequence;

		tally->seconds = (now_ms() - began) / 1000;
		if (now_ms() - told >= PROGRESS_MS) {
			told = now_ms();
			print_state(tally);
		}
		memset(&found, 0, sizeof(found));
		found.seed = seed + tally->done;
		sequence_generate(&sequence, NR_OPERATIONS, found.seed,
				  (machine_scheduler ? GENERATE_SCHEDULER : 0) |
					  (campaign->fixed ? 0 :
							     GENERATE_LATE));
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
	}
	print_state(tally);
	return true;
}

static const char usage[] =
	"usage: task_exit explore [--seed N] [--sequences N] [--minutes N]\n"
	"       task_exit explore --replay 'mkdir a; ...' | --file FILE\n"
	"       task_exit explore --coverage STATE...\n"
	"\n"
	"Runs random sequences of operations on cgroups and exiting tasks, and compares\n"
	"what the kernel shows with what Linux 7.3 promises. Exit status: 0 nothing\n"
	"differs but known findings, 1 something differs, 2 bad usage, 4 cannot run.\n"
	"--first ends with the first that is no known finding.\n"
	"It prints its state every ten seconds: with --resume STATE it continues from there,\n"
	"--coverage prints what the campaigns that ended there have done.\n";

static struct {
	unsigned long long seed, sequences, minutes;
	const char *replay;
	struct tally tally; /* of --resume or --coverage */
	bool coverage, first;
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
		{ "resume", required_argument, NULL, 'c' },
		{ "coverage", required_argument, NULL, 'C' },
		{ "first", no_argument, NULL, '1' },
		{ "seed", required_argument, NULL, 's' },
		{ "sequences", required_argument, NULL, 'n' },
		{ "minutes", required_argument, NULL, 'm' },
		{ "replay", required_argument, NULL, 'r' },
		{ "file", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int option;

	memset(&options, 0, sizeof(options));
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
		else if (option == 'c' || option == 'C')
			good = tally_add(&options.tally, optarg);
		else if (option == 'h')
			return -1;
		else if (option == '?')
			return 2;
		if (!good)
			return bad_usage(optarg,
					 option == 's' || option == 'n' ||
							 option == 'm' ?
						 "is no number" :
						 "is no state of this version");
		options.coverage |= option == 'C';
		options.first |= option == '1';
	}
	while (options.coverage && optind < argc &&
	       tally_add(&options.tally, argv[optind]))
		optind++;
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
	campaign->tally.accepted.nr = 0;
	do {
		int nr = campaign->tally.accepted.nr;

		memset(&found, 0, sizeof(found));
		outcome = run_sequence(campaign, sequence, &found);
		if (outcome != DIFFERS)
			break;
		found.sequence.nr = found.op + 1;
		report(&found);
		campaign->tally.told += !found.difference.finding;
		accept_difference(&campaign->tally.accepted, &found.difference);
		if (campaign->tally.accepted.nr == nr)
			break;
	} while (true);
	if (outcome == IMPOSSIBLE && !campaign->tally.accepted.nr)
		printf("# operation %d cannot be made on this kernel\n",
		       found.op + 1);
	return outcome != BROKEN;
}

static bool replay_all(struct campaign *campaign, int nr,
		       void (*report)(const struct disagreement *disagreement))
{
	char text[MAX_OPS * 32];
	int i;

	for (i = 0; i < nr; i++) {
		int before = nr_results;

		if (!replay(campaign, &replays[i], report))
			return false;
		sequence_print(&replays[i], text, sizeof(text));
		if (nr_results == before)
			printf("ok %d %s\n", ++nr_results, text);
	}
	return true;
}

static int skip_all(const struct reason *reason)
{
	printf("1..0 # SKIP %s\n", reason->text);
	return 4;
}

/* When all is over nothing may be left: the last of many sequences has to tell. */
static bool look_for_leftovers(struct campaign *campaign)
{
	campaign->tally.rules |= 1U << RULE_LEFTOVER;
	if (WAIT_FOR(!machine_leftover(), PATIENCE_MS))
		return true;
	reason_set(&campaign->broken, "%ld removed cgroups are not freed",
		   machine_leftover());
	printf("# failure: %s: %s\n", rules[RULE_LEFTOVER].name,
	       campaign->broken.text);
	return false;
}

static int nr_replays;

static struct campaign campaign;

/* True if the machine did not break, and left nothing. */
static bool
run_campaign(void (*report)(const struct disagreement *disagreement))
{
	bool whole;

	campaign.tally = options.tally;
	campaign.first = options.first;
	if (options.replay)
		whole = replay_all(&campaign, nr_replays, report);
	else
		whole = explore(&campaign, options.seed, options.sequences,
				options.minutes ? options.minutes * 60 :
						  UINT_MAX,
				report);
	if (whole)
		whole = look_for_leftovers(&campaign);
	if (!options.replay)
		print_coverage(&campaign.tally);
	return whole;
}

static int run_alone(const struct cgroup *parent)
{
	struct reason reason = {};
	bool whole;

	printf("TAP version 13\n");
	if (machine_start(parent, &reason))
		return skip_all(&reason);
	whole = run_campaign(print_result);
	machine_stop();
	if (!whole)
		printf("not ok %d the machine # %s\n", ++nr_results,
		       campaign.broken.text);
	else if (!nr_results)
		printf("ok %d nothing differs\n", ++nr_results);
	printf("1..%d\n", nr_results);
	return campaign.tally.told || !whole;
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
	if (options.coverage) {
		print_coverage(&options.tally);
		return options.tally.told > 0;
	}
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

/* The options in the environment variable: as prepare(). */
static int prepare_from_environment(void)
{
	char *text = strdup(getenv("TASK_EXIT_EXPLORE")),
	     *words[16] = { "explore" };
	int nr = 1;

	while (nr < 14 && (words[nr] = strsep(&text, " "))) {
		/* The rest is one word. */
		if (!strcmp(words[nr], "--replay") && text) {
			words[nr + 1] = text;
			text = NULL;
			nr += 2;
		} else {
			nr += words[nr][0] != '\0';
		}
	}
	return prepare(nr, words);
}

int explore_instead_of_suite(void)
{
	int status = prepare_from_environment();

	return status < 0 ? run_alone(&cgroup_run_root) : status;
}

bool explore_instead_of_test(void (*report)(const struct disagreement
						    *disagreement),
			     struct reason *reason)
{
	bool whole = prepare_from_environment() < 0 && run_campaign(report);

	*reason = campaign.broken;
	return whole;
}

static int run_command(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return run_alone(&cgroup_run_root);
}

static int explore_main(int argc, char **argv)
{
	int status = prepare(argc, argv);

	return status < 0 ? guard_run(run_command, argc, argv) : status;
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
