// SPDX-License-Identifier: GPL-2.0-only
/*
 * presumed - fixes that no test can judge on this kernel. See presumed.h.
 *
 * A release that should have a fix is not presumed to lack it. Otherwise a changelog
 * decides, if there is one. Without a changelog only a version that lib/fixes.c covers tells
 * that a fix is missing: a newer one, or a vendor's kernel, may have any fix.
 */
#include <string.h>

#include "backports.h"
#include "presumed.h"
#include "releases.h"
#include "text.h"

/* The sched_ext tests may have been skipped because the kernel is built without it. */
static bool is_used(const struct verdict *verdict, enum fix_id id)
{
	return verdict->sched_ext || !begins(fixes[id].title, "sched_ext:");
}

static bool is_unaffected(enum fix_id id, const char *version)
{
	return backports[id].since && version_is_upstream(version) &&
	       !version_is_at_least(version, backports[id].since);
}

static bool is_missing(const struct claims *claims, enum fix_id id,
		       const char *version)
{
	if (version_is_upstream(version) && fix_released_in(id, version))
		return false;
	if (claims)
		return !claims->fix[id].claimed &&
		       !claims_may_lack(claims, version);
	return !version_is_news(version);
}

void presume_untested(struct verdict *verdict, const struct claims *claims,
		      const char *version)
{
	enum fix_id id;

	/* Where no fix could be tested, the results are no verdict on this kernel. */
	if (!version || !(verdict_count(verdict, CLASS_PRESENT) +
			  verdict_count(verdict, CLASS_MISSING)))
		return;
	for (id = FIX_NONE + 1; id < FIX_NR; id++) {
		if (is_unaffected(id, version))
			verdict_presume(verdict, id, false);
		else if (is_used(verdict, id) &&
			 is_missing(claims, id, version))
			verdict_presume(verdict, id, true);
	}
	verdict_decide_picks(verdict);
}
