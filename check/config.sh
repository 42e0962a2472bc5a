#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# config - no test fails on a kernel without one of the options in the file config; a test
# that is skipped names what is missing. Implements "make check-config".
#
# Builds Linux with vm/minimal.config and config, and once more without each option, boots
# it and runs the suite. Writes docs/config.md, where it replaces the rows of the options
# that it ran. OPTIONS="FUSE_FS PID_NS" selects options; options in $others may be selected as
# well. A kernel takes minutes to build. Kernels and results are kept in the cache, so that
# an interrupted run continues where it was, and a new suite needs no new kernels. Each
# option prints its lines as it ends.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch
# shellcheck source=vm/common.sh
. "$here/vm/common.sh"
me=check/config

clean_up()
{
	stop_children
	rm -rf "$scratch"
}

on_exit clean_up

# Not in config: vm/minimal.config has it.
others=(SMP)
# The name of the kernel with all options.
complete=-
document=$here/docs/config.md
state=$cache/check-config

all_options()
{
	echo "$complete"
	sed -n 's/^CONFIG_\([A-Z0-9_]*\)=.*/\1/p' "$here/config"
	printf '%s\n' "${others[@]}"
}

# config_without OPTION
config_without()
{
	sed "/^CONFIG_$1=/d" "$here/config"
	[ "$1" = "$complete" ] || echo "# CONFIG_$1 is not set"
}

# kernel_of OPTION: sets kernel to the directory of the kernel, which depends on what it is
# built from: with bzImage and config, or with the file cannot, which says why there is none
kernel_of()
{
	config_without "$1" >"$scratch/config"
	kernel=$state/$(cat "$scratch/config" "$here"/vm/{minimal.config,build-kernel} - \
		<<<"$tree $(gcc -dumpfullversion)" | sha256sum | cut -c1-16)
}

# cannot WHY: there is no kernel without this option
cannot()
{
	echo "$1" >"$kernel/cannot"
}

# build OPTION: sets kernel; fails if this machine cannot build
build()
{
	local image status=0

	kernel_of "$1"
	[ ! -s "$kernel/bzImage" ] && [ ! -s "$kernel/cannot" ] || return 0
	mkdir -p "$kernel"
	capture_output image "$here/vm/build-kernel" --config "$scratch/config" "$tree" \
		"$state/build" 2>"$scratch/err" || status=$?
	if [ $status = 1 ]; then
		cannot "the kernel does not build without it"
	elif [ $status != 0 ]; then
		return 1
	elif grep -q "^CONFIG_$1=" "$state/build/.config"; then
		cannot "another option selects it again, or it has no prompt"
	else
		cp "$state/build/.config" "$kernel/config"
		cp "$image" "$kernel/bzImage.new" && mv "$kernel/bzImage.new" "$kernel/bzImage"
	fi
}

# run_suite: sets results to the directory with status and results.ktap
run_suite()
{
	local status=0

	results=$state/results/$(sha256sum <"$kernel/bzImage" | cut -c1-16)-$sum
	[ ! -s "$results/status" ] || return 0
	rm -rf "$results"
	mkdir -p "$results"
	run_child "$here/vm/run" --kernel "$kernel/bzImage" --timeout 1200 --log "$scratch/log" \
		"$installed" >/dev/null 2>"$results/err" || status=$?
	[ $status != 2 ] || return 1
	mv "$scratch/log/results.ktap" "$results/" 2>/dev/null || : >"$results/results.ktap"
	echo $status >"$results/status"
}

# events: the results, one event per line
events()
{
	"$reader" lines <"$results/results.ktap"
}

# count VERDICT
count()
{
	events | grep -cP "^result\t$1\t"
}

# A program that skips itself as a whole has no results.
reasons()
{
	events | awk -F'\t' '
		$1 == "program" { results = 0 }
		$1 == "result" { results++ }
		$1 == "result" && $2 == "skip" { print $4 }
		$1 == "end" && $2 == "skip" && !results { print $4 }'
}

# The words of libbpf name one of many programs, those after them the error.
distinct_reasons()
{
	reasons | sed 's/: libbpf: .*//; s/|/\\|/g' | sort -u
}

no_failure()
{
	events | grep -P '^(result|end)\tfail\t' && return 1
	case $(cat "$results/status") in
	0 | 4)	;;
	*)	cat "$results/err"
		return 1 ;;
	esac
}

every_reason_has_words()
{
	! reasons | grep -nE '^-?$|[Uu]nknown|^[^ ]*$'
}

# The other options of config that depend on the one that is left out.
dependents_of()
{
	local option

	sed -n 's/^CONFIG_\([A-Z0-9_]*\)=.*/\1/p' "$here/config" | while read -r option; do
		if [ "$option" != "$1" ] && ! grep -q "^CONFIG_$option=" "$kernel/config"; then
			echo "$option"
		fi
	done
}

# row OPTION FIELD...
row()
{
	local option=$1
	shift

	printf '| %s |%s\n' "$option" "$(printf ' %s |' "$@")" >>"$scratch/rows"
}

# joined SEPARATOR: its input in one line
joined()
{
	awk -v separator="$1" '{ printf "%s%s", (NR > 1 ? separator : ""), $0 }'
}

# describe OPTION: the row of docs/config.md. Reasons of the complete kernel are only in its row.
describe()
{
	local why

	distinct_reasons >"$scratch/distinct"
	if [ "$1" = "$complete" ]; then
		cp "$scratch/distinct" "$scratch/always"
		why=$(joined "<br>" <"$scratch/distinct")
	else
		why=$(comm -23 "$scratch/distinct" "$scratch/always" | joined "<br>")
	fi
	row "$1" "$(dependents_of "$1" | joined ", ")" "$(count pass)" "$(count xfail)" \
		"$(count skip)" "$why"
}

# check_option OPTION
check_option()
{
	local name="config: without $1"

	[ "$1" != "$complete" ] || name="config: with all options"
	if ! build "$1"; then
		not_ok "$name: builds"
		details "$scratch/err"
		return
	fi
	if [ -s "$kernel/cannot" ]; then
		skip "$name" "$(cat "$kernel/cannot")"
		row "$1" "" "" "" "" "*$(cat "$kernel/cannot")*"
		return
	fi
	if ! run_suite; then
		not_ok "$name: boots"
		details "$results/err"
		return
	fi
	check "$name: no test fails; $(count pass) pass, $(count skip) are skipped" no_failure
	check "$name: every skipped test has words" every_reason_has_words
	describe "$1"
}

# write_document: new rows replace those of the same options
write_document()
{
	local option

	cat <<-"END"
	# Kernels without an option

	`make check-config` builds Linux 7.3 with `vm/minimal.config` and `config`, then without
	each option of `config`, and runs the suite. No test may fail, and a skipped test must name
	what is missing. The first row is the kernel with all options. The other rows leave out the
	reasons of the first. An option takes others of `config` with it that depend on it.

	| without | and so without | passed | failed as expected | skipped | reasons |
	|---|---|---|---|---|---|
	END
	all_options | while read -r option; do
		grep -hF -m 1 "| $option | " "$scratch/rows" || grep -hF "| $option | " "$scratch/before"
	done
}

: >"$scratch/rows"
# shellcheck disable=SC2086 # a list of words
read -ra chosen <<<"${OPTIONS:-$(all_options | tr '\n' ' ')}"
for option in "${chosen[@]}"; do
	all_options | grep -xF -- "$option" >"$scratch/out" ||
		die "no option $option in config; known: $(all_options | tail -n +2 | tr '\n' ' ')"
done
make_cache check-config/results
exec {lock}<"$state"
flock -n "$lock" || die "another check of the options is running"
tree=$(kernel_tree) || die "there is no kernel tree"
installed=$("$here/scripts/build") || exit
reader=$("$here/report/build") || exit
sum=$(suite_sum "$installed" | cut -c1-16)
cp "$document" "$scratch/before" 2>/dev/null || : >"$scratch/before"

# The first row is needed for the others.
for option in "$complete" "${chosen[@]}"; do
	[ "$option" != "$complete" ] || [ ! -s "$scratch/rows" ] || continue
	check_option "$option"
	write_document >"$scratch/document"
	cp "$scratch/document" "$document"
done
exit $check_failed
