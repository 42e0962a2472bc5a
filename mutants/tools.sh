# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Lists the mutants, and builds and calls the programs that read them.

# The mutants that have a bug: all but config-*.
bug_mutants()
{
	all_mutants | grep -v '^config-'
}

# A mutant is recognised by its name.
all_mutants()
{
	(cd "$here/mutants" && find . -type f) |
		sed -nE 's/^\.\/((cgroup|scx|tid|config)-[a-z0-9-]+)$/\1/p' | sort
}

# choose_mutants NAME...: sets mutants. A name may be a pattern.
choose_mutants()
{
	local name

	for name; do
		[ -n "$(all_mutants | match_names "$name")" ] ||
			die "no mutant $name; mutants/run --list names all"
	done
	# shellcheck disable=SC2034 # for the caller
	mapfile -t mutants < <(all_mutants | match_names "$@")
}

# build_tools DIR TREE: builds DIR/edit and DIR/kills
build_tools()
{
	local flags=(-std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -Ilib -Ireport
		-I"$2/tools/testing/selftests")

	(cd "$here" &&
		gcc "${flags[@]}" mutants/{edit,mutant,description,source}.c -o "$1/edit" &&
		gcc "${flags[@]}" mutants/kills.c report/{ktap,verdict,backports}.c lib/fixes.c -o "$1/kills")
}

# mutant_value MUTANT KEY: the value of a key, in one line; base has none
mutant_value()
{
	[ "$1" != base ] || return 0
	"$work/edit" show "$2" "$here/mutants/$1" | paste -sd' '
}
