// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules - the expected verdict of a test on a kernel. See rules.h.
 *
 * A test fails, and names the fix, if the kernel lacks a fix that it guards. A fix
 * that repairs another fix is not missed where that one is missing as well. The first
 * rule in the file that fits takes precedence.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "backports.h"
#include "compiler.h"
#include "releases.h"
#include "rules.h"
#include "verdict.h"

#define WORDS " \t\n"

static int refuse(struct rules *rules, int line, const char *what,
		  const char *word)
{
	snprintf(rules->error, sizeof(rules->error), "line %d: %s %s", line,
		 what, word ?: "");
	return -EINVAL;
}

static enum fix_id fix_by_commit(const char *commit)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (!strcmp(fixes[id].commit, commit))
			return id;
	return FIX_NONE;
}

/* A condition names a commit by its id; anything else is a feature. */
static bool is_commit(const char *word)
{
	return strlen(word) == 12 && strspn(word, "0123456789abcdef") == 12;
}

/* "pass", "skip", "xfail", or several with "|" between them; 0: another word */
static unsigned int parse_verdicts(char *word)
{
	unsigned int verdicts = 0;
	char *save = NULL, *name;

	for (name = strtok_r(word, "|", &save); name;
	     name = strtok_r(NULL, "|", &save)) {
		if (!strcmp(name, "pass"))
			verdicts |= 1 << KTAP_PASS;
		else if (!strcmp(name, "skip"))
			verdicts |= 1 << KTAP_SKIP;
		else if (!strcmp(name, "xfail"))
			verdicts |= 1 << KTAP_XFAIL;
		else
			return 0;
	}
	return verdicts;
}

static int parse_conditions(struct rules *rules, struct rule *rule, int line,
			    char *word, char **save)
{
	struct condition *condition;
	bool with = true;

	if (word && !strcmp(word, "always"))
		return strtok_r(NULL, WORDS, save) ?
			       refuse(rules, line, "nothing may follow",
				      "always") :
			       0;
	for (; word; word = strtok_r(NULL, WORDS, save)) {
		if (!strcmp(word, "with") || !strcmp(word, "without")) {
			with = !strcmp(word, "with");
			continue;
		}
		if (rule->nr_conditions == RULE_MAX_CONDITIONS)
			return refuse(rules, line,
				      "too many conditions:", word);
		condition = &rule->condition[rule->nr_conditions++];
		condition->with = with;
		condition->fix = fix_by_commit(word);
		if (!condition->fix && is_commit(word))
			return refuse(rules, line, "lib/fixes.c has no", word);
		snprintf(condition->feature, sizeof(condition->feature), "%s",
			 word);
	}
	return rule->nr_conditions ?
		       0 :
		       refuse(rules, line, "no condition; say always", NULL);
}

static int parse_feature(struct rules *rules, int line, char **save)
{
	const char *name = strtok_r(NULL, WORDS, save);
	const char *version = strtok_r(NULL, WORDS, save);
	struct feature *feature;

	if (!version || !version_is_valid(version))
		return refuse(rules, line, "feature NAME VERSION, not",
			      version);
	if (rules->nr_features == ARRAY_SIZE(rules->feature))
		return refuse(rules, line, "too many features:", name);
	feature = &rules->feature[rules->nr_features++];
	snprintf(feature->name, sizeof(feature->name), "%s", name);
	snprintf(feature->version, sizeof(feature->version), "%s", version);
	return 0;
}

static int parse_line(struct rules *rules, int line, char *text)
{
	char *save = NULL, *word = strtok_r(text, WORDS, &save);
	struct rule *rule;

	if (!word || *word == '#')
		return 0;
	if (!strcmp(word, "feature"))
		return parse_feature(rules, line, &save);
	if (rules->nr_rules == ARRAY_SIZE(rules->rule))
		return refuse(rules, line, "too many rules:", word);
	rule = &rules->rule[rules->nr_rules++];
	snprintf(rule->pattern, sizeof(rule->pattern), "%s", word);
	word = strtok_r(NULL, WORDS, &save);
	rule->verdicts = word ? parse_verdicts(word) : 0;
	if (!rule->verdicts)
		return refuse(rules, line,
			      "a verdict is pass, skip or xfail, not", word);
	return parse_conditions(rules, rule, line, strtok_r(NULL, WORDS, &save),
				&save);
}

int rules_read(struct rules *rules, FILE *from)
{
	char *text = NULL;
	size_t size = 0;
	int err = 0, line;

	memset(rules, 0, sizeof(*rules));
	for (line = 1; !err && getline(&text, &size, from) >= 0; line++)
		err = parse_line(rules, line, text);
	free(text);
	return err;
}

int kernel_add_feature(struct kernel *kernel, const char *feature)
{
	if (kernel->nr_features == ARRAY_SIZE(kernel->features))
		return -ENOSPC;
	kernel->features[kernel->nr_features++] = feature;
	return 0;
}

static bool kernel_has_feature(const struct kernel *kernel, const char *feature)
{
	int i;

	for (i = 0; i < kernel->nr_features; i++)
		if (!strcmp(kernel->features[i], feature))
			return true;
	return false;
}

void kernel_recall(struct kernel *kernel, const struct rules *rules)
{
	const struct feature *feature;
	int id, i;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		kernel->has[id] = fix_released_in(id, kernel->version);
	for (i = 0; i < rules->nr_features; i++) {
		feature = &rules->feature[i];
		if (version_is_at_least(kernel->version, feature->version))
			kernel_add_feature(kernel, feature->name);
	}
}

static bool conditions_hold(const struct rule *rule,
			    const struct kernel *kernel)
{
	const struct condition *condition;
	int i;

	for (i = 0; i < rule->nr_conditions; i++) {
		condition = &rule->condition[i];
		if ((condition->fix ?
			     kernel->has[condition->fix] :
			     kernel_has_feature(kernel, condition->feature)) !=
		    condition->with)
			return false;
	}
	return true;
}

/* By PROGRAM.TEST, or with the variant in between. */
static bool pattern_fits(const struct rule *rule,
			 const struct ktap_result *test)
{
	char plain[256];

	snprintf(plain, sizeof(plain), "%s.%s", test->program, ktap_test(test));
	return !fnmatch(rule->pattern, plain, 0) ||
	       !fnmatch(rule->pattern, test->name, 0);
}

/* While the fix that it repairs is missing too, nothing needs the repair. */
static bool is_missed(const struct kernel *kernel, enum fix_id id)
{
	enum fix_id before;

	if (kernel->has[id])
		return false;
	for (before = backports[id].repairs; before;
	     before = backports[before].repairs)
		if (!kernel->has[before])
			return false;
	return true;
}

struct expectation rules_expect(const struct rules *rules,
				const struct kernel *kernel,
				const struct ktap_result *test)
{
	enum guard how;
	enum fix_id id;
	size_t g;
	int i;

	for (i = 0; i < rules->nr_rules; i++)
		if (pattern_fits(&rules->rule[i], test) &&
		    conditions_hold(&rules->rule[i], kernel))
			return (struct expectation){
				.verdicts = rules->rule[i].verdicts
			};
	for (g = 0; g < test->guards.nr; g++) {
		id = guard_fix(test->guards.line[g], &how);
		if (id && is_missed(kernel, id))
			return (struct expectation){ .verdicts = 1 << KTAP_FAIL,
						     .fix = id };
	}
	return (struct expectation){ .verdicts = 1 << KTAP_PASS };
}

bool rules_treat_alike(const struct rules *rules, const struct kernel *a,
		       const struct kernel *b)
{
	int i, id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (!backports[id].untested &&
		    is_missed(a, id) != is_missed(b, id))
			return false;
	for (i = 0; i < rules->nr_rules; i++)
		if (conditions_hold(&rules->rule[i], a) !=
		    conditions_hold(&rules->rule[i], b))
			return false;
	return true;
}

/* A test that tries many things may name several fixes that it guards. */
static bool may_name(const struct kernel *kernel,
		     const struct ktap_result *result, enum fix_id id)
{
	return id != FIX_NONE && !kernel->has[id] &&
	       result_guard(result, id) != GUARD_NONE;
}

bool result_is_expected(const struct kernel *kernel,
			const struct ktap_result *result,
			struct expectation expected)
{
	int id;

	if (!(expected.verdicts & (1 << result->verdict)))
		return false;
	if (result->verdict != KTAP_FAIL)
		return true;
	/* A failure for another reason is not the expected one. */
	for (id = FIX_NONE; id < FIX_NR; id++)
		if (id != (int)expected.fix && result_names(result, id) &&
		    !may_name(kernel, result, id))
			return false;
	if (result_guard(result, expected.fix) != GUARD_FAILURE_ONLY)
		return result_names(result, expected.fix);
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		if (result_names(result, id))
			return true;
	return false;
}
