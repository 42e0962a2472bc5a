#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks vm/fetch: which kernel a spec means, a one-line message for every error, and a cache
# without partial files. Downloads about 50 MB into temporary caches.

# shellcheck source-path=SCRIPTDIR disable=SC2317

set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/check/fake/report.sh"

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

# offline COMMAND...: with a proxy that does not exist
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

# Whether all kernels are complete, and no work directory is left.
no_partial_files()
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
	check "a series is its newest kernel" \
		found "$cache/kernels/6.10.11+deb13-cloud-amd64/bzImage"
	offline "$fetch" kernel 6.9.10
	check "the cloud flavour comes first" \
		found "$cache/kernels/6.9.10+deb13-cloud-amd64/bzImage"
	offline "$fetch" kernel 6.9.10+deb13-amd64
	check "a complete name is that kernel" found "$cache/kernels/6.9.10+deb13-amd64/bzImage"
	offline "$fetch" kernel 6.1
	check "6.1 does not mean 6.10" refused "no kernel 6.1 in the archive; it has 6.9 6.10$"
	offline "$fetch" kernel 6.10.3
	check "unknown version: lists the series" refused "it has 6.10.2 6.10.11$"
	offline "$fetch" list
	check "list: version, flavour, package" is "$(head -n 1 "$tmp/out")" \
		"6.9.10 amd64 linux-image-6.9.10+deb13-amd64"

	touch -d '2 days ago' "$cache/apt/index"
	offline "$fetch" kernel 6.10
	check "old index, archive cannot be reached: one message" \
		is "$(grep -c 'using its index of' "$tmp/err")" 1
	check "old index, archive cannot be reached: works" \
		found "$cache/kernels/6.10.11+deb13-cloud-amd64/bzImage"
	rm "$cache/apt/index"
	offline "$fetch" kernel 6.10
	check "no index, archive cannot be reached: uses the cache" \
		found "$cache/kernels/6.10.11+deb13-cloud-amd64/bzImage"
	check "no index, archive cannot be reached: a message says so" err_has "from the cache"
}

check_usage()
{
	in_cache usage
	run "$fetch"
	check "no arguments" refused "kernel, tree, btf, changelog or list"
	run "$fetch" kernel nowhere
	check "a path that does not exist" refused "does not exist"
	offline "$fetch" kernel 7.3
	check "empty cache, archive cannot be reached" is "$status" 2
	check "empty cache, archive cannot be reached: one message" is \
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
	# The checks below use the newest series.
	series=$(tail -n 1 "$tmp/out" | cut -d. -f1,2)
	other=$(head -n 1 "$tmp/out" | cut -d. -f1,2)
	run "$fetch" kernel "$series"
	image=$(cat "$tmp/out")
	check "kernel: prints only its path" found "$cache/kernels/${image#"$cache/kernels/"}"
	check "kernel: the file is a kernel" \
		test "$(od -An -c -j 514 -N 4 "$image" | tr -d ' ')" = HdrS
	check "kernel: the package is deleted" empty_dir "$cache/partial"
	offline "$fetch" kernel "$series"
	check "kernel: cached: needs no network" found "$image"
	check "kernel: cached: prints no messages" silent
	check "kernel: cached: takes less than 0.3 s" test "$took" -lt 300
	offline "$fetch" kernel "$other"
	check "kernel: not cached, archive cannot be reached: exit 2" is "$status" 2
	check "kernel: not cached, archive cannot be reached: the reason" \
		err_has "cannot be downloaded \(.*onnect"
	run "$fetch" kernel "$image"
	check "kernel: a path means that file" found "$image"
}

# Starts a slow download in an empty cache and waits until data arrives.
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
		check "SIG$signal: the download ends" eventually 5 no_download
		check "SIG$signal: no partial kernel" is "$(ls "$cache/kernels" 2>/dev/null)" ""
	done
	check "SIGTERM: leaves no partial files" no_partial_files
	run "$fetch" kernel "$series"
	check "the next run completes it" cmp "$(cat "$tmp/out")" "$image"

	rm -rf "$cache/kernels"
	head -c 20000000 /dev/urandom > "$cache/partial/$(awk -v abi="$(basename "$(dirname "$image")")" \
		'index($4, abi) { print $4; exit }' "$cache/apt/index").deb"
	run "$fetch" kernel "$series"
	check "a damaged download is replaced" cmp "$(cat "$tmp/out")" "$image"
}

check_two_at_once()
{
	start_download twice
	run "$fetch" kernel "$series"
	check "two at once: the second waits and succeeds" cmp "$(cat "$tmp/out")" "$image"
	check "two at once: the second says that it waits" err_has "waiting for another"
	wait "$child"
	check "two at once: the first succeeds" is $? 0
	child=
	check "two at once: leaves no partial files" no_partial_files
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
	# Too small for the index; for the package; for the kernel in it.
	for size in 4M 32M 44M; do
		mount -o "remount,size=$size" "$tmp/small"
		run "$fetch" kernel "$series"
		check "disk full at $size: exit 2" is "$status" 2
		check "disk full at $size: the message" err_has "the disk is full"
		check "disk full at $size: leaves no partial files" no_partial_files
	done
	mount -o remount,size=120M "$tmp/small"
	run "$fetch" kernel "$series"
	check "disk no longer full: works" cmp "$(cat "$tmp/out")" "$image"
}

check_ordinary_user()
{
	if [ "$(id -u)" != 0 ]; then
		skip "as an ordinary user" "all checks ran as one"
		return
	fi
	mkdir -m 777 "$tmp/user"
	# That user may not be able to read the checkout.
	cp -r "$root/vm" "$tmp/vm"
	run setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent \
		XDG_CACHE_HOME="$tmp/user" "$tmp/vm/fetch" kernel "$series"
	check "as an ordinary user" cmp "$(cat "$tmp/out")" "$image"
}

# The tree is 167 MB: use the user's cache.
check_tree_and_btf()
{
	unset XDG_CACHE_HOME
	[ -z "$users_cache" ] || export XDG_CACHE_HOME=$users_cache
	run "$fetch" tree
	check "tree: a kernel tree with selftests" \
		test -e "$(cat "$tmp/out")/tools/testing/selftests/kselftest/runner.sh"
	run "$fetch" tree 1.0
	check "tree: unknown series lists the archive's" \
		refused "no linux-source-1.0 .* it has .*[7-9]\."
	run "$fetch" btf "$image"
	check "btf: an ELF file with .BTF" has_btf "$(cat "$tmp/out")"
	run "$fetch" btf "$image"
	check "btf: cached: takes less than 0.3 s" test "$took" -lt 300
}

has_btf()
{
	grep -q ' \.BTF ' <<< "$(readelf -SW "$1")"
}

# Small enough to download, except for the kernel.
check_changelog()
{
	in_cache real
	run "$fetch" changelog 7.3
	check "changelog: the text for that kernel" grep -q "^linux (7\.3\." "$(cat "$tmp/out")"
	offline "$fetch" changelog 7.3
	check "changelog: cached: needs no network" is "$status" 0
	check "changelog: cached: prints no messages" silent
	run "$fetch" changelog "$image"
	check "changelog: of a kernel given by its path in the cache" is "$status" 0
	cp "$image" "$tmp/bzImage"
	run "$fetch" changelog "$tmp/bzImage"
	check "changelog: of a kernel that is not in the archive" \
		refused "is not a kernel of the archive"
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
