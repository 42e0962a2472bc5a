# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Judges the fixes by the results, prints the verdicts and writes docs/fixes.md.

# run_dirs KERNEL: the directories of its runs
run_dirs()
{
	local dir

	[ -n "${results[$1]:-}" ] || return 0
	for dir in "${results[$1]}" "${results[$1]}".*; do
		[ ! -s "$dir/ended" ] || echo "$dir"
	done
}

# tests_with VERDICT KERNEL: the tests that have it in some run, sorted
tests_with()
{
	local dir

	while read -r dir; do
		"$reader" lines < "$dir/results.ktap" |
			awk -F'\t' -v verdict="$1" '$1 == "result" && $2 == verdict { print $3 }'
	done < <(run_dirs "$2") | sort -u
}

# how_it_failed KERNEL: how the machine failed, if it did
how_it_failed()
{
	local dir

	while read -r dir; do
		machine_failure "$dir"
	done < <(run_dirs "$1") | sort -u | paste -sd, | sed '/^$/d; s/,/, /g'
}

passes_since()
{
	comm -12 <(tests_with fail base) <(tests_with pass "$1")
}

# broken_by KERNEL: what fails on it and not on the base, one per line
broken_by()
{
	comm -13 <(tests_with fail base) <(tests_with fail "$1")
	how_it_failed "$1"
}

# expected_of KERNEL: the tests that pass with it
expected_of()
{
	local fix

	case $1 in
	all | all.*)
		for fix in "${fixes[@]}"; do
			tests_of "$fix"
		done ;;
	*)	tests_of "$1" ;;
	esac | sort -u
}

# differences KERNEL: what is not as expected; of a fix done wrong, what does not fail
differences()
{
	local kernel=$1

	case $kernel in
	*.wrong)
		[ -n "$(how_it_failed "$kernel")" ] ||
			comm -23 <(expected_of "$kernel") <(tests_with fail "$kernel") |
			sed 's/^/does not fail: /' ;;
	*)	comm -23 <(expected_of "$kernel") <(tests_with pass "$kernel") | sed 's/^/does not pass: /'
		comm -13 <(expected_of "$kernel") <(passes_since "$kernel") | sed 's/^/passes, too: /'
		broken_by "$kernel" | sed 's/^/fails: /' ;;
	esac
}

# set_verdicts: works or not, for each kernel that was run
set_verdicts()
{
	local kernel

	declare -gA verdict=() differs=()
	for kernel in "${!results[@]}"; do
		# shellcheck disable=SC2004 # a name, not a number
		[ -n "$(run_dirs "$kernel")" ] || lost[$kernel]="no results"
	done
	if [ -n "${lost[base]:-}" ]; then
		note "the kernel without a fix: ${lost[base]}"
		exit 3
	fi
	for kernel in "${!lost[@]}"; do
		verdict[$kernel]=${lost[$kernel]}
	done
	for kernel in "${!results[@]}"; do
		if [ "$kernel" = base ] || [ -n "${lost[$kernel]:-}" ]; then
			continue
		fi
		differs[$kernel]=$(differences "$kernel")
		verdict[$kernel]=works
		[ -z "${differs[$kernel]}" ] || verdict[$kernel]="does not work"
	done
}

# finding_title NR
finding_title()
{
	sed -n "s/^$1\. //p" "$here/docs/findings.md"
}

# print_verdict KERNEL NAME
print_verdict()
{
	local total

	total=$(expected_of "$1" | wc -l)
	case $1:${verdict[$1]} in
	*.wrong:works)	echo "    $2: $total of $total tests fail" ;;
	*:works)	echo "    $2: $total of $total tests pass, nothing else changes" ;;
	*)		echo "    $2: ${verdict[$1]}"
			sed '/^$/d; s/^/        /' <<< "${differs[$1]:-}" ;;
	esac
}

print_verdicts()
{
	local fix nr kernel

	for fix in "${fixes[@]}"; do
		for nr in $(fix_value "$fix" finding); do
			echo "$nr. $(finding_title "$nr")"
		done
		print_verdict "$fix" "$fix"
		print_verdict "$fix.wrong" "done wrong"
	done
	[ -z "$together" ] || echo "All fixes together"
	for kernel in $(printf '%s\n' "${!verdict[@]}" | grep '^all' | sort); do
		print_verdict "$kernel" "$kernel"
	done
}

# --- docs/fixes.md ------------------------------------------------------------

# code_list: lines as a list in one line
code_list()
{
	# shellcheck disable=SC2016 # the backquotes are of markdown
	sed 's/.*/`&`/' | paste -sd, | sed 's/,/, /g'
}

print_fix_row()
{
	local fix=$1

	echo "| $(fix_value "$fix" finding | sed 's/ /, /g') | [$fix](../fixes/$fix) |" \
		"$(fix_value "$fix" since) | $(tests_of "$fix" | code_list) |" \
		"${verdict[$fix]} |" \
		"$(tests_of "$fix.wrong" | code_list): ${verdict[$fix.wrong]/works/fails} |"
}

print_debug_rows()
{
	local kernel

	for kernel in $(printf '%s\n' "${!verdict[@]}" | grep '^all\.' | sort); do
		echo "| ${kernel#all.} | $(run_dirs "$kernel" | wc -l) | ${verdict[$kernel]} |"
	done
}

print_docs()
{
	local fix

	cat <<-EOT
	<!-- SPDX-License-Identifier: GPL-2.0-only -->
	# Candidate fixes for the findings

	Made by \`make fixes\` of ${pristine##*/}. [findings.md](findings.md) describes the
	findings, [fixes/README.md](../fixes/README.md) the fixes; \`make fixes\` also writes the
	patches and the reports to results/fixes. All results are with \`TASK_EXIT_STRICT=1\`.

	| finding | fix | since | passes with it | result | the fix done wrong fails |
	|---|---|---|---|---|---|
	EOT
	for fix in "${fixes[@]}"; do
		print_fix_row "$fix"
	done
	cat <<-EOT

	A fix works if these tests pass with it and nothing else changes.

	All fixes together, the whole suite: ${verdict[all]:-not run}. These tests still fail, see
	[undecided.md](undecided.md): $(tests_with fail all | code_list).
	EOT
	[ -z "${differs[all]:-}" ] || printf '\n%s\n' "${differs[all]}"
	[ -z "$(print_debug_rows)" ] || cat <<-EOT

	All fixes together on kernels with debug options (\`make fixes DEBUG=1\`):

	| options | boots | result |
	|---|---|---|
	$(print_debug_rows)
	EOT
}

write_docs()
{
	print_docs > "$work/fixes.md"
	cp "$work/fixes.md" "$1" || die "cannot write $1; make room"
}
