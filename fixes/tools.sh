# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Lists the fixes and reads them.

# A fix is recognised by its name.
all_fixes()
{
	(cd "$here/fixes" && find . -maxdepth 1 -type f) |
		sed -nE 's/^\.\/((bpf|cgroup|scx)-[a-z0-9-]+)$/\1/p' | sort
}

# choose_fixes NAME...: sets fixes. A name may be a pattern; without names, all fixes, by
# finding.
choose_fixes()
{
	local name
	local -a some

	for name; do
		# shellcheck disable=SC2053 # a pattern
		all_fixes | while read -r some; do
			[[ $some != $name ]] || echo "$some"
		done | grep -q . || die "no fix $name; known: $(all_fixes | paste -sd' ')"
	done
	mapfile -t fixes < <(all_fixes | while read -r fix; do
		for name in "${@:-*}"; do
			# shellcheck disable=SC2053 # a pattern
			[[ $fix != $name ]] || echo "$(sed -n 's/^finding: //p' "$here/fixes/$fix") $fix"
		done
	done | sort -n -u | sed 's/.* //')
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
