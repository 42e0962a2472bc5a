#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# suite - the suite says of every kernel what the history of the fixes says
# (lib/releases.c, check/expect); and it behaves where something is in its way.
#
# KERNELS="6.18 7.3" restricts the kernels; mine=path/to/bzImage is one under a name.
# Where the archive has lost one of the others, another stands in: scripts/pinned.
# REPEAT=20 is that many boots of each.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch
checking=suite
# shellcheck source=check/expect/boots.sh
. "$here/check/expect/boots.sh"

kernels=${KERNELS:-$(pinned 6.12 6.19.6 6.19.14 7.1 7.2 7.3 7.3-rt newest 2>"$scratch/pinned")}
build_suite

# claimed RESULTS CHANGELOG VERSION: what the verdict says of both, in $scratch/verdict
claimed()
{
	"$installed/task_exit/task_exit_verdict" -c "$2" -k "$3" <"$1" >"$scratch/verdict" 2>&1
}

# The packages of old kernels outlive their changelogs.
check_claims()
{
	local name="suite: ${names[$1]}: the changelog and the kernel agree" release changelog status=0

	# What check_verdicts has told already.
	[ -s "$scratch/$1/results.ktap" ] || return
	release=$(image_release "${images[$1]}")
	if ! changelog=$("$here/vm/fetch" changelog "$release" 2>"$scratch/err"); then
		skip "$name" "$(last_message "$scratch/err")"
		return
	fi
	"$scratch/history" "$changelog" "suite: ${names[$1]}" 2>&1 || check_failed=1
	claimed "$scratch/$1/results.ktap" "$changelog" "$release" || status=$?
	case $status in
	0 | 1)	check "$name" grep "^fix  *changelog  *behaviour" "$scratch/verdict" ;;
	*)	not_ok "$name"
		details "$scratch/verdict" 60 ;;
	esac
}

# lies STATUS RESULTS CHANGELOG VERSION WORDS
lies()
{
	local status=0

	claimed "$2" "$3" "$4" || status=$?
	[ "$status" = "$1" ] && grep -E "$5" "$scratch/verdict" >/dev/null && return
	echo "status $status"
	cat "$scratch/verdict"
	return 1
}

# check_lies VERSION: of the kernel that said what is in newest.ktap
check_lies()
{
	local title="cgroup: fix cgroup.kill for exited thread group leader" changelog
	local name="suite: a changelog that claims what the kernel lacks is found out"

	if ! changelog=$("$here/vm/fetch" changelog "$1" 2>"$scratch/err"); then
		skip "$name" "$(last_message "$scratch/err")"
		return
	fi
	grep -vF "$title" "$changelog" >"$scratch/changelog"
	check "suite: a changelog that does not claim what the kernel has is found out" \
		lies 6 "$scratch/newest.ktap" "$scratch/changelog" "$1" "PRESENT: .* $title\$"
	sed "s/^# ok \([0-9]*\) \(cgroup_kill.reaches_a_process_whose_leader_has_exited\)/# not ok \1 \2/" \
		"$scratch/newest.ktap" >"$scratch/worse.ktap"
	check "$name" lies 5 "$scratch/worse.ktap" "$changelog" "$1" "MISSING: .* $title\$"
}

# as_if VERSION FEATURE [RESULTS]: the results of 7.3, held against another kernel's history
as_if()
{
	"$scratch/expect" -f "$2" "$here/check/expect/rules.txt" "$1" \
		"${3:-$scratch/newest.ktap}" 0 "as $1" >"$scratch/held" 2>&1
}

# What 7.3.4 has and 7.1.13 has not: a kernel after 7.1.13 may have it, that one may not.
# 7.1 has ended: it gains no backport that would change this.
check_news()
{
	local line='add this line: RELEASE(FIX_KILL_HEADLESS, "7.1.999"),'

	check "suite: news: a newer kernel of a series may have gained a fix" \
		as_if 7.1.999+deb13-cloud-amd64 qmap
	check "suite: news: the line to add is told" grep -qF "$line" "$scratch/held"
	check "suite: news: a candidate may have a fix of its release" as_if 7.3-rc7 qmap
	check "suite: news: ... whose line is right" grep -q "news: .*, before 7\.3\.4, which" "$scratch/held"
	check "suite: news: ... and no line is to be added" fails grep -F "add this line" "$scratch/held"
	check "suite: news: a kernel of somebody's own may have any fix" as_if 7.1.3-mine qmap
	check "suite: news: ... which is no line" fails grep -F "add this line" "$scratch/held"
	check "suite: news: a new series is held to what its predecessor has" as_if 99.4.1 qmap
	check "suite: news: ... and has nothing new" fails grep -F "news:" "$scratch/held"
	sed 's/^# ok \([0-9]*\) \(cgroup_visibility.paused_reader_sees_no_0\) # XFAIL.*/# ok \1 \2/' \
		"$scratch/newest.ktap" >"$scratch/mended.ktap"
	check "suite: news: a newer kernel may mend a known bug" as_if 99.4.1 qmap "$scratch/mended.ktap"
	check "suite: news: ... which is told" \
		grep -q "news: 99.4.1 passes cgroup_visibility.paused_reader_sees_no_0" "$scratch/held"
	check "suite: news: an older kernel has not mended it" fails as_if 7.3.4 qmap "$scratch/mended.ktap"
	check "suite: news: an older kernel has not gained a fix" fails as_if 7.1.13 qmap
	check "suite: news: ... by that test" \
		grep -q '^not ok - as 7.1.13: FIX_KILL_HEADLESS: cgroup_kill' "$scratch/held"
	sed -i 's/^# ok \([0-9]*\) \(cgroup_kill.reaches_a_process_whose_leader_has_exited\)/# not ok \1 \2/' \
		"$scratch/newest.ktap"
	check "suite: news: a newer kernel that lost a fix fails" fails as_if 7.3.999 qmap
	check "suite: news: ... by that test" \
		grep -q '^not ok - as 7.3.999: pass: cgroup_kill' "$scratch/held"
}

# A kernel that puts rmdir to sleep, and complains of it after a second.
hung_task_is_noticed()
{
	echo "echo 1 >/proc/sys/kernel/hung_task_timeout_secs" >"$scratch/setup"
	"$here/vm/run" --kernel "$1" --setup "$scratch/setup" --tests cgroup_rmdir \
		"$installed" >"$scratch/out" 2>&1
	grep -q "# kernel: INFO: task cgroup_rmdir:" "$scratch/out" ||
		{ cat "$scratch/out"; return 1; }
}

# The install tree with one more collection: a script that makes trouble.
check_robustness()
{
	local line

	cp -a "$installed" "$scratch/robustness"
	mkdir "$scratch/robustness/robustness"
	cp "$here/check/guest/robustness" "$scratch/robustness/robustness/"
	echo "timeout=300" >"$scratch/robustness/robustness/settings"
	echo "robustness:robustness" >>"$scratch/robustness/kselftest-list.txt"
	cp "$scratch/other_scheduler" "$scratch/robustness/robustness/"

	"$here/vm/run" --kernel newest --tests robustness --log "$scratch/vm" "$scratch/robustness" \
		>"$scratch/out" 2>"$scratch/err"
	grep -E '^# (not )?ok ' "$scratch/out" | sed 's/^# //' >"$scratch/results"
	while read -r line; do
		case $line in
		ok\ *) ok "suite: robustness: ${line#ok * }" ;;
		*) not_ok "suite: robustness: ${line#not ok * }" ;;
		esac
	done <"$scratch/results"
	check "suite: robustness: all was tried" \
		grep -q '^ok 1 selftests: robustness: robustness' "$scratch/out"
	if grep -q '^not ok' "$scratch/results" || [ ! -s "$scratch/results" ]; then
		details "$scratch/out" 100
	fi
}

# A scheduler that is not the suite's: loaded until it is killed.
build_other_scheduler()
{
	local target tree zstd=

	# Debian 13 builds its libelf with zstd.
	[ -e "$(gcc -print-file-name=libzstd.a)" ] && zstd=1

	# The build directory is the install tree's without its suffix.
	tree=${installed%.install}
	target=$tree/tools/testing/selftests/task_exit
	gcc -static -O2 -D_GNU_SOURCE -isystem "$target/obj/include" \
		-isystem "$target/obj/sched_ext" -I"$target/lib" \
		-isystem "$tree/tools/sched_ext/include" "$here/check/guest/other_scheduler.c" \
		"$target/obj/libbpf/libbpf.a" -o "$scratch/other_scheduler" \
		-Wl,--start-group -lelf -lz ${zstd:+-lzstd} -Wl,--end-group
}

check "suite: the history can be held against changelogs" build_history "$scratch"
# Each series is held to its newest version, whatever that is today.
[ -n "${KERNELS:-}" ] || tell_pinned suite <"$scratch/pinned"
# shellcheck disable=SC2086 # a list of words
plan_boots $kernels
# Two at a time: without KVM each keeps one CPU busy.
for index in "${!names[@]}"; do
	begin_boot "$index"
	begin_boot $((index + 1))
	check_verdicts "$index"
	check_claims "$index"
done
# Without 7.3 the last of the project's own list will do: the newest has all that 7.3 has.
for index in "${!names[@]}"; do
	if [ -z "${KERNELS:-}" ] || [ "${names[$index]}" = 7.3 ]; then
		complete=$index
	fi
	[ "${names[$index]}" != 7.3 ] || break
done
if [ -n "${complete:-}" ]; then
	cp "$scratch/$complete/results.ktap" "$scratch/newest.ktap"
	check_lies "$(image_release "${images[$complete]}")"
	check_news
fi
check_with_kernel "suite: what the kernel prints fails the test that it comes in" \
	6.19.14 hung_task_is_noticed
check "suite: the other scheduler builds" build_other_scheduler
check_robustness
exit $check_failed
