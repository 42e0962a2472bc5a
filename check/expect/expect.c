// SPDX-License-Identifier: GPL-2.0-only
/*
 * expect - what the suite is expected to say of a kernel, by its version.
 *
 *	expect [-f FEATURE]... RULES VERSION
 *	expect [-f FEATURE]... RULES VERSION RESULTS STATUS LABEL
 *	expect -s RULES VERSION
 *	expect -o RULES
 *	expect -k
 *	expect -r
 *
 * The first prints each test and its verdict, a failure as the commit that is missing.
 * The second holds saved results and vm/run's exit status against that, one line
 * "ok - LABEL: ..." or "not ok - LABEL: ..." each. A kernel that is newer than what
 * lib/releases.c was made from may have a fix that it does not know of: that is told
 * as news, and the kernel is held to have it. -s reads versions and prints the nearest of
 * which the same is expected: a VERSION that is a series means its newest that is known.
 * -o prints each test that the rules let pass on a kernel without its fix, though
 * lib/fixes.c takes its pass for a proof. -k prints the versions that lib/releases.c was
 * made from, -r each commit's releases.
 *
 * Exit status: 0, 1 if something is not as expected, 2 for bad usage.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "releases.h"
#include "rules.h"
#include "verdict.h"

/* As vm/run and kselftest have it. */
enum { STATUS_PASSED = 0, STATUS_FAILED = 1, STATUS_SKIPPED = 4 };

static bool disappointed;

static void print_check(bool ok, const char *label, const char *text)
{
	printf("%s - %s: %s\n", ok ? "ok" : "not ok", label, text);
	disappointed |= !ok;
}

/* "pass", or the commit that a failure names. */
static void name_expectation(struct expectation expected, char *text,
			     size_t size)
{
	const char *separator = "";
	size_t len = 0;
	int verdict;

	if (expected.fix) {
		snprintf(text, size, "%s",
			 fix_has_id(expected.fix) ? fixes[expected.fix].commit :
						    fix_symbol(expected.fix));
		return;
	}
	for (verdict = 0; verdict < KTAP_NR_VERDICTS && len < size; verdict++) {
		if (!(expected.verdicts & (1 << verdict)))
			continue;
		len += snprintf(text + len, size - len, "%s%s", separator,
				verdict == KTAP_PASS ? "pass" :
				verdict == KTAP_SKIP ? "skip" :
						       "xfail");
		separator = "|";
	}
}

static void list_expectations(const struct rules *rules,
			      const struct kernel *kernel)
{
	char name[256], verdict[64];
	size_t i;

	for (i = 0; i < nr_invariants; i++) {
		snprintf(name, sizeof(name), "%s.%s", invariants[i].program,
			 invariants[i].test);
		name_expectation(rules_expect(rules, kernel, &invariants[i],
					      name),
				 verdict, sizeof(verdict));
		printf("%s %s\n", name, verdict);
	}
}

/* What is to be done about it is a line of lib/releases.c, or nothing. */
static void print_news(const char *version, enum fix_id id, const char *label)
{
	const char *known = fix_release_in_series(id, version);
	int number = strspn(version, "0123456789.");

	printf("ok - %s: news: %s has \"%s\", ", label, version,
	       fixes[id].title);
	if (!version_is_upstream(version))
		printf("which %.*s has not: a backport of this kernel's own\n",
		       number, version);
	else if (!known)
		printf("which lib/releases.c does not know; add this line: RELEASE(%s, \"%.*s\"),\n",
		       fix_symbol(id), number, version);
	else if (version_is_candidate(version))
		printf("before %s, which lib/releases.c names\n", known);
	else
		printf("which lib/releases.c knows of %s; change that line: RELEASE(%s, \"%.*s\"),\n",
		       known, fix_symbol(id), number, version);
}

static void hear_news(struct kernel *kernel, const struct verdict *verdict,
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

/* A newer kernel may mend what was a known bug up to now. */
static bool is_mended(const struct kernel *kernel,
		      const struct ktap_result *result,
		      struct expectation expected)
{
	return expected.verdicts == 1 << KTAP_XFAIL &&
	       result->verdict == KTAP_PASS && version_is_news(kernel->version);
}

static void check_results(const struct rules *rules,
			  const struct kernel *kernel, const struct ktap *ktap,
			  const char *label)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++) {
		const struct ktap_result *result = &ktap->result[i];
		const struct invariant *inv =
			invariant_find(result->program, ktap_test(result));
		char verdict[64], text[512];
		struct expectation expected;

		if (!inv) {
			snprintf(text, sizeof(text), "lib/fixes.c knows %s",
				 result->name);
			print_check(false, label, text);
			continue;
		}
		expected = rules_expect(rules, kernel, inv, result->name);
		name_expectation(expected, verdict, sizeof(verdict));
		if (is_mended(kernel, result, expected)) {
			printf("ok - %s: news: %s passes %s, a known bug up to now; see docs/findings.md and check/expect/rules.txt\n",
			       label, kernel->version, result->name);
			continue;
		}
		snprintf(text, sizeof(text), "%s: %s", verdict, result->name);
		print_check(result_is_expected(result, expected), label, text);
		if (!result_is_expected(result, expected))
			printf("# it is: %s: %s\n",
			       ktap_verdict_name(result->verdict),
			       result->reason);
	}
}

static bool was_run(const struct ktap *ktap, const struct invariant *inv)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++)
		if (!strcmp(ktap->result[i].program, inv->program) &&
		    !strcmp(ktap_test(&ktap->result[i]), inv->test))
			return true;
	return false;
}

static void check_all_is_there(const struct ktap *ktap, const char *label)
{
	bool ok = !ktap->complaints.nr;
	size_t i;

	for (i = 0; i < ktap->complaints.nr; i++)
		printf("# %s\n", ktap->complaints.line[i]);
	for (i = 0; i < nr_invariants; i++) {
		if (was_run(ktap, &invariants[i]))
			continue;
		printf("# no result of %s.%s\n", invariants[i].program,
		       invariants[i].test);
		ok = false;
	}
	print_check(ok, label, "every test has its result");
}

/* Present and missing are proven; what is unknown needs a reason. */
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
		       fix->left || fixes[id].untold;
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
		printf("# %s (%s) is %s; by history %s has it%s\n",
		       fix_symbol(id), fixes[id].title,
		       states[verdict->fix[id].state], kernel->version,
		       kernel->has[id] ? "" : " not");
		ok = false;
	}
	print_check(
		ok, label,
		"every fix is present, missing or unknown as the history has it");
}

static void check_status(const struct ktap *ktap, int status, const char *label)
{
	int want = ktap_count(ktap, KTAP_FAIL) ? STATUS_FAILED :
		   ktap_count(ktap, KTAP_PASS) || ktap_count(ktap, KTAP_XFAIL) ?
						 STATUS_PASSED :
						 STATUS_SKIPPED;

	print_check(status == want, label, "exit status");
}

static int hold_against(const struct rules *rules, struct kernel *kernel,
			char **argv)
{
	FILE *from = fopen(argv[0], "r");
	struct verdict verdict;
	struct ktap ktap;
	int err = from ? ktap_read(&ktap, from) : -errno;

	if (from)
		fclose(from);
	if (err) {
		fprintf(stderr, "expect: cannot read %s: %s\n", argv[0],
			strerror(-err));
		return 2;
	}
	verdict_reach(&verdict, &ktap);
	hear_news(kernel, &verdict, argv[2]);
	check_results(rules, kernel, &ktap, argv[2]);
	check_all_is_there(&ktap, argv[2]);
	check_fixes(kernel, &verdict, argv[2]);
	check_status(&ktap, atoi(argv[1]), argv[2]);
	ktap_free(&ktap);
	return disappointed ? 1 : 0;
}

/* Of the versions that stand in for @version: the last before it, or the first after. */
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
		if (rules_expect_same(rules, &wanted, &other) &&
		    is_nearer(line, nearest, wanted.version))
			memcpy(nearest, line, sizeof(nearest));
	}
	if (!*nearest)
		return 1;
	printf("%s\n", nearest);
	return 0;
}

static bool passes_without(const struct rules *rules,
			   const struct kernel *kernel,
			   const struct invariant *inv, enum fix_id id)
{
	char name[256];
	int i;

	snprintf(name, sizeof(name), "%s.%s", inv->program, inv->test);
	for (i = 0; i < INVARIANT_MAX_FIXES; i++)
		if (inv->fixes[i] == id)
			return rules_expect(rules, kernel, inv, name).verdicts &
			       (1 << KTAP_PASS);
	return false;
}

/* On a kernel that lacks this one fix, and on one that lacks all since. */
static bool may_pass_without(const struct rules *rules,
			     const struct invariant *inv, enum fix_id id)
{
	struct kernel one = { .version = "999.0" }, all;
	int later;

	kernel_recall(&one, rules);
	one.has[id] = false;
	all = one;
	for (later = id; later < FIX_NR; later++)
		all.has[later] = false;
	return passes_without(rules, &one, inv, id) ||
	       passes_without(rules, &all, inv, id);
}

static int print_false_proofs(const struct rules *rules)
{
	int id, found = 0;
	size_t i;

	for (i = 0; i < nr_invariants; i++) {
		for (id = FIX_NONE + 1; id < FIX_NR; id++) {
			if (invariants[i].one_sided ||
			    !may_pass_without(rules, &invariants[i], id))
				continue;
			printf("%s.%s may pass without \"%s\": is it one_sided?\n",
			       invariants[i].program, invariants[i].test,
			       fixes[id].title);
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

static int print_releases(void)
{
	char text[RELEASES_TEXT];
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		printf("%s\t%s\n", fix_name(id), fix_releases(id, text));
	return 0;
}

static int refuse_usage(void)
{
	fputs("usage: expect [-f FEATURE]... RULES VERSION [RESULTS STATUS LABEL] | -s RULES VERSION | -o RULES | -k | -r\n",
	      stderr);
	return 2;
}

static int read_rules(struct rules *rules, const char *path)
{
	FILE *from = fopen(path, "r");
	int err = from ? rules_read(rules, from) : -errno;

	if (!from)
		fprintf(stderr, "expect: cannot read %s: %s\n", path,
			strerror(-err));
	else if (err)
		fprintf(stderr, "expect: %s: %s\n", path, rules->error);
	if (from)
		fclose(from);
	return err;
}

int main(int argc, char **argv)
{
	struct kernel kernel = {};
	struct rules rules;
	bool stand_in = false, proofs = false;
	int opt;

	while ((opt = getopt(argc, argv, "+korsf:")) != -1) {
		if (opt == 'k')
			return print_versions();
		if (opt == 'r')
			return print_releases();
		if (opt == 's')
			stand_in = true;
		else if (opt == 'o')
			proofs = true;
		else if (opt != 'f' || kernel_add_feature(&kernel, optarg))
			return refuse_usage();
	}
	argc -= optind;
	argv += optind;
	if (proofs ? argc != 1 : argc != 2 && argc != 5)
		return refuse_usage();
	if (read_rules(&rules, argv[0]))
		return 2;
	if (proofs)
		return print_false_proofs(&rules);
	kernel.version = argv[1];
	if (!version_is_valid(kernel.version)) {
		fprintf(stderr, "expect: %s is no version of a kernel\n",
			kernel.version);
		return 2;
	}
	if (stand_in)
		return print_stand_in(&rules, kernel.version);
	kernel_recall(&kernel, &rules);
	if (argc == 5)
		return hold_against(&rules, &kernel, argv + 2);
	list_expectations(&rules, &kernel);
	return 0;
}
