#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks what vm/fetch promises: which kernel a spec means, one line for every
# trouble, and a cache that is complete or empty but never half-written.
# Downloads some 50 MB into caches of its own.

# shellcheck source-path=SCRIPTDIR disable=SC2317

set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/check/stubs/report.sh"

tmp=$(mktemp -d)
chmod 755 "$tmp"
child=
mounted=
clean_up()
{
	[ -z "$child" ] || kill "$child" 2>/dev/null
	[ -z "$mounted" ] || umount "$tmp/small"
	rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fetch=$root/vm/fetch

# A proxy that nobody listens at: the archive is out of reach.
offline()
{
	run env http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 "$@"
}

in_cache()
{
	export XDG_CACHE_HOME=$tmp/$1
	cache=$XDG_CACHE_HOME/task_exit
}

silent()
{
	is "$(cat "$tmp/err")" ""
}

found()
{
	is "$status" 0 && is "$(cat "$tmp/out")" "$1"
}

# No kernel but the complete ones, no download but in partial/.
nothing_half_written()
{
	local image

	for image in "$cache"/kernels/*/; do
		[ ! -d "$image" ] || [ -s "$image/bzImage" ] || { echo "# $image is incomplete" >&2; return 1; }
	done
	is "$(find "$cache" -maxdepth 1 -name 'fetch.*')" ""
}

# --- Which kernel a spec means: no archive needed -----------------------------

kernel_line()
{
	echo "kernel ${1%%[-+]*} $2 linux-$3-${1%%[-+]*}+deb13-$2 ${1%%[-+]*}-1 00 http://127.0.0.1:9/none"
}

check_choice()
{
	local abi

	in_cache choice
	mkdir -p "$cache/apt"
	{
		kernel_line 6.9.10 amd64 image
		kernel_line 6.9.10 cloud-amd64 image
		kernel_line 6.10.2 cloud-amd64 image
		kernel_line 6.10.11 amd64 binary-unsigned
		kernel_line 6.10.11 cloud-amd64 binary-unsigned
	} > "$cache/apt/index"
	for abi in 6.9.10+deb13-{,cloud-}amd64 6.10.2+deb13-cloud-amd64 6.10.11+deb13-cloud-amd64; do
		mkdir -p "$cache/kernels/$abi"
		: > "$cache/kernels/$abi/bzImage"
	done
	offline "$fetch" kernel 6.10
	check "a series is its newest kernel" found "$cache/kernels/6.10.11+deb13-cloud-amd64/bzImage"
	offline "$fetch" kernel 6.9.10
	check "the cloud flavour comes first" found "$cache/kernels/6.9.10+deb13-cloud-amd64/bzImage"
	offline "$fetch" kernel 6.9.10+deb13-amd64
	check "a complete name is that kernel" found "$cache/kernels/6.9.10+deb13-amd64/bzImage"
	offline "$fetch" kernel 6.1
	check "6.1 is not 6.10" refused "no kernel 6.1 in the archive; it has 6.9 6.10$"
	offline "$fetch" kernel 6.10.3
	check "unknown version: lists the series" refused "it has 6.10.2 6.10.11$"
	offline "$fetch" list
	check "list: version, flavour, package" is "$(head -n 1 "$tmp/out")" \
		"6.9.10 amd64 linux-image-6.9.10+deb13-amd64"

	touch -d '2 days ago' "$cache/apt/index"
	offline "$fetch" kernel 6.10
	check "old index, archive out of reach: says so in a line" is "$(grep -c 'using its index of' "$tmp/err")" 1
	check "old index, archive out of reach: works" found "$cache/kernels/6.10.11+deb13-cloud-amd64/bzImage"
	rm "$cache/apt/index"
	offline "$fetch" kernel 6.10
	check "no index, archive out of reach: uses the cache" \
		found "$cache/kernels/6.10.11+deb13-cloud-amd64/bzImage"
	check "no index, archive out of reach: says so" err_has "from the cache"
}

check_usage()
{
	in_cache usage
	run "$fetch"
	check "no arguments" refused "kernel, tree, btf, changelog or list"
	run "$fetch" kernel nowhere
	check "a path that does not exist" refused "does not exist"
	offline "$fetch" kernel 7.3
	check "empty cache, archive out of reach" is "$status" 2
	check "empty cache, archive out of reach: says so in a line" is \
		"$(grep -v "reading Debian's list" "$tmp/err" | grep -c "nothing is cached")" 1
	run env XDG_CACHE_HOME=/proc "$fetch" kernel 7.3
	check "cache that cannot be written" refused "set XDG_CACHE_HOME"
	offline env -C "$tmp" HOME="$tmp/home" XDG_CACHE_HOME=relative "$fetch" kernel 7.3
	check "a relative XDG_CACHE_HOME is ignored" test ! -e "$tmp/relative" -a \
		-d "$tmp/home/.cache/task_exit"
}

# --- With the archive ---------------------------------------------------------

check_download()
{
	in_cache real
	run "$fetch" list
	check "list from the archive" out_has '^[7-9]\.[0-9]+\.[0-9]+ cloud-amd64 linux-'
	# The checks below want one series, whatever the archive has.
	series=$(tail -n 1 "$tmp/out" | cut -d. -f1,2)
	other=$(head -n 1 "$tmp/out" | cut -d. -f1,2)
	run "$fetch" kernel "$series"
	image=$(cat "$tmp/out")
	check "kernel: its path and nothing else" found "$cache/kernels/${image#"$cache/kernels/"}"
	check "kernel: it is one" test "$(od -An -c -j 514 -N 4 "$image" | tr -d ' ')" = HdrS
	check "kernel: the download is not kept" empty_dir "$cache/partial"
	offline "$fetch" kernel "$series"
	check "kernel: cached, no network" found "$image"
	check "kernel: cached, silent" silent
	check "kernel: cached, at once" test "$took" -lt 300
	offline "$fetch" kernel "$other"
	check "kernel: not cached, archive out of reach: exit 2" is "$status" 2
	check "kernel: not cached, archive out of reach: says so" err_has "cannot be downloaded \(.*onnect"
	run "$fetch" kernel "$image"
	check "kernel: a path is itself" found "$image"
}

# Starts a slow download in an empty cache and waits until it is under way.
start_download()
{
	in_cache "$1"
	mkdir -p "$cache"
	cp -a "$tmp/real/task_exit/apt" "$cache/apt"
	sed -i "s|$tmp/real|$tmp/$1|" "$cache/apt/apt.conf"
	echo 'Acquire::http::Dl-Limit "2000"; Acquire::https::Dl-Limit "2000";' > "$tmp/slow.conf"
	APT_CONFIG=$tmp/slow.conf "$fetch" kernel "$series" > "$tmp/out" 2> "$tmp/err" &
	child=$!
	eventually 20 download_began
}

download_began()
{
	[ -n "$(find "$cache/partial" -size +500k 2>/dev/null)" ]
}

no_download()
{
	! pgrep -f "apt-helper.*$cache" > /dev/null
}

check_interruption()
{
	local signal number=0

	for signal in KILL TERM; do
		number=$((number + 1))
		start_download "killed$number"
		kill "-$signal" "$child"
		wait "$child" 2>/dev/null
		child=
		check "SIG$signal: nothing goes on" eventually 5 no_download
		check "SIG$signal: no half kernel" is "$(ls "$cache/kernels" 2>/dev/null)" ""
	done
	check "SIGTERM: nothing half-written" nothing_half_written
	run "$fetch" kernel "$series"
	check "the next run completes it" cmp "$(cat "$tmp/out")" "$image"

	rm -rf "$cache/kernels"
	head -c 20000000 /dev/urandom > "$cache/partial/$(awk -v abi="$(basename "$(dirname "$image")")" \
		'index($4, abi) { print $4; exit }' "$cache/apt/index").deb"
	run "$fetch" kernel "$series"
	check "a damaged download is not believed" cmp "$(cat "$tmp/out")" "$image"
}

check_two_at_once()
{
	start_download twice
	run "$fetch" kernel "$series"
	check "two at once: the second waits and succeeds" cmp "$(cat "$tmp/out")" "$image"
	check "two at once: it says that it waits" err_has "waiting for another"
	wait "$child"
	check "two at once: the first succeeds" is $? 0
	child=
	check "two at once: nothing half-written" nothing_half_written
}

check_disk_full()
{
	local size

	if ! { mkdir "$tmp/small" && mount -t tmpfs -o size=4M tmpfs "$tmp/small"; } 2>/dev/null; then
		skip "disk full" "needs root to mount a small tmpfs"
		return
	fi
	mounted=1
	in_cache small
	# Too small for the index; for the download; for the kernel in it.
	for size in 4M 32M 44M; do
		mount -o "remount,size=$size" "$tmp/small"
		run "$fetch" kernel "$series"
		check "disk full at $size: one clear line, exit 2" is "$status" 2
		check "disk full at $size: says so" err_has "the disk is full"
		check "disk full at $size: nothing half-written" nothing_half_written
	done
	mount -o remount,size=120M "$tmp/small"
	run "$fetch" kernel "$series"
	check "room again: works" cmp "$(cat "$tmp/out")" "$image"
}

check_ordinary_user()
{
	if [ "$(id -u)" != 0 ]; then
		skip "as an ordinary user" "all of this ran as one"
		return
	fi
	mkdir -m 777 "$tmp/user"
	# The checkout may lie where that user cannot go.
	cp -r "$root/vm" "$tmp/vm"
	run setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent \
		XDG_CACHE_HOME="$tmp/user" "$tmp/vm/fetch" kernel "$series"
	check "as an ordinary user" cmp "$(cat "$tmp/out")" "$image"
}

# The tree is 167 MB: it comes from the cache that everything else uses.
check_tree_and_btf()
{
	unset XDG_CACHE_HOME
	[ -z "$users_cache" ] || export XDG_CACHE_HOME=$users_cache
	run "$fetch" tree
	check "tree: a kernel tree with selftests" \
		test -e "$(cat "$tmp/out")/tools/testing/selftests/kselftest/runner.sh"
	run "$fetch" tree 1.0
	check "tree: unknown series lists the archive's" refused "no linux-source-1.0 .* it has .*[7-9]\."
	run "$fetch" btf "$image"
	check "btf: an ELF file with .BTF" has_btf "$(cat "$tmp/out")"
	run "$fetch" btf "$image"
	check "btf: cached, at once" test "$took" -lt 300
}

has_btf()
{
	grep -q ' \.BTF ' <<< "$(readelf -SW "$1")"
}

# Small enough for a cache of its own, but for the kernel.
check_changelog()
{
	in_cache real
	run "$fetch" changelog 7.3
	check "changelog: text of that kernel" grep -q "^linux (7\.3\." "$(cat "$tmp/out")"
	offline "$fetch" changelog 7.3
	check "changelog: cached, no network" is "$status" 0
	check "changelog: cached, silent" silent
	run "$fetch" changelog "$image"
	check "changelog: of a kernel by its path in the cache" is "$status" 0
	cp "$image" "$tmp/bzImage"
	run "$fetch" changelog "$tmp/bzImage"
	check "changelog: of a kernel that is not the archive's" refused "is no kernel of the archive"
	rm "$tmp/bzImage"
}

users_cache=${XDG_CACHE_HOME:-}
check_choice
check_usage
check_download
check_changelog
check_interruption
check_two_at_once
check_disk_full
check_ordinary_user
check_tree_and_btf

exit $check_failed
