# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
#
# KTAP for the checks. A test is described by one line with tabs between the fields:
#
#	NAME VERDICT GUARDS MISSING REASON
#
# VERDICT is pass, fail, skip or xfail; GUARDS are as in "task_exit --list"; MISSING
# follows "missing fix: " in the explanation of a failure. An empty field is "-".

# test_line NAME VERDICT [GUARDS [MISSING [REASON]]]
test_line()
{
	printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "${3:--}" "${4:--}" "${5:--}"
}

# test_lines VERDICT NAME GUARDS...: several tests with the same verdict
test_lines()
{
	local verdict=$1
	shift

	while [ $# -gt 1 ]; do
		test_line "$1" "$verdict" "$2"
		shift 2
	done
}

# with_all_fixes REASON: passes the lines on, and adds a test that was skipped, for this
# reason, for each fix that none of them guards
with_all_fixes()
{
	awk -F'\t' -v OFS='\t' -v reason="$1" '
		NR == FNR {
			print
			n = split($3, guard, ",")
			for (i = 1; i <= n; i++) {
				sub(/\?$/, "", guard[i])
				guarded[guard[i]] = 1
			}
			next
		}
		!($1 in guarded) { print "other_fixes.test" FNR, "skip", $1, "-", reason }
	' - <("$("$here/report/build")" releases)
}

# ktap: what the runner prints for these tests, which are the whole suite
ktap()
{
	awk -F'\t' '
		{
			split($1, part, ".")
			if (part[1] != program[nr_programs])
				program[++nr_programs] = part[1]
			test[nr_programs, ++nr_tests[nr_programs]] = $0
		}
		END {
			print "TAP version 13\n1.." nr_programs + 0
			for (p = 1; p <= nr_programs; p++)
				print_program(p)
		}
		function print_program(p,    t, failed) {
			print "# selftests: task_exit: " program[p]
			print "# TAP version 13\n# 1.." nr_tests[p]
			for (t = 1; t <= nr_tests[p]; t++)
				failed += print_test(t, test[p, t])
			print "# # suite: " nr_programs " programs, " NR " tests"
			print (failed ? "not ok " : "ok ") p " selftests: task_exit: " program[p]
		}
		function print_test(nr, line,    field, guard, n, i) {
			split(line, field, "\t")
			print "# #  RUN           " field[1] " ..."
			print "# # invariant: it is \"so\" & <not> otherwise"
			n = field[3] == "-" ? 0 : split(field[3], guard, ",")
			for (i = 1; i <= n; i++)
				print "# # guards: " (sub(/\?$/, "", guard[i]) ?
					guard[i] " (failure only)" : guard[i])
			if (field[2] == "fail")
				explain(field[1], field[4])
			print "# " result_of(nr, field)
			return field[2] == "fail"
		}
		function explain(name, missing) {
			print "# # failure: it is not so"
			print "# # timeline, in milliseconds:"
			print "# #     101.648  test         a step of " name
			if (missing != "-")
				print "# # missing fix: " missing
		}
		function result_of(nr, field,    reason) {
			reason = field[5] == "-" ? "" : field[5]
			if (field[2] == "fail")
				return "not ok " nr " " field[1] " #  it is not so"
			if (field[2] != "pass")
				reason = toupper(field[2]) " " reason
			return "ok " nr " " field[1] (reason == "" ? "" : " # " reason)
		}'
}
