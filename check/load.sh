#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# load - the suite has the same results on a busy machine: with busy loops in the guest, and
# more machines and busy loops than CPUs on the host.
#
# KERNELS="6.18 7.3" selects the kernels; mine=path/to/bzImage gives a kernel a name. REPEAT=10
# boots each kernel ten times. A single boot of each, for "make check", uses two kernels and one
# loop in the guest; more boots use three kernels and two loops.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch
checking=load
# shellcheck source=check/expect/boots.sh
. "$here/check/expect/boots.sh"

machines=3

# A kernel that unlinks a task early, one with all fixes and, if there is time, one with some.
chosen=(6.18 7.3)
[ "$REPEAT" = 1 ] || chosen+=(7.0)
kernels=${KERNELS:-$(pinned "${chosen[@]}" 2>"$scratch/pinned")}
run_options=(--setup "$scratch/loops" --boot-timeout 300 --timeout 1200)
features=(-f busy)

# Keeps one more process running than there are CPUs, at least one of them a busy loop. The
# kernel kills the loops if this shell dies.
load_the_host()
{
	local pid wanted

	wanted=$(($(nproc) + 1))
	for pid in "${pids[@]}"; do
		! kill -0 "$pid" 2>/dev/null || wanted=$((wanted - 1))
	done
	[ $wanted -ge 1 ] || wanted=1
	while [ ${#loops[@]} -lt $wanted ]; do
		setpriv --pdeathsig KILL sh -c 'while :; do :; done' &
		loops+=($!)
	done
	while [ ${#loops[@]} -gt $wanted ]; do
		kill "${loops[-1]}"
		unset 'loops[-1]'
	done
}

end_loops()
{
	[ ${#loops[@]} = 0 ] || kill "${loops[@]}"
}

load_the_guest()
{
	local loop='(while :; do :; done) &'

	echo "$loop" >"$scratch/loops"
	[ "$REPEAT" = 1 ] || echo "$loop" >>"$scratch/loops"
}

# Delays the release agents of p and p/c by a second, so that later ones overtake them. The
# script does not exec: during exec a process has no arguments, and the test looks for them.
delay_the_agents()
{
	cat >"$scratch/late" <<-"EOF"
	mkdir /late
	mv /bin/sh /late/sh
	cat >/bin/sh <<-"EOS"
	#!/late/sh
	case $2 in
	/p | /p/c)	sleep 1 ;;
	esac
	/late/sh "$@"
	EOS
	chmod +x /bin/sh
	EOF
}

# late_agents_are_seen KERNEL
late_agents_are_seen()
{
	"$here/vm/run" --kernel "$1" --setup "$scratch/late" --tests cgroup_release_agent \
		"$installed" >"$scratch/out" 2>"$scratch/err"
	out_has '^# not ok 1 cgroup_release_agent.agent_is_called_once_after_the_last_switch' &&
		out_has '^# not ok 2 cgroup_release_agent.agent_is_called_once_for_the_parent_of_a_removed_child'
}

build_suite
[ -n "${KERNELS:-}" ] || tell_pinned load <"$scratch/pinned"
# shellcheck disable=SC2086 # a list of words
plan_boots $kernels
delay_the_agents
check_with_kernel "load: cgroup_release_agent fails as expected if agents overtake each other" \
	6.18 late_agents_are_seen
load_the_guest
loops=()
trap 'end_loops; rm -rf "$scratch"' EXIT
for index in "${!names[@]}"; do
	for ((machine = 0; machine < machines; machine++)); do
		begin_boot $((index + machine))
	done
	load_the_host
	check_verdicts "$index"
done
exit $check_failed
