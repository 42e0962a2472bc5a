#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# claims - the verdict reads changelogs in every format, and compares their claims with
# the results. check/suite.sh does so with the changelogs of real packages.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=check/expect/ktap.sh
. "$here/check/expect/ktap.sh"
make_scratch

hide=a72f73c4dd9b
hide_title="cgroup: Don't expose dead tasks in cgroup"
unlink_title="cgroup: Defer task cgroup unlink until after the task is done switching out"
kill_title="cgroup: fix cgroup.kill for exited thread group leader"

# Two fixes are present; in bad, one of them is missing.
test_lines pass cgroup_rmdir.listed $hide cgroup_rmdir.populated d245698d727a |
	with_all_fixes "left out" | ktap >"$scratch/good"
{
	test_line cgroup_rmdir.listed fail $hide "$hide (\"$hide_title\"), released in 7.0"
	test_line cgroup_rmdir.populated pass d245698d727a
} | with_all_fixes "left out" | ktap >"$scratch/bad"

# entry VERSION TITLE...: an entry of a Debian changelog
entry()
{
	printf 'linux (%s) unstable; urgency=medium\n\n  * New upstream stable update:\n' "$1"
	printf '    https://host/v6.x/ChangeLog-%s\n' "${1%%-*}"
	shift
	printf '    - %s\n' "$@"
	printf '\n -- A <a@example>  Mon, 01 Jan 2026 00:00:00 +0000\n\n'
}

# verdict FILE [VARIABLE=VALUE ...]
verdict()
{
	local file=$1
	shift

	env FILE="$file" "$@" "$here/scripts/report" verdict
}

refused()
{
	ran 2 verdict "$scratch/good" "${@:2}" && one_line && err_has "$1"
}

# row FIX CHANGELOG BEHAVIOUR
row()
{
	out_has "^$1 +$2 +$3 "
}

# disagrees ROW SEEN: the conflicts follow the first sentence, each with a result
disagrees()
{
	sed -n 3p "$scratch/out" | grep -x "the changelog and the kernel disagree:" &&
		sed -n 4p "$scratch/out" | grep -E "$1" && sed -n 5p "$scratch/out" | grep -F "    seen: $2"
}

# --- Claims and results -----------------------------------------------------------

entry 6.19.9-1 "$hide_title" >"$scratch/honest"
check "claims: claimed and present; others are not claimed" ran 1 verdict "$scratch/good" CHANGELOG="$scratch/honest"
check "claims: ... in which release" row "$hide" 6.19.9 present
check "claims: ... what is neither claimed nor tested is presumably missing" \
	out_has "^  1dffd95575eb .*\\(7\\.2\\)$"
check "claims: ... which the first sentence says" out_has "^6\\.19\\.9: none of the 2 .*, but [0-9]+ that cannot be tested here are presumably"
check "claims: ... and not that it was not compared" fails out_has "Not compared"
check "claims: a version claims the fixes of its series" row d245698d727a 6.19 present
check "claims: a fix without a claim has a dash" row 1dffd95575eb - "cannot tell"
check "claims: a fix without an id has its title" out_has "^\\(no id\\) +- +cannot tell +$kill_title\$"

check "claims: claimed and missing: exit status 5" \
	ran 5 verdict "$scratch/bad" CHANGELOG="$scratch/honest"
check "claims: ... comes first, with a result" disagrees \
	"^$hide +6.19.9 +MISSING: the backport does not do its work +$hide_title\$" \
	"cgroup_rmdir.listed: it is not so"

entry 99.4-1 "some other fix" >"$scratch/newest"
check "claims: everything is claimed" ran 0 verdict "$scratch/good" CHANGELOG="$scratch/newest"

entry 6.19.9-1 "some other fix" >"$scratch/silent"
check "claims: not claimed and missing: exit status 1" \
	ran 1 verdict "$scratch/bad" CHANGELOG="$scratch/silent"
check "claims: present and not claimed: exit status 6" \
	ran 6 verdict "$scratch/good" CHANGELOG="$scratch/silent"
check "claims: ... comes first, with a result" disagrees \
	"^$hide +- +PRESENT: the changelog does not say so +$hide_title\$" \
	"cgroup_rmdir.listed passes"

{ entry 6.19.10-1 "Revert \"$hide_title\""; cat "$scratch/honest"; } >"$scratch/reverted"
check "claims: reverted and missing: exit status 1" \
	ran 1 verdict "$scratch/bad" CHANGELOG="$scratch/reverted"
check "claims: ... is shown as reverted" row "$hide" reverted missing
check "claims: to make, each of these is an answer" \
	ran 0 verdict "$scratch/bad" CHANGELOG="$scratch/honest" ANSWERS_PASS=1
check "claims: ... also without a true claim" \
	ran 0 verdict "$scratch/good" CHANGELOG="$scratch/silent" ANSWERS_PASS=1
sed 's/# suite: .*/# suite: 38 programs, 225 tests/' "$scratch/good" >"$scratch/part"
check "claims: ... and incomplete results are not" \
	ran 2 verdict "$scratch/part" CHANGELOG="$scratch/honest" ANSWERS_PASS=1
check "claims: no changelog: exit 0" ran 0 verdict "$scratch/good"
check "claims: ... and no changelog column" fails out_has "^fix +changelog"
check "claims: ... which it says" out_has "^Not compared with a changelog"

# --- Formats of changelogs ----------------------------------------------------------

gzip -k "$scratch/honest"
check "claims: a compressed changelog" ran 1 verdict "$scratch/good" CHANGELOG="$scratch/honest.gz"
check "claims: ... is read" row "$hide" 6.19.9 present

# make_deb NAME [CHANGELOG]
make_deb()
{
	local at=$scratch/deb.$1

	mkdir -p "$at/DEBIAN" "$at/usr/share/doc/$1"
	printf '%s\n' "Package: $1" "Version: 6.19.9-1" "Architecture: amd64" \
		"Maintainer: A <a@example>" "Description: a kernel" >"$at/DEBIAN/control"
	[ -z "${2:-}" ] || gzip -c "$2" >"$at/usr/share/doc/$1/changelog.gz"
	dpkg-deb --build "$at" "$scratch/$1.deb" >/dev/null
}

make_deb kernel "$scratch/honest"
make_deb without
check "claims: a Debian package" ran 1 verdict "$scratch/good" CHANGELOG="$scratch/kernel.deb"
check "claims: ... is read" row "$hide" 6.19.9 present

make_rpm()
{
	cat >"$scratch/kernel.spec" <<-EOF
		Name: kernel
		Version: 6.19.9
		Release: 1
		Summary: a kernel
		License: GPL
		BuildArch: noarch
		%description
		a kernel
		%files
		%changelog
		* Mon Jan 05 2026 A <a@example> [6.19.9-1]
		- $hide_title (A) [BUG-1]
	EOF
	rpmbuild -bb --quiet --define "_topdir $scratch/rpm" --define "_rpmdir $scratch" \
		"$scratch/kernel.spec" >"$scratch/log" 2>&1
}

if ! command -v rpmbuild >/dev/null; then
	skip "claims: an rpm" "rpmbuild is missing; apt-get install rpm"
elif make_rpm; then
	check "claims: an rpm" ran 1 verdict "$scratch/good" CHANGELOG="$scratch/noarch/kernel-6.19.9-1.noarch.rpm"
	check "claims: ... is read" row "$hide" 6.19.9-1 present
else
	not_ok "claims: rpmbuild makes an rpm"
	details "$scratch/log"
fi

# --- A git tree ---------------------------------------------------------------------

# commit TITLE [BODY]: commits a change in kernel/cgroup
commit()
{
	echo "$1" >>"$scratch/tree/kernel/cgroup/cgroup.c"
	in_tree commit -qam "$1${2:+$'\n\n'$2}"
}

in_tree()
{
	git -C "$scratch/tree" -c user.name=A -c user.email=a@example "$@"
}

mkdir -p "$scratch/tree/kernel/cgroup"
git init -q "$scratch/tree"
printf '%s = %s\n' VERSION 6 PATCHLEVEL 12 SUBLEVEL 42 EXTRAVERSION -vendor >"$scratch/tree/Makefile"
: >"$scratch/tree/kernel/cgroup/cgroup.c"
in_tree add .
commit "first"
commit "BACKPORT: cgroup: hide the dead" "(cherry picked from commit $hide$(printf '0%.0s' {1..28}))"
in_tree tag -m tag before
commit "cgroup: $unlink_title"
commit "$unlink_title" "[ Upstream commit d245698d727a$(printf '0%.0s' {1..28}) ]"
in_tree tag -m tag with
commit "Revert \"cgroup: hide the dead\"" "This reverts commit $(in_tree rev-parse before^0) which
is commit $hide$(printf '0%.0s' {1..28}) upstream."
commit "cgroup: one more" "Fixes: 13e786b64bd3 (\"cgroup: Increment nr_dying_subsys_* from rmdir context\")"

check "claims: a git tree" ran 1 verdict "$scratch/good" TREE="$scratch/tree" REV=with
check "claims: ... finds a fix by its upstream commit" \
	row "$hide" "$(in_tree rev-parse --short=12 before^0)" present
check "claims: ... finds a fix by its title" \
	row d245698d727a "$(in_tree rev-parse --short=12 with^0)" present
check "claims: a git tree up to a commit" \
	ran 6 verdict "$scratch/good" TREE="$scratch/tree" REV=before
check "claims: ... does not claim later fixes" \
	row d245698d727a - "PRESENT: the changelog does not say so"
check "claims: a git tree with a revert" ran 1 verdict "$scratch/bad" TREE="$scratch/tree"
check "claims: ... is not claimed" row "$hide" reverted missing
check "claims: a commit that is only mentioned is not claimed" row 13e786b64bd3 - "cannot tell"

# --- lib/fixes.c and changelogs -----------------------------------------------

# history REGEX CHANGELOG: its output matches
history()
{
	"$scratch/history" "$2" "it" >"$scratch/out" 2>&1
	out_has "$1"
}

check "claims: builds the comparison with lib/fixes.c" build_history "$scratch"
entry 7.0.9-1 "cgroup: Increment nr_dying_subsys_* from rmdir context" \
	"cgroup: Defer css percpu_ref kill on rmdir until cgroup is depopulated" >"$scratch/known"
check "claims: lib/fixes.c has all fixes of the changelog" \
	history "^ok - it: lib/fixes.c has" "$scratch/known"
check "claims: ... nothing is new" fails out_has "news"
# 6.17 has ended: it gets no more backports.
entry 6.17.999-1 "$kill_title" >"$scratch/news"
check "claims: a new backport in the changelog: says how to add it" history \
	"has \"$kill_title\"; add \"6\.17\.999\" to its \.released in lib/fixes\.c\$" "$scratch/news"
check "claims: ... and no failure" out_has "^ok - it: lib/fixes.c has"
check "claims: a release that the changelog lacks is reported" \
	history "^not ok - it: lib/fixes.c has" <(entry 7.0.9-1 "something else")

# The changelog of 6.12 is in the kernel's package, that of 7.2 and 7.3 in another one.
for series in 6.12 7.2 7.3; do
	name="claims: lib/fixes.c has all fixes of the newest changelog of $series"
	if changelog=$("$here/vm/fetch" changelog "$series" 2>"$scratch/err"); then
		"$scratch/history" "$changelog" "claims: $series" | grep news: || true
		check "$name" "$scratch/history" "$changelog" "claims: $series"
	else
		skip "$name" "$(sed 's/^vm\/fetch: //' "$scratch/err" | tail -n 1)"
	fi
done

# --- Bad input ------------------------------------------------------------------------

: >"$scratch/empty"
head -c 4000 /bin/sh >"$scratch/binary"
mkdir "$scratch/nothing"
git init -q "$scratch/other"
git -C "$scratch/other" -c user.name=A -c user.email=a@example commit -q --allow-empty -m first
check "claims: no such file" \
	refused "gone cannot be read; set CHANGELOG to" CHANGELOG="$scratch/gone"
check "claims: an empty file" refused "is empty; give CHANGELOG=" CHANGELOG="$scratch/empty"
check "claims: not text" refused "it is not text" CHANGELOG="$scratch/binary"
check "claims: a package without a changelog" refused "has no changelog; from 6.18 on" \
	CHANGELOG="$scratch/without.deb"
check "claims: not a git tree" \
	refused "cannot be read as a git tree: not a git repository" TREE="$scratch/nothing"
check "claims: a git tree that is not a kernel" refused "is it a kernel's" TREE="$scratch/other"
check "claims: unknown commit" refused "has no REV=v6.66" TREE="$scratch/tree" REV=v6.66
check "claims: a commit without a tree" refused "REV= is a commit of TREE=" REV=HEAD
check "claims: two sources" refused "CHANGELOG= or TREE=, not both" \
	CHANGELOG="$scratch/honest" TREE="$scratch/tree"
exit $check_failed
