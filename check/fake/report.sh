# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# How the checks of vm/ report: a TAP-like line each, details on stderr.

failures=0
export LC_ALL=C

# check NAME COMMAND...: ok if the command succeeds.
check()
{
	local name=$1
	shift

	if "$@"; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		echo "# failed: $*" >&2
		[ ! -s "$tmp/err" ] || sed 's/^/# stderr: /' "$tmp/err" >&2
		failures=$((failures + 1))
	fi
}

# Sets tmp, for as long as this runs: the caller's clean_up is to remove it. Temporary
# directories of what is checked go to $TMPDIR, where they can be counted.
make_tmp()
{
	tmp=$(mktemp -d)
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir "$tmp/tmp"
	export TMPDIR=$tmp/tmp
}

skip()
{
	echo "ok - $1 # SKIP $2"
}

# Runs a command, keeping its output in $tmp/out and $tmp/err, its exit status
# in $status and the milliseconds it took in $took.
run()
{
	local began=${EPOCHREALTIME/[.,]/}

	"$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
	status=$?
	# shellcheck disable=SC2034 # for the callers
	took=$(( (${EPOCHREALTIME/[.,]/} - began) / 1000 ))
}

is()
{
	[ "$1" = "$2" ] || { echo "# '$1' instead of '$2'" >&2; return 1; }
}

fails()
{
	! "$@"
}

out_has()
{
	grep -aqE -e "$1" "$tmp/out"
}

err_has()
{
	grep -aqE -e "$1" "$tmp/err"
}

empty_dir()
{
	is "$(ls -A "$1")" ""
}

# One line on stderr and exit status 2.
refused()
{
	is "$status" 2 && is "$(wc -l < "$tmp/err")" 1 && err_has "$1" && is "$(cat "$tmp/out")" ""
}

# eventually SECONDS COMMAND...
eventually()
{
	local deadline=$((SECONDS + $1))
	shift

	until "$@"; do
		(( SECONDS < deadline )) || return 1
		sleep 0.1
	done
}
