#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# unit - the parts of lib/ that need no kernel, on this machine, under the
# sanitizers of two compilers.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch
selftests=$(kernel_tree)/tools/testing/selftests

# The parts of lib/ that each test is of.
declare -A parts=(
	[order]="lib/order.c lib/events.c"
	[fixes]="lib/fixes.c"
)

run_unit()
{
	local cc=$1 unit=$2 program=$scratch/$2.$1 line

	# shellcheck disable=SC2086 # a list of files
	if ! (cd "$here" && "$cc" -std=gnu11 -g -Wall -Wextra -Werror -D_GNU_SOURCE \
		-fsanitize=address,undefined -fno-sanitize-recover=all -Ilib -I"$selftests" \
		"check/unit/${unit}_test.c" ${parts[$unit]} -o "$program") 2>"$scratch/log"; then
		not_ok "unit: $unit builds with $cc"
		details "$scratch/log"
		return
	fi
	"$program" >"$scratch/log" 2>&1
	grep -q '^# Totals:' "$scratch/log" || not_ok "unit: $unit ran to its end with $cc"
	while read -r line; do
		case $line in
		ok\ *) ok "unit: $cc $unit ${line##*global.}" ;;
		not\ ok\ *)
			not_ok "unit: $cc $unit ${line##*global.}"
			details "$scratch/log"
			;;
		esac
	done <"$scratch/log"
}

for unit in "${!parts[@]}"; do
	run_unit gcc "$unit"
	run_unit clang-19 "$unit"
done
exit $check_failed
