# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# Boots the suite on kernels, and compares the results with those expected by the history
# of the fixes. The caller sources check/lib.sh, makes $scratch, and sets $checking to the
# check's name. $run_options are more options for vm/run, $features more for
# check/expect/expect, $REPEAT is the number of boots of each kernel.

# shellcheck source=vm/image.sh
. "$here/vm/image.sh"
# shellcheck source=vm/common.sh
. "$here/vm/common.sh"

: "${REPEAT:=1}"
run_options=() features=()
# One for each boot.
names=() images=() pids=()

# Sets installed and builds expect, or ends the check.
build_suite()
{
	installed=$("$here/scripts/build" 2>"$scratch/log") || {
		not_ok "$checking: builds"
		details "$scratch/log"
		exit 1
	}
	"$installed/task_exit/task_exit" --list >"$scratch/tests"
	check "$checking: expect builds" build_expect "$scratch"
}

# plan_boots KERNEL...: sets names and images; NAME=path/to/bzImage names an image
plan_boots()
{
	local spec image boot

	specs=()
	for spec; do
		if ! image=$("$here/vm/fetch" kernel "${spec#*=}" 2>"$scratch/err"); then
			skip "$checking: ${spec%%=*}" "$(tail -n 1 "$scratch/err")"
			continue
		fi
		specs+=("${spec%%=*}=$image")
	done
	for ((boot = 0; boot < REPEAT; boot++)); do
		for spec in "${specs[@]}"; do
			names+=("${spec%%=*}")
			images+=("${spec#*=}")
		done
	done
}

# check_with_kernel NAME KERNEL COMMAND: runs COMMAND with the kernel's image, or with its
# replacement's
check_with_kernel()
{
	local kernel image

	kernel=$(pinned "$2" 2>"$scratch/err")
	if image=$("$here/vm/fetch" kernel "${kernel:-$2}" 2>>"$scratch/err"); then
		check "$1" "$3" "$image"
	else
		skip "$1" "$(tail -n 1 "$scratch/err")"
	fi
}

# features_of VERSION: options of expect for the kernel's kind, and for scx_qmap
features_of()
{
	local tree

	[[ $1 != *-rt-* ]] || printf '%s\n' -f preempt-rt
	# It is not built without a compiler that the tree's scx_qmap accepts.
	[ -e "$installed/task_exit/scx_qmap" ] || return 0
	printf '%s\n' -f qmap
	# The tree that scripts/build uses.
	tree=$("$here/vm/fetch" tree 2>/dev/null)
	[[ ${tree##*/linux-source-} != "$(cut -d. -f1,2 <<<"$1")"_* ]] ||
		printf '%s\n' -f qmap-of-series
}

# begin_boot INDEX: unless it has begun, or there is no such kernel
begin_boot()
{
	local kernel=${names[$1]:-}

	if [ -z "$kernel" ] || [ -n "${pids[$1]:-}" ]; then
		return
	fi
	"$here/vm/run" --kernel "${images[$1]}" --log "$scratch/$1" "${run_options[@]}" \
		"$installed" >"$scratch/$1.out" 2>"$scratch/$1.err" &
	pids[$1]=$!
}

# check_verdicts INDEX
check_verdicts()
{
	local kernel=${names[$1]} status release
	local -a kind

	[ "$REPEAT" = 1 ] || echo "# $kernel: boot $(($1 / ${#specs[@]} + 1)) of $REPEAT"
	wait "${pids[$1]}"
	status=$?
	if [ $status -eq 2 ] || [ $status -eq 3 ]; then
		not_ok "$checking: $kernel boots and runs"
		details "$scratch/$1.err"
		return
	fi
	release=$(image_release "${images[$1]}")
	mapfile -t kind < <(features_of "$release")
	"$scratch/expect" "${kind[@]}" "${features[@]}" "$here/check/expect/rules.txt" \
		"$scratch/tests" "$release" \
		"$scratch/$1/results.ktap" "$status" "$checking: $kernel" >"$scratch/held" 2>&1 ||
		check_failed=1
	grep -E '^(not )?ok - ' "$scratch/held"
	if ! grep -q '^ok - ' "$scratch/held"; then
		not_ok "$checking: $kernel is compared with its history"
	fi
	if grep -q '^not ok ' "$scratch/held"; then
		grep -v '^ok - ' "$scratch/held" >&2
		details "$scratch/$1.out" 120
	fi
}
