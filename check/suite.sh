#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# suite - the suite says of every kernel what verdicts.txt says; and it behaves
# where something is in its way.
#
# KERNELS="6.18 7.3" restricts the kernels; 7.3=path/to/bzImage is held against 7.3's.
# REPEAT=20 is that many boots of each.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch

verdicts=$here/check/verdicts.txt
kernels=${KERNELS:-6.12 6.18 6.19.6 6.19.14 7.1 7.3}
: "${REPEAT:=1}"

installed=$("$here/scripts/build" 2>"$scratch/log") || {
	not_ok "suite: builds"
	details "$scratch/log"
	exit 1
}

# column_of KERNEL TABLE: where it stands in verdicts.txt, or fixes.txt
column_of()
{
	sed -nE 's/^# (test|fix) *//p' "$2" | tr -s ' ' '\n' | grep -nx -- "$1" | cut -d: -f1
}

expected_of()
{
	local unless=

	# Where no compiler was found that the tree's scx_qmap wants.
	[ -e "$installed/task_exit/scx_qmap" ] || unless=scx_tid_qmap
	awk -v column=$(($(column_of "$1" "$verdicts") + 1)) -v unless="$unless" '
		!/^#/ && NF {
			split($1, part, ".")
			print $1, part[1] == unless ? "skip" : $column
		}' "$verdicts" |
		sort
}

# "TEST VERDICT" of each test in a results.ktap; a failed one gives the commits
# that it names, so that a failure for another reason is another verdict.
seen_in()
{
	awk '
		sub(/^# /, "")
		/^# missing fix: / { fix = fix (fix ? "," : "") $4 }
		/^(not )?ok [0-9]+ [a-z_]+\./ {
			name = $1 == "not" ? $4 : $3
			verdict = $1 == "not" ? (fix ? fix : "FAIL") : \
				/# SKIP/ ? "skip" : /# XFAIL/ ? "xfail" : "pass"
			print name, verdict > "/dev/stderr"
			fix = ""
		}
	' "$1" 2>&1 >/dev/null | sort
}

# Exit status that goes with a list of verdicts.
status_of()
{
	if awk '{ print $2 }' "$1" | grep -qvE '^(pass|skip|xfail)$'; then
		echo 1
	elif awk '{ print $2 }' "$1" | grep -qE '^(pass|xfail)$'; then
		echo 0
	else
		echo 4
	fi
}

# begin_suite INDEX: on that kernel, unless it has begun or there is none
begin_suite()
{
	local kernel=${names[$1]:-}

	if [ -z "$kernel" ] || [ -n "${pids[$1]:-}" ]; then
		return
	fi
	"$here/vm/run" --kernel "${images[$1]}" --log "$scratch/$1" "$installed" \
		>"$scratch/$1.out" 2>"$scratch/$1.err" &
	pids[$1]=$!
}

# check_verdicts INDEX
check_verdicts()
{
	local kernel=${names[$1]} status test want got

	[ "$REPEAT" = 1 ] || echo "# $kernel: boot $(($1 / ${#specs[@]} + 1)) of $REPEAT"
	wait "${pids[$1]}"
	status=$?
	if [ $status -eq 2 ] || [ $status -eq 3 ]; then
		not_ok "suite: $kernel boots and runs"
		details "$scratch/$1.err"
		return
	fi
	expected_of "$kernel" >"$scratch/expected"
	seen_in "$scratch/$1/results.ktap" >"$scratch/seen"

	while read -r test want; do
		got=$(awk -v test="$test" '$1 == test { print $2 }' "$scratch/seen")
		if [ "$got" = "$want" ]; then
			ok "suite: $kernel: $want: $test"
		else
			not_ok "suite: $kernel: $want: $test"
			echo "# it is: ${got:-not there}" >&2
			details "$scratch/$1.out" 120
		fi
	done <"$scratch/expected"
	check "suite: $kernel: no test that verdicts.txt does not know" \
		diff <(cut -d' ' -f1 "$scratch/expected") <(cut -d' ' -f1 "$scratch/seen")
	check_fixes "$kernel" "$scratch/$1/results.ktap"
	check "suite: $kernel: exit status" test "$status" -eq "$(status_of "$scratch/expected")"
}

# The same results, by fix, are what a backport lacks: check_fixes KERNEL RESULTS
check_fixes()
{
	local kernel=$1 fixes=$here/check/fixes.txt column

	column=$(column_of "$kernel" "$fixes")
	awk -v column=$((column + 1)) '!/^#/ { print $1, $column }' "$fixes" >"$scratch/fixes"
	"$installed/task_exit/task_exit_verdict" <"$2" >"$scratch/verdict"
	sed -nE 's/^(present|missing|cannot tell) *(\S+) "(.*)" \(.*/\1\t\2\t\3/p' "$scratch/verdict" |
		awk -F'\t' '{ gsub(/ /, "_", $3)
			print($2 == "id-unknown" ? $3 : $2, $1 == "present" ? "+" : $1 == "missing" ? "-" : "?") }' >"$scratch/fixes.seen"
	check "suite: $kernel: every fix is present, missing or unknown as the history has it" \
		diff "$scratch/fixes" "$scratch/fixes.seen"
}

# A kernel that puts rmdir to sleep, and complains of it after a second.
hung_task_is_noticed()
{
	echo "echo 1 >/proc/sys/kernel/hung_task_timeout_secs" >"$scratch/setup"
	"$here/vm/run" --kernel 6.19.14 --setup "$scratch/setup" --tests cgroup_rmdir \
		"$installed" >"$scratch/out" 2>&1
	grep -q "# kernel: INFO: task cgroup_rmdir:" "$scratch/out" ||
		{ cat "$scratch/out"; return 1; }
}

# The install tree with one more collection: a script that makes trouble.
check_trouble()
{
	local line

	cp -a "$installed" "$scratch/trouble"
	mkdir "$scratch/trouble/trouble"
	cp "$here/check/guest/trouble" "$scratch/trouble/trouble/"
	echo "timeout=300" >"$scratch/trouble/trouble/settings"
	echo "trouble:trouble" >>"$scratch/trouble/kselftest-list.txt"
	cp "$scratch/foreign" "$scratch/trouble/trouble/"

	"$here/vm/run" --kernel 7.3 --tests trouble --log "$scratch/vm" "$scratch/trouble" \
		>"$scratch/out" 2>"$scratch/err"
	grep -E '^# (not )?ok ' "$scratch/out" | sed 's/^# //' >"$scratch/results"
	while read -r line; do
		case $line in
		ok\ *) ok "suite: trouble: ${line#ok * }" ;;
		*) not_ok "suite: trouble: ${line#not ok * }" ;;
		esac
	done <"$scratch/results"
	check "suite: trouble: all was tried" \
		grep -q '^ok 1 selftests: trouble: trouble' "$scratch/out"
	if grep -q '^not ok' "$scratch/results" || [ ! -s "$scratch/results" ]; then
		details "$scratch/out" 100
	fi
}

# A scheduler that is not the suite's: loaded until it is killed.
build_foreign_scheduler()
{
	local target tree zstd=

	# Debian 13 builds its libelf with zstd.
	[ -e "$(gcc -print-file-name=libzstd.a)" ] && zstd=1

	# The build directory is the install tree's without its suffix.
	tree=${installed%.install}
	target=$tree/tools/testing/selftests/task_exit
	gcc -static -O2 -D_GNU_SOURCE -isystem "$target/obj/include" \
		-isystem "$target/obj/sched_ext" -I"$target/lib" \
		-isystem "$tree/tools/sched_ext/include" "$here/check/guest/foreign.c" \
		"$target/obj/libbpf/libbpf.a" -o "$scratch/foreign" \
		-Wl,--start-group -lelf -lz ${zstd:+-lzstd} -Wl,--end-group
}

specs=()
for spec in $kernels; do
	if [ -z "$(column_of "${spec%%=*}" "$verdicts")" ]; then
		not_ok "suite: verdicts.txt knows ${spec%%=*}"
		continue
	fi
	specs+=("$spec")
done
# One for each boot.
names=() images=() pids=()
for ((boot = 0; boot < REPEAT; boot++)); do
	for spec in "${specs[@]}"; do
		names+=("${spec%%=*}")
		images+=("${spec#*=}")
	done
done
# Two at a time: without KVM each keeps one CPU busy.
for index in "${!names[@]}"; do
	begin_suite "$index"
	begin_suite $((index + 1))
	check_verdicts "$index"
done
check "suite: what the kernel prints fails the test that it comes in" hung_task_is_noticed
check "suite: a foreign scheduler builds" build_foreign_scheduler
check_trouble
exit $check_failed
