# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# The results of one program, in a file WORK/blocks/RUN.NUMBER: the lines of run_kselftest.sh
# from those before "# selftests: PROGRAM" to its verdict. The name ends in .part until the
# program has ended.

running=''		# the program that runs now, COLLECTION:NAME
running_since=0
run=0			# the run of the suite that it belongs to
before_block=()		# lines since the last program
block=''		# descriptor

# add_line LINE: of run_kselftest.sh. vm/run writes plans and totals itself.
add_line()
{
	if [ -n "$block" ]; then
		write_block "$1"
		return
	fi
	case $1 in
	"TAP version "* | 1..* | "# Totals: "* | *" skipped test(s) detected. "*) ;;
	*)	before_block+=("$1") ;;
	esac
}

write_block()
{
	printf '%s\n' "$@" 1>&"$block" 2>/dev/null || die_cannot_write "$block_file" "$block"
}

# begin_block COLLECTION:NAME
begin_block()
{
	[ -n "${number[$1]:-}" ] || return
	running=$1
	now
	running_since=$now
	block_file=$work/blocks/$run.${number[$1]}
	{ exec {block}> "$block_file.part"; } 2>/dev/null ||
		die "cannot write $block_file.part; free some space"
	write_block "${before_block[@]}"
	before_block=()
	tell program "${1#*:}"
}

# end_block [REASON]: with a REASON, the machine stopped in this program
end_block()
{
	local verdict=${2:-fail} line

	if [ -n "${1:-}" ]; then
		while IFS= read -r line; do
			write_block "# # kernel: $line"
		done < <(console_report)
		write_block "not ok 1 selftests: ${running/:/: } # $1"
	fi
	now
	close_block
	mv "$block_file.part" "$block_file"
	has_ended[$run.${number[$running]}]=1
	tell end "$run ${number[$running]} $verdict $((running_since - began)) $((now - began))"
	running=
}

close_block()
{
	exec {block}>&-
	block=
}

# A program that will run again.
drop_block()
{
	before_block=()
	[ -n "$block" ] || return 0
	close_block
	rm -f "$block_file.part"
	running=
}
