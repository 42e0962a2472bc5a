# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Builds kernels with a few edits and runs them, for mutants/run and fixes/run. The caller has a function
# edits_of NAME, which prints the file that has the edits of a kernel; "base" has none.

# The cache has a copy of the tree, made of hard links, which holds the edits of one
# mutant at a time, and a build directory, and one more for each of config-*. All share
# images/, where kernels are named by a checksum of their source and configuration.

# prepare DIR SUITES: DIR of the cache, for this kernel source; SUITES run at a time
prepare()
{
	capture_output pristine "$here/scripts/pinned" tree || exit
	store=$1/${pristine##*/}
	images=mutants/${pristine##*/}/images
	make_cache "$images"
	make_cache "$store/results"
	images=$cache/$images
	store=$cache/$store
	exec {store_lock}> "$store/lock"
	flock -n "$store_lock" || die "another $me is running in $store; wait for it"
	make_locked_dir "$store/work"
	build_tools "$work" "$pristine" || exit
	make_tokens "$2"
	tree=$store/tree
	copy_tree
	restore_tree
}

# The rename comes last, so that an interrupted copy is not used.
copy_tree()
{
	[ ! -d "$tree" ] || return 0
	rm -rf "$tree.new"
	if ! { cp -al "$pristine" "$tree.new" && mv "$tree.new" "$tree"; }; then
		die "cannot copy $pristine to $tree; make room"
	fi
}

# write_sources MUTANT: puts its edited files into $work/MUTANT/source
write_sources()
{
	local mutant=$1 at=$work/$1 edits

	mkdir -p "$at/source"
	# Without comments: a change of them needs no new kernels.
	grep -hE '^(# )?CONFIG_' "$here/vm/minimal.config" "$here/config" > "$at/config"
	[ "$mutant" != base ] || return 0
	edits=$(edits_of "$mutant")
	"$work/edit" apply "$pristine" "$edits" "$at/source" || return
	"$work/edit" show config "$edits" > "$at/more-config"
	if grep -q . "$at/more-config"; then
		cat "$at/more-config" >> "$at/config"
	else
		rm "$at/more-config"
	fi
}

list_edited_files()
{
	(cd "$work/$1/source" && find . -type f)
}

image_path()
{
	local sum

	sum=$(cd "$work/$1" && find source config -type f | sort | xargs sha256sum |
		sha256sum)
	echo "$images/${sum%% *}"
}

# copy_edited_files FROM: copies the files that $store/in-tree lists into the tree. It
# removes the hard links first, to keep $pristine intact. The copies get a new time, so
# that make builds them.
copy_edited_files()
{
	local file

	while read -r file; do
		cp --remove-destination "$1/$file" "$tree/$file" ||
			die "cannot write to $tree; make room"
	done < "$store/in-tree"
}

restore_tree()
{
	[ -e "$store/in-tree" ] || return 0
	copy_edited_files "$pristine"
	rm "$store/in-tree"
}

build_image()
{
	local mutant=$1 image=$2 build=$store/build status=0
	local -a configs=(--config "$here/config")

	if [ -e "$work/$mutant/more-config" ]; then
		configs+=(--config "$work/$mutant/more-config")
		build+=.$mutant
	fi
	list_edited_files "$mutant" > "$store/in-tree"
	copy_edited_files "$work/$mutant/source"
	run_child "$here/vm/build-kernel" "${configs[@]}" "$tree" "$build" > "$work/built" || status=$?
	restore_tree
	[ "$status" != 2 ] || exit 2
	[ "$status" = 0 ] || return
	if ! { cp "$(cat "$work/built")" "$image.new" && mv "$image.new" "$image"; }; then
		die "cannot write $image; make room"
	fi
}

# make_tokens SUITES: each suite takes one line from this pipe while it runs
make_tokens()
{
	local i

	mkfifo "$work/tokens"
	exec {tokens}<> "$work/tokens"
	for ((i = 0; i < $1; i++)); do
		echo
	done >&"$tokens"
}

# machine_failure DIR: prints how the machine failed, if it did, in the words of vm/run
machine_failure()
{
	local ways="the kernel panicked|the suite did not end within [0-9]+ s|hung for more than [0-9]+ s"

	ways+="|the guest powered off by itself|the kernel reported a problem"
	grep -m 1 -oE "$ways" "$1/said"
}

# The edits stay in the tree until the next run restores it: a compiler may still be
# running, and its output must be older than the restored files.
clean_up()
{
	stop_children
	[ -z "${work:-}" ] || rm -rf "$work"
}
