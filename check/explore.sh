#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# explore - the explorer refuses bad input with one line that has the place, and exits with 2.
# check/unit.sh tests its model, check/suite.sh its programs.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch
installed=$("$here/scripts/build") || exit 1
program=$installed/task_exit/task_exit

# refuses NAME MESSAGE ARGUMENT...
refuses()
{
	local name=$1 message=$2 status=0
	shift 2

	"$program" explore "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
	if [ "$status" = 2 ] && [ ! -s "$scratch/out" ] &&
		[ "$(cat "$scratch/err")" = "task_exit explore: $message" ]; then
		ok "explore: $name"
	else
		echo "exit status $status" >>"$scratch/err"
		not_ok "explore: $name"
		details "$scratch/err"
	fi
}

refuses "an unknown operation" "line 1: operation 2: 'mkdri' is no operation" --replay 'mkdir a; mkdri b'
refuses "an operation that cannot be" \
	"line 1: operation 1, 'rmdir a': the cgroup does not exist" --replay 'rmdir a'
refuses "a sequence without operations" "there is no sequence" --replay ' '
refuses "a seed that is no number" "many: is no number" --seed many
refuses "a negative number" "-1: is no number" --sequences -1
refuses "a file that is missing" "$scratch/none: No such file or directory" --file "$scratch/none"
printf '# two sequences\nmkdir a\n\nfork p b\n' >"$scratch/sequences"
refuses "the second sequence of a file" \
	"line 4: operation 1, 'fork p b': the cgroup does not exist" --file "$scratch/sequences"
refuses "a word that is no option" "now: is no option" now
refuses "a state of another version" "1.2: is no state of this version" --resume 1.2
refuses "a state that is no state" "here: is no state of this version" --coverage here
if [ "$("$program" explore --help | sed -n 1p)" = \
	"usage: task_exit explore [--seed N] [--sequences N] [--minutes N]" ]; then
	ok "explore: has help"
else
	not_ok "explore: has help"
fi
exit $check_failed
