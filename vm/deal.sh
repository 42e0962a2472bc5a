# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Deals the programs out to several machines, so that all end at about the same time. Each
# program's time is that of the last complete run, which the cache keeps for each accelerator
# and release.

# kind_of_times ACCEL: foreign kernels of the same release have other times.
kind_of_times()
{
	if [ "$arch" = amd64 ]; then
		echo "$1"
	else
		echo "$arch-$1"
	fi
}

# The times of this release or, if there are none, the newest.
times_file()
{
	local kind=tcg file=

	[ "$accel" = tcg ] || [ "$(kvm_works)" != yes ] || kind=kvm
	kind=$(kind_of_times "$kind")
	file=$cache/times/$kind-$release
	[ -s "$file" ] || file=$(find "$cache/times" -type f -name "$kind-*" -printf '%T@ %p\n' 2>/dev/null |
		sort -n | sed -n '$s/^[^ ]* //p')
	echo "${file:-/dev/null}"
}

# count_machines JOBS: a number, or auto: as many as the machine has CPUs, at least two where
# memory allows. A machine takes more memory than the guest has. Never more than programs.
count_machines()
{
	local jobs=$1 fit

	if [ "$jobs" = auto ]; then
		jobs=$(nproc)
		fit=$(awk -v mem="$mem" '/^MemAvailable:/ { print int($2 / 1024 / (mem + 256)) }' \
			/proc/meminfo)
		[ "$jobs" -ge 2 ] || jobs=2
		[ "$jobs" -le "${fit:-1}" ] || jobs=$fit
	fi
	[ "$jobs" -le ${#programs[@]} ] || jobs=${#programs[@]}
	[ "$jobs" -ge 1 ] || jobs=1
	echo "$jobs"
}

# deal TIMES MACHINES < PROGRAMS: prints "MACHINE NUMBER PROGRAM" for each, with tabs. The
# longest program goes first, each to the machine that has the least to do. A program without a
# time counts as the mean. No more machines than the longest program leaves work for.
deal()
{
	awk -F'\t' '
		FILENAME != "-" { known[$1] = $2; next }
		{
			name[++programs] = $0
			if ($0 in known) {
				sum += known[$0]
				counted++
			}
		}
		END {
			for (i = 1; i <= programs; i++)
				printf "%d\t%d\t%s\n", name[i] in known ? known[name[i]] :
					counted ? sum / counted : 1, i - 1, name[i]
		}' "$1" - | sort -s -t$'\t' -k1,1nr | awk -F'\t' -v machines="$2" '
		{ took[NR] = $1 + 1; rest[NR] = $2 "\t" $3; total += took[NR] }
		END {
			enough = int((total + took[1] - 1) / took[1])
			if (machines > enough)
				machines = enough
			for (i = 1; i <= NR; i++) {
				least = 1
				for (m = 2; m <= machines; m++)
					if (busy[m] + 0 < busy[least] + 0)
						least = m
				busy[least] += took[i]
				print least "\t" rest[i]
			}
		}' | sort -t$'\t' -k2,2n
}

# Sets machines, and writes their lists of programs.
deal_programs()
{
	local machine rest

	printf '%s\n' "${programs[@]}" | deal "$(times_file)" "$(count_machines "$jobs")" > "$work/deal"
	machines=0
	while IFS=$'\t' read -r machine rest; do
		mkdir -p "$work/$machine"
		printf '%s\n' "$rest" >> "$work/$machine/programs"
		[ "$machine" -le "$machines" ] || machines=$machine
	done < "$work/deal"
}

# save_times < LINES "PROGRAM<tab>MILLISECONDS": of a complete run on an idle guest. The programs
# of other suites keep theirs.
save_times()
{
	local draft file

	file=$cache/times/$(kind_of_times "$used")-$release

	mkdir -p "$cache/times" && draft=$(mktemp "$cache/times/draft.XXXXXX") || return 0
	{
		awk -F'\t' '!seen[$1]++' - "$(if [ -s "$file" ]; then echo "$file"; else echo /dev/null; fi)" \
			> "$draft" && mv "$draft" "$file"
	} 2>/dev/null || rm -f "$draft"
	find "$cache/times" -type f -mtime +30 -delete 2>/dev/null || true
}
