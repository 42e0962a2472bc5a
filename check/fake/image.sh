# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Fake kernel images that vm/image.sh accepts: see Documentation/arch/x86/boot.rst.

# make_image RELEASE FILE: four sectors of setup code, without a kernel
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
