# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# What every command in vm/ shares: how to speak, where to keep things.

me=vm/${0##*/}

# What tools say is read, and sorted, and compared: it is the same for everybody.
export LC_ALL=C

# The next file to be opened would have the number of a descriptor that is closed, and
# get what is meant for that. This way it still cannot be written to.
[ -e /proc/self/fd/0 ] || exec 0< /dev/null
[ -e /proc/self/fd/1 ] || exec 1< /dev/null
[ -e /proc/self/fd/2 ] || exec 2< /dev/null

# Nobody may be listening, and that is no failure.
note()
{
	printf '%s: %s\n' "$me" "$*" >&2 2>/dev/null || true
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

# cannot_write WHAT DESCRIPTOR: ends this, with the reason; a newline tells it
die_cannot_write()
{
	local why

	{ why=$({ echo >&3; } 2>&1) || true; } 3>&"$2"
	die "cannot write $1${why:+: ${why##*: }}"
}

# print_line TEXT: on standard output. An answer that nobody gets is none.
print_line()
{
	printf '%s\n' "$1" 2>/dev/null || die_cannot_write "standard output" 1
}

# The package is Debian's name: the reader is told what to install, not only
# what is missing.
require_tool()
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

# --- What a script starts -----------------------------------------------------
# All of it ends with the script, however that ends: on a signal stop_children tells
# it and waits; when the script is killed the kernel tells it.

# exec_child COMMAND...: in the place of a subshell, as in: exec_child sleep 9 &
exec_child()
{
	exec setpriv --pdeathsig TERM "$@"
}

# run_child COMMAND...: runs it, in the background: bash acts on a signal only when what
# runs in the foreground has ended.
run_child()
{
	local status=0

	exec_child "$@" &
	child=$!
	# The shell would tell of one that is killed; the caller does.
	wait "$child" 2>/dev/null || status=$?
	child=
	return $status
}

# capture_output VARIABLE COMMAND...: the same, and sets VARIABLE to what it prints
capture_output()
{
	local captured_from captured status=0

	exec {captured_from}< <(exec_child "${@:2}" < /dev/null)
	child=$!
	IFS= read -r -d '' -u "$captured_from" captured || true
	exec {captured_from}<&-
	wait "$child" 2>/dev/null || status=$?
	child=
	printf -v "$1" %s "${captured%$'\n'}"
	return $status
}

# capture_and_log VARIABLE FILE UNTOLD COMMAND...: the same; what it says is told at once, but for the
# lines that match UNTOLD, and kept in FILE
capture_and_log()
{
	local status=0 words teller

	exec {words}> >(tee "$2" | sed -u "${3:+/$3/d}" >&2)
	teller=$!
	capture_output "$1" "${@:4}" 2>&"$words" || status=$?
	exec {words}>&-
	wait "$teller"
	return $status
}

# Told twice, make would leave half a file behind; so that is for what did not hear it.
stop_children()
{
	local signal=TERM step children

	for ((step = 0; step < 150; step++)); do
		children="${child:-} $(jobs -rp)"
		[ "$step" -lt 100 ] || signal=KILL
		# shellcheck disable=SC2086 # process numbers
		if [ $((step % 50)) = 0 ]; then
			kill -s $signal $children
		else
			kill -0 $children
		fi || break
		sleep 0.1
	done 2>/dev/null
	wait
}

# Exiting from the handlers runs the EXIT trap, so that there is one clean-up
# for every way out; the numbers are what a shell reports for these signals.
exit_on_signals()
{
	local signal

	for signal in HUP:129 INT:130 TERM:143; do
		# shellcheck disable=SC2064 # this signal
		trap "trap '' HUP INT TERM; exit ${signal#*:}" "${signal%:*}"
	done
}

# on_exit COMMAND: whichever way this ends; a second signal does not cut it short
on_exit()
{
	# shellcheck disable=SC2064 # this command
	trap "trap '' HUP INT TERM; $1" EXIT
	exit_on_signals
}

# last_message FILE: the last thing that a command said, without its name
last_message()
{
	tail -n 1 "$1" | sed 's/^vm\/[a-z]*: //'
}

# column_of KERNEL: a path may be its name; its column's must be a directory's
column_of()
{
	printf '%s' "${1//\//_}"
}

# suite_sum INSTALL_DIR: changes with whatever is installed there
suite_sum()
{
	(cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum) |
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
			{ exec {work_lock}< "$work"; } 2>/dev/null &&
			flock -n "$work_lock" && [ -d "$work" ] && return
	done
	die "cannot write to ${pattern%/*}; make room or choose another place (TMPDIR, XDG_CACHE_HOME)"
}
