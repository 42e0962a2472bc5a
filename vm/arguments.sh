# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Validates options and variables. NAME is the option or the variable, such as --cpus or
# CPUS. A bad value is fatal.

# check_number NAME VALUE LOW HIGH
check_number()
{
	if ! [[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
		die "$1 takes a number from $3 to $4, not '$2'"
	fi
}

# QEMU's machine "pc" has at most 255 CPUs: see vm/qemu.sh.
check_cpus()
{
	check_number "$1" "$2" 1 255
}

# No Debian kernel reaches the suite with less than 96 MiB. QEMU cannot have more memory
# than the host.
check_memory()
{
	local most

	most=$(awk '/^(Mem|Swap)Total:/ { kib += $2 } END { print int(kib / 1024) }' /proc/meminfo)
	[[ ! $2 =~ ^[1-9][0-9]{0,17}$ ]] || [ "$2" -le "$most" ] ||
		die "$1 is $2 MiB, but this machine has $most MiB; use less"
	check_number "$1" "$2" 96 "$most"
}

# check_expression NAME VALUE
check_expression()
{
	local status=0

	# The status is 1 for a valid expression, which matches nothing, and 2 for an invalid one.
	grep -qE -- "$2" /dev/null 2>/dev/null || status=$?
	[ "$status" = 1 ] || die "$1: '$2' is not a regular expression"
}
