# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# The kernel log of the current boot. All boots of a machine are in one file.

# Sets console_file, and console_begins: where this boot's log begins in it.
begin_console()
{
	console_file=$log/console.log
	[ "$nr" = 1 ] || console_file=$log/console.$nr.log
	boots=$((boots + 1))
	{ [ "$boots" = 1 ] || echo "--- boot $boots ---"; } 2>/dev/null >> "$console_file" ||
		die "cannot write to $log; choose another --log"
	console_begins=$(stat -c %s "$console_file")
}

console()
{
	tail -c +$((console_begins + 1)) "$console_file" | tr -d '\r'
}

# console_has REGEX
console_has()
{
	grep -aqE -- "$1" < <(console)
}

console_is_empty()
{
	[ "$(stat -c %s "$console_file")" = "$console_begins" ]
}

console_tail()
{
	if console_is_empty; then
		echo "(the kernel printed nothing)"
	else
		console | tail -n "$1"
	fi
}

# The end of the log, from the first kernel report in it; without a report its last lines.
console_report()
{
	console_tail 150 | awk '
		/BUG:|Oops|general protection|Kernel panic|Show Blocked State|sysrq: Trigger/ { on = 1 }
		on && n++ < 80
		{ last[NR % 10] = $0 }
		END {
			for (i = NR < 10 ? 1 : NR - 9; !n && i <= NR; i++)
				print last[i % 10]
		}'
}

# QEMU does not report a console log that did not fit.
check_room()
{
	local room=$log/room.$nr

	head -c 4096 /dev/zero 2>/dev/null > "$room" && rm "$room" && return
	rm -f "$room"
	die "$log is full and the console log incomplete; make room or choose another --log"
}
