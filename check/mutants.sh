#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mutants - each mutant can still be made of the kernel's source, and has a test to
# fear; each test has been seen to fail, on a mutant or on a released kernel.
#
# No kernel is built here: that is for "make mutants", which leaves docs/mutants.txt.
# STRICT=1: a test that nobody has seen fail is a failure; else it is only listed.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=mutants/tools.sh
. "$here/mutants/tools.sh"
make_scratch
work=$scratch
tree=$(kernel_tree)
verdicts=$here/check/verdicts.txt
kills=$here/docs/mutants.txt

# PROGRAM.TEST, without a variant between.
without_variant()
{
	sed 's/\..*\./\./'
}

all_tests()
{
	awk '!/^#/ && NF { print $1 }' "$verdicts"
}

# A mutant may name a program, a test, or one variant of it.
name_exists()
{
	grep -qxF -- "$1" "$scratch/names"
}

killers_exist()
{
	local killer bad=0

	for killer in $(about "$1" "killed by"); do
		name_exists "$killer" || { echo "there is no test $killer"; bad=1; }
	done
	return "$bad"
}

# XFAIL is a failure as well, of a kind that is not held against the kernel.
seen_to_fail()
{
	awk '!/^#/ && NF { for (i = 2; i <= NF; i++) if ($i !~ /^(pass|skip)$/) { print $1; next } }' \
		"$verdicts"
	[ ! -e "$kills" ] || awk -F'\t' '!/^#/ && NF { print $3 }' "$kills"
}

never_seen_to_fail()
{
	comm -23 <(all_tests | without_variant | sort -u) <(seen_to_fail | without_variant | sort -u)
}

if ! build_tools "$scratch" "$tree" 2>"$scratch/log"; then
	not_ok "mutants: the tools build"
	details "$scratch/log"
	exit 1
fi
{ all_tests; all_tests | without_variant; all_tests | cut -d. -f1; } | sort -u >"$scratch/names"

for mutant in $(all_mutants); do
	check "mutants: $mutant can be made" "$scratch/edit" check "$tree" "$here/mutants/$mutant"
	check "mutants: $mutant names tests that there are" killers_exist "$mutant"
done
check "mutants: docs/mutants.txt is of the mutants that there are" \
	diff <(all_mutants) <(grep -v '^#' "$kills" | cut -f1 | grep . | LC_ALL=C sort -u)

never_seen_to_fail >"$scratch/unseen"
if [ ! -s "$scratch/unseen" ]; then
	ok "mutants: every test has been seen to fail"
elif [ "${STRICT:-}" = 1 ]; then
	not_ok "mutants: every test has been seen to fail"
	details "$scratch/unseen" 1000
else
	skip "mutants: every test has been seen to fail" \
		"$(wc -l <"$scratch/unseen") have not: $(paste -sd' ' "$scratch/unseen")"
fi
exit $check_failed
