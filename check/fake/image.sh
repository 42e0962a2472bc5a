# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Files that vm/image.sh takes for kernels: see Documentation/arch/x86/boot.rst.

# make_image RELEASE FILE: the four sectors of the setup code, and no kernel behind it
make_image()
{
	{
		head -c 514 /dev/zero
		printf 'HdrS\0\0\0\0\0\0\0\0\100\0'
		head -c 38 /dev/zero
		printf '\1'
		head -c 9 /dev/zero
		printf '%s\0' "$1 (nobody@localhost)"
	} > "$2"
	truncate -s 2560 "$2"
}
