#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# clients - "make clients" refuses bad input, records what a guest says and makes the table of it,
# and leaves no QEMU. Boots nothing: the root file system and QEMU are fakes.

# shellcheck source-path=SCRIPTDIR disable=SC2030,SC2031

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
. "$here/check/fake/image.sh"
make_scratch
copy=$scratch/copy
clients=$copy/scripts/clients
image=$scratch/bzImage
column=${image//\//_}

# A copy with one client, and a cache with a root file system.
make_copy()
{
	mkdir -p "$copy/clients" "$scratch/cache/task_exit/clients" "$scratch/bin" "$scratch/run"
	cp -r "$here"/{vm,scripts,check,lib} "$copy/"
	cp -r "$here"/clients/{guest,*.sh,*.c,systemd-scope,systemd-service} "$copy/clients/"
	printf '%s\n' '#!/bin/sh' >"$copy/scripts/install-deps"
	# shellcheck disable=SC2016 # the script expands it
	printf '%s\n' '#!/bin/sh' 'echo "$2"' >"$copy/scripts/pinned"
	# The names that they have in the cache follow from their sources.
	: >"$scratch/cache/task_exit/clients/root.$(sha256sum <"$copy/clients/root.sh" | cut -c1-12).cpio"
	(
		# shellcheck source=clients/hold.sh
		. "$copy/clients/hold.sh"
		here=$copy cache=$scratch/cache/task_exit
		find_hold_name
		printf '%s\n' '#!/bin/sh' >"$hold"
		chmod +x "$hold"
	)
	make_image 9.9.9 "$image"
	cp "$here"/check/fake/clients-qemu "$scratch/bin/qemu-system-x86_64"
}

# with_qemu HOW [NAME=VALUE...] COMMAND
with_qemu()
{
	env "FAKE_QEMU=$1" "${@:2}"
}

refused()
{
	ran 2 with_qemu all "${@:2}" "$clients" && one_line && err_has "$1"
}

record_is()
{
	grep -xF -- "$1" "$copy/results/clients/$column.tsv" >/dev/null ||
		{ cat "$copy/results/clients/$column.tsv"; return 1; }
}

records_a_run()
{
	ran 0 with_qemu all "$clients" &&
		record_is $'systemd-scope\tresult\twaits\t6300\t-\tit timed out' &&
		record_is $'systemd-service\tresult\thangs\t30100\t93618edf7538\tit sleeps' &&
		out_has '\[systemctl stop SCOPE\]\(#systemd-scope\) \| waits, 6.3 s \|  \|$' &&
		out_has '\[systemctl stop SERVICE\]\(#systemd-service\) \| \*\*hangs\*\* \| 93618edf7538 \|$'
}

keeps_other_records()
{
	ran 0 with_qemu all CLIENTS=systemd-service "$clients" &&
		record_is $'systemd-scope\tresult\twaits\t6300\t-\tit timed out'
}

reuses()
{
	ran 0 with_qemu fail REUSE=1 "$clients" && out_has "$1"
}

records_a_panic()
{
	ran 0 with_qemu panic "$clients" &&
		record_is $'systemd-scope\tskip\tthe machine stopped in it: Kernel panic - not syncing: test' &&
		record_is $'systemd-service\tskip\tthe machine stopped before'
}

reports_a_dead_machine()
{
	ran 3 with_qemu fail "$clients" && err_has 'did not start the clients'
}

# The table of known records, with their fixes.
details_are_right()
{
	(
		# shellcheck source=vm/common.sh
		. "$here/vm/common.sh"
		# shellcheck source=clients/table.sh
		. "$here/clients/table.sh"
		printf 'systemd-scope\tresult\tfails\t900\ta72f73c4dd9b\tit failed\n' >"$scratch/1.0.tsv"
		printf 'systemd-scope\tskip\tthere is none\n' >"$scratch/2.0.tsv"
		print_details "$scratch" systemd-scope "1.0 2.0" >"$scratch/out"
	)
	out_has '^- 1.0: fails: it failed \(fixed by a72f73c4dd9b \("cgroup: Don.t expose dead tasks in cgroup"\), released in 7.0, 6.19.9\)$' &&
		out_has '^- 2.0: left out: there is none$'
}

qemu_ends()
{
	local run pid

	FAKE_QEMU=hang "$clients" >/dev/null 2>&1 &
	run=$!
	for _ in {1..100}; do
		[ ! -s "$scratch/pid" ] || break
		sleep 0.1
	done
	pid=$(cat "$scratch/pid") || return
	kill "-$1" "$run"
	wait "$run" 2>/dev/null
	for _ in {1..100}; do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	! kill -0 "$pid" 2>/dev/null || { echo "QEMU still runs"; return 1; }
	rm -f "$scratch/pid"
}

leaves_no_directory()
{
	fails compgen -G "$scratch/run/task_exit-clients.*"
}

# Each client says what it runs, against what, and what to expect; docs/clients.md has each.
is_documented()
{
	local key

	for key in client against expect; do
		grep "^# $key: ." "$here/clients/$1" || { echo "no $key:"; return 1; }
	done
	grep "^### $1\$" "$here/docs/clients.md" || { echo "docs/clients.md lacks it; run make clients"; return 1; }
}

# The part of the guest that needs no guest.
guest_measures()
{
	sed "s#/run/#$scratch/#g" "$here/clients/guest/lib.sh" >"$scratch/lib.sh"
	# shellcheck disable=SC2016 # the inner shell expands these
	bash -c '. "$1"
		measure sh -c "echo yes; exit 3"; echo "$status $said"
		deadline=1; measure sleep 99; echo "$status $((ms >= 1000))"
		kill "$measured"
		ms=7 && report fails - "two	words"' - "$scratch/lib.sh" >"$scratch/out"
	out_has '^3 yes$' && out_has '^hangs 1$' && out_has $'^result\tfails\t7\t-\ttwo words$'
}

make_copy
export FAKE_PID=$scratch/pid KERNELS=$image PATH=$scratch/bin:$PATH TMPDIR=$scratch/run
export XDG_CACHE_HOME=$scratch/cache
check "clients: an unknown client is refused" refused "no client no-such; known: systemd-scope systemd-service" CLIENTS=no-such
check "clients: a file that is no client is refused" refused "no client root" CLIENTS=root
check "clients: a bad switch is refused" refused "REUSE takes 0 or 1" REUSE=maybe
check "clients: a file that is no kernel is refused" refused "is a text file" KERNELS="$copy/scripts/clients"
check "clients: what the guest says is recorded, and in the table" records_a_run
check "clients: a run of one client keeps the records of the others" keeps_other_records
check "clients: REUSE=1 boots nothing" reuses "waits, 6.3 s"
check "clients: a panic is recorded" records_a_panic
check "clients: a machine that does not start is reported" reports_a_dead_machine
check "clients: the table names the fixes" details_are_right
check "clients: QEMU ends if the run is terminated" qemu_ends TERM
check "clients: QEMU ends if the run is killed" qemu_ends KILL
check "clients: the next run removes what a killed one has left" records_a_run
check "clients: no directory is left" leaves_no_directory
check "clients: a program that hangs is seen" guest_measures
for client in "$here"/clients/*-*; do
	check "clients: ${client##*/} is documented" is_documented "${client##*/}"
done
exit $check_failed
