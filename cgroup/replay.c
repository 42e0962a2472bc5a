// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup_replay - sequences of operations that were bugs.
 *
 * The invariant. After each operation of each sequence in explore/known.txt
 * all files show what a model of Linux 7.3 promises: see cgroup_explore.
 *
 * History. Each sequence shows a finding (docs/findings.md) or the lack of a fix.
 *
 * The window. As in cgroup_explore.
 *
 * Consequence. The failure names the rule and the sequence; the other programs
 * of the suite have a test for most of them, which says more.
 */
#include "test.h"
#include "in_test.h"

#define MAX_SEQUENCES 64

static struct sequence sequences[MAX_SEQUENCES];

static void setup(void)
{
	start_machine();
}

/* The text of a part of known.txt, which begins with "@name". */
static char *part(const char *name)
{
	const char *begin, *end;
	char head[32];

	snprintf(head, sizeof(head), "\n@%s\n", name);
	begin = strstr(known_sequences, head);
	ASSERT_NE(NULL, begin);
	begin += strlen(head);
	end = strstr(begin, "\n@");
	return end ? strndup(begin, end - begin) : strdup(begin);
}

static void replay_part(const char *name)
{
	int i, nr = sequences_parse(part(name), sequences, MAX_SEQUENCES);

	ASSERT_LT(0, nr);
	for (i = 0; i < nr; i++)
		if (!replay(&campaign, &sequences[i], fail_test))
			test_error("sequence %d: %s", i + 1,
				   campaign.broken.text);
	test_step("%d sequences", nr);
	machine_stop();
}

TEST_INVARIANT(sequences_with_exiting_tasks_show_what_is_promised,
	       "after each operation of known sequences with exiting tasks, all files show what a model of Linux 7.3 promises",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK), FAILS_WITHOUT(FIX_HIDE_DEAD),
	       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	replay_part("exiting");
}

TEST_INVARIANT(sequences_with_controllers_show_what_is_promised,
	       "after each operation of known sequences that enable and disable controllers around exiting tasks, all files show what a model of Linux 7.3 promises",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK), FAILS_WITHOUT(FIX_HIDE_DEAD),
	       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL), FAILS_WITHOUT(FIX_PER_CSS),
	       FAILS_WITHOUT(FIX_PER_CSS_KILL))
{
	replay_part("controllers");
}

TEST_INVARIANT(sequences_with_kill_show_what_is_promised,
	       "after each operation of known sequences with cgroup.kill, all files show what a model of Linux 7.3 promises",
	       FAILS_WITHOUT(FIX_KILL_EXITED_LEADER),
	       MAY_FAIL_WITHOUT(FIX_KILL_SPARES_MIGRATED),
	       FAILS_WITHOUT(FIX_CLONE_INTO_KILLED))
{
	replay_part("kill");
}

TEST_INVARIANT(findings_show_what_is_promised,
	       "after each operation of sequences that show known bugs, all files show what a model of Linux 7.3 promises",
	       FAILS_WITHOUT(FIX_DEFER_UNLINK), FAILS_WITHOUT(FIX_HIDE_DEAD),
	       FAILS_WITHOUT(FIX_DEFER_RMDIR_KILL))
{
	replay_part("findings");
}
