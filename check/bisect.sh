#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks that vm/bisect finds the first of several kernels with a fix or a bug, and
# reports it if there is nothing to find. git-bisect.sh does so with commits.

# shellcheck source-path=SCRIPTDIR disable=SC2317

set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/check/fake/report.sh"
. "$root/check/fake/suite.sh"
. "$root/check/fake/image.sh"

clean_up()
{
	# shellcheck disable=SC2046 # process numbers
	kill $(jobs -p) 2>/dev/null
	wait
	rm -rf "$tmp"
}
make_tmp
bisect=$root/vm/bisect

# --- No boot needed ---------------------------------------------------------

check_usage()
{
	run "$bisect" --help
	check "help fits a screen" test "$(wc -l < "$tmp/out")" -le 32
	run "$bisect" --images "newest newest" --test cgroup_rmdir
	check "no install directory" refused "which install directory"
	run "$bisect" --images "newest newest" "$installed"
	check "no test" refused "which test"
	run "$bisect" --images "newest newest" --test nope "$installed"
	check "unknown program lists the known" refused "no test nope; known: .*cgroup_rmdir"
	run "$bisect" --images "newest newest" --test cgroup_rmdir.nope "$installed"
	check "unknown test lists the program's" refused "; cgroup_rmdir has .* dying_cgroup_is_freed"
	run "$bisect" --images "newest newest" --test scx_controller_toggle.nope "$installed"
	check "a program with a long name has its tests" \
		refused "; scx_controller_toggle has exit_task_of_an_exiting_task_precedes_cgroup_exit "
	run "$root/vm/run" --tests "cgroup_kill cgroup_rmdir.nope" "$installed"
	check "vm/run: unknown test lists the program's" refused "; cgroup_rmdir has .* dying_cgroup_is_freed"
	run "$root/vm/run" --tests cgroup_controllers.nope.parent_and_grandparent_can_disable_at_once "$installed"
	check "vm/run: unknown variant" refused "no test cgroup_controllers\.nope\.parent_and_gr"
	run "$bisect" --images "newest 1.2 newest" --test cgroup_rmdir "$installed"
	check "unknown kernel lists the archive's" refused "no kernel 1.2 in the archive; it has .*7\."
	run "$bisect" --images newest --test cgroup_rmdir "$installed"
	check "one kernel is no range" refused "two kernels or more"
	run "$bisect" --images "newest newest" --test cgroup_rmdir "$installed"
	check "both ends are one kernel" refused "are the same kernel; nothing to search"
	run "$bisect" --images "newest newest" --test cgroup_rmdir --message "(" "$installed"
	check "--message that is no expression" refused "not a regular expression"
	run "$bisect" --images "newest newest" --test cgroup_rmdir --repeat 0 "$installed"
	check "--repeat that is no number" refused "takes a number"
	run env KERNELS="newest 1.2" TEST=cgroup_rmdir "$root/scripts/bisect"
	check "make bisect: unknown kernel, before anything is built" refused "no kernel 1.2"

	# git bisect takes 2 for a verdict.
	run env -C "$tmp" "$bisect" --test nope "$installed"
	check "git bisect: bad usage ends it" is "$status" 128
	run env -C "$tmp" "$bisect" --test cgroup_rmdir "$installed"
	check "git bisect: outside of a tree" err_has "no git tree here"
	check "bad usage leaves nothing" empty_dir "$TMPDIR"
}

# --- The order of kernels, without a boot --------------------------------------------

# order VERDICT=RELEASE...: bisects images 1, 2, 3... of these releases, with a stub of
# vm/run that prints the verdict
order()
{
	local place=0 names='' image

	for image; do
		place=$((place + 1))
		names+=" $tmp/images/$place"
		make_image "${image#*=}" "$tmp/images/$place"
		echo "${image%%=*}" > "$tmp/images/$place.verdict"
	done
	run "$tmp/vm/bisect" --images "$names" --test race "$tmp/fake"
	sed -i "s|$tmp/images/||g" "$tmp/out" "$tmp/err"
}

make_fake_run()
{
	mkdir "$tmp/images"
	cp -r "$root/vm" "$tmp/vm"
	ln -s "$root/report" "$tmp/report"
	cat > "$tmp/vm/run" <<-'EOT'
		#!/usr/bin/env bash
		while [ $# -gt 1 ]; do
			case $1 in
			--kernel) image=$2 ;;
			--log)	log=$2 ;;
			esac
			shift
		done
		case $(cat "$image.verdict") in
		pass)	echo "# ok 1 race.lost" ;;
		fail)	echo "# not ok 1 race.lost" ;;
		esac > "$log/results.ktap"
	EOT
}

# found_first A B: A is the first bad image, and B the last one before it
found_first()
{
	is "$status" 0 && out_has "^first bad: $1 \($2 is the last before\)$"
}

check_order()
{
	make_fake_run
	order fail=7.3.4+deb13-cloud-amd64 fail=7.0.2 pass=6.18.15+deb13-cloud-amd64
	check "order: newest first: the oldest bad one is found" found_first 2 3
	check "order: newest first: says how they are ordered" \
		err_has "sorted by version: 3 2 1$"
	order pass=6.9.10 pass=6.10.2 fail=6.10.11
	check "order: oldest first: found" found_first 3 2
	check "order: oldest first: nothing is said of it" fails err_has "order|sorted|version"
	order fail=7.3.0 pass=7.3.0-rc2 pass=7.2.9 pass=7.3.0-rc10-00012-gabcdef012345
	check "order: a release candidate comes before its release" found_first 1 4
	order fail=5.14.0-503.11.1.el9_5.x86_64 pass=5.14.0-427.el9.x86_64
	check "order: a vendor's version is compared in full" found_first 1 2
	order pass=7.3.4+deb13-rt-amd64 fail=7.3.4+deb13-cloud-amd64 pass=7.2.1
	check "order: two of one version stay in the order that was given" found_first 2 1
	check "order: two of one version: says so" \
		err_has "1 and 2 are both 7\.3\.4: keeping their order$"
	order pass=7.3.4 fail=custom pass=6.18.1
	check "order: a version that cannot be read: all stay as given" \
		err_has "2 has no version: keeping the given order$"
	order pass=7.0.1 fail=7.2.1
	ln -sf 1 "$tmp/images/3"
	run "$tmp/vm/bisect" --images "$tmp/images/1 $tmp/images/2 $tmp/images/3" --test race "$tmp/fake"
	check "order: one kernel by two names is tried once" is "$(grep -c ': pass (' "$tmp/err")" 1
	check "order: one kernel by two names: says so" err_has "/3 is the same kernel as .*/1: trying it once$"
}

# --- Searches, JOBS at a time (two) --------------------------------------------------

# search NAME ARGUMENT...
search()
{
	local name=$1
	shift

	while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-2}" ]; do
		wait -n
	done
	{
		"$bisect" "$@" > "$tmp/$name.out" 2> "$tmp/$name.err" < /dev/null
		echo $? > "$tmp/$name.status"
	} &
}

# found NAME: waits for the search, and takes its output and status
found()
{
	wait
	cp "$tmp/$1.out" "$tmp/out"
	cp "$tmp/$1.err" "$tmp/err"
	status=$(cat "$tmp/$1.status")
}

begin_fake_searches()
{
	fake_kernels=$(pinned_words 6.18 6.19 7.0 7.1 7.2 7.3)
	[ "$fake_kernels" = "6.18 6.19 7.0 7.1 7.2 7.3" ] || return
	search race --images "6.18 6.19 7.2 7.3" --test race --repeat 3 "$tmp/fake"
	search unknown --images "7.0 7.1 7.2" --test race --repeat 3 "$tmp/fake"
	search same --images "6.18 7.0" --test race.lost --repeat 3 "$tmp/fake"
	search reversed --images "6.18 7.2" --fix --test race --repeat 3 "$tmp/fake"
}

check_fake_searches()
{
	if [ "$fake_kernels" != "6.18 6.19 7.0 7.1 7.2 7.3" ]; then
		skip "searches with a fake program" "of the series that it is made for there are only $fake_kernels"
		return
	fi
	found race
	check "a test that fails in one run of three: found" is "$status" 0
	check "... the first bad kernel" out_has "^first bad: 7\.2 \(6\.19 is the last before\)$"
	check "... how often it fails" out_has "^7\.2: fail: race\.lost: by a head \(1 of 3 times\)$"
	check "... both sides" out_has "^6\.19: pass: race\.lost$"
	check "... the plan" err_has "which is the first of 4 kernels that fails\? 6\.18 6\.19 7\.2 7\.3"
	check "... the progress" err_has "between 6\.18 and 7\.3, about 2 step"
	found unknown
	check "a kernel that cannot tell: exit 3" is "$status" 3
	check "... is named in between" out_has "^between 7\.0 and 7\.2: 1 kernel"
	found same
	check "ends that do not differ" is "$status" 2
	check "... are the only ones tried" is "$(grep -c ': pass (' "$tmp/err")" 2
	check "... says so" err_has "6\.18 and 7\.0 do not differ: both pass; nothing to search$"
	found reversed
	check "ends that are the other way round" is "$status" 2
	check "... says what to do" err_has "other way round; leave out --fix$"
}

# The first kernel with each of these commits, by lib/fixes.c, must be found. A kernel
# that the archive no longer has is replaced by the nearest with the same fixes.
recent="6.16 6.17 6.18 6.19.6 6.19.14 7.0 7.1 7.2 7.3"

# for_each_fix COMMAND: COMMAND COMMIT RELEASE KERNELS ARGUMENT...
for_each_fix()
{
	local busy=cgroup_rmdir.exiting_task_does_not_block_rmdir

	"$1" 7900aa699c34 6.19 "$recent" --fix --test scx_exit_order.exit_task_of_a_zombie
	"$1" 1b164b876c36 6.19.12 "6.16 6.17 6.18 6.19.6 6.19.8 6.19.11 6.19.14 7.0.7" \
		--test "$busy" --message "an exiting task sleeps"
	"$1" 93618edf7538 7.0.9 "6.19.6 6.19.8 6.19.11 6.19.14 7.0.4 7.0.7 7.0.9 7.1 7.3" \
		--fix --test "$busy"
	"$1" cfc1da7e1127 7.2 "7.0.9 7.0.13 7.1.3 7.1.8 7.1.13 7.2.6 7.2.12 7.3" \
		--fix --test cgroup_dying.pids_controller_drains_before_memory
	"$1" 41e3312861ea 7.2 "$recent" --fix --test scx_tid_lookup.live_task_is_found_by_its_tid
}

# pinned_words KERNEL...: those, or their replacements
pinned_words()
{
	"$root/scripts/pinned" kernels "$@" 2>> "$tmp/pinned" | paste -sd' '
}

# The kernels to search, by commit.
declare -A searched=()

begin_search()
{
	local commit=$1 release=$2
	# shellcheck disable=SC2086 # a list of words
	searched[$commit]=$(pinned_words $3)
	shift 3

	! has_both_sides "$release" "${searched[$commit]}" ||
		search "$commit" --images "${searched[$commit]}" "$@" "$installed"
}

# has_both_sides RELEASE KERNELS: some are older than RELEASE, some are not
has_both_sides()
{
	[[ "$(answer "$@")" == *\([0-9]* ]]
}

# answer RELEASE KERNELS: "A (B is the last before)"
answer()
{
	local kernel before=

	for kernel in $2; do
		if [ "$(printf '%s\n' "$1" "$kernel" | sort -V | sed -n 1p)" = "$1" ]; then
			echo "$kernel ($before is the last before)"
			return
		fi
		before=$kernel
	done
}

# released_in COMMIT VERSION: lib/fixes.c says so
released_in()
{
	local releases

	releases=$("$("$root/report/build")" releases | sed -n "s/^$1\t//p")
	[[ ", $releases," == *", $2,"* ]] || { echo "$1 is in $releases, not in $2"; return 1; }
}

check_search()
{
	local commit=$1 release=$2 kernels=${searched[$1]} word=bad

	[ "$4" != --fix ] || word=fixed
	if ! has_both_sides "$release" "$kernels"; then
		skip "$commit: found" "the archive has no kernel on each side of $release: $kernels"
		return
	fi
	found "$commit"
	check "$commit: found among $(wc -w <<< "$kernels") kernels" is "$status" 0
	check "$commit: in the first kernel that has it" \
		is "$(tail -n 1 "$tmp/out")" "first $word: $(answer "$release" "$kernels")"
	check "$commit: lib/fixes.c has the same release" released_in "$commit" "$release"
}

installed=$("$root/scripts/build" 2>"$tmp/err") || {
	echo "not ok - bisect: the suite builds"
	sed 's/^/# /' "$tmp/err" >&2
	exit 1
}
fake_suite "$tmp/fake" race || exit

check_usage
check_order
for_each_fix begin_search
begin_fake_searches
for_each_fix check_search
grep 'scripts/pinned: ' "$tmp/pinned" | sort -u | sed 's/^scripts.pinned:/#/'
check_fake_searches
check "searches leave no files" empty_dir "$TMPDIR"

exit $check_failed
