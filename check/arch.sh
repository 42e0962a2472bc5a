#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks the table vm/architectures and what depends on it: how ARCH= is taken, images of other
# architectures, QEMU's options, KVM; then boots arm64 once, with real tests.

# shellcheck source-path=SCRIPTDIR disable=SC2030,SC2031,SC2034,SC2317

set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/check/fake/report.sh"
. "$root/check/fake/suite.sh"
. "$root/vm/common.sh"
. "$root/vm/architecture.sh"
. "$root/vm/image.sh"
. "$root/vm/qemu.sh"

clean_up()
{
	rm -rf "$tmp"
}
make_tmp
vm=$root/vm/run

# --- The table ----------------------------------------------------------------

# The fields that the comment explains.
documented_fields()
{
	sed -n 's/^#\t\([a-z]*\)\t.*/\1/p' "$root/vm/architectures"
}

has_all_fields()
{
	is "$(awk -v name="$1" '
		/^name/ { found = $2 == name }
		found && NF > 1 { print $1 }' "$root/vm/architectures")" "$(documented_fields)"
}

values_are_plausible()
{
	local qemu console

	read -r qemu _ <<< "$(arch_field "$1" qemu)"
	read -r console _ <<< "$(arch_field "$1" console)"
	[[ $(arch_field "$1" triplet) == *-linux-gnu && $qemu == qemu-system-* ]] &&
		[[ $(arch_field "$1" bpf) == bpfe[lb] && $(arch_field "$1" elf) =~ ^[0-9a-f]{4}$ ]] &&
		[[ $(arch_field "$1" threads) =~ ^(single|multi)$ ]] &&
		[[ $(arch_field "$1" image) =~ ^(bzimage|s390|elf|pe:[0-9a-f]{8})$ ]] &&
		[[ $console != "$(arch_field "$1" results | cut -d' ' -f1)" ]]
}

# finds NAME...: each is the architecture $1
finds()
{
	local name

	for name; do
		is "$(find_arch "$name")" "$1" || return
	done
}

check_table()
{
	local name

	for name in $(arch_names); do
		check "table: $name has all fields" has_all_fields "$name"
		check "table: $name has plausible values" values_are_plausible "$name"
		# shellcheck disable=SC2046 # lists of names
		check "table: ARCH= takes all names of $name" finds "$name" \
			$(arch_field "$name" also) "$(arch_field "$name" kernel)" "$(arch_field "$name" uname)"
	done
	check "table: no name stands for two architectures" is \
		"$(awk '/^(name|also)/ { for (i = 2; i <= NF; i++) print $i }' "$root/vm/architectures" |
			sort | uniq -d)" ""
	check "table: this machine is in it" host_arch
	check "table: x86-64 has one thread" is "$(arch_field amd64 threads)" single
}

check_usage()
{
	local words="no architecture 486; known: amd64 arm64 s390x riscv64 ppc64el loong64$" command

	for command in "vm/fetch list" "vm/run $tmp" "scripts/vmtest" "scripts/report verdict"; do
		# shellcheck disable=SC2086 # a command and its argument
		run env ARCH=486 "$root/"$command
		check "ARCH=486 ${command%% *}: refused in one line" refused "$words"
	done
	run "$vm" --arch 486 "$tmp"
	check "--arch 486: refused in one line" refused "$words"
	run "$vm" --arch s390x --accel kvm "$tmp/foreign"
	check "--accel kvm for a foreign guest: refused in one line" \
		refused "this machine is $(host_arch), KVM runs no s390x guests; use --accel tcg$"
}

# --- Images and programs of other architectures ---------------------------------

# make_pe_image MAGIC FILE: an EFI image with one section of 512 bytes at 1024
make_pe_image()
{
	{
		head -c 16 /dev/zero
		printf '\0\0\0\4\0\0\0\0'
		head -c 32 /dev/zero
		printf '%b\100\0\0\0PE\0\0\0\0\1\0' "$1"
		head -c 12 /dev/zero
		printf '\0\0\0\0'
		head -c 16 /dev/zero
		printf '\0\2\0\0\0\4\0\0'
		head -c 900 /dev/zero
		printf '\0Linux version 9.8.7-test (nobody) '
	} > "$2"
	truncate -s 1536 "$2"
}

# elf_header E_MACHINE: the beginning of a 64-bit ELF file
elf_header()
{
	printf '\177ELF\2\1\1'
	head -c 11 /dev/zero
	printf '%b' "$1"
	head -c 100 /dev/zero
}

# of_image ARCH FUNCTION...
of_image()
{
	local arch=$1
	shift
	"$@"
}

check_images()
{
	local image=$tmp/Image

	make_pe_image 'ARM\144' "$image"
	check "image: arm64 is recognized" is "$(image_arch "$image")" arm64
	check "image: its release" is "$(of_image arm64 image_release "$image")" 9.8.7-test
	check "image: the memory that it needs" is "$(of_image arm64 image_memory "$image")" 67108864
	check "image: its size" is "$(of_image arm64 image_size "$image")" 1536
	run env ARCH=arm64 "$root/vm/fetch" kernel "$image"
	check "image: taken with ARCH=arm64" is "$(cat "$tmp/out")" "$image"
	run env ARCH=amd64 "$root/vm/fetch" kernel "$image"
	check "image: refused for another architecture, and which one it is" \
		refused "is a kernel for arm64; give one for amd64, .*, or set ARCH=arm64$"
	truncate -s 1500 "$image"
	run env ARCH=arm64 "$root/vm/fetch" kernel "$image"
	check "image: truncated" refused "is truncated: it has 1500 bytes of 1536; give the whole"
	printf '\0\0\0\0zimg' | dd of="$image" conv=notrunc status=none
	run env ARCH=arm64 "$root/vm/fetch" kernel "$image"
	check "image: EFI zboot: refused, and what to give" \
		refused "is an EFI zboot kernel .*; give one for arm64, such as TREE/arch/arm64/boot/Image$"
	elf_header '\0\26' > "$tmp/program"
	check "program: s390x is recognized" is "$(elf_arch "$tmp/program")" s390x
	elf_header '\xff\xff' > "$tmp/program"
	check "program: an unknown machine is none" fails elf_arch "$tmp/program"
}

# A suite with one program, for s390x, whose tests this machine cannot list.
make_foreign_suite()
{
	fake_suite "$tmp/foreign" pass || return
	{
		elf_header '\0\26'
		printf '\0# FIXTURE\0the_test\0'
	} > "$tmp/foreign/fake/pass"
}

check_programs()
{
	run env ARCH=arm64 "$vm" "$tmp/foreign"
	check "suite of another architecture: refused in one line" \
		refused "was built for s390x, not for arm64; set ARCH=s390x$"
	run env ARCH=s390x "$vm" --tests pass.no_test "$tmp/foreign"
	check "foreign program: a test that it does not have" refused "no test no_test in pass$"
	run env ARCH=s390x "$vm" --tests pass.some.the_test "$tmp/foreign"
	check "foreign program: a variant cannot be selected" refused "cannot select the variant"
}

# --- QEMU's options ---------------------------------------------------------------

# fake_boot ARCH VERSION ARGUMENT...: with a QEMU that refuses the machine; $tmp/boots has its
# arguments
fake_boot()
{
	local arch=$1 version=$2
	shift 2

	: > "$tmp/boots"
	run env PATH="$tmp/bin:$PATH" FAKE_QEMU=refuse FAKE_VERSION="$version" FAKE_BOOTS="$tmp/boots" \
		"$vm" --arch "$arch" --accel tcg "$@" "$tmp/plain"
}

# booted_with ERE
booted_with()
{
	grep -qE -e "$1" "$tmp/boots" || { cat "$tmp/boots" "$tmp/err"; return 1; }
}

# Nothing is fetched: the newest kernels may not be in the cache.
check_options()
{
	local name qemu

	mkdir "$tmp/bin"
	fake_suite "$tmp/plain" pass
	make_pe_image 'ARM\144' "$tmp/Image"
	make_pe_image 'RSC\5' "$tmp/riscv"
	for name in arm64 riscv64 amd64; do
		read -r qemu _ <<< "$(arch_field "$name" qemu)"
		ln -s "$root/check/fake/qemu" "$tmp/bin/$qemu"
	done
	fake_boot arm64 11.0.1 --kernel "$tmp/Image" --cpus 4
	check "arm64, QEMU 11: a thread for each CPU" \
		booted_with '-M virt -accel tcg,thread=multi -cpu max -smp 4 -m 512'
	check "arm64: consoles" booted_with \
		'-append console=ttyAMA0 earlycon panic=-1 .*-device virtconsole,chardev=results'
	check "arm64: QEMU's reason, without its name" \
		err_has ": QEMU cannot start this machine: Invalid SMP"
	fake_boot riscv64 11.0.1 --kernel "$tmp/riscv"
	check "riscv64: one thread" booted_with '-M virt -accel tcg,thread=single -cpu rv64 '
	if [ "$(host_arch)" != amd64 ]; then
		skip "x86-64: the options" "this machine is $(host_arch)"
		return
	fi
	fake_boot amd64 11.0.1 --kernel newest
	check "x86-64: the options have not changed" booted_with \
		"^boot -nodefaults -no-user-config -display none -no-reboot -M pc -accel tcg,thread=single -cpu max,-cx16 -smp 2 -m 512 -kernel [^ ]*/bzImage -initrd [^ ]* -append console=ttyS0 earlyprintk=ttyS0,115200 no_timer_check panic=-1 slab_debug=F,kmalloc-cg-\*  -chardev file,id=console,path=[^ ]*,append=on -serial chardev:console -chardev stdio,id=results,signal=off -serial chardev:results$"
}

# An old QEMU, and no archive that has a newer one.
check_old_qemu()
{
	local nowhere=http://127.0.0.1:9

	mkdir -p "$tmp/cache/task_exit/busybox/arm64_1"
	cp "$(command -v busybox)" "$tmp/cache/task_exit/busybox/arm64_1/busybox"
	XDG_CACHE_HOME=$tmp/cache http_proxy=$nowhere https_proxy=$nowhere \
		fake_boot arm64 7.2.22 --kernel "$tmp/Image"
	check "arm64, QEMU 7.2, no newer one: one thread" booted_with 'tcg,thread=single'
	check "arm64, QEMU 7.2, no newer one: one line says so, and why" err_has \
		"^vm/run: the guest's CPUs take turns: QEMU is older than 11; no newer qemu-system-aarch64: .*"
}

# --- KVM ------------------------------------------------------------------------------

# kvm_answer ARCH: what kvm_works prints if the cache says that KVM works
kvm_answer()
(
	arch=$1 cache=$tmp/kvm-cache
	qemu=$(arch_field "$arch" qemu | cut -d' ' -f1)
	mkdir -p "$cache"
	save_kvm_works yes
	kvm_works
)

# options_with ARCH ACCEL THREADS
options_with()
(
	arch=$1 threads=$3
	accel_options "$2"
)

check_kvm()
{
	check "KVM: no foreign guests" is "$(kvm_answer s390x)" no
	if [ -w /dev/kvm ]; then
		check "KVM: the answer of the cache for native guests" is "$(kvm_answer "$(host_arch)")" yes
	else
		skip "KVM: the answer of the cache for native guests" "no /dev/kvm"
	fi
	check "KVM: the options" is "$(options_with arm64 kvm multi)" "-accel kvm -cpu host"
	check "TCG: the options of arm64" is "$(options_with arm64 tcg multi)" \
		"-accel tcg,thread=multi -cpu max"
}

# kvm_boot ARGUMENT...: on this machine, with a KVM that fails, and a cache that does not know it
kvm_boot()
{
	: > "$tmp/boots"
	run env PATH="$tmp/bin:$PATH" XDG_CACHE_HOME="$tmp/kvm" FAKE_QEMU=kvm FAKE_BOOTS="$tmp/boots" \
		"$vm" --kernel "$image" "$@" "$tmp/plain"
}

# Without a machine on which KVM works, only its failure can be checked.
check_kvm_failure()
{
	local image

	if [ "$(host_arch)" != amd64 ]; then
		skip "KVM fails" "this machine is $(host_arch)"
		return
	fi
	image=$("$root/vm/fetch" kernel newest)
	kvm_boot --accel kvm
	check "KVM fails, --accel kvm: exit 3" is "$status" 3
	check "KVM fails, --accel kvm: one line says so" \
		err_has "did not reach the suite: KVM internal error"
	check "KVM fails, --accel kvm: never TCG" fails booted_with "accel tcg"
	if [ -w /dev/kvm ]; then
		kvm_boot
		check "KVM fails: one line says so, and TCG is used" \
			err_has "KVM cannot run this kernel here \(KVM internal error\); using TCG$"
		check "KVM fails: ... in the same run" booted_with "accel tcg,thread=single"
	else
		skip "KVM fails: TCG is used" "no /dev/kvm"
	fi
}

# --- A boot ------------------------------------------------------------------------------

# One test without BPF, one with a scheduler, one with the tree's scx_qmap.
check_boot()
{
	local installed

	export ARCH=arm64
	if ! "$root/scripts/install-deps" build vm > "$tmp/err" 2>&1 ||
			! installed=$("$root/scripts/build" 2> "$tmp/err"); then
		not_ok "arm64: builds"
		details "$tmp/err"
		return
	fi
	run "$vm" --kernel 7.3 --tests "cgroup_rmdir scx_exit_order scx_tid_table" --log "$tmp/log" \
		"$installed"
	check "arm64: three programs pass on 7.3" is "$status" 0
	check "arm64: ... with a thread for each CPU" fails err_has "take turns"
	check "arm64: ... on that architecture" err_has "passed: 3 of 3 programs; .*arm64, tcg"
}

check_table
make_foreign_suite
check_usage
check_images
check_programs
check_options
check_old_qemu
check_kvm
check_kvm_failure
check_boot
exit $check_failed
