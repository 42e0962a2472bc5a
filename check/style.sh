#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# style - licences, shellcheck, checkpatch, clang-format and other rules for the sources.

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
		LICENSE | README.md | docs/* | series/* | settings | config | *.txt) continue ;;
		esac
		if ! grep -q 'SPDX-License-Identifier: GPL-2.0-only' <<<"$(head -n 2 "$file")"; then
			echo "$file has no SPDX line"
			bad=1
		fi
	done < <(git ls-files --cached --others --exclude-standard)
	return "$bad"
}

# If the reader of a pipe exits early, the writer may get SIGPIPE: with pipefail such a pipeline
# fails at random. grep >/dev/null also exits early, like grep -q.
no_early_pipe_exit()
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

# It sets the locale and protects closed descriptors.
scripts_source_common()
{
	local file bad=0

	for file in "${scripts[@]}"; do
		case $file in
		*.sh) continue ;;
		vm/* | scripts/* | mutants/run*) ;;
		*) continue ;;
		esac
		grep -q '^#!.*busybox' "$file" || grep -q '^\. .*/common.sh"$' "$file" ||
			{ echo "$file does not source vm/common.sh"; bad=1; }
	done
	return "$bad"
}

no_mirror_hard_coded()
{
	! git grep -nIE '(deb|ftp|security|snapshot|cdn-aws|httpredir)\.[a-z.]*debian\.(org|net)|mirrors?\.[a-z]+\.[a-z]+' -- . ':!check/style.sh'
}

# Each test begins with a comment that has these parts.
tests_have_description()
{
	local file word bad=0

	for file in cgroup/*.c sched_ext/*.c; do
		case $file in *.bpf.c) continue ;; esac
		for word in "The invariant." "History." "The window." "Consequence."; do
			if ! grep -qF " * $word" <<<"$(sed '/^#include/,$d' "$file")"; then
				echo "$file has no comment \"$word\""
				bad=1
			fi
		done
	done
	return "$bad"
}

# The files that go into a kernel tree have nothing that checkpatch --strict reports, apart
# from the exceptions in check/lib.sh. The others ignore types that do not fit: the harness
# has macros that return, and user space gets ENOSYS.
checkpatch()
{
	local types=FILE_PATH_CHANGES,ENOSYS,MACRO_WITH_FLOW_CONTROL,COMPLEX_MACRO

	case $1 in
	lib/* | explore/* | cgroup/* | sched_ext/*)
		strict_checkpatch --no-tree --file "$1"
		return ;;
	check/unit/order_test.c)
		# A table of macros.
		types+=,SUSPECT_CODE_INDENT ;;
	esac
	! "$tree/scripts/checkpatch.pl" --no-tree --file --terse --show-types \
		--ignore "$types" "$1" | grep -v '^total:'
}

# The tree's style, but no line ends with a '(': checkpatch --strict refuses that.
sed 's/^ColumnLimit: .*/&\nPenaltyBreakOpenParenthesis: 10000000/' "$tree/.clang-format" \
	>"$scratch/clang-format"

formatted()
{
	clang-format-19 --style="file:$scratch/clang-format" "$1" | diff -u "$1" - >&2
}

# Words that do not belong in plain English, or have a plainer one.
words_are_plain()
{
	! git grep -nwiE "somebody|whoever|for ever|mends?|mended|is had|lets go|has its say" -- \
		. ':!check/style.sh' ':!docs/renamed.txt' ':!docs/mutants.md' ':!LICENSE'
}

check "style: the words are plain" words_are_plain
check "style: every file has its SPDX line" every_file_has_a_licence
check "style: no pipe with a reader that exits early" no_early_pipe_exit
check "style: every script sources vm/common.sh" scripts_source_common
check "style: no mirror is hard-coded" no_mirror_hard_coded
check "style: every test begins with a description" tests_have_description
check "style: make help fits a screen" test "$(make -s help | wc -l)" -le 40
for file in "${scripts[@]}"; do
	check "style: shellcheck $file" shellcheck -x "$file"
done
for file in "${sources[@]}"; do
	check "style: checkpatch $file" checkpatch "$file"
	check "style: clang-format $file" formatted "$file"
done
exit $check_failed
