# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Understands what kselftest's runner prints, one line at a time:
#	1..2
#	# selftests: cgroup: test_core		a program begins
#	# ok 3 test_cgcore_destroy		one of its own results
#	# # test_core.c:42: Expected ...	what it says
#	not ok 1 selftests: cgroup: test_core	the program's verdict

plan=''			# programs the runner means to run
running=''		# the program that runs now, COLLECTION:NAME
running_since=0
programs_done=0 programs_failed=0 programs_skipped=0
sub_passed=0 sub_failed=0 sub_skipped=0 sub_xfailed=0
runs=0			# of the suite, begun
run_of=''		# "run 2 of 10: ", where there are several
declare -A verdicts=()	# of each result, in all runs: words
flips=()		# results that were not the same in all runs
said=()			# what the running program said since its last result
shown=()		# lines of its results that a reader wants to see

ktap_line()
{
	local line=$1

	case $line in
	"1.."*)		[ -n "$plan" ] || plan=${line#1..} ;;
	"# selftests: "*) program_begins "${line#"# selftests: "}" ;;
	"# ok "* | "# not ok "* | "# 1..0 "*)
			sub_result "${line#"# "}" ;;
	"ok "* | "not ok "*) program_ends "$line" ;;
	"# "*)		said+=("${line#"# "}") ;;
	esac
}

# Each run plans as many programs as the first.
run_begins()
{
	runs=$((runs + 1))
	[ "$repeat" = 1 ] || run_of="run $runs of $repeat: "
}

# remember RESULT VERDICT
remember()
{
	[ -n "$1" ] || return 0
	[[ " ${verdicts[$1]:-} " = *" $2 "* ]] || verdicts[$1]+="$2 "
}

find_flips()
{
	local name

	for name in "${!verdicts[@]}"; do
		[ -z "${verdicts[$name]#* }" ] ||
			flips+=("$name: ${verdicts[$name]% }")
	done
}

program_begins()
{
	running=${1/: /:}
	now
	running_since=$now
	said=()
	shown=()
}

# Enough to explain a failure, not a log that went wild.
show_what_was_said()
{
	local from=$(( ${#said[@]} > 40 ? ${#said[@]} - 40 : 0 ))

	shown+=("${said[@]:from}")
}

sub_result()
{
	local name=${1#*ok } verdict=passed

	case $1 in
	"1..0 "*)	sub_skipped=$((sub_skipped + 1))
			shown+=("$1") ;;
	"not ok "*)	sub_failed=$((sub_failed + 1))
			verdict=failed
			shown+=("$1")
			show_what_was_said ;;
	*"# SKIP"*)	sub_skipped=$((sub_skipped + 1))
			verdict=skipped
			shown+=("$1") ;;
	*"# XFAIL"*)	sub_xfailed=$((sub_xfailed + 1))
			verdict=xfailed
			shown+=("$1") ;;
	*)		sub_passed=$((sub_passed + 1)) ;;
	esac
	# A number, the name, and what may stand behind it.
	name=${name#* }
	[ "${1#1..0}" != "$1" ] || remember "${name%% #*}" "$verdict"
	said=()
}

# A program without results of its own explains itself by what it said last.
program_ends()
{
	local verdict=passed

	case $1 in
	"not ok "*)	verdict=failed
			programs_failed=$((programs_failed + 1))
			show_what_was_said ;;
	*"# SKIP"*)	verdict=skipped
			programs_skipped=$((programs_skipped + 1)) ;;
	esac
	programs_done=$((programs_done + 1))
	remember "${running#*:}" "$verdict"
	program_ended "$verdict" "$1"
	running=
	said=()
}

# The exit status that the results deserve, with the reason in $reason when it
# is not obvious from the results.
ktap_verdict()
{
	local runner_status=$1

	reason=
	if [ "${plan:-0}" = 0 ]; then
		reason="run_kselftest.sh planned no test (its status: $runner_status); check the install directory"
		return 2
	elif [ "$programs_done" != $((plan * repeat)) ]; then
		reason="only $programs_done of $((plan * repeat)) programs reported a result"
		return 1
	elif [ "$programs_failed" -gt 0 ]; then
		return 1
	elif [ "$runner_status" != 0 ]; then
		reason="every program passed, but run_kselftest.sh ended with status $runner_status"
		return 1
	elif [ ${#flips[@]} -gt 0 ]; then
		reason="${#flips[@]} results were not the same in all runs"
		return 1
	elif [ "$programs_skipped" = "$programs_done" ]; then
		return 4
	fi
	return 0
}
