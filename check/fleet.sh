#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# fleet - LAVA runs the suite as fleet/lava tells it to, on root file systems as fleets
# have them, and records of each test what vm/run says on the same kernel: the whole
# suite on a busybox with the newest kernel, where all is to pass, and some of it on a
# Debian with one where tests fail and are skipped.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vm/common.sh
. "$here/vm/common.sh"
# shellcheck source=vm/archive.sh
. "$here/vm/archive.sh"
me=check/fleet

# On 6.18 each of these but the last has a test that fails; that one is skipped.
old_kernel=$(pinned 6.18 2>/dev/null)
some_tests="cgroup_rmdir cgroup_populated scx_exit_order scx_tid_flag"
# A job takes some two minutes without KVM.
job_limit=900

# LAVA ends its QEMU when it is told to.
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
trap clean_up EXIT
exit_on_signals

# --- What a fleet is given ---------------------------------------------------------

# By the kernel tree that the suite is built in: see scripts/build.
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

pack_rootfs()
{
	(cd "$1" && find . | cpio -o -H newc -R 0:0 | gzip -1) >"$2"
}

# As the small ones are that build systems make: every applet in its usual place.
make_busybox_rootfs()
{
	local root=$scratch/busybox

	mkdir -p "$root"/{bin,dev,etc,proc,sbin,sys,tmp,usr/bin,usr/sbin}
	cp "$(command -v busybox)" "$root/bin/busybox"
	chroot "$root" /bin/busybox --install -s
	ln -s bin/busybox "$root/init"
	echo "root::0:0:root:/:/bin/sh" >"$root/etc/passwd"
	cat >"$root/etc/inittab" <<-EOF
		::sysinit:/bin/mount -t proc proc /proc
		::sysinit:/bin/mount -t sysfs sysfs /sys
		::sysinit:/bin/mount -t devtmpfs devtmpfs /dev
		ttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100
	EOF
	pack_rootfs "$root" "$scratch/busybox.cpio.gz"
}

# With systemd, which has cgroups of its own, and a shell in one of them.
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

# --- Who says what -----------------------------------------------------------------

# Both are for the background, where they are to end when this script does.

# run_lava ROOTFS KERNEL TESTS: the log goes to ROOTFS.log
run_lava()
{
	local name=$1 kernel lava=$scratch/$1.lava

	kernel=$("$here/vm/fetch" kernel "$2") || return
	mkdir "$lava"
	echo "dispatcher_ip: 127.0.0.1" >"$lava/dispatcher.yaml"
	"$here/fleet/lava/job" --kernel "file://$kernel" --rootfs "file://$scratch/$name.cpio.gz" \
		--archive "file://$scratch/install/kselftest-packages/kselftest.tar.gz" \
		--definition "file://$scratch/definition.tar" --tests "$3" >"$lava/job.yaml" || return
	exec setpriv --pdeathsig TERM timeout "$job_limit" lava-run \
		--device "$here/fleet/lava/qemu-x86_64/device.yaml" --job-id "$$.$name" \
		--dispatcher "$lava/dispatcher.yaml" --output-dir "$lava" "$lava/job.yaml" \
		>"$scratch/$name.log" 2>&1
}

# run_vm ROOTFS KERNEL TESTS: what is to be compared with that
run_vm()
{
	exec setpriv --pdeathsig TERM "$here/vm/run" --kernel "$2" --tests "$3" \
		--log "$scratch/$1.vm" "$installed" >/dev/null 2>"$scratch/$1.vm.log"
}

# What LAVA records: its log is JSON but for a tag of YAML's here and there.
lava_results()
{
	sed 's/: ! "/: "/g' "$scratch/$1.log" |
		jq -rR 'fromjson? | select(.lvl == "results") | .msg |
			select(.definition == "0_task_exit") | "\(.case) \(.result)"' |
		sort
}

vm_results()
{
	awk '
		function verdict() {
			return /^(# )?not ok/ ? "fail" : /# SKIP/ ? "skip" : "pass"
		}
		/^# selftests: task_exit: / { program = $4 }
		/^# (not )?ok / { print($2 == "not" ? $5 : $4, verdict()) }
		/^(not )?ok / { print program, verdict() }' "$scratch/$1.vm/results.ktap" |
		sort
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

# LAVA's server has addresses of cases by their names.
names_are_lavas()
{
	! grep -vE '^[-_a-zA-Z0-9.()+]+ (pass|fail|skip|unknown)$' "$scratch/busybox.lava.results"
}

# run_both ROOTFS KERNEL TESTS: side by side, as without KVM each keeps one CPU busy
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
	check "fleet: $name: LAVA records of each test what vm/run says" agree "$name"
	echo "# $(wc -l <"$scratch/$name.lava.results") cases"
}

bad_job()
{
	"$here/fleet/lava/job" "$@" >"$scratch/out" 2>"$scratch/said"
	[ $? -eq 2 ] && [ "$(wc -l <"$scratch/said")" = 1 ] && [ ! -s "$scratch/out" ]
}

check "fleet: job: no kernel" bad_job
check "fleet: job: what is no address" bad_job --kernel 7.3
check "fleet: job: unknown device" bad_job --device toaster --kernel file:///k \
	--rootfs file:///r --archive file:///a --definition file:///d.tar

if [ "$(id -u)" != 0 ]; then
	skip "fleet: LAVA runs the job" "lava-run takes root"
	exit $check_failed
fi
installed=$("$here/scripts/build" 2>"$scratch/said") || {
	not_ok "fleet: builds"
	details "$scratch/said"
	exit 1
}
check "fleet: gen_tar" make_archive
check "fleet: the definition" make_definition
check "fleet: a root file system of busybox" make_busybox_rootfs

run_both busybox newest ""
check "fleet: a root file system of Debian" make_debian_rootfs
check_both busybox
check "fleet: busybox: LAVA can show each of them by its name" names_are_lavas
if [ -n "$old_kernel" ]; then
	run_both debian "$old_kernel" "$some_tests"
	check_both debian
	check "fleet: debian: tests pass, fail and are skipped there" \
		has_all debian pass fail skip
else
	skip "fleet: debian" "the archive has no 6.18, and no kernel with the same fixes"
fi
exit $check_failed
