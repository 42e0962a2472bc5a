# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# A newer QEMU than this machine's, for architectures whose guests run reliably with a thread per
# CPU only there (see vm/architectures). It comes from Debian's unstable, with its libraries and
# their loader, and is unpacked into the cache; apt verifies all packages and names those that
# it depends on. Needs vm/common.sh, vm/architecture.sh and vm/archive.sh.

# The directory has a script with the name of the command, which starts it. It is used until
# it is removed.
emulator_in_cache()
{
	local dir

	for dir in "$cache/qemu/$arch"_*; do
		[ ! -e "$dir" ] || echo "$dir"
	done | sort -V | tail -n 1
}

# Sets result to the directory.
fetch_emulator()
{
	local command guest=$arch packages version

	result=$(emulator_in_cache)
	[ -z "$result" ] || return 0
	take_lock
	result=$(emulator_in_cache)
	[ -z "$result" ] || return 0
	command=$(arch_field "$guest" qemu | cut -d' ' -f1)
	use_arch "$(host_arch)"
	apt=$cache/apt-qemu suites=unstable
	note "reading Debian's list of packages for $command"
	list_emulator_packages "$guest" ||
		die_disk_full_or "no newer $command: Debian's unstable $(update_error)"
	version=$(sed -n 's/^[^ ]* qemu-system-common_\([^_]*\)_.*/\1/p' <<< "$packages")
	version=${version//%3a/:}
	unpack_emulator "$command" ||
		die_disk_full_or "no newer $command: it cannot be unpacked ($(output_reason))"
	write_launcher "$command" > "$work/emulator/$command"
	chmod +x "$work/emulator/$command"
	run_with_timeout 20 "$work/emulator/$command" --version ||
		die "no newer $command: it does not start ($(output_reason))"
	mkdir -p "$cache/qemu"
	result=$cache/qemu/${guest}_${version//[^A-Za-z0-9.]/_}
	mv "$work/emulator" "$result"
	rm -rf "$apt/lists"
}

# Sets packages to lines: 'URI' FILE SIZE SHA256:SUM. Leaves out what only an installed QEMU
# needs, such as systemd.
list_emulator_packages()
{
	local package

	output=$(write_apt_config 2>&1) || return
	run_with_timeout 120 apt-get -c "$apt/apt.conf" -qq update || return
	for package in $(arch_field "$1" qemu | cut -d' ' -f2-); do
		run_with_timeout 60 apt-get -c "$apt/apt.conf" -o Acquire::ForceHash=SHA256 -qq -y \
			--no-install-recommends --print-uris install "$package" || continue
		packages=$(grep "^'.*' \(lib\|zlib1g\|qemu-\)" <<< "$output")
		return
	done
	return 1
}

# unpack_emulator COMMAND: into $work/emulator
unpack_emulator()
{
	local uri file hash deb=$cache/partial/emulator.deb

	note "downloading $1 $version and its libraries," \
		"$(awk '{ sum += $3 } END { print int(sum / 1048576) }' <<< "$packages") MiB"
	mkdir -p "$work/emulator" "$cache/partial"
	while read -r uri file _ hash; do
		uri=${uri//\'/}
		[[ $hash == SHA256:* ]] || { output="E: $file has no SHA256"; return 1; }
		rm -f "$deb"
		download_once "${hash#SHA256:}" "$uri" "$deb" || return
		unpack_deb "$deb" "$work/emulator" --exclude ./usr/share/doc --exclude "*/gconv" || return
	done <<< "$packages"
	rm -f "$deb"
}

# write_launcher COMMAND: prints a script that starts it from the directory of the script
write_launcher()
{
	local loader libraries

	cd "$work/emulator" || return
	# The loader may be listed as a link to another directory.
	loader=$(find usr -name 'ld-linux*.so*' -type f | sort | sed -n 1p)
	libraries=$(find usr -name libc.so.6 -printf '%h\n' | sed -n 1p)
	cat <<-EOT
	#!/bin/sh
	here=\${0%/*}
	QEMU_MODULE_DIR=\$here/$libraries/qemu exec "\$here/$loader" --argv0 $1 \\
		--library-path "\$here/$libraries" "\$here/usr/bin/$1" -L "\$here/usr/share/qemu" "\$@"
	EOT
	cd "$OLDPWD" || return
}
