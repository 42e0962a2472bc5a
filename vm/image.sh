# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Reads the header of a kernel image, which has to be of the architecture in $arch. For the
# offsets see Documentation/arch/x86/boot.rst, arch/arm64/booting.rst and
# arch/riscv/boot-image-header.rst; arch/s390/include/asm/setup.h has struct parmarea.

# image_bytes FILE OFFSET COUNT: as hex without blanks
image_bytes()
{
	od -An -v -tx1 -j "$2" -N "$3" "$1" 2>/dev/null | tr -d ' \n'
}

image_is_bzimage64()
{
	local flags

	[ "$(image_bytes "$1" 0x202 4)" = 48647253 ] || return	# "HdrS"
	flags=$(image_bytes "$1" 0x236 1)
	(( 0x${flags:-0} & 1 ))
}

# image_number FILE OFFSET BYTES [ENDIAN]: the value of a header field
image_number()
{
	local number

	number=$(od -An -v "-tu$3" "--endian=${4:-little}" -j "$2" -N "$3" "$1" 2>/dev/null | tr -d ' \n')
	echo "${number:-0}"
}

# The size of the file according to its header, or 0 if that does not have it.
image_size()
{
	case $(arch_field "$arch" image) in
	bzimage)	bzimage_size "$1" ;;
	elf)		elf_size "$1" ;;
	pe:*)		pe_size "$1" ;;
	*)		echo 0 ;;
	esac
}

# Leaves out a signature after the kernel: the boot sector, the setup code (setup_sects, where 0
# means 4) and the kernel (syssize, in units of 16 bytes).
bzimage_size()
{
	local sectors

	sectors=$(image_number "$1" 0x1f1 1)
	echo $(((${sectors/#0/4} + 1) * 512 + $(image_number "$1" 0x1f4 4) * 16))
}

# Up to the end of the table of sections, which is the last part of a vmlinux.
elf_size()
{
	echo $(($(image_number "$1" 40 8) + $(image_number "$1" 58 2) * $(image_number "$1" 60 2)))
}

# An image with an EFI stub is also a PE file: up to the end of its last section.
pe_size()
{
	local at sections

	at=$(image_number "$1" 60 4)
	[ "$(image_bytes "$1" "$at" 4)" = 50450000 ] || { echo 0; return; }	# "PE"
	sections=$(image_number "$1" $((at + 6)) 2)
	at=$((at + 24 + $(image_number "$1" $((at + 20)) 2) + 40 * (sections - 1)))
	echo $(($(image_number "$1" $((at + 16)) 4) + $(image_number "$1" $((at + 20)) 4)))
}

# The memory that the kernel needs before it can print anything, or 0 if that is not known.
# x86: up to pref_address, plus init_size. Formats with a magic at 56 have image_size at 16.
image_memory()
{
	case $(arch_field "$arch" image) in
	bzimage)	echo $(($(image_number "$1" 0x258 8) + $(image_number "$1" 0x260 4))) ;;
	pe:*)		image_number "$1" 16 8 ;;
	*)		echo 0 ;;
	esac
}

image_is_zboot()
{
	[ "$(image_bytes "$1" 4 4)" = 7a696d67 ]
}

# The command that unpacks an EFI zboot image: see drivers/firmware/efi/libstub/zboot-header.S
image_zboot_tool()
{
	dd if="$1" iflag=skip_bytes,count_bytes skip=24 count=8 status=none | tr -d '\0'
}

# image_is FORMAT FILE: FORMAT is a field of vm/architectures
image_is()
{
	case $1 in
	bzimage)	image_is_bzimage64 "$2" ;;
	pe:*)		[ "$(image_bytes "$2" 56 4)" = "${1#*:}" ] && ! image_is_zboot "$2" ;;
	s390)		[ "$(image_bytes "$2" 0x10008 6)" = 533339304550 ] ;;	# "S390EP"
	*)		return 1 ;;
	esac
}

# elf_arch FILE: prints the architecture of an ELF file; fails if the table does not have it
elf_arch()
{
	local name machine

	[ "$(image_bytes "$1" 0 5)" = 7f454c4602 ] || return
	machine=$(image_bytes "$1" 18 2)
	for name in $(arch_names); do
		[ "$machine" != "$(arch_field "$name" elf)" ] || { echo "$name"; return; }
	done
	return 1
}

# Whether QEMU can start the file as a kernel of $arch.
image_is_of_arch()
{
	local format

	format=$(arch_field "$arch" image)
	if [ "$format" = elf ]; then
		[ "$(elf_arch "$1")" = "$arch" ]
	else
		image_is "$format" "$1"
	fi
}

# image_arch FILE: prints the architecture of a kernel image; fails if it is of none
image_arch()
{
	local arch

	for arch in $(arch_names); do
		image_is_of_arch "$1" && echo "$arch" && return
	done
	return 1
}

elf_machine()
{
	case $(image_bytes "$1" 18 2) in
	0300) echo "32-bit x86" ;;
	*)    elf_arch "$1" || echo "unknown machine" ;;
	esac
}

# Describes a file that is not a kernel image of $arch.
image_describe()
{
	local file=$1 other

	if [ ! -s "$file" ]; then
		echo "an empty file"
	elif other=$(image_arch "$file"); then
		echo "a kernel for $other"
	elif [ "$(image_bytes "$file" 0 4)" = 7f454c46 ]; then
		echo "an ELF file ($(elf_machine "$file")), not $(arch_field "$arch" boot)"
	elif [ "$(image_bytes "$file" 0x202 4)" = 48647253 ]; then
		echo "a 32-bit x86 kernel"
	elif image_is_zboot "$file"; then
		echo "an EFI zboot kernel (arm64, RISC-V or LoongArch)"
	elif [ "$(image_bytes "$file" 0 2)" = 1f8b ]; then
		echo "a gzip file"
	elif [ -z "$(head -c 512 "$file" | tr -d '[:print:][:space:]' | tr '\0' 0)" ]; then
		echo "a text file"
	else
		echo "not a kernel image"
	fi
}

# The kernel's release, as uname -r prints it; of any architecture.
image_release()
{
	if image_is bzimage "$1"; then
		image_word "$1" $(($(image_number "$1" 0x20e 2) + 0x200))
	elif image_is s390 "$1"; then
		image_word "$1" "$(image_number "$1" 0x10428 8 big)"
	else
		grep -a -m 1 -o 'Linux version [0-9][^ ]*' "$1" | sed -n '1s/.* //p'
	fi
}

# image_word FILE OFFSET: up to a blank
image_word()
{
	dd if="$1" iflag=skip_bytes skip="$2" bs=128 count=1 2>/dev/null | tr '\0' '\n' |
		awk 'NR == 1 { print $1 }'
}

image_advice()
{
	local other wanted

	wanted="give one for $arch, such as TREE/$(arch_field "$arch" boot)"
	if other=$(image_arch "$1"); then
		echo "$wanted, or set ARCH=$other"
	else
		echo "$wanted"
	fi
}

image_require()
{
	local file=$1

	if [ -d "$file" ]; then
		die "$file is a directory; give a kernel image, such as TREE/$(arch_field "$arch" boot)"
	elif [ ! -e "$file" ]; then
		die "$file does not exist; give a kernel image or a version such as 7.3 (vm/fetch list)"
	elif [ ! -r "$file" ]; then
		die "$file cannot be read; check its permissions"
	elif ! image_is_of_arch "$file"; then
		die "$file is $(image_describe "$file"); $(image_advice "$file")"
	elif [ "$(stat -L -c %s "$file")" -lt "$(image_size "$file")" ]; then
		die "$file is truncated: it has $(stat -L -c %s "$file") bytes of $(image_size "$file");" \
			"give the whole image"
	fi
}
