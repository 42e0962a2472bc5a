# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What the check scripts share. They print one line per check, "ok - NAME",
# "not ok - NAME" or "ok - NAME # SKIP REASON". Details go to stderr as "# ...".

set -uo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The exit status of the script.
check_failed=0

ok()
{
	echo "ok - $1"
}

not_ok()
{
	echo "not ok - $1"
	check_failed=1
}

skip()
{
	echo "ok - $1 # SKIP $2"
}

# details FILE [LINES]: the end of a log that explains a failure
details()
{
	sed 's/^/# /' "$1" | tail -n "${2:-40}" >&2
}

# check NAME COMMAND...: ok if the command succeeds; if it fails, its output follows
check()
{
	local name=$1 out
	shift

	out=$(mktemp -p "${scratch:-/tmp}")
	if "$@" >"$out" 2>&1; then
		ok "$name"
	else
		not_ok "$name"
		details "$out"
	fi
	rm -f "$out"
}

fails()
{
	! "$@"
}

# Sets scratch, a directory that is removed when the script ends.
make_scratch()
{
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/task_exit.check.XXXXXX")
	trap 'rm -rf "$scratch"' EXIT
}

# The kernel tree that the project is checked with.
kernel_tree()
{
	"$here/scripts/pinned" tree 2>/dev/null
}

# Whether kernel_tree is of the series that is edited, not a replacement.
tree_is_of_its_series()
{
	local series

	series=$(sed -n 's/^source_series=//p' "$here/scripts/pinned")
	[[ "$(kernel_tree)" == */linux-source-"$series"_* ]]
}

# pinned SPEC...: those kernels, or replacements for kernels that the archive no longer
# has; save stderr for tell_pinned
pinned()
{
	"$here/scripts/pinned" kernels "$@"
}

# tell_pinned NAME: reads what pinned said: a remark for each replacement, a skip where
# there is none
tell_pinned()
{
	local line kernel

	while read -r line; do
		kernel=${line#*the archive has no }
		case $line in
		*", and no kernel with the same fixes"*)
			skip "$1: ${kernel%%,*}" "${line#*: }" ;;
		*) echo "# ${line#*: }" ;;
		esac
	done
}

# build_history DIR: builds DIR/history, which compares lib/fixes.c with a changelog
build_history()
{
	(cd "$here" && gcc -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -Ilib -Ireport \
		check/expect/history.c report/{claims,releases}.c lib/fixes.c -o "$1/history")
}

# build_expect DIR: builds DIR/expect, which computes the verdicts expected of a kernel
build_expect()
{
	(cd "$here" && gcc -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -Ilib -Ireport \
		-Icheck/expect check/expect/{expect,rules,list}.c \
		report/{ktap,verdict,backports,releases}.c lib/fixes.c \
		-o "$1/expect")
}

# list_tests FILE: writes the list of all tests into FILE; this builds the suite
list_tests()
{
	local installed

	installed=$("$here/scripts/build") && "$installed/task_exit/task_exit" --list >"$1"
}

# ran STATUS COMMAND...: runs it, with output to $scratch/out and $scratch/err
ran()
{
	local want=$1 status=0
	shift

	"$@" >"$scratch/out" 2>"$scratch/err" || status=$?
	[ "$status" = "$want" ] || { echo "status $status, not $want"; cat "$scratch/out" "$scratch/err"; return 1; }
}

out_has()
{
	grep -aqE -- "$1" "$scratch/out" || { echo "no '$1' in:"; cat "$scratch/out"; return 1; }
}

err_has()
{
	grep -aqE -- "$1" "$scratch/err" || { echo "no '$1' in:"; cat "$scratch/err"; return 1; }
}

one_line()
{
	[ "$(wc -l <"$scratch/err")" = 1 ] || { cat "$scratch/err"; return 1; }
}

# docs_have_the_fixes: the table of docs/verdict.md has each fix of lib/fixes.c, by its commit or
# its title, and no other; each with its mainline release, and with no release that
# lib/fixes.c does not have. It need not name the backports.
docs_have_the_fixes()
{
	"$("$here/report/build")" releases | awk -F'\t' '
		FILENAME != "-" {
			if (split($0, cell, / *[|] */) == 6 && cell[4] ~ /^([0-9a-f]+$|cgroup|sched_ext)/)
				said[cell[4]] = said[cell[4]] cell[5] "\n"
			next
		}
		{ known[$1] = 1 }
		!($1 in said) {
			wrong["it has no row for " $1]
			next
		}
		{
			n = split(said[$1], row, "\n")
			mainline = $2
			sub(/,.*/, "", mainline)
			for (i = 1; i < n; i++) {
				m = split(row[i], release, ", ")
				bad = release[1] != mainline
				for (j = 1; j <= m; j++)
					bad = bad || !index(", " $2 ",", ", " release[j] ",")
				if (bad)
					wrong[$1 " is in " $2 ", not in " row[i]]
			}
		}
		END {
			for (fix in said)
				if (!(fix in known))
					wrong["lib/fixes.c has no " fix]
			for (line in wrong) {
				print line
				status = 1
			}
			exit status
		}' "$here/docs/verdict.md" -
}

# make_tree FROM TO: a writable tree with links to FROM and a copy of its selftests
make_tree()
{
	local from=$1 to=$2 dir

	for dir in . tools tools/testing; do
		mkdir -p "$to/$dir"
		ln -s "$from/$dir"/* "$to/$dir/"
		case $dir in
		.) rm "$to/tools" ;;
		tools) rm "$to/tools/testing" ;;
		*) rm "$to/tools/testing/selftests" ;;
		esac
	done
	cp -r "$from/tools/testing/selftests" "$to/tools/testing/"
}

# in_tree TREE MAKE-ARGUMENTS...: runs make as a user of that tree would
in_tree()
{
	local at=$1
	shift

	make -C "$at/tools/testing/selftests" TARGETS=task_exit "$@"
}

# False positives of checkpatch: types, the files that they are ignored in, and why.
checkpatch_exceptions()
{
	cat <<-EOT
		PREFER_DEFINED_ATTRIBUTE_MACRO lib/compiler.h	It defines these macros.
		BIT_MACRO explore/model.c	User space has no BIT().
		ENOSYS lib/blocking_file.c	A FUSE daemon answers that.
		ENOSYS lib/held_task.c	A kernel without clone3() returns that.
		ENOSYS lib/helper.c	A kernel without sockets returns that.
		ENOSYS lib/bpf_refusal.c	A kernel without bpf() returns that.
		MACRO_ARG_REUSE lib/test.h	The argument names a function.
		MACRO_ARG_REUSE lib/scheduler.h	The argument names a type.
		MACRO_ARG_PRECEDENCE lib/scheduler.h	The argument names a type.
		VOLATILE sched_ext/init_order.bpf.c	A constant that is set before the load.
		MACRO_WITH_FLOW_CONTROL sched_ext/tid_verifier.bpf.c	The macro defines functions.
	EOT
}

# strict_checkpatch ARGUMENT...: fails and prints what checkpatch --strict finds, with its
# arguments. Ignores FILE_PATH_CHANGES: the first patch has the entry in MAINTAINERS.
strict_checkpatch()
{
	"$(kernel_tree)/scripts/checkpatch.pl" --strict --terse --show-types --showfile \
		--ignore FILE_PATH_CHANGES "$@" >"$scratch/checkpatch" && return
	grep '^total: ' "$scratch/checkpatch" >/dev/null || { echo "checkpatch fails: $*"; return 1; }
	! checkpatch_exceptions | awk '
		FILENAME == "-" { ignored[$2, $1] = 1; next }
		/^total: / { next }
		{
			split($0, part, ":")
			file = part[1]
			sub(/^tools.testing.selftests.task_exit./, "", file)
			if (!((file, part[4]) in ignored))
				print
		}' - "$scratch/checkpatch" | grep .
}

# patch_is_clean PATCH: checkpatch --strict has nothing to say in the tree. Ignores git's list
# of the added files in the cover letter.
patch_is_clean()
{
	sed '/^ create mode /d' "$1" >"$scratch/${1##*/}"
	(cd "$(kernel_tree)" && strict_checkpatch "$scratch/${1##*/}")
}

# begin_patched_tree FROM TO: a git tree of the files of FROM that the series needs
begin_patched_tree()
{
	local file

	for file in MAINTAINERS tools/testing/selftests/{Makefile,lib.mk}; do
		mkdir -p "$2/$(dirname "$file")"
		cp --remove-destination "$1/$file" "$2/$file"
	done
	git -C "$2" init -q
	git -C "$2" config user.name tester
	git -C "$2" config user.email tester@localhost
	git -C "$2" add MAINTAINERS tools/testing/selftests/{Makefile,lib.mk}
	git -C "$2" commit -qm "the kernel tree"
}

# write_series TREE OUT: the patches, with the sign-off of a sender
write_series()
{
	env GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=tester \
		GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=tester@localhost \
		"$here/scripts/series" "$1" "$2"
}
