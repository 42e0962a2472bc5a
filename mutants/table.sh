# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Finds the tests that kill each mutant, prints them and updates docs/mutants.*.

# The directories of the runs of skipped tests, per mutant, in lines.
declare -A more_dirs=()

# run_dirs MUTANT: the directories of its runs
run_dirs()
{
	local nr

	echo "${results[$1]}"
	for ((nr = 2; nr <= repeat; nr++)); do
		echo "${results[$1]}.$nr"
	done
	printf '%s' "${more_dirs[$1]:-}"
}

# print_results MUTANT: the results of all its runs
print_results()
{
	local dir

	while read -r dir; do
		cat "$dir/results.ktap"
	done < <(run_dirs "$1")
}

# print_kills DIR BASE: the kills of one run
print_kills()
{
	local why

	why=$(machine_failure "$1")
	"$work/kills" "$2" "$1/results.ktap" "$why" | grep . ||
		{ [ -z "$why" ] || printf '%s\t-\t%s\n' "(no test)" "$why"; }
}

# find_kills MUTANT: writes $work/MUTANT.kills, a line for each test that fails only on the
# mutant: the test, the fix that it names, its message, separated by tabs. The tests that
# the mutant names come first.
find_kills()
{
	local mutant=$1 base=$work/base.ktap dir

	[ "$mutant" != base ] || base=/dev/null
	while read -r dir; do
		print_kills "$dir" "$base"
	done < <(run_dirs "$mutant") |
		awk -F'\t' '!seen[$1]++' | sort_named_first "$mutant" > "$work/$mutant.kills"
}

# why_lost MUTANT: why a run has no results; prints nothing if all have
why_lost()
{
	local dir

	while read -r dir; do
		[ -s "$dir/ended" ] || { last_message "$dir/said" | grep . || echo "it did not run"; return; }
	done < <(run_dirs "$1")
}

# sort_named_first MUTANT: puts the named tests first. A test may be named without its variant.
sort_named_first()
{
	awk -F'\t' -v named="$(mutant_value "$1" "killed by")" '
		BEGIN { n = split(named, list, " "); for (i = 1; i <= n; i++) is_named[list[i]] = 1 }
		{ name = $1; sub(/\..*\./, ".", name) }
		$1 in is_named || name in is_named { print; next }
		{ others[++nr] = $0 }
		END { for (i = 1; i <= nr; i++) print others[i] }'
}

# test_message MUTANT TEST: the message of the test; fails if the test does not kill it
test_message()
{
	awk -F'\t' -v test="$2" '
		{ name = $1; sub(/\..*\./, ".", name) }
		!found && ($1 == test || name == test) { print $3; found = 1 }
		END { exit !found }' "$work/$1.kills"
}

# skipped_tests MUTANT: the named tests that did not run because another test, named or not,
# left the kernel in a state in which no test can be judged
skipped_tests()
{
	local test spent

	spent=$(print_results "$1" | grep -c '^# # kernel spent: ')
	[ "$spent" != 0 ] || return 0
	for test in $(mutant_value "$1" "killed by"); do
		test_message "$1" "$test" >/dev/null || echo "$test"
	done
}

# missing_kills MUTANT: the named tests that do not kill it, and the words that the message
# of the first of them lacks
missing_kills()
{
	local mutant=$1 test message says missing=''

	says=$(mutant_value "$mutant" says)
	for test in $(mutant_value "$mutant" "killed by"); do
		if ! message=$(test_message "$mutant" "$test"); then
			missing+="${missing:+, }$test"
		elif [[ -n $says && ! $message =~ $says ]]; then
			missing+="${missing:+, }the words '$says'"
		fi
		says=
	done
	echo "$missing"
}

# set_verdict MUTANT: sets verdict[MUTANT], and lost[MUTANT] if there are no results
set_verdict()
{
	local mutant=$1 kills=$work/$1.kills unstable=$work/$1.unstable

	: > "$kills"
	: > "$unstable"
	# shellcheck disable=SC2004 # a name, not a number
	[ -n "${lost[$mutant]:-}" ] || lost[$mutant]=$(why_lost "$mutant")
	if [ -n "${lost[$mutant]:-}" ]; then
		verdict[$mutant]=lost
		return
	fi
	find_kills "$mutant"
	if [[ $mutant = base || $mutant = config-* ]]; then
		list_unstable "$("$here/report/build")" <(print_results "$mutant") > "$unstable"
		verdict[$mutant]=clean
		[ ! -s "$kills" ] && [ ! -s "$unstable" ] || verdict[$mutant]="not clean"
	elif [ -z "$(mutant_value "$mutant" "killed by")" ]; then
		verdict[$mutant]=refuted
		[ -n "$(mutant_value "$mutant" "refuted by")" ] || verdict[$mutant]="cannot be detected"
		[ ! -s "$kills" ] || verdict[$mutant]="detected after all"
	elif [ -z "$(missing_kills "$mutant")" ]; then
		verdict[$mutant]=killed
	elif [ -s "$kills" ]; then
		verdict[$mutant]="killed by others"
	else
		verdict[$mutant]=survived
	fi
}

# In the order in which they are printed.
all_verdicts=(killed refuted clean "cannot be detected" "killed by others"
	"detected after all" "not clean" lost survived)

# mutants_with VERDICT
mutants_with()
{
	local mutant

	for mutant in "${mutants[@]}"; do
		[ "${verdict[$mutant]}" != "$1" ] || echo "$mutant"
	done
}

# score: reads lines "MUTANT<tab>VERDICT..." and counts the mutants of each verdict
score()
{
	awk -F'\t' -v verdicts="$(printf '%s\t' "${all_verdicts[@]}")" '
		/^#/ || !NF || seen[$1]++ { next }
		{ count[$2]++; all++ }
		END {
			n = split(verdicts, list, "\t")
			for (i = 1; i <= n; i++) {
				if (!count[list[i]])
					continue
				print count[list[i]] " of " all (list[i] != "killed" ? ": " list[i] :
					" mutants are killed by the tests that they name")
			}
		}'
}

print_score()
{
	local mutant

	for mutant in "${mutants[@]}"; do
		printf '%s\t%s\n' "$mutant" "${verdict[$mutant]}"
	done | score
}

# --- The table on the terminal -------------------------------------------------

# print_reason MUTANT: why it does not count as killed
print_reason()
{
	local mutant=$1

	case ${verdict[$mutant]} in
	lost)		echo "no result: ${lost[$mutant]}" ;;
	refuted)	echo "no test can fail; make proof: $(mutant_value "$mutant" "refuted by")" ;;
	"cannot be detected")
			mutant_value "$mutant" "cannot be detected" ;;
	clean)		mutant_value "$mutant" "cannot be detected"
			echo "runs: $repeat" ;;
	"not clean")	sed 's/^/unstable result: /' "$work/$mutant.unstable" ;;
	"killed by others" | survived)
			echo "missing: $(missing_kills "$mutant")" ;;
	esac
}

print_mutant()
{
	local mutant=$1 shown=6 nr

	if [ "$mutant" = base ]; then
		echo "the kernel without a bug: ${verdict[base]}"
	else
		echo "$mutant: ${verdict[$mutant]}"
		echo "    breaks: $(mutant_value "$mutant" breaks)"
	fi
	print_reason "$mutant" | sed 's/^/    /'
	nr=$(wc -l < "$work/$mutant.kills")
	head -n "$shown" "$work/$mutant.kills" |
		awk -F'\t' '{ print "    " $1 ": " $3 ($2 == "-" ? "" : " (missing " $2 ")") }'
	[ "$nr" -le "$shown" ] || echo "    and $((nr - shown)) more"
}

# A single clean run of the kernel without a bug is not worth a line.
print_table()
{
	local word mutant

	[ "${verdict[base]} $repeat" = "clean 1" ] || print_mutant base
	for word in "${all_verdicts[@]}"; do
		for mutant in $(mutants_with "$word"); do
			print_mutant "$mutant"
		done
	done
	print_score
}

# --- The tables in docs/ -------------------------------------------------------
# Replaces the rows of the mutants that were run. The rows of other mutants stay, unless
# the mutant no longer exists.

# sort_by_verdict: sorts lines "MUTANT<tab>VERDICT..." by verdict and name
sort_by_verdict()
{
	awk -F'\t' -v verdicts="$(printf '%s\t' "${all_verdicts[@]}")" '
		BEGIN { n = split(verdicts, list, "\t"); for (i = 1; i <= n; i++) rank[list[i]] = i }
		{ printf "%02d\t%s\t%06d\t%s\n", rank[$2], $1, NR, $0 }' |
		sort -t$'\t' -k1,1 -k2,2 -k3,3 | cut -f4-
}

# The mutants whose rows in docs/ stay.
kept_mutants()
{
	comm -12 <(bug_mutants | sort) \
		<(grep -v '^#' "$kill_list" 2>/dev/null | cut -f1 | sort -u) |
		grep -vxF -f <(printf '%s\n' "${mutants[@]}")
}

new_kills()
{
	local mutant test

	for mutant in "${mutants[@]}"; do
		[[ $mutant != config-* ]] || continue
		while read -r test _; do
			printf '%s\t%s\t%s\n' "$mutant" "${verdict[$mutant]}" "$test"
		done < <(grep . "$work/$mutant.kills" || echo -)
	done
}

# All kills, one per line. check/mutants.sh reads them.
print_kill_list()
{
	cat <<-EOT
	# SPDX-License-Identifier: GPL-2.0-only
	#
	# Made by "make mutants": the mutant, its verdict, and a test that kills it.

	EOT
	{
		new_kills
		[ ! -e "$kill_list" ] || awk -F'\t' '
			NR == FNR { kept[$1] = 1; next }
			$1 in kept' <(kept_mutants) "$kill_list"
	} | sort_by_verdict
}

# --- The explorer ----------------------------------------------------------------

# explored_rows: "MUTANT<tab>TEST<tab>MESSAGE", with - for the test if nothing differed
explored_rows()
{
	local mutant

	for mutant in "${mutants[@]}"; do
		[[ $mutant != config-* && ${verdict[$mutant]} != lost ]] || continue
		awk -F'\t' -v mutant="$mutant" '
			NR == 1 { print mutant "\t" $1 "\t" $3 }
			END { if (!NR) print mutant "\t-" }' "$work/$mutant.kills"
	done
}

# explored_cell MUTANT FILE: the rule, or the program; "no" if nothing differed
explored_cell()
{
	awk -F'\t' -v mutant="$1" '$1 == mutant {
		sub(/.*\./, "", $2)
		print $2 == "-" ? "no" : $2
	}' "$2" 2>/dev/null || true
}

# write_explored DIR: updates DIR/explored.txt and the column of DIR/mutants.md
write_explored()
{
	local row cell

	{
		cat <<-EOT
		# SPDX-License-Identifier: GPL-2.0-only
		#
		# Made by "make mutants EXPLORE=1": what the explorer sees of each mutant in two minutes.

		EOT
		{
			explored_rows
			[ ! -e "$1/explored.txt" ] || awk 'NF && !/^#/' "$1/explored.txt"
		} | awk -F'\t' '!seen[$1]++' | sort
	} > "$work/explored.txt"
	while IFS= read -r row; do
		cell=$(explored_cell "$(cut -d'|' -f2 <<< "$row" | tr -d ' ')" "$work/explored.txt")
		[ -z "$cell" ] || row=$(sed -E "s/\|[^|]*\|\$/| $cell |/" <<< "$row")
		printf '%s\n' "$row"
	done < "$1/mutants.md" > "$work/mutants.md"
	cp "$work/explored.txt" "$work/mutants.md" "$1/" || die "cannot write to $1; make room"
}

print_explored()
{
	explored_rows | awk -F'\t' '
		{ print $1 ": " ($2 == "-" ? "nothing differs" : $2 ": " $3) }
		{ kind = $1; sub(/-.*/, "", kind); all[kind]++; killed[kind] += $2 != "-" }
		END {
			for (kind in all)
				print "the explorer kills " killed[kind] " of " all[kind] " " kind "-* mutants"
		}'
}

# row_time MUTANT OLD_TABLE: the seconds that the whole suite took in this run, or those of the
# old row; other runs do not have all tests
row_time()
{
	local dir

	if [ "${scope:-}" = full ]; then
		while read -r dir; do
			cat "$dir/took"
		done < <(run_dirs "$1") 2>/dev/null | sort -n | tail -n 1
	else
		grep -F "| $1 | " "$2" | sed -nE 's/.*\| *([0-9]*) \|[^|]*\|$/\1/p'
	fi
}

# The longest time in a table.
longest_time()
{
	awk -F' *\\| *' '$(NF - 2) ~ /^[0-9]+$/ && $(NF - 2) + 0 > most { most = $(NF - 2); name = $2 }
		END { if (most) print "The whole suite takes at most " most " s, on " name "." }'
}

# markdown_row MUTANT OLD_TABLE
markdown_row()
{
	local mutant=$1

	awk -F'\t' -v took="$(row_time "$@")" \
		-v explored="$(explored_cell "$mutant" "$here/docs/explored.txt")" \
		-v mutant="$mutant" -v verdict="${verdict[$mutant]}" \
		-v breaks="$(mutant_value "$mutant" breaks)" -v why="$(print_reason "$mutant")" '
		function cell(text) { gsub(/\|/, "\\|", text); return text }
		NR == 1 { test = $1; message = $3 }
		END {
			if (verdict != "killed")
				test = verdict (test ? ": " test : "")
			printf "| %s | %s | %s | %s | %s | %s | %s |\n", mutant, cell(breaks), test,
				cell(message ? message : why), (NR > 1 ? NR - 1 : ""), took, explored
		}' "$work/$mutant.kills"
}

# markdown_rows OLD_TABLE: a row for each mutant in $work/mutants.txt
markdown_rows()
{
	local mutant

	while read -r mutant; do
		if [ -n "${verdict[$mutant]:-}" ]; then
			markdown_row "$mutant" "$1"
		else
			grep -F "| $mutant | " "$1"
		fi
	done < <(grep -v '^#' "$work/mutants.txt" | awk -F'\t' 'NF && !seen[$1]++ { print $1 }')
}

print_markdown()
{
	local rows longest

	rows=$(markdown_rows "$1")
	longest=$(longest_time <<< "$rows")
	cat <<-EOT
	# Mutants, and the tests that kill them

	Made by \`make mutants\` of ${pristine##*/}; mutants/README.md explains mutants.
	mutants.txt lists all kills.

	$(score < "$work/mutants.txt")

	"seconds" is the time of the whole suite, by \`make mutants FULL=1\` with two suites at
	a time.${longest:+ $longest}

	"explorer" is the rule that \`make mutants EXPLORE=1\` finds broken in two minutes
	(docs/explorer.md); explored.txt has the messages.

	| mutant | breaks | killed by | message | other tests | seconds | explorer |
	|---|---|---|---|---|---|---|
	EOT
	printf '%s\n' "$rows"
	cat <<-EOT

	| test | kills |
	|---|---|
	EOT
	awk -F'\t' '!/^#/ && NF && $3 != "-" {
			sub(/\..*\./, ".", $3)
			if (!seen[$3, $1]++)
				list[$3] = list[$3] (list[$3] ? ", " : "") $1 }
		END { for (test in list) print "| " test " | " list[test] " |" }' "$work/mutants.txt" |
		sort
}

# write_docs DIR: updates DIR/mutants.txt and DIR/mutants.md with the results of this run
write_docs()
{
	local kill_list=$1/mutants.txt

	print_kill_list > "$work/mutants.txt"
	print_markdown "$1/mutants.md" > "$work/mutants.md"
	cp "$work/mutants.txt" "$work/mutants.md" "$1/" || die "cannot write to $1; make room"
}

set_verdicts()
{
	local mutant

	declare -gA verdict=()
	[ -s "${results[base]:-}/ended" ] || { note "the kernel without a bug has no results"; exit 3; }
	print_results base > "$work/base.ktap"
	for mutant in base "${mutants[@]}"; do
		set_verdict "$mutant"
	done
}
