# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Builds clients/hold, which holds exiting tasks with the suite's lib/, static, as a guest has any
# C library. Needs vm/common.sh.

# lib/program.c has the main() of the suite.
hold_sources()
{
	(cd "$here" && ls clients/hold.c lib/*.c) |
		grep -vE '^lib/(scheduler|tid_query|kernel_btf|preloaded|grant|bpf_refusal|elf_gap|program)\.c$'
}

# Sets sources, and hold to the path of the executable.
find_hold_name()
{
	mapfile -t sources < <(hold_sources)
	hold=$cache/clients/hold.$(cd "$here" && cat "${sources[@]}" lib/*.h | sha256sum | cut -c1-12)
}

# find_hold: builds it, unless that was done before
find_hold()
{
	local sources tree

	find_hold_name
	[ ! -x "$hold" ] || return 0
	require_tool gcc gcc
	capture_output tree "$here/scripts/pinned" tree || exit
	(cd "$here" && exec_child gcc -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -Ilib \
		-I"$tree/tools/testing/selftests" -isystem "$tree/tools/include/uapi" -static \
		"${sources[@]}" -o "$work/hold") || die "clients/hold does not build; see above"
	rm -f "$cache"/clients/hold.*
	mv "$work/hold" "$hold" || die "cannot write $hold; make room"
}
