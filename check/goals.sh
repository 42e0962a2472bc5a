#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks that what make starts ends with it, whatever is killed, and that a matrix shows
# and keeps its own results only. In a copy of the checkout that builds nothing.

# shellcheck source-path=SCRIPTDIR disable=SC2317

set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/check/stubs/report.sh"
. "$root/check/stubs/suite.sh"

child=
clean_up()
{
	[ -z "$child" ] || kill "$child" 2>/dev/null
	rm -rf "$tmp"
}
make_tmp
copy=$tmp/copy
results=$copy/results

# The suite is a stub, the reports are real.
make_copy()
{
	stub_suite "$tmp/suite" flip || return
	mkdir "$copy"
	cp -r "$root"/{Makefile,goals.mk,bpf-probe.mk,vm,scripts,check,config,lib,report} "$copy"
	printf '%s\n' '#!/bin/sh' "touch $tmp/built" "echo $tmp/suite" > "$copy/scripts/build"
	printf '%s\n' '#!/bin/sh' > "$copy/scripts/need"
}

# --- Nothing outlives it ------------------------------------------------------

# What has been started from here has this directory's name in its environment.
started_here()
{
	env -u TMPDIR grep -lzxF "TMPDIR=$TMPDIR" /proc/[0-9]*/environ 2>/dev/null | tr -dc '0-9\n'
}

# One that is about to end has no command line.
living()
{
	local pid command

	for pid in $(started_here); do
		command=$(tr '\0\n' ' ' 2>/dev/null < "/proc/$pid/cmdline")
		[ -z "$command" ] || echo "# $pid lives: $command"
	done 2>/dev/null
}

nothing_lives()
{
	[ -z "$(living)" ]
}

machine_runs()
{
	grep -q qemu-system <<< "$(living)"
}

# process_of COMMAND: and not a subshell of it, which is younger
process_of()
{
	local pid found=()

	for pid in $(started_here); do
		! grep -zqE "(^|/)$1$" "/proc/$pid/cmdline" 2>/dev/null || found+=("$pid")
	done
	read -r pid <<< "$(ps -o pid= --sort=start_time -p "${found[*]}")"
	echo "$pid"
}

# ends_with SIGNAL PROCESS COMMAND...: that signal to the one ends all that COMMAND has begun
ends_with()
{
	local signal=$1 process=$2 what="SIG$1 to $2"
	shift 2

	env --default-signal=INT,HUP "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null &
	child=$!
	check "$what: the machine runs" eventually 60 machine_runs
	kill "-$signal" "$(process_of "$process")"
	check "$what: all ends" eventually 20 nothing_lives
	living >&2
	wait "$child"
	status=$?
	child=
	check "$what: it failed" test "$status" != 0
}

# The newest kernel, by a name that is another one's to vm/bisect.
other_kernel()
{
	cp "$("$root/vm/fetch" kernel newest)" "$tmp/bzImage" && echo "$tmp/bzImage"
}

check_orphans()
{
	ends_with TERM make "${make[@]}" verdict KERNEL=newest
	check "SIGTERM leaves no file" empty_dir "$TMPDIR"
	ends_with KILL make "${make[@]}" verdict KERNEL=newest
	ends_with KILL scripts/report "${make[@]}" verdict KERNEL=newest
	ends_with TERM make "${make[@]}" matrix KERNELS=newest
	ends_with KILL vm/matrix "${make[@]}" matrix KERNELS=newest
	check "... one line says so" is "$(grep -c 'vm/matrix was killed' "$tmp/err")" 1
	ends_with KILL vm/bench "$copy/vm/bench" "$tmp/suite"
	ends_with TERM vm/bench "$copy/vm/bench" "$tmp/suite"
	ends_with KILL vm/bisect "$copy/vm/bisect" --images "newest $(other_kernel)" --test flip "$tmp/suite"
}

# --- A matrix's results are its own -------------------------------------------

# on_terminal TERM COMMAND: as somebody sees it
on_terminal()
{
	run env TERM="$1" script -qec "stty cols 100 rows 50; $2" /dev/null
}

# What an earlier matrix has left: of another kernel, and of another suite.
make_old_results()
{
	local column

	mkdir -p "$results/matrix"/{old,newest}
	echo old > "$results/matrix/kernels"
	for column in old newest; do
		printf '%s\n' "TAP version 13" "1..1" "# selftests: task_exit: stale" "# 1..1" \
			"# ok 1 stale.result" "ok 1 selftests: task_exit: stale" \
			> "$results/matrix/$column/results.ktap"
		echo "another-suite /nowhere" > "$results/matrix/$column/key"
	done
}

check_unwritable()
{
	local matrix="make -s -C '$copy' matrix KERNELS=newest"

	rm -rf "$tmp/built" "$results"
	: > "$results"
	run "${make[@]}" matrix KERNELS=newest
	check "results/ cannot be written: says so once" is "$(grep -c "cannot write to $results:" "$tmp/err")" 1
	check "... before anything is built" test ! -e "$tmp/built"
	rm "$results"
	make_old_results
	rm -r "$results/matrix/newest"
	: > "$results/matrix/newest"
	on_terminal xterm "$matrix"
	check "a column cannot be written: exit 2" is "$status" 2
	check "... says so" out_has "cannot write to $results/matrix/newest:"
	check "... before anything is built" test ! -e "$tmp/built"
	check "... shows no other run's" is "$(grep -ac stale "$tmp/out")" 0
	rm -r "$results"
}

check_own_results()
{
	local matrix="make -s -C '$copy' matrix KERNELS=newest"

	make_old_results
	ends_with TERM scripts/report "${make[@]}" matrix KERNELS=newest
	on_terminal xterm "$matrix"
	check "matrix on a terminal: exit 0" is "$status" 0
	check "... says that it boots" out_has 'booting, [0-9]+ s'
	check "... the table has the results" out_has 'flip\.steady +.*ok'
	check "... and of no other run, at no time" is "$(grep -acE 'stale|old' "$tmp/out")" 0
	check "... results/matrix.html is there" grep -q "flip.steady" "$results/matrix.html"
	on_terminal dumb "$matrix"
	check "matrix on a dumb terminal: plain lines" is "$(grep -c $'\033\\[[0-9]*[AJ]' "$tmp/out")" 0
	check "... what was done is kept" out_has "newest: kept from an earlier run"
	mkdir "$results/matrix.html.new"
	run "${make[@]}" matrix KERNELS=newest
	check "a page that cannot be written: exit 2" is "$status" 2
	check "... one line says so" is "$(grep -c "report: cannot write $results/matrix.html: Is a directory" "$tmp/err")" 1
	rmdir "$results/matrix.html.new"
}

# The lock is this check's for a moment.
check_two_at_once()
{
	run flock "$results/lock" "${make[@]}" matrix KERNELS=newest
	check "a second matrix in the same results/: exit 2" is "$status" 2
	check "... says so" err_has "another make matrix writes to $results"
}

make_copy || exit
make=(make -s -C "$copy")
check_orphans
check_unwritable
check_own_results
check_two_at_once
check "nothing is left" nothing_lives

exit $check_failed
