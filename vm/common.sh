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

# is_terminal FD: one where a line can be written again
is_terminal()
{
	[ -t "$1" ] && [ "${TERM:-dumb}" != dumb ]
}

# help_if_asked ARGUMENT...: of a script whose help is the comment at its beginning
help_if_asked()
{
	case " $* " in
	*" -h "* | *" --help "*)
		sed -n '1,3d; /^#/!q; s/^# \{0,1\}//p' "$0"
		exit 0 ;;
	esac
}

# The package is Debian's name: the reader is told what to install, not only
# what is missing.
need()
{
	local tool=$1 package=$2

	command -v "$tool" >/dev/null ||
		die "$tool is missing; apt-get install $package"
}

# The XDG Base Directory Specification has relative paths ignored.
case ${XDG_CACHE_HOME:-} in
/*)	cache=$XDG_CACHE_HOME/task_exit ;;
*)	cache=${HOME:-/root}/.cache/task_exit ;;
esac

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

# Ends what runs in the background, and what that has started: first who would go on
# with something else when that has ended.
stop_jobs()
{
	local pid children

	for pid in $(jobs -p); do
		children=$(pgrep -P "$pid")
		# shellcheck disable=SC2086 # process numbers
		kill "$pid" $children
	done 2>/dev/null
	wait
}

# last_words FILE: the last thing that a command said, without its name
last_words()
{
	tail -n 1 "$1" | sed 's/^vm\/[a-z]*: //'
}

# suite_sum INSTALL_DIR: changes with whatever is installed there
suite_sum()
{
	(cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) |
		sha256sum | cut -d' ' -f1
}

# Sets work to a new directory, locked for as long as its owner or a child that
# writes there lives: what a killed run left can be told from what is in use.
# The directory can vanish before it is locked, if another run sweeps just then.
make_locked_dir()
{
	local pattern=$1 dir

	for dir in "$pattern".??????; do
		[ ! -O "$dir" ] || flock -n "$dir" rm -rf "$dir" || true
	done
	for _ in 1 2 3; do
		work=$(mktemp -d "$pattern.XXXXXX" 2>/dev/null) &&
			exec {work_lock}< "$work" &&
			flock -n "$work_lock" && [ -d "$work" ] && return
	done
	die "cannot write to ${pattern%/*}; make room or choose another place (TMPDIR, XDG_CACHE_HOME)"
}
