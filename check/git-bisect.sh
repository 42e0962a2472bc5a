#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# git-bisect - a real git bisect, over a small history that is made from Debian's
# kernel tree: kernels are built and booted, and the right commit is named; and the
# suite says of such a kernel what it says of Debian's.
#
# The first run builds a kernel from nothing. The build directory and the images are
# kept in the cache, as after every vm/bisect.

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
# Always the same place: that is what vm/bisect knows a tree by.
tree=$cache/check-bisect/${source_tree##*/}
exec {lock}> "$cache/check-bisect/lock"
flock -n "$lock" || die "another check/git-bisect.sh is at work in $cache/check-bisect; wait for it"
trap 'rm -rf "$scratch" "$tree"' EXIT
exit_on_signals

# --- The history ---------------------------------------------------------------

# edit FILE FUNCTION OLD NEW: puts NEW where OLD stands in that function, once. The
# file is a new one then: others in the tree are links into the cache.
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
		echo "'$3' does not stand in $2() of $1, once"
		return 1
	fi
	cp --remove-destination "$scratch/edited" "$tree/$1"
}

in_tree()
{
	git -C "$tree" -c user.name=check -c user.email=check@localhost -c gc.auto=0 "$@"
}

# change TITLE FILE FUNCTION OLD NEW: a commit
change()
{
	local title=$1
	shift

	edit "$@" && in_tree commit -q -a -m "$title"
}

# git has to know only what the commits change; the rest lies there untracked.
make_history()
{
	rm -rf "$tree"
	cp -al "$source_tree" "$tree" || return
	in_tree init -q &&
		in_tree add -f kernel &&
		in_tree commit -q -m "linux-source: as it is" &&
		in_tree tag start &&
		change "pid: put a number into parentheses" kernel/pid.c pid_vnr \
			"return pid_nr_ns(pid, task_active_pid_ns(current));" \
			"return (pid_nr_ns(pid, task_active_pid_ns(current)));" &&
		change "cgroup/pids: return what is not there" kernel/cgroup/pids.c pids_css_alloc \
			"return &pids->css;" "return &pids->nothing;" &&
		in_tree tag unbuildable &&
		change "cgroup/pids: return what is there" kernel/cgroup/pids.c pids_css_alloc \
			"return &pids->nothing;" "return &(pids->css);" &&
		in_tree tag last-good &&
		change "cgroup: list every task" kernel/cgroup/cgroup.c css_task_iter_advance \
			"if (!(it->flags & CSS_TASK_ITER_WITH_DEAD) &&" "if (false &&" &&
		in_tree tag culprit &&
		change "cgroup/misc: put a number into parentheses" kernel/cgroup/misc.c misc_cg_alloc \
			"return ERR_PTR(-ENOMEM);" "return ERR_PTR(-(ENOMEM));" &&
		in_tree tag end &&
		take_back_all &&
		in_tree tag back &&
		in_tree checkout -q end
}

# And back again, from the last to the first: the same trees once more.
take_back_all()
{
	local commit

	for commit in $(in_tree rev-list start..end); do
		in_tree revert --no-edit "$commit" >/dev/null || return
	done
	in_tree tag mending ":/^Revert \"cgroup: list every task"
	in_tree diff --quiet start
}

# --- The searches --------------------------------------------------------------

# search NAME NEW OLD [TERM...] -- ARGUMENT...
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

# said NAME REGEX
said()
{
	grep -qE -- "$2" "$scratch/$1" || { echo "no '$2' in:"; tail -n 60 "$scratch/$1"; return 1; }
}

# commit REVISION: as git names it
commit()
{
	in_tree rev-parse "$1"
}

# title REVISION: in a regular expression
title()
{
	in_tree log -1 --format='%h %s' "$1"
}

says_nothing_was_built()
{
	! grep -E ': (building|built in)' "$scratch/$1"
}

test=cgroup_rmdir.hidden_task_is_not_listed
fix=a72f73c4dd9b

if ! tree_is_of_its_series; then
	skip "git-bisect" "its history is not made for ${source_tree##*/}"
	exit 0
fi
check "git-bisect: a history of five commits" make_history
[ "$check_failed" = 0 ] || exit 1

check "git-bisect: runs" search broke end start --
check "git-bisect: names the commit that broke it" \
	said broke "^$(commit culprit) is the first bad commit"
check "git-bisect: so does vm/bisect" said broke "^first bad: $(title culprit)$"
check "git-bisect: shows the last that was good" said broke "^$(title last-good): pass: $test$"
check "git-bisect: shows the first that was bad" said broke "^$(title culprit): fail: $test: "
check "git-bisect: with the fix that it took back" said broke "^    missing fix: $fix "
check "git-bisect: skips a commit that does not build" \
	said broke.log "^git bisect skip $(commit unbuildable)$"
check "git-bisect: says that it does not build" \
	said broke "$(title unbuildable): does not build: skipped"

check "git-bisect: --fix: runs" \
	search fixed back end --term-old=broken --term-new=fixed -- --fix --repeat 2
check "git-bisect: --fix: names the commit that mended it" \
	said fixed "^$(commit mending) is the first fixed commit"
check "git-bisect: --fix: so does vm/bisect" said fixed "^first fixed: $(title mending)$"
check "git-bisect: --fix: builds nothing twice" says_nothing_was_built fixed

# --- The kernel ------------------------------------------------------------------

image=$(sed -n "s|^vm/bisect: $(title last-good): built.*: ||p" "$scratch/broke")
KERNELS="7.3=$image" bash "$here/check/suite.sh" || check_failed=1
exit $check_failed
