# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Validates the variables of make and scripts/* before anything is installed, fetched or
# built. A bad value is fatal.

. "$here/vm/arguments.sh"

# check_file NAME VALUE EXPECTED: EXPECTED says which file NAME takes
check_file()
{
	if [ -d "$2" ]; then
		die "$1=$2 is a directory; set $1 to $3"
	elif ! { [ -f "$2" ] && [ -r "$2" ]; }; then
		die "$1=$2 cannot be read; set $1 to $3"
	fi
}

check_tree()
{
	[ -e "$2/tools/testing/selftests/lib.mk" ] ||
		die "$1=$2 is not a kernel tree: it has no tools/testing/selftests/lib.mk"
}

# Unsets a switch that is 0, so that the callers need only test whether it is set.
check_switch()
{
	case $2 in
	1)	;;
	0)	unset "$1" ;;
	*)	die "$1 takes 0 or 1, not '$2'" ;;
	esac
}

# Prints PROGRAM.TEST for each test.
known_tests()
{
	(cd "$here" && awk '
		sub(/^TEST_INVARIANT\(/, "") { opened = 1 }
		opened && match($0, /[a-z0-9_]+/) {
			program = FILENAME
			sub(/^cgroup\//, "cgroup_", program)
			sub(/^sched_ext\//, "scx_", program)
			sub(/\.c$/, "", program)
			print program "." substr($0, RSTART, RLENGTH)
			opened = 0
		}' {cgroup,sched_ext}/*.c)
}

# check_tests LIST: ignores variants (PROGRAM.VARIANT.TEST); vm/run checks them.
check_tests()
{
	local test program known

	known=$(known_tests)
	[[ $1 == *[^\ ,]* ]] || die "TESTS is empty; name tests, or leave it out to run all of them"
	for test in ${1//,/ }; do
		test=${test#task_exit:}
		program=${test%%.*}
		grep -q "^${program//[^A-Za-z0-9_]/-}\." <<< "$known" ||
			die "no test $program; known: $(cut -d. -f1 <<< "$known" | uniq | paste -sd' ')"
		[ "$test" = "$program" ] || grep -qxF -- "$program.${test##*.}" <<< "$known" ||
			die "no test $test; $program has" \
				"$(sed -n "s/^$program\.//p" <<< "$known" | paste -sd' ')"
	done
}

# check_variables NAME...: ignores those that are not set
check_variables()
{
	local name value

	for name; do
		value=${!name:-}
		[ -n "$value" ] || continue
		case $name in
		CPUS)		check_cpus CPUS "$value" ;;
		MEM)		check_memory MEM "$value" ;;
		JOBS)		check_number JOBS "$value" 1 99 ;;
		REPEAT)		check_number REPEAT "$value" 1 9999 ;;
		MESSAGE)	check_expression MESSAGE "$value" ;;
		FILE)		check_file FILE "$value" "a file of saved results" ;;
		CHANGELOG)	check_file CHANGELOG "$value" "a deb, an rpm or a text file" ;;
		VMLINUX_BTF)	check_file VMLINUX_BTF "$value" "a vmlinux or a file of raw BTF" ;;
		VMLINUX_H)	check_file VMLINUX_H "$value" "a vmlinux.h" ;;
		KDIR)		check_tree KDIR "$value" ;;
		TEST | TESTS)	check_tests "$value" ;;
		V | FIX | SCHEDULER | EXPLORE | QUICK | FULL | REUSE | PATCHES | DEBUG | TASK_EXIT_STRICT)
				check_switch "$name" "$value" ;;
		*)		die "BUG: check_variables does not know $name" ;;
		esac
	done
}

# The variables of scripts/build.
build_variables="KDIR VMLINUX_BTF VMLINUX_H V"
