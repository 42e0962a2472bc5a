# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Output for people. On a terminal: one line per finished program, its failures, and a
# status line that is rewritten. Otherwise: plain KTAP. With --brief: only the line per
# program, in both cases.

if is_terminal 1; then
	on_terminal=1
else
	on_terminal=
fi
columns=$(tput cols 2>/dev/null) || columns=80

paint()
{
	if [ -n "${NO_COLOR:-}" ] || [ -z "$on_terminal" ]; then
		printf '%s' "$2"
	else
		printf '\033[%sm%s\033[m' "$1" "$2"
	fi
}

status_line=

clear_status()
{
	[ -z "$status_line" ] || printf '\r\033[K' 2>/dev/null
	status_line=
}

show_status()
{
	[ "$1" != "$status_line" ] || return 0
	status_line=$1
	printf '\r\033[K%s' "${1:0:$(( ${columns:-80} - 1 ))}" 2>/dev/null
}

# Fails if standard output cannot be written.
show_program()
{
	local verdict=$1 name=$2 took=$3 line word

	case $verdict in
	pass)	 word=$(paint 32 'ok  ') ;;
	skip)	 word=$(paint 33 'skip') ;;
	*)       word=$(paint 31 'FAIL') ;;
	esac
	clear_status
	printf '%s %-40s %s\n' "$word" "$name" "$(seconds "$took")" || return
	[ -z "$brief" ] || return 0
	for line in "${shown[@]}"; do
		printf '     %s\n' "$line" || return
	done
}
