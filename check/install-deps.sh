#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# install-deps - what scripts/install-deps installs, and what it says, on machines of every kind: the
# first run leaves what every later one finds, and what is less is one line. The machines
# are make-believe (check/fake/apt); "make check-debian" asks real ones.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch

tools="env bash dirname cat mkdir rm cp ln find sort sed grep awk sha256sum timeout setpriv setsid
	mktemp tail"

# machine UID CLANG...: a new one, with these of clang, lists that are empty and an archive
# that is, too
machine()
{
	local tool

	rm -rf "$scratch/machine" "$scratch/cache"
	mkdir -p "$scratch"/machine/{bin,lists,archive,downloads}
	export MACHINE=$scratch/machine
	cp "$here/check/fake/apt" "$MACHINE/apt"
	echo "$1" >"$MACHINE/uid"
	echo 1000000000 >"$MACHINE/now"
	shift
	for tool in $tools; do
		ln -s "$(command -v "$tool")" "$MACHINE/bin/$tool"
	done
	for tool in id date sleep apt-config apt-cache apt-get gcc make rsync python3 "$@"; do
		ln -s "$MACHINE/apt" "$MACHINE/bin/$tool"
	done
}

# lists NAME..., archive NAME...: clang-14=- is known and cannot be had
lists()
{
	fill lists "$@"
}

archive()
{
	fill archive "$@"
}

fill()
{
	local directory=$MACHINE/$1 name
	shift

	rm -f "$directory"/*
	for name; do
		case $name in
		*=-) echo "(none)" >"$directory/${name%=-}" ;;
		*) echo 1:1-1 >"$directory/$name" ;;
		esac
	done
}

offline()
{
	rm -rf "$MACHINE/archive"
}

# minutes_pass N: since the last run
minutes_pass()
{
	touch -d "$1 minutes ago" "$scratch/cache/task_exit/apt-lists"
}

# Bash cannot trap what was ignored when it began, as Ctrl-C is in the background.
require_tool()
{
	rm -f "$MACHINE/log"
	env -i --default-signal=INT PATH="$MACHINE/bin" MACHINE="$MACHINE" HOME="$scratch" \
		LANG=de_DE.UTF-8 XDG_CACHE_HOME="${cache_home:-$scratch/cache}" \
		"$here/scripts/install-deps" "${group:-build}" >"$scratch/said" 2>&1 </dev/null
}

# Ctrl-C when apt-get is where $MACHINE/halt says. Waits for the end of apt-get, too: that
# of a download comes by itself.
install_deps_interrupted()
(
	step=$(cat "$MACHINE/halt")
	mkfifo "$MACHINE/halted" "$MACHINE/go"
	set -m
	install_deps &
	worker=$(timeout 60 cat "$MACHINE/halted")
	kill -INT -- -$!
	wait $!
	status=$?
	[ "$step" = download ] || timeout 60 tee "$MACHINE/go" <<<"go on"
	timeout 60 tail --pid="$worker" -f /dev/null || return 1
	return "$status"
)

# runs STATUS LOG SAYS...: scripts/install-deps exits so, having called apt-get for LOG ("update,
# download clang-22, install clang-22"), and said these lines, which are patterns
runs()
{
	local status=$1 log=$2 status_is line bad=0
	shift 2

	if [ -e "$MACHINE/halt" ]; then
		install_deps_interrupted
	else
		install_deps
	fi
	status_is=$?
	log_is=$(paste -sd, "$MACHINE/log" 2>/dev/null)
	[ "$status_is" = "$status" ] || { echo "exit status $status_is, not $status"; bad=1; }
	[ "${log_is//,/, }" = "$log" ] || { echo "apt-get was run for: ${log_is//,/, }"; bad=1; }
	[ "$(wc -l <"$scratch/said")" = $# ] || { echo "$# lines are to be said"; bad=1; }
	for line; do
		grep -qE -- "$line" "$scratch/said" || { echo "not said: $line"; bad=1; }
	done
	[ "$bad" = 0 ] || sed 's/^/said: /' "$scratch/said"
	return "$bad"
}

reads="^task_exit: reading apt's package lists: "
installs="^task_exit: installing with apt, to build the tests: "
waits="^task_exit: another apt is at work; waiting$"
less="^task_exit: without clang 20 or later scx_qmap is not built and scx_tid_qmap is skipped; "

# --- The first run is the second run -------------------------------------------------

machine 0 clang-19
lists clang-16 clang-19
archive clang-16 clang-19 clang-22
check "install-deps: old lists: they are read before clang 19 has to do" \
	runs 0 "update, download clang-22, install clang-22" \
	"${reads}they have no clang 20" "${installs}clang-22$"
check "install-deps: old lists: the second run has nothing to do" runs 0 ""

machine 0
lists clang-14 clang-19
archive clang-14 clang-19 clang-22
check "install-deps: old lists, no clang: the better one is installed, and only that" \
	runs 0 "update, download clang-22, install clang-22" "$reads" "${installs}clang-22$"
check "install-deps: old lists, no clang: the second run has nothing to do" runs 0 ""

machine 0
archive clang-19 clang-22
check "install-deps: no lists at all" \
	runs 0 "update, download clang-22, install clang-22" "$reads" "${installs}clang-22$"

machine 0
rm "$MACHINE/bin/rsync"
lists clang-9 clang-19 clang-22 clang-31 clang-100=- clang-tools-40 rsync
archive clang-9 clang-19 clang-22 clang-31 clang-100=- clang-tools-40 rsync
check "install-deps: the newest that apt has; nothing is read anew for that" \
	runs 0 "download rsync clang-31, install rsync clang-31" "${installs}rsync clang-31$"
check "install-deps: a clang that nobody knew is found" runs 0 ""

machine 0 clang-16
lists clang-21
archive clang-22
check "install-deps: a package that vanished: what took its place" \
	runs 0 "download clang-21, update, download clang-22, install clang-22" \
	"${installs}clang-21$" "${reads}apt cannot install that" "${installs}clang-22$"

machine 0
lists clang-21
archive clang-22
check "install-deps: a package that vanished, no clang: what took its place" \
	runs 0 "download clang-21, update, download clang-22, install clang-22" \
	"$reads" "$installs" "$installs"

machine 0 clang-22
rm "$MACHINE/bin/rsync"
check "install-deps: a package that is nowhere" runs 2 "download rsync, update, download rsync" \
	"$installs" "$reads" "$installs" \
	"^scripts/install-deps: apt-get install rsync fails: Unable to locate package rsync$"

machine 0 clang-19
touch "$MACHINE/broken"
lists clang-19
archive clang-19 clang-22
check "install-deps: one source of many is broken" \
	runs 0 "update, download clang-22, install clang-22" "$reads" "${installs}clang-22$"

# --- A machine that is busy, a user who is not patient ------------------------------

machine 0 clang-19
lists clang-19
archive clang-19 clang-22
echo 2 >"$MACHINE/locked.update"
check "install-deps: another apt reads the lists, as on a Debian that has just booted: it is waited for" \
	runs 0 "update (locked), update (locked), update, download clang-22, install clang-22" \
	"$reads" "$waits" "$installs"

machine 0
lists clang-22
archive clang-22
echo 1 >"$MACHINE/locked.download"
echo 1 >"$MACHINE/locked.install"
check "install-deps: another apt installs: it is waited for" \
	runs 0 "download (locked), download clang-22, install (locked), install clang-22" \
	"$installs" "$waits" "$waits"

machine 0 clang-19
lists clang-19
archive clang-19 clang-22
echo 1000 >"$MACHINE/locked.update"
check "install-deps: another apt does not end: goes on after two minutes, and says why" \
	runs 0 "update (locked), update (locked), update (locked), update (locked)" \
	"$reads" "$waits" "${less}apt cannot get one: Could not get lock /var/lib/lock"

machine 0 clang-22
rm "$MACHINE/bin/rsync"
lists rsync
archive rsync
echo 1000 >"$MACHINE/locked.download"
echo 1000 >"$MACHINE/locked.update"
locked="download (locked)"
check "install-deps: another apt does not end: what cannot be done without is not waited for again" \
	runs 2 "$locked, $locked, $locked, $locked, update (locked), $locked" \
	"$installs" "$waits" "$reads" "$installs" \
	"^scripts/install-deps: apt-get install rsync fails: Could not get lock /var/lib/lock"

machine 0
lists clang-22
archive clang-22
echo download >"$MACHINE/halt"
check "install-deps: Ctrl-C ends a download" runs 130 "download clang-22" "$installs"
check "install-deps: Ctrl-C ends a download: the next run begins again" \
	runs 0 "download clang-22, install clang-22" "$installs"

machine 0
lists clang-22
archive clang-22
echo install >"$MACHINE/halt"
check "install-deps: Ctrl-C does not end dpkg" runs 130 "download clang-22, install clang-22" \
	"$installs" "^task_exit: apt finishes its work in the background$"
check "install-deps: Ctrl-C does not end dpkg: the next run has nothing to do" runs 0 ""

# --- What is less --------------------------------------------------------------------

machine 0 clang-19
lists clang-19
archive clang-19
check "install-deps: no source has a better clang" \
	runs 0 "update" "$reads" "${less}none of apt's sources has one$"
check "install-deps: no better clang: the lists are not read again" \
	runs 0 "" "${less}none of apt's sources has one$"
minutes_pass 1500
check "install-deps: no better clang: the lists are read again after a day" runs 0 "update" "$reads" "$less"
echo another >"$MACHINE/sources"
check "install-deps: no better clang: they are read again when there is another source" \
	runs 0 "update" "$reads" "$less"
lists clang-18 clang-19
archive clang-18 clang-19 clang-23
check "install-deps: no better clang: they are read again when they are other ones" \
	runs 0 "update, download clang-23, install clang-23" "$reads" "$installs"

machine 0
archive clang-14 clang-17
check "install-deps: only an older clang can be had: it is installed, and what is less is said" \
	runs 0 "update, download clang-17, install clang-17" "$reads" "${installs}clang-17$" \
	"${less}none of apt's sources has one$"
check "install-deps: only an older clang: the second run says it, too" runs 0 "" "$less"

machine 0 clang-19
lists clang-19
offline
check "install-deps: no network, old lists: goes on, and says why" runs 0 "update" "$reads" \
	"${less}apt cannot get one: Failed to fetch the lists  Temporary failure"
check "install-deps: no network: it is not tried at every run" runs 0 "" "${less}apt cannot get one: Failed"
mkdir "$MACHINE/archive"
archive clang-22
minutes_pass 11
check "install-deps: the network is back" \
	runs 0 "update, download clang-22, install clang-22" "$reads" "$installs"

machine 0 clang-19
lists clang-19 clang-22
offline
check "install-deps: no network, lists with a better clang: goes on, and says why" \
	runs 0 "download clang-22, update, download clang-22" "$installs" "$reads" "$installs" \
	"${less}apt cannot get one: Failed to fetch clang-22  Temporary failure"
check "install-deps: no network, lists with a better clang: it is not tried at every run" \
	runs 0 "" "${less}apt cannot get one: Failed to fetch clang-22"

cache_home=/proc
machine 0 clang-19
archive clang-19
check "install-deps: nowhere to keep a note" runs 0 "update" "$reads" "$less"
unset cache_home

machine 1000 clang-19
lists clang-19 clang-22
check "install-deps: not root: says what root can do" \
	runs 0 "" "${less}run as root: apt-get install clang-22$"
lists clang-19
check "install-deps: not root, old lists" runs 0 "" \
	"${less}apt's lists name none; if they are old, run as root: apt-get update$"

machine 0 clang-19
rm "$MACHINE"/bin/apt-*
check "install-deps: no apt" runs 0 "" "${less}install one$"

# --- What nothing can be built without -----------------------------------------------

machine 0
lists clang-14
offline
check "install-deps: no network, no clang" runs 2 "update" "$reads" \
	"^scripts/install-deps: missing to build the tests: clang 16 or later, and apt knows none \(Failed"

machine 1000
rm "$MACHINE/bin/rsync"
lists clang-19 clang-22
check "install-deps: not root, no clang: names the better one" runs 2 "" \
	"^scripts/install-deps: missing to build the tests: .*; run as root: apt-get install rsync clang-22$"

machine 0
rm "$MACHINE"/bin/apt-*
check "install-deps: no apt, no clang" runs 2 "" \
	"^scripts/install-deps: missing to build the tests: what Debian packages as clang; install it$"

machine 0
group=nonsense
check "install-deps: no such group" runs 2 "" "^scripts/install-deps: no such group: nonsense; there are build"
exit $check_failed
