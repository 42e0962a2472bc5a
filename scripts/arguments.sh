# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# What people type after make, or have in the environment of scripts/*, is checked before
# anything is installed, fetched or built.

. "$here/vm/arguments.sh"

# check_file NAME VALUE WHAT: it is to be WHAT
check_file()
{
	if [ -d "$2" ]; then
		die "$1=$2 is a directory; give $1= $3"
	elif ! { [ -f "$2" ] && [ -r "$2" ]; }; then
		die "$1=$2 cannot be read; give $1= $3"
	fi
}

check_tree()
{
	[ -e "$2/tools/testing/selftests/lib.mk" ] ||
		die "$1=$2 is no kernel tree: it has no tools/testing/selftests/lib.mk"
}

# A switch that is off is one that is not there.
check_switch()
{
	case $2 in
	1)	;;
	0)	unset "$1" ;;
	*)	die "$1 takes 1, or 0 for no, not '$2'" ;;
	esac
}

# PROGRAM.TEST of all that there are
known_tests()
{
	awk -F'"' '/\.program = / { program = $2 } /\.test = / { print program "." $2 }' \
		"$here/lib/fixes.c" | sort -u
}

# check_tests LIST: what stands between program and test, a variant, vm/run knows.
check_tests()
{
	local test program known

	known=$(known_tests)
	[[ $1 == *[^\ ,]* ]] || die "TESTS names no test; leave it out for all"
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

# check_variables NAME...: those of them that are set
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
		FILE)		check_file FILE "$value" "the saved results" ;;
		CHANGELOG)	check_file CHANGELOG "$value" "a deb, an rpm, or a text" ;;
		VMLINUX_BTF)	check_file VMLINUX_BTF "$value" "a vmlinux, or raw BTF" ;;
		VMLINUX_H)	check_file VMLINUX_H "$value" "a vmlinux.h" ;;
		KDIR)		check_tree KDIR "$value" ;;
		TEST | TESTS)	check_tests "$value" ;;
		V | FIX | QUICK | FULL | TASK_EXIT_STRICT)
				check_switch "$name" "$value" ;;
		*)		die "$name is not checked" ;;
		esac
	done
}

# What a build takes from the environment.
build_variables="KDIR VMLINUX_BTF VMLINUX_H V"
