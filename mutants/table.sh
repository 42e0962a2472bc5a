# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# From results to who killed whom.

# The directories of all runs on a kernel.
runs_of()
{
	local nr

	echo "${results[$1]}"
	for ((nr = 2; nr <= repeat; nr++)); do
		echo "${results[$1]}.$nr"
	done
}

# How the machine went down, if it did.
how_it_ended()
{
	local ways="the kernel panicked|the suite did not end within [0-9]+ s"

	ways+="|the guest powered off by itself|the kernel reported a problem"
	grep -m 1 -oE "$ways" "$1/said"
}

# What all runs on a kernel have said.
results_of()
{
	local dir

	while read -r dir; do
		cat "$dir/results.ktap"
	done < <(runs_of "$1")
}

# kills_in DIR BASE: by that run
kills_in()
{
	local why

	why=$(how_it_ended "$1")
	"$work/kills" "$2" "$1/results.ktap" "$why" | grep . ||
		{ [ -z "$why" ] || printf '%s\t-\t%s\n' "(no test)" "$why"; }
}

# In $work/MUTANT.kills: the test, the fix that it names, what it says, with tabs
# between, for each test that has noticed; those first that the mutant names. What
# fails on the kernel without a mutant is that one's.
find_kills()
{
	local mutant=$1 base=$work/base.ktap dir

	[ "$mutant" != base ] || base=/dev/null
	while read -r dir; do
		kills_in "$dir" "$base"
	done < <(runs_of "$mutant") |
		awk -F'\t' '!seen[$1]++' | named_first "$mutant" > "$work/$mutant.kills"
}

# Why there is nothing to judge.
loss_of()
{
	local dir

	while read -r dir; do
		[ -s "$dir/ended" ] || { last_words "$dir/said" | grep . || echo "it has not run"; return; }
	done < <(runs_of "$1")
}

# A test that has variants may be named without.
named_first()
{
	awk -F'\t' -v named="$(about "$1" "killed by")" '
		BEGIN { n = split(named, list, " "); for (i = 1; i <= n; i++) is_named[list[i]] = 1 }
		{ name = $1; sub(/\..*\./, ".", name) }
		$1 in is_named || name in is_named { print; next }
		{ others[++nr] = $0 }
		END { for (i = 1; i <= nr; i++) print others[i] }'
}

# message_of MUTANT TEST: what the test says; fails if it has not noticed.
message_of()
{
	awk -F'\t' -v test="$2" '
		{ name = $1; sub(/\..*\./, ".", name) }
		!found && ($1 == test || name == test) { print $3; found = 1 }
		END { exit !found }' "$work/$1.kills"
}

# What is missing for a mutant to be killed as it says: the tests that it names and that
# have not noticed, or the words in which the first of them was to say so.
missing_from()
{
	local mutant=$1 test message says missing=''

	says=$(about "$mutant" says)
	for test in $(about "$mutant" "killed by"); do
		if ! message=$(message_of "$mutant" "$test"); then
			missing+="${missing:+, }$test"
		elif [[ -n $says && ! $message =~ $says ]]; then
			missing+="${missing:+, }the words '$says'"
		fi
		says=
	done
	echo "$missing"
}

# Sets verdict[MUTANT], and lost[MUTANT] if there are no results.
judge()
{
	local mutant=$1 kills=$work/$1.kills flips=$work/$1.flips

	: > "$kills"
	: > "$flips"
	# shellcheck disable=SC2004 # a name, not a number
	[ -n "${lost[$mutant]:-}" ] || lost[$mutant]=$(loss_of "$mutant")
	if [ -n "${lost[$mutant]:-}" ]; then
		verdict[$mutant]=lost
		return
	fi
	find_kills "$mutant"
	if [[ $mutant = base || $mutant = silence-* ]]; then
		list_flips "$("$here/report/build")" <(results_of "$mutant") > "$flips"
		verdict[$mutant]=silent
		[ ! -s "$kills" ] && [ ! -s "$flips" ] || verdict[$mutant]="not silent"
	elif [ -n "$(about "$mutant" equivalent)" ]; then
		verdict[$mutant]=equivalent
		[ ! -s "$kills" ] || verdict[$mutant]="not equivalent"
	elif [ -z "$(missing_from "$mutant")" ]; then
		verdict[$mutant]=killed
	elif [ -s "$kills" ]; then
		verdict[$mutant]="killed by others"
	else
		verdict[$mutant]=survived
	fi
}

# In the order in which they are told.
all_verdicts=(killed silent equivalent "killed by others" "not equivalent" "not silent"
	lost survived)

# with_verdict VERDICT: the mutants that have it
with_verdict()
{
	local mutant

	for mutant in "${mutants[@]}"; do
		[ "${verdict[$mutant]}" != "$1" ] || echo "$mutant"
	done
}

# score: of lines "MUTANT<tab>VERDICT...", how many mutants have each verdict
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

# --- For people ---------------------------------------------------------------

# What a mutant that is not killed as named has to say for itself.
explain()
{
	local mutant=$1

	case ${verdict[$mutant]} in
	lost)		echo "no result: ${lost[$mutant]}" ;;
	equivalent)	about "$mutant" equivalent ;;
	silent)		about "$mutant" equivalent
			echo "runs: $repeat" ;;
	"not silent")	sed 's/^/verdicts differ: /' "$work/$mutant.flips" ;;
	"killed by others" | survived)
			echo "missing: $(missing_from "$mutant")" ;;
	esac
}

print_mutant()
{
	local mutant=$1 shown=6 nr

	echo "$mutant: ${verdict[$mutant]}"
	[ "$mutant" = base ] || echo "    breaks: $(about "$mutant" breaks)"
	explain "$mutant" | sed 's/^/    /'
	nr=$(wc -l < "$work/$mutant.kills")
	head -n "$shown" "$work/$mutant.kills" |
		awk -F'\t' '{ print "    " $1 ": " $3 ($2 == "-" ? "" : " (missing " $2 ")") }'
	[ "$nr" -le "$shown" ] || echo "    and $((nr - shown)) more"
}

# That no test fails on the kernel without a mutant is nothing to tell, of one run.
print_table()
{
	local word mutant

	[ "${verdict[base]} $repeat" = "silent 1" ] || print_mutant base
	for word in "${all_verdicts[@]}"; do
		for mutant in $(with_verdict "$word"); do
			print_mutant "$mutant"
		done
	done
	print_score
}

# --- For docs/ ----------------------------------------------------------------
# The rows of the mutants that were run are replaced; those of the others stay, as long
# as there is such a mutant.

# in_order: lines "MUTANT<tab>VERDICT..." as they are told, by verdict and name
in_order()
{
	awk -F'\t' -v verdicts="$(printf '%s\t' "${all_verdicts[@]}")" '
		BEGIN { n = split(verdicts, list, "\t"); for (i = 1; i <= n; i++) rank[list[i]] = i }
		{ printf "%02d\t%s\t%06d\t%s\n", rank[$2], $1, NR, $0 }' |
		sort -t$'\t' -k1,1 -k2,2 -k3,3 | cut -f4-
}

# The mutants of docs/ that stay as they are.
kept_mutants()
{
	comm -12 <(all_mutants | sort) \
		<(grep -v '^#' "$kill_list" 2>/dev/null | cut -f1 | sort -u) |
		grep -vxF -f <(printf '%s\n' "${mutants[@]}")
}

new_kills()
{
	local mutant test

	for mutant in "${mutants[@]}"; do
		[[ $mutant != silence-* ]] || continue
		while read -r test _; do
			printf '%s\t%s\t%s\n' "$mutant" "${verdict[$mutant]}" "$test"
		done < <(grep . "$work/$mutant.kills" || echo -)
	done
}

# All kills, for check/mutants.sh and whoever asks which test is of use.
print_kill_list()
{
	cat <<-EOT
	# SPDX-License-Identifier: GPL-2.0-only
	#
	# Made by "make mutants": each mutant, what became of it, and a test that kills it.

	EOT
	{
		new_kills
		[ ! -e "$kill_list" ] || awk -F'\t' '
			NR == FNR { kept[$1] = 1; next }
			$1 in kept' <(kept_mutants) "$kill_list"
	} | in_order
}

markdown_row()
{
	local mutant=$1

	awk -F'\t' -v mutant="$mutant" -v verdict="${verdict[$mutant]}" \
		-v breaks="$(about "$mutant" breaks)" -v why="$(explain "$mutant")" '
		function cell(text) { gsub(/\|/, "\\|", text); return text }
		NR == 1 { test = $1; message = $3 }
		END {
			if (verdict != "killed")
				test = verdict (test ? ": " test : "")
			printf "| %s | %s | %s | %s | %s |\n", mutant, cell(breaks), test,
				cell(message ? message : why), (NR > 1 ? NR - 1 : "")
		}' "$work/$mutant.kills"
}

# markdown_rows OLD_TABLE: one for each mutant of $work/mutants.txt
markdown_rows()
{
	local mutant

	while read -r mutant; do
		if [ -n "${verdict[$mutant]:-}" ]; then
			markdown_row "$mutant"
		else
			grep -F "| $mutant | " "$1"
		fi
	done < <(grep -v '^#' "$work/mutants.txt" | awk -F'\t' 'NF && !seen[$1]++ { print $1 }')
}

print_markdown()
{
	cat <<-EOT
	# Mutants, and the tests that kill them

	Made by \`make mutants\` of ${pristine##*/}; mutants/README.md says what a mutant is.
	All kills are in mutants.txt beside this.

	$(score < "$work/mutants.txt")

	| mutant | breaks | killed by | which says | and by |
	|---|---|---|---|---|
	EOT
	markdown_rows "$1"
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

# write_docs DIR: DIR/mutants.txt and DIR/mutants.md, with what was run now
write_docs()
{
	local kill_list=$1/mutants.txt

	print_kill_list > "$work/mutants.txt"
	print_markdown "$1/mutants.md" > "$work/mutants.md"
	cp "$work/mutants.txt" "$work/mutants.md" "$1/" || die "cannot write to $1; make room"
}

judge_all()
{
	local mutant

	declare -gA verdict=()
	[ -s "${results[base]:-}/ended" ] || { note "the kernel without a mutant has no result"; exit 3; }
	results_of base > "$work/base.ktap"
	for mutant in base "${mutants[@]}"; do
		judge "$mutant"
	done
}
