# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Finds the tests in an install tree, and makes run_kselftest.sh run some of them.

# harness_tests PROGRAM: prints a line for each of its tests, with the option that selects
# it: "TEST -t TEST", and "VARIANT.TEST -r FIXTURE.VARIANT.TEST" for each variant. Prints
# nothing if the program does not use kselftest_harness.h: it would run its tests instead of
# listing them.
harness_tests()
{
	grep -aqF '# FIXTURE' "$1" || return 0
	# Columns have a fixed width; a wider name is followed by two blanks.
	"$1" -l 2>&1 | awk '
		function width(name, least) {
			return length(name) < least ? least + 2 : length(name) + 2
		}
		function print_fixture(    i, j) {
			for (i = 1; i <= tests; i++) {
				print test[i], "-t", test[i]
				for (j = 1; j <= variants; j++)
					print variant[j] "." test[i], "-r", \
					      fixture "." variant[j] "." test[i]
			}
			tests = variants = 0
		}
		NR == 1 { next }
		/^---/ { print_fixture(); next }
		{
			if (/^[^ ]/)
				fixture = $1
			rest = substr($0, width(/^[^ ]/ ? $1 : "", 20))
			split(rest, word, " ")
			name = rest ~ /^[^ ]/ ? word[1] : ""
			if (name != "")
				variant[++variants] = name
			name = substr(rest, width(name, 25))
			if (name != "")
				test[++tests] = name
		}
		END { print_fixture() }'
}

# find_program NAME: prints COLLECTION:PROGRAM; NAME is that, or PROGRAM
find_program()
{
	awk -F: -v name="$1" '$0 == name || $2 == name' "$install/kselftest-list.txt"
}

known_programs()
{
	cut -d: -f2 "$install/kselftest-list.txt" | paste -sd' '
}

# check_test NAME: NAME is PROGRAM.TEST or PROGRAM.VARIANT.TEST. Sets entry to
# COLLECTION:PROGRAM, and option to the option that selects the test; empty if the program
# has no such option.
check_test()
{
	local known

	entry=$(find_program "${1%%.*}")
	[ -n "$entry" ] || die "no test $1; known: $(known_programs)"
	entry=${entry%%$'\n'*}
	option=
	if is_foreign "$install/${entry/://}"; then
		set_foreign_option "$install/${entry/://}" "${1#*.}"
		return
	fi
	known=$(harness_tests "$install/${entry/://}")
	[ -n "$known" ] || return 0
	option=$(awk -v name="${1#*.}" '$1 == name { print $2, $3 }' <<< "$known")
	[ -n "$option" ] ||
		die "no test $1; ${1%%.*} has $(sed -n 's/ -t .*//p' <<< "$known" | paste -sd' ')"
}

# Whether a program does not run on this machine.
is_foreign()
{
	local of

	of=$(elf_arch "$1") && ! is_host_arch "$of"
}

# set_foreign_option PROGRAM TEST: a program of another architecture cannot list its tests.
set_foreign_option()
{
	grep -aqF '# FIXTURE' "$1" || return 0
	[[ $2 != *.* ]] ||
		die "cannot select the variant $2 of a program of another architecture; use ${2#*.}"
	grep -aqF "$2" "$1" || die "no test $2 in ${1##*/}"
	option="-t $2"
}

# choose_tests NAME...: sets programs to these, COLLECTION:PROGRAM, in the order in which
# run_kselftest.sh runs them, and environment, which makes the programs run these tests. Without
# a name, all programs.
choose_tests()
{
	local name found entry option
	local -A options=()

	entries=()
	for name; do
		found=$(find_program "$name")
		if [ -z "$found" ]; then
			[[ $name = *.* ]] || die "no test $name; known: $(known_programs)"
			check_test "$name"
			[ -n "$option" ] || die "cannot select $name: ${name%%.*} has no option for that; use ${name%%.*}"
			found=$entry
		else
			option=
		fi
		for entry in $found; do
			add_choice "$entry" "$option"
		done
	done
	for entry in "${!options[@]}"; do
		[ -z "${options[$entry]% }" ] ||
			environment+=("$(arguments_of "${entry#*:}")=${options[$entry]% }")
	done
	[ $# -gt 0 ] || mapfile -t entries < "$install/kselftest-list.txt"
	mapfile -t programs < <(printf '%s\n' "${entries[@]}" | awk 'NF && !seen[$0]++' |
		sort -s -t: -k1,1)
}

# add_choice ENTRY OPTION: a program that is also named by itself runs all its tests
add_choice()
{
	[ -n "${options[$1]:-}" ] || entries+=("$1")
	case ${options[$1]:-}:$2 in
	" ":* | *:)	options[$1]=" " ;;
	*)		options[$1]+="$2 " ;;
	esac
}

# arguments_of PROGRAM: the variable from which kselftest's runner takes its arguments
arguments_of()
{
	local name=${1//[^A-Za-z0-9_]/_}

	echo "KSELFTEST_${name^^}_ARGS"
}
