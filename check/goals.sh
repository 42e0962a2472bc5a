#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks that all processes that make has started end with it, whichever process is killed,
# and that a matrix shows and saves only its own results. Uses a copy of the checkout that
# builds nothing.

# shellcheck source-path=SCRIPTDIR disable=SC2317

set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/check/fake/report.sh"
. "$root/check/fake/suite.sh"

child=
clean_up()
{
	[ -z "$child" ] || kill "$child" 2>/dev/null
	rm -rf "$tmp"
}
make_tmp
copy=$tmp/copy
results=$copy/results

# The suite is one fake program; the reader of results is the real one.
make_copy()
{
	fake_suite "$tmp/suite" flaky || return
	mkdir "$copy"
	cp -r "$root"/{GNUmakefile,Makefile,bpf-probe.mk,vm,scripts,check,config,lib,report} "$copy"
	printf '%s\n' '#!/bin/sh' "touch $tmp/built" "echo $tmp/suite" > "$copy/scripts/build"
	printf '%s\n' '#!/bin/sh' > "$copy/scripts/install-deps"
}

# --- All processes end ------------------------------------------------------

# Prints the pids of all processes that this check has started: their TMPDIR is this check's.
started_here()
{
	env -u TMPDIR grep -lzxF "TMPDIR=$TMPDIR" /proc/[0-9]*/environ 2>/dev/null | tr -dc '0-9\n'
}

# Prints the processes that still run. Exiting tasks are left out: they have no command line.
running_processes()
{
	local pid command

	for pid in $(started_here); do
		command=$(tr '\0\n' ' ' 2>/dev/null < "/proc/$pid/cmdline")
		[ -z "$command" ] || echo "# $pid still runs: $command"
	done 2>/dev/null
}

no_process_runs()
{
	[ -z "$(running_processes)" ]
}

machine_runs()
{
	grep -q qemu-system <<< "$(running_processes)"
}

# process_of COMMAND: prints the oldest match; younger ones are subshells of it
process_of()
{
	local pid found=()

	for pid in $(started_here); do
		! grep -zqE "(^|/)$1$" "/proc/$pid/cmdline" 2>/dev/null || found+=("$pid")
	done
	read -r pid <<< "$(ps -o pid= --sort=start_time -p "${found[*]}")"
	echo "$pid"
}

# check_signal SIGNAL PROCESS COMMAND...: starts COMMAND and sends SIGNAL to PROCESS when the
# machine runs; all processes must end
check_signal()
{
	local signal=$1 process=$2 name="SIG$1 to $2"
	shift 2

	env --default-signal=INT,HUP "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null &
	child=$!
	check "$name: the machine runs" eventually 60 machine_runs
	kill "-$signal" "$(process_of "$process")"
	check "$name: all processes end" eventually 20 no_process_runs
	running_processes >&2
	wait "$child"
	status=$?
	child=
	check "$name: the command fails" test "$status" != 0
}

# A copy of the newest kernel, which vm/bisect takes for another one.
other_kernel()
{
	cp "$("$root/vm/fetch" kernel newest)" "$tmp/bzImage" && echo "$tmp/bzImage"
}

check_orphans()
{
	check_signal TERM make "${make[@]}" verdict KERNEL=newest
	check "SIGTERM leaves no file" empty_dir "$TMPDIR"
	check_signal KILL make "${make[@]}" verdict KERNEL=newest
	check_signal KILL scripts/report "${make[@]}" verdict KERNEL=newest
	check_signal TERM make "${make[@]}" matrix KERNELS=newest
	check_signal KILL vm/matrix "${make[@]}" matrix KERNELS=newest
	check "... prints one message" is "$(grep -c 'vm/matrix was killed' "$tmp/err")" 1
	check_signal KILL vm/bench "$copy/vm/bench" "$tmp/suite"
	check_signal TERM vm/bench "$copy/vm/bench" "$tmp/suite"
	check_signal KILL vm/bisect "$copy/vm/bisect" --images "newest $(other_kernel)" --test flaky "$tmp/suite"
}

# --- The results of a matrix -------------------------------------------

# on_terminal TERM COMMAND: runs it in a pseudo-terminal
on_terminal()
{
	run env TERM="$1" script -qec "stty cols 100 rows 50; $2" /dev/null
}

# Leaves the results of an earlier matrix, with another kernel and another suite.
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
	check "results/ cannot be written: prints one message" \
		is "$(grep -c "cannot write to $results:" "$tmp/err")" 1
	check "... before the build" test ! -e "$tmp/built"
	rm "$results"
	make_old_results
	rm -r "$results/matrix/newest"
	: > "$results/matrix/newest"
	on_terminal xterm "$matrix"
	check "a column cannot be written: exit 2" is "$status" 2
	check "... the message" out_has "cannot write to $results/matrix/newest:"
	check "... before the build" test ! -e "$tmp/built"
	check "... shows no results of the earlier run" is "$(grep -ac stale "$tmp/out")" 0
	rm -r "$results"
}

check_own_results()
{
	local matrix="make -s -C '$copy' matrix KERNELS=newest"

	make_old_results
	check_signal TERM scripts/report "${make[@]}" matrix KERNELS=newest
	on_terminal xterm "$matrix"
	check "matrix on a terminal: exit 0" is "$status" 0
	check "... shows the boot" out_has 'booting, [0-9]+ s'
	check "... the table has the results" out_has 'flaky\.steady +.*ok'
	check "... never the results of the earlier run" is "$(grep -acE 'stale|old' "$tmp/out")" 0
	check "... writes results/matrix.html" grep -q "flaky.steady" "$results/matrix.html"
	on_terminal dumb "$matrix"
	check "matrix on a dumb terminal: prints plain lines" \
		is "$(grep -c $'\033\\[[0-9]*[AJ]' "$tmp/out")" 0
	check "... keeps finished kernels" out_has "newest: kept from an earlier run"
	mkdir "$results/matrix.html.new"
	run "${make[@]}" matrix KERNELS=newest
	check "a page that cannot be written: exit 2" is "$status" 2
	check "... prints one message" \
		is "$(grep -c "report: cannot write $results/matrix.html: Is a directory" "$tmp/err")" 1
	rmdir "$results/matrix.html.new"
}

# Holds the lock meanwhile.
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
check "no process is left" no_process_runs

exit $check_failed
