# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Counts results, from the events of "task_exit-report lines".

plan=''			# programs in one run of the suite
programs_done=0 programs_failed=0 programs_skipped=0
passed=0 failed=0 skipped=0 xfailed=0	# results
results_before=0	# when the program began
said=()			# lines of the running program since its last result
shown=()		# lines of its results that are worth showing

# take_event LINE
take_event()
{
	local -a field

	IFS=$'\t' read -r -a field <<< "$1"
	case ${field[0]} in
	plan)		[ -n "$plan" ] || plan=${field[1]} ;;
	program)	program_begins ;;
	said)		said+=("${1#*$'\t'}") ;;
	result)		take_result "${field[@]:1}" ;;
	end)		program_ends "${field[@]:1}" ;;
	esac
}

results_seen()
{
	echo $((passed + failed + skipped + xfailed))
}

program_begins()
{
	results_before=$(results_seen)
	said=()
	shown=()
}

# A test may print without end: show what it said last.
show_said()
{
	local from=$(( ${#said[@]} > 40 ? ${#said[@]} - 40 : 0 ))

	shown+=("${said[@]:from}")
}

# take_result VERDICT NAME REASON MISSING
take_result()
{
	local reason=${3#-}

	case $1 in
	pass)	passed=$((passed + 1)) ;;
	fail)	failed=$((failed + 1)) ;;
	skip)	skipped=$((skipped + 1)) ;;
	xfail)	xfailed=$((xfailed + 1)) ;;
	esac
	[ "$1" = pass ] || shown+=("$1 $2${reason:+: $reason}")
	[ "$1" != fail ] || show_said
	said=()
}

# program_ends VERDICT NAME REASON
program_ends()
{
	case $1 in
	fail)	programs_failed=$((programs_failed + 1))
		# Without a result, the program's last lines say why.
		show_said ;;
	skip)	programs_skipped=$((programs_skipped + 1))
		if [ "$(results_seen)" = "$results_before" ]; then
			skipped=$((skipped + 1))
			shown+=("skip: ${3#-}")
		fi ;;
	esac
	programs_done=$((programs_done + 1))
	program_ended "$1"
	said=()
}

# results_status RUNNER-STATUS: returns the exit status for the results. Sets reason if
# they do not show it.
results_status()
{
	reason=
	if [ "${plan:-0}" = 0 ]; then
		reason="run_kselftest.sh planned no test (its status: $1); check the install directory"
		return 2
	elif [ "$programs_done" != $((plan * repeat)) ]; then
		reason="only $programs_done of $((plan * repeat)) programs reported a result"
		return 1
	elif [ "$programs_failed" -gt 0 ]; then
		return 1
	elif [ "$1" != 0 ]; then
		reason="every program passed, but run_kselftest.sh ended with status $1"
		return 1
	elif [ ${#unstable[@]} -gt 0 ]; then
		reason="${#unstable[@]} results were not the same in all runs"
		return 1
	elif [ "$programs_skipped" = "$programs_done" ]; then
		return 4
	fi
	return 0
}
