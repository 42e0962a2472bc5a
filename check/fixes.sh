#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fixes - each fix still applies to the kernel's source, alone and with the others, and names
# tests that exist; its patch applies with git am, and checkpatch --strict has nothing to say.
#
# Builds no kernel: "make fixes" does that and writes docs/fixes.md.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vm/common.sh
. "$here/vm/common.sh"
# shellcheck source=mutants/tools.sh
. "$here/mutants/tools.sh"
# shellcheck source=fixes/tools.sh
. "$here/fixes/tools.sh"
make_scratch
work=$scratch
tree=$(kernel_tree)
patches=$here/results/fixes

# applies FILE...: to the same source
applies()
{
	{
		printf '%s\n' "breaks: x" "killed by: x"
		sed -s -n '/^file:/,$p' "$@"
	} >"$scratch/edits"
	"$scratch/edit" check "$tree" "$scratch/edits"
}

tests_exist()
{
	local test bad=0

	for test in $(tests_of "$1"); do
		grep -qxF -- "$test" "$scratch/names" || { echo "there is no test $test"; bad=1; }
	done
	return "$bad"
}

# "make fixes" has found that it works, and that the tests fail if it is done wrong.
works()
{
	grep -E "^\| [0-9, ]+ \| \[$1\].* \| works \| .*: fails \|$" "$here/docs/fixes.md" >/dev/null ||
		{ echo "docs/fixes.md does not say so; run make fixes"; return 1; }
}

patch_applies()
{
	git -C "$scratch/repo" am -q "$patches/$1.patch" && git -C "$scratch/repo" reset -q --hard HEAD^
}

# Outside a git tree of the kernel, checkpatch knows no commit.
patch_is_clean()
{
	(cd "$tree" && scripts/checkpatch.pl --strict --terse --show-types \
		--ignore UNKNOWN_COMMIT_ID,NO_AUTHOR_SIGN_OFF,MISSING_SIGN_OFF "$patches/$1.patch")
}

report_is_complete()
{
	local words

	for words in "Subject: \[PATCH" "To: .*@" "Cc: .*@" "Since: " "    make vmtest " "How it happens:"; do
		grep "^$words" "$patches/$1.report" >/dev/null || { echo "no $words"; return 1; }
	done
}

begin_repo()
{
	local file

	git init -q "$scratch/repo"
	while read -r file; do
		mkdir -p "$scratch/repo/$(dirname "$file")"
		cp "$tree/$file" "$scratch/repo/$file"
	done < <(sed -s -n 's/^file: //p' "${files[@]}" | sort -u)
	git -C "$scratch/repo" config user.name tester
	git -C "$scratch/repo" config user.email tester@localhost
	git -C "$scratch/repo" add -A
	git -C "$scratch/repo" commit -qm "the kernel tree"
}

if ! { build_tools "$scratch" "$tree" && list_tests "$scratch/tests"; } 2>"$scratch/log"; then
	not_ok "fixes: the tools build"
	details "$scratch/log"
	exit 1
fi
if ! tree_is_of_its_series; then
	skip "fixes" "the archive no longer has the source that they are made for"
	exit 0
fi
cut -f1 "$scratch/tests" >"$scratch/names"
choose_fixes "$@"
files=("${fixes[@]/#/$here/fixes/}")
begin_repo
check "fixes: all apply together" applies "${files[@]}"
check "fixes: the patches are written" "$here/fixes/run" --patches
for fix in "${fixes[@]}"; do
	check "fixes: $fix names tests that exist" tests_exist "$fix"
	check "fixes: $fix applies if done wrong" applies "$here/fixes/wrong/$fix"
	check "fixes: $fix names tests that fail if it is done wrong" tests_exist "$fix.wrong"
	check "fixes: $fix works" works "$fix"
	check "fixes: $fix.patch applies with git am" patch_applies "$fix"
	check "fixes: $fix.patch: checkpatch --strict" patch_is_clean "$fix"
	check "fixes: $fix.report is complete" report_is_complete "$fix"
done
exit $check_failed
