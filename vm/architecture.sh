# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Reads the table vm/architectures. Callers have sourced vm/common.sh.

arch_table=$(dirname "${BASH_SOURCE[0]}")/architectures

# arch_names: Debian's names of all architectures in the table
arch_names()
{
	local field value

	while read -r field value; do
		[ "$field" != name ] || echo "$value"
	done < "$arch_table"
}

# find_arch NAME: prints Debian's name; fails if the table does not have it
find_arch()
{
	local field value name=

	while read -r field value; do
		case $field in
		name)	name=$value
			[ "$value" != "$1" ] || break ;;
		also)	[[ " $value " != *" $1 "* ]] || break ;;
		esac
		[ "$field" != also ] || name=
	done < "$arch_table"
	[ -n "$name" ] && echo "$name"
}

# arch_field ARCH FIELD: ARCH is Debian's name
arch_field()
{
	local field value name=

	while read -r field value; do
		[ "$field" != name ] || name=$value
		if [ "$name" = "$1" ] && [ "$field" = "$2" ]; then
			[ "$value" = - ] || echo "$value"
			return
		fi
	done < "$arch_table"
	die "BUG: vm/architectures has no $2 of $1"
}

# Prints Debian's name of this machine's architecture.
host_arch()
{
	local machine

	machine=$(uname -m)
	find_arch "$machine" ||
		die "this machine is $machine, which vm/architectures does not have; set ARCH= to one of" \
			"$(arch_names | paste -sd' ')"
}

# Sets arch, from the variable ARCH or, if that is empty, from this machine.
choose_arch()
{
	if [ -z "${ARCH:-}" ]; then
		arch=$(host_arch) || exit
	else
		arch=$(find_arch "$ARCH") ||
			die "no architecture $ARCH; known: $(arch_names | paste -sd' ')"
	fi
}

# Whether programs of the architecture run on this machine.
is_host_arch()
{
	[ "$1" = "$(host_arch)" ]
}
