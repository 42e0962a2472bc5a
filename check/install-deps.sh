#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# install-deps - scripts/install-deps on different machines: the packages that it installs and
# its messages. The first run on a machine installs all that a second run would. The machines
# are fake (check/fake/apt); "make check-debian" uses real ones.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch

tools="env bash dirname cat mkdir rm cp ln find sort sed grep awk sha256sum timeout setpriv setsid
	mktemp tail uname paste"

# machine UID CLANG...: creates a machine with these clangs, empty lists and an empty archive
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

# lists NAME..., archive NAME...: the packages there; NAME=- has no candidate to install
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

# minutes_pass N: makes the last update N minutes old
minutes_pass()
{
	touch -d "$1 minutes ago" "$scratch/cache/task_exit/apt-lists"
}

# In the background SIGINT is ignored, and bash cannot trap a signal that it inherits as ignored.
install_deps()
{
	rm -f "$MACHINE/log"
	env -i --default-signal=INT PATH="$MACHINE/bin" MACHINE="$MACHINE" HOME="$scratch" \
		ARCH="${arch:-}" LANG=de_DE.UTF-8 XDG_CACHE_HOME="${cache_home:-$scratch/cache}" \
		"$here/scripts/install-deps" "${group:-build}" >"$scratch/output" 2>&1 </dev/null
}

# Sends SIGINT when apt-get reaches the step in $MACHINE/halt, then waits for apt-get. A
# download ends without a message to "go".
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

# runs STATUS LOG PATTERN...: scripts/install-deps exits with STATUS, runs apt-get for the steps
# in LOG ("update, download clang-22, install clang-22"), and prints as many lines as there are
# patterns, which all match
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
	[ "${log_is//,/, }" = "$log" ] || { echo "apt-get ran for: ${log_is//,/, }"; bad=1; }
	[ "$(wc -l <"$scratch/output")" = $# ] || { echo "not $# lines"; bad=1; }
	for line; do
		grep -qE -- "$line" "$scratch/output" || { echo "no line matches: $line"; bad=1; }
	done
	[ "$bad" = 0 ] || sed 's/^/output: /' "$scratch/output"
	return "$bad"
}

updates="^task_exit: updating apt's package lists: "
installs="^task_exit: installing with apt, to build the tests: "
waits="^task_exit: waiting for another apt$"
no_qmap="^task_exit: no clang 20 or later: scx_qmap is not built and scx_tid_qmap is skipped; "

# --- The first run installs the same as the second -----------------------------------

machine 0 clang-19
lists clang-16 clang-19
archive clang-16 clang-19 clang-22
check "install-deps: old lists: updated to find a clang newer than 19" \
	runs 0 "update, download clang-22, install clang-22" \
	"${updates}they have no clang 20" "${installs}clang-22$"
check "install-deps: old lists: the second run does nothing" runs 0 ""

machine 0
lists clang-14 clang-19
archive clang-14 clang-19 clang-22
check "install-deps: old lists, no clang: installs only the newer clang" \
	runs 0 "update, download clang-22, install clang-22" "$updates" "${installs}clang-22$"
check "install-deps: old lists, no clang: the second run does nothing" runs 0 ""

machine 0
archive clang-19 clang-22
check "install-deps: no lists" \
	runs 0 "update, download clang-22, install clang-22" "$updates" "${installs}clang-22$"

machine 0
rm "$MACHINE/bin/rsync"
lists clang-9 clang-19 clang-22 clang-31 clang-100=- clang-tools-40 rsync
archive clang-9 clang-19 clang-22 clang-31 clang-100=- clang-tools-40 rsync
check "install-deps: the newest clang in the lists; no update needed" \
	runs 0 "download rsync clang-31, install rsync clang-31" "${installs}rsync clang-31$"
check "install-deps: finds a clang of a new version" runs 0 ""

machine 0 clang-16
lists clang-21
archive clang-22
check "install-deps: a package that the archive has replaced: installs the new one" \
	runs 0 "download clang-21, update, download clang-22, install clang-22" \
	"${installs}clang-21$" "${updates}apt cannot install clang-21" "${installs}clang-22$"

machine 0
lists clang-21
archive clang-22
check "install-deps: a package that the archive has replaced, no clang: installs the new one" \
	runs 0 "download clang-21, update, download clang-22, install clang-22" \
	"$updates" "$installs" "$installs"

machine 0 clang-22
rm "$MACHINE/bin/rsync"
check "install-deps: a package that the archive does not have" \
	runs 2 "download rsync, update, download rsync" \
	"$installs" "$updates" "$installs" \
	"^scripts/install-deps: apt-get install rsync fails: Unable to locate package rsync$"

machine 0 clang-19
touch "$MACHINE/broken"
lists clang-19
archive clang-19 clang-22
check "install-deps: one source of many is broken" \
	runs 0 "update, download clang-22, install clang-22" "$updates" "${installs}clang-22$"

# --- Another apt is running; Ctrl-C ------------------------------

machine 0 clang-19
lists clang-19
archive clang-19 clang-22
echo 2 >"$MACHINE/locked.update"
check "install-deps: another apt holds the lists, as after boot: waits" \
	runs 0 "update (locked), update (locked), update, download clang-22, install clang-22" \
	"$updates" "$waits" "$installs"

machine 0
lists clang-22
archive clang-22
echo 1 >"$MACHINE/locked.download"
echo 1 >"$MACHINE/locked.install"
check "install-deps: another apt is installing: waits" \
	runs 0 "download (locked), download clang-22, install (locked), install clang-22" \
	"$installs" "$waits" "$waits"

machine 0 clang-19
lists clang-19
archive clang-19 clang-22
echo 1000 >"$MACHINE/locked.update"
check "install-deps: another apt does not end: continues after two minutes, with the reason" \
	runs 0 "update (locked), update (locked), update (locked), update (locked)" \
	"$updates" "$waits" "${no_qmap}apt cannot install one: Could not get lock /var/lib/lock"

machine 0 clang-22
rm "$MACHINE/bin/rsync"
lists rsync
archive rsync
echo 1000 >"$MACHINE/locked.download"
echo 1000 >"$MACHINE/locked.update"
locked="download (locked)"
check "install-deps: another apt does not end: waits once, then fails" \
	runs 2 "$locked, $locked, $locked, $locked, update (locked), $locked" \
	"$installs" "$waits" "$updates" "$installs" \
	"^scripts/install-deps: apt-get install rsync fails: Could not get lock /var/lib/lock"

machine 0
lists clang-22
archive clang-22
echo download >"$MACHINE/halt"
check "install-deps: Ctrl-C interrupts a download" runs 130 "download clang-22" "$installs"
check "install-deps: Ctrl-C interrupts a download: the next run repeats it" \
	runs 0 "download clang-22, install clang-22" "$installs"

machine 0
lists clang-22
archive clang-22
echo install >"$MACHINE/halt"
check "install-deps: Ctrl-C does not interrupt dpkg" \
	runs 130 "download clang-22, install clang-22" \
	"$installs" "^task_exit: apt continues in the background$"
check "install-deps: Ctrl-C does not interrupt dpkg: the next run does nothing" runs 0 ""

# --- No clang 20 --------------------------------------------------------------------

machine 0 clang-19
lists clang-19
archive clang-19
check "install-deps: no source has clang 20" \
	runs 0 "update" "$updates" "${no_qmap}apt's sources have none$"
check "install-deps: no clang 20: does not update the lists again" \
	runs 0 "" "${no_qmap}apt's sources have none$"
minutes_pass 1500
check "install-deps: no clang 20: updates the lists again after a day" \
	runs 0 "update" "$updates" "$no_qmap"
echo another >"$MACHINE/sources"
check "install-deps: no clang 20: updates the lists again when the sources change" \
	runs 0 "update" "$updates" "$no_qmap"
lists clang-18 clang-19
archive clang-18 clang-19 clang-23
check "install-deps: no clang 20: updates the lists again when the lists have changed" \
	runs 0 "update, download clang-23, install clang-23" "$updates" "$installs"

machine 0
archive clang-14 clang-17
check "install-deps: only clang 17: installs it, and warns" \
	runs 0 "update, download clang-17, install clang-17" "$updates" "${installs}clang-17$" \
	"${no_qmap}apt's sources have none$"
check "install-deps: only clang 17: the second run also warns" runs 0 "" "$no_qmap"

machine 0 clang-19
lists clang-19
offline
check "install-deps: no network, old lists: continues, with the reason" runs 0 "update" "$updates" \
	"${no_qmap}apt cannot install one: Failed to fetch the lists  Temporary failure"
check "install-deps: no network: does not try on every run" \
	runs 0 "" "${no_qmap}apt cannot install one: Failed"
mkdir "$MACHINE/archive"
archive clang-22
minutes_pass 11
check "install-deps: the network is back" \
	runs 0 "update, download clang-22, install clang-22" "$updates" "$installs"

machine 0 clang-19
lists clang-19 clang-22
offline
check "install-deps: no network, lists with clang 22: continues, with the reason" \
	runs 0 "download clang-22, update, download clang-22" "$installs" "$updates" "$installs" \
	"${no_qmap}apt cannot install one: Failed to fetch clang-22  Temporary failure"
check "install-deps: no network, lists with clang 22: does not try on every run" \
	runs 0 "" "${no_qmap}apt cannot install one: Failed to fetch clang-22"

cache_home=/proc
machine 0 clang-19
archive clang-19
check "install-deps: cache that cannot be written" runs 0 "update" "$updates" "$no_qmap"
unset cache_home

machine 1000 clang-19
lists clang-19 clang-22
check "install-deps: not root: prints the command to run as root" \
	runs 0 "" "${no_qmap}run as root: apt-get install clang-22$"
lists clang-19
check "install-deps: not root, old lists" runs 0 "" \
	"${no_qmap}apt's lists have none; if they are old, run as root: apt-get update$"

machine 0 clang-19
rm "$MACHINE"/bin/apt-*
check "install-deps: no apt" runs 0 "" "${no_qmap}install one$"

# --- Required packages -----------------------------------------------

machine 0
lists clang-14
offline
check "install-deps: no network, no clang" runs 2 "update" "$updates" \
	"^scripts/install-deps: needed to build the tests: clang 16 or later, but apt has none \(Failed"

machine 1000
rm "$MACHINE/bin/rsync"
lists clang-19 clang-22
check "install-deps: not root, no clang: names the newest" runs 2 "" \
	"^scripts/install-deps: needed to build the tests: .*; run as root: apt-get install rsync clang-22$"

machine 0
rm "$MACHINE"/bin/apt-*
check "install-deps: no apt, no clang" runs 2 "" \
	"^scripts/install-deps: needed to build the tests: clang \(Debian's package names\); install them$"

machine 0 clang-22
lists gcc-s390x-linux-gnu
archive gcc-s390x-linux-gnu
arch=s390x
check "install-deps: ARCH=s390x: installs the cross compiler" \
	runs 0 "download gcc-s390x-linux-gnu, install gcc-s390x-linux-gnu" "$installs"
machine 1000 clang-22
check "install-deps: ARCH=s390x, not root: names the cross compiler" runs 2 "" \
	"^scripts/install-deps: needed to build the tests: gcc-s390x-linux-gnu; run as root: "
arch=486
check "install-deps: ARCH=486: one line" runs 2 "" \
	"^scripts/install-deps: no architecture 486; known: "
arch=

machine 0
group=nonsense
check "install-deps: unknown group" \
	runs 2 "" "^scripts/install-deps: no group nonsense; known: build"
exit $check_failed
