# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What the check scripts share: they print one line per check, "ok - NAME",
# "not ok - NAME" or "ok - NAME # SKIP REASON"; details go to stderr as "# ...".

set -uo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# What the scripts exit with.
check_failed=0

ok()
{
	echo "ok - $1"
}

not_ok()
{
	echo "not ok - $1"
	check_failed=1
}

skip()
{
	echo "ok - $1 # SKIP $2"
}

# details FILE: what explains a failure
details()
{
	sed 's/^/# /' "$1" | tail -n "${2:-40}" >&2
}

# check NAME COMMAND...: ok if the command succeeds; its output if it does not
check()
{
	local name=$1 out
	shift

	out=$(mktemp)
	if "$@" >"$out" 2>&1; then
		ok "$name"
	else
		not_ok "$name"
		details "$out"
	fi
	rm -f "$out"
}

fails()
{
	! "$@"
}

# A scratch directory that goes with the script.
make_scratch()
{
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/task_exit.check.XXXXXX")
	trap 'rm -rf "$scratch"' EXIT
}

# The kernel tree that the project is checked with.
kernel_tree()
{
	"$here/scripts/pinned" tree 2>/dev/null
}

# Whether kernel_tree is of the series that is edited, and not one that stands in.
tree_is_of_its_series()
{
	local series

	series=$(sed -n 's/^source_series=//p' "$here/scripts/pinned")
	[[ "$(kernel_tree)" == */linux-source-"$series"_* ]]
}

# pinned SPEC...: those kernels, or what stands in for them where the archive has lost
# them; what it says is for tell_pinned
pinned()
{
	"$here/scripts/pinned" kernels "$@"
}

# tell_pinned NAME: what stands in, as a remark, and a skip for what nothing stands in for
tell_pinned()
{
	local line kernel

	while read -r line; do
		kernel=${line#*the archive has no }
		case $line in
		*", and no kernel with the same fixes"*)
			skip "$1: ${kernel%%,*}" "${line#*: }" ;;
		*) echo "# ${line#*: }" ;;
		esac
	done
}

# build_history DIR: DIR/history, which holds lib/releases.c against a changelog
build_history()
{
	(cd "$here" && gcc -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -Ilib -Ireport \
		check/expect/history.c report/claims.c lib/{fixes,releases}.c -o "$1/history")
}

# build_expect DIR: DIR/expect, which knows what the suite is to say of a kernel
build_expect()
{
	(cd "$here" && gcc -std=gnu11 -O2 -Wall -Wextra -D_GNU_SOURCE -Ilib -Ireport \
		-Icheck/expect check/expect/{expect,rules}.c report/{ktap,verdict}.c lib/{fixes,releases}.c \
		-o "$1/expect")
}

# ran STATUS COMMAND...: its output in $scratch/out and $scratch/err
ran()
{
	local want=$1 status=0
	shift

	"$@" >"$scratch/out" 2>"$scratch/err" || status=$?
	[ "$status" = "$want" ] || { echo "status $status, not $want"; cat "$scratch/out" "$scratch/err"; return 1; }
}

out_has()
{
	grep -qE -- "$1" "$scratch/out" || { echo "no '$1' in:"; cat "$scratch/out"; return 1; }
}

err_has()
{
	grep -qE -- "$1" "$scratch/err" || { echo "no '$1' in:"; cat "$scratch/err"; return 1; }
}

one_line()
{
	[ "$(wc -l <"$scratch/err")" = 1 ] || { cat "$scratch/err"; return 1; }
}

# results PROGRAM RESULT...: what the runner saves of it
results()
{
	local program=$1 n=0 result
	shift

	printf '%s\n' "TAP version 13" "1..1" "# selftests: task_exit: $program" \
		"# TAP version 13" "# 1..$#"
	for result; do
		n=$((n + 1))
		case $result in
		"-"*)	printf '%s\n' "# # invariant: it is \"so\" & <not> otherwise" \
				"# #      1.234  test         it looks" \
				"# # missing fix: ${result#* * }" ;;
		esac
		case $result in
		"-"*)	echo "# not ok $n $program.$(cut -d' ' -f2 <<<"$result") #  it is not so" ;;
		*)	echo "# ok $n $program.$result" ;;
		esac
	done
	echo "ok 1 selftests: task_exit: $program"
}

# complete REASON: the results that it reads, and a skip, for this reason, of every test
# that has none: the verdict wants each of them asked
complete()
{
	awk '
		function tell(    program, n, i) {
			print "1.." programs
			for (program in nr) {
				print "# selftests: task_exit: " program
				print "# 1.." nr[program]
				n = split(tests[program], test, " ")
				for (i = 1; i <= n; i++)
					print "# ok " i " " program "." test[i] " # SKIP " reason
				print "ok " ++ended " selftests: task_exit: " program
			}
		}
		FILENAME == "-" {
			print
			if (match($0, /ok [0-9]+ [a-z_0-9]+\.[^ \r]+/)) {
				split(substr($0, RSTART, RLENGTH), word, " ")
				there[word[3]] = 1
			}
			next
		}
		$1 == ".program" { program = unquoted($3) }
		$1 == ".test" && !((name = program "." unquoted($3)) in there) {
			programs += !nr[program]++
			tests[program] = tests[program] " " unquoted($3)
		}
		function unquoted(text) {
			gsub(/[",]/, "", text)
			return text
		}
		END { if (programs) tell() }' reason="$1" - "$here/lib/fixes.c"
}

# readme_has_the_releases DIR: of each commit that its table names the mainline release,
# and no release that lib/releases.c does not know. A backport is one line there: it may
# stand in the README, and need not.
readme_has_the_releases()
{
	build_expect "$1" || return
	"$1/expect" -r | awk -F'[|\t]' '
		FILENAME != "-" {
			gsub(/ /, "")
			if ($4 ~ /^[0-9a-f]+$/ && length($4) == 12)
				said[$4] = said[$4] $5 "\n"
			next
		}
		{ known[$1] = 1 }
		$1 in said {
			gsub(/ /, "", $2)
			n = split(said[$1], row, "\n")
			mainline = $2
			sub(/,.*/, "", mainline)
			for (i = 1; i < n; i++) {
				m = split(row[i], release, ",")
				bad = release[1] != mainline
				for (j = 1; j <= m; j++)
					bad = bad || !index("," $2 ",", "," release[j] ",")
				if (bad)
					wrong[$1 " is in " $2 ", not in " row[i]]
			}
		}
		END {
			for (commit in said)
				if (!(commit in known))
					wrong["lib/fixes.c has no " commit]
			for (line in wrong) {
				print line
				status = 1
			}
			exit status
		}' "$here/README.md" -
}
