#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# suite - the suite says of every kernel what the history of the fixes says
# (lib/releases.c, check/expect); and it behaves where something is in its way.
#
# KERNELS="6.18 7.3" restricts the kernels; mine=path/to/bzImage is one under a name.
# REPEAT=20 is that many boots of each.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vm/image.sh
. "$here/vm/image.sh"
make_scratch

kernels=${KERNELS:-6.12 6.18 6.19.6 6.19.14 7.1 7.3}
: "${REPEAT:=1}"

installed=$("$here/scripts/build" 2>"$scratch/log") || {
	not_ok "suite: builds"
	details "$scratch/log"
	exit 1
}

# features_of VERSION: what the build and the tree make of scx_tid_qmap
features_of()
{
	local tree

	# Where no compiler was found that the tree's scx_qmap wants.
	[ -e "$installed/task_exit/scx_qmap" ] || return 0
	printf '%s\n' -f qmap
	tree=$(kernel_tree)
	[[ ${tree##*/linux-source-} != "$(cut -d. -f1,2 <<<"$1")"_* ]] ||
		printf '%s\n' -f qmap-of-series
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
	local kernel=${names[$1]} status release
	local -a features

	[ "$REPEAT" = 1 ] || echo "# $kernel: boot $(($1 / ${#specs[@]} + 1)) of $REPEAT"
	wait "${pids[$1]}"
	status=$?
	if [ $status -eq 2 ] || [ $status -eq 3 ]; then
		not_ok "suite: $kernel boots and runs"
		details "$scratch/$1.err"
		return
	fi
	release=$(image_release "${images[$1]}")
	mapfile -t features < <(features_of "$release")
	"$scratch/expect" "${features[@]}" "$here/check/expect/rules.txt" "$release" \
		"$scratch/$1/results.ktap" "$status" "suite: $kernel" >"$scratch/held" 2>&1 ||
		check_failed=1
	grep -E '^(not )?ok - ' "$scratch/held"
	if ! grep -q '^ok - ' "$scratch/held"; then
		not_ok "suite: $kernel is held against its history"
	fi
	if grep -q '^not ok ' "$scratch/held"; then
		grep -v '^ok - ' "$scratch/held" >&2
		details "$scratch/$1.out" 120
	fi
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

check "suite: what history expects can be computed" build_expect "$scratch"
# Each series is held to its newest version, whatever that is today.
specs=()
for spec in $kernels; do
	if ! image=$("$here/vm/fetch" kernel "${spec#*=}" 2>"$scratch/err"); then
		skip "suite: ${spec%%=*}" "$(tail -n 1 "$scratch/err")"
		continue
	fi
	specs+=("${spec%%=*}=$image")
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
