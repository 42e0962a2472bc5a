#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# suite - the verdicts of the suite on each kernel are those expected by the history of
# the fixes (lib/fixes.c, check/expect), and the suite copes with hostile machines.
#
# KERNELS="6.18 7.3" restricts the kernels; mine=path/to/bzImage names an image. A kernel
# that the archive no longer has is replaced by another: see scripts/pinned. REPEAT=20
# boots each of them 20 times.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch
checking=suite
# shellcheck source=check/expect/boots.sh
. "$here/check/expect/boots.sh"

kill_title="cgroup: fix cgroup.kill for exited thread group leader"
reader=$("$here/report/build") || exit
kernels=${KERNELS:-$(pinned 6.12 6.19.6 6.19.14 7.1 7.2 7.3 7.3-rt newest 2>"$scratch/pinned")}
build_suite

# claimed RESULTS CHANGELOG VERSION: writes the verdict on both to $scratch/verdict
claimed()
{
	"$reader" verdict -c "$2" -k "$3" <"$1" >"$scratch/verdict" 2>&1
}

# The archive keeps packages of old kernels longer than their changelogs.
check_claims()
{
	local name="suite: ${names[$1]}: the changelog and the kernel agree" release changelog status=0

	# If there are none, check_verdicts has failed.
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

# conflicts STATUS RESULTS CHANGELOG VERSION REGEX
conflicts()
{
	local status=0

	claimed "$2" "$3" "$4" || status=$?
	[ "$status" = "$1" ] && grep -E "$5" "$scratch/verdict" >/dev/null && return
	echo "status $status"
	cat "$scratch/verdict"
	return 1
}

# check_conflicts VERSION: of the kernel with the results in newest.ktap
check_conflicts()
{
	local changelog
	local name="suite: a changelog that claims a missing fix is detected"

	if ! changelog=$("$here/vm/fetch" changelog "$1" 2>"$scratch/err"); then
		skip "$name" "$(last_message "$scratch/err")"
		return
	fi
	grep -vF "$kill_title" "$changelog" >"$scratch/changelog"
	check "suite: a changelog that does not claim a present fix is detected" \
		conflicts 6 "$scratch/newest.ktap" "$scratch/changelog" "$1" "PRESENT: .* $kill_title\$"
	sed "s/^# ok \([0-9]*\) \(cgroup_kill.kills_a_process_whose_leader_has_exited\)/# not ok \1 \2/" \
		"$scratch/newest.ktap" >"$scratch/worse.ktap"
	check "$name" conflicts 5 "$scratch/worse.ktap" "$changelog" "$1" "MISSING: .* $kill_title\$"
}

# as_if VERSION FEATURE [RESULTS]: compares the results of 7.3 with another version's history
as_if()
{
	"$scratch/expect" -f "$2" "$here/check/expect/rules.txt" "$scratch/tests" "$1" \
		"${3:-$scratch/newest.ktap}" 0 "as $1" >"$scratch/held" 2>&1
}

# 7.3.4 has a fix that 7.1.13 lacks. A kernel after 7.1.13 may have it. The series 7.1
# has ended, so that no backport will change this.
check_news()
{
	local advice="has \"$kill_title\"; add \"7.1.999\" to its .released in lib/fixes.c"

	check "suite: news: a newer kernel of a series may have gained a fix" \
		as_if 7.1.999+deb13-cloud-amd64 qmap
	check "suite: news: ... and how to add it" grep -qF "$advice" "$scratch/held"
	check "suite: news: a candidate may have a fix of its release" as_if 7.3-rc7 qmap
	check "suite: news: ... as the table has it" grep -q "news: .*, before 7\.3\.4, which" "$scratch/held"
	check "suite: news: ... without advice" fails grep -F "; add " "$scratch/held"
	check "suite: news: a vendor's kernel may have any fix" as_if 7.1.3-mine qmap
	check "suite: news: ... also without advice" fails grep -F "; add " "$scratch/held"
	check "suite: news: a new series must have the fixes of its predecessor" as_if 99.4.1 qmap
	check "suite: news: ... which is no news" fails grep -F "news:" "$scratch/held"
	sed 's/^# ok \([0-9]*\) \(cgroup_visibility.paused_reader_does_not_list_a_reaped_task\) # XFAIL.*/# ok \1 \2/' \
		"$scratch/newest.ktap" >"$scratch/fixed.ktap"
	check "suite: news: a newer kernel may fix a known bug" as_if 99.4.1 qmap "$scratch/fixed.ktap"
	check "suite: news: ... which is reported" \
		grep -q "news: 99.4.1 passes cgroup_visibility.paused_reader_does_not_list_a_reaped_task" "$scratch/held"
	check "suite: news: an older kernel may not" fails as_if 7.3.4 qmap "$scratch/fixed.ktap"
	check "suite: news: an older kernel may not have gained a fix" fails as_if 7.1.13 qmap
	check "suite: news: ... by that test" \
		grep -q "^not ok - as 7\.1\.13: $kill_title: cgroup_kill" "$scratch/held"
	sed -i 's/^# ok \([0-9]*\) \(cgroup_kill.kills_a_process_whose_leader_has_exited\)/# not ok \1 \2/' \
		"$scratch/newest.ktap"
	check "suite: news: a newer kernel that lost a fix fails" fails as_if 7.3.999 qmap
	check "suite: news: ... by that test" \
		grep -q '^not ok - as 7.3.999: pass: cgroup_kill' "$scratch/held"
	check "suite: a failure without a reason in words fails" \
		grep -q '^not ok - as 7.3.999: every failure has its reason in words$' "$scratch/held"
}

# On this kernel rmdir sleeps, and the hung task detector reports it after a second.
hung_task_is_noticed()
{
	echo "echo 1 >/proc/sys/kernel/hung_task_timeout_secs" >"$scratch/setup"
	"$here/vm/run" --kernel "$1" --setup "$scratch/setup" --tests cgroup_rmdir \
		"$installed" >"$scratch/out" 2>&1
	grep -q "# kernel: INFO: task cgroup_rmdir:" "$scratch/out" ||
		{ cat "$scratch/out"; return 1; }
}

# Runs a script in the guest that makes trouble for the suite.
check_robustness()
{
	local verdict name

	cp -a "$installed" "$scratch/robustness"
	mkdir "$scratch/robustness/robustness"
	cp "$here/check/guest/robustness" "$scratch/robustness/robustness/"
	echo "timeout=300" >"$scratch/robustness/robustness/settings"
	echo "robustness:robustness" >>"$scratch/robustness/kselftest-list.txt"
	cp "$scratch/other_scheduler" "$scratch/robustness/robustness/"

	"$here/vm/run" --kernel newest --tests robustness --log "$scratch/vm" "$scratch/robustness" \
		>"$scratch/out" 2>"$scratch/err"
	"$reader" lines <"$scratch/out" | grep -P '^result\t' >"$scratch/results"
	while IFS=$'\t' read -r _ verdict name _; do
		case $verdict in
		pass) ok "suite: robustness: $name" ;;
		*) not_ok "suite: robustness: $name" ;;
		esac
	done <"$scratch/results"
	check "suite: robustness: ran to its end" \
		grep -q '^ok 1 selftests: robustness: robustness' "$scratch/out"
	if grep -qP '^result\tfail' "$scratch/results" || [ ! -s "$scratch/results" ]; then
		details "$scratch/out" 100
	fi
}

# A foreign scheduler, which stays loaded until it is killed.
build_other_scheduler()
{
	local target tree zstd=

	# Debian 13 builds its libelf with zstd.
	[ -e "$(gcc -print-file-name=libzstd.a)" ] && zstd=1

	tree=${installed%.install}
	target=$tree/tools/testing/selftests/task_exit
	gcc -static -O2 -D_GNU_SOURCE -isystem "$target/obj/include" \
		-isystem "$target/obj/sched_ext" -I"$target/lib" \
		-isystem "$tree/tools/sched_ext/include" "$here/check/guest/other_scheduler.c" \
		"$target/obj/libbpf/libbpf.a" -o "$scratch/other_scheduler" \
		-Wl,--start-group -lelf -lz ${zstd:+-lzstd} -Wl,--end-group
}

check "suite: history builds" build_history "$scratch"
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
# Without 7.3, take the last of the project's own list: the newest has all that 7.3 has.
for index in "${!names[@]}"; do
	if [ -z "${KERNELS:-}" ] || [ "${names[$index]}" = 7.3 ]; then
		complete=$index
	fi
	[ "${names[$index]}" != 7.3 ] || break
done
if [ -n "${complete:-}" ]; then
	cp "$scratch/$complete/results.ktap" "$scratch/newest.ktap"
	check_conflicts "$(image_release "${images[$complete]}")"
	check_news
fi
check_with_kernel "suite: a kernel report fails the test that is running" \
	6.19.14 hung_task_is_noticed
check "suite: the other scheduler builds" build_other_scheduler
check_robustness
exit $check_failed
