# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# One step of git bisect: build the commit that is checked out, boot it, judge.
# git bisect reads the exit status: 0 old, 1 new, 125 cannot tell; 128 and above
# stop it, which is what bad usage must do.

die()
{
	note "$*"
	exit 128
}

bisect_step()
{
	local tree commit dir image status

	tree=$(git rev-parse --show-toplevel 2>/dev/null) ||
		die "no git tree here; run it from the kernel tree, or give --images"
	commit=$(git -C "$tree" rev-parse --short=12 HEAD)
	dir=${log:-$(git -C "$tree" rev-parse --absolute-git-dir)/task_exit-bisect}/$commit
	mkdir -p "$dir" || die "cannot write to $dir"

	note "$(git -C "$tree" log -1 --format='%h %s'): building"
	image=$("$here/build-kernel" --config "$config" --make "$make_args" "$tree" \
		"$cache/bisect/$(sha256sum <<< "$tree" | cut -c1-12)")
	status=$?
	if [ $status = 2 ]; then
		die "cannot build; see above"
	elif [ $status != 0 ]; then
		note "$commit: does not build: skipped"
		exit 125
	fi
	try_kernel "$image" "$dir"
	note "$commit: $verdict: $why (all of it in $dir)"
	[ "$verdict" != fail ] || explain "$dir/results.ktap" >&2
	case $(side_of "$verdict") in
	old)	exit 0 ;;
	new)	exit 1 ;;
	*)	exit 125 ;;
	esac
}
