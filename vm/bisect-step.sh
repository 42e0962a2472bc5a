# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# One step of git bisect: builds and boots the commit that is checked out, and runs the
# test. git bisect reads the exit status: 0 old, 1 new, 125 cannot tell; 128 and above
# stop it, as bad usage must.

# Sets home, the place in the cache for this kernel tree: its build directory, and its
# images by the checksum of what they were built from.
find_home()
{
	tree=$(git rev-parse --show-toplevel 2>/dev/null) ||
		die "no git tree here; run it from the kernel tree, or give --images"
	home=bisect/$(sha256sum <<< "$tree" | cut -c1-12)
	make_cache "$home/images"
	home=$cache/$home
	logs=${log:-$(git rev-parse --absolute-git-dir)/task_exit-bisect/$test}
}

# The name of this commit's image; none if the tree has been edited, for example by a
# script that applies a fix to old commits.
image_key()
{
	git diff --quiet HEAD -- || return 0
	{
		git rev-parse "HEAD^{tree}"
		cat "$here/minimal.config" "$config"
		echo "$make_args"
	} | sha256sum | cut -c1-40
}

# Sets image. A commit that does not build is built again the next time: that fails
# fast, and the reason may be gone.
build_commit()
{
	local key status=0

	key=$(image_key)
	image=$home/images/$key
	if [ -n "$key" ] && [ -s "$image" ]; then
		touch "$image"
		note "$commit: built before: $image"
		return
	fi
	now
	began=$now
	note "$commit: building"
	run_child "$here/build-kernel" --config "$config" --make "$make_args" "$tree" "$home/build" \
		> "$work/image" || status=$?
	case $status in
	0)	;;
	1)	note "$commit: does not build: skipped"
		exit 125 ;;
	*)	die "cannot build; see above" ;;
	esac
	image=$(cat "$work/image")
	[ -z "$key" ] || keep_image "$key"
	now
	note "$commit: built in $(seconds $((now - began))): $image"
}

# The image gets its name when it is complete. Images older than a month are removed.
keep_image()
{
	local draft

	find "$home/images" -type f -mtime +30 -delete
	draft=$(mktemp "$home/images/draft.XXXXXX") && cp "$image" "$draft" &&
		mv "$draft" "$home/images/$1" && image=$home/images/$1
}

name_of()
{
	git log -1 --format='%h %s' "$1"
}

# show_commit REVISION TERM
show_commit()
{
	local dir

	dir=$logs/$(git rev-parse "$1")
	show_side "$(name_of "$1")" "$(cat "$dir/verdict" 2>/dev/null ||
		echo "not tried: given as $2")" "$dir"
}

# conclude SIDE: if this step leaves one commit, shows the results on both sides of it;
# git bisect only names the commit.
conclude()
{
	local old new culprit olds

	new=$(git bisect terms --term-new 2>/dev/null) || return 0
	old=$(git bisect terms --term-old)
	culprit=refs/bisect/$new
	mapfile -t olds < <(git for-each-ref --format='%(refname)' "refs/bisect/$old-*")
	if [ "$1" = new ]; then
		culprit=HEAD
	else
		olds+=(HEAD)
	fi
	[ "$(git rev-list --count "$culprit" --not "${olds[@]}")" = 1 ] || return 0

	print_line "$(
		show_commit "$culprit^" "$old"
		show_commit "$culprit" "$new"
		echo
		echo "first $(answer_word): $(name_of "$culprit")"
	)"
}

bisect_step()
{
	local tree home image began commit dir side

	find_home
	commit=$(name_of HEAD)
	dir=$logs/$(git rev-parse HEAD)
	mkdir -p "$dir" || die "cannot write to $dir"

	build_commit
	try_kernel "$image" "$dir"
	echo "$verdict${why:+: $why}" > "$dir/verdict"
	note "$commit: $verdict${why:+: $why}"
	note "the results are in $dir"
	side=$(side_of "$verdict")
	[ "$side" = unknown ] || conclude "$side"
	case $side in
	old)	exit 0 ;;
	new)	exit 1 ;;
	*)	exit 125 ;;
	esac
}
