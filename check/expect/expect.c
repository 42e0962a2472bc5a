// SPDX-License-Identifier: GPL-2.0-only
/*
 * expect - the verdicts that are expected of the suite on a kernel, by its version.
 *
 *	expect [-f FEATURE]... RULES LIST VERSION
 *	expect [-f FEATURE]... RULES LIST VERSION RESULTS STATUS LABEL
 *	expect -s RULES VERSION
 *	expect -o RULES LIST
 *	expect -k
 *
 * LIST is what "task_exit --list" prints. The first form prints each test and its
 * verdict, a failure as the missing fix: its commit or, without an id, its title. The
 * second compares saved results and vm/run's exit status with that, and prints "ok - LABEL: ..." or
 * "not ok - LABEL: ..." lines. A kernel newer than lib/fixes.c may have fixes that
 * the table does not know: they are reported as news, and expected from then on.
 *
 * -s reads versions from stdin and prints the nearest one for which every verdict is the
 * same; a VERSION that is a series stands for its newest known version. -o prints each
 * test that the rules let pass without a fix although it guards that fix in full, and
 * each fix that no test guards. -k prints the versions from which lib/fixes.c was made.
 *
 * Exit status: 0, 1 if something is not as expected, 2 for bad usage.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backports.h"
#include "releases.h"
#include "rules.h"
#include "verdict.h"

/* Exit status of vm/run and kselftest. */
enum { STATUS_PASSED = 0, STATUS_FAILED = 1, STATUS_SKIPPED = 4 };

static bool failed;

static void print_check(bool ok, const char *label, const char *text)
{
	printf("%s - %s: %s\n", ok ? "ok" : "not ok", label, text);
	failed |= !ok;
}

/* "pass|skip", or the fix that a failure names. */
static void name_expectation(struct expectation expected, char *text,
			     size_t size)
{
	static const char *const words[KTAP_NR_VERDICTS] = { "pass", "fail",
							     "skip", "xfail" };
	const char *separator = "";
	size_t len = 0;
	int verdict;

	if (expected.fix) {
		snprintf(text, size, "%s", fix_name(expected.fix));
		return;
	}
	for (verdict = 0; verdict < KTAP_NR_VERDICTS && len < size; verdict++) {
		if (!(expected.verdicts & (1 << verdict)))
			continue;
		len += snprintf(text + len, size - len, "%s%s", separator,
				words[verdict]);
		separator = "|";
	}
}

static void list_expectations(const struct rules *rules,
			      const struct ktap *list,
			      const struct kernel *kernel)
{
	const struct ktap_result *test;
	char verdict[160];
	size_t i;

	for (i = 0; i < list->nr_results; i++) {
		test = &list->result[i];
		name_expectation(rules_expect(rules, kernel, test), verdict,
				 sizeof(verdict));
		printf("%s %s\n", test->name, verdict);
	}
}

/* If lib/fixes.c should be changed, says how. */
static void print_news(const char *version, enum fix_id id, const char *label)
{
	char release[RELEASE_TEXT];
	const char *known = fix_release_in_series(id, version, release);
	int number = strspn(version, "0123456789.");

	printf("ok - %s: news: %s has \"%s\"", label, version, fixes[id].title);
	if (!version_is_upstream(version))
		printf(", which is not in %.*s: a backport by this kernel's vendor\n",
		       number, version);
	else if (!known)
		printf("; add \"%.*s\" to its .released in lib/fixes.c\n",
		       number, version);
	else if (version_is_candidate(version))
		printf(", before %s, which lib/fixes.c names\n", known);
	else
		printf("; change \"%s\" to \"%.*s\" in its .released in lib/fixes.c\n",
		       known, number, version);
}

static void take_news(struct kernel *kernel, const struct verdict *verdict,
		      const char *label)
{
	int id;

	if (!version_is_news(kernel->version))
		return;
	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (kernel->has[id] || verdict->fix[id].state != FIX_PRESENT)
			continue;
		print_news(kernel->version, id, label);
		kernel->has[id] = true;
	}
}

/* A newer kernel may fix a known bug. */
static bool is_fixed(const struct kernel *kernel,
		     const struct ktap_result *result,
		     struct expectation expected)
{
	return expected.verdicts == 1 << KTAP_XFAIL &&
	       result->verdict == KTAP_PASS && version_is_news(kernel->version);
}

static void check_result(const struct rules *rules, const struct kernel *kernel,
			 const struct ktap_result *result, const char *label)
{
	struct expectation expected = rules_expect(rules, kernel, result);
	bool ok = result_is_expected(kernel, result, expected);
	char verdict[160], text[512];

	if (is_fixed(kernel, result, expected)) {
		printf("ok - %s: news: %s passes %s, a known bug until now; see docs/findings.md and check/expect/rules.txt\n",
		       label, kernel->version, result->name);
		return;
	}
	name_expectation(expected, verdict, sizeof(verdict));
	snprintf(text, sizeof(text), "%s: %s", verdict, result->name);
	print_check(ok, label, text);
	if (!ok)
		printf("# it is: %s: %s\n", ktap_verdict_name(result->verdict),
		       result->reason);
}

static const struct ktap_result *find_result(const struct ktap *ktap,
					     const struct ktap_result *test)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++)
		if (!strcmp(ktap->result[i].program, test->program) &&
		    !strcmp(ktap_test(&ktap->result[i]), ktap_test(test)))
			return &ktap->result[i];
	return NULL;
}

/* The tests in the list, with what the list says about them. */
static void check_list(const struct ktap *list, const struct ktap *ktap,
		       const char *label)
{
	bool ok = !ktap->complaints.nr;
	const struct ktap_result *test;
	size_t i;

	for (i = 0; i < ktap->complaints.nr; i++)
		printf("# %s\n", ktap->complaints.line[i]);
	for (i = 0; i < list->nr_results; i++) {
		if (find_result(ktap, &list->result[i]))
			continue;
		printf("# no result of %s\n", list->result[i].name);
		ok = false;
	}
	print_check(ok, label, "every test has its result");
	for (i = 0, ok = true; i < ktap->nr_results; i++) {
		test = find_result(list, &ktap->result[i]);
		if (test && ktap->result[i].invariant &&
		    !strcmp(test->invariant, ktap->result[i].invariant))
			continue;
		printf("# not as in the list: %s\n", ktap->result[i].name);
		ok = false;
	}
	print_check(ok, label, "every result states its invariant");
}

/* A reader of the summary sees nothing else. */
static void check_reasons(const struct ktap *ktap, const char *label)
{
	const struct ktap_result *result;
	bool ok = true;
	size_t i;

	for (i = 0; i < ktap->nr_results; i++) {
		result = &ktap->result[i];
		if (result->verdict != KTAP_FAIL ||
		    ktap_is_in_words(result->reason))
			continue;
		printf("# %s: \"%s\"\n", result->name, result->reason);
		ok = false;
	}
	print_check(ok, label, "every failure has its reason in words");
}

/* An unknown fix needs a reason. */
static bool state_is_right(const struct kernel *kernel,
			   const struct verdict *verdict, enum fix_id id)
{
	const struct fix_verdict *fix = &verdict->fix[id];

	switch (fix->state) {
	case FIX_PRESENT:
		return kernel->has[id];
	case FIX_MISSING:
		return !kernel->has[id];
	default:
		return fix->moot_without || fix->unsure_of || fix->replaced ||
		       fix->left || backports[id].untested;
	}
}

static void check_fixes(const struct kernel *kernel,
			const struct verdict *verdict, const char *label)
{
	static const char *const states[] = { "unknown", "present", "missing" };
	bool ok = true;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (state_is_right(kernel, verdict, id))
			continue;
		printf("# \"%s\" is %s; by history it is %s in %s\n",
		       fixes[id].title, states[verdict->fix[id].state],
		       kernel->has[id] ? "present" : "missing",
		       kernel->version);
		ok = false;
	}
	print_check(ok, label,
		    "every fix is present, missing or unknown as by history");
}

static void check_status(const struct ktap *ktap, int status, const char *label)
{
	int want = ktap_count(ktap, KTAP_FAIL) ? STATUS_FAILED :
		   ktap_count(ktap, KTAP_PASS) || ktap_count(ktap, KTAP_XFAIL) ?
						 STATUS_PASSED :
						 STATUS_SKIPPED;

	print_check(status == want, label, "exit status");
}

static int compare_results(const struct rules *rules, const struct ktap *list,
			   struct kernel *kernel, char **argv)
{
	FILE *from = fopen(argv[0], "r");
	struct verdict verdict;
	struct ktap ktap;
	size_t i;
	int err = from ? ktap_read(&ktap, from) : -errno;

	if (from)
		fclose(from);
	if (err) {
		fprintf(stderr, "expect: cannot read %s: %s\n", argv[0],
			strerror(-err));
		return 2;
	}
	verdict_reach(&verdict, &ktap);
	take_news(kernel, &verdict, argv[2]);
	for (i = 0; i < ktap.nr_results; i++)
		check_result(rules, kernel, &ktap.result[i], argv[2]);
	check_list(list, &ktap, argv[2]);
	check_reasons(&ktap, argv[2]);
	check_fixes(kernel, &verdict, argv[2]);
	check_status(&ktap, atoi(argv[1]), argv[2]);
	ktap_free(&ktap);
	return failed ? 1 : 0;
}

/* The last candidate before @version is the nearest, or else the first after it. */
static bool is_nearer(const char *candidate, const char *nearest,
		      const char *version)
{
	if (!*nearest)
		return true;
	if (version_is_at_least(version, candidate))
		return version_is_at_least(candidate, nearest) ||
		       !version_is_at_least(version, nearest);
	return !version_is_at_least(version, nearest) &&
	       version_is_at_least(nearest, candidate);
}

static int print_stand_in(const struct rules *rules, const char *spec)
{
	struct kernel wanted = { .version = version_meant_by(spec) };
	char line[64], nearest[64] = "";

	kernel_recall(&wanted, rules);
	while (fgets(line, sizeof(line), stdin)) {
		struct kernel other = { .version = line };

		line[strcspn(line, "\n")] = '\0';
		if (!version_is_valid(line))
			continue;
		kernel_recall(&other, rules);
		if (rules_treat_alike(rules, &wanted, &other) &&
		    is_nearer(line, nearest, wanted.version))
			memcpy(nearest, line, sizeof(nearest));
	}
	if (!*nearest)
		return 1;
	printf("%s\n", nearest);
	return 0;
}

static bool passes_on(const struct rules *rules, const struct kernel *kernel,
		      const struct ktap_result *test)
{
	return rules_expect(rules, kernel, test).verdicts & (1 << KTAP_PASS);
}

/* On a kernel that lacks this fix, and on one that lacks all later ones as well. */
static bool may_pass_without(const struct rules *rules,
			     const struct ktap_result *test, enum fix_id id)
{
	struct kernel one = { .version = "999.0" }, all;
	int later;

	kernel_recall(&one, rules);
	one.has[id] = false;
	all = one;
	for (later = id; later < FIX_NR; later++)
		all.has[later] = false;
	return passes_on(rules, &one, test) || passes_on(rules, &all, test);
}

static bool is_guarded(const struct ktap *list, enum fix_id id)
{
	size_t i;

	for (i = 0; i < list->nr_results; i++)
		if (result_guard(&list->result[i], id))
			return true;
	return false;
}

/* Each fix has a test, or else a reason in report/backports.c. */
static int print_unguarded(const struct ktap *list)
{
	int id, found = 0;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (is_guarded(list, id) != !!backports[id].untested)
			continue;
		printf("\"%s\" has %s\n", fixes[id].title,
		       backports[id].untested ?
			       "a test, and .untested says why not" :
			       "no test, and no .untested");
		found = 1;
	}
	return found;
}

static int print_false_proofs(const struct rules *rules,
			      const struct ktap *list)
{
	const struct ktap_result *test;
	int id, found = 0;
	size_t i;

	for (i = 0; i < list->nr_results; i++) {
		test = &list->result[i];
		for (id = FIX_NONE + 1; id < FIX_NR; id++) {
			if (result_guard(test, id) != GUARD_FULL ||
			    !may_pass_without(rules, test, id))
				continue;
			printf("%s may pass without \"%s\": does only a failure tell?\n",
			       test->name, fixes[id].title);
			found = 1;
		}
	}
	return found;
}

static int print_versions(void)
{
	int i;

	for (i = 0; versions_looked_at[i]; i++)
		printf("%s\n", versions_looked_at[i]);
	return 0;
}

static int refuse_usage(void)
{
	fputs("usage: expect [-f FEATURE]... RULES LIST VERSION [RESULTS STATUS LABEL] | -s RULES VERSION | -o RULES LIST | -k\n",
	      stderr);
	return 2;
}

static int cannot_read(const char *path, const char *why)
{
	fprintf(stderr, "expect: cannot read %s: %s\n", path, why);
	return -EINVAL;
}

static int read_rules(struct rules *rules, const char *path)
{
	FILE *from = fopen(path, "r");
	int err = from ? rules_read(rules, from) : -errno;

	if (err)
		cannot_read(path, from ? rules->error : strerror(-err));
	if (from)
		fclose(from);
	return err;
}

static int read_list(struct ktap *list, const char *path)
{
	FILE *from = fopen(path, "r");
	int err = from ? list_read(list, from) : -errno;

	if (err)
		cannot_read(path, from ? "it is not a list of tests" :
					 strerror(-err));
	if (from)
		fclose(from);
	return err;
}

static bool check_version(const char *version)
{
	if (version_is_valid(version))
		return true;
	fprintf(stderr, "expect: %s is not the version of a kernel\n", version);
	return false;
}

/* RULES LIST [VERSION [RESULTS STATUS LABEL]] */
static int run(struct kernel *kernel, int argc, char **argv)
{
	struct rules rules;
	struct ktap list;
	int status = 0;

	if (read_rules(&rules, argv[0]) || read_list(&list, argv[1]))
		return 2;
	if (argc == 2) {
		status = print_false_proofs(&rules, &list);
		status |= print_unguarded(&list);
	} else if (!check_version(argv[2])) {
		status = 2;
	} else {
		kernel->version = argv[2];
		kernel_recall(kernel, &rules);
		if (argc == 6)
			status = compare_results(&rules, &list, kernel,
						 argv + 3);
		else
			list_expectations(&rules, &list, kernel);
	}
	ktap_free(&list);
	return status;
}

int main(int argc, char **argv)
{
	bool stand_in = false, proofs = false;
	struct kernel kernel = {};
	struct rules rules;
	int opt;

	while ((opt = getopt(argc, argv, "+kosf:")) != -1) {
		if (opt == 'k')
			return print_versions();
		if (opt == 's')
			stand_in = true;
		else if (opt == 'o')
			proofs = true;
		else if (opt != 'f' || kernel_add_feature(&kernel, optarg))
			return refuse_usage();
	}
	argc -= optind;
	argv += optind;
	if (stand_in && argc == 2) {
		if (read_rules(&rules, argv[0]) || !check_version(argv[1]))
			return 2;
		return print_stand_in(&rules, argv[1]);
	}
	if (stand_in || (proofs ? argc != 2 : argc != 3 && argc != 6))
		return refuse_usage();
	return run(&kernel, argc, argv);
}
