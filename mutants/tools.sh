# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# The files of mutants/ and the programs that read them, for whoever asks about them.

# They are named after what they are about; nothing else here is. Those that break
# nothing, config-*, are not among them.
all_mutants()
{
	every_mutant | grep -v '^config-'
}

every_mutant()
{
	(cd "$here/mutants" && find . -type f) |
		sed -nE 's/^\.\/((cgroup|scx|tid|config)-[a-z0-9-]+)$/\1/p' | sort
}

# choose_mutants NAME...: sets mutants; a name may be a pattern
choose_mutants()
{
	local name
	local -a some

	mutants=()
	for name; do
		mapfile -t some < <(every_mutant | while read -r mutant; do
			# shellcheck disable=SC2053 # a pattern
			[[ $mutant != $name ]] || echo "$mutant"
		done)
		[ ${#some[@]} -gt 0 ] ||
			die "no mutant $name; known: $(every_mutant | paste -sd' ')"
		mutants+=("${some[@]}")
	done
	# Two patterns may have some in common.
	mapfile -t mutants < <(printf '%s\n' "${mutants[@]}" | sort -u)
}

# build_tools DIR TREE: DIR/edit and DIR/kills
build_tools()
{
	local flags=(-std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -Ilib -Ireport
		-I"$2/tools/testing/selftests")

	(cd "$here" &&
		gcc "${flags[@]}" mutants/{edit,mutant,source}.c -o "$1/edit" &&
		gcc "${flags[@]}" mutants/kills.c report/{ktap,verdict}.c lib/{fixes,releases}.c -o "$1/kills")
}

# about MUTANT KEY: what the mutant says of itself, in one line; base says nothing
about()
{
	[ "$1" != base ] || return 0
	"$work/edit" show "$2" "$here/mutants/$1" | paste -sd' '
}
