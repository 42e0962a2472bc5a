# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Kernels in the order of their versions: image[] has their names, path[] the files.

# What sort -V puts in the order of releases: "7.3.0~rc1" before "7.3.0". The numbers of
# a vendor or of git describe count, too; a flavour has no order. Nothing where the file
# does not tell.
version_of()
{
	local number='([0-9]+\.[0-9]+)(\.[0-9]+)?(-rc[0-9]+)?(-[0-9][0-9.]*)?'

	[[ $(image_release "$1") =~ ^$number ]] || return 0
	echo "${BASH_REMATCH[1]}${BASH_REMATCH[2]:-.0}${BASH_REMATCH[3]/-/\~}${BASH_REMATCH[4]}"
}

# A kernel that has two names, or is named twice, is tried once.
drop_duplicates()
{
	local index
	local -A seen=()

	for index in "${!path[@]}"; do
		if [ -z "${seen[${path[index]}]:-}" ]; then
			seen[${path[index]}]=${image[index]}
			continue
		fi
		note "${image[index]} is the same kernel as ${seen[${path[index]}]}: it is tried once"
		unset "image[index]" "path[index]"
	done
	image=("${image[@]}") path=("${path[@]}")
}

# What was typed in another order is put into that of the versions. Two of one version
# stay as they are, and so do all where one has no version.
order_images()
{
	local index version last='' before=''
	local -a lines=() names=("${image[@]}") files=("${path[@]}")

	for index in "${!path[@]}"; do
		version=$(version_of "${path[index]}")
		if [ -z "$version" ]; then
			note "${image[index]} does not tell its version: all stay in this order"
			return
		fi
		lines+=("$version $index")
	done
	image=() path=()
	while read -r version index; do
		[ "$version" != "$last" ] ||
			note "$before and ${names[index]} are both $version: they stay in this order"
		last=$version before=${names[index]}
		image+=("${names[index]}")
		path+=("${files[index]}")
	done < <(printf '%s\n' "${lines[@]}" | sort -s -k1,1V)
	[ "${image[*]}" = "${names[*]}" ] || note "in the order of their versions: ${image[*]}"
}
