// SPDX-License-Identifier: GPL-2.0-only
/*
 * claimed - compares the claims of a changelog with the verdict. See claimed.h.
 */
#include <stdio.h>
#include <string.h>

#include "backports.h"
#include "claimed.h"

enum conflict claimed_conflict(const struct claims *claims,
			       const struct verdict *verdict,
			       const char *version, enum fix_id id)
{
	const struct claim *claim = &claims->fix[id];
	enum fix_state state = verdict->fix[id].state;

	if (claim->claimed && state == FIX_MISSING)
		return CONFLICT_MISSING;
	if (!claim->claimed && state == FIX_PRESENT &&
	    (claim->reverted || !claims_may_lack(claims, version)))
		return CONFLICT_UNCLAIMED;
	return CONFLICT_NONE;
}

size_t claimed_count(const struct claims *claims, const struct verdict *verdict,
		     const char *version, enum conflict conflict)
{
	size_t n = 0;
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		n += claimed_conflict(claims, verdict, version, id) == conflict;
	return n;
}

static const char *claim_text(const struct claim *claim)
{
	if (claim->reverted)
		return "reverted";
	if (!claim->claimed)
		return "-";
	return claim->in[0] ? claim->in : "claimed";
}

static const char *behaviour_text(const struct claim *claim,
				  enum fix_state state, enum conflict conflict)
{
	switch (conflict) {
	case CONFLICT_MISSING:
		return claim->entry ?
			       "MISSING: the backport does not do its work" :
			       "MISSING: its release should have it";
	case CONFLICT_UNCLAIMED:
		return claim->reverted ?
			       "PRESENT: the revert does not do its work" :
			       "PRESENT: the changelog does not say so";
	default:
		return state == FIX_PRESENT ? "present" :
		       state == FIX_MISSING ? "missing" :
					      "cannot tell";
	}
}

static void print_row(const struct claims *claims,
		      const struct verdict *verdict, const char *version,
		      enum fix_id id)
{
	const struct claim *claim = &claims->fix[id];

	printf("%-13s %-13s %-12s %s\n", fix_id_or_none(id), claim_text(claim),
	       behaviour_text(claim, verdict->fix[id].state,
			      claimed_conflict(claims, verdict, version, id)),
	       fixes[id].title);
}

/* The first result that shows the state. */
static void print_seen(const struct ktap *ktap, enum fix_id id,
		       enum fix_state state)
{
	size_t i;

	for (i = 0; i < ktap->nr_results; i++) {
		const struct ktap_result *result = &ktap->result[i];

		if (state == FIX_MISSING && result_blames(result, id)) {
			printf("    seen: %s: %s\n", result->name,
			       result->reason);
			return;
		}
		if (state == FIX_PRESENT && result_proves(result, id)) {
			printf("    seen: %s passes\n", result->name);
			return;
		}
	}
}

static void print_conflicts_of(const struct claims *claims,
			       const struct verdict *verdict,
			       const struct ktap *ktap, const char *version,
			       enum conflict conflict)
{
	int id;

	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (claimed_conflict(claims, verdict, version, id) != conflict)
			continue;
		print_row(claims, verdict, version, id);
		print_seen(ktap, id, verdict->fix[id].state);
	}
}

static void print_unlisted(const struct claims *claims, const char *version)
{
	const char *separator =
		"the changelog names these releases without a list of commits: ";
	size_t i;

	if (!claims_may_lack(claims, version))
		return;
	for (i = 0; i < claims->nr_unlisted; i++) {
		if (!claims_is_unknown(claims->unlisted[i], version))
			continue;
		printf("%s%s", separator, claims->unlisted[i]);
		separator = " ";
	}
	printf("\n");
}

void claimed_print_conflicts(const struct claims *claims,
			     const struct verdict *verdict,
			     const struct ktap *ktap, const char *version)
{
	if (claimed_count(claims, verdict, version, CONFLICT_NONE) ==
	    FIX_NR - 1)
		return;
	printf("\nthe changelog and the kernel disagree:\n");
	print_conflicts_of(claims, verdict, ktap, version, CONFLICT_MISSING);
	print_conflicts_of(claims, verdict, ktap, version, CONFLICT_UNCLAIMED);
}

void claimed_print_table(const struct claims *claims,
			 const struct verdict *verdict, const char *version)
{
	int id;

	printf("\n%-13s %-13s %s\n", "fix", "changelog", "behaviour");
	for (id = FIX_NONE + 1; id < FIX_NR; id++)
		print_row(claims, verdict, version, id);
	print_unlisted(claims, version);
}
