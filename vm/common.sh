# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Shared by all commands in vm/, scripts/ and mutants/: messages, the cache, child
# processes, cleanup.

me=vm/${0##*/}

# Scripts parse, sort and compare the output of tools: it must not depend on the locale.
export LC_ALL=C

# If a standard descriptor is closed, the next file that is opened gets its number, and
# all output meant for that descriptor. Occupy it; opened for reading only, a write to it
# still fails.
[ -e /proc/self/fd/0 ] || exec 0< /dev/null
[ -e /proc/self/fd/1 ] || exec 1< /dev/null
[ -e /proc/self/fd/2 ] || exec 2< /dev/null

# Ignores write errors: stderr may be closed.
note()
{
	printf '%s: %s\n' "$me" "$*" >&2 2>/dev/null || true
}

die()
{
	note "$*"
	exit 2
}

# is_terminal FD: whether FD is a terminal that can rewrite a line
is_terminal()
{
	[ -t "$1" ] && [ "${TERM:-dumb}" != dumb ]
}

# help_if_asked ARGUMENT...: for -h or --help, prints the script's opening comment and exits
help_if_asked()
{
	case " $* " in
	*" -h "* | *" --help "*)
		sed -n '1,3d; /^#/!q; s/^# \{0,1\}//p' "$0"
		exit 0 ;;
	esac
}

# die_cannot_write NAME DESCRIPTOR: exits with the reason, which it learns by writing a newline
die_cannot_write()
{
	local why

	{ why=$({ echo >&3; } 2>&1) || true; } 3>&"$2"
	die "cannot write $1${why:+: ${why##*: }}"
}

# print_line TEXT: to standard output; a write error is fatal
print_line()
{
	printf '%s\n' "$1" 2>/dev/null || die_cannot_write "standard output" 1
}

# require_tool TOOL PACKAGE: the error names the Debian package to install
require_tool()
{
	local tool=$1 package=$2

	command -v "$tool" >/dev/null ||
		die "$tool is missing; apt-get install $package"
}

# The XDG Base Directory Specification says to ignore relative paths.
case ${XDG_CACHE_HOME:-} in
/*)	cache=$XDG_CACHE_HOME/task_exit ;;
*)	cache=${HOME:-/root}/.cache/task_exit ;;
esac

make_cache()
{
	{ mkdir -p "$cache/$1" 2>/dev/null && [ -w "$cache/$1" ]; } ||
		die "cannot write to $cache/$1; free some space or set XDG_CACHE_HOME"
}

# --- Child processes ----------------------------------------------------------
# They end with the script, however it ends: on a signal stop_children terminates them and
# waits; if the script gets SIGKILL, the parent death signal terminates them.

# exec_child COMMAND...: replaces a subshell, as in: exec_child sleep 9 &
exec_child()
{
	exec setpriv --pdeathsig TERM "$@"
}

# run_child COMMAND...: runs it in the background and waits: bash runs a trap only after
# the foreground command has ended.
run_child()
{
	local status=0

	exec_child "$@" &
	child=$!
	# The caller reports a killed child; hide the shell's own message.
	wait "$child" 2>/dev/null || status=$?
	child=
	return $status
}

# capture_output VARIABLE COMMAND...: like run_child; sets VARIABLE to its standard output
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

# capture_and_log VARIABLE FILE HIDE COMMAND...: like capture_output; copies stderr to FILE,
# and shows it, except for lines that match HIDE
capture_and_log()
{
	local status=0 log_pipe log_reader

	exec {log_pipe}> >(tee "$2" | sed -u "${3:+/$3/d}" >&2)
	log_reader=$!
	capture_output "$1" "${@:4}" 2>&"$log_pipe" || status=$?
	exec {log_pipe}>&-
	wait "$log_reader"
	return $status
}

# Sends TERM, TERM again after 5 s, KILL after 10 s. The second TERM comes late because it
# makes GNU make exit without deleting a half-written target.
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

# The handlers exit, which runs the EXIT trap: one cleanup for every way out. The statuses
# are those that a shell reports for these signals.
exit_on_signals()
{
	local signal

	for signal in HUP:129 INT:130 TERM:143; do
		# shellcheck disable=SC2064 # this signal
		trap "trap '' HUP INT TERM; exit ${signal#*:}" "${signal%:*}"
	done
}

# on_exit COMMAND: runs it when the script exits or gets a signal; more signals do not
# interrupt it
on_exit()
{
	# shellcheck disable=SC2064 # this command
	trap "trap '' HUP INT TERM; $1" EXIT
	exit_on_signals
}

# last_message FILE: the last message in a command's output, without the command's name
last_message()
{
	tail -n 1 "$1" | sed 's/^vm\/[a-z]*: //'
}

# match_names NAME... < NAMES: those that a name or a pattern matches, each once, in their order
match_names()
{
	local one name

	while read -r one; do
		for name; do
			# shellcheck disable=SC2053 # a pattern
			[[ $one != $name ]] || { echo "$one"; break; }
		done
	done
}

# column_of KERNEL: the directory name for a kernel, which may be given as a path
column_of()
{
	printf '%s' "${1//\//_}"
}

# suite_sum INSTALL_DIR: a checksum of all installed files
suite_sum()
{
	(cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum) |
		sha256sum | cut -d' ' -f1
}

# Sets work to a new directory that is locked as long as its owner, or a child that
# inherited the lock, lives. A directory without a lock is left over from a killed run and
# is removed. Another run may remove the new directory before it is locked: try again.
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
	die "cannot write to ${pattern%/*}; free some space or choose another place (TMPDIR, XDG_CACHE_HOME)"
}
