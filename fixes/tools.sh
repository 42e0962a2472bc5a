# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Lists the fixes and reads them.

# A fix is recognised by its name.
all_fixes()
{
	(cd "$here/fixes" && find . -maxdepth 1 -type f) |
		sed -nE 's/^\.\/((bpf|cgroup|scx)-[a-z0-9-]+)$/\1/p' | sort
}

# matching_fixes NAME...: those that a name or a pattern matches, sorted by finding
matching_fixes()
{
	local fix

	all_fixes | match_names "$@" | while read -r fix; do
		echo "$(sed -n 's/^finding: //p' "$here/fixes/$fix") $fix"
	done | sort -n -u | sed 's/.* //'
}

# choose_fixes NAME...: sets fixes; without names, to all
choose_fixes()
{
	local name

	for name; do
		[ -n "$(matching_fixes "$name")" ] ||
			die "no fix $name; known: $(all_fixes | paste -sd' ')"
	done
	# shellcheck disable=SC2034 # for the caller
	mapfile -t fixes < <(matching_fixes "${@:-*}")
}

# fix_value FIX KEY: the value of a key; FIX.wrong is the fix done wrong
fix_value()
{
	case $1 in
	*.wrong) "$work/edit" show "$2" "$here/fixes/wrong/${1%.wrong}" ;;
	*)	"$work/edit" show "$2" "$here/fixes/$1" ;;
	esac
}

# tests_of FIX: the tests that pass with it, or that fail with FIX.wrong, one per line
tests_of()
{
	case $1 in
	*.wrong) fix_value "$1" "killed by" ;;
	*)	fix_value "$1" passes ;;
	esac | tr -s ' \t' '\n' | grep .
}
