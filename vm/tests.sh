# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# The tests of an install tree, and how run_kselftest.sh is told to run some of them.

# harness_tests FILE: of a program of kselftest's harness a line for each name that a test
# of it has, "TEST" and "VARIANT.TEST", with the option that chooses it. Nothing of another
# program: it would run for that question.
harness_tests()
{
	grep -aqF '# FIXTURE' "$1" || return 0
	# The columns are of one width, but for a name that is wider.
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

# find_program NAME: COLLECTION:PROGRAM, by the second or both of them
find_program()
{
	awk -F: -v name="$1" '$0 == name || $2 == name' "$install/kselftest-list.txt"
}

known_programs()
{
	cut -d: -f2 "$install/kselftest-list.txt" | paste -sd' '
}

# check_test NAME: PROGRAM.TEST or PROGRAM.VARIANT.TEST. Sets entry to the program's, and
# option to what chooses the test; to nothing where the program cannot choose.
check_test()
{
	local known

	entry=$(find_program "${1%%.*}")
	[ -n "$entry" ] || die "no test $1; known: $(known_programs)"
	entry=${entry%%$'\n'*}
	option=
	known=$(harness_tests "$install/${entry/://}")
	[ -n "$known" ] || return 0
	option=$(awk -v name="${1#*.}" '$1 == name { print $2, $3 }' <<< "$known")
	[ -n "$option" ] ||
		die "no test $1; ${1%%.*} has $(sed -n 's/ -t .*//p' <<< "$known" | paste -sd' ')"
}

# choose_tests NAME...: sets arguments to what makes run_kselftest.sh run these programs,
# and environment to what makes them run these tests
choose_tests()
{
	local name found entry option
	local -A options=()

	arguments=
	for name; do
		found=$(find_program "$name")
		if [ -z "$found" ]; then
			[[ $name = *.* ]] || die "no test $name; known: $(known_programs)"
			check_test "$name"
			[ -n "$option" ] || die "${name%%.*} runs as a whole: it has no option for $name"
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
}

# add_choice ENTRY OPTION: a program that is named by itself, too, runs as a whole
add_choice()
{
	[ -n "${options[$1]:-}" ] || arguments+=" -t $1"
	case ${options[$1]:-}:$2 in
	" ":* | *:)	options[$1]=" " ;;
	*)		options[$1]+="$2 " ;;
	esac
}

# The variable in which kselftest's runner looks for a program's arguments.
arguments_of()
{
	local name=${1//[^A-Za-z0-9_]/_}

	echo "KSELFTEST_${name^^}_ARGS"
}
