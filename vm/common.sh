# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# What every command in vm/ shares: how to speak, where to keep things.

me=vm/${0##*/}

note()
{
	printf '%s: %s\n' "$me" "$*" >&2
}

die()
{
	note "$*"
	exit 2
}

# The package is Debian's name: the reader is told what to install, not only
# what is missing.
need()
{
	local tool=$1 package=$2

	command -v "$tool" >/dev/null ||
		die "$tool is missing; apt-get install $package"
}

cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/task_exit

make_cache()
{
	{ mkdir -p "$cache/$1" 2>/dev/null && [ -w "$cache/$1" ]; } ||
		die "cannot write to $cache/$1; make room or set XDG_CACHE_HOME"
}

# Exiting from the handlers runs the EXIT trap, so that there is one clean-up
# for every way out; the numbers are what a shell reports for these signals.
exit_on_signals()
{
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}
