#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# debian - the first run on a new Debian gives the same result as the second. The Debian 12 has
# old package lists, without the security updates; the Debian 13 has none. On both, the
# second scripts/install-deps finds nothing to install, and scripts/build makes the same suite
# after both runs, with the tree's scx_qmap.
#
# Needs root, about 3 GB in TMPDIR and the machine's Debian mirror.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=vm/common.sh
. "$here/vm/common.sh"
# shellcheck source=vm/archive.sh
. "$here/vm/archive.sh"
me=check/debian

# No file system is mounted in this mount namespace.
clean_up()
{
	[ -z "${inside:-}" ] || { kill -KILL "$inside" && wait "$inside"; } 2>/dev/null
	rm -rf "$work"
}

# in_namespace COMMAND...: its mounts and processes end with it
in_namespace()
{
	unshare --mount-proc --pid --fork --kill-child --propagation private "$@" </dev/null &
	inside=$!
	wait "$inside"
	set -- $?
	inside=
	return "$1"
}

# in_debian COMMAND...: in $root, with the kernel tree at /tree and its types at /btf
in_debian()
{
	# shellcheck disable=SC2016 # for the inner shell
	in_namespace sh -c '
		set -e
		root=$1 tree=$2 btf=$3
		shift 3
		mount -t proc proc "$root/proc"
		mount --bind "$tree" "$root/tree"
		mount -o remount,ro,bind "$root/tree"
		mount --bind "$btf" "$root/btf"
		exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' \
		in_debian "$root" "$tree" "$btf" "$@"
}

# --- A new machine -------------------------------------------------------------------

security_mirror()
{
	# shellcheck disable=SC2016 # apt expands these
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN)' 'Created-By: Packages' |
		awk '$2 ~ /-security$/ && $3 == "Debian" && uri == "" { uri = $1 } END { print uri }'
}

new_debian()
{
	in_namespace debootstrap --variant=minbase --include=ca-certificates --keyring="$(keyring)" \
		"$suite" "$root" "$mirror" || return
	mkdir "$root"/{tree,task_exit}
	touch "$root/btf"
	# Proxies, and mirrors with outdated lists.
	apt-config dump | grep -E '^Acquire::(Check-|https?::)' >"$root/etc/apt/apt.conf.d/00machine"
	(cd "$here" && git ls-files -z --cached --others --exclude-standard |
		rsync -a --from0 --files-from=- . "$root/task_exit/")
}

# Adds a source after the lists were updated.
are_old()
{
	echo "deb $mirror $suite main" >"$root/etc/apt/sources.list"
	in_debian apt-get -qq update || return
	echo "deb $security $suite-security main" >>"$root/etc/apt/sources.list"
}

are_none()
{
	echo "deb $mirror $suite main" >"$root/etc/apt/sources.list"
	rm -rf "$root"/var/lib/apt/lists/*
}

# Otherwise the first run need not update them.
lists_have_no_clang_20()
{
	local names

	names=$(in_debian apt-cache pkgnames clang-) && ! grep -xE 'clang-[2-9][0-9]' <<<"$names"
}

# --- The two runs ----------------------------------------------------------

# install_deps COMMAND...: as "make vmtest" does
install_deps()
{
	in_debian "$@" /task_exit/scripts/install-deps build vm >"$work/said" 2>&1 ||
		{ cat "$work/said"; return 1; }
}

first_run()
{
	install_deps && ! grep 'no clang 20' "$work/said"
}

later_run()
{
	install_deps "$@" && ! grep . "$work/said"
}

# builds NAME: writes the files of the suite to NAME.list, and their checksum to NAME.sum
builds()
{
	local installed

	in_debian VMLINUX_BTF=/btf /task_exit/scripts/build --kdir /tree >"$work/built" || return
	installed=$root$(cat "$work/built")
	(cd "$installed" && find . | LC_ALL=C sort) >"$work/$1.list"
	suite_sum "$installed" >"$work/$1.sum"
	grep -qx ./task_exit/scx_qmap "$work/$1.list" || { echo "no scx_qmap"; return 1; }
	# The machine under test may have no libraries.
	! readelf -l "$installed"/task_exit/{task_exit,scx_qmap} | grep INTERP
}

same()
{
	diff "$work/$1.list" "$work/$2.list" && diff "$work/$1.sum" "$work/$2.sum"
}

# check_debian NAME SUITE LISTS
check_debian()
{
	local name="debian: $1" lists=$3

	suite=$2
	root=$work/$suite
	if ! new_debian >"$work/said" 2>&1; then
		# Mirrors drop a suite some years after its release.
		if grep -q 'Failed getting release file' "$work/said"; then
			skip "$name" "the mirror has no $suite"
			return
		fi
		not_ok "$name: debootstrap installs it"
		details "$work/said"
		return
	fi
	check "$name: its lists $lists" "${lists// /_}"
	check "$name: its lists have no clang 20 or later" lists_have_no_clang_20
	check "$name: the first run installs the packages" first_run
	sed 's/^/# /' "$work/said"
	check "$name: the suite is built" builds "$suite.first"
	check "$name: the second run installs nothing" later_run
	check "$name: the suite is built again" builds "$suite.second"
	check "$name: both suites are the same" same "$suite.first" "$suite.second"
	check "$name: a user who is not root need not install anything" \
		later_run setpriv --reuid 65534 --clear-groups
	rm -rf "$root"
}

if [ "$(id -u)" != 0 ]; then
	skip "debian: first and second run" "debootstrap needs root"
	exit $check_failed
fi
work=
trap clean_up EXIT
exit_on_signals
make_locked_dir "${TMPDIR:-/tmp}/task_exit.debian"
if ! { tree=$(kernel_tree) && btf=$("$here/vm/fetch" btf 7.3) && mirror=$(mirror); }; then
	not_ok "debian: a kernel tree, a BTF and a mirror are available"
	exit 1
fi
security=$(security_mirror)
if [ -n "$security" ]; then
	check_debian "Debian 12" bookworm "are old"
else
	skip "debian: Debian 12" "this machine's apt has no mirror of the security updates"
fi
check_debian "Debian 13" trixie "are none"
if [ -e "$work/bookworm.first.list" ] && [ -e "$work/trixie.first.list" ]; then
	check "debian: both have the same programs" \
		diff "$work/bookworm.first.list" "$work/trixie.first.list"
fi
exit $check_failed
