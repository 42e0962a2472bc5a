#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fleet - LAVA runs the suite with the job of fleet/lava, on root file systems like those
# of fleets, and records the same results as vm/run on the same kernel: the whole suite
# on busybox with the newest kernel, where it passes, and a part of it on Debian with a
# kernel where tests fail and are skipped; that part also on busybox and arm64.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vm/common.sh
. "$here/vm/common.sh"
# shellcheck source=vm/archive.sh
. "$here/vm/archive.sh"
me=check/fleet

# On 6.18 a test of each of these fails; the last one is skipped.
old_kernel=$(pinned 6.18 2>/dev/null)
some_tests="cgroup_rmdir cgroup_populated scx_exit_order scx_tid_flag"
# A job takes some two minutes without KVM.
job_limit=900

# On SIGTERM, LAVA ends its QEMU.
clean_up()
{
	local job

	for job in $(jobs -p); do
		kill "$job" 2>/dev/null
	done
	wait
	rm -rf "$scratch"
}

make_scratch
reader=$("$here/report/build") || exit
trap clean_up EXIT
exit_on_signals

# --- The archive and the root file systems ---------------------------------------------

make_archive()
{
	local farm=${installed%.install}

	make -C "$farm/tools/testing/selftests" TARGETS=task_exit \
		VMLINUX_BTF="$("$here/vm/fetch" btf newest)" \
		KSFT_INSTALL_PATH="$scratch/install" gen_tar
}

make_definition()
{
	tar -cf "$scratch/definition.tar" -C "$here" fleet/lava
}

# What gen_tar makes, of a suite for arm64.
make_arm64_archive()
{
	arm64_installed=$("$here/scripts/build" ARCH=arm64) || return
	mkdir -p "$scratch/arm64-packages"
	tar -czf "$scratch/arm64-packages/kselftest.tar.gz" -C "$arm64_installed" .
}

pack_rootfs()
{
	(cd "$1" && find . | cpio -o -H newc -R 0:0 | gzip -1) >"$2"
}

# make_busybox_rootfs NAME BUSYBOX TTY: with every applet in its usual place, as build systems
# make it. A foreign busybox cannot list them.
make_busybox_rootfs()
{
	local root=$scratch/$1 applet

	mkdir -p "$root"/{bin,dev,etc,proc,sbin,sys,tmp,usr/bin,usr/sbin}
	cp "$2" "$root/bin/busybox" || return
	for applet in $(busybox --list-full); do
		[ -e "$root/$applet" ] || [[ $applet == linuxrc ]] || ln -s /bin/busybox "$root/$applet"
	done
	ln -s bin/busybox "$root/init"
	echo "root::0:0:root:/:/bin/sh" >"$root/etc/passwd"
	cat >"$root/etc/inittab" <<-EOF
		::sysinit:/bin/mount -t proc proc /proc
		::sysinit:/bin/mount -t sysfs sysfs /sys
		::sysinit:/bin/mount -t devtmpfs devtmpfs /dev
		$3::respawn:/sbin/getty -L 115200 $3 vt100
	EOF
	pack_rootfs "$root" "$scratch/$1.cpio.gz"
}

# With systemd: the shell runs in one of its cgroups.
make_debian_rootfs()
{
	local root=$scratch/debian

	debootstrap --variant=minbase --include=systemd-sysv,udev --keyring="$(keyring)" \
		"$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" "$root" "$(mirror)" || return
	chroot "$root" passwd -d root
	rm -rf "$root"/usr/share/{doc,locale,man} "$root"/var/{cache/apt,lib/apt/lists}/*
	ln -s sbin/init "$root/init"
	pack_rootfs "$root" "$scratch/debian.cpio.gz"
	rm -rf "$root"
}

# --- The results --------------------------------------------------------------------

# Both run in the background, and end with this script.

# run_lava ROOTFS KERNEL TESTS: the log goes to ROOTFS.log
run_lava()
{
	local name=$1 kernel lava=$scratch/$1.lava device=qemu-x86_64
	local archive=$scratch/install/kselftest-packages/kselftest.tar.gz

	if [ "$name" = arm64 ]; then
		export ARCH=arm64
		device=qemu-aarch64 archive=$scratch/arm64-packages/kselftest.tar.gz
		PATH=$("$here/vm/fetch" qemu):$PATH
	fi
	kernel=$("$here/vm/fetch" kernel "$2") || return
	mkdir "$lava"
	echo "dispatcher_ip: 127.0.0.1" >"$lava/dispatcher.yaml"
	"$here/fleet/lava/job" --kernel "file://$kernel" --rootfs "file://$scratch/$name.cpio.gz" \
		--archive "file://$archive" --device "$device" \
		--definition "file://$scratch/definition.tar" --tests "$3" >"$lava/job.yaml" || return
	exec setpriv --pdeathsig TERM timeout "$job_limit" lava-run \
		--device "$here/fleet/lava/$device/device.yaml" --job-id "$$.$name" \
		--dispatcher "$lava/dispatcher.yaml" --output-dir "$lava" "$lava/job.yaml" \
		>"$scratch/$name.log" 2>&1
}

# run_vm ROOTFS KERNEL TESTS: the results go to ROOTFS.vm
run_vm()
{
	if [ "$1" = arm64 ]; then
		export ARCH=arm64
		installed=$arm64_installed
	fi
	exec setpriv --pdeathsig TERM "$here/vm/run" --kernel "$2" --tests "$3" \
		--log "$scratch/$1.vm" "$installed" >/dev/null 2>"$scratch/$1.vm.log"
}

# The log of LAVA is JSON, except for some tags of YAML.
lava_results()
{
	sed 's/: ! "/: "/g' "$scratch/$1.log" |
		jq -rR 'fromjson? | select(.lvl == "results") | .msg |
			select(.definition == "0_task_exit") | "\(.case) \(.result)"' |
		sort
}

# LAVA knows no expected failures: fleet/lava/record makes them passes.
vm_results()
{
	"$reader" lines <"$scratch/$1.vm/results.ktap" | awk -F'\t' '
		$1 == "result" || $1 == "end" {
			print($3, $2 == "xfail" ? "pass" : $2)
		}' | sort
}

agree()
{
	lava_results "$1" >"$scratch/$1.lava.results"
	vm_results "$1" >"$scratch/$1.vm.results"
	[ -s "$scratch/$1.vm.results" ] &&
		diff "$scratch/$1.vm.results" "$scratch/$1.lava.results"
}

# has_all ROOTFS RESULT...
has_all()
{
	local results=$scratch/$1.lava.results result
	shift

	for result; do
		grep -q " $result$" "$results" || { echo "none: $result"; return 1; }
	done
}

# Names are parts of addresses in LAVA.
names_are_lavas()
{
	! grep -vE '^[-_a-zA-Z0-9.()+]+ (pass|fail|skip|unknown)$' "$scratch/busybox.lava.results"
}

# run_both ROOTFS KERNEL TESTS: at the same time; without KVM each keeps one CPU busy
run_both()
{
	run_vm "$@" &
	vm=$!
	run_lava "$@" &
	lava=$!
}

check_both()
{
	local name=$1

	if wait "$lava"; then
		ok "fleet: $name: LAVA runs the job"
	else
		not_ok "fleet: $name: LAVA runs the job"
		grep -E '"lvl": "(error|exception)"' "$scratch/$name.log" >"$scratch/said"
		details "$scratch/said"
		details "$scratch/$name.log" 15
	fi
	wait "$vm"
	check "fleet: $name: LAVA records the results of vm/run" agree "$name"
	echo "# $(wc -l <"$scratch/$name.lava.results") cases"
}

bad_job()
{
	"$here/fleet/lava/job" "$@" >"$scratch/out" 2>"$scratch/said"
	[ $? -eq 2 ] && [ "$(wc -l <"$scratch/said")" = 1 ] && [ ! -s "$scratch/out" ]
}

check "fleet: job: no kernel" bad_job
check "fleet: job: not an address" bad_job --kernel 7.3
check "fleet: job: unknown device" bad_job --device toaster --kernel file:///k \
	--rootfs file:///r --archive file:///a --definition file:///d.tar

if [ "$(id -u)" != 0 ]; then
	skip "fleet: LAVA runs the job" "lava-run needs root"
	exit $check_failed
fi
installed=$("$here/scripts/build" 2>"$scratch/said") || {
	not_ok "fleet: builds"
	details "$scratch/said"
	exit 1
}
check "fleet: gen_tar" make_archive
check "fleet: the definition" make_definition
check "fleet: a root file system of busybox" \
	make_busybox_rootfs busybox "$(command -v busybox)" ttyS0
check "fleet: arm64: the archive" make_arm64_archive
check "fleet: arm64: a root file system of busybox" \
	make_busybox_rootfs arm64 "$(ARCH=arm64 "$here/vm/fetch" busybox)" ttyAMA0

run_both busybox newest ""
check "fleet: a root file system of Debian" make_debian_rootfs
check_both busybox
check "fleet: busybox: LAVA can address each result by its name" names_are_lavas
if [ -n "$old_kernel" ]; then
	run_both debian "$old_kernel" "$some_tests"
	check_both debian
	check "fleet: debian: tests pass, fail and are skipped there" \
		has_all debian pass fail skip
else
	skip "fleet: debian" "the archive has no 6.18, and no kernel with the same fixes"
fi
run_both arm64 newest "$some_tests"
check_both arm64
exit $check_failed
