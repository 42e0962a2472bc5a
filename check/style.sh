#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# style - what a maintainer would send back without reading on.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch
cd "$here" || exit 2
tree=$(kernel_tree)

mapfile -t sources < <(git ls-files --cached --others --exclude-standard '*.c' '*.h')
mapfile -t scripts < <(git ls-files --cached --others --exclude-standard |
	while read -r file; do
		read -r first <"$file"
		if [[ $file = *.sh ]] || [[ $first = '#!'*sh ]]; then
			echo "$file"
		fi
	done)

every_file_has_a_licence()
{
	local file bad=0

	while read -r file; do
		case $file in
		LICENSE | README.md | docs/* | settings | config | *.txt) continue ;;
		esac
		if ! grep -q 'SPDX-License-Identifier: GPL-2.0-only' <<<"$(head -n 2 "$file")"; then
			echo "$file has no SPDX line"
			bad=1
		fi
	done < <(git ls-files --cached --others --exclude-standard)
	return "$bad"
}

# A writer whose reader has left dies of SIGPIPE unless it was done by then: with pipefail
# such a pipeline fails now and then. grep into /dev/null is a grep -q.
no_reader_leaves_its_pipe()
{
	local file bad=0 quits='head|grep( -[^ ]*)* -[a-zA-Z]*q|awk [^|]*exit'

	quits+='|grep [^|]*[^2]> ?.dev.null'
	for file in "${scripts[@]}"; do
		grep -qE '^set .*pipefail|shell=bash|/lib\.sh' "$file" || continue
		awk -v file="$file" '
			/^[ \t]*#/ { next }
			{ line = before $0; before = "" }
			/\|[ \t]*$/ { before = line; next }
			line ~ early { print file ":" FNR ": " line; bad = 1 }
			END { exit bad }' \
			early="[^|][|][ \t]*([A-Z_]+=[^ ]* +)?($quits)" "$file" || bad=1
	done
	return "$bad"
}

# Where the locale and the signals are as all of them expect.
scripts_begin_alike()
{
	local file bad=0

	for file in "${scripts[@]}"; do
		case $file in
		*.sh) continue ;;
		vm/* | scripts/* | mutants/run*) ;;
		*) continue ;;
		esac
		grep -q '^#!.*busybox' "$file" || grep -q '^\. .*/common.sh"$' "$file" ||
			{ echo "$file does not read vm/common.sh"; bad=1; }
	done
	return "$bad"
}

no_mirror_is_named()
{
	! git grep -nIE '(deb|ftp|security|snapshot|cdn-aws|httpredir)\.[a-z.]*debian\.(org|net)|mirrors?\.[a-z]+\.[a-z]+' -- . ':!check/style.sh'
}

# A test's story comes before its first line of code.
tests_open_with_their_story()
{
	local file word bad=0

	for file in cgroup/*.c sched_ext/*.c; do
		case $file in *.bpf.c) continue ;; esac
		for word in "The invariant." "Who " "How the window is opened." \
			"What a failure means."; do
			if ! grep -qF " * $word" <<<"$(sed '/^#include/,$d' "$file")"; then
				echo "$file does not tell: $word"
				bad=1
			fi
		done
	done
	return "$bad"
}

# A test harness is macros that return; a userspace test meets ENOSYS.
checkpatch()
{
	local types=FILE_PATH_CHANGES,ENOSYS,MACRO_WITH_FLOW_CONTROL,COMPLEX_MACRO

	# It takes the macros' own definitions, and two tables of macros, for uses.
	case $1 in
	lib/compiler.h) types+=,PREFER_DEFINED_ATTRIBUTE_MACRO ;;
	check/unit/order_test.c) types+=,SUSPECT_CODE_INDENT ;;
	esac
	! "$tree/scripts/checkpatch.pl" --no-tree --file --terse --show-types \
		--ignore "$types" "$1" | grep -v '^total:'
}

formatted()
{
	clang-format-19 --style="file:$tree/.clang-format" "$1" | diff -u "$1" - >&2
}

check "style: every file has its SPDX line" every_file_has_a_licence
check "style: no reader leaves its pipe early" no_reader_leaves_its_pipe
check "style: every script begins alike" scripts_begin_alike
check "style: no mirror is named" no_mirror_is_named
check "style: every test opens with its story" tests_open_with_their_story
check "style: help fits a screen" test "$(make -s help | wc -l)" -le 40
for file in "${scripts[@]}"; do
	check "style: shellcheck $file" shellcheck -x "$file"
done
for file in "${sources[@]}"; do
	check "style: checkpatch $file" checkpatch "$file"
	check "style: clang-format $file" formatted "$file"
done
exit $check_failed
