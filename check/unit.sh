#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# unit - tests the parts of lib/, report/, check/expect/ and mutants/ that need no kernel, with
# two compilers, and with the sanitizers of one of them.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch
selftests=$(kernel_tree)/tools/testing/selftests

# The sources of each test.
declare -A parts=(
	[order]="lib/order.c lib/events.c"
	[fixes]="lib/fixes.c"
	[klog]="lib/klog.c"
	[ktap]="report/ktap.c"
	[backports]="report/backports.c report/releases.c lib/fixes.c"
	[verdict]="report/verdict.c report/ktap.c report/backports.c lib/fixes.c"
	[releases]="report/releases.c lib/fixes.c"
	[expect]="check/expect/rules.c check/expect/list.c report/verdict.c report/ktap.c report/backports.c report/releases.c lib/fixes.c"
	[claims]="report/claims.c report/releases.c lib/fixes.c"
	[model]="explore/model.c explore/view.c explore/ops.c lib/fixes.c"
	[source]="mutants/source.c"
	[mutant]="mutants/mutant.c mutants/description.c"
)

run_unit()
{
	local cc=$1 unit=$2 flags=${3:-} program=$scratch/$2.$1 line

	# shellcheck disable=SC2086 # lists of flags and of files
	if ! (cd "$here" && "$cc" -std=gnu11 -g -Wall -Wextra -Werror -D_GNU_SOURCE \
		$flags -Ilib -Iexplore -Ireport -Imutants -Icheck/expect -I"$selftests" \
		"check/unit/${unit}_test.c" ${parts[$unit]} -o "$program") 2>"$scratch/log"; then
		not_ok "unit: $unit builds with $cc"
		details "$scratch/log"
		return
	fi
	"$program" >"$scratch/log" 2>&1
	grep -q '^# Totals:' "$scratch/log" || not_ok "unit: $unit ran to its end with $cc"
	grep -E '^(not )?ok ' "$scratch/log" >"$scratch/results"
	while read -r line; do
		case $line in
		ok\ *) ok "unit: $cc $unit ${line##*global.}" ;;
		*) not_ok "unit: $cc $unit ${line##*global.}" ;;
		esac
	done <"$scratch/results"
	if grep -q '^not ok ' "$scratch/results"; then
		details "$scratch/log"
	fi
}

for unit in "${!parts[@]}"; do
	run_unit gcc "$unit" "-fsanitize=address,undefined -fno-sanitize-recover=all"
	run_unit clang-19 "$unit"
done
exit $check_failed
