#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tree - the suite as a target of kernel trees: everything that kselftest's own
# users type, in the project's own tree, and the build in the other trees that Debian
# has.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
make_scratch

tree=$(kernel_tree)
btf=$("$here/vm/fetch" btf newest 2>/dev/null)

# A tree that may be written to: links to the real one, selftests of its own.
make_tree()
{
	local from=$1 to=$2 dir

	for dir in . tools tools/testing; do
		mkdir -p "$to/$dir"
		ln -s "$from/$dir"/* "$to/$dir/"
		case $dir in
		.) rm "$to/tools" ;;
		tools) rm "$to/tools/testing" ;;
		*) rm "$to/tools/testing/selftests" ;;
		esac
	done
	cp -r "$from/tools/testing/selftests" "$to/tools/testing/"
}

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

# in_tree TREE MAKE-ARGUMENTS...: as a user of that tree would
in_tree()
{
	local at=$1
	shift

	make -C "$at/tools/testing/selftests" TARGETS=task_exit "$@"
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

# Listing its tests needs no root; kselftest's harness exits with "skip" after it.
runs()
{
	"$1" -l >"$scratch/list" 2>&1
	[ $? -eq 4 ] && grep -q "$2" "$scratch/list"
}

# The names come from the sources, and not from the Makefile that is checked.
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
	check "tree: TARGETS has task_exit once, in its place" target_is_in_its_place "$t"

	check "tree: all, with gcc and -Werror" in_tree "$t" VMLINUX_BTF="$btf" \
		FORCE_TARGETS=1 USERCFLAGS=-Werror all
	check "tree: all built every program" programs_are "$target" "${all_programs[@]}"
	check "tree: the programs run" runs "$target/scx_tid_lookup" live_task_is_found
	check "tree: they are static" is_static "$target/task_exit"

	check "tree: install" in_tree "$t" VMLINUX_BTF="$btf" KSFT_INSTALL_PATH="$installed" install
	check "tree: install has every program" \
		programs_are "$installed/task_exit" "${all_programs[@]}"
	check "tree: kselftest-list.txt names them" diff - "$installed/kselftest-list.txt" < <(
		printf 'task_exit:%s\n' "${all_programs[@]}"
	)
	check "tree: the install tree is below 16 MB" \
		test "$(du -sm "$installed" | cut -f1)" -lt 16

	check "tree: emit_tests prints the programs and nothing else" emits "$target" \
		"${all_programs[*]}" VMLINUX_BTF="$btf"
	check "tree: emit_tests without a BTF: the cgroup programs" emits "$target" \
		"${plain_programs[*]}" VMLINUX_BTF_PATHS=

	check "tree: gen_tar" in_tree "$t" VMLINUX_BTF="$btf" KSFT_INSTALL_PATH="$installed" gen_tar
	check "tree: the archive runs where it is unpacked" unpacks_and_runs "$installed"
	check "tree: run_tests builds and runs" run_tests_runs "$t"
	check "tree: clean without a BTF" in_tree "$t" VMLINUX_BTF_PATHS= clean
	check "tree: clean leaves what was there before" nothing_is_left "$target"
}

# A tree in git, and one that has nothing but what install-tree looks at.
make_small_tree()
{
	mkdir -p "$1/tools/testing/selftests"
	touch "$1/tools/testing/selftests/lib.mk"
	printf 'TARGETS += sysctl\nTARGETS += tmpfs\n\n' >"$1/tools/testing/selftests/Makefile"
	git -C "$1" init -q && git -C "$1" add . &&
		git -C "$1" -c user.name=x -c user.email=x@localhost commit -qm tree
}

# undo STATUS TREE: the output is in $scratch/out and err
undo()
{
	ran "$1" make -s -C "$here" KDIR="$2" uninstall-tree
}

tree_is_clean()
{
	[ -z "$(git -C "$1" status --porcelain --ignored)" ] && [ ! -e "$1/tools/testing/selftests/task_exit" ]
}

# What a build leaves goes, too.
undo_leaves_it_clean()
{
	local target=$1/tools/testing/selftests/task_exit

	mkdir "$target/obj" && touch "$target"/{obj/x.o,task_exit} &&
		ln -s task_exit "$target/cgroup_rmdir" && ln -s task_exit "$target/task_exit_parse" &&
		undo 0 "$1" && tree_is_clean "$1"
}

# undo_spares TREE WORDS: it refuses, for this reason, and takes nothing away
undo_spares()
{
	undo 2 "$1" && err_has "$2" && [ -e "$1/tools/testing/selftests/task_exit/Makefile" ] &&
		grep -q '^TARGETS += task_exit$' "$1/tools/testing/selftests/Makefile"
}

says_what_is_next()
{
	install_tree "$1" >"$scratch/out" && out_has '^run it: .* run_tests$' && out_has ' uninstall-tree$'
}

check_undo()
{
	local t=$scratch/small
	local target=$t/tools/testing/selftests/task_exit

	check "undo: a tree in git" make_small_tree "$t"
	check "undo: nothing is there" ran 2 "$here/scripts/install-tree" --undo "$t"
	check "undo: install-tree says what is next" says_what_is_next "$t"
	check "undo: leaves the tree clean" undo_leaves_it_clean "$t"
	install_tree "$t" >/dev/null
	touch "$target/lib/mine.c"
	check "undo: spares what was added" undo_spares "$t" "not from here: lib/mine.c;"
	check "undo: ... and so does another install-tree" ran 2 "$here/scripts/install-tree" "$t"
	check "undo: ... which leaves it there" test -e "$target/lib/mine.c"
	rm "$target/lib/mine.c"
	echo >>"$target/Makefile"
	check "undo: spares what was edited" undo_spares "$t" "not from here: Makefile;"
	cp "$here/Makefile" "$target/"
	install_tree "$t" >/dev/null
	git -C "$t" add -A
	check "undo: spares what git has" undo_spares "$t" "git has .*/task_exit; "
}

# emits DIR "PROGRAM..." MAKE-ARGUMENTS...: as kselftest's install asks for them
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
		runs "$scratch/unpacked/task_exit/cgroup_rmdir" hidden_task_is_not_listed
}

# What it says of this machine's kernel is not our business here.
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

	check "tree: O= builds outside of the tree" in_tree "$t" O="$out" VMLINUX_BTF="$btf" \
		FORCE_TARGETS=1 all
	check "tree: O= has every program" programs_are "$out/kselftest/task_exit" "${all_programs[@]}"
	check "tree: O= leaves the tree clean" nothing_is_left \
		"$t/tools/testing/selftests/task_exit"
	check "tree: LLVM=-19 and -Werror" in_tree "$t" O="$scratch/llvm" LLVM=-19 \
		VMLINUX_BTF="$btf" FORCE_TARGETS=1 USERCFLAGS=-Werror all
	# One bpftool is as good as another: do not build it again and again.
	export BPFTOOL=$out/kselftest/task_exit/obj/bpftool/bootstrap/bpftool
	check "tree: USERLDFLAGS=-static" in_tree "$t" O="$scratch/static" VMLINUX_BTF="$btf" \
		FORCE_TARGETS=1 USERLDFLAGS=-static all
	check "tree: STATIC=0 links dynamically" in_tree "$t" O="$scratch/dynamic" \
		VMLINUX_BTF="$btf" FORCE_TARGETS=1 STATIC=0 all
	check "tree: STATIC=0 is dynamic" \
		grep -q ld-linux "$scratch/dynamic/kselftest/task_exit/task_exit"
	check "tree: VMLINUX_H= in the place of a BTF" in_tree "$t" O="$scratch/header" \
		VMLINUX_H="$out/kselftest/task_exit/obj/include/vmlinux.h" FORCE_TARGETS=1 all
}

# leaves_out WORDS MAKE-ARGUMENTS...: cgroup tests only, and one line that says why
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

check_what_is_missing()
{
	check "tree: no clang: the cgroup tests are built" leaves_out "no clang 16 or later" \
		VMLINUX_BTF="$btf" BPF_CLANG=
	check "tree: no BTF: the cgroup tests are built" leaves_out "no BTF with the sched_ext types" \
		VMLINUX_BTF_PATHS=/nonexistent
	check "tree: a BTF without sched_ext: the cgroup tests are built" leaves_out \
		"lacks a sched_ext type" VMLINUX_BTF=/bin/true
	check "tree: no VMLINUX_H: the cgroup tests are built" leaves_out "is not there" \
		VMLINUX_H=/nonexistent
	check "tree: no clang and FORCE_TARGETS=1: an error" is_an_error VMLINUX_BTF="$btf" BPF_CLANG=
	check "tree: no BTF and FORCE_TARGETS=1: an error" is_an_error VMLINUX_BTF_PATHS=/nonexistent
}

# Each tree with the BTF that its own users have. 6.18 is not in the archive: the
# tree before it and the one after it are, and its kernel is. The newest is what
# "make vmtest" builds in.
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

check "tree: install-tree refuses what is no kernel tree" bad_kdir /tmp "is not a kernel tree"
check "tree: install-tree asks for KDIR" bad_kdir "" "which kernel tree"
check "tree: install-tree takes a relative KDIR" relative_kdir
check_undo
check_usual_goals
check_variations
check_what_is_missing
check_other_trees
exit $check_failed
