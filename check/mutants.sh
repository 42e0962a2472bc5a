#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mutants - each mutant can still be made of the kernel's source, and has a test to
# fear; each test has been seen to fail, on a mutant or on a released kernel.
#
# No kernel is built here: that is for "make mutants", which leaves docs/mutants.txt.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vm/common.sh
. "$here/vm/common.sh"
# shellcheck source=mutants/tools.sh
. "$here/mutants/tools.sh"
# shellcheck source=mutants/table.sh
. "$here/mutants/table.sh"
# shellcheck source=vm/flips.sh
. "$here/vm/flips.sh"
make_scratch
work=$scratch
tree=$(kernel_tree)
rules=$here/check/expect/rules.txt
kills=$here/docs/mutants.txt

# PROGRAM.TEST, without a variant between.
without_variant()
{
	sed 's/\..*\./\./'
}

all_tests()
{
	cut -f1 "$scratch/tests"
}

# Each test once more for each of its variants.
all_variants()
{
	local file program variants

	for file in "$here"/{cgroup,sched_ext}/*.c; do
		variants=$(sed -nE 's/^FIXTURE_VARIANT_ADD\((\w+), (\w+)\).*/\1.\2/p' "$file")
		for program in $variants; do
			all_tests | sed -n "s/^${program%.*}\./$program./p"
		done
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

	for killer in $(about "$1" "killed by"); do
		name_exists "$killer" || { echo "there is no test $killer"; bad=1; }
	done
	return "$bad"
}

# XFAIL is a failure as well, of a kind that is not held against the kernel. That
# released kernels say what is expected of them is for "make check CHECKS=suite".
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

# What "make mutants" has not been run for.
mutants_without_results()
{
	comm -23 <(all_mutants) <(cut -f1 "$kills" 2>/dev/null | sort -u)
}

mutants_that_live()
{
	[ -e "$kills" ] || { echo "there is no docs/mutants.txt"; return; }
	awk -F'\t' '!/^#/ && NF && $2 != "killed" && $2 != "equivalent" { print $1 ": " $2 }' \
		"$kills" | sort -u
}

# none_is_left NAME FILE
none_is_left()
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
# refuses WORDS LINE...: a mutant of these lines, in one line that has these words
refuses()
{
	local words=$1 status=0
	shift

	printf '%s\n' "breaks: x" "killed by: x" "$@" >"$scratch/bad"
	"$scratch/edit" check "$tree" "$scratch/bad" 2>"$scratch/err" || status=$?
	cat "$scratch/err"
	[ "$status" = 2 ] && [ "$(wc -l <"$scratch/err")" = 1 ] && grep -qF -- "$words" "$scratch/err"
}

# A file of the tree has it, and will have.
exit_c="file: kernel/exit.c"
check "mutants: a function that is gone is named" refuses "kernel/exit.c has no do_leave" \
	"$exit_c" "in: do_leave" "replace: exit_mm();" "with:"
check "mutants: what is nowhere is refused" refuses "in do_exit of kernel/exit.c 0 times" \
	"$exit_c" "in: do_exit" "replace: leave_mm();" "with:"
check "mutants: what is in several places is refused" refuses "in do_exit of kernel/exit.c" \
	"$exit_c" "in: do_exit" "replace: if (group_dead)" "with:"
check "mutants: edits that overlap are refused" refuses "overlaps the edit of line 5" \
	"$exit_c" "in: do_exit" "replace: exit_mm();" "with:" "replace: exit_mm();" "with:"
check "mutants: a file that is gone is named" refuses "kernel/leave.c: No such file" \
	"file: kernel/leave.c" "replace: x" "with:"

# saved_run A B: a test that failed before, and what else there is to say
saved_run()
{
	printf '%s\n' "TAP version 13" "1..2" "# selftests: task_exit: a" "# TAP version 13" "# 1..2" \
		"# not ok 1 a.fails # as ever" "$@"
}

# kills_are WANTED BASE MUTANT
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
check "mutants: who fails is told, with the fix and the message" kills_are \
	"a.test\td245698d727a\tno more\n" "$scratch/base" "$scratch/fails"
check "mutants: who was running when the machine went down is told" kills_are \
	"b\t-\tit went down, in b.test\n" "$scratch/base" "$scratch/down"
check "mutants: who fails without a mutant is told of that kernel" kills_are \
	"a.fails\t-\tas ever\n" /dev/null "$scratch/base"

# says_of_runs KASAN_RUN WORDS...: of two runs on a kernel, of which one is silent
says_of_runs()
{
	local -A results=([base]=$scratch/runs/base [silence-kasan]=$scratch/runs/kasan)
	local -A lost=()
	local mutants=(silence-kasan) repeat=2 dir words

	rm -rf "$scratch/runs"
	for dir in $(runs_of base) "${results[silence-kasan]}"; do
		mkdir -p "$dir"
		saved_run "${passes[@]}" >"$dir/results.ktap"
		echo 1 >"$dir/ended"
		: >"$dir/said"
	done
	cp -r "$dir" "$dir.2"
	cp "$1" "$dir.2/results.ktap"
	shift
	# "ended" is empty where the machine was lost.
	[ "$1" != "silence-kasan: lost" ] || : >"$dir.2/ended"
	{ judge_all && print_table; } >"$scratch/table"
	for words; do
		grep -qF -- "$words" "$scratch/table" || { cat "$scratch/table"; return 1; }
	done
}

saved_run "${skips[@]}" >"$scratch/skips"
check "mutants: runs that say the same are silent" says_of_runs "$scratch/base" \
	"silence-kasan: silent" "runs: 2"
check "mutants: who fails in one run of two is told" says_of_runs "$scratch/fails" \
	"silence-kasan: not silent" "a.test: no more (missing d245698d727a)"
check "mutants: who is skipped in one run of two is told" says_of_runs "$scratch/skips" \
	"silence-kasan: not silent" "verdicts differ: a.test: pass skip"
check "mutants: one run of two that was lost is told" says_of_runs "$scratch/base" \
	"silence-kasan: lost"

# docs_after VERDICT MUTANT: what docs/ is when just that mutant has been run
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

rows_of_others_stay()
{
	docs_after killed cgroup-early-unlink &&
		diff "$kills" "$scratch/docs/mutants.txt" &&
		[ "$(diff "$here/docs/mutants.md" "$scratch/docs/mutants.md" | grep -c '^[<>]')" = 2 ]
}

row_of_what_was_run_changes()
{
	docs_after survived cgroup-early-unlink &&
		tail -n 1 "$scratch/docs/mutants.txt" | grep -P '^cgroup-early-unlink\tsurvived\t' &&
		grep -x '1 of [0-9]*: survived' "$scratch/docs/mutants.md"
}

check "mutants: docs: the rows of what was not run stay" rows_of_others_stay
check "mutants: docs: the row of what was run changes" row_of_what_was_run_changes

# Where the source that they were made for is gone, another stands in: it may differ.
check_made()
{
	local name="mutants: $1 can be made"

	if "$scratch/edit" check "$tree" "$here/mutants/$1" >"$scratch/log" 2>&1; then
		ok "$name"
	elif tree_is_of_its_series; then
		not_ok "$name"
		details "$scratch/log"
	else
		skip "$name" "of ${tree##*/}: $(tail -n 1 "$scratch/log")"
	fi
}

{ all_tests; all_variants; all_tests | cut -d. -f1; } | sort -u >"$scratch/names"

for mutant in $(all_mutants); do
	check_made "$mutant"
	check "mutants: $mutant names tests that there are" killers_exist "$mutant"
done
mutants_without_results >"$scratch/left"
none_is_left "mutants: docs/mutants.txt has every mutant" "$scratch/left"
mutants_that_live >"$scratch/left"
none_is_left "mutants: every mutant was killed as it says, or is equivalent" "$scratch/left"
never_seen_to_fail >"$scratch/left"
none_is_left "mutants: every test has been seen to fail" "$scratch/left"
exit $check_failed
