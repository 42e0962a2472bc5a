# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Reads the header of a kernel image: see Documentation/arch/x86/boot.rst for the offsets.

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

# image_number FILE OFFSET BYTES: the value of a header field
image_number()
{
	local number

	number=$(od -An -v "-tu$3" -j "$2" -N "$3" "$1" 2>/dev/null | tr -d ' \n')
	echo "${number:-0}"
}

# The size according to the header, which leaves out a signature after the kernel: the boot
# sector, the setup code (setup_sects, where 0 means 4) and the kernel (syssize, in units of
# 16 bytes).
image_size()
{
	local sectors

	sectors=$(image_number "$1" 0x1f1 1)
	echo $(((${sectors/#0/4} + 1) * 512 + $(image_number "$1" 0x1f4 4) * 16))
}

# The memory that the kernel needs before it can print anything: up to pref_address, plus
# init_size.
image_memory()
{
	echo $(($(image_number "$1" 0x258 8) + $(image_number "$1" 0x260 4)))
}

elf_machine()
{
	case $(image_bytes "$1" 18 2) in
	3e00) echo "x86-64" ;;
	b700) echo "arm64" ;;
	0300) echo "32-bit x86" ;;
	f300) echo "RISC-V" ;;
	*)    echo "unknown machine" ;;
	esac
}

# Describes a file that is not a 64-bit x86 bzImage.
image_describe()
{
	local file=$1

	if [ ! -s "$file" ]; then
		echo "an empty file"
	elif [ "$(image_bytes "$file" 0 4)" = 7f454c46 ]; then
		echo "an ELF file ($(elf_machine "$file")), not arch/x86/boot/bzImage"
	elif [ "$(image_bytes "$file" 0x202 4)" = 48647253 ]; then
		echo "a 32-bit x86 kernel"
	elif [ "$(image_bytes "$file" 56 4)" = 41524d64 ]; then
		echo "an arm64 kernel"
	elif [ "$(image_bytes "$file" 56 4)" = 52534305 ]; then
		echo "a RISC-V kernel"
	elif [ "$(image_bytes "$file" 4 4)" = 7a696d67 ]; then
		echo "an EFI zboot kernel (arm64, RISC-V or LoongArch)"
	elif [ "$(image_bytes "$file" 0 2)" = 1f8b ]; then
		echo "a gzip file"
	elif [ -z "$(head -c 512 "$file" | tr -d '[:print:][:space:]' | tr '\0' 0)" ]; then
		echo "a text file"
	else
		echo "not a kernel image"
	fi
}

# The kernel's release, as uname -r prints it.
image_release()
{
	local at

	at=$(image_bytes "$1" 0x20e 2)
	at=$(( 0x${at:2:2}${at:0:2} + 0x200 ))
	dd if="$1" iflag=skip_bytes skip="$at" bs=128 count=1 2>/dev/null | tr '\0' '\n' |
		awk 'NR == 1 { print $1 }'
}

image_require()
{
	local file=$1

	if [ -d "$file" ]; then
		die "$file is a directory; give a bzImage, such as TREE/arch/x86/boot/bzImage"
	elif [ ! -e "$file" ]; then
		die "$file does not exist; give a bzImage or a version such as 7.3 (vm/fetch list)"
	elif [ ! -r "$file" ]; then
		die "$file cannot be read; check its permissions"
	elif ! image_is_bzimage64 "$file"; then
		die "$file is $(image_describe "$file"); give a 64-bit x86 bzImage"
	elif [ "$(stat -L -c %s "$file")" -lt "$(image_size "$file")" ]; then
		die "$file is truncated: it has $(stat -L -c %s "$file") bytes of $(image_size "$file");" \
			"give the whole bzImage"
	fi
}
