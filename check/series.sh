#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# series - the patches of "make series" one by one: after each, checkpatch --strict has
# nothing to say, the target builds without a warning, and the programs that the patch adds
# pass on a kernel of the tree's version.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch
tree=$(kernel_tree)
btf=$("$here/vm/fetch" btf newest 2>/dev/null)
kernel=$(pinned 7.3 2>"$scratch/pinned")
t=$scratch/tree
installed=$scratch/installed

# Static, as the virtual machine has no libraries: the patches before bpf-probe.mk do not
# link statically by default.
builds()
{
	in_tree "$t" O="$scratch/out" KSFT_INSTALL_PATH="$installed" VMLINUX_BTF="$btf" \
		FORCE_TARGETS=1 USERCFLAGS=-Werror USERLDFLAGS=-static install \
		>"$scratch/log" 2>&1 && ! grep -i warning "$scratch/log" && return
	cat "$scratch/log"
	return 1
}

# Prints the programs that were not there after the last patch.
added_programs()
{
	sort "$installed/kselftest-list.txt" | comm -13 "$scratch/programs" -
}

passes()
{
	"$here/vm/run" --kernel "$kernel" --brief --tests "$1" "$installed"
}

# check_patch PATCH: applies it, and builds and runs what it adds
check_patch()
{
	local name added

	name="series: $(sed -n 's/^Subject: \[PATCH \([0-9/]*\)\] .*/\1/p' "$1")"
	check "$name: checkpatch --strict" patch_is_clean "$1"
	check "$name: applies" git -C "$t" am -q "$1"
	check "$name: builds without a warning" builds
	[ -e "$installed/kselftest-list.txt" ] || return
	added=$(added_programs | paste -sd' ')
	check "$name: adds programs" test -n "$added"
	[ -z "$kernel" ] || [ -z "$added" ] ||
		check "$name: $(wc -w <<<"$added") programs pass" passes "$added"
	sort "$installed/kselftest-list.txt" >"$scratch/programs"
}

make_tree "$tree" "$t"
begin_patched_tree "$tree" "$t"
check "series: is written" write_series "$tree" "$scratch/series"
[ "$check_failed" = 0 ] || exit 1
tell_pinned series <"$scratch/pinned"
: >"$scratch/programs"
for patch in "$scratch"/series/000[1-9]*.patch; do
	check_patch "$patch"
done
exit $check_failed
