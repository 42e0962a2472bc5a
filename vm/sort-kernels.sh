# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Sorts kernels by version: image[] has their names, path[] their files.

# version_of IMAGE: the version in a form that sort -V orders, with "7.3.0~rc1" before
# "7.3.0". Includes the numbers of a vendor or of git describe, but not the flavour. Prints
# nothing if the image has no version.
version_of()
{
	local number='([0-9]+\.[0-9]+)(\.[0-9]+)?(-rc[0-9]+)?(-[0-9][0-9.]*)?'

	[[ $(image_release "$1") =~ ^$number ]] || return 0
	echo "${BASH_REMATCH[1]}${BASH_REMATCH[2]:-.0}${BASH_REMATCH[3]/-/\~}${BASH_REMATCH[4]}"
}

# Removes kernels that are given twice, or by two names.
drop_duplicates()
{
	local index
	local -A seen=()

	for index in "${!path[@]}"; do
		if [ -z "${seen[${path[index]}]:-}" ]; then
			seen[${path[index]}]=${image[index]}
			continue
		fi
		note "${image[index]} is the same kernel as ${seen[${path[index]}]}: trying it once"
		unset "image[index]" "path[index]"
	done
	image=("${image[@]}") path=("${path[@]}")
}

# Kernels of the same version keep their order. If a kernel has no version, all keep it.
sort_images()
{
	local index version last='' before=''
	local -a lines=() names=("${image[@]}") files=("${path[@]}")

	for index in "${!path[@]}"; do
		version=$(version_of "${path[index]}")
		if [ -z "$version" ]; then
			note "${image[index]} has no version: keeping the given order"
			return
		fi
		lines+=("$version $index")
	done
	image=() path=()
	while read -r version index; do
		[ "$version" != "$last" ] ||
			note "$before and ${names[index]} are both $version: keeping their order"
		last=$version before=${names[index]}
		image+=("${names[index]}")
		path+=("${files[index]}")
	done < <(printf '%s\n' "${lines[@]}" | sort -s -k1,1V)
	[ "${image[*]}" = "${names[*]}" ] || note "sorted by version: ${image[*]}"
}
