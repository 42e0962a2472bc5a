#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks how vm/fetch and scripts/pinned follow changes of Debian's archive. A fake archive
# gains a kernel, a series and a source, loses old ones, and has truncated packages and lists.
# Needs no network and boots nothing.

# shellcheck source-path=SCRIPTDIR disable=SC2317

set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/check/fake/report.sh"

clean_up()
{
	GNUPGHOME=$tmp/gnupg gpgconf --kill all 2>/dev/null
	rm -rf "$tmp"
}
make_tmp
. "$root/check/fake/archive.sh"

checkout=$tmp/checkout
fetch=$checkout/vm/fetch
pinned=$checkout/scripts/pinned

# A copy of the checkout that uses the fake archive. Its slow scripts are replaced.
make_checkout()
{
	mkdir "$checkout"
	cp -r "$root"/{vm,scripts,check,lib,report,cgroup,sched_ext} "$checkout/"
	mkdir -p "$checkout/docs"
	cp "$root/docs/verdict.md" "$checkout/docs/"
	use_archive "$checkout" || return
	cat > "$checkout/vm/matrix" <<-'EOT'
		#!/bin/sh
		echo "vm/matrix: $*" >&2
		exit 2
	EOT
	sed 's/matrix/bisect/' "$checkout/vm/matrix" > "$checkout/vm/bisect"
	chmod +x "$checkout/vm/bisect"
	printf '#!/bin/sh\n' | tee "$checkout/scripts/install-deps" > "$checkout/scripts/build"
}

# in_cache NAME: switches to a cache, which is created at the first use
in_cache()
{
	export XDG_CACHE_HOME=$tmp/caches/$1
	cache=$XDG_CACHE_HOME/task_exit
	mkdir -p "$cache"
}

# hours_pass N: makes all files in the cache N hours older
hours_pass()
{
	local file

	for file in "$cache/apt/index" "$cache/apt/unreachable" "$cache"/trees/*; do
		[ ! -e "$file" ] || touch -d "@$(($(stat -c %Y "$file") - $1 * 3600))" "$file"
	done
}

# found PATH [REGEX]: vm/fetch printed PATH, and one message that matches REGEX, or none
found()
{
	is "$status" 0 && is "$(cat "$tmp/out")" "$cache/$1" && one_line "${2:-}"
}

# one_line REGEX: ignores the messages about single steps
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

# failed REGEX: exit status 2, and one message that matches REGEX
failed()
{
	is "$status" 2 && is "$(cat "$tmp/out")" "" && one_line "$1"
}

no_partial_files()
{
	is "$(find "$cache" -path '*/kernels/*' -name bzImage -size -500c)" "" &&
		is "$(find "$cache"/kernels -mindepth 1 -maxdepth 1 -type d -empty 2>/dev/null)" "" &&
		is "$(find "$cache" -maxdepth 1 -name 'fetch.*')" ""
}

kernel()
{
	echo "kernels/$1+deb13-${2:-cloud}-amd64/bzImage"
}

# --- A newer kernel of a known series ----------------------------------------

check_newer_kernel()
{
	in_cache daily
	run "$fetch" kernel 7.3
	check "the first kernel" found "$(kernel 7.3.4)"
	run "$fetch" kernel 7.3-rt
	check "the first kernel with PREEMPT_RT" found "$(kernel 7.3.4 rt)"
	add_kernel 7.3.5 && add_kernel 7.3.5 rt && publish
	run "$fetch" kernel 7.3
	check "newer kernel: not used until the index is updated" found "$(kernel 7.3.4)"
	hours_pass 25
	run "$fetch" kernel 7.3
	check "newer kernel: the series means it, and a message says so" found "$(kernel 7.3.5)" \
		"kernel 7\.3 is now 7\.3\.5\+.*, was 7\.3\.4\+.*; downloading it, [0-9]+ KiB$"
	run "$fetch" kernel 7.3-rt
	check "newer kernel: with a flavour" found "$(kernel 7.3.5 rt)" \
		"kernel 7\.3-rt is now 7\.3\.5\+deb13-rt-amd64, was 7\.3\.4\+deb13-rt-amd64;"
	run "$fetch" kernel 7.3
	check "newer kernel: the message is printed once" found "$(kernel 7.3.5)"
	run "$fetch" kernel 7.3.4
	check "newer kernel: the older version is still available" found "$(kernel 7.3.4)"
}

# --- The archive drops a kernel ----------------------------------------------------------

check_dropped_kernel()
{
	run "$fetch" kernel 6.19.6
	check "dropped kernel: before it is dropped" found "$(kernel 6.19.6)"
	in_cache hours
	run "$fetch" list
	remove_package '*6.19.6*' && publish
	hours_pass 1
	run "$fetch" kernel 6.19.6
	check "dropped kernel: the old index has it: updates the index" \
		failed "no kernel 6\.19\.6 in the archive; it has 6\.19\.8$"
	in_cache daily
	hours_pass 25
	run "$fetch" kernel 6.19
	check "dropped kernel: the series means another one" \
		found "$(kernel 6.19.8)" "is now 6\.19\.8"
	run "$fetch" kernel 6.19.6
	check "dropped kernel: used from the cache" found "$(kernel 6.19.6)" \
		"the archive no longer has kernel 6\.19\.6; using 6\.19\.6\+.* from the cache$"
	in_cache empty
	run "$fetch" kernel 6.19.6
	check "dropped kernel: not in the cache" \
		failed "no kernel 6\.19\.6 in the archive; it has 6\.19\.8$"
}

# printed KERNELS [REGEX]: scripts/pinned printed these, and one message that matches REGEX, or none
printed()
{
	is "$status" 0 && is "$(paste -sd' ' "$tmp/out")" "$1" && one_line "${2:-}"
}

check_replacements()
{
	in_cache empty
	run "$pinned" kernels 6.19.8
	check "replacement: none if the kernel is there" printed "6.19.8"
	run "$pinned" kernels 6.19.6 7.3
	check "replacement: a kernel with the same fixes, and a message says so" \
		printed "6.19.8 7.3" \
		"the archive has no 6\.19\.6; using 6\.19\.8, which has the same fixes$"
	run "$pinned" kernels 6.19.8 6.19.6
	check "replacement: prints no kernel twice" printed "6.19.8" "which has the same fixes$"
	run "$pinned" kernels 7.1 7.3
	check "replacement: no kernel with the same fixes" printed "7.3" \
		"the archive has no 7\.1, and no kernel with the same fixes; skipping it$"
	run "$pinned" kernels 7.3 newest newest-rt
	check "replacement: prints the series for newest" printed "7.3 7.3-rt"

	run env -u KERNELS "$checkout/scripts/report" matrix
	check "make matrix: replaces dropped kernels" \
		err_has "no 7\.0\.7; using 7\.0\.4, which has the same fixes$"
	check "make matrix: runs each kernel once" \
		err_has "--kernels 6\.19\.8 7\.0\.4 7\.2 7\.3 7\.3-rt --jobs"
	run env KERNELS="7.3 7.0.7" "$checkout/scripts/report" matrix
	check "make matrix: refuses a dropped kernel in KERNELS" \
		failed "no kernel 7\.0\.7 in the archive; it has 7\.0\.4$"
	run env -u KERNELS TEST=cgroup_rmdir "$checkout/scripts/bisect"
	check "make bisect: replaces dropped kernels" \
		err_has "--images 6\.19\.8 7\.0\.4 7\.2 7\.3 --test"
	run env KERNELS="7.3 7.0.7" TEST=cgroup_rmdir "$checkout/scripts/bisect"
	check "make bisect: refuses a dropped kernel in KERNELS" \
		failed "no kernel 7\.0\.7 in the archive; it has 7\.0\.4$"
}

# --- A new series --------------------------------------------------------------------

check_new_series()
{
	in_cache daily
	run "$fetch" kernel newest
	check "newest: the newest kernel of the newest series" found "$(kernel 7.3.5)"
	add_kernel 7.4.1 && add_kernel 7.4.1 rt && publish
	hours_pass 25
	run "$fetch" kernel newest
	check "new series: newest means it, and a message says so" found "$(kernel 7.4.1)" \
		"the newest kernel is now 7\.4\.1\+.*, was 7\.3\.5\+.*; downloading it, [0-9]+ KiB$"
	run "$fetch" kernel 7.4
	check "new series: by its number" found "$(kernel 7.4.1)"
	run "$fetch" kernel 7.3
	check "new series: the old series is unchanged" found "$(kernel 7.3.5)"
	run "$fetch" kernel newest-rt
	check "new series: with a flavour" found "$(kernel 7.4.1 rt)" \
		"the newest kernel with -rt is now 7\.4\.1\+.*, was 7\.3\.5\+"
	run "$pinned" kernels 7.3 newest newest-rt
	check "new series: scripts/pinned prints it for newest" printed "7.3 7.4 7.4-rt"
	in_cache empty
	remove_package 'linux-binary-7.3.*' && publish
	hours_pass 25
	rm -rf "$cache/kernels"
	run "$pinned" kernels 7.3
	check "new series: replaces the old one when that is dropped" printed 7.4.1 \
		"the archive has no 7\.3; using 7\.4\.1, which has the same fixes$"
}

# --- A newer source ------------------------------------------------------------------

tree()
{
	echo "trees/linux-source-${1%.*}_$1-1"
}

check_source()
{
	if [ "$(df -B 1M --output=avail "$tmp" | tail -n 1)" -lt 2000 ]; then
		skip "source: a newer one" "unpacking a tree takes 2 GB"
		return
	fi
	in_cache daily
	run "$fetch" tree 7.2
	run "$fetch" tree
	check "source: the newest" found "$(tree 7.3.4)" \
		"the newest linux-source is now linux-source-7\.3_7\.3\.4-1, was linux-source-7\.2"
	remove_package 'linux-source-7.3*' && add_source 7.3.5 && publish
	hours_pass 23
	run "$fetch" tree
	check "source: a newer one is not used until the index is updated" found "$(tree 7.3.4)"
	hours_pass 2
	run "$fetch" tree
	check "source: fetches the next version, and a message says so" err_has \
		"the newest linux-source is now linux-source-7\.3_7\.3\.5-1, was linux-source-7\.3_7\.3\.4-1;"
	check "source: ... which is that version" is "$(cat "$(cat "$tmp/out")/version")" 7.3.5
	check "source: keeps a tree that was used today" test -e "$cache/$(tree 7.3.4)"
	hours_pass 25
	run "$fetch" tree 7.3
	check "source: removes it a day later, and a message says so" found "$(tree 7.3.5)" \
		"removing linux-source-7\.3_7\.3\.4-1 from the cache; linux-source-7\.3_7\.3\.5-1 has replaced it$"
	check "source: ... completely" test ! -e "$cache/$(tree 7.3.4)"
	check "source: keeps other series" test -e "$cache/$(tree 7.2.12)"
	run "$pinned" tree
	check "source: the one that the project uses" found "$(tree 7.3.5)"
	remove_package 'linux-source-7.3*' && publish
	hours_pass 25
	run "$pinned" tree
	check "source: the one that the project uses, dropped: from the cache" \
		found "$(tree 7.3.5)" \
		"the archive no longer has linux-source-7\.3; using linux-source-7\.3_7\.3\.5-1 from the cache$"
	in_cache empty
	hours_pass 25
	run "$pinned" tree
	check "source: the one that the project uses, dropped: the newest, and a message says so" \
		found "$(tree 7.2.12)" \
		"the archive has no linux-source-7\.3; using the newest$"
}

# --- Truncated packages and lists ------------------------------------------------------

deb_of()
{
	echo "$archive/pool/linux-binary-$1+deb13-cloud-amd64_$1-1.deb"
}

check_truncated_package()
{
	local deb

	add_kernel 7.4.2 && publish
	deb=$(deb_of 7.4.2)
	cp "$deb" "$tmp/whole.deb"
	truncate -s 700 "$deb"
	in_cache daily
	hours_pass 25
	run "$fetch" kernel 7.4
	check "truncated package: uses the kernel in the cache" \
		is "$(cat "$tmp/out")" "$cache/$(kernel 7.4.1)"
	check "truncated package: ... and a message says so" \
		err_has "cannot be downloaded \(Hash Sum mismatch\); using 7\.4\.1\+.* from the cache$"
	in_cache truncated
	run "$fetch" kernel 7.4
	check "truncated package: nothing in the cache" failed \
		"7\.4\.2\+.* cannot be downloaded \(Hash Sum mismatch\); check"
	check "truncated package: leaves no partial files" no_partial_files
	cp "$tmp/whole.deb" "$deb"
	run "$fetch" kernel 7.4
	check "truncated package: repaired: the next run fetches it" found "$(kernel 7.4.2)"
	check "truncated package: leaves no partial files" no_partial_files

	add_kernel 7.4.3
	deb=${deb//7.4.2/7.4.3}
	cp "$deb" "$tmp/whole.deb"
	sed -i "s/^SHA256: .*/SHA256: $(head -c 700 "$deb" | sha256sum | cut -d' ' -f1)/; s/^Size: .*/Size: 700/" \
		"$archive/stanzas/${deb##*/}"
	truncate -s 700 "$deb"
	publish
	hours_pass 25
	run "$fetch" kernel 7.4.3
	check "truncated package: the index has the truncated package" \
		failed "7\.4\.3\+.* cannot be unpacked \("
	check "truncated package: leaves no partial files" no_partial_files
	add_kernel 7.4.3 && publish
	hours_pass 25
	run "$fetch" kernel 7.4.3
	check "truncated package: the index is repaired: the next run fetches it" \
		found "$(kernel 7.4.3)"
}

# check_bad_list NAME VERSION REGEX: the archive's lists are broken; REGEX is the message.
# Repairs them afterwards, which makes VERSION available.
check_bad_list()
{
	local name=$1 version=$2 regex=$3 before date

	in_cache daily
	before=$(cd "$cache" && find kernels/7.4.* -name bzImage | sort -V | tail -n 1)
	hours_pass 25
	date=$(date -r "$cache/apt/index" +%F)
	cp "$cache/apt/index" "$tmp/index"
	run "$fetch" kernel 7.4
	check "$name: uses the old index, and a message says so" found "$before" \
		"the archive $regex; using its index of $date$"
	check "$name: ... which is unchanged" cmp "$tmp/index" "$cache/apt/index"
	in_cache "none.$version"
	run "$fetch" kernel 7.4
	check "$name: nothing in the cache" \
		failed "nothing is cached and the archive $regex; check the network"
	publish
	run "$fetch" kernel 7.4
	check "$name: repaired: the next run fetches the new kernel" found "$(kernel "$version")"
	in_cache daily
	hours_pass 1
	run "$fetch" kernel 7.4
	check "$name: ... also with an old kernel in the cache" \
		found "$(kernel "$version")" "is now .*, was "
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
	check_bad_list "list and signature do not match" 7.4.4 "is being updated"
	add_kernel 7.4.5 && publish
	truncate -s 300 "$lists/InRelease"
	check_bad_list "truncated list" 7.4.5 "is being updated"
	add_kernel 7.4.6 && publish other
	check_bad_list "list signed by another key" 7.4.6 "is not signed by Debian"
	add_kernel 7.4.7
	mv "$lists" "$archive/gone"
	check_bad_list "no list" 7.4.7 "cannot be reached \(.*\)"
	mkdir -p "$tmp/no-lists/partial"
	sed 's|/machine"|/no-lists"|' "$APT_CONFIG" > "$tmp/no-lists.conf"
	hours_pass 25
	run env APT_CONFIG="$tmp/no-lists.conf" "$fetch" kernel 7.4
	check "machine without apt lists: uses the last mirror" found "$(kernel 7.4.7)"
	in_cache nowhere
	run env APT_CONFIG="$tmp/no-lists.conf" "$fetch" kernel 7.4
	check "machine without apt lists: no last mirror" \
		failed "apt names no Debian mirror .*; add one to /etc/apt/sources.list$"
}

# --- A new backport in lib/fixes.c ------------------------------------------------------

kill_title="cgroup: fix cgroup.kill for exited thread group leader"

with_lib()
{
	(. "$checkout/check/lib.sh" && "$@")
}

docs_have_other_releases()
{
	! with_lib docs_have_the_fixes > "$tmp/out"
}

# expected TEST VERSION VERDICT: check/expect expects VERDICT
expected()
{
	local list="$1\t$kill_title\tinvariant\n"

	with_lib build_expect "$tmp" &&
		grep -qxF "$1 $3" <<< "$("$tmp/expect" "$checkout/check/expect/rules.txt" \
			<(printf '%b' "$list") "$2")"
}

# 6.17 has ended: it gets no more backports.
check_backport()
{
	local test=cgroup_kill.kills_a_process_whose_leader_has_exited

	sed -i '/\[FIX_KILL_EXITED_LEADER\]/,/}/s/\.released = "7\.3\.4, /&6.17.99, /' "$checkout/lib/fixes.c"
	check "backport: one line in one file: the docs need not change" \
		with_lib docs_have_the_fixes
	check "backport: ... it is expected from that version on" expected "$test" 6.17.99 pass
	check "backport: ... and not before" expected "$test" 6.17.98 "$kill_title"
	sed -i 's/| 7\.1, 7\.0\.9/| 7.1, 7.0.8/' "$checkout/docs/verdict.md"
	check "backport: the docs may not have one that lib/fixes.c lacks" \
		docs_have_other_releases
	check "backport: ... and the check names it" out_has "^[0-9a-f]{12} is in 7\.1, 7\.0\.9"
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
	echo "not ok - a fake archive"
	sed 's/^/# /' "$tmp/err" >&2
	exit 1
fi
check_newer_kernel
check_dropped_kernel
check_replacements
check_new_series
check_source
check_truncated_package
check_bad_lists
check_backport
check "leaves no files" empty_dir "$TMPDIR"

# shellcheck disable=SC2031 # with_lib sets another one
exit $check_failed
