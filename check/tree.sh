#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tree - the suite as a target in kernel trees: all goals of kselftest in one tree, the
# build in the other trees that Debian has, and the suite as patches.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch

tree=$(kernel_tree)
btf=$("$here/vm/fetch" btf newest 2>/dev/null)

install_tree()
{
	make -s -C "$here" KDIR="$1" install-tree
}

target_is_in_its_place()
{
	local makefile=$1/tools/testing/selftests/Makefile

	[ "$(grep -c '^TARGETS += task_exit$' "$makefile")" -eq 1 ] || return 1
	grep -A1 -B1 '^TARGETS += task_exit$' "$makefile" | sort -c
}

programs_are()
{
	local dir=$1 want
	shift

	for want in "$@"; do
		if [ ! -x "$dir/$want" ]; then
			echo "$dir has no $want"
			return 1
		fi
	done
}

is_static()
{
	! readelf -l "$1" | grep INTERP
}

# Lists the tests, which needs no root; kselftest's harness then exits with status 4.
runs()
{
	"$1" -l >"$scratch/list" 2>&1
	[ $? -eq 4 ] && grep -q "$2" "$scratch/list"
}

# Takes the names from the sources, not from the Makefile that is being checked.
plain_programs=() bpf_programs=()
for file in "$here"/{cgroup,sched_ext}/*.c; do
	name=${file##*/}
	name=${name%.c}
	case $file in
	*.bpf.c) continue ;;
	*/sched_ext/*) name=scx_$name ;;
	*) name=cgroup_$name ;;
	esac
	if [ -e "${file%.c}.bpf.c" ]; then
		bpf_programs+=("$name")
	elif [[ $name = cgroup_* ]]; then
		plain_programs+=("$name")
	fi
done
mapfile -t all_programs < <(printf '%s\n' "${plain_programs[@]}" "${bpf_programs[@]}" | sort)

check_usual_goals()
{
	local t=$scratch/tree
	local target=$t/tools/testing/selftests/task_exit
	local installed=$scratch/installed

	make_tree "$tree" "$t"
	check "tree: install-tree" install_tree "$t"
	check "tree: install-tree a second time changes nothing" install_tree "$t"
	check "tree: TARGETS has task_exit once, in alphabetical order" target_is_in_its_place "$t"

	check "tree: all, with gcc and -Werror" in_tree "$t" VMLINUX_BTF="$btf" \
		FORCE_TARGETS=1 USERCFLAGS=-Werror all
	check "tree: all builds every program" programs_are "$target" "${all_programs[@]}"
	check "tree: the programs run" runs "$target/scx_tid_lookup" live_task_is_found
	check "tree: the programs are static" is_static "$target/task_exit"

	check "tree: install" in_tree "$t" VMLINUX_BTF="$btf" KSFT_INSTALL_PATH="$installed" install
	check "tree: install installs every program" \
		programs_are "$installed/task_exit" "${all_programs[@]}"
	check "tree: kselftest-list.txt lists every program" \
		diff - "$installed/kselftest-list.txt" < <(
		printf 'task_exit:%s\n' "${all_programs[@]}"
	)
	check "tree: the install tree is below 16 MB" \
		test "$(du -sm "$installed" | cut -f1)" -lt 16

	check "tree: emit_tests prints only the programs" emits "$target" \
		"${all_programs[*]}" VMLINUX_BTF="$btf"
	check "tree: emit_tests without a BTF: the cgroup programs" emits "$target" \
		"${plain_programs[*]}" VMLINUX_BTF_PATHS=

	check "tree: gen_tar" in_tree "$t" VMLINUX_BTF="$btf" KSFT_INSTALL_PATH="$installed" gen_tar
	check "tree: gen_tar: the archive runs after unpacking" unpacks_and_runs "$installed"
	check "tree: run_tests builds and runs" run_tests_runs "$t"
	check "tree: clean without a BTF" in_tree "$t" VMLINUX_BTF_PATHS= clean
	check "tree: clean removes all build output" nothing_is_left "$target"
}

# A git tree with only the files that install-tree reads.
make_small_tree()
{
	mkdir -p "$1/tools/testing/selftests"
	touch "$1/tools/testing/selftests/lib.mk"
	printf 'TARGETS += sysctl\nTARGETS += tmpfs\n\n' >"$1/tools/testing/selftests/Makefile"
	git -C "$1" init -q && git -C "$1" add . &&
		git -C "$1" -c user.name=x -c user.email=x@localhost commit -qm tree
}

# undo STATUS TREE: see ran
undo()
{
	ran "$1" make -s -C "$here" KDIR="$2" uninstall-tree
}

tree_is_clean()
{
	[ -z "$(git -C "$1" status --porcelain --ignored)" ] && [ ! -e "$1/tools/testing/selftests/task_exit" ]
}

# With build output in the copy.
undo_removes_all()
{
	local target=$1/tools/testing/selftests/task_exit

	mkdir "$target/obj" && touch "$target"/{obj/x.o,task_exit} &&
		ln -s task_exit "$target/cgroup_rmdir" && ln -s task_exit "$target/task_exit_parse" &&
		undo 0 "$1" && tree_is_clean "$1"
}

# undo_refuses TREE WORDS: for this reason, without removing anything
undo_refuses()
{
	undo 2 "$1" && err_has "$2" && [ -e "$1/tools/testing/selftests/task_exit/Makefile" ] &&
		grep -q '^TARGETS += task_exit$' "$1/tools/testing/selftests/Makefile"
}

prints_next_steps()
{
	install_tree "$1" >"$scratch/out" && out_has '^run it: .* run_tests$' && out_has ' uninstall-tree$'
}

check_undo()
{
	local t=$scratch/small
	local target=$t/tools/testing/selftests/task_exit

	check "undo: a tree in git" make_small_tree "$t"
	check "undo: nothing to undo" ran 2 "$here/scripts/install-tree" --undo "$t"
	check "undo: install-tree prints the next steps" prints_next_steps "$t"
	check "undo: leaves the tree clean" undo_removes_all "$t"
	install_tree "$t" >/dev/null
	touch "$target/lib/mine.c"
	check "undo: refuses to remove an added file" \
		undo_refuses "$t" "added or edited: lib/mine.c;"
	check "undo: ... and so does install-tree" ran 2 "$here/scripts/install-tree" "$t"
	check "undo: ... the file is still there" test -e "$target/lib/mine.c"
	rm "$target/lib/mine.c"
	echo >>"$target/Makefile"
	check "undo: refuses to remove an edited file" \
		undo_refuses "$t" "added or edited: Makefile;"
	cp "$here/Makefile" "$target/"
	install_tree "$t" >/dev/null
	git -C "$t" add -A
	check "undo: refuses to remove files that git tracks" \
		undo_refuses "$t" "git tracks .*/task_exit; "
}

# emits DIR "PROGRAM..." MAKE-ARGUMENTS...: with the arguments of kselftest's install
emits()
{
	local dir=$1 programs=$2
	shift 2

	# shellcheck disable=SC2086 # a list of words
	diff <(printf 'x:%s\n' $programs) <(make -s --no-print-directory -C "$dir" \
		OUTPUT="$dir" COLLECTION=x "$@" emit_tests 2>&1)
}

unpacks_and_runs()
{
	mkdir "$scratch/unpacked"
	tar -C "$scratch/unpacked" -xf "$1"/kselftest-packages/kselftest.tar.gz
	"$scratch/unpacked/run_kselftest.sh" -l | grep '^task_exit:cgroup_rmdir$' &&
		runs "$scratch/unpacked/task_exit/cgroup_rmdir" exiting_task_is_not_listed
}

# Ignores the results: they depend on this machine's kernel.
run_tests_runs()
{
	in_tree "$1" VMLINUX_BTF="$btf" run_tests >"$scratch/run_tests" 2>&1
	grep -qE '^(not )?ok [0-9]+ selftests: task_exit: scx_tid_lookup' "$scratch/run_tests" ||
		{ cat "$scratch/run_tests"; return 1; }
}

nothing_is_left()
{
	local left

	left=$(cd "$1" && find . -newer "$scratch/unpacked" -type f -o -name obj -o -type l)
	[ -z "$left" ] || { echo "$left"; return 1; }
}

check_variations()
{
	local t=$scratch/tree out=$scratch/outside

	check "tree: O= builds outside the tree" in_tree "$t" O="$out" VMLINUX_BTF="$btf" \
		FORCE_TARGETS=1 all
	check "tree: O= builds every program" \
		programs_are "$out/kselftest/task_exit" "${all_programs[@]}"
	check "tree: O= leaves the tree clean" nothing_is_left \
		"$t/tools/testing/selftests/task_exit"
	check "tree: LLVM=-19 and -Werror" in_tree "$t" O="$scratch/llvm" LLVM=-19 \
		VMLINUX_BTF="$btf" FORCE_TARGETS=1 USERCFLAGS=-Werror all
	# Do not build bpftool again for each of the following.
	export BPFTOOL=$out/kselftest/task_exit/obj/bpftool/bootstrap/bpftool
	check "tree: USERLDFLAGS=-static" in_tree "$t" O="$scratch/static" VMLINUX_BTF="$btf" \
		FORCE_TARGETS=1 USERLDFLAGS=-static all
	check "tree: STATIC=0 links dynamically" in_tree "$t" O="$scratch/dynamic" \
		VMLINUX_BTF="$btf" FORCE_TARGETS=1 STATIC=0 all
	check "tree: STATIC=0: the executable is dynamic" \
		grep -q ld-linux "$scratch/dynamic/kselftest/task_exit/task_exit"
	check "tree: VMLINUX_H= instead of a BTF" in_tree "$t" O="$scratch/header" \
		VMLINUX_H="$out/kselftest/task_exit/obj/include/vmlinux.h" FORCE_TARGETS=1 all
}

# leaves_out WORDS MAKE-ARGUMENTS...: builds the cgroup tests only, with one line that says why
leaves_out()
{
	local words=$1 out=$scratch/partial
	shift

	rm -rf "$out"
	in_tree "$scratch/tree" O="$out" "$@" all >"$scratch/stdout" 2>"$scratch/stderr" || return 1
	programs_are "$out/kselftest/task_exit" cgroup_rmdir || return 1
	[ ! -e "$out/kselftest/task_exit/scx_exit_order" ] || return 1
	cat "$scratch/stderr"
	[ "$(grep -c 'the tests that load BPF are left out' "$scratch/stderr")" -eq 1 ] &&
		grep -q "$words" "$scratch/stderr"
}

is_an_error()
{
	! in_tree "$scratch/tree" O="$scratch/partial" FORCE_TARGETS=1 "$@" all 2>"$scratch/stderr" &&
		grep -q 'cannot build the tests that load BPF' "$scratch/stderr"
}

check_missing()
{
	check "tree: no clang: the cgroup tests are built" leaves_out "no clang 16 or later" \
		VMLINUX_BTF="$btf" BPF_CLANG=
	check "tree: no BTF: the cgroup tests are built" \
		leaves_out "no BTF with the sched_ext types" \
		VMLINUX_BTF_PATHS=/nonexistent
	check "tree: a BTF without sched_ext: the cgroup tests are built" leaves_out \
		"lacks a sched_ext type" VMLINUX_BTF=/bin/true
	check "tree: no VMLINUX_H: the cgroup tests are built" leaves_out "does not exist" \
		VMLINUX_H=/nonexistent
	check "tree: no clang and FORCE_TARGETS=1: an error" \
		is_an_error VMLINUX_BTF="$btf" BPF_CLANG=
	check "tree: no BTF and FORCE_TARGETS=1: an error" \
		is_an_error VMLINUX_BTF_PATHS=/nonexistent
}

# Builds each tree with the BTF of a kernel that its users have. The archive has the kernel
# 6.18 but not its source: use its BTF with the source of 6.12. "make vmtest" builds in the
# newest tree.
check_other_trees()
{
	local series kernel other types newest

	newest=$("$here/vm/fetch" tree 2>/dev/null)
	newest=${newest##*/linux-source-}
	newest=${newest%%_*}
	while read -r series kernel; do
		if ! other=$("$here/vm/fetch" tree "$series" 2>"$scratch/log") ||
			! kernel=$(pinned "$kernel" 2>"$scratch/log") ||
			! types=$("$here/vm/fetch" btf "$kernel" 2>"$scratch/log"); then
			skip "tree: builds in linux-source-$series" "$(tail -n 1 "$scratch/log")"
			continue
		fi
		[ "$other" != "$tree" ] || continue
		make_tree "$other" "$scratch/$series" 2>/dev/null
		install_tree "$scratch/$series"
		check "tree: builds in linux-source-$series with the types of $kernel" \
			in_tree "$scratch/$series" O="$scratch/$series.$kernel" FORCE_TARGETS=1 \
			VMLINUX_BTF="$types" all
	done <<-EOT
		7.2 7.2
		6.12 6.18
		$newest newest
	EOT
}

# same_as_installed TREE: as install-tree makes it, but for its marks of an installation
same_as_installed()
{
	begin_patched_tree "$tree" "$scratch/unpatched" && install_tree "$scratch/unpatched" &&
		diff -r -x .git -x .installed -x MAINTAINERS -I '^/\.installed$' \
			"$scratch/unpatched" "$1"
}

# refuses_series REGEX ARGUMENT...: for this reason, in one line
refuses_series()
{
	local reason=$1
	shift

	ran 2 "$here/scripts/series" "$@" && err_has "^scripts/series: $reason" && one_line
}

# check/series.sh builds and runs the patches.
check_series()
{
	local t=$scratch/patched out=$scratch/series patch

	begin_patched_tree "$tree" "$t"
	check "tree: series: has each file in one patch" write_series "$t" "$out"
	for patch in "$out"/*.patch; do
		check "tree: series: checkpatch --strict ${patch##*/}" patch_is_clean "$patch"
	done
	check "tree: series: applies" git -C "$t" am -q "$out"/000[1-9]*.patch
	check "tree: series: gives the tree of install-tree" same_as_installed "$t"
	check "tree: series: TARGETS is in alphabetical order" target_is_in_its_place "$t"
	check "tree: series: requires KDIR" refuses_series "name a kernel tree and" "" "$out"
	check "tree: series: requires OUT" refuses_series "name a kernel tree and" "$tree" ""
	check "tree: series: refuses a directory that is not a kernel tree" \
		refuses_series "KDIR=/tmp is not a kernel tree" /tmp "$scratch/other"
	check "tree: series: refuses a directory that is not empty" \
		refuses_series "$out is not an empty directory" "$tree" "$out"
	check "tree: series: refuses a tree that has the target" \
		refuses_series "$t has the target already" "$t" "$scratch/other"
}

bad_kdir()
{
	local status

	make -s -C "$here" KDIR="$1" install-tree 2>"$scratch/stderr"
	status=$?
	[ "$status" -ne 0 ] && grep -q "$2" "$scratch/stderr" &&
		[ "$(grep -c '^scripts/' "$scratch/stderr")" -eq 1 ]
}

relative_kdir()
{
	local selftests=$scratch/relative/tools/testing/selftests

	mkdir -p "$selftests"
	touch "$selftests/lib.mk"
	echo "TARGETS += tmpfs" >"$selftests/Makefile"
	(cd "$scratch" && "$here/scripts/install-tree" relative) && [ -e "$selftests/task_exit/Makefile" ]
}

check "tree: install-tree refuses a directory that is not a kernel tree" \
	bad_kdir /tmp "is not a kernel tree"
check "tree: install-tree requires KDIR" bad_kdir "" "no kernel tree given"
check "tree: install-tree accepts a relative KDIR" relative_kdir
check_undo
check_usual_goals
check_variations
check_missing
check_other_trees
check_series
exit $check_failed
