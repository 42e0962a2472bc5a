#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mutants - each mutant still applies to the kernel's source and names tests that exist; each
# test has failed on some mutant or some released kernel.
#
# Builds no kernel: "make mutants" does that and writes docs/mutants.txt.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vm/common.sh
. "$here/vm/common.sh"
# shellcheck source=mutants/tools.sh
. "$here/mutants/tools.sh"
# shellcheck source=mutants/table.sh
. "$here/mutants/table.sh"
# shellcheck source=vm/unstable.sh
. "$here/vm/unstable.sh"
make_scratch
work=$scratch
tree=$(kernel_tree)
rules=$here/check/expect/rules.txt
kills=$here/docs/mutants.txt

# Strips the variant: PROGRAM.VARIANT.TEST becomes PROGRAM.TEST.
without_variant()
{
	sed 's/\..*\./\./'
}

all_tests()
{
	cut -f1 "$scratch/tests"
}

# Prints PROGRAM.VARIANT.TEST for all tests that have variants.
all_variants()
{
	local file program variant

	for file in "$here"/{cgroup,sched_ext}/*.c; do
		program=${file#"$here"/}
		program=${program/#sched_ext/scx}
		program=${program/\//_}
		program=${program%.c}
		while read -r variant; do
			all_tests | sed -n "s/^$program\./$program.$variant./p"
		done < <(sed -nE 's/^FIXTURE_VARIANT_ADD_\(TEST_PROGRAM, (\w+)\).*/\1/p' "$file")
	done
}

# A mutant may name a program, a test, or one variant of it.
name_exists()
{
	grep -qxF -- "$1" "$scratch/names"
}

killers_exist()
{
	local killer bad=0

	for killer in $(mutant_value "$1" "killed by"); do
		name_exists "$killer" || { echo "there is no test $killer"; bad=1; }
	done
	return "$bad"
}

# XFAIL counts as a failure, too. For released kernels this uses the expected results, which
# "make check CHECKS=suite" verifies.
seen_to_fail()
{
	local version

	for version in $("$scratch/expect" -k) 6.19.6; do
		"$scratch/expect" "$rules" "$scratch/tests" "$version" | grep -vE ' (pass|skip|pass\|skip)$' | cut -d' ' -f1
	done
	[ ! -e "$kills" ] || awk -F'\t' '!/^#/ && NF { print $3 }' "$kills"
}

never_seen_to_fail()
{
	comm -23 <(all_tests | without_variant | sort -u) <(seen_to_fail | without_variant | sort -u)
}

# Mutants without a row in docs/mutants.txt: "make mutants" has not run them.
mutants_without_results()
{
	comm -23 <(bug_mutants) <(cut -f1 "$kills" 2>/dev/null | sort -u) |
		sed 's/.*/&: run make mutants MUTANTS=&/'
}

surviving_mutants()
{
	[ -e "$kills" ] || { echo "no docs/mutants.txt"; return; }
	awk -F'\t' '!/^#/ && NF && $2 !~ /^(killed|refuted|cannot be detected)$/ { print $1 ": " $2 }' \
		"$kills" | sort -u
}

# check_empty NAME FILE: the file lists the failures
check_empty()
{
	if [ ! -s "$2" ]; then
		ok "$1"
	else
		not_ok "$1"
		details "$2" 1000
	fi
}

if ! { build_tools "$scratch" "$tree" && build_expect "$scratch" && list_tests "$scratch/tests"; } 2>"$scratch/log"; then
	not_ok "mutants: the tools build"
	details "$scratch/log"
	exit 1
fi
# refuses WORDS LINE...: rejects a mutant of these lines, with one message that has WORDS
refuses()
{
	local words=$1 status=0
	shift

	printf '%s\n' "breaks: x" "killed by: x" "$@" >"$scratch/bad"
	"$scratch/edit" check "$tree" "$scratch/bad" 2>"$scratch/err" || status=$?
	cat "$scratch/err"
	[ "$status" = 2 ] && [ "$(wc -l <"$scratch/err")" = 1 ] && grep -qF -- "$words" "$scratch/err"
}

# This file and function will stay in the kernel.
exit_c="file: kernel/exit.c"
check "mutants: an edit in a function that does not exist is refused" refuses "kernel/exit.c has no do_leave" \
	"$exit_c" "in: do_leave" "replace: exit_mm();" "with:"
check "mutants: an edit of text that does not exist is refused" refuses "0 times in do_exit of kernel/exit.c" \
	"$exit_c" "in: do_exit" "replace: leave_mm();" "with:"
check "mutants: an edit of text that occurs more than once is refused" refuses "in do_exit of kernel/exit.c" \
	"$exit_c" "in: do_exit" "replace: if (group_dead)" "with:"
check "mutants: edits that overlap are refused" refuses "overlaps the edit of line 5" \
	"$exit_c" "in: do_exit" "replace: exit_mm();" "with:" "replace: exit_mm();" "with:"
check "mutants: an edit of a file that does not exist is refused" refuses "kernel/leave.c: No such file" \
	"file: kernel/leave.c" "replace: x" "with:"

# saved_run LINE...: prints KTAP with a test that always fails, and these lines
saved_run()
{
	printf '%s\n' "TAP version 13" "1..2" "# selftests: task_exit: a" "# TAP version 13" "# 1..2" \
		"# not ok 1 a.fails # as ever" "$@"
}

# kills_are EXPECTED BASE MUTANT
kills_are()
{
	diff <(printf '%b' "$1") <("$scratch/kills" "$2" "$3" "it went down")
}

passes=("# ok 2 a.test" "not ok 1 selftests: task_exit: a # exit=1")
skips=("# ok 2 a.test # SKIP not today" "${passes[1]}")
fails=("# # missing fix: d245698d727a" "# not ok 2 a.test # no more" "${passes[1]}")
unfinished=("# selftests: task_exit: b" "# TAP version 13" "# 1..1" "#  RUN           b.test ...")
saved_run "${passes[@]}" >"$scratch/base"
saved_run "${fails[@]}" >"$scratch/fails"
saved_run "${passes[@]}" "${unfinished[@]}" >"$scratch/down"
saved_run "${passes[@]}" "${unfinished[@]}" "not ok 2 selftests: task_exit: b # the kernel panicked" \
	>"$scratch/panic"
check "mutants: a kill has the test, the fix and the message" kills_are \
	"a.test\td245698d727a\tno more\n" "$scratch/base" "$scratch/fails"
check "mutants: a kill has the test that ran when the machine went down" kills_are \
	"b\t-\tit went down, in b.test\n" "$scratch/base" "$scratch/down"
check "mutants: a kill has the program in which the kernel panicked" kills_are \
	"b\t-\tthe kernel panicked, in b.test\n" "$scratch/base" "$scratch/panic"
check "mutants: a test that fails without a mutant is listed for that kernel" kills_are \
	"a.fails\t-\tas ever\n" /dev/null "$scratch/base"

# two_runs_give RESULTS WORDS...: RESULTS are those of the second run
two_runs_give()
{
	local -A results=([base]=$scratch/runs/base [config-kasan]=$scratch/runs/kasan)
	local -A lost=()
	local mutants=(config-kasan) repeat=2 dir words

	rm -rf "$scratch/runs"
	for dir in $(run_dirs base) "${results[config-kasan]}"; do
		mkdir -p "$dir"
		saved_run "${passes[@]}" >"$dir/results.ktap"
		echo 1 >"$dir/ended"
		: >"$dir/said"
	done
	cp -r "$dir" "$dir.2"
	cp "$1" "$dir.2/results.ktap"
	shift
	# "ended" is empty if the machine was lost.
	[ "$1" != "config-kasan: lost" ] || : >"$dir.2/ended"
	{ set_verdicts && print_table; } >"$scratch/table"
	for words; do
		grep -qF -- "$words" "$scratch/table" || { cat "$scratch/table"; return 1; }
	done
}

saved_run "${skips[@]}" >"$scratch/skips"
check "mutants: two runs with the same results: no report" two_runs_give "$scratch/base" \
	"config-kasan: clean" "runs: 2"
check "mutants: a test that fails in one run of two is reported" two_runs_give "$scratch/fails" \
	"config-kasan: not clean" "a.test: no more (missing d245698d727a)"
check "mutants: a test that is skipped in one run of two is reported" two_runs_give "$scratch/skips" \
	"config-kasan: not clean" "unstable result: a.test: pass skip"
check "mutants: one lost run of two is reported" two_runs_give "$scratch/base" \
	"config-kasan: lost"

# docs_after VERDICT MUTANT: writes docs/ as if only that mutant had been run
docs_after()
{
	local -A verdict=([$2]=$1)
	local mutants=("$2") pristine

	# shellcheck disable=SC2016 # the backquotes are of markdown
	pristine=$(sed -n 's/^Made by `make mutants` of \([^;]*\);.*/\1/p' "$here/docs/mutants.md")
	rm -rf "$scratch/docs"
	mkdir "$scratch/docs"
	cp "$here"/docs/mutants.{md,txt} "$scratch/docs"
	grep -P "^$2\t" "$kills" | awk -F'\t' '{ print $3 "\t-\tit says" }' >"$scratch/$2.kills"
	write_docs "$scratch/docs"
}

other_rows_do_not_change()
{
	docs_after killed cgroup-early-unlink &&
		diff "$kills" "$scratch/docs/mutants.txt" &&
		[ "$(diff "$here/docs/mutants.md" "$scratch/docs/mutants.md" | grep -c '^[<>]')" = 2 ]
}

its_row_changes()
{
	docs_after survived cgroup-early-unlink &&
		tail -n 1 "$scratch/docs/mutants.txt" | grep -P '^cgroup-early-unlink\tsurvived\t' &&
		grep -x '1 of [0-9]*: survived' "$scratch/docs/mutants.md"
}

check "mutants: docs: rows of mutants that were not run do not change" other_rows_do_not_change
check "mutants: docs: the row of the mutant that was run changes" its_row_changes

# Skips a mutant that does not apply if the archive no longer has its source: another source is
# used then.
check_applies()
{
	local name="mutants: $1 applies"

	if "$scratch/edit" check "$tree" "$here/mutants/$1" >"$scratch/log" 2>&1; then
		ok "$name"
	elif tree_is_of_its_series; then
		not_ok "$name"
		details "$scratch/log"
	else
		skip "$name" "to ${tree##*/}: $(tail -n 1 "$scratch/log")"
	fi
}

{ all_tests; all_variants; all_tests | cut -d. -f1; } | sort -u >"$scratch/names"

for mutant in $(bug_mutants); do
	check_applies "$mutant"
	check "mutants: $mutant names tests that exist" killers_exist "$mutant"
done
mutants_without_results >"$scratch/list"
check_empty "mutants: docs/mutants.txt has every mutant" "$scratch/list"
surviving_mutants >"$scratch/list"
check_empty "mutants: every mutant was killed by the tests that it names, is refuted, or cannot be detected" "$scratch/list"
never_seen_to_fail >"$scratch/list"
check_empty "mutants: every test has failed at least once" "$scratch/list"
exit $check_failed
