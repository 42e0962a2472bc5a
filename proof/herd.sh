# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Finds herd7, the simulator of memory models: an installed one, or Debian's herdtools7, which
# is unpacked into the cache with the libraries that it needs and started with their loader.
# Needs vm/common.sh, vm/architecture.sh and vm/archive.sh.
#
# Stable releases may not have the package: testing is asked first, then unstable, then stable.
# apt names the packages that it depends on, so no version is written down here.

# The seconds that one litmus test may take. They take less than one.
herd_seconds=120
herd_suites="testing unstable stable"
# Used for good, once unpacked. If the memory model of a later tree needs a newer herd7,
# model_works says which directory to remove.
herd_cache=$cache/herd

# Sets herd to the command; fails, with the reason in herd_missing.
find_herd()
{
	herd_missing=
	if command -v herd7 >/dev/null; then
		herd=(herd7)
	elif [ -e "$herd_cache/usr/bin/herd7" ] || fetch_herd; then
		set_cached_herd
	else
		return 1
	fi
	run_with_timeout 20 "${herd[@]}" -version && return
	herd_missing="${herd[*]} does not run (${output%%$'\n'*})"
	return 1
}

set_cached_herd()
{
	local loader libraries

	# The loader may be listed as a link to another directory.
	loader=$(find "$herd_cache/usr" -name 'ld-linux*.so*' -type f | sort | sed -n 1p)
	libraries=$(find "$herd_cache/usr" -name 'libc.so.6' -printf '%h\n' | sed -n 1p)
	herd=("$loader" --library-path "$libraries" "$herd_cache/usr/bin/herd7"
		-set-libdir "$herd_cache/usr/share/herdtools7/herd")
}

fetch_herd()
{
	local suite

	if ! { command -v apt-get && [ -x /usr/lib/apt/apt-helper ]; } >/dev/null; then
		herd_missing="herd7 is missing and there is no apt; install herdtools7"
		return 1
	fi
	make_cache herd-apt/partial
	exec {herd_lock}>"$cache/herd-apt/lock"
	if ! run_child flock -w 600 "$herd_lock"; then
		herd_missing="another run has been fetching herd7 for 10 minutes"
		return 1
	fi
	[ ! -e "$herd_cache/usr/bin/herd7" ] || return 0
	# The private state of vm/fetch knows only the suites that have kernels.
	use_arch "$(host_arch)"
	apt=$cache/herd-apt
	for suite in $herd_suites; do
		suites=$suite
		list_herd_packages && download_herd && unpack_herd && return
		note "no herd7 from $suite: $(output_reason)"
	done
	herd_missing="herd7 cannot be fetched from $herd_suites; install herdtools7"
	return 1
}

# Sets packages to lines: URI FILE SIZE SHA256:SUM
list_herd_packages()
{
	output=$(write_apt_config 2>&1) || return
	run_with_timeout 120 apt-get -c "$apt/apt.conf" -qq update || return
	run_with_timeout 60 apt-get -c "$apt/apt.conf" -o Acquire::ForceHash=SHA256 -qq -y \
		--no-install-recommends --print-uris install herdtools7 || return
	packages=$(grep "^'" <<<"$output")
}

download_herd()
{
	local uri file hash

	note "downloading herd7 and its libraries, $(awk '{ sum += $3 } END { print int(sum / 1048576) }' <<<"$packages") MiB"
	while read -r uri file _ hash; do
		uri=${uri//\'/}
		[[ $hash == SHA256:* ]] || { output="E: $file has no SHA256"; return 1; }
		download_once "${hash#SHA256:}" "$uri" "$apt/partial/$file" || return
	done <<<"$packages"
}

# Leaves out the 200 MiB of other tools that the package has.
unpack_herd()
{
	local deb

	rm -rf "$herd_cache.new"
	mkdir "$herd_cache.new"
	for deb in "$apt"/partial/*.deb; do
		# shellcheck disable=SC2016 # the inner shell expands these
		run_with_timeout 120 bash -o pipefail -c '
			dpkg-deb --fsys-tarfile "$1" |
				tar -x -C "$2" --exclude "./usr/bin/[!h]*" --exclude "*/gconv" \
					--exclude ./usr/share/doc --exclude ./usr/share/herdtools7/litmus' \
			unpack "$deb" "$herd_cache.new" || return
	done
	[ -x "$herd_cache.new/usr/bin/herd7" ] || { output="E: the package has no herd7"; return 1; }
	rm -rf "$herd_cache"
	mv "$herd_cache.new" "$herd_cache"
	rm -rf "$apt"/{partial,lists}
}

# ask_model TREE LITMUS: writes what herd7 says to $work/said. Fails if it has no answer.
ask_model()
{
	(cd "$1/tools/memory-model" && exec timeout "$herd_seconds" "${herd[@]}" -conf linux-kernel.cfg "$2") \
		>"$work/said" 2>&1 || true
	observation=$(awk '$1 == "Observation" { print $3 }' "$work/said")
	[ -n "$observation" ]
}

# model_works TREE: whether herd7 has the answers that two tests of the tree itself expect. They
# have the shape of the handshakes here, with and without barriers. Fails, with the reason in
# herd_missing.
model_works()
{
	local test expected

	while read -r test expected; do
		ask_model "$1" "litmus-tests/$test.litmus" && [ "$observation" = "$expected" ] && continue
		herd_missing="$(herd_name) cannot read the memory model of ${1##*/}"
		herd_missing+=" ($(grep . "$work/said" | tail -n 1))"
		return 1
	done <<-EOT
		SB+fencembonceonces Never
		SB+poonceonces Sometimes
	EOT
}

herd_name()
{
	case ${herd[0]} in
	herd7)	echo "the installed herd7" ;;
	*)	echo "the herd7 in $herd_cache (remove it to fetch another)" ;;
	esac
}
