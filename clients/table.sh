# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Makes the table of the records in KERNEL.tsv, lines with tabs between the fields:
#	CLIENT result VERDICT MILLISECONDS FIX MESSAGE
#	CLIENT skip REASON

# client_value CLIENT KEY: from the comments at the beginning of the client
client_value()
{
	sed -n "s/^# $2: //p" "$here/clients/$1" | paste -sd' '
}

# list_titles: COMMIT, RELEASES and TITLE of each fix of lib/fixes.c, with tabs between them
list_titles()
{
	tr -d '\n' < "$here/lib/fixes.c" | sed 's/\.commit =/\n&/g' |
		sed -nE 's/^\.commit =\s*"([0-9a-f]{12})",\s*\.title =\s*"([^"]*)",\s*\.released =\s*"([^"]*)".*/\1\t\3\t\2/p'
}

# list_records DIR CLIENTS KERNELS: all records, in this order; after KERNEL and a tab
list_records()
{
	local name kernel

	for name in $2; do
		for kernel in $3; do
			[ ! -e "$1/$kernel.tsv" ] || awk -F'\t' -v OFS='\t' -v name="$name" -v kernel="$kernel" \
				'$1 == name { print kernel, $0 }' "$1/$kernel.tsv"
		done
	done
}

# print_table DIR CLIENTS KERNELS
print_table()
{
	local name

	{
		for name in $2; do
			printf 'client\t%s\t%s\n' "$name" "$(client_value "$name" client)"
		done
		list_records "$@" | sed 's/^/record\t/'
	} | awk -F'\t' -v kernels="$3" '
		BEGIN {
			n = split(kernels, kernel, " ")
			printf "| program |"
			for (i = 1; i <= n; i++)
				printf " %s |", kernel[i] == "fixed" ? "7.3 with our fixes" : kernel[i]
			printf " fixed by |\n|---|"
			for (i = 0; i <= n; i++)
				printf "---|"
			print ""
		}
		$1 == "client" { client[++clients] = $2; title[$2] = $3; next }
		$4 == "skip" { cell[$3, $2] = "left out"; next }
		{
			took = sprintf("%.1f s", $6 / 1000)
			cell[$3, $2] = $5 == "fine" ? took : $5 == "hangs" ? "**hangs**" :
				       ($5 == "fails" ? "**fails**" : $5) ", " took
			if ($7 != "-" && !seen[$3, $7]++)
				fixes[$3] = fixes[$3] (fixes[$3] ? ", " : "") link($7)
		}
		END {
			for (c = 1; c <= clients; c++) {
				name = client[c]
				printf "| [%s](#%s) |", title[name], name
				for (i = 1; i <= n; i++)
					printf " %s |", (name, kernel[i]) in cell ? cell[name, kernel[i]] : "-"
				printf " %s |\n", fixes[name]
			}
		}
		function link(fix) {
			return fix ~ /^fixes\// ? "[our fix](../" fix ")" : fix
		}'
}

# print_details DIR CLIENTS KERNELS: what each program says, by kernel
print_details()
{
	local name

	for name in $2; do
		printf '\n### %s\n\n' "$name"
		# shellcheck disable=SC2016 # these are quotes of Markdown
		printf '`%s`, against %s. %s\n\n' "$(client_value "$name" client)" \
			"$(client_value "$name" against)" "$(client_value "$name" expect)"
		{
			list_titles | sed 's/^/title\t/'
			list_records "$1" "$name" "$3" | sed 's/^/record\t/'
		} | awk -F'\t' '
			$1 == "title" { released[$2] = $3; title[$2] = $4; next }
			{
				what = $4 == "skip" ? "left out: " $5 : $5 ($8 == "" ? "" : ": " $8)
				if ($4 == "result" && $7 != "-")
					what = what fixed($7)
				if (!(what in kernels))
					order[++n] = what
				kernels[what] = kernels[what] (kernels[what] ? ", " : "") \
					($2 == "fixed" ? "7.3 with our fixes" : $2)
			}
			END {
				for (i = 1; i <= n; i++)
					print "- " kernels[order[i]] ": " order[i]
			}
			function fixed(fix) {
				if (fix ~ /^fixes\//)
					return " (fixed by [our fix](../" fix "))"
				if (fix in title)
					return " (fixed by " fix " (\"" title[fix] "\"), released in " released[fix] ")"
				return " (fixed by \"" fix "\")"
			}'
	done
}

# write_docs FILE DIR CLIENTS KERNELS
write_docs()
{
	{
		cat <<-EOT
			<!-- SPDX-License-Identifier: GPL-2.0-only -->
			# What users see

			Made by \`make clients\`: programs of Debian 13
			($(versions)) and schedulers of the kernel tree, each against
			a task that is held in its exit until the program has ended, or for $deadline seconds: then it
			*hangs*. *waits* is intended, *fails* is not. A dash: not run. The times are those of an
			emulated machine (project.md).

		EOT
		print_table "${@:2}"
		echo
		echo "## What they say"
		print_details "${@:2}"
	} > "$1.new" || die "cannot write $1.new; make room"
	mv "$1.new" "$1"
}

versions()
{
	awk '$1 ~ /^(systemd|crun|podman)$/ { sub(/[-+~].*/, "", $2); print $1, $2 }' "$root_packages" |
		sort | paste -sd, | sed 's/,/, /g'
}
