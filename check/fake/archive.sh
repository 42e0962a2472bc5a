# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# A fake Debian archive: an apt repository in $tmp/archive with tiny packages that have the
# names and the layout of Debian's. Signed with a generated key.

. "$root/check/fake/image.sh"

archive=$tmp/archive
export GNUPGHOME=$tmp/gnupg

# make_key NAME: exports the public key to $tmp/NAME.gpg
make_key()
{
	gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
		--quick-generate-key "$1 <$1@localhost>" rsa2048 sign never &&
		gpg --batch --quiet --export "$1@localhost" > "$tmp/$1.gpg"
}

make_archive()
{
	mkdir -m 700 "$GNUPGHOME"
	mkdir -p "$archive"/{pool,stanzas}
	make_key archive && make_key other
}

# add_package NAME VERSION DIR: packages the contents of DIR
add_package()
{
	local name=$1 version=$2 dir=$3
	local file=pool/${name}_${version//[^A-Za-z0-9.-]/_}.deb

	mkdir -p "$dir/DEBIAN"
	cat > "$dir/DEBIAN/control" <<-EOT
		Package: $name
		Version: $version
		Architecture: amd64
		Maintainer: nobody <nobody@localhost>
		Description: fake
	EOT
	dpkg-deb --root-owner-group -Zgzip -z1 --build "$dir" "$archive/$file" > /dev/null || return
	{
		cat "$dir/DEBIAN/control"
		echo "Filename: $file"
		echo "Size: $(stat -c %s "$archive/$file")"
		echo "SHA256: $(sha256sum < "$archive/$file" | cut -d' ' -f1)"
		echo
	} > "$archive/stanzas/${file##*/}"
	rm -r "$dir"
}

# add_kernel VERSION [FLAVOUR]
add_kernel()
{
	local abi=$1+deb13-${2:-cloud}-amd64

	mkdir -p "$tmp/package/usr/lib/modules/$abi"
	make_image "$abi" "$tmp/package/usr/lib/modules/$abi/vmlinuz"
	add_package "linux-binary-$abi" "$1-1" "$tmp/package"
}

# add_source VERSION: linux-source-SERIES
add_source()
{
	local series=${1%.*}

	mkdir -p "$tmp/package/usr/src" "$tmp/source/linux-source-$series"
	echo "$1" > "$tmp/source/linux-source-$series/version"
	tar -C "$tmp/source" -cJf "$tmp/package/usr/src/linux-source-$series.tar.xz" "linux-source-$series" &&
		add_package "linux-source-$series" "$1-1" "$tmp/package"
	rm -r "$tmp/source"
}

# remove_package PATTERN
remove_package()
{
	# shellcheck disable=SC2086 # a pattern
	rm "$archive"/{stanzas,pool}/$1
}

# publish [KEY]: writes the lists for apt-get update, signed with KEY
publish()
{
	publish_suite trixie "$@" < /dev/null &&
		cat "$archive"/stanzas/* | publish_suite trixie-backports "$@"
}

# publish_suite NAME [KEY]: reads the list of packages from standard input
publish_suite()
{
	local dir=$archive/dists/$1 list=main/binary-amd64/Packages

	mkdir -p "$dir/${list%/*}"
	cat > "$dir/$list"
	{
		printf '%s\n' "Origin: Debian" "Suite: $1" "Codename: $1" "Date: $(date -u -R)" \
			"Architectures: amd64" "Components: main" "SHA256:"
		echo " $(sha256sum < "$dir/$list" | cut -d' ' -f1) $(stat -c %s "$dir/$list") $list"
	} > "$dir/Release"
	gpg --batch --yes --quiet --local-user "${2:-archive}@localhost" --clearsign \
		--output "$dir/InRelease" "$dir/Release" && rm "$dir/Release"
}

# use_archive CHECKOUT: makes the archive, which must not be empty, the mirror of this machine,
# and the checkout's vm/ accept its key. vm/ itself has no switch for that.
use_archive()
{
	local codename

	# shellcheck disable=SC1091
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	cat "$archive"/stanzas/* | publish_suite "$codename" || return
	mkdir -p "$tmp/machine/partial"
	echo "deb [signed-by=$tmp/archive.gpg] file:$archive $codename main" > "$tmp/sources.list"
	cat > "$tmp/apt.conf" <<-EOT
		Dir::Etc::SourceList "$tmp/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::State::Lists "$tmp/machine";
		APT::Architecture "amd64";
		APT::Sandbox::User "root";
		#clear APT::Update;
	EOT
	export APT_CONFIG=$tmp/apt.conf
	apt-get -qq update || return
	printf 'keyring()\n{\n\techo %q\n}\n' "$tmp/archive.gpg" >> "$1/vm/archive.sh"
}
