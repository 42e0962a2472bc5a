# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# The compiler for another architecture, $arch, and the flags with which it finds the libraries
# of scripts/sysroot. Callers have sourced vm/common.sh and vm/architecture.sh.

# can_link FLAG...: whether the cross compiler links a static program with libelf
can_link()
{
	"${cross}gcc" "$@" -static -w -x c - -o /dev/null "$here/lib/elf_gap.c" -lelf -lz -lzstd \
		2>/dev/null <<-'EOT'
		#include <gelf.h>
		int main(void) { return elf_compress(0, 0, 0); }
	EOT
}

# choose_cross_compiler LLVM: sets cross, for CROSS_COMPILE, and flags, for USERCFLAGS. The
# libraries may be those of another Debian than this machine's; the linker of Debian 12 crashes
# on those of riscv64, lld does not. With a --sysroot clang needs --gcc-toolchain, too.
choose_cross_compiler()
{
	local triplet root lld

	triplet=$(arch_field "$arch" triplet)
	cross=${CROSS_COMPILE:-$triplet-}
	require_tool "${cross}gcc" "gcc-${triplet//_/-}"
	capture_output root "$here/scripts/sysroot" "$arch" || exit
	flags=(--sysroot="$root" -B"$root/usr/lib/$triplet/")
	for lld in "" $(compgen -G '/usr/lib/llvm-*/bin/ld.lld' | sort -Vr); do
		[ -z "$lld" ] || flags=("${flags[@]:0:2}" -B"${lld%/*}/" -fuse-ld=lld)
		can_link "${flags[@]}" && break
	done
	can_link "${flags[@]}" ||
		die "${cross}gcc cannot link with the libraries in $root; apt-get install lld-19"
	[ -z "$1" ] || flags+=(--gcc-toolchain=/usr)
}
