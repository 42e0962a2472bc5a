# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Results that differ between several runs.

# list_unstable READER FILE: each test and program with more than one verdict
list_unstable()
{
	"$1" lines < "$2" | awk -F'\t' '
		($1 == "result" || $1 == "end") && !seen[$3, $2]++ {
			if ($3 in verdicts)
				unstable[$3]
			verdicts[$3] = verdicts[$3] " " $2
		}
		END {
			for (name in unstable)
				print name ":" verdicts[name]
		}' | sort
}
