# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# The guest's root file system: packages of Debian 13, unpacked without root rights and without
# mounts into an initramfs, which the cache keeps under a checksum of this file.
#
# No maintainer script runs; configure_root does what the clients need of that. Needs
# vm/common.sh, vm/archive.sh and vm/initramfs.sh.

packages="systemd systemd-sysv dbus libpam-systemd crun podman util-linux bash coreutils mount login
	passwd grep sed procps mawk libelf1t64"
# Dependencies that no client calls: images come from no registry, and containers have no network.
unused="adduser containernetworking-plugins debconf dirmngr gnupg gnupg-l10n gpg gpg-agent gpgconf
	gpgsm iptables openssl-provider-legacy pinentry-curses"
# Units that take time and do nothing for the clients.
masked="dev-hugepages.mount dev-mqueue.mount kmod-static-nodes.service ldconfig.service
	modprobe@.service proc-sys-fs-binfmt_misc.automount sys-kernel-config.mount
	sys-kernel-debug.mount sys-kernel-tracing.mount systemd-firstboot.service
	systemd-hwdb-update.service systemd-journal-catalog-update.service
	systemd-journal-flush.service systemd-journald-dev-log.socket systemd-journald.service
	systemd-journald.socket systemd-machine-id-commit.service systemd-modules-load.service
	systemd-random-seed.service systemd-remount-fs.service systemd-sysctl.service
	systemd-sysusers.service systemd-tmpfiles-setup-dev-early.service
	systemd-tmpfiles-setup-dev.service systemd-tmpfiles-setup.service systemd-udevd.service
	systemd-update-done.service systemd-update-utmp.service"

# Sets root_image, which has the root file system, and root_packages: lines of name and version.
find_root()
{
	local key lock

	key=$(sha256sum < "$here/clients/root.sh" | cut -c1-12)
	root_image=$cache/clients/root.$key.cpio
	root_packages=$cache/clients/root.$key.packages
	[ ! -e "$root_image" ] || return 0
	make_cache clients
	exec {lock}> "$cache/clients/lock"
	run_child flock -w 1800 "$lock" || die "another run has been making $root_image for 30 minutes"
	[ -e "$root_image" ] || make_root
	exec {lock}>&-
}

make_root()
{
	local room tree=$work/root

	require_tool apt-get apt
	room=$(free_mib)
	[ "$room" -ge 600 ] ||
		die "$room MiB left in $cache, but the clients' root file system takes 600 MiB; make room"
	# The private state of vm/fetch is for kernels.
	apt=$cache/clients/apt suites=trixie
	download_packages || die "the clients' packages cannot be downloaded ($(output_reason)); check the network"
	note "unpacking the root file system of the clients"
	mkdir "$tree"
	unpack_packages "$tree" || die_disk_full_or "a package cannot be unpacked ($(output_reason))"
	configure_root "$tree" || die "cannot configure $tree"
	pack_initramfs "$tree" "$work/root.cpio"
	rm -f "$cache"/clients/root.*
	mv "$work/root.packages" "$root_packages"
	mv "$work/root.cpio" "$root_image" || die "cannot write $root_image; make room"
	rm -rf "$tree" "$apt"
}

# The locks would be those of the machine's own dpkg.
private_apt()
{
	run_with_timeout "$1" apt-get -c "$apt/apt.conf" -o Debug::NoLocking=1 -qq -y "${@:2}"
}

download_packages()
{
	output=$(write_apt_config 2>&1) || return
	note "downloading Debian's systemd, crun and podman for the clients"
	private_apt 120 update || return
	# shellcheck disable=SC2086 # a list of words
	private_apt 1800 install --no-install-recommends --download-only $packages
}

unpack_packages()
{
	local deb name

	for deb in "$apt"/archives/*.deb; do
		name=${deb##*/}
		[[ " ${unused//[[:space:]]/ } " != *" ${name%%_*} "* ]] || continue
		unpack_deb "$deb" "$1" --exclude "./usr/share/doc/*" --exclude "./usr/share/man/*" \
			--exclude "./usr/share/locale/*" --exclude "*/gconv/*" || return
		dpkg-deb -f "$deb" Package Version | awk '{ printf "%s%s", $2, NR == 1 ? " " : "\n" }'
	done > "$work/root.packages"
}

configure_root()
{
	local etc=$1/etc unit kind

	mkdir -p "$1"/{clients,mnt,root,tmp,run} "$etc"/systemd/{system,system.conf.d} || return
	cp "$1/usr/share/base-passwd/passwd.master" "$etc/passwd"
	cp "$1/usr/share/base-passwd/group.master" "$etc/group"
	sed -i 's/^root:\*:/root:x:/' "$etc/passwd"
	printf '%s\n' messagebus:x:100:100::/:/usr/sbin/nologin user:x:1000:1000::/tmp:/bin/bash >> "$etc/passwd"
	printf '%s\n' messagebus:x:100: user:x:1000: >> "$etc/group"
	echo 0123456789abcdef0123456789abcdef > "$etc/machine-id"
	# pam-auth-update would write these.
	for kind in account auth password session; do
		echo "$kind required pam_permit.so" > "$etc/pam.d/common-$kind"
	done
	echo "session optional pam_systemd.so" >> "$etc/pam.d/common-session"
	cp "$etc"/pam.d/common-session{,-noninteractive}
	# There is no journal.
	mkdir -p "$etc/containers/containers.conf.d"
	printf '%s\n' '[containers]' 'log_driver = "k8s-file"' '[engine]' 'events_logger = "file"' \
		> "$etc/containers/containers.conf.d/clients.conf"
	# overlayfs is a module.
	printf '%s\n' '[storage]' 'driver = "vfs"' 'runroot = "/run/containers/storage"' \
		'graphroot = "/var/lib/containers/storage"' > "$etc/containers/storage.conf"
	for unit in $masked; do
		ln -s /dev/null "$etc/systemd/system/$unit" || return
	done
}
