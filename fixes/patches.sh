# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Writes each fix as a patch that git am takes, and the report to send with it.

in_repo()
{
	git -C "$work/repo" -c user.name="${name:-task_exit}" \
		-c user.email="${email:-task_exit@localhost}" -c commit.gpgsign=false "$@"
}

# A repository with only the files that the fixes change.
begin_patch_repo()
{
	local fix file

	git init -q "$work/repo"
	while read -r fix; do
		while read -r file; do
			mkdir -p "$work/repo/$(dirname "$file")"
			cp "$pristine/$file" "$work/repo/$file"
		done < <(list_edited_files "$fix")
	done < <(all_fixes)
	in_repo add -A
	in_repo commit -qm "the kernel tree"
	in_repo tag pristine
}

# commit_message FIX: with the trailers; git adds the sign-off
commit_message()
{
	local fix=$1

	fix_value "$fix" subject
	echo
	fix_value "$fix" message
	echo
	echo "Tested with the task_exit selftests and TASK_EXIT_STRICT=1: these fail"
	echo "without this patch and pass with it, and nothing else changes:"
	echo
	tests_of "$fix" | sed 's/^/  /'
	echo
	fix_value "$fix" fixes | sed 's/^/Fixes: /'
}

# write_patch FIX OUT: OUT/FIX.patch, relative to the kernel tree without other fixes
write_patch()
{
	local fix=$1

	in_repo checkout -q pristine
	cp -r "$work/$fix/source/." "$work/repo/"
	commit_message "$fix" | in_repo commit -qa ${signed:+-s} -F -
	in_repo format-patch -q --stdout --subject-prefix="PATCH $(fix_value "$fix" branch)" -1 \
		> "$2/$fix.patch"
}

# maintainers PATCH ARGUMENT...: the addresses, in one line
maintainers()
{
	(cd "$pristine" && perl scripts/get_maintainer.pl --nogit --nogit-fallback --norolestats \
		"${@:2}" "$1") |
		paste -sd, | sed 's/,/, /g'
}

# write_report FIX OUT: OUT/FIX.report, a message that the patch can be sent with
write_report()
{
	local fix=$1 patch=$2/$1.patch nr

	{
		echo "Subject: [PATCH $(fix_value "$fix" branch)] $(fix_value "$fix" subject)"
		echo "To: $(maintainers "$patch" --no-l)"
		echo "Cc: $(maintainers "$patch" --no-m --no-r)"
		for nr in $(fix_value "$fix" finding); do
			printf '\n%s\n' "$(finding_title "$nr")"
		done
		printf '\n%s\n' "Since: $(fix_value "$fix" since)"
		printf '\n%s\n\n' "To reproduce, in a checkout of task_exit:"
		echo "    make vmtest KERNEL=7.3 TASK_EXIT_STRICT=1 \\"
		echo "        TESTS=\"$(tests_of "$fix" | paste -sd' ')\""
		echo "    make fixes FIXES=$fix    # the same with the patch"
		printf '\n%s\n\n' "How it happens:"
		fix_value "$fix" timeline | sed 's/^./    &/'
		printf '\n%s\n' "Patch: $fix.patch"
	} > "$2/$fix.report"
}

# write_patches OUT: a patch and a report for each chosen fix
write_patches()
{
	local fix out=$1 name email signed

	require_tool git git
	mkdir -p "$out" || die "cannot create $out; make room"
	# A sign-off is the sender's own: git's user, if there is one.
	name=$(git -C "$here" config user.name || true)
	email=$(git -C "$here" config user.email || true)
	signed=${name:+${email:+1}}
	while read -r fix; do
		write_sources "$fix" || exit
	done < <(all_fixes)
	begin_patch_repo
	for fix in "${fixes[@]}"; do
		write_patch "$fix" "$out"
		write_report "$fix" "$out"
	done
	note "wrote ${#fixes[@]} patches and reports to $out"
}
