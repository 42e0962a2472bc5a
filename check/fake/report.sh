# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# What the checks that run commands share, besides check/lib.sh.

# shellcheck source=check/lib.sh
. "$root/check/lib.sh"

# Sets tmp; the caller's clean_up removes it. The commands put their temporary
# directories into $TMPDIR, where they can be counted.
make_tmp()
{
	tmp=$(mktemp -d)
	scratch=$tmp
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir "$tmp/tmp"
	export TMPDIR=$tmp/tmp
}

# run COMMAND...: with output to $tmp/out and $tmp/err; sets status, and took in
# milliseconds
run()
{
	local began=${EPOCHREALTIME/[.,]/}

	"$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
	status=$?
	took=$(( (${EPOCHREALTIME/[.,]/} - began) / 1000 ))
}

is()
{
	[ "$1" = "$2" ] && return
	echo "'$1' instead of '$2'"
	[ ! -s "$tmp/err" ] || sed 's/^/stderr: /' "$tmp/err"
	return 1
}

empty_dir()
{
	is "$(ls -A "$1")" ""
}

# refused REGEX: one line on stderr, and exit status 2
refused()
{
	is "$status" 2 && is "$(wc -l < "$tmp/err")" 1 && err_has "$1" && is "$(cat "$tmp/out")" ""
}

# eventually SECONDS COMMAND...
eventually()
{
	local deadline=$((SECONDS + $1))
	shift

	until "$@" > /dev/null; do
		(( SECONDS < deadline )) || return 1
		sleep 0.1
	done
}
