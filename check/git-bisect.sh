#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# git-bisect - runs git bisect on a small history made from Debian's kernel tree. Builds and
# boots kernels, and must name the right commit. The suite must have the expected results on
# such a kernel, too.
#
# The first run builds a whole kernel. The build directory and the images stay in the cache,
# as after every vm/bisect.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vm/common.sh
. "$here/vm/common.sh"
make_scratch

source_tree=$(kernel_tree) || {
	not_ok "git-bisect: a kernel tree"
	exit 1
}
installed=$("$here/scripts/build" 2>"$scratch/log") || {
	not_ok "git-bisect: the suite builds"
	details "$scratch/log"
	exit 1
}
make_cache check-bisect
# A fixed path: vm/bisect identifies a tree by its path.
tree=$cache/check-bisect/${source_tree##*/}
exec {lock}> "$cache/check-bisect/lock"
flock -n "$lock" || die "another check/git-bisect.sh is using $cache/check-bisect; wait for it"
trap 'rm -rf "$scratch" "$tree"' EXIT
exit_on_signals

# --- The history ---------------------------------------------------------------

# edit FILE FUNCTION OLD NEW: replaces OLD, which the function must contain once. Replaces the
# file as well: files in the tree are hard links into the cache.
edit()
{
	if ! awk -v function_name="$2" -v old="$3" -v new="$4" '
		/^[a-z]/ && index($0, function_name "(") { inside = 1 }
		inside && (at = index($0, old)) {
			$0 = substr($0, 1, at - 1) new substr($0, at + length(old))
			edited++
		}
		/^}/ { inside = 0 }
		{ print }
		END { exit edited != 1 }' "$tree/$1" >"$scratch/edited"; then
		echo "'$3' is not in $2() of $1 exactly once"
		return 1
	fi
	cp --remove-destination "$scratch/edited" "$tree/$1"
}

in_tree()
{
	git -C "$tree" -c user.name=check -c user.email=check@localhost -c gc.auto=0 "$@"
}

# change TITLE FILE FUNCTION OLD NEW: commits an edit
change()
{
	local title=$1
	shift

	edit "$@" && in_tree commit -q -a -m "$title"
}

# git tracks only kernel/, where the commits make their changes.
make_history()
{
	rm -rf "$tree"
	cp -al "$source_tree" "$tree" || return
	in_tree init -q &&
		in_tree add -f kernel &&
		in_tree commit -q -m "linux-source: unchanged" &&
		in_tree tag start &&
		change "pid: put a number into parentheses" kernel/pid.c pid_vnr \
			"return pid_nr_ns(pid, task_active_pid_ns(current));" \
			"return (pid_nr_ns(pid, task_active_pid_ns(current)));" &&
		change "cgroup/pids: return a missing member" kernel/cgroup/pids.c pids_css_alloc \
			"return &pids->css;" "return &pids->nothing;" &&
		in_tree tag unbuildable &&
		change "cgroup/pids: return the right member" kernel/cgroup/pids.c pids_css_alloc \
			"return &pids->nothing;" "return &(pids->css);" &&
		in_tree tag last-good &&
		change "cgroup: list every task" kernel/cgroup/cgroup.c css_task_iter_advance \
			"if (!(it->flags & CSS_TASK_ITER_WITH_DEAD) &&" "if (false &&" &&
		in_tree tag culprit &&
		change "cgroup/misc: put a number into parentheses" kernel/cgroup/misc.c misc_cg_alloc \
			"return ERR_PTR(-ENOMEM);" "return ERR_PTR(-(ENOMEM));" &&
		in_tree tag end &&
		revert_all &&
		in_tree tag back &&
		in_tree checkout -q end
}

# Reverts all changes, from the last to the first, which repeats the same trees.
revert_all()
{
	local commit

	for commit in $(in_tree rev-list start..end); do
		in_tree revert --no-edit "$commit" >/dev/null || return
	done
	in_tree tag fix ":/^Revert \"cgroup: list every task"
	in_tree diff --quiet start
}

# --- The searches --------------------------------------------------------------

# search NAME NEW OLD [TERM...] -- ARGUMENT...: runs git bisect; its output is $scratch/NAME
search()
{
	local name=$1 new=$2 old=$3
	local -a terms=()
	shift 3

	while [ "$1" != -- ]; do
		terms+=("$1")
		shift
	done
	shift
	in_tree bisect start "${terms[@]}" "$new" "$old" >/dev/null || return
	(cd "$tree" && git bisect run "$here/vm/bisect" --test "$test" "$@" "$installed") \
		>"$scratch/$name" 2>&1
	in_tree bisect log >"$scratch/$name.log"
	in_tree bisect reset -q >/dev/null 2>&1 || in_tree bisect reset >/dev/null 2>&1
}

# search_has NAME REGEX
search_has()
{
	grep -qE -- "$2" "$scratch/$1" || { echo "no '$2' in:"; tail -n 60 "$scratch/$1"; return 1; }
}

# commit REVISION: prints its full name
commit()
{
	in_tree rev-parse "$1"
}

# title REVISION: prints its short name and subject
title()
{
	in_tree log -1 --format='%h %s' "$1"
}

builds_nothing()
{
	! grep -E ': (building|built in)' "$scratch/$1"
}

test=cgroup_rmdir.exiting_task_is_not_listed
missing_fix=a72f73c4dd9b

if ! tree_is_of_its_series; then
	skip "git-bisect" "its history does not apply to ${source_tree##*/}"
	exit 0
fi
check "git-bisect: makes a history of five commits" make_history
[ "$check_failed" = 0 ] || exit 1

check "git-bisect: runs" search broke end start --
check "git-bisect: names the commit that broke it" \
	search_has broke "^$(commit culprit) is the first bad commit"
check "git-bisect: so does vm/bisect" search_has broke "^first bad: $(title culprit)$"
check "git-bisect: shows the last good commit" search_has broke "^$(title last-good): pass: $test$"
check "git-bisect: shows the first bad commit" search_has broke "^$(title culprit): fail: $test: "
check "git-bisect: ... and the fix that it reverts" \
	search_has broke "^    missing fix: $missing_fix "
check "git-bisect: skips a commit that does not build" \
	search_has broke.log "^git bisect skip $(commit unbuildable)$"
check "git-bisect: says that it does not build" \
	search_has broke "$(title unbuildable): does not build: skipped"

check "git-bisect: --fix: runs" \
	search fixed back end --term-old=broken --term-new=fixed -- --fix --repeat 2
check "git-bisect: --fix: names the commit that fixed it" \
	search_has fixed "^$(commit fix) is the first fixed commit"
check "git-bisect: --fix: so does vm/bisect" search_has fixed "^first fixed: $(title fix)$"
check "git-bisect: --fix: builds nothing again" builds_nothing fixed

# --- The kernel ------------------------------------------------------------------

image=$(sed -n "s|^vm/bisect: $(title last-good): built.*: ||p" "$scratch/broke")
KERNELS="7.3=$image" bash "$here/check/suite.sh" || check_failed=1
exit $check_failed
