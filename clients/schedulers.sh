# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Schedulers of the kernel tree, tools/sched_ext, built with what the build of the suite has left:
# libbpf, bpftool, vmlinux.h. Needs vm/common.sh.

# find_schedulers: sets schedulers, a directory of the cache with scx_flatcg and scx_qmap, or
# instead of one PROGRAM.missing, which has the reason
find_schedulers()
{
	local tree key

	capture_output tree "$here/scripts/pinned" tree || exit
	key=$(cat "$here/clients/schedulers.sh" "$tree"/tools/sched_ext/scx_{flatcg,qmap}*.[ch] | sha256sum)
	schedulers=$cache/clients/schedulers.${key:0:12}
	[ -d "$schedulers" ] || build_schedulers
}

build_schedulers()
{
	local installed built out=$work/schedulers

	mkdir "$out"
	capture_output installed "$here/scripts/build" || exit
	built=${installed%.install}
	if [ -x "$installed/task_exit/scx_qmap" ]; then
		cp "$installed/task_exit/scx_qmap" "$out/"
	else
		echo "it needs clang 20 or later" > "$out/scx_qmap.missing"
	fi
	build_flatcg "$built/tools" "$built/tools/testing/selftests/task_exit/obj" > "$work/flatcg.log" 2>&1 ||
		tail -n 1 "$work/flatcg.log" > "$out/scx_flatcg.missing"
	rm -rf "$cache"/clients/schedulers.*
	mv "$out" "$schedulers" || die "cannot write $schedulers; make room"
}

# build_flatcg TOOLS OBJ: as tools/sched_ext/Makefile does, but static
build_flatcg()
{
	local tools=$1 obj=$2 at=$work/flatcg clang

	clang=$(command -v clang clang-{19..30} | sed -n 1p)
	[ -n "$clang" ] || { echo "there is no clang"; return 1; }
	mkdir -p "$at" &&
		run_child "$clang" -g -O2 -mcpu=v3 -D__TARGET_ARCH_x86 -w -fms-extensions -I"$obj/include" \
			-I"$tools/sched_ext/include" -I"$tools/sched_ext/include/bpf-compat" \
			-idirafter "$tools/include/uapi" --target=bpf \
			-c "$tools/sched_ext/scx_flatcg.bpf.c" -o "$at/bpf.o" &&
		"$obj/bpftool/bootstrap/bpftool" gen object "$at/linked.o" "$at/bpf.o" &&
		"$obj/bpftool/bootstrap/bpftool" gen skeleton "$at/linked.o" name scx_flatcg \
			> "$at/scx_flatcg.bpf.skel.h" &&
		run_child gcc -O2 -s -pthread -w -static -I"$obj/include" -I"$at" \
			-I"$tools/sched_ext/include" -I"$tools/include" -I"$tools/include/uapi" \
			"$tools/sched_ext/scx_flatcg.c" "$obj/libbpf/libbpf.a" -lelf -lz -lzstd \
			-o "$work/schedulers/scx_flatcg"
}
