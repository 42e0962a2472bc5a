// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules - what a test is expected to say on a kernel. See rules.h.
 *
 * A test fails, and names the fix, where the kernel lacks one that the test guards.
 * A fix that repairs another one is not missed where that one is missing too. A rule
 * of the file goes before that; the first one that fits is taken.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

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

/* A condition speaks of a commit by its id, of anything else by a name. */
static bool is_commit(const char *word)
{
	return strlen(word) == 12 && strspn(word, "0123456789abcdef") == 12;
}

/* "pass", "skip", "xfail", or several with | between; 0: none of them */
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
			       refuse(rules, line, "nothing stands behind",
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

static bool rule_fits(const struct rule *rule, const struct kernel *kernel,
		      const struct invariant *inv, const char *name)
{
	const struct condition *condition;
	char plain[256];
	int i;

	snprintf(plain, sizeof(plain), "%s.%s", inv->program, inv->test);
	if (fnmatch(rule->pattern, plain, 0) && fnmatch(rule->pattern, name, 0))
		return false;
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

/* Where what a fix repairs is not there, nothing is broken yet. */
static bool is_missed(const struct kernel *kernel, enum fix_id id)
{
	enum fix_id before;

	if (kernel->has[id])
		return false;
	for (before = fixes[id].repairs; before; before = fixes[before].repairs)
		if (!kernel->has[before])
			return false;
	return true;
}

struct expectation rules_expect(const struct rules *rules,
				const struct kernel *kernel,
				const struct invariant *inv, const char *name)
{
	int i;

	for (i = 0; i < rules->nr_rules; i++)
		if (rule_fits(&rules->rule[i], kernel, inv, name))
			return (struct expectation){
				.verdicts = rules->rule[i].verdicts
			};
	for (i = 0; i < INVARIANT_MAX_FIXES; i++)
		if (inv->fixes[i] && is_missed(kernel, inv->fixes[i]))
			return (struct expectation){ .verdicts = 1 << KTAP_FAIL,
						     .fix = inv->fixes[i] };
	return (struct expectation){ .verdicts = 1 << KTAP_PASS };
}

bool rules_expect_same(const struct rules *rules, const struct kernel *a,
		       const struct kernel *b)
{
	struct expectation of_a, of_b;
	char name[256];
	size_t i;

	for (i = 0; i < nr_invariants; i++) {
		snprintf(name, sizeof(name), "%s.%s", invariants[i].program,
			 invariants[i].test);
		of_a = rules_expect(rules, a, &invariants[i], name);
		of_b = rules_expect(rules, b, &invariants[i], name);
		if (of_a.verdicts != of_b.verdicts || of_a.fix != of_b.fix)
			return false;
	}
	return true;
}

bool result_is_expected(const struct ktap_result *result,
			struct expectation expected)
{
	int id;

	if (!(expected.verdicts & (1 << result->verdict)))
		return false;
	if (result->verdict != KTAP_FAIL)
		return true;
	/* A failure for another reason is another verdict. */
	for (id = FIX_NONE; id < FIX_NR; id++)
		if (result_names(result, id) != (id == (int)expected.fix))
			return false;
	return true;
}
