# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# What may be typed, in one place for options and variables: NAME is what it is called
# where it was typed, --cpus or CPUS.

# check_number NAME VALUE LOW HIGH
check_number()
{
	if ! [[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
		die "$1 takes a number from $3 to $4, not '$2'"
	fi
}

# More than 255 QEMU's machine cannot have: see vm/qemu.sh.
check_cpus()
{
	check_number "$1" "$2" 1 255
}

# With less than 96 MiB no kernel of Debian's reaches the suite. QEMU cannot have more than
# this machine has.
check_memory()
{
	local most

	most=$(awk '/^(Mem|Swap)Total:/ { kib += $2 } END { print int(kib / 1024) }' /proc/meminfo)
	[[ ! $2 =~ ^[1-9][0-9]{0,17}$ ]] || [ "$2" -le "$most" ] ||
		die "$1 is $2 MiB, and this machine has $most; take less"
	check_number "$1" "$2" 96 "$most"
}

# check_expression NAME VALUE
check_expression()
{
	local status=0

	# It matches nothing, and an expression gives 1 then.
	grep -qE -- "$2" /dev/null 2>/dev/null || status=$?
	[ "$status" = 1 ] || die "$1: '$2' is no regular expression"
}
