#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks what becomes of the suite when Debian's archive goes on: a make-believe
# archive gets a newer kernel, loses an old one, gets a new series and another source,
# and is cut off in the middle of it. No network, no boot.

# shellcheck source-path=SCRIPTDIR disable=SC2317

set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/check/stubs/report.sh"

clean_up()
{
	GNUPGHOME=$tmp/gnupg gpgconf --kill all 2>/dev/null
	rm -rf "$tmp"
}
make_tmp
. "$root/check/stubs/archive.sh"

checkout=$tmp/checkout
fetch=$checkout/vm/fetch
pinned=$checkout/scripts/pinned

# The checkout with the make-believe archive, and nothing that takes long in it.
make_checkout()
{
	mkdir "$checkout"
	cp -r "$root"/{vm,scripts,check,lib,report,cgroup,sched_ext} "$checkout/"
	cp "$root/README.md" "$checkout/"
	use_archive "$checkout" || return
	cat > "$checkout/vm/matrix" <<-'EOT'
		#!/bin/sh
		echo "vm/matrix: $*" >&2
		exit 2
	EOT
	sed 's/matrix/bisect/' "$checkout/vm/matrix" > "$checkout/vm/bisect"
	chmod +x "$checkout/vm/bisect"
	printf '#!/bin/sh\n' | tee "$checkout/scripts/need" > "$checkout/scripts/build"
}

# A cache of its own for each story; one that has been there before is as it was.
in_cache()
{
	export XDG_CACHE_HOME=$tmp/caches/$1
	cache=$XDG_CACHE_HOME/task_exit
	mkdir -p "$cache"
}

# hours_pass N: as far as the cache can tell
hours_pass()
{
	local file

	for file in "$cache/apt/index" "$cache/apt/unreachable" "$cache"/trees/*; do
		[ ! -e "$file" ] || touch -d "@$(($(stat -c %Y "$file") - $1 * 3600))" "$file"
	done
}

# found PATH [REGEX]: that is the answer, and there is one line about it, or none
found()
{
	is "$status" 0 && is "$(cat "$tmp/out")" "$cache/$1" && one_line "${2:-}"
}

# one_line REGEX: besides the plain steps
one_line()
{
	grep -vE ": (reading Debian's list of kernels|downloading [^ ]*, [0-9]+ [KM]iB|unpacking [^ ]*)$" "$tmp/err" \
		> "$tmp/said"
	if [ -z "$1" ]; then
		is "$(cat "$tmp/said")" ""
	else
		is "$(wc -l < "$tmp/said")" 1 && grep -qE -e "$1" "$tmp/said"
	fi
}

# gives_up REGEX: exit status 2, and the reason in one line
gives_up()
{
	is "$status" 2 && is "$(cat "$tmp/out")" "" && one_line "$1"
}

nothing_half_written()
{
	is "$(find "$cache" -path '*/kernels/*' -name bzImage -size -500c)" "" &&
		is "$(find "$cache"/kernels -mindepth 1 -maxdepth 1 -type d -empty 2>/dev/null)" "" &&
		is "$(find "$cache" -maxdepth 1 -name 'fetch.*')" ""
}

kernel()
{
	echo "kernels/$1+deb13-${2:-cloud}-amd64/bzImage"
}

# --- A newer kernel of a series that is known ----------------------------------------

check_newer_kernel()
{
	in_cache daily
	run "$fetch" kernel 7.3
	check "the first kernel" found "$(kernel 7.3.4)"
	run "$fetch" kernel 7.3-rt
	check "the first kernel with PREEMPT_RT" found "$(kernel 7.3.4 rt)"
	add_kernel 7.3.5 && add_kernel 7.3.5 rt && publish
	run "$fetch" kernel 7.3
	check "newer kernel: not before the list is read again" found "$(kernel 7.3.4)"
	hours_pass 25
	run "$fetch" kernel 7.3
	check "newer kernel: the series means it, and that is told" found "$(kernel 7.3.5)" \
		"kernel 7\.3 is 7\.3\.5\+.* now, no longer 7\.3\.4\+.*; downloading it, [0-9]+ KiB$"
	run "$fetch" kernel 7.3-rt
	check "newer kernel: with a flavour" found "$(kernel 7.3.5 rt)" \
		"kernel 7\.3-rt is 7\.3\.5\+deb13-rt-amd64 now, no longer 7\.3\.4\+deb13-rt-amd64;"
	run "$fetch" kernel 7.3
	check "newer kernel: told once" found "$(kernel 7.3.5)"
	run "$fetch" kernel 7.3.4
	check "newer kernel: the version before it is what it was" found "$(kernel 7.3.4)"
}

# --- An old kernel vanishes ----------------------------------------------------------

check_vanished_kernel()
{
	run "$fetch" kernel 6.19.6
	check "old kernel: while it is there" found "$(kernel 6.19.6)"
	in_cache hours
	run "$fetch" list
	remove_package '*6.19.6*' && publish
	hours_pass 1
	run "$fetch" kernel 6.19.6
	check "vanished kernel: the list from before has it: is read again" \
		gives_up "no kernel 6\.19\.6 in the archive; it has 6\.19\.8$"
	in_cache daily
	hours_pass 25
	run "$fetch" kernel 6.19
	check "vanished kernel: the series means another" found "$(kernel 6.19.8)" "is 6\.19\.8.* now"
	run "$fetch" kernel 6.19.6
	check "vanished kernel: is used from the cache" found "$(kernel 6.19.6)" \
		"the archive has no kernel 6\.19\.6 any more; using 6\.19\.6\+.* from the cache$"
	in_cache empty
	run "$fetch" kernel 6.19.6
	check "vanished kernel: not in the cache" \
		gives_up "no kernel 6\.19\.6 in the archive; it has 6\.19\.8$"
}

# printed WORDS [REGEX]: these are the kernels, and there is one line, or none
printed()
{
	is "$status" 0 && is "$(paste -sd' ' "$tmp/out")" "$1" && one_line "${2:-}"
}

check_stand_ins()
{
	in_cache empty
	run "$pinned" kernels 6.19.8
	check "stand-in: none for what is there" printed "6.19.8"
	run "$pinned" kernels 6.19.6 7.3
	check "stand-in: a kernel with the same fixes, and that is told" printed "6.19.8 7.3" \
		"the archive has no 6\.19\.6; 6\.19\.8 has the same fixes and stands in for it$"
	run "$pinned" kernels 6.19.8 6.19.6
	check "stand-in: no kernel twice" printed "6.19.8" "stands in for it$"
	run "$pinned" kernels 7.1 7.3
	check "stand-in: no kernel with the same fixes" printed "7.3" \
		"the archive has no 7\.1, nor a kernel with the same fixes; left out$"
	run "$pinned" kernels 7.3 newest newest-rt
	check "stand-in: newest is a series by its number" printed "7.3 7.3-rt"

	run env -u KERNELS "$checkout/scripts/report" matrix
	check "make matrix: stand-ins for what is gone of the eras" \
		err_has "no 7\.0\.7; 7\.0\.4 has the same fixes and stands in for it$"
	check "make matrix: what is there, and one kernel once" \
		err_has "--kernels 6\.19\.8 7\.0\.4 7\.2 7\.3 7\.3-rt --jobs"
	run env KERNELS="7.3 7.0.7" "$checkout/scripts/report" matrix
	check "make matrix: a kernel that the user names is refused" \
		gives_up "no kernel 7\.0\.7 in the archive; it has 7\.0\.4$"
	run env -u KERNELS TEST=cgroup_rmdir "$checkout/scripts/bisect"
	check "make bisect: stand-ins for what is gone" \
		err_has "--images 6\.19\.8 7\.0\.4 7\.2 7\.3 --test"
	run env KERNELS="7.3 7.0.7" TEST=cgroup_rmdir "$checkout/scripts/bisect"
	check "make bisect: a kernel that the user names is refused" \
		gives_up "no kernel 7\.0\.7 in the archive; it has 7\.0\.4$"
}

# --- A new series --------------------------------------------------------------------

check_new_series()
{
	in_cache daily
	run "$fetch" kernel newest
	check "newest: the newest series' newest" found "$(kernel 7.3.5)"
	add_kernel 7.4.1 && add_kernel 7.4.1 rt && publish
	hours_pass 25
	run "$fetch" kernel newest
	check "new series: newest means it, and that is told" found "$(kernel 7.4.1)" \
		"the newest kernel is 7\.4\.1\+.* now, no longer 7\.3\.5\+.*; downloading it, [0-9]+ KiB$"
	run "$fetch" kernel 7.4
	check "new series: by its number" found "$(kernel 7.4.1)"
	run "$fetch" kernel 7.3
	check "new series: the old one is what it was" found "$(kernel 7.3.5)"
	run "$fetch" kernel newest-rt
	check "new series: with a flavour" found "$(kernel 7.4.1 rt)" \
		"the newest kernel with -rt is 7\.4\.1\+.* now, no longer 7\.3\.5\+"
	run "$pinned" kernels 7.3 newest newest-rt
	check "new series: is one more kernel of every era" printed "7.3 7.4 7.4-rt"
	in_cache empty
	remove_package 'linux-binary-7.3.*' && publish
	hours_pass 25
	rm -rf "$cache/kernels"
	run "$pinned" kernels 7.3
	check "new series: takes the place of the old one when that is gone" printed 7.4.1 \
		"the archive has no 7\.3; 7\.4\.1 has the same fixes and stands in for it$"
}

# --- Another source ------------------------------------------------------------------

tree()
{
	echo "trees/linux-source-${1%.*}_$1-1"
}

check_source()
{
	if [ "$(df -B 1M --output=avail "$tmp" | tail -n 1)" -lt 2000 ]; then
		skip "source: a newer one" "2 GB are wanted before a tree is unpacked"
		return
	fi
	in_cache daily
	run "$fetch" tree 7.2
	run "$fetch" tree
	check "source: the newest" found "$(tree 7.3.4)" \
		"the newest linux-source is linux-source-7\.3_7\.3\.4-1 now, no longer linux-source-7\.2"
	remove_package 'linux-source-7.3*' && add_source 7.3.5 && publish
	hours_pass 23
	run "$fetch" tree
	check "source: not before the list is read again" found "$(tree 7.3.4)"
	hours_pass 2
	run "$fetch" tree
	check "source: the next version is fetched, and that is told" err_has \
		"the newest linux-source is linux-source-7\.3_7\.3\.5-1 now, no longer linux-source-7\.3_7\.3\.4-1;"
	check "source: it is that version" is "$(cat "$(cat "$tmp/out")/version")" 7.3.5
	check "source: one that was asked for today stays" test -e "$cache/$(tree 7.3.4)"
	hours_pass 25
	run "$fetch" tree 7.3
	check "source: a day later it goes, and that is told" found "$(tree 7.3.5)" \
		"removing linux-source-7\.3_7\.3\.4-1 from the cache; linux-source-7\.3_7\.3\.5-1 has replaced it$"
	check "source: ... all of it" test ! -e "$cache/$(tree 7.3.4)"
	check "source: other series stay" test -e "$cache/$(tree 7.2.12)"
	run "$pinned" tree
	check "source: the project's own" found "$(tree 7.3.5)"
	remove_package 'linux-source-7.3*' && publish
	hours_pass 25
	run "$pinned" tree
	check "source: the project's own, gone: is used from the cache" found "$(tree 7.3.5)" \
		"the archive has no linux-source-7\.3 any more; using linux-source-7\.3_7\.3\.5-1 from the cache$"
	in_cache empty
	hours_pass 25
	run "$pinned" tree
	check "source: the project's own, gone: the newest, and that is told" found "$(tree 7.2.12)" \
		"the archive has no linux-source-7\.3; its newest stands in for it$"
}

# --- A download that is cut off ------------------------------------------------------

deb_of()
{
	echo "$archive/pool/linux-binary-$1+deb13-cloud-amd64_$1-1.deb"
}

check_cut_package()
{
	local deb

	add_kernel 7.4.2 && publish
	deb=$(deb_of 7.4.2)
	cp "$deb" "$tmp/whole.deb"
	truncate -s 700 "$deb"
	in_cache daily
	hours_pass 25
	run "$fetch" kernel 7.4
	check "cut package: what the cache has is used" is "$(cat "$tmp/out")" "$cache/$(kernel 7.4.1)"
	check "cut package: ... and that is told" \
		err_has "cannot be downloaded \(Hash Sum mismatch\); using 7\.4\.1\+.* from the cache$"
	in_cache cut
	run "$fetch" kernel 7.4
	check "cut package: nothing in the cache" gives_up \
		"7\.4\.2\+.* cannot be downloaded \(Hash Sum mismatch\); check"
	check "cut package: nothing half-written" nothing_half_written
	cp "$tmp/whole.deb" "$deb"
	run "$fetch" kernel 7.4
	check "cut package: whole again, the next run has it" found "$(kernel 7.4.2)"
	check "cut package: nothing half-written" nothing_half_written

	add_kernel 7.4.3
	deb=${deb//7.4.2/7.4.3}
	cp "$deb" "$tmp/whole.deb"
	sed -i "s/^SHA256: .*/SHA256: $(head -c 700 "$deb" | sha256sum | cut -d' ' -f1)/; s/^Size: .*/Size: 700/" \
		"$archive/stanzas/${deb##*/}"
	truncate -s 700 "$deb"
	publish
	hours_pass 25
	run "$fetch" kernel 7.4.3
	check "cut package: the archive's own is cut" gives_up "7\.4\.3\+.* cannot be unpacked \("
	check "cut package: nothing half-written" nothing_half_written
	add_kernel 7.4.3 && publish
	hours_pass 25
	run "$fetch" kernel 7.4.3
	check "cut package: mended, the next run has it" found "$(kernel 7.4.3)"
}

# check_bad_list NAME VERSION REGEX: of an archive whose list cannot be believed, and
# which is to get that version
check_bad_list()
{
	local name=$1 version=$2 regex=$3 before date

	in_cache daily
	before=$(cd "$cache" && find kernels/7.4.* -name bzImage | sort -V | tail -n 1)
	hours_pass 25
	date=$(date -r "$cache/apt/index" +%F)
	cp "$cache/apt/index" "$tmp/index"
	run "$fetch" kernel 7.4
	check "$name: the one from before is used, and that is told" found "$before" \
		"the archive $regex; using its index of $date$"
	check "$name: ... and left as it is" cmp "$tmp/index" "$cache/apt/index"
	in_cache "none.$version"
	run "$fetch" kernel 7.4
	check "$name: nothing in the cache" gives_up "nothing is cached and the archive $regex; connect"
	publish
	run "$fetch" kernel 7.4
	check "$name: mended, the next run has it" found "$(kernel "$version")"
	in_cache daily
	hours_pass 1
	run "$fetch" kernel 7.4
	check "$name: ... where there is an old one, too" found "$(kernel "$version")" "now, no longer"
}

check_bad_lists()
{
	local lists=$archive/dists/trixie-backports

	in_cache daily
	hours_pass 25
	run "$fetch" kernel 7.4
	cp "$lists/main/binary-amd64/Packages" "$tmp/Packages"
	add_kernel 7.4.4 && publish
	cp "$tmp/Packages" "$lists/main/binary-amd64/"
	check_bad_list "half-changed list" 7.4.4 "is in the middle of a change"
	add_kernel 7.4.5 && publish
	truncate -s 300 "$lists/InRelease"
	check_bad_list "list that is cut off" 7.4.5 "is in the middle of a change"
	add_kernel 7.4.6 && publish stranger
	check_bad_list "list that a stranger signed" 7.4.6 "is not signed by Debian"
	add_kernel 7.4.7
	mv "$lists" "$archive/gone"
	check_bad_list "no list" 7.4.7 "cannot be reached \(.*\)"
	mkdir -p "$tmp/no-lists/partial"
	sed 's|/machine"|/no-lists"|' "$APT_CONFIG" > "$tmp/no-lists.conf"
	hours_pass 25
	run env APT_CONFIG="$tmp/no-lists.conf" "$fetch" kernel 7.4
	check "machine without lists: the mirror is the one from before" found "$(kernel 7.4.7)"
	in_cache nowhere
	run env APT_CONFIG="$tmp/no-lists.conf" "$fetch" kernel 7.4
	check "machine without lists: no mirror from before" \
		gives_up "apt names no Debian mirror .*; add one to /etc/apt/sources.list$"
}

# --- A backport that is told as news -------------------------------------------------

with_lib()
{
	(. "$checkout/check/lib.sh" && "$@")
}

readme_is_wrong()
{
	! with_lib readme_has_the_releases > "$tmp/out"
}

# expected TEST VERSION VERDICT
expected()
{
	local list="$1\tcgroup: fix cgroup.kill for exited thread group leader\tinvariant\n"

	with_lib build_expect "$tmp" &&
		grep -qxF "$1 $3" <<< "$("$tmp/expect" "$checkout/check/expect/rules.txt" \
			<(printf '%b' "$list") "$2")"
}

# 6.17 has ended: nobody will add a backport to it but this check.
check_backport()
{
	local test=cgroup_kill.reaches_a_process_whose_leader_has_exited

	sed -i '/^static const struct release releases/a\	RELEASE(FIX_KILL_HEADLESS, "6.17.99"),' \
		"$checkout/lib/releases.c"
	check "backport: one line in one file: the README need not change" \
		with_lib readme_has_the_releases
	check "backport: ... it is expected from that version on" expected "$test" 6.17.99 pass
	check "backport: ... and not before" expected "$test" 6.17.98 FIX_KILL_HEADLESS
	sed -i 's/| 7\.1, 7\.0\.9/| 7.1, 7.0.8/' "$checkout/README.md"
	check "backport: one that the table does not have is not for the README" \
		readme_is_wrong
	check "backport: ... and it is named" out_has "^[0-9a-f]{12} is in 7\.1,7\.0\.9"
}

make_all()
{
	make_archive || return
	for version in 6.19.6 6.19.8 7.0.4 7.2.12 7.3.4; do
		add_kernel "$version" || return
	done
	add_kernel 7.3.4 rt && add_source 7.2.12 && add_source 7.3.4 && publish && make_checkout
}

if ! make_all > "$tmp/err" 2>&1; then
	echo "not ok - a make-believe archive"
	sed 's/^/# /' "$tmp/err" >&2
	exit 1
fi
check_newer_kernel
check_vanished_kernel
check_stand_ins
check_new_series
check_source
check_cut_package
check_bad_lists
check_backport
check "nothing is left" empty_dir "$TMPDIR"

# shellcheck disable=SC2031 # with_lib sets another one
exit $check_failed
