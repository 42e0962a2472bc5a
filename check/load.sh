#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# load - the suite says the same of a kernel where the machine is busy: with busy loops in
# the guest, and on the host more machines and busy loops than CPUs.
#
# KERNELS="6.18 7.3" chooses the kernels; mine=path/to/bzImage is one under a name.
# REPEAT=10 is that many boots of each. A single one, which is all that a "make check" has
# time for, is of two kernels and with one loop in the guest; otherwise it is three, and two.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch
checking=load
# shellcheck source=check/expect/boots.sh
. "$here/check/expect/boots.sh"

machines=3

# A kernel that unlinks a task early, one with all fixes, and one with some of them.
chosen=(6.18 7.3)
[ "$REPEAT" = 1 ] || chosen+=(7.0)
kernels=${KERNELS:-$(pinned "${chosen[@]}" 2>"$scratch/pinned")}
run_options=(--setup "$scratch/loops" --boot-timeout 300 --timeout 1200)
features=(-f busy)

# More is to run here than there are CPUs, and a busy loop always. However this shell dies,
# the kernel kills them with it.
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

# The agents of p and of p/c come a second after those that are called later. Nothing may
# hide that they are there: a process that executes has no arguments for a moment.
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
	out_has '^# not ok 1 cgroup_release_agent.comes_once_after_the_last_switch' &&
		out_has '^# not ok 2 cgroup_release_agent.comes_for_the_parent_of_a_removed_child'
}

build_suite
[ -n "${KERNELS:-}" ] || tell_pinned load <"$scratch/pinned"
# shellcheck disable=SC2086 # a list of words
plan_boots $kernels
delay_the_agents
check_with_kernel "load: release agents that overtake each other hide nothing" \
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
