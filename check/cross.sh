#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# cross - builds the suite in a kernel tree for other architectures, with ARCH, CROSS_COMPILE,
# LLVM and O as kselftest documents them: no warning, the right machine and byte order, every
# program. Boots nothing: see check/arch.sh.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vm/common.sh
. "$here/vm/common.sh"
# shellcheck source=vm/architecture.sh
. "$here/vm/architecture.sh"
# shellcheck source=vm/image.sh
. "$here/vm/image.sh"
# shellcheck source=scripts/cross.sh
. "$here/scripts/cross.sh"
make_scratch

tree=$scratch/tree
architectures="arm64 s390x riscv64"
make_tree "$("$here/vm/fetch" tree 2>/dev/null)" "$tree"
"$here/scripts/install-tree" "$tree" >/dev/null
# kselftest exports it to all that it builds.
unset ARCH CROSS_COMPILE BPFTOOL

# prepare ARCH: sets arch, btf, cross and flags; or fails, with the reason in $scratch/why
prepare()
{
	arch=$1
	cross='' flags=()
	ARCH=$arch "$here/scripts/install-deps" build 2>"$scratch/why" &&
		btf=$(ARCH=$arch "$here/vm/fetch" btf newest 2>"$scratch/why") &&
		(choose_cross_compiler "") 2>"$scratch/why" && choose_cross_compiler ""
}

# Prints the programs that can be built: those with a scheduler take the types of sched_ext.
programs()
{
	local file name

	for file in "$here"/{cgroup,sched_ext}/*.c; do
		name=${file##*/}
		name=${name%.c}
		case $file in
		*.bpf.c) continue ;;
		*/sched_ext/*)
			if [ -e "${file%.c}.bpf.c" ] && grep -aqw sched_ext_ops "$btf"; then
				echo "scx_$name"
			fi ;;
		*)	echo "cgroup_$name" ;;
		esac
	done
}

# build NAME VARIABLE=VALUE...: without a warning, not even one that make prints
build()
{
	local out=$scratch/$1
	shift

	mkdir "$out"
	grep -aqw sched_ext_ops "$btf" || set -- SCHED_EXT=0 "$@"
	in_tree "$tree" -j"$(nproc)" O="$out" ARCH="$(arch_field "$arch" kernel)" VMLINUX_BTF="$btf" \
		FORCE_TARGETS=1 "$@" all 2>&1 | tee "$scratch/log"
	[ "${PIPESTATUS[0]}" = 0 ] || return 1
	! grep -i 'warning' "$scratch/log"
}

# The number of the machine in each program, and that it needs no library.
programs_are_right()
{
	local dir=$scratch/$1/kselftest/task_exit program

	for program in $(programs); do
		[ -x "$dir/$program" ] || { echo "no $program"; return 1; }
		[ "$(elf_arch "$dir/$program")" = "$arch" ] || { file "$dir/$program"; return 1; }
	done
	[ "$(elf_arch "$dir/obj/libbpf/staticobjs/libbpf.o")" = "$arch" ] &&
		! readelf -l "$dir/task_exit" | grep INTERP
}

# bpf_order FILE: bpfel or bpfeb, from the sixth byte of the ELF file
bpf_order()
{
	case $(od -An -tu1 -j5 -N1 "$1") in
	*1)	echo bpfel ;;
	*2)	echo bpfeb ;;
	esac
}

bpf_is_right()
{
	local object count=0

	while read -r object; do
		[ "$(bpf_order "$object")" = "$(arch_field "$arch" bpf)" ] ||
			{ echo "$object"; return 1; }
		count=$((count + 1))
	done < <(find "$scratch/$1" -name '*.bpf.o' -o -name '*.linked.o')
	[ "$count" -ge 8 ]
}

# bpftool runs here, so only one build has to make it.
bpftool_is_for_this_machine()
{
	BPFTOOL=$scratch/$1/kselftest/task_exit/obj/bpftool/bootstrap/bpftool
	[ "$(elf_arch "$BPFTOOL")" = "$(host_arch)" ] && export BPFTOOL
}

check_results()
{
	check "cross: $2: every program, static, for $arch" programs_are_right "$1"
	check "cross: $2: BPF in the byte order of $arch" bpf_is_right "$1"
}

# The types of this machine's kernel are wrong for another.
refuses_own_types()
{
	! in_tree "$tree" O="$scratch/own" ARCH="$(arch_field "$arch" kernel)" CROSS_COMPILE="$cross" \
		USERCFLAGS="${flags[*]}" FORCE_TARGETS=1 all >"$scratch/log" 2>&1 &&
		grep 'cannot build the tests that load BPF: no BTF' "$scratch/log" &&
		! grep -E '/sys/kernel/btf|/boot/vmlinux' "$scratch/log"
}

needs_a_compiler()
{
	ran 2 env CROSS_COMPILE=no-such- "$here/scripts/build" ARCH=arm64 &&
		err_has '^scripts/build: no-such-gcc is missing; apt-get install gcc-aarch64-linux-gnu$'
}

for arch in $architectures; do
	if is_host_arch "$arch"; then
		skip "cross: $arch" "this machine is one"
		continue
	elif ! prepare "$arch"; then
		skip "cross: $arch" "$(tail -n 1 "$scratch/why")"
		continue
	fi
	check "cross: $arch: all, with gcc and -Werror" build "$arch" CROSS_COMPILE="$cross" \
		USERCFLAGS="-Werror ${flags[*]}"
	check_results "$arch" "$arch"
	[ -n "${BPFTOOL:-}" ] ||
		check "cross: bpftool is for this machine" bpftool_is_for_this_machine "$arch"
	[ "$arch" = arm64 ] || continue
	check "cross: $arch: without VMLINUX_BTF: not the types of this machine" refuses_own_types
	check "cross: $arch: no compiler: one line names the package" needs_a_compiler
	choose_cross_compiler -19
	check "cross: $arch: all, with LLVM=-19 and -Werror, without CROSS_COMPILE" \
		build "$arch.clang" LLVM=-19 USERCFLAGS="-Werror ${flags[*]}"
	check_results "$arch.clang" "$arch with clang"
done
exit $check_failed
