# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# The guest's root file system: busybox, vm/init and the install tree in an uncompressed
# initramfs. It takes about 20 ms to make and is not cached.

# The guest's busybox; a foreign one comes from the archive.
guest_busybox()
{
	if is_host_arch "$arch"; then
		busybox_static
	else
		"$here/fetch" busybox < /dev/null
	fi
}

busybox_static()
{
	local busybox

	require_tool busybox busybox-static
	busybox=$(command -v busybox)
	if grep -aq /ld-linux <<< "$(head -c 4096 "$busybox" | tr -d '\0')"; then
		die "$busybox is not static; apt-get install busybox-static"
	fi
	echo "$busybox"
}

# quote WORD: for the guest's shell
quote()
{
	printf "'%s'" "${1//\'/\'\\\'\'}"
}

# pack_initramfs DIR IMAGE: DIR has init; all files will be owned by root
pack_initramfs()
{
	local root=$1 image=$2 busybox guest

	busybox=$(busybox_static) || exit
	guest=$(guest_busybox) || exit
	mkdir -p "$root/bin"
	cp "$guest" "$root/bin/busybox"
	(cd "$root" && find . | "$busybox" cpio -o -H newc -R 0:0) > "$image" 2>/dev/null ||
		die "cannot write $image; free some space in ${TMPDIR:-/tmp}"
}

# append_initramfs BASE DIR IMAGE: the kernel unpacks several archives one after another
append_initramfs()
{
	local busybox

	busybox=$(busybox_static) || exit
	{ cat "$1" && (cd "$2" && find . | "$busybox" cpio -o -H newc -R 0:0); } > "$3" 2>/dev/null ||
		die "cannot write $3; free some space in ${TMPDIR:-/tmp}"
}

# build_guest IMAGE INSTALL_DIR SETUP [K=V]...: without the file vm/runs
build_guest()
{
	local image=$1 install=$2 setup=$3
	local root=$image.root variable
	shift 3

	mkdir -p "$root/vm" "$root/suite"
	cp "$here/init" "$root/init"
	cp -a "$install/." "$root/suite/" 2>/dev/null ||
		die "cannot copy $install; check its permissions and the free space in ${TMPDIR:-/tmp}"
	[ -z "$setup" ] || cp "$setup" "$root/vm/setup"
	echo "results=$(arch_field "$arch" results | sed 's/ / results_option=/')" > "$root/vm/config"
	for variable; do
		echo "export ${variable%%=*}=$(quote "${variable#*=}")"
	done >> "$root/vm/config"
	pack_initramfs "$root" "$image"
	rm -rf "$root"
}

# A minimal guest that powers off at once, as the baseline of vm/bench
build_bare_guest()
{
	local image=$1
	local root=$image.root

	mkdir -p "$root"
	printf '%s\n' '#!/bin/busybox sh' '/bin/busybox poweroff -f' > "$root/init"
	chmod +x "$root/init"
	pack_initramfs "$root" "$image"
	rm -rf "$root"
}
