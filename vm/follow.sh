# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Follows the machines, and makes one stream of their results: the one that run_kselftest.sh
# would print if all programs ran in one boot.
#
# A machine prints "NR<tab>KIND<tab>TEXT":
#
#   note TEXT, detail TEXT	for standard error
#   used ACCEL, boot, suite	it uses this accelerator, boots, has reached the suite
#   planned			run_kselftest.sh has planned programs
#   program NAME		it begins
#   end RUN NUMBER VERDICT BEGAN ENDED	it has ended; its results are in blocks/RUN.NUMBER
#   runner STATUS		of run_kselftest.sh
#   failed			the kernel failed, but not in a program
#   tick			twice a second
#   over [WHY]			the machine ends: late (the time is up), usage (it cannot work) or
#				machine (it failed, not the kernel)

declare -A said_before=()		# machine, by its text
declare -A ended_how=()			# by machine
declare -A doing=() since=()		# by machine
declare -A took=() verdict_of=() began_at=()	# by "RUN.NUMBER"
next_run=1 next=0			# the program that is printed next
programs_ended=0 boots=0
reached_suite='' planned='' kernel_failed='' runner_status=0

start_machines()
{
	local machine

	mkfifo "$work/messages"
	exec {messages}<> "$work/messages"
	for ((machine = 1; machine <= machines; machine++)); do
		exec_child "$here/machine" "$work" "$machine" < /dev/null >&"$messages" &
	done
	# Of the two ends keep the one for reading: the last machine closes the other.
	exec {reader_end}< "$work/messages"
	exec {messages}>&-
}

follow_machines()
{
	local line

	while IFS= read -r -u "$reader_end" line; do
		take_message "${line%%$'\t'*}" "${line#*$'\t'}"
		show_progress
	done
	exec {reader_end}<&-
	clear_status
}

# take_message MACHINE "KIND<tab>TEXT"
take_message()
{
	local text=${2#*$'\t'}

	case ${2%%$'\t'*} in
	note)		note_once "$1" "$text" ;;
	detail)		printf '%s\n' "$text" >&2 ;;
	used)		used=$text ;;
	boot)		boots=$((boots + 1))
			begin_doing "$1" "" ;;
	suite)		[ -n "$reached_suite" ] || begin_run
			reached_suite=1 ;;
	planned)	planned=1 ;;
	program)	begin_doing "$1" "$text" ;;
	end)		# shellcheck disable=SC2086 # a list of words
			take_end $text ;;
	runner)		[ "$runner_status" != 0 ] || runner_status=$text ;;
	failed)		kernel_failed=1 ;;
	over)		doing[$1]=over
			take_over "$1" "$text" ;;
	esac
}

# note_once MACHINE TEXT: not what another machine has said
note_once()
{
	clear_status
	[ "${said_before[$2]:-$1}" != "$1" ] || note "$2"
	: "${said_before[$2]:=$1}"
}

# begin_doing MACHINE PROGRAM: it boots if PROGRAM is empty
begin_doing()
{
	now
	doing[$1]=$2
	since[$1]=$now
}

# take_end RUN NUMBER VERDICT BEGAN ENDED
take_end()
{
	programs_ended=$((programs_ended + 1))
	verdict_of[$1.$2]=$3
	began_at[$1.$2]=$4
	took[$1.$2]=$(($5 - $4))
	print_ended
}

# take_over MACHINE WHY: without a machine, or with bad usage, the rest is of no use
take_over()
{
	ended_how[$1]=${2:-done}
	case $2 in
	usage)	exit 2 ;;
	machine) stop_children ;;
	esac
}

# --- One stream --------------------------------------------------------------------

begin_run()
{
	save_line "TAP version 13"
	# Saved results name their kernel.
	[ "$next_run" != 1 ] || save_line "# kernel: $release"
	save_line "1..$plan"
}

# Prints the programs that have ended, up to the first that has not.
print_ended()
{
	local key=$next_run.$next

	while [ -n "${took[$key]:-}" ]; do
		print_block "$work/blocks/$key"
		next=$((next + 1))
		[ "$next" != "$plan" ] || end_run
		key=$next_run.$next
	done
}

# As run_kselftest.sh prints it.
end_run()
{
	local -A count=([pass]=0 [fail]=0 [skip]=0 [xfail]=0)
	local number

	for ((number = 0; number < plan; number++)); do
		count[${verdict_of[$next_run.$number]}]=$((count[${verdict_of[$next_run.$number]}] + 1))
	done
	[ "${count[skip]}" = 0 ] || save_line "# ${count[skip]} skipped test(s) detected. $(
		)Consider enabling relevant config options to improve coverage."
	save_line "# Totals: pass:${count[pass]} fail:${count[fail]} xfail:${count[xfail]} xpass:0 $(
		)skip:${count[skip]} error:0"
	next_run=$((next_run + 1))
	next=0
	[ "$next_run" -gt "$repeat" ] || begin_run
}

# print_block FILE: a program's results, with its number in the suite
print_block()
{
	local line

	while IFS= read -r line; do
		if [[ $line =~ ^((not )?ok )[0-9]+( selftests: .*) ]]; then
			line=${BASH_REMATCH[1]}$((next + 1))${BASH_REMATCH[3]}
		fi
		save_line "$line"
	done < "$1"
	while IFS= read -r line; do
		take_event "$line"
	done < <("$reader" lines < "$1")
}

# After a run that did not complete: what there is.
print_rest()
{
	local file

	[ -n "$reached_suite" ] || return 0
	while [ "$next_run" -le "$repeat" ]; do
		for file in "$work/blocks/$next_run.$next"{,.part}; do
			[ ! -e "$file" ] || print_block "$file"
		done
		next=$((next + 1))
		[ "$next" -lt "$plan" ] || { next=0; next_run=$((next_run + 1)); }
	done
}

# program_ended VERDICT: called by take_event
program_ended()
{
	local key=$next_run.$next

	{ printf '%s\t%s\t%d\t%d\n' "${programs[next]}" "$1" "${began_at[$key]:-0}" \
		$((${began_at[$key]:-0} + ${took[$key]:-0})) >> "$log/times"; } 2>/dev/null ||
		die "cannot write $log/times; make room"
	[ -z "$on_terminal$brief" ] || show_program "$1" "${programs[next]#*:}" "${took[$key]:-0}" 2>/dev/null ||
		die_cannot_write "standard output" 1
}

save_line()
{
	printf '%s\n' "$1" 1>&"$saved" 2>/dev/null || die_cannot_write "$log/results.ktap" "$saved"
	[ -n "$on_terminal$brief" ] || print_line "$1"
}

# --- The status line on a terminal ------------------------------------------------

show_progress()
{
	local machine list=''

	[ -n "$on_terminal" ] || return 0
	now
	if [ -z "$reached_suite" ]; then
		show_status "booting $release, $(((now - began_booting) / 1000)) s"
		return
	fi
	for ((machine = 1; machine <= machines; machine++)); do
		case ${doing[$machine]:-} in
		over)	;;
		'')	list+="${list:+; }booting" ;;
		*)	list+="${list:+; }${doing[$machine]}, $(((now - since[$machine]) / 1000)) s" ;;
		esac
	done
	show_status "[$((programs_ended < plan * repeat ? programs_ended + 1 : programs_ended))/$((plan * repeat))] $list"
}
